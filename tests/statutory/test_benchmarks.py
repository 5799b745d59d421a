"""A landlord beside the nation and its peers; RSH's workbook of either year; VAL-17."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipelines.statutory import benchmarks, code_history, peers
from pipelines.statutory.benchmarks import compare, group_label, position_text, predominant_method, region_of
from pipelines.statutory.distributions import (
    COLUMNS,
    SHIPPED,
    Benchmarks,
    Distribution,
    Position,
    knots_of,
    load_benchmarks,
    position,
    read_rows,
    shipped,
)
from pipelines.statutory.plausibility import plausibility
from pipelines.statutory.rsh_workbook import LANDLORD_COLUMNS, read_workbook
from schemas.errors import InputError
from schemas.rulebook import load_edition
from tests.golden import distil
from tests.statutory import builders
from tests.statutory.published_workbook import Landlord, workbook

EDITION = load_edition("2024-25")
SHARED = Path(__file__).resolve().parents[3] / "shared"


def spread(*knots: float, landlords: int = 100) -> Distribution:
    return Distribution(landlords, tuple(Fraction(str(each)) for each in knots))


EVEN = spread(0, 10, 25, 50, 75, 90, 100)


# ----------------------------------------------------------------------------------------- the national table


def test_the_shipped_table_is_the_source_unchanged():
    source = SHARED / "reference" / "benchmarks.csv"
    if not source.exists():
        pytest.skip(f"the source of the national table is not at {source}")
    assert SHIPPED.read_bytes() == source.read_bytes()


def test_the_table_says_what_the_official_report_says():
    table = load_benchmarks()
    official = {"TP02": 74, "TP05": 78, "TP08": 78, "TP09": 36}  # RSH's headline report of 2024-25
    for measure, percent in official.items():
        found = table.get("2024-25", "LCRA", measure, "all", "all")
        assert found is not None
        assert round(float(found.median)) == percent
    assert table.years == ["2023-24", "2024-25"]


def test_names_of_groups_are_the_same_in_every_year():
    table = load_benchmarks().table
    groups = {year: {(key[3], key[4]) for key in table if key[0] == year} for year in ("2023-24", "2024-25")}
    assert groups["2023-24"] == groups["2024-25"]
    assert ("type", "LA") in groups["2023-24"]
    assert ("group_size", ">40,000") in groups["2023-24"]


def test_knots_are_in_order():
    for key, found in load_benchmarks().table.items():
        assert list(found.knots) == sorted(found.knots), key
        assert found.landlords >= 5


def test_the_year_to_compare_with():
    table = load_benchmarks()
    assert table.year_for("2024-25") == "2024-25"
    assert table.year_for("2025-26") == "2024-25"
    assert table.year_for("2022-23") is None


@pytest.mark.parametrize(
    ("value", "better", "low", "high", "quarter", "rank"),
    [
        ("60", "higher", 50, 75, 2, (26, 50)),
        ("60", "lower", 50, 75, 3, (51, 75)),
        ("60", "neither", 50, 75, None, None),
        ("95", "higher", 90, 100, 1, (1, 10)),
        ("95", "lower", 90, 100, 4, (91, 100)),
        ("5", "lower", 0, 10, 1, (1, 10)),
        ("75", "higher", 75, 75, 1, (26, 26)),
        ("25", "lower", 25, 25, 1, (26, 26)),
        ("50", "higher", 50, 50, 2, (51, 51)),
        ("50", "lower", 50, 50, 2, (51, 51)),
        ("24.9", "higher", 10, 25, 4, (76, 90)),
        ("120", "higher", 100, 100, 1, (1, 1)),
        ("-1", "higher", 0, 0, 4, (100, 100)),
        ("0", "higher", 0, 0, 4, (100, 100)),
    ],
)
def test_position_quarter_and_rank(value, better, low, high, quarter, rank):
    where = position(Decimal(value), EVEN, better)
    assert (where.low, where.high, where.quarter, where.rank) == (low, high, quarter, rank)
    assert where.outside == {"120": "above", "-1": "below"}.get(value, "")


def test_a_value_that_many_share_is_in_no_one_quarter():
    full = spread(21.9, 98, 99.9, 100, 100, 100, 100)
    assert position(Decimal("100.0"), full, "higher") == Position(50, 100, True, "", None, None)
    none_fail = spread(0, 0, 0, 0.5, 3, 8, 70)
    assert position(Decimal("0.0"), none_fail, "lower") == Position(0, 25, True, "", 1, (1, 25))


def test_with_few_landlords_less_is_said():
    few = spread(0, 10, 25, 50, 75, 90, 100, landlords=15)
    assert few.known == (0, 25, 50, 75, 100)
    assert position(Decimal("95"), few, "higher").low == 75
    handful = spread(0, 10, 25, 50, 75, 90, 100, landlords=5)
    assert handful.known == (0, 50, 100)
    assert position(Decimal("95"), handful, "higher") == Position(50, 100, False, "", None, None)


def test_a_value_is_compared_as_it_is_published():
    """71.34 is published as 71.3: beside a median of 71.26 it is at the median, not above it."""
    assert position(Decimal("71.3"), spread(0, 10, 25, "71.26", 75, 90, 100), "higher").low == 50


def test_percentiles_are_interpolated_straight():
    assert knots_of([1.0]) == dict.fromkeys(("min", "p10", "q1", "median", "q3", "p90", "max"), 1.0)
    assert knots_of([4.0, 1.0, 3.0, 2.0]) == {
        "min": 1.0, "p10": 1.3, "q1": 1.75, "median": 2.5, "q3": 3.25, "p90": 3.7, "max": 4.0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (Position(50, 75, False, "", 2, None), "higher than between 50% and 75% of them"),
        (Position(0, 10, False, "", 4, None), "among the lowest 10%"),
        (Position(90, 100, False, "", 1, None), "among the highest 10%"),
        (Position(50, 50, False, "", 2, None), "at the median"),
        (Position(25, 25, False, "", 3, None), "higher than about 25% of them"),
        (Position(0, 0, False, "", 4, None), "the lowest of them"),
        (Position(100, 100, False, "", 1, None), "the highest of them"),
        (Position(50, 100, True, "", None, None), "the same as at least 50% of them; none is higher"),
        (Position(0, 25, True, "", 1, None), "the same as at least 25% of them; none is lower"),
        (Position(25, 75, True, "", None, None), "the same as at least 50% of them"),
        (Position(100, 100, False, "above", 1, None), "above all of them"),
    ],
)
def test_a_position_in_words(where, text):
    assert position_text(where) == text


# ------------------------------------------------------------------------------------------------ peer groups


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("North West", "North"), ("Yorkshire and the Humber", "North"), ("East Midlands", "Midlands"),
        ("East of England", "South"), ("South", "South"), ("Greater London", "London"), ("Mixed", "Mixed"),
        ("Wales", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_regions_are_rshs(text, region):
    assert region_of(text) == region


@pytest.mark.parametrize(
    ("homes", "band"), [(4999, "<5,000"), (5000, "5,000-40,000"), (40000, "5,000-40,000"), (40001, ">40,000")]
)
def test_size_bands(homes, band):
    assert benchmarks.size_band(homes) == band


def test_the_predominant_method_has_more_than_half():
    assert predominant_method({"telephone": 51, "internet": 49}) == "Telephone"
    assert predominant_method({"telephone": 50, "internet": 50}) == "No predominant method"
    assert predominant_method({"other": 80, "sms": 20}) is None
    assert predominant_method({}) is None


def test_every_group_of_the_table_has_a_name():
    labels = {group_label(key[3], key[4]) for key in load_benchmarks().table}
    assert labels == {
        "All landlords", "Councils", "Private registered providers", "Fewer than 5,000 homes",
        "5,000 to 40,000 homes", "More than 40,000 homes", "Region: London", "Region: Midlands",
        "Region: Mixed", "Region: North", "Region: South", "More than 30% supported housing",
        "At most 30% supported housing", "Surveyed mainly by telephone", "Surveyed mainly by internet",
        "Surveyed mainly by face to face", "Surveyed mainly by postal", "Surveyed mainly by SMS",
        "No method collected more than half of the responses",
    }  # fmt: skip


def test_a_return_beside_the_nation():
    found = compare(builders.document(), supported=False)
    assert json.loads(json.dumps(found)) == found
    assert (found["year"], found["note"]) == ("2024-25", "")
    assert found["peer_groups"] == {
        "type": "PRP", "group_size": "<5,000", "region": "North", "supported30": "No",
        "method": {"LCRA": "Telephone", "LCHO": "Telephone"},
    }  # fmt: skip
    figures = {(each["measure"], each["population"]): each for each in found["figures"]}
    assert ("BS05", "ALL") not in figures  # it has no value
    tp01 = figures["TP01", "LCRA"]
    assert [each["group_by"] for each in tp01["groups"]] == [
        "all", "type", "group_size", "region", "supported30", "method",
    ]  # fmt: skip
    assert tp01["text"] == (
        "77.8%: higher than between 50% and 75% of them (353 landlords nationally; median 71.8%), "
        "in the second best quarter. Surveyed mainly by telephone: median 71.7%."
    )
    nation = tp01["groups"][0]
    assert (nation["p10"], nation["q1"], nation["median"], nation["q3"], nation["p90"]) == (
        58.2,
        64.7,
        71.8,
        78.9,
        84.0,
    )
    assert (nation["difference"], nation["difference_text"]) == (6.0, "+6.0 percentage points")
    assert nation["rank_text"] == "about place 89 to 177 of 353, the best first"
    assert nation["few"] is False


def test_lower_is_better_for_rp01_and_neither_for_rates():
    figures = {each["measure"]: each for each in compare(builders.document())["figures"]}
    rp01 = figures["RP01"]["groups"][0]  # 25 of 3,000: 0.8, the median 0.5
    assert (rp01["quarter"], rp01["from_percentile"]) == (3, 50)
    nm01 = figures["NM01_1"]["groups"][0]
    assert (nm01["quarter"], nm01["quarter_text"], nm01["rank"], nm01["rank_text"]) == (None, "", None, "")
    assert nm01["difference_text"].endswith(" per 1,000 homes")
    assert "quarter" not in figures["NM01_1"]["text"]
    assert {each["group_by"] for each in figures["RP01"]["groups"]} == {"all", "type", "group_size", "region"}


def test_the_same_as_the_median_is_said():
    document = builders.document()
    builders.figure_in(document, "TP01", "LCRA")["value"] = 71.8
    assert compare(document)["figures"][0]["groups"][0]["difference_text"] == "the same as the median"


def test_a_combined_survey_has_nothing_to_compare_with():
    from pipelines.statutory import assemble

    found = compare(assemble(builders.combined()))
    assert {each["population"] for each in found["figures"]} <= {"LCRA", "ALL"}


def test_another_year_is_said_and_no_year_too():
    document = builders.document()
    document["reporting_year"] = "2025-26"
    assert compare(document)["note"] == "Those of 2025-26 are not at hand: 2024-25 is shown instead."
    document["reporting_year"] = "2022-23"
    nothing = compare(document)
    assert (nothing["year"], nothing["figures"]) == (None, [])
    assert "no national figures of 2022-23" in nothing["note"]


# ------------------------------------------------------------------------------------------- RSH's workbook


MADE_UP = [
    Landlord(5125.0, "Aged Homes", type="LARP", size=">40000", method="FacetoFace", region="Midlands"),
    Landlord("L4172", "Abri  Group\u200b", lcho=True, answers=(400, 300, 50, 25, 25), cells={"RP01": "[E]"}),
    Landlord(
        "22UE", "Castle", "LARP", region="Merged during year", stock=(0, 0), answers=(250.5, 249.5, 9, 9, 9)
    ),
]


@pytest.fixture(params=[24, 25])
def imported(request) -> tuple[int, pd.DataFrame]:
    return request.param, read_workbook(workbook(MADE_UP, request.param))


def row(frame: pd.DataFrame, code: str, population: str, measure: str) -> dict:
    chosen = frame[
        (frame["code"] == code) & (frame["population"] == population) & (frame["measure"] == measure)
    ]
    (found,) = chosen.to_dict("records")
    return found


def test_both_layouts_are_read_alike(imported):
    year, frame = imported
    assert tuple(frame.columns) == LANDLORD_COLUMNS
    assert set(frame["year"]) == {"2023-24" if year == 24 else "2024-25"}
    assert set(frame["code"]) == {"5125", "L4172", "22UE"}  # the code of four digits is text again
    tp05 = row(frame, "L4172", "LCRA", "TP05")
    assert (tp05["value"], tp05["numerator"], tp05["denominator"]) == (87.5, 700, 800)
    assert (tp05["name"], tp05["method"], tp05["responses"]) == ("Abri Group", "Telephone", 800)
    aged = row(frame, "5125", "ALL", "BS01")
    assert (aged["value"], aged["type"], aged["group_size"], aged["region"]) == (
        99.0,
        "LA",
        ">40,000",
        "Midlands",
    )
    assert row(frame, "5125", "LCRA", "TP01")["method"] == "Face to Face"
    assert row(frame, "22UE", "LCRA", "TP09")["numerator"] == 500.0
    assert row(frame, "L4172", "LCHO", "CH01_1")["value"] == 500.0
    assert row(frame, "L4172", "LCHO", "TP12")["supported30"] == "No"  # from another sheet
    assert row(frame, "22UE", "LCRA", "TP01")["region"] == ""


def test_what_is_odd_in_the_layout_of_2025_is_survived():
    """Digits of footnotes, marks that cannot be seen, columns that are new, symbols in any cell."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(MADE_UP, 25)))
    perception, management = book["TSM25_LCRA_Perception"], book["TSM25_Management_Info"]
    assert [perception.cell(11, 2).value, management.cell(10, 2).value] == ["Landlord code"] * 2
    for sheet, at in ((perception, 11), (management, 10)):
        sheet.cell(at, 1).value = "Landlord\xa0name1"
        sheet.cell(at, 2).value = "\u200bLandlord code 2, 3 "
        for cell in sheet[at][6:]:
            cell.value = str(cell.value).replace(")2", ")5").replace("(TP09)", "(TP09)7 ")
        column = sheet.max_column + 1
        for heading in (
            "Name of the external contractor4",
            "LCRA - Number of stage one complaints responded to with an extension (CH02 1)",
            "Did you own dwelling units to which this TSM applies at year end? (BS01)",
            "Number of responsive repairs raised",
        ):
            sheet.cell(at, column).value = heading
            for row in range(at + 1, at + 1 + len(MADE_UP)):
                sheet.cell(row, column).value = "[Z]"
            column += 1
    headings = [str(cell.value) for cell in perception[11]]
    value = next(at for at, each in enumerate(headings, 1) if "Proportion" in each and "(TP07)" in each)
    for at, symbol in enumerate(("[X]", "[Z]", " [u] "), 12):
        perception.cell(at, value).value = symbol
    stream = io.BytesIO()
    book.save(stream)
    odd, plain = read_workbook(stream.getvalue()), read_workbook(workbook(MADE_UP, 25))
    without = plain[(plain["measure"] != "TP07") | (plain["population"] != "LCRA")]
    read = odd[(odd["measure"] != "TP07") | (odd["population"] != "LCRA")]
    pd.testing.assert_frame_equal(read.reset_index(drop=True), without.reset_index(drop=True))
    blank = odd[(odd["measure"] == "TP07") & (odd["population"] == "LCRA")]
    assert blank["value"].isna().all()
    assert set(blank["marker"]) <= {"", "[U]"}


