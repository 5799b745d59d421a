"""`tsm forensics` and `tsm benchmarks` as a performance manager uses them."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.assurance.acts import writing
from pipelines.assurance.verify import revision_folder
from pipelines.cli import main
from tests.statutory import builders
from tests.statutory.published_workbook import Landlord, workbook

CODE, YEAR = "L0001", "2024-25"
DONE, WRONG = 0, 2


def tsm(home: Path, *words: str) -> Result:
    result = CliRunner().invoke(main, ["--home", str(home), *words])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def refused(result: Result, *words: str) -> None:
    assert result.exit_code == WRONG, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("tsm: ")
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one finished return of two years (the documents alone)."""
    document = builders.document()
    for year in ("2023-24", YEAR):
        folder = tmp_path / "returns" / CODE / year
        folder.mkdir(parents=True)
        document["reporting_year"] = year
        (folder / "return.json").write_text(json.dumps(document), encoding="utf-8")
    return tmp_path


LANDLORDS = [
    *(
        Landlord(f"L{2000 + n}", f"Peer {n}", size="<5,000", answers=(700 + 10 * n, 0, 0, 0, 300 - 10 * n))
        for n in range(10)
    ),
    Landlord("22UE", "A Council", type="LA", cells={"RP01": "[E]", "BS02": 42.0}),
]


@pytest.fixture
def published(home: Path) -> Path:
    """RSH's workbook of 2024-25, made up: ten landlords like ours, and a council."""
    path = home / "2025_TSM_Full_Data.xlsx"
    path.write_bytes(workbook(LANDLORDS, 25))
    return path


# ------------------------------------------------------------------------------------------------- forensics


def test_the_counts_may_come_from_options(home):
    result = tsm(
        home,
        "forensics",
        "--measure",
        "tp12",
        "--value",
        "44.4%",
        "--answers",
        "120,200,80,60,50",
        "--nadk",
        "210",
    )
    assert result.exit_code == DONE
    assert result.stdout.splitlines() == [
        "TP12: 44.4% was published, 62.7 is correct. "
        'The 210 answers "not applicable/ don\'t know" were left in the base.',
        "  correct   320 / 510 x 100 = 62.7451",
        "  44.4      320 / 720 x 100 = 44.4444  [nadk_in_base]",
    ]


OF_100 = ["--denominator", "100", "--numerator"]
OF_1000 = ["--denominator", "1000", "--numerator"]


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (["TP09", "31.1", "--answers", "15,41,29,32,58", "--yes", "180", "--no", "479"], "filter_yes"),
        (["TP01", "71.4", "--answers", "232,267,62,62,49", "--respondents", "699"], "all_respondents"),
        (["BS01", "98.2", "--numerator", "4294", "--denominator", "4369"], "truncated"),
        (["TP01", "84.7", "--numerator", "8642.3", "--denominator", "10123.2", "--other-tenure", "459/624"],
         "tenures_pooled"),
        (["TP01", "66.6", *OF_100, "70", "--unweighted", "666/1000"], "unweighted"),
        (["CH02_1", "85.7", *OF_100, "90", "--other-part", "30/40"], "parts_pooled"),
        (["TP01", "62.5", *OF_100, "70", "--part", "April=1/2", "--part", "May=3/4"],
         "parts_averaged"),
        (["CH01_1", "48.1", *OF_1000, "54", "--last-year", "48.1"], "last_year"),
        (["CH01_1", "60.0", *OF_1000, "54", "--homes-at-start", "900"],
         "homes_at_start"),
        (["RP01", "12.0", *OF_1000, "60", "--or-denominator", "surveyed=500"],
         "other_denominator"),
        (["NM01_1", "70", *OF_1000, "60", "--or-numerator", "reports=70"],
         "other_numerator"),
        (["TP01", "60.3", *OF_100, "60", "--weighted"], "counts_rounded"),
    ],
)  # fmt: skip
def test_every_option_brings_its_hypothesis(home, options, cause):
    measure, value, *rest = options
    result = tsm(home, "forensics", "--measure", measure, "--value", value, *rest)
    assert result.exit_code == DONE
    assert f"[{cause}]" in result.stdout


