"""MAP: what can be wrong between a landlord's mapping (sources.yaml) and the files that it speaks of."""

from __future__ import annotations

from schemas.tables.model import Effect, Grade, Rule


def _rule(
    number: int, grade: Grade, title: str, message: str, remedy: str, effect: Effect = Effect.KEPT
) -> Rule:
    return Rule(f"MAP-{number:03d}", grade, title, message, remedy, effect, level="file")


def _stop(number: int, title: str, message: str, remedy: str) -> Rule:
    return _rule(number, Grade.STOP, title, message, remedy, Effect.TABLE_REFUSED)


MAPPING_RULES: tuple[Rule, ...] = (
    _stop(
        1,
        "File of the mapping missing",
        "There is no file {pattern} in {folder}, from which sources.yaml takes {table}.",
        "Put the file there, or correct files in sources.yaml.",
    ),
    _stop(
        2,
        "File in a form that is not read",
        "{file}, from which sources.yaml takes {table}, is not in a form that is read.",
        "Export it as CSV, XLSX or Parquet, or name another file in sources.yaml.",
    ),
    _rule(
        3,
        Grade.NOTE,
        "File not read",
        "{others} bears the name of the table but is not read: sources.yaml takes {table} from {files}.",
        "Nothing need be done; remove it if it is out of date.",
    ),
    _stop(
        4,
        "Too many files",
        "sources.yaml takes {table} from {count} files, more than the {limit} that are read.",
        "Name fewer files, or join them.",
    ),
    _stop(
        101,
        "Column of the mapping missing",
        (
            "{file} has no column “{heading}”, from which sources.yaml takes {column}; its headings are "
            "{headings}."
        ),
        "Correct the heading in sources.yaml, or export the column.",
    ),
    _rule(
        102,
        Grade.CONFIRM,
        "Optional column of the mapping missing",
        "{file} has no column “{heading}”, from which sources.yaml takes {column}; {column} is blank there.",
        "Correct the heading in sources.yaml, or export the column.",
        Effect.VALUE_IGNORED,
    ),
    _stop(
        103,
        "Column of a filter missing",
        "{file} has no column “{heading}”, by which sources.yaml leaves out rows ({reason}).",
        "Correct the filter's column in sources.yaml, or export the column.",
    ),
    _rule(
        104,
        Grade.NOTE,
        "Own column not used",
        (
            "{file} has a column “{heading}”, but sources.yaml takes {column} from elsewhere; the file's own "
            "is not used."
        ),
        "Nothing need be done, unless the file's own column is the right one.",
    ),
    _rule(
        105,
        Grade.NOTE,
        "Blank cells that give no row",
        "{count} blank cells of “{heading}” gave no row of {table}.",
        "Check that a blank means that nothing is required; where it means never done, write keep_blank.",
    ),
    _rule(
        106,
        Grade.NOTE,
        "Blank cells that give a row",
        "{count} blank cells of “{heading}” each gave a row of {table} whose {column} is blank (keep_blank).",
        "Check that a blank means there that something is required and was never done.",
    ),
    _stop(
        107,
        "Column that tells the newest missing",
        "{file} has no column “{heading}”, by which sources.yaml tells the newest of several files (prefer).",
        "Correct the heading under prefer in sources.yaml, or export the column.",
    ),
    _rule(
        111,
        Grade.NOTE,
        "Values that the mapping does not name",
        "sources.yaml does not say what these values of “{heading}” ({column}) are: {values}.",
        "Add them under values in sources.yaml.",
    ),
    _rule(
        112,
        Grade.NOTE,
        "Values of the mapping that are not there",
        "sources.yaml names values of “{heading}” ({column}) that no row has: {values}.",
        "Check their spelling; nothing need be done if they may occur another year.",
    ),
    _rule(
        201,
        Grade.NOTE,
        "Rows left out by a filter",
        "{count} rows where {condition} were left out by sources.yaml: {reason}.",
        "Nothing need be done if these rows are not to count.",
        Effect.ROW_REJECTED,
    ),
    _stop(
        202,
        "Filters leave nothing",
        "The filters of sources.yaml leave out every one of the {count} rows of {table}.",
        "Correct the filters; the last of them is {condition}.",
    ),
    _rule(
        203,
        Grade.NOTE,
        "Filter without a row",
        "No row was left out by the filter of sources.yaml where {condition} ({reason}).",
        "Check the spelling of the filter; nothing need be done if there were none this year.",
    ),
    _rule(
        204,
        Grade.NOTE,
        "Records given by several files",
        (
            "{count} records stand in more than one file, first {record}: in {first} row {first_row} and in "
            "{second} row {second_row}; the one read first is kept."
        ),
        "Check that the files do not overlap; name the file to be believed first under files.",
    ),
    _rule(
        205,
        Grade.NOTE,
        "Record of another file preferred",
        (
            "{count} records stand in more than one file; by prefer ({how}) the {left} rows of the other "
            "files were left out. Kept from: {winners}. First {record}: {first} row {first_row} is kept, "
            "{second} row {second_row} is not.{undated}"
        ),
        "Nothing need be done if that is the file to be believed; else correct prefer in sources.yaml.",
        Effect.ROW_REJECTED,
    ),
    _rule(
        301,
        Grade.CONFIRM,
        "Question asked in other words",
        "{question} was asked as “{asked}”, but the prescribed wording is “{prescribed}”.",
        (
            "Correct the text if it is not what tenants were asked; results of a question in other words "
            "cannot be reported as this measure."
        ),
    ),
    _rule(
        302,
        Grade.CONFIRM,
        "Answer offered in other words",
        "{count} answers to {question} say “{given}” and are read as the prescribed “{prescribed}”.",
        "Confirm that tenants were offered the prescribed answer, which only the file writes otherwise.",
    ),
)

BY_ID = {rule.id: rule for rule in MAPPING_RULES}
