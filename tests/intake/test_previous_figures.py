"""Last year's figures as they are received: our own figures.csv, a shorter file, and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.intake.previous_figures import NUMBERS, read_previous_figures, year_before
from pipelines.publications.exports import FIGURE_COLUMNS
from pipelines.survey.last_year import last_year_estimates
from schemas.errors import InputError

NAME = "previous_figures.csv"
SHORT = """\
measure,population,numerator,denominator,value
TP01,LCRA,356.25,500,71.3
TP05,LCRA,,,
CH01 (1),LCRA,60,,20.0
"""


def read(text: str | bytes) -> pd.DataFrame:
    return read_previous_figures(text if isinstance(text, bytes) else text.encode(), NAME)


def refusal(text: str | bytes) -> str:
    """Why a file is refused: one sentence that begins with its name."""
    with pytest.raises(InputError) as error:
        read(text)
    message = str(error.value)
    assert message.startswith(f"{NAME}, last year's figures, ")
    assert "\n" not in message
    assert message.endswith(".")
    return message.removeprefix(f"{NAME}, last year's figures, ")


def test_a_short_file() -> None:
    found = read(SHORT)
    assert list(found) == ["measure", "population", *NUMBERS]
    assert found["measure"].tolist() == ["TP01", "TP05", "CH01 (1)"]
    assert found["numerator"].fillna(-1).tolist() == [356.25, -1, 60]
    assert found["value"].fillna(-1).tolist() == [71.3, -1, 20]
    assert found["se"].isna().all()
    assert set(found[list(NUMBERS)].dtypes.astype(str)) == {"float64"}
    # The rows as a spreadsheet numbers them.
    assert found.index.tolist() == [2, 3, 4]


def test_our_own_figures_csv() -> None:
    """With its further columns, the last of them the rules, and a value that is text."""
    row = dict.fromkeys(FIGURE_COLUMNS, "") | {
        "measure": "TP01",
        "population": "LCRA",
        "numerator": "141.260159857438",
        "denominator": "194.298928571428",
        "value": "72.7",
        "unit": "percent",
        "status": "reported",
        "reason": '"A ""quoted"" reason,\r\nof two lines"',
        "se": "3.353510027180135",
        "deff": "1.0936647453424952",
        "n_effective": "176.47089825461964",
        "ci_low": "65.69849522431085",
        "ci_high": "78.73915668728651",
        "rules": "2023-24 provisional",
    }
    found = read(f"{','.join(row)}\r\n{','.join(row.values())}\r\n")
    (only,) = found.to_dict("records")
    assert only == {
        "measure": "TP01",
        "population": "LCRA",
        **{name: float(row[name]) for name in NUMBERS},
    }
    estimates = last_year_estimates(found)
    assert estimates.assumed == {}
    assert estimates.estimates["LCRA"]["TP01"].p == pytest.approx(141.260159857438 / 194.298928571428)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_however_it_was_saved(encoding: str) -> None:
    pd.testing.assert_frame_equal(read(SHORT.encode(encoding)), read(SHORT))


def test_windows_letters_do_not_matter() -> None:
    text = "measure,population,value,reason\nTP01,LCRA,71.3,Café\n"
    pd.testing.assert_frame_equal(read(text.encode("cp1252")), read(text))


@pytest.mark.parametrize(
    "text",
    [
        " Measure , POPULATION,Value\n TP01 , LCRA , 71.3 \n",
        "measure,population,value\nTP01,LCRA,71.3\n,,\n,,\n\n",
        "\n,,\nmeasure,population,value\n\nTP01,LCRA,71.3\n",
        "measure,population,value\r\nTP01,LCRA,71.3,\r\n",
        'measure,population,value\n"TP01","LCRA","71.3"',
        "value,other,population,measure,other\n71.3,x,LCRA,TP01,y\n",
    ],
    ids=[
        "capitals and blanks",
        "blank rows",
        "headings further down",
        "a comma at the end",
        "quoted",
        "other",
    ],
)
def test_harmless_variations(text: str) -> None:
    found = read(text)
    assert found[["measure", "population", "value"]].to_numpy().tolist() == [["TP01", "LCRA", 71.3]]


def test_a_row_that_is_shorter_is_blank_at_its_end() -> None:
    found = read("measure,population,value,se\nTP01,LCRA,71.3\n")
    assert found["se"].isna().all()


def test_headings_alone_are_no_figures() -> None:
    found = read("measure,population,value\n")
    assert list(found) == ["measure", "population", *NUMBERS]
    assert found.empty
    assert last_year_estimates(found).estimates == {}


@pytest.mark.parametrize("missing", ["measure", "population", "value"])
def test_a_column_is_missing(missing: str) -> None:
    row = {"measure": "TP01", "population": "LCRA", "value": "71.3"}
    del row[missing]
    assert refusal(f"{','.join(row)}\n{','.join(row.values())}\n").startswith(f"has no column {missing}: ")


@pytest.mark.parametrize(
    "cell", ["x", "70%", '"1,000"', "0x10", "1_0", "True", "inf", "-inf", "nan", "1e400", "٧٠", "[c]", "–"]
)
@pytest.mark.parametrize("column", ["value", "n_effective"])
def test_a_cell_is_no_number(column: str, cell: str) -> None:
    row = {"measure": "TP02", "population": "LCRA", "value": "71.3", column: cell}
    other = ["TP01", "LCRA", "70", "5"][: len(row)]
    message = refusal(f"{','.join(row)}\n{','.join(other)}\n\n{','.join(row.values())}\n")
    shown = cell.strip('"')
    assert message == f"row 4: {column} is {shown!r}, which is not a number: correct it."


def test_a_long_cell_is_cut() -> None:
    assert len(refusal(f"measure,population,value\nTP01,LCRA,{'x' * 5000}\n")) < 120


def test_the_row_is_the_spreadsheets_though_a_cell_has_two_lines() -> None:
    text = 'measure,population,value,reason\nTP01,LCRA,70,"a\nb"\nTP02,LCRA,x,\n'
    assert refusal(text).startswith("row 3: value is 'x'")


def test_a_figure_is_given_twice() -> None:
    assert refusal(SHORT + " TP01,LCRA ,1,2,50\n") == "gives TP01 of LCRA twice: keep one."
    assert len(read(SHORT + "TP01,LCHO,1,2,50\n")) == 4
    # Notes below the table are no figures.
    assert len(read(SHORT + ",,,,1\n,,,,2\n")) == 5


def test_a_column_is_given_twice() -> None:
    assert refusal("measure,population,value,Value\nTP01,LCRA,1,2\n") == (
        "has the column value twice: keep one."
    )


def test_a_row_is_longer_than_the_headings() -> None:
    """Read from the right, LCRA would be the measure and nothing be compared."""
    text = "measure,population,value\nTP01,LCRA,71.3,x\nTP02,LCRA,71.3,y\n"
    assert refusal(text).startswith("row 2 has more cells than there are headings: ")


@pytest.mark.parametrize("data", [b"", b"\n\n", b" , ,\n", b"\xef\xbb\xbf", "".encode("utf-16")])
def test_an_empty_file(data: bytes) -> None:
    assert refusal(data).startswith("is empty: ")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00" + bytes(range(256)), "has no column measure"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 4, "has no column measure"),
        (bytes(range(256)) * 50, "has no column measure"),
        (b"measure;population;value\nTP01;LCRA;71.3\n", "has no column measure"),
        (b'measure,population,value\n"TP01,LCRA,71.3\n', "cannot be read as CSV (unexpected end of data)"),
        (b'measure,population,value\nTP01,LCRA,"71"3\n', "cannot be read as CSV"),
        (b"measure,population,value\nTP01,LCRA," + b"7" * 200_000, "cannot be read as CSV"),
        (b"+/v8abc", "cannot be read as CSV (it is in UTF-7, which is not read)"),
    ],
    ids=["zip", "png", "bytes", "semicolons", "open quote", "after a quote", "long", "UTF-7"],
)
def test_what_is_no_such_csv(data: bytes, why: str) -> None:
    assert refusal(data).startswith(why)


@pytest.mark.parametrize(
    ("year", "before"),
    [
        ("2024-25", "2023-24"),
        ("2023-24", "2022-23"),
        ("2009-10", "2008-09"),
        ("2099-00", "2098-99"),
        ("2100-01", "2099-00"),
        ("2000-01", "1999-00"),
    ],
)
def test_the_year_before(year: str, before: str) -> None:
    assert year_before(year) == before