def test_a_correct_value_is_said_to_be_correct(home):
    result = tsm(
        home,
        "forensics",
        "--measure",
        "BS01",
        "--value",
        "98.3",
        "--numerator",
        "4294",
        "--denominator",
        "4369",
    )
    assert result.stdout.splitlines()[0] == "BS01: 98.3 as published: correct."


def test_the_counts_may_come_from_our_own_return(home):
    result = tsm(
        home, "forensics", CODE, YEAR, "--measure", "TP06", "--value", "70.0", "--population", "LCRA"
    )
    # 378 of 486 are positive (77.8%), 54 said "not applicable"; 540 responded: two names for 70.0
    lines = result.stdout.splitlines()
    assert lines[0] == "LCRA:"
    assert "2 explanations come to the same number" in lines[1]
    assert "[nadk_in_base]" in result.stdout
    assert "[all_respondents]" in result.stdout
    right = tsm(home, "forensics", CODE, YEAR, "--measure", "TP06", "--value", "77.8")
    assert "TP06: 77.8 as published: correct." in right.stdout


def test_a_file_of_values_beside_our_own_return(home, tmp_path):
    page = tmp_path / "page.csv"
    page.write_text("label,measure,value\nour page,TP06,70.0\nour page,TP07,70.0\nour page,TP01,77.8\n")
    result = tsm(home, "forensics", CODE, YEAR, "--from", str(page))
    assert "our page LCRA:" in result.stdout
    assert "as published: correct" not in result.stdout  # the summary counts it
    assert "3 values: 1 correct, 2 explained." in result.stdout
    assert "nadk_in_base fits 2 of the 2 that differ" in result.stdout


def test_verdicts_as_csv_and_json(home, tmp_path):
    page = tmp_path / "page.csv"
    page.write_text("label,measure,value\n=HYPERLINK(1),TP06,70.0\n,TP01,77.8\n")
    as_csv = tsm(home, "forensics", CODE, YEAR, "--from", str(page), "--csv").stdout
    first, second = csv.DictReader(io.StringIO(as_csv))
    assert first["label"] == "'=HYPERLINK(1)"
    assert (first["verdict"], first["id"], first["correct"]) == ("explained", "nadk_in_base", "77.8")
    assert (second["verdict"], second["id"], second["formula"]) == (
        "correct",
        "",
        "378 / 486 x 100 = 77.7778",
    )
    as_json = json.loads(tsm(home, "forensics", CODE, YEAR, "--from", str(page), "--json").stdout)
    assert [each["id"] for each in as_json[0]["explanations"]][:2] == ["nadk_in_base", "all_respondents"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--value with its --measure"),
        (["--value", "1"], "--measure TP12"),
        (["--value", "1", "--measure", "TP99"], "TP99"),
        (["--value", "abc", "--measure", "TP01"], '"abc" is not a number'),
        (["--value", "1", "--from", "x.csv"], "either one --value"),
        (["L0001", "--value", "1", "--measure", "TP01"], "code and the year"),
        (["L0002", YEAR, "--value", "1", "--measure", "TP01"], "run `tsm run L0002 2024-25` first"),
        (["../x", YEAR, "--value", "1", "--measure", "TP01"], "not a landlord code"),
        (
            [CODE, YEAR, "--value", "1", "--measure", "TP02", "--population", "LCHO"],
            "no counts for TP02 of LCHO",
        ),
        (["--value", "1", "--measure", "TP01", "--answers", "1,2"], "five counts"),
        (["--value", "1", "--measure", "TP01", "--answers", "1,2,3,4,x"], '--answers: "x" is not a count'),
        (["--value", "1", "--measure", "TP01", "--numerator", "1"], "both --numerator and --denominator"),
        (["--value", "1", "--measure", "TP01", "--other-tenure", "5"], "--other-tenure takes a numerator"),
        (["--value", "1", "--measure", "TP01", "--part", "5/6"], "--part takes a name"),
        (["--from", "missing.csv"], "missing.csv cannot be read"),
    ],
)
def test_wrong_use_is_answered_in_a_sentence(home, words, message):
    refused(tsm(home, "forensics", *words), message)


