"""COR: what becomes of each entry of corrections.yaml, and what can be wrong with one."""

from __future__ import annotations

from schemas.tables.model import Effect, Grade, Rule


def _rule(
    number: int, grade: Grade, title: str, message: str, remedy: str, effect: Effect = Effect.KEPT
) -> Rule:
    return Rule(f"COR-{number:03d}", grade, title, message, remedy, effect, level="file")


# {entry}: which entry of corrections.yaml, from 1; {where}: its locator in words; {said}: why, by whom, when.
CORRECTION_RULES: tuple[Rule, ...] = (
    _rule(
        1,
        Grade.CONFIRM,
        "Correction without a record",
        "Correction {entry} ({action}) fits no record of {table}: there is none where {where}.",
        "Correct its where, or remove the entry if the record has left the source.",
    ),
    _rule(
        2,
        Grade.STOP,
        "Correction of one record fits several",
        "Correction {entry} ({action}) names one record of {table}, but {count} fit it ({listed}); nothing "
        "was changed.",
        "Add what tells the record from the others to its where, such as row and file.",
    ),
    _rule(
        3,
        Grade.CONFIRM,
        "Correction of several records",
        "Correction {entry} ({action}) fits {count} records of {table}, as it names none of them: those "
        "where {where}; {said}.",
        "Confirm that all of them are meant, or write an entry for each record.",
    ),
    _rule(
        4,
        Grade.STOP,
        "Source differs from what a correction expects",
        "Correction {entry} ({action}) expects {column} to be {expected} where {where}, but the source says "
        "{actual}; nothing was changed.",
        "Remove the entry if the source has been corrected since; else correct its expect.",
    ),
    _rule(
        5,
        Grade.NOTE,
        "Correction that changes nothing",
        "Correction {entry} sets {column} to {after} where {where}, which is what the source says already.",
        "Remove the entry.",
    ),
    _rule(
        6,
        Grade.NOTE,
        "Value corrected",
        "{column} is {before} in the source and was taken as {after}, by correction {entry}; {said}.",
        "Nothing need be done; have the source corrected, and then remove the entry.",
    ),
    _rule(
        7,
        Grade.NOTE,
        "Record dropped by a correction",
        "The record was dropped by correction {entry}; {said}.",
        "Nothing need be done; have the source corrected, and then remove the entry.",
        Effect.ROW_REJECTED,
    ),
    _rule(
        8,
        Grade.CONFIRM,
        "Record flagged by a correction",
        "The record is flagged by correction {entry} and counted as it stands; {said}.",
        "Confirm that it may be counted, or correct or drop it.",
    ),
    _rule(
        9,
        Grade.STOP,
        "Column of a correction missing",
        "Correction {entry} ({action}) names the column {column}, which {table} does not have as it arrived.",
        "Correct the column's name, or bring it in through sources.yaml.",
    ),
    _rule(
        10,
        Grade.STOP,
        "Two corrections of the same thing",
        "Correction {entry} ({action}) and correction {other} both change {what} where {where}; only the "
        "first was applied.",
        "Keep one of them.",
    ),
)

BY_NUMBER = {int(rule.id[-3:]): rule for rule in CORRECTION_RULES}