def test_markers_and_empty_denominators_are_no_values(imported):
    _, frame = imported
    excluded = row(frame, "L4172", "ALL", "RP01")
    assert (pd.isna(excluded["value"]), excluded["marker"]) == (True, "[E]")
    empty = row(frame, "22UE", "ALL", "BS02")  # 0 in one year, [U] in the other
    assert (pd.isna(empty["value"]), empty["marker"]) == (True, "[U]")
    assert frame[(frame["code"] == "5125") & (frame["population"] == "LCHO")].empty
    assert "TP01" not in set(frame[frame["population"] == "ALL"]["measure"])


def test_tp01_by_method_is_not_taken_for_tp01(imported):
    _, frame = imported
    assert row(frame, "L4172", "LCRA", "TP01")["value"] == 87.5


def test_a_workbook_is_not_taken_for_that_of_another_year():
    assert set(read_workbook(workbook(MADE_UP), "2023-24")["year"]) == {"2023-24"}
    with pytest.raises(InputError, match=r"is of 2023-24 by its sheets \(TSM24_.*\), --year says 2024-25"):
        read_workbook(workbook(MADE_UP), "2024-25")


def test_text_that_is_no_number_is_no_value():
    odd = Landlord("L1111", "Odd", cells={"TP01": "about 70", "TP02": "71.2%", "TP03": True, "TP04": ""})
    frame = read_workbook(workbook([odd, *MADE_UP]))
    mine = frame[(frame["code"] == "L1111") & (frame["population"] == "LCRA")].set_index("measure")["value"]
    assert mine["TP02"] == 71.2
    assert not {"TP01", "TP03", "TP04"} & set(mine.index)


