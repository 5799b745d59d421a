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
        "{file} is {what}, not {kind}.",
        "Export the table again and save it as CSV (comma separated, UTF-8), XLSX or Parquet.",
    ),
    _stop(
        9,
        "Separator not clear",
        "It cannot be told whether the cells of {file} are separated by {separators}.",
        "Save it as comma-separated CSV, or as XLSX; or state its delimiter in sources.yaml.",
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
        "{file} has {rows} rows, exactly as many as a sheet can hold, so rows may have been cut off.",
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
    _rule(
        24,
        Grade.NOTE,
        "Not separated by commas",
        "The cells of {file} are separated by {separator}; it was read as such.",
        "Nothing need be done.",
        Effect.KEPT,
    ),
    _stop(
        25,
        "Rows do not fit the headings",
        (
            "{count} rows of {file} have more or fewer cells than there are headings, first row {row} with "
            "{actual} for {expected}, so values would be read under the wrong headings."
        ),
        "Export the table again; a separator inside a cell needs quotation marks round the cell.",
    ),
    _stop(
        26,
        "Files with different headings joined",
        (
            "Row {row} of {file} says the headings again, but others or in another order, so the rows below "
            "it would be read under the wrong headings."
        ),
        "Give each file its headings in the same order before they are joined, or name the files separately.",
    ),
    _rule(
        27,
        Grade.NOTE,
        "No line end after the last row",
        "The last row of {file} has no line end, as where a file was cut off before its end.",
        "Compare the last row, and the number of rows, with the source.",
        Effect.KEPT,
    ),
    _rule(
        28,
        Grade.CONFIRM,
        "Zero bytes",
        "{file} holds {count} zero bytes, which no export writes; they were left out.",
        "Compare the file with its source: it may have been damaged in copying. Export it again.",
        Effect.KEPT,
    ),
    _rule(
        29,
        Grade.CONFIRM,
        "Further sheets of the same kind",
        "{file} has much the same headings on other sheets ({sheets}), which were not read.",
        "Bring all rows onto one sheet, or name each in sources.yaml; if those do not count, confirm so.",
        Effect.KEPT,
    ),
    _rule(
        30,
        Grade.NOTE,
        "Hidden rows",
        "{count} rows of {file} are hidden, by hand or by a filter; they were read like the others.",
        "Delete the rows that are not meant to count.",
        Effect.KEPT,
    ),
    _rule(
        31,
        Grade.CONFIRM,
        "Numbers longer than can be kept",
        "{count} numbers of {file} have more digits than such a cell can hold; their last digits are lost.",
        "Export the column as text.",
        Effect.KEPT,
    ),
    _rule(
        32,
        Grade.CONFIRM,
        "References shortened to a power of ten",
        "{count} cells of {column} are written like 1.00023E+11, so their last digits are lost.",
        "Export the table again and do not save it from a spreadsheet, which writes long numbers so.",
        Effect.KEPT,
    ),
    _rule(
        33,
        Grade.NOTE,
        "Sheet chosen by its headings",
        "The table was not on the first sheet of {file} but on {name}, which was read.",
        "Nothing need be done; or give the sheet the name of the table.",
        Effect.KEPT,
    ),
    _rule(
        34,
        Grade.CONFIRM,
        "Merged cells",
        (
            "{count} groups of cells of {file} are merged, first in row {row}; only the first cell of each "
            "holds the value, the others were read as blank."
        ),
        "Unmerge the cells and fill in the value in each.",
        Effect.KEPT,
    ),
    _stop(
        35,
        "No headings",
        "{file} has no headings: its first row holds values.",
        "Export the table again with its headings in the first row.",
    ),
    _rule(
        36,
        Grade.CONFIRM,
        "File under another name",
        "There is no {table} file, but {others} is named much like one; it was not read.",
        "Name it {table}, with its ending, or say in sources.yaml what it is; if it is neither, confirm so.",
        Effect.KEPT,
    ),
    _rule(
        37,
        Grade.CONFIRM,
        "Hidden sheet",
        "The table was read from the sheet {name} of {file}, which is hidden.",
        "Unhide the sheet if it is meant, or name the sheet that is meant in sources.yaml.",
        Effect.KEPT,
    ),
    _rule(
        38,
        Grade.CONFIRM,
        "Day and month swapped in half of a column",
        (
            "In {column} of {file} the {dates} date cells all have a day up to 12 and the {texts} dates kept "
            "as text all have one above, as where a spreadsheet took day for month wherever it could."
        ),
        (
            "Format {column} as text in the source system's export, or import it with the right locale "
            "(English, United Kingdom)."
        ),
        Effect.KEPT,
    ),
    _rule(
        39,
        Grade.CONFIRM,
        "Column that reads like one of ours",
        (
            "{file} has no column {column}, but {given}, which reads like it; it was kept as a "
            "characteristic, nothing else."
        ),
        "Name it {column}, there or in sources.yaml; if it is something else, confirm so.",
        Effect.KEPT,
    ),
)

BY_ID = {rule.id: rule for rule in FILE_RULES}