def revise(home: Path, year: str, filed: tuple[int, ...] = (1,)) -> None:
    """Make revision 2 of a return, in which TP01 is 1.0, after those numbered in `filed` were filed."""
    folder = home / "returns" / CODE / year
    second = revision_folder(folder, 2)
    second.mkdir(parents=True)
    document = json.loads((folder / "return.json").read_text("utf-8"))
    for figure in document["figures"]:
        if (figure["measure"], figure["population"]) == ("TP01", "LCRA"):
            figure |= {
                "value": 1.0,
                "value_text": "1.0%",
                "numerator": 1,
                "denominator": 100,
                "answers": None,
            }
    document["revision"] = {"number": 2}
    (second / "return.json").write_text(json.dumps(document), encoding="utf-8")
    with writing(folder) as writer:
        for number in filed:
            hashes = {"return_sha256": "0" * 64, "manifest_sha256": "0" * 64}
            now = datetime(2025, 6, 12, tzinfo=UTC)
            writer.add("file", "Jo", now, on="2025-06-12", reference="1", revision=number, **hashes)


@pytest.mark.parametrize(
    ("words", "data"),
    [
        (("compare", CODE, YEAR, "TP01"), ("--json",)),
        (("benchmarks", "show", CODE, YEAR, "TP01"), ("--json",)),
        (("benchmarks", "peers", CODE, YEAR, "TP01"), ("--csv",)),
    ],
)
def test_the_newest_revision_is_shown_unless_another_is_named(home, published, words, data):
    tsm(home, "benchmarks", "import", str(published))
    before = tsm(home, *words).stdout
    revise(home, YEAR)
    said = f"Revision 2 of the return of {CODE} for {YEAR}."
    result = tsm(home, *words)
    assert result.stdout.splitlines()[0] == said
    assert result.stdout.splitlines()[1:] != before.splitlines()
    assert tsm(home, *words, "--revision", "1").stdout == before
    for_machines = tsm(home, *words, *data)
    assert (for_machines.exit_code, for_machines.stderr) == (DONE, f"{said}\n")
    assert said not in for_machines.stdout
    refused(
        tsm(home, *words, "--revision", "3"), f"There is no revision 3 of the return of {CODE} for {YEAR}."
    )


@pytest.mark.parametrize(("filed", "was"), [((1,), False), ((1, 2), True)])
def test_forensics_takes_the_newest_return_and_of_last_year_what_was_filed_last(home, filed, was):
    """1.0, last year's value in its revision, is found as last year's only once that revision was filed."""
    words = ("forensics", CODE, YEAR, "--value", "1.0", "--measure", "TP01", "--population", "LCRA")
    assert "last year" not in tsm(home, *words).stdout
    revise(home, "2023-24", filed)
    assert ("last year" in tsm(home, *words).stdout) is was
    revise(home, YEAR)
    assert tsm(home, *words).stdout.startswith(f"Revision 2 of the return of {CODE} for {YEAR}.\n")


def test_a_damaged_return_is_named(home):
    (home / "returns" / CODE / YEAR / "return.json").write_text("{", encoding="utf-8")
    refused(tsm(home, "forensics", CODE, YEAR, "--value", "1", "--measure", "TP01"), "return.json is damaged")


# ------------------------------------------------------------------------------------------------ benchmarks


def test_show_puts_a_return_beside_the_nation(home):
    result = tsm(home, "benchmarks", "show", CODE, YEAR)
    first, *lines = result.stdout.splitlines()
    assert first == "Beside the national figures of 2024-25."
    assert lines[0].startswith(
        "TP01 LCRA  77.8%: higher than between 50% and 75% of them (353 landlords nationally"
    )
    assert "Open Government Licence" in lines[-1]
    one = tsm(home, "benchmarks", "show", CODE, YEAR, "tp01", "--not-supported").stdout
    assert "  At most 30% supported housing" in one
    assert "TP02" not in one
    data = json.loads(tsm(home, "benchmarks", "show", CODE, YEAR, "TP01", "--json").stdout)
    assert {each["measure"] for each in data["figures"]} == {"TP01"}


def test_show_says_where_there_is_nothing(home):
    refused(tsm(home, "benchmarks", "show", CODE, YEAR, "BS05"), "no national figure to compare with")
    refused(tsm(home, "benchmarks", "show", "L0002", YEAR), "tsm run L0002 2024-25")