HEADINGS = ["Landlord name", "Landlord code"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"TSM24_Management_Info": None}, "no sheet TSMnn_Management_Info"),
        ({"TSM24_Management_Info": None, "TSM24_LCRA_Perception": None}, "LCRA_Perception and no sheet"),
        ({"TSM24_LCRA_Perception": [["a", "b"], [1, 2]]}, 'no headings "Landlord name" and "Landlord code"'),
        ({"TSM24 LCRA Perception": [HEADINGS]}, "two sheets for the same"),
        ({"TSM25_LCHO_Perception": [HEADINGS], "TSM24_LCHO_Perception": None}, r"several years \(24, 25\)"),
        ({"TSM24_LCRA_Perception": [HEADINGS, ["A", "L1"], ["A", "L111"], ["B", "L111"]]},
         "L111 stands twice in sheet TSM24_LCRA_Perception, in rows 3 and 4"),
    ],
)  # fmt: skip
def test_a_workbook_of_something_else_is_refused(changes, message):
    with pytest.raises(InputError, match=message) as refused:
        read_workbook(workbook(MADE_UP, **changes))
    assert "\n" not in str(refused.value)


def test_a_workbook_without_values_is_refused():
    with pytest.raises(InputError, match="no value in them"):
        read_workbook(workbook([]))


