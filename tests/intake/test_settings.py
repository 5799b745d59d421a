"""landlord.yaml and year.yaml: what they may hold, and the one sentence for everything else."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

import schemas
from pipelines.intake import (
    Confirmation,
    Contact,
    Exclusions,
    Fieldwork,
    Landlord,
    Target,
    Weighting,
    init_folder,
    load_landlord,
    load_year,
    receive,
)
from pipelines.intake.settings import MAX_BYTES, check_code, check_year, refuse_confirmations_to_come
from schemas.errors import InputError
from schemas.rulebook import load_edition
from schemas.tables import TABLES
from tests.intake.support import check_file

LANDLORD = "code: L0001\nname: Sample Homes\ntype: PRP\n"

# A whole year file.
YEAR = """\
reporting_year: 2024-25
survey:
  LCRA:
    approach: sample
    sampling: quota
    population: 8962
    fieldwork: {from: 2024-09-01, to: 2024-11-30}
    contractor: Example Research Ltd
    interviewed_by: contractor
    incentives: none
    exclusions: {count: 4, reason: risk to interviewer}
    questionnaire: questionnaire.pdf
    weighting: {method: supplied, characteristics: [age_band, area], bounds: [0.3, 3]}
    changes_since_last_year: none
repairs:
  targets: {emergency: {hours: 24}, non_emergency: {working_days: 20}}
stock_return: {LCRA: 2988, LCHO: }
publication_url: https://example.org/tsm
settings: {lcho_threshold: 900, response_counts_as_acknowledgement: true}
confirmations:
  - {id: REP-504, by: Jo Bloggs, on: 2025-05-31, reason: "reopened: see note", evidence: call log 7}
