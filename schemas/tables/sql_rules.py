"""SQL: what can go wrong where a table comes from a database, before any of its rows is looked at."""

from __future__ import annotations

from schemas.tables.model import Effect, Grade, Rule


def _stop(number: int, title: str, message: str, remedy: str) -> Rule:
    return Rule(f"SQL-{number:03d}", Grade.STOP, title, message, remedy, Effect.TABLE_REFUSED, level="file")


# Neither message nor remedy has a place for an address, a user or a password: they must show nowhere.
SQL_RULES: tuple[Rule, ...] = (
    _stop(
        1,
        "No address of the database",
        "{table} comes from a database, but the environment variable {variable} does not hold its address.",
        (
            "Set {variable} in the environment in which tsm runs, to an address such as "
            "postgresql://user:password@server/database; do not write it into a file."
        ),
    ),
    _stop(
        2,
        "Address of the database not understood",
        "{table} comes from a database, but what {variable} holds is not an address that can be used: "
        "{problem}.",
        "Write it as kind://user:password@server/database, with signs such as @ and / in the password as "
        "%40 and %2F.",
    ),
    _stop(
        3,
        "Driver of the database not installed",
        "{table} comes from a {dialect} database, but the Python package {module}, which speaks to it, is "
        "not installed.",
        "Install {module} in the environment in which tsm runs.",
    ),
    _stop(
        4,
        "Database cannot be reached",
        "{table} could not be fetched from the database of {variable}: {problem}.",
        "{how}",
    ),
    _stop(
        5,
        "Not a single SELECT",
        "The query of {table} {problem}, and only one statement that reads is run.",
        "Write one SELECT (or WITH … SELECT) without a semicolon inside it.",
    ),
    _stop(
        6,
        "Query failed",
        "The database could not run the query of {table}: {problem}.",
        "Correct the query in sources.yaml, trying it first in the database's own tool.",
    ),
    _stop(
        7,
        "Query without columns",
        "The query of {table} gives no columns.",
        "Name the columns after SELECT.",
    ),
    _stop(
        8,
        "Column given twice by the query",
        "The query of {table} gives more than one column {column}.",
        "Leave one of them out, or give it another name with AS.",
    ),
    _stop(
        9,
        "Query gives too much",
        "The query of {table} gives more than {limit}, the most that is read.",
        "Ask for the reporting year's records and the needed columns alone.",
    ),
    _stop(
        10,
        "Query takes too long",
        "The query of {table} was not done within {seconds} seconds and was given up.",
        "Ask for less, or have an index made for what the query selects by.",
    ),
    _stop(
        11,
        "Values that are not text",
        "Column {column} of the query of {table} holds {kind}, which cannot be written as text.",
        "Cast the column to text in the query, or leave it out.",
    ),
)

BY_NUMBER = {int(rule.id[-3:]): rule for rule in SQL_RULES}