def _zipped(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04 nothing", b"name,code\nA,L1\n", _zipped(**{"a.txt": b"x"}), workbook(MADE_UP)[:-400],
     _zipped(**{"xl/workbook.xml": b"<!DOCTYPE x><x/>", "xl/_rels/workbook.xml.rels": b"<x/>"})],
)  # fmt: skip
def test_a_hostile_file_is_refused_in_a_sentence(data):
    with pytest.raises(InputError, match="The workbook cannot be read: ") as refused:
        read_workbook(data)
    assert "\n" not in str(refused.value)


def test_a_sheet_with_a_cell_at_the_far_corner_is_refused():
    far = [["Landlord name", "Landlord code", *[""] * 2000, "x"]]
    with pytest.raises(InputError, match="far larger than any that RSH published"):
        read_workbook(workbook(MADE_UP, TSM24_LCRA_Perception=far))


def test_a_damaged_sheet_is_refused():
    whole = io.BytesIO(workbook(MADE_UP))
    damaged = io.BytesIO()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(damaged, "w") as target:
        for part in source.namelist():
            content = source.read(part)
            target.writestr(part, content[: len(content) // 2] if "sheet2" in part else content)
    with pytest.raises(InputError, match="The workbook cannot be read: it is damaged"):
        read_workbook(damaged.getvalue())


@pytest.mark.parametrize(
    ("name", "expected"), [("PanicException", InputError), ("KeyboardInterrupt", BaseException)]
)
def test_only_the_readers_own_giving_up_is_taken_for_damage(monkeypatch, name, expected):
    def give_up(_: object) -> None:
        raise type(name, (BaseException,), {})

    monkeypatch.setattr("pipelines.statutory.rsh_sheets.python_calamine.load_workbook", give_up)
    with pytest.raises(expected) as raised:
        read_workbook(workbook(MADE_UP))
    assert type(raised.value).__name__ in {"InputError", name}
    assert isinstance(raised.value, InputError) is (expected is InputError)


def test_a_file_larger_than_any_is_refused(monkeypatch):
    monkeypatch.setattr("pipelines.statutory.rsh_sheets.MAX_BYTES", 1000)
    with pytest.raises(InputError, match="larger than"):
        read_workbook(workbook(MADE_UP))


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    path = SHARED / "rsh" / distil.WORKBOOK
    if not path.exists():
        pytest.skip(f"the regulator's workbook is not at {path}")
    return read_workbook(path.read_bytes())


def test_every_published_case_is_read_from_the_real_workbook(real):
    read = {(each.code, each.population, each.measure): each for each in real.itertuples(index=False)}
    with (Path(__file__).parents[1] / "golden" / "published_2023-24.csv").open(encoding="utf-8") as lines:
        cases = list(csv.DictReader(lines))
    assert len(cases) == 9990
    for case in cases:
        found = read[case["landlord_code"], case["tenure"], case["measure"]]
        assert (found.numerator, found.denominator) == pytest.approx(
            (float(case["numerator"]), float(case["denominator"]))
        )
        if case["denominator"] == "0":
            assert pd.isna(found.value)
        else:
            assert found.value == pytest.approx(float(case["reported"]), abs=1e-9)


def test_the_national_table_follows_from_the_real_workbook(real):
    """The shipped table and the reader prove each other: all 523 distributions of the year."""
    computed = read_rows(peers.distributions(real))
    shipped = {key: found for key, found in load_benchmarks().table.items() if key[0] == "2023-24"}
    assert len(shipped) == 523
    assert set(shipped) <= set(computed)
    for key, found in shipped.items():
        # Distributions by method are rounded to one decimal, the others to three.
        slack = 0.0501 if key[3] == "method" else 0.000501
        assert computed[key].landlords == found.landlords
        assert [float(each) for each in computed[key].knots] == pytest.approx(
            [float(each) for each in found.knots], abs=slack
        ), key


def test_values_that_contradict_their_counts_are_counted(real):
    assert peers.contradicted(real) == 41  # of the 63, those that differ at one decimal


# ------------------------------------------------------------------------------------------------ named peers


def many(count: int, year: int = 25) -> list[Landlord]:
    """Landlords alike in all but their results: 50.0, 50.5, … % satisfied."""
    return [
        Landlord(
            f"L{1000 + n}", f"Landlord {n}", answers=(500 + 5 * n, 0, 0, 0, 500 - 5 * n), stock=(n, 1000)
        )
        for n in range(count)
    ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    peers.import_workbook(tmp_path, workbook([*many(12), *MADE_UP], 25))
    return tmp_path


def test_an_import_is_kept_and_replaces_the_shipped_figures(home, monkeypatch):
    assert peers.imported_years(home) == ["2024-25"]
    monkeypatch.setattr(peers, "_WHOLE", Fraction(1, 100))  # as if these were all of the nation
    found = peers.national_of(home, "2024-25")
    assert (found.file, found.sha256) == (
        "benchmarks/2024-25.parquet",
        hashlib.sha256((home / "benchmarks" / "2024-25.parquet").read_bytes()).hexdigest(),
    )
    assert "imported as benchmarks/2024-25.parquet" in compare(builders.document(), found)["source"]
    table = found.table
    found = table.get("2024-25", "LCRA", "TP01", "all", "all")
    assert found is not None
    assert found.landlords == 15
    assert table.get("2023-24", "LCRA", "TP01", "all", "all") == load_benchmarks().get(
        "2023-24", "LCRA", "TP01", "all", "all"
    )
    assert table.get("2024-25", "LCRA", "TP01", "type", "LA") is None  # two councils are no group
    assert [path.name for path in (home / "benchmarks").iterdir()] == ["2024-25.parquet"]


def test_an_import_of_some_landlords_alone_is_not_taken_for_the_nation(home):
    found = peers.national_of(home, "2024-25")
    assert (found.file, found.table) == ("benchmarks.csv", load_benchmarks())
    assert "is not used: it has 15 landlords with a TP01, of some 353." in found.text


def test_an_older_import_is_passed_over_for_the_newer_table_that_is_shipped(tmp_path):
    peers.import_workbook(tmp_path, workbook(many(3), 24))
    assert peers.import_for(tmp_path, "2024-25") is None
    assert peers.national_of(tmp_path, "2024-25") == shipped()
    assert peers.import_for(tmp_path, "2023-24") == tmp_path / "benchmarks" / "2023-24.parquet"
    assert peers.import_for(tmp_path, "2022-23") is None


def test_a_refused_workbook_leaves_the_kept_one(home):
    before = (home / "benchmarks" / "2024-25.parquet").read_bytes()
    with pytest.raises(InputError):
        peers.import_workbook(home, b"no workbook")
    assert (home / "benchmarks" / "2024-25.parquet").read_bytes() == before


def test_what_is_not_imported_is_said(home, tmp_path):
    with pytest.raises(InputError, match=r"tsm benchmarks import FILE`\. Those of 2024-25 are there"):
        peers.load_landlords(home, "2023-24")
    (home / "benchmarks" / "2024-25.parquet").write_bytes(b"not parquet")
    with pytest.raises(InputError, match="cannot be read: import the workbook of that year again"):
        peers.load_landlords(home, "2024-25")


def test_former_codes_are_todays_code(home):
    def codes(former: dict[str, list[str]]) -> set[str]:
        return set(peers.load_landlords(home, "2024-25", former)["code"])

    assert {"NEW1"} == codes({"NEW1": ["L1000", "L9999"]}) - codes({})
    assert codes({"NEW1": ["L1000", "L1001"]}) == codes({})  # two that merged later stay apart
    assert codes({"L1000": ["L1001"]}) == codes({})


def test_peers_are_ranked_the_best_first(home):
    landlords = peers.load_landlords(home, "2024-25")
    own = peers.own_peer(landlords, "L1003", ("TP01", "LCRA"), EDITION)
    ranked = peers.among_peers(landlords, ("TP01", "LCRA"), own, ["L1001", "L1003", "L1005"], EDITION)
    assert [(each.place, each.code, each.value_text, each.own) for each in ranked] == [
        ("1", "L1005", "52.5%", False),
        ("2", "L1003", "51.5%", True),
        ("3", "L1001", "50.5%", False),
    ]


def test_lower_is_first_where_lower_is_better_and_no_value_is_last(home):
    landlords = peers.load_landlords(home, "2024-25")
    codes = ["L1002", "L1001", "L4172", "22UE", "L1011"]
    ranked = peers.among_peers(landlords, ("RP01", "LCRA"), None, codes, EDITION)
    assert [(each.place, each.code, each.value_text, each.marker) for each in ranked] == [
        ("1", "L1001", "0.1%", ""),
        ("2", "L1002", "0.2%", ""),
        ("3", "L1011", "1.1%", ""),
        ("", "L4172", "–", "excluded by RSH"),
        ("", "22UE", "–", "no cases"),
    ]
    alone = peers.among_peers(landlords, ("TP01", "LCHO"), None, ["L1001"], EDITION)
    assert alone[0].marker == "not reported"


def test_equal_values_share_a_place(home):
    landlords = peers.load_landlords(home, "2024-25")
    ranked = peers.among_peers(landlords, ("CH01_1", "LCRA"), None, ["L1001", "L1002"], EDITION)
    assert [each.place for each in ranked] == ["1=", "1="]


def test_an_unknown_peer_is_refused(home):
    landlords = peers.load_landlords(home, "2024-25")
    with pytest.raises(InputError, match="RSH's data of 2024-25 has no landlord L9999"):
        peers.among_peers(landlords, ("TP01", "LCRA"), None, ["L9999"], EDITION)
    assert peers.own_peer(landlords, "L9999", ("TP01", "LCRA"), EDITION) is None


def test_a_returns_own_value_is_compared():
    document = builders.document()
    own = peers.own_from_return(document, ("TP01", "LCRA"), EDITION)
    assert own is not None
    assert (own.code, own.value, own.value_text, own.method, own.responses, own.own) == (
        "L0001", Decimal("77.8"), "77.8%", "Telephone", 540, True,
    )  # fmt: skip
    counted = peers.own_from_return(document, ("RP01", "LCRA"), EDITION)
    assert counted is not None
    assert (counted.method, counted.responses) == ("", None)
    assert peers.own_from_return(document, ("BS05", "ALL"), EDITION) is None
    assert peers.own_from_return(document, ("TP01", "ALL"), EDITION) is None


def test_similar_landlords(home):
    landlords = peers.load_landlords(home, "2024-25")
    like = {"type": "PRP", "group_size": "5,000-40,000", "region": "North"}
    codes, alike = peers.similar(landlords, "L1000", like)
    assert (len(codes), alike) == (12, "PRP, 5,000-40,000, North")
    assert "L1000" not in codes
    fewer, wider = peers.similar(landlords, "L1000", {**like, "region": "London"})
    assert (len(fewer), wider) == (12, "PRP, 5,000-40,000")
    assert peers.similar(landlords, "L1000", dict.fromkeys(like, ""))[1] == "all landlords"


def test_names_over_the_years():
    assert code_history.other_names("L4449", "2023-24") == "later Bromford Flagship"
    assert code_history.other_names("L4449", "2024-25").startswith(
        "formerly Bromford Housing Group Limited; merged: "
    )
    assert code_history.other_names("LH0050", "2023-24") == "merged during 2023-24"
    assert code_history.other_names("LH0050", "2024-25") == code_history.other_names("L0001", "2024-25") == ""


def test_what_a_comparison_of_two_years_must_know_of_a_code():
    merged = code_history.between("L4449", "2023-24", "2024-25")
    assert merged[0] == "In 2023-24 its name was Bromford Housing Group Limited."
    assert merged[1].startswith("Merged: its survey grew from 10,192 to 32,175")
    assert code_history.between("L4449", "2024-25", "2025-26") == []  # it merged before both
    assert code_history.between("LH0050", "2023-24", "2024-25") == ["Merged during 2023-24."]
    assert code_history.between("L0001", "2023-24", "2024-25") == []


def test_the_kept_names_are_those_of_the_real_workbook(real):
    names = real.drop_duplicates("code").set_index("code")["name"]
    first = [each for each in code_history.names() if each.first_year == "2023-24"]
    assert len(first) == 6
    assert [names[each.code] for each in first] == [each.name for each in first]


# ----------------------------------------------------------------------------------------------------- VAL-17


def test_a_value_outside_its_peers_is_implausible():
    document = builders.document()
    builders.figure_in(document, "TP01", "LCRA")["value"] = 45.0
    judged = {each.measures[0]: each for each in plausibility(document) if "TP01 LCRA" in each.message}
    assert judged["TP01"].held is False
    assert judged["TP01"].message == (
        "TP01 LCRA: 45.0; 10th to 90th percentile of its peers in 2024-25: 61.8 to 85.3 (private registered "
        "providers), 58.2 to 85.0 (fewer than 5,000 homes)."
    )


@pytest.mark.parametrize(
    ("value", "held"), [(60.0, True), (58.2, True), (58.1, False), (85.3, True), (85.4, False)]
)
def test_a_value_within_one_peer_group_is_plausible(value, held):
    document = builders.document()
    builders.figure_in(document, "TP01", "LCRA")["value"] = value
    (judged,) = [each for each in plausibility(document) if each.message.startswith("TP01 LCRA")]
    assert judged.held is held


def test_nothing_is_judged_without_peers_or_value():
    document = builders.document()
    judged = list(plausibility(document))
    assert not any("BS05" in each.message for each in judged)
    assert list(plausibility({**document, "reporting_year": "2022-23"})) == []
    small = Benchmarks(
        {("2024-25", "LCRA", "TP01", "type", "PRP"): spread(0, 1, 2, 3, 4, 5, 6, landlords=19)}
    )
    assert list(plausibility(document, small)) == []


def change(difference: float | None, p_value: float | None, adjusted: float | None = None) -> dict:
    known = {
        "this_year": 60.0,
        "last_year": 60.0 - (difference or 0),
        "se": 3.0,
        "ci_low": 0.0,
        "ci_high": 0.0,
    }
    return {"measure": "TP06", "difference": difference, "p_value": p_value, "p_adjusted": adjusted, **known}


@pytest.mark.parametrize(
    ("given", "held", "words"),
    [
        (
            change(-12.3, 0.001, 0.004),
            False,
            "-12.3 percentage points in a year, from 72.3 to 60.0; more than sampling",
        ),
        (change(-12.3, 0.03, 0.2), True, "sampling error explains it"),
        (change(12.0, 0.001), False, "+12.0"),
        (change(12.0, None), False, "its sampling error is not known"),
        (change(9.9, 0.001, 0.001), True, "+9.9 percentage points in a year, from 50.1 to 60.0."),
    ],
)
def test_a_change_must_be_large_and_more_than_chance(given, held, words):
    document = builders.document()
    builders.survey_in(document, "LCRA")["statistics"]["changes"] = [given, change(None, None)]
    (judged,) = [each for each in plausibility(document) if "in a year" in each.message]
    assert (judged.held, judged.measures) == (held, ("TP06",))
    assert words in judged.message


def test_management_percentages_are_compared_where_last_years_are_given():
    document = builders.document()
    rp02 = builders.figure_in(document, "RP02_1", "LCRA")["value"]
    last_year = {
        ("RP02_1", "LCRA"): rp02 + 10.1,
        ("RP02_2", "LCRA"): 97.0,
        ("BS05", "ALL"): 50.0,  # no value this year
    }
    judged = [each for each in plausibility(document, None, last_year) if "in a year" in each.message]
    assert [(each.measures, each.held) for each in judged] == [(("RP02_1",), False), (("RP02_2",), True)]


@pytest.mark.parametrize(
    ("before", "held"),
    [
        (21.9, True),  # as many as now
        (10.9, False),  # 45 cases have become 90, more than chance
        (11.2, True),  # not quite twice as many
        (43.8, True),
        (44.1, False),
        (0.0, False),
    ],
)
def test_a_rate_is_looked_at_where_it_doubled_or_halved_by_more_than_chance(before, held):
    document = builders.document()
    assert builders.figure_in(document, "NM01_1", "ALL")["numerator"] == 90
    last_year = {("NM01_1", "ALL"): before}
    (judged,) = [each for each in plausibility(document, None, last_year) if "in a year" in each.message]
    assert (judged.held, judged.measures) == (held, ("NM01_1",))
    assert f"from {before} to 22.0 per 1,000 homes" in judged.message


def test_a_few_cases_more_are_chance():
    document = builders.document()
    builders.figure_in(document, "NM01_1", "ALL").update(numerator=8, value=2.0)
    last_year = {("NM01_1", "ALL"): 0.7}  # three cases
    (judged,) = [each for each in plausibility(document, None, last_year) if "in a year" in each.message]
    assert judged.held


def test_the_changes_that_the_return_shows_are_judged():
    document = builders.document()
    rp02 = builders.figure_in(document, "RP02_1", "LCRA")["value"]
    change = {"measure": "RP02_1", "population": "LCRA", "last_year": rp02 - 10.1}
    document["comparison"] = {"changes": [change]}
    judged = [each for each in plausibility(document) if "RP02 (1) LCRA: +10.1" in each.message]
    assert [each.held for each in judged] == [False]


def test_a_survey_change_that_could_not_be_tested_says_so():
    document = builders.document()
    judged = list(plausibility(document, None, {("TP01", "LCRA"): 1.0}))
    (change,) = [each for each in judged if "in a year" in each.message]
    assert not change.held
    assert "its sampling error is not known" in change.message


def test_a_survey_without_statistics_is_not_judged():
    document = builders.document()
    for survey in document["survey"]:
        survey["statistics"] = None
    assert not any("in a year" in each.message for each in plausibility(document))


def test_columns_of_the_table():
    with SHIPPED.open(encoding="utf-8") as lines:
        assert tuple(next(csv.reader(lines))) == COLUMNS