previous_figures: previous_figures.csv
"""


def landlord(tmp_path: Path, text: str) -> Landlord:
    folder = tmp_path / "L0001"
    folder.mkdir(exist_ok=True)
    (folder / "landlord.yaml").write_text(text, encoding="utf-8")
    return load_landlord(folder)


def year_folder(tmp_path: Path, text: str | bytes) -> Path:
    folder = tmp_path / "2024-25"
    folder.mkdir(exist_ok=True)
    (folder / "year.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_a_whole_year_file(tmp_path: Path) -> None:
    year = load_year(year_folder(tmp_path, YEAR))
    plan = year.survey["LCRA"]

    assert (year.reporting_year, plan.approach, plan.sampling, plan.population) == (
        "2024-25",
        "sample",
        "quota",
        8962,
    )
    assert plan.fieldwork == Fieldwork(dt.date(2024, 9, 1), dt.date(2024, 11, 30))
    assert plan.exclusions == Exclusions(4, "risk to interviewer")
    assert plan.weighting == Weighting("supplied", ("age_band", "area"), (Decimal("0.3"), Decimal("3")))
    assert (plan.incentives, plan.questionnaire) == ("none", "questionnaire.pdf")
    assert year.targets.emergency == Target(hours=24)
    assert year.targets.non_emergency == Target(working_days=20)
    assert dict(year.settings) == {"lcho_threshold": 900, "response_counts_as_acknowledgement": True}
    assert year.confirmations == (
        Confirmation("REP-504", "Jo Bloggs", dt.date(2025, 5, 31), "reopened: see note", "call log 7"),
    )
    assert year.publication_url == "https://example.org/tsm"
    assert year.previous_figures == "previous_figures.csv"
    assert dict(year.stock_return) == {"LCRA": 2988}
    load_edition("2024-25").resolve_settings(year.settings)


def test_a_confirmation_may_be_of_any_day_from_the_years_first(tmp_path: Path) -> None:
    for day in ("2024-04-01", "2099-01-01"):  # whether it is to come is asked where a run begins
        folder = year_folder(tmp_path, YEAR.replace("2025-05-31", day))
        assert [each.on.isoformat() for each in load_year(folder).confirmations] == [day]


def test_a_confirmation_to_come_is_refused_on_the_day(tmp_path: Path) -> None:
    folder = year_folder(tmp_path, YEAR)
    refuse_confirmations_to_come(folder, dt.date(2025, 5, 31))
    with pytest.raises(InputError, match=r"'confirmations\.0\.on' is 2025-05-31, which is to come"):
        refuse_confirmations_to_come(folder, dt.date(2025, 5, 30))
    refuse_confirmations_to_come(year_folder(tmp_path, "reporting_year: ["), dt.date(2025, 5, 30))


def test_the_least_year_file(tmp_path: Path) -> None:
    year = load_year(year_folder(tmp_path, "reporting_year: 2024-25\nsurvey:\nrepairs:\nsettings:\n"))

    assert dict(year.survey) == {}
    assert (year.targets.emergency, year.targets.non_emergency, year.confirmations) == (None, None, ())
    assert dict(year.stock_return) == {}


def test_a_whole_landlord_file(tmp_path: Path) -> None:
    text = LANDLORD + "region: North\nformer_names: [Old Homes]\ncontacts: [{name: Jo, phone: '0113'}]\n"

    assert landlord(tmp_path, text) == Landlord(
        "L0001", "Sample Homes", "PRP", "North", ("Old Homes",), (Contact("Jo", phone="0113"),)
    )


def test_weighting_by_raking_with_categories_joined(tmp_path: Path) -> None:
    text = YEAR.replace(
        "{method: supplied, characteristics: [age_band, area], bounds: [0.3, 3]}",
        "{method: rake, characteristics: [Age band], collapse: {Age band: {16-24: 25-34, 1: 2}}}\n"
        "    quotas: [Age band, area]",
    )
    plan = load_year(year_folder(tmp_path, text)).survey["LCRA"]
    assert plan.weighting == Weighting(
        "rake", ("age_band",), None, {"age_band": {"16-24": "25-34", "1": "2"}}
    )
    assert plan.quotas == ("age_band", "area")


@pytest.mark.parametrize("written", ["5130", '"5130"'])
def test_a_code_of_digits_is_text(tmp_path: Path, written: str) -> None:
    folder = tmp_path / "5130"
    folder.mkdir()
    (folder / "landlord.yaml").write_text(LANDLORD.replace("L0001", written))

    assert load_landlord(folder).code == "5130"


def test_words_that_yaml_would_read_otherwise_stay_words(tmp_path: Path) -> None:
    assert landlord(tmp_path, LANDLORD + "region: No\nformer_names: [Yes, 0123, 12:30]\n").former_names == (
        "Yes",
        "0123",
        "12:30",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            LANDLORD + "nmae: x\n",
            ["landlord.yaml", "'nmae' is not a setting", "did you mean 'name'?", "remove"],
        ),
        (LANDLORD.replace("name: Sample Homes\n", ""), ["'name' is missing", "registered name"]),
        (LANDLORD.replace("PRP", "ALMO"), ["'type' is ALMO", "PRP (private registered provider) or LA"]),
        (LANDLORD.replace("L0001", "../x"), ["'code' is ../x", "such as L0001"]),
        (LANDLORD.replace("L0001", "L0002"), ["folder is named L0001"]),
        (LANDLORD + "contacts: [{role: x}]\n", ["'contacts.0.name' is missing"]),
        (LANDLORD + "contacts: Jo\n", ["'contacts' is Jo", "a list of contacts"]),
        (LANDLORD + "name: Twice\n", ["line 4", "'name' is given twice"]),
        ("code: [L0001\n", ["line 2", "not YAML"]),
        ("\tcode: x\n", ["line 1", "not YAML"]),
        ("just words\n", ["holds no settings"]),
        ("", ["holds no settings"]),
        ("code: &a L0001\nname: *a\ntype: PRP\n", ["line 2", "alias"]),
        ("code: !!python/object/apply:os.system [ls]\n", ["line 1", "not YAML"]),
        ("[" * 5000, ["nested too deeply"]),
        ("x: " + "y" * MAX_BYTES, ["larger than 256 kB"]),
        ("? [a, b]\n: c\n", ["landlord.yaml", "not YAML"]),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_a_landlord_file_that_cannot_be_used(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        landlord(tmp_path, text)

    message = str(error.value)
    assert all(word in message for word in [*words, "landlord.yaml"]), message
    assert "\n" not in message
    assert message.endswith(".")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("2024-25\n", "2024-26\n", ["2024-26 is not a reporting year", "2024-25"]),
        ("2024-25\n", "2023-24\n", ["2023-24, but the folder is named 2024-25"]),
        ("2024-25\n", "2024\n", ["'reporting_year' is 2024", "2024-25"]),
        ("approach: sample", "approach: poll", ["'survey.LCRA.approach' is poll", "census or sample"]),
        ("    sampling: quota\n", "", ["'survey.LCRA.sampling' is missing", "quota"]),
        ("LCRA:", "LRCA:", ["'survey.LRCA' is not a setting", "did you mean 'LCRA'"]),
        ("8962", "many", ["'survey.LCRA.population' is many", "whole number"]),
        ("8962", "-5", ["'survey.LCRA.population' is -5"]),
        ("2024-11-30", "2024-11-31", ["'survey.LCRA.fieldwork.to' is 2024-11-31", "a date"]),
        ("2024-11-30", "2024-08-31", ["ends on 2024-08-31, before it begins on 2024-09-01"]),
        ("{hours: 24}", "{hours: 24, working_days: 1}", ["'repairs.targets.emergency'", "exactly one of"]),
        ("{hours: 24}", "{}", ["'repairs.targets.emergency'", "exactly one of"]),
        ("{hours: 24}", "{hours: 1.5}", ["'repairs.targets.emergency.hours' is 1.5", "whole number"]),
        ("{hours: 24}", "{hours: true}", ["'repairs.targets.emergency.hours' is true"]),
        ("{hours: 24}", "{minutes: 90}", ["'repairs.targets.emergency.minutes' is not a setting"]),
        ("https://example.org/tsm", "javascript:alert(1)", ["'publication_url'", "https://"]),
        ("questionnaire.pdf", "../../secret.pdf", ["'survey.LCRA.questionnaire'", "name of a file"]),
        ("questionnaire.pdf", "..", ["'survey.LCRA.questionnaire'", "name of a file"]),
        (
            "{method: supplied, characteristics: [age_band, area]",
            "{method: rake",
            ["weighting.characteristics' is missing", "method is rake", "[age_band, area]"],
        ),
        (
            "{method: supplied, characteristics: [age_band, area]",
            "{method: post_stratify, characteristics: []",
            ["weighting.characteristics' is missing", "method is post_stratify"],
        ),
        ("bounds: [0.3, 3]", "bounds: [-1, 3]", ["weighting.bounds", "a number, 0 or more"]),
        ("bounds: [0.3, 3]", "collapse: [16-24]", ["weighting.collapse' is a list", "which category"]),
        (
            "method: supplied",
            "method: magic",
            ["weighting.method' is magic", "none, supplied, post_stratify or rake"],
        ),
        ("id: REP-504", "id: everything", ["'confirmations.0.id'", "REP-501"]),
        ("on: 2025-05-31", "on: 2024-03-31", ["'confirmations.0.on' is 2024-03-31", "began on 2024-04-01"]),
        ("by: Jo Bloggs", 'by: ""', ["'confirmations.0.by' is blank, but must be the name of the person"]),
        ("by: Jo Bloggs", 'by: "  "', ["'confirmations.0.by' is blank, but must be the name of the person"]),
        ('reason: "reopened: see note"', 'reason: " "', ["'confirmations.0.reason' is blank"]),
        ("by: Jo Bloggs, ", "", ["'confirmations.0.by' is missing", "who confirms"]),
        ("{LCRA: 2988", "{LCRA: 2988.5", ["'stock_return.LCRA' is 2988.5, but must be how many homes"]),
        ("LCHO: }", "ALL: 1}", ["'stock_return.ALL' is not a setting"]),
        ("settings: {", "setings: {", ["'setings' is not a setting", "did you mean 'settings'"]),
    ],
)
def test_a_year_file_that_cannot_be_used(tmp_path: Path, before: str, after: str, words: list[str]) -> None:
    assert before in YEAR
    folder = year_folder(tmp_path, YEAR.replace(before, after, 1))

    with pytest.raises(InputError) as error:
        load_year(folder)

    message = str(error.value)
    assert all(word in message for word in [*words, "year.yaml"]), message
    assert message.endswith(".")


def test_a_file_that_is_missing_or_in_another_encoding(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"year\.yaml is missing: create it with `tsm init`"):
        load_year(tmp_path)
    with pytest.raises(InputError, match="not in UTF-8"):
        load_year(year_folder(tmp_path, b"reporting_year: \xa32024-25"))


@pytest.mark.parametrize("name", ["landlord", "year"])
def test_the_json_schemas_are_schemas_and_describe_every_setting(name: str) -> None:
    path = Path(schemas.__file__).parent / "settings" / f"{name}.schema.json"
    schema = json.loads(path.read_text())

    jsonschema.Draft202012Validator.check_schema(schema)

    def walk(part: dict[str, object]) -> None:
        for key, value in part.get("properties", {}).items():  # type: ignore[attr-defined]
            assert "description" in value or "$ref" in value, key
            walk(value)

    walk(schema)
    for definition in schema.get("$defs", {}).values():
        walk(definition)


@pytest.mark.parametrize(
    "code", ["", "l0001", "L 1", "../x", "..\\x", "L0001\n", "Ⅼ0001", "L" * 33, "L0001.", "a/b", "\u202eL1"]
)
def test_codes_that_could_be_paths_or_look_alike_are_refused(code: str) -> None:
    with pytest.raises(InputError, match="is not a landlord code"):
        check_code(code)


@pytest.mark.parametrize("code", ["L0001", "5130", "22UE", "A_B-1", "L" * 32])
def test_codes_of_the_regulator_are_taken(code: str) -> None:
    assert check_code(code) == code


def test_the_turn_of_the_century_is_a_year() -> None:
    assert check_year("2099-00", "here") == "2099-00"


# ---------------------------------------------------------------------------------------------- tsm init


def test_a_new_folder_can_be_read_as_it_is(tmp_path: Path) -> None:
    folder = init_folder(tmp_path, "L0001", "2024-25")

    assert folder == tmp_path / "landlords" / "L0001" / "2024-25"
    assert load_landlord(folder.parent).code == "L0001"
    year = load_year(folder)
    assert year.targets.emergency == Target(hours=24)
    load_edition("2024-25").resolve_settings(year.settings)
    for name, table in TABLES.items():
        received = receive(folder, name)
        assert received.findings.empty
        assert received.frame is not None
        assert list(received.frame.columns) == [column.name for column in table.columns]
    assert list(check_file(folder, "homes").findings["finding_id"]) == ["FIL-004"]


def test_every_remark_of_the_year_template_is_true(tmp_path: Path) -> None:
    """Each commented setting may be uncommented as it stands, an empty one with a word."""
    folder = init_folder(tmp_path, "L0001", "2024-25")
    path = folder / "year.yaml"
    lines = []
    for line in path.read_text().splitlines():
        if line.startswith("# stock_return: "):
            lines.append(line.removeprefix("# "))
        elif line.startswith("    # "):
            setting = line.replace("# ", "", 1).split("  #")[0].split(":          ")[0]
            lines.append(setting.replace("approach: census", "approach: sample") if ": " in setting else line)
        else:
            lines.append(line)
    path.write_text("\n".join(lines))

    year = load_year(folder)
    plan = year.survey["LCRA"]

    assert dict(year.stock_return) == {"LCRA": 2988, "LCHO": 1102}
    assert plan.sampling == "quota"
    assert plan.population == 8962
    assert plan.questionnaire == "questionnaire.pdf"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = init_folder(tmp_path, "L0001", "2024-25")
    (folder.parent / "landlord.yaml").write_text(LANDLORD)

    with pytest.raises(InputError, match="already holds files"):
        init_folder(tmp_path, "L0001", "2024-25")
    init_folder(tmp_path, "L0001", "2025-26")

    assert (folder.parent / "landlord.yaml").read_text() == LANDLORD


@pytest.mark.parametrize(
    ("code", "year"), [("../L0001", "2024-25"), ("L0001", "2024-26"), ("L0001", "2010-11")]
)
def test_wrong_use_writes_nothing(tmp_path: Path, code: str, year: str) -> None:
    with pytest.raises(InputError):
        init_folder(tmp_path, code, year)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "landlords").write_text("a file in the way")

    with pytest.raises(InputError, match="cannot be written"):
        init_folder(tmp_path, "L0001", "2024-25")
