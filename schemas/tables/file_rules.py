"""FIL: what can be wrong with a file as a whole, before any of its rows is looked at."""

from __future__ import annotations

from schemas.tables.model import Effect, Grade, Rule


def _rule(number: int, grade: Grade, title: str, message: str, remedy: str, effect: Effect) -> Rule:
    return Rule(f"FIL-{number:03d}", grade, title, message, remedy, effect, level="file")


def _stop(number: int, title: str, message: str, remedy: str) -> Rule:
    return _rule(number, Grade.STOP, title, message, remedy, Effect.TABLE_REFUSED)


FILE_RULES: tuple[Rule, ...] = (
    _stop(
        1,
        "Table missing",
        "There is no {table} file in {folder}.{hint}",
        (
            "Put {table}.csv, {table}.xlsx or {table}.parquet there; a file with headings alone is enough "
            "where there is nothing to report."
        ),
    ),
    _stop(
        2,
        "Two files for one table",
        "{table} is given by more than one file: {files}.",
        "Keep one of them in the folder.",
    ),
    _stop(
        3,
        "Empty file",
        "{file} has nothing in it.",
        "Export the table again, with its headings in the first row.",
    ),
    _stop(
        4,
        "No rows",
        "{file} has headings but no rows, and no measure can be computed without homes.",
        "Export the homes again.",
    ),
    _stop(
        5,
        "Required column missing",
        "{file} has no column {missing}; its headings are {headings}.",
        "Add the missing column, or rename the one that holds it.",
    ),
    _stop(
        6,
        "Column given twice",
        "{file} has more than one column {column}.",
        "Keep one of them, or rename the other.",
    ),
    _stop(7, "File cannot be read", "{file} cannot be read: {problem}.", "{how}"),
    _stop(
        8,
        "Not a table",
        "{file} is {what}, not a {kind} file.",
        "Export the table again and save it as CSV (comma separated, UTF-8), XLSX or Parquet.",
    ),
    _stop(
        9,
        "Wrong separator",
        "The headings of {file} are separated by {separator}, not by commas.",
        "Save it as comma-separated CSV, or as XLSX.",
    ),
    _stop(
        10,
        "Too large to read safely",
        "{file} {size}, more than the {limit} that is read.",
        "Remove unused rows, columns and sheets, or export the table as CSV or Parquet.",
    ),
    _stop(
        11,
        "Quotation mark not closed",
        (
            "A quotation mark that opens in row {row} of {file} takes in the rows after it, so records "
            "would be lost."
        ),
        "Close or remove the quotation mark in row {row}, or export the table again.",
    ),
    _stop(
        12,
        "Most of the rows fail one rule",
        "{count} of {total} rows fail {rule} ({title}), first in row {first}: {example}",
        "{fix}",
    ),
    _stop(
        13,
        "Too many rows rejected",
        (
            "{count} of {total} rows ({share}%) are rejected, more than the {limit}% that the setting "
            "rejected_share_stop allows."
        ),
        "Correct the rejected rows, beginning with the rule that rejects the most.",
    ),
    _rule(
        14,
        Grade.CONFIRM,
        "Row with too many or too few cells",
        "The row has {actual} cells where the headings have {expected}, so its values cannot be told apart.",
        "Correct the row; a comma inside a cell needs quotation marks round the cell.",
        Effect.ROW_REJECTED,
    ),
    _rule(
        15,
        Grade.NOTE,
        "Blank rows",
        "{count} blank rows were passed over ({rows}).",
        "Nothing need be done.",
        Effect.KEPT,
    ),
    _rule(
        16,
        Grade.NOTE,
        "Not in UTF-8",
        "{file} is in {encoding}, not UTF-8; it was read as such.",
        "Check names and comments for wrong letters, and save as CSV UTF-8 next time.",
        Effect.KEPT,
    ),
    _rule(
        17,
        Grade.NOTE,
        "Columns not used",
        "{file} has columns that the table does not use: {columns}.",
        "Nothing need be done, unless one of them is a required column under another name.",
        Effect.KEPT,
    ),
    _rule(
        18,
        Grade.NOTE,
        "Headings not in the first row",
        "The headings of {file} stand in row {row}; the rows above them were passed over.",
        "Nothing need be done.",
        Effect.KEPT,
    ),
    _rule(
        19,
        Grade.NOTE,
        "Headings repeated among the rows",
        (
            "The headings of {file} stand again in {rows}, as in files that were joined; those rows were "
            "passed over."
        ),
        "Check that the joined files belong together.",
        Effect.KEPT,
    ),
    _rule(
        20,
        Grade.NOTE,
        "Blanks written as a word",
        "{count} cells of {column} say {word}; they were read as blank.",
        "Nothing need be done.",
        Effect.KEPT,
    ),
    _rule(
        21,
        Grade.CONFIRM,
        "Cells without a value",
        "{count} cells of {file} hold an error or a formula without a saved value; they were read as blank.",
        "Open the workbook, correct the formulas, and save it again.",
        Effect.VALUE_IGNORED,
    ),
    _rule(
        22,
        Grade.CONFIRM,
        "Sheet full to its last row",
        "{file} fills all 1,048,576 rows that a sheet can have, so rows may have been cut off.",
        "Export the table as CSV or Parquet.",
        Effect.KEPT,
    ),
    _rule(
        23,
        Grade.NOTE,
        "Column without a heading",
        "{file} has values in a column without a heading ({columns}); they were not read.",
        "Give the column a heading if it is needed.",
        Effect.KEPT,
    ),
)

BY_ID = {rule.id: rule for rule in FILE_RULES}