def test_compare_shows_last_year_and_every_peer_group(home):
    shown = tsm(home, "compare", CODE, YEAR).stdout
    assert "There are no figures of last year to compare with." in shown
    one = tsm(home, "compare", CODE, YEAR, "tp01").stdout
    assert "TP02" not in one
    (nation, *_) = [line for line in one.splitlines() if line.startswith("  All landlords")]
    assert nation.split(maxsplit=3)[3] == (
        "median 71.8%, second best quarter, about place 89 to 177 of 353, the best first"
    )
    assert "  Surveyed mainly by telephone" in one
    (own,) = [line for line in one.splitlines() if "Own responses: Telephone" in line and " 360 " in line]
    assert own.endswith("%")
    data = json.loads(tsm(home, "compare", CODE, YEAR, "--json").stdout)
    assert data["last_year"] is None


def test_compare_says_what_changed_and_what_it_may_be_due_to(home):
    path = home / "returns" / CODE / YEAR / "return.json"
    document = json.loads(path.read_text("utf-8"))
    text = "TP01 LCRA: 70.0% last year, 77.8% now (+7.8 percentage points), better."
    document["comparison"]["changes"] = [{"measure": "TP01", "population": "LCRA", "text": text}]
    changed = {"text": "Who interviewed (LCRA): mixed; last year own staff.", "affects": ["TP01"]}
    document["comparison"]["method_changes"] = [changed]
    path.write_text(json.dumps(document), encoding="utf-8")
    assert text in tsm(home, "compare", CODE, YEAR).stdout
    assert f"Done differently from last year:\n  {changed['text']}" in tsm(home, "compare", CODE, YEAR).stdout
    assert changed["text"] not in tsm(home, "compare", CODE, YEAR, "RP01").stdout


def test_compare_says_where_there_is_nothing(home):
    path = home / "returns" / CODE / YEAR / "return.json"
    document = json.loads(path.read_text("utf-8"))
    del document["comparison"]
    path.write_text(json.dumps(document), encoding="utf-8")
    refused(tsm(home, "compare", CODE, YEAR), "made before returns were compared", f"tsm run {CODE} {YEAR}")
    refused(tsm(home, "compare", "L0002", YEAR), "tsm run L0002 2024-25")


def test_import_then_peers(home, published):
    result = tsm(home, "benchmarks", "import", str(published))
    assert result.exit_code == DONE
    assert result.stdout.startswith("Kept 11 landlords of 2024-25 in ")
    assert "1 without a value" in result.stdout
    assert "1 value(s) not as their counts give them: kept as published." in result.stdout
    ranked = tsm(home, "benchmarks", "peers", CODE, YEAR, "TP01").stdout.splitlines()
    assert ranked[0] == "TP01 LCRA, 2024-25: landlords alike in PRP, <5,000, North"
    assert len(ranked) == 12
    (own,) = [line for line in ranked if line.startswith("→")]
    assert own.split()[1:4] == ["3", "77.8%", CODE]  # after 79.0 and 78.0


def test_named_peers(home, published):
    tsm(home, "benchmarks", "import", str(published))
    words = ("benchmarks", "peers", CODE, YEAR, "RP01", "--with", "l2003,22UE")
    ranked = tsm(home, *words).stdout.splitlines()
    assert ranked[0].endswith("the landlords named")
    assert [line.split()[:-1][:4] for line in ranked[1:3]] == [
        ["→", "1", "0.8%", CODE],
        ["2", "99.0%", "L2003", "Peer"],
    ]
    assert "excluded by RSH" in ranked[3]
    rows = list(csv.DictReader(io.StringIO(tsm(home, *words, "--csv").stdout)))
    assert [(each["place"], each["code"], each["own"]) for each in rows] == [
        ("1", CODE, "yes"), ("2", "L2003", "no"), ("", "22UE", "no"),
    ]  # fmt: skip


def test_a_name_cannot_steer_the_screen(home):
    """XLSX cannot hold a raw escape, but a kept file can be altered."""
    import pandas as pd

    path = home / "published.xlsx"
    path.write_bytes(workbook([Landlord("22UE", "A Council", type="LA")], 25))
    tsm(home, "benchmarks", "import", str(path))
    kept = home / "benchmarks" / "2024-25.parquet"
    frame = pd.read_parquet(kept)
    frame["name"] = "A \x1b[31mCouncil"
    frame.to_parquet(kept)
    shown = tsm(home, "benchmarks", "peers", CODE, YEAR, "TP01", "--with", "22UE").stdout
    assert "A \N{REPLACEMENT CHARACTER}[31mCouncil" in shown


def test_peers_of_an_earlier_year_and_of_the_published_data_alone(home, published):
    refused(tsm(home, "benchmarks", "import", str(published), "--year", "2023-24"), "is of 2024-25 by its")
    published.write_bytes(workbook(LANDLORDS, 24))
    tsm(home, "benchmarks", "import", str(published), "--year", "2023-24")
    later = tsm(home, "benchmarks", "peers", CODE, YEAR, "TP01").stdout
    assert later.startswith("TP01 LCRA, 2024-25 beside peers of 2023-24: ")
    alone = tsm(home, "benchmarks", "peers", "L2004", YEAR, "TP01").stdout
    assert alone.startswith("TP01 LCRA, 2023-24 (2024-25 is not here): landlords alike in PRP, <5,000, North")
    former = tsm(home, "benchmarks", "peers", "NEW1", "2023-24", "TP01", "--former", "l2004").stdout
    assert [line.split()[3] for line in former.splitlines() if line.startswith("→")] == ["NEW1"]


def test_former_codes_of_landlord_yaml_find_the_landlord_among_its_peers(home, published):
    tsm(home, "benchmarks", "import", str(published))
    folder = home / "landlords" / "NEW1"
    folder.mkdir(parents=True)
    (folder / "landlord.yaml").write_text(
        "code: NEW1\nname: New\ntype: PRP\nformer_codes: [L2004]\n", "utf-8"
    )
    ranked = tsm(home, "benchmarks", "peers", "NEW1", YEAR, "TP01").stdout
    assert [line.split()[3] for line in ranked.splitlines() if line.startswith("→")] == ["NEW1"]


def test_many_peers_are_cut_but_never_the_landlord_itself(home):
    path = home / "many.xlsx"
    path.write_bytes(
        workbook(
            [
                Landlord(f"L{3000 + n}", f"Peer {n}", size="<5,000", answers=(9, 0, 0, 0, 1))
                for n in range(60)
            ],
            25,
        )
    )
    tsm(home, "benchmarks", "import", str(path))
    lines = tsm(home, "benchmarks", "peers", CODE, YEAR, "TP01").stdout.splitlines()
    assert lines[-1] == "… 61 in all; --csv gives them"
    assert lines[-2].startswith("→   61")
    assert lines[1].split()[0] == "1="


def test_what_cannot_be_done_is_said(home, published):
    refused(tsm(home, "benchmarks", "peers", CODE, YEAR, "TP01"), "tsm benchmarks import FILE")
    refused(tsm(home, "benchmarks", "import", str(home / "nothing.xlsx")), "cannot be read")
    refused(tsm(home, "benchmarks", "import", str(home)), "cannot be read")
    text = home / "table.csv"
    text.write_text("a,b\n")
    refused(tsm(home, "benchmarks", "import", str(text)), "The workbook cannot be read")
    refused(tsm(home, "benchmarks", "import", str(published), "--year", "1999-00"), "1999-00")
    tsm(home, "benchmarks", "import", str(published))
    refused(tsm(home, "benchmarks", "peers", CODE, YEAR, "TP02", "--population", "LCHO"), "not for LCHO")
    refused(tsm(home, "benchmarks", "peers", CODE, YEAR, "TP01", "--with", "L9999"), "no landlord L9999")
    refused(tsm(home, "benchmarks", "peers", "L7777", YEAR, "TP01"), "L7777 has no return of 2024-25")


def test_a_file_far_too_large_is_not_read(home, monkeypatch, tmp_path):
    monkeypatch.setattr("pipelines.cli_compare._LARGEST", 3)
    page = tmp_path / "page.csv"
    page.write_text("measure,value\nTP01,1\n")
    refused(tsm(home, "forensics", "--from", str(page)), "larger than")


def test_the_commands_are_listed(home):
    text = tsm(home, "--help").stdout
    assert "forensics" in text
    assert "benchmarks" in text
    assert "import" in tsm(home, "benchmarks", "--help").stdout
