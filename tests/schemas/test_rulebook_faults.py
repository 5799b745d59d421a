"""Faults planted in an edition, each caught by name, beside the same edition without the fault."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.errors import InputError
from schemas.rulebook import load_edition
from schemas.rulebook.loader import EDITIONS_FOLDER, read_edition

REMOVE = object()
# Written in C where there is libyaml: these tests rewrite the root edition a hundred times.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def read(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 (a safe loader)


def write(file: Path, content: Any) -> None:
    file.write_text(yaml.dump(content, Dumper=DUMPER, sort_keys=False, allow_unicode=True), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EDITIONS_FOLDER, tmp_path / "editions"))


def plant(folder: Path, year: str, path: str, value: Any) -> None:
    """Set, or remove, one value of an edition's file."""
    file = folder / f"{year}.yaml"
    content = read(file)
    *parents, key = (int(step) if step.isdigit() else step for step in path.split("/"))
    node = content
    for parent in parents:
        node = node[parent]
    if value is REMOVE:
        del node[key]
    else:
        node[key] = value
    write(file, content)


def test_the_clean_twin_loads_with_the_same_fingerprint(folder: Path) -> None:
    plant(folder, "2023-24", "status", "final")  # rewrites the file, says the same
    assert read_edition("2024-25", folder).fingerprint == load_edition("2024-25").fingerprint


FAULTS = [
    # shape
    ("measrues", {}, "measrues: is not a field that belongs here"),
    ("nadk", REMOVE, "nadk: is missing"),
    ("status", "draft", "status: 'draft' is not one of final, provisional"),
    ("measures", ["TP01"], "measures: ['TP01'] is not of type 'object'"),
    ("measures/TP01", "overall", "measures.TP01: 'overall' is not of type 'object'"),
    ("measures/tp01", {}, "measures: 'tp01' does not match"),
    ("families", ["safety"], "measures.BS01.kind: is missing"),
    ("measures/TP01/titel", "x", "measures.TP01.titel: is not a field that belongs here"),
    ("measures/TP01/title", REMOVE, "measures.TP01.title: is missing"),
    ("measures/TP01/nadk_offered", "no", "measures.TP01.nadk_offered: 'no' is not of type 'boolean'"),
    ("families/safety/unit", "percentage", "measures.BS01.unit: 'percentage' is not one of percent"),
    ("families/repairs/inputs", ["repair"], "measures.RP02_1.inputs.0: 'repair' is not one of homes"),
    ("families/repairs", 3, "measures.RP02_1.kind: is missing"),
    ("return_form", "NROSH", "return_form: 'NROSH' does not match"),
    ("accuracy/bands/2500", 4.5, "accuracy.bands.2500: 4.5 is not of type 'integer'"),
    ("accuracy/confidence_z", 1.96, "accuracy.confidence_z: 1.96 is not of type 'string'"),
    ("complaints_code/stages/1/clock_from", "sent", "stages.1.clock_from: 'sent' is not one of received"),
    ("settings/sign_off/kind", "sworn", "settings.sign_off.kind: 'sworn' is not one of computed, declared"),
    # names that lead nowhere
    ("measures/TP02/scale", "SAT7", "measures.TP02.scale: 'SAT7' is not one of the scales: SAT5, AGR5"),
    ("measures/TP02/filter", "had_work", "measures.TP02.filter: 'had_work' is not one of the filters"),
    ("measures/TP02/theme", "repairs", "measures.TP02.theme: 'repairs' is not one of the themes"),
    (
        "measures/BS05/programme",
        "lifts",
        "measures.BS05.programme: 'lifts' is not one of the safety_programm",
    ),
    ("measures/RP01/reasons", ["rotten"], "measures.RP01.reasons: 'rotten' is not one of the reasons"),
    ("measures/RP01/reasons", ["exempt"], "measures.RP01.reasons: 'exempt' is stated twice"),
    ("reasons/new_reason", "Because.", "reasons.new_reason: is not used by any measure"),
    ("safety_programmes/gas/measure", "BS02", "safety_programmes.gas.measure: 'BS02' is not the measure of"),
    ("settings/sign_off/measures", ["TP13"], "settings.sign_off.measures: 'TP13' is neither a measure nor"),
    ("filters/had_repair", "Has [the landlord] been?", "filters.had_repair: '[the landlord]' is not one of"),
    ("measures/TP01/question", "Is [landlord] good?", "measures.TP01.question: '[landlord]' is not one of"),
    # parts and counts
    ("measures/BS05", REMOVE, "measures: there are 21 measure codes, not 22"),
    ("measures/CH01_2", REMOVE, "measures: there are 25 reported values, not 26"),
    ("measures/CH01_1/part", 3, "measures.CH01_1: its code and part make it 'CH01_3'"),
    ("measures/RP02_2/part", 1, "measures.RP02_1.part: the parts of RP02 are [1, 1], not 1, 2"),
    ("measures/RP02_2/code", "RP03", "measures.RP02_2: its code and part make it 'RP03_2'"),
    # fields that do not fit the measure
    ("families/asb/kind", "perception", "measures.NM01_1.kind: 'perception' does not fit the family 'asb'"),
    ("measures/TP01/question", REMOVE, "measures.TP01.question: is missing; a perception measure needs it"),
    ("measures/RP01/question", "Is it?", "measures.RP01.question: belongs to perception measures only"),
    ("measures/RP02_1/priority", REMOVE, "measures.RP02_1.priority: is missing; a measure of the family"),
    ("measures/RP01/stage", 1, "measures.RP01.stage: belongs to measures of the family 'complaints' only"),
    ("measures/CH01_1/stage", 2, "measures.CH01_1.stage: is 2, but the measure is part 1"),
    ("measures/CH01_1/stage", 3, "measures.CH01_1.stage: the complaints_code has no stage 3"),
    ("measures/TP02/lcra_only", REMOVE, "measures.TP02.lcra_only: does not agree with its populations"),
    ("measures/TP05/nadk_offered", False, "measures.TP05.reasons: 'nadk_not_offered' is missing"),
    ("measures/TP05/nadk_offered", False, "measures.TP05.reasons: 'nadk' cannot happen with this question"),
    ("measures/TP09/filter", REMOVE, "measures.TP09.reasons: 'filter_no' cannot happen with this question"),
    # scales, bands, letters, dates
    ("scales/SAT5/positive", ["VS", "OK"], "scales.SAT5.positive: 'OK' is not an answer of this scale"),
    ("scales/SAT5/answers/VD", REMOVE, "scales.SAT5.answers: must be VS, FS, NSD, FD and VD"),
    ("accuracy/bands/0", REMOVE, "accuracy.bands: the first band starts at 2500, not at 0"),
    ("accuracy/bands/9000", 1, "accuracy.bands: the bands start at [0, 2500, 10000, 25000, 9000]"),
    ("accuracy/bands/25000", 3, "accuracy.bands: the margins are [5, 4, 3, 3], which do not tighten"),
    ("approach_items/c", REMOVE, "approach_items: the letters are a, b, d, e"),
    ("deadlines/return_submitted/day", 31, "deadlines.return_submitted: day 31 of month 6 is not a date"),
    ("deadlines/return_submitted/month", REMOVE, "deadlines.return_submitted: has a day without a month"),
    ("status", "provisional", "status_note: is empty, but a provisional edition must say"),
    # settings
    ("settings/sign_off/default", "maybe", "settings.sign_off.default: 'maybe' is not one of its alternativ"),
    ("settings/sign_off/default", True, "settings.sign_off.default: 'True' is not one of its alternatives"),
    ("settings/sign_off/alternatives", REMOVE, "settings.sign_off.alternatives: is missing"),
    ("settings/lcho_threshold/default", 0, "settings.lcho_threshold.default: 0 is outside its own minimum"),
    ("settings/lcho_threshold/default", True, "settings.lcho_threshold.default: 'True' is not a whole"),
    ("settings/lcho_threshold/minimum", REMOVE, "settings.lcho_threshold.minimum: is missing"),
    ("settings/rejected_share_stop/maximum", 4, "rejected_share_stop.default: 5 is outside its own minimum"),
    (
        "settings/lcho_threshold/alternatives",
        {"many": "Many."},
        "settings.lcho_threshold.alternatives: a whole number is bounded by minimum and maximum",
    ),
    (
        "settings/response_counts_as_acknowledgement/default",
        "yes",
        "settings.response_counts_as_acknowledgement.default: 'yes' is not true or false",
    ),
    (
        "settings/response_counts_as_acknowledgement/alternatives",
        {"true": "Yes.", "perhaps": "It may."},
        "settings.response_counts_as_acknowledgement.alternatives: must be true and false",
    ),
]


@pytest.mark.parametrize(("path", "value", "message"), FAULTS, ids=[fault[2][:60] for fault in FAULTS])
def test_a_planted_fault_is_caught_with_its_file_and_path(
    folder: Path, path: str, value: Any, message: str
) -> None:
    plant(folder, "2023-24", path, value)
    with pytest.raises(InputError) as caught:
        read_edition("2023-24", folder)
    text = str(caught.value)
    assert text.startswith("The 2023-24 edition of the rulebook cannot be used")
    assert message in text
    assert all(line.startswith("  2023-24.yaml: ") for line in text.splitlines()[1:])


def test_the_file_that_states_the_fault_is_the_one_named(folder: Path) -> None:
    plant(folder, "2023-24", "families/repairs/better", "more")
    plant(folder, "2024-25", "complaints_code/stages/2/clock_from", "sent")
    with pytest.raises(InputError) as caught:
        read_edition("2025-26", folder)
    text = str(caught.value)
    assert "2023-24.yaml: measures.RP02_1.better: 'more' is not one of higher" in text
    assert "2024-25.yaml: complaints_code.stages.2.clock_from: 'sent'" in text
    # The edition before the fault is sound in that point.
    with pytest.raises(InputError) as caught:
        read_edition("2023-24", folder)
    assert "2024-25.yaml" not in str(caught.value)


def child(folder: Path, text: str) -> Path:
    (folder / "2027-28.yaml").write_text(f'edition: "2027-28"\nextends: "2026-27"\n{text}', encoding="utf-8")
    return folder


def test_a_later_edition_may_change_one_field_of_one_measure(folder: Path) -> None:
    edition = read_edition("2027-28", child(folder, "measures: {TP01: {short_title: Overall}}"))
    parent = load_edition("2026-27")
    assert edition.measure("TP01").short_title == "Overall"
    assert edition.measure("TP01").question == parent.measure("TP01").question
    assert edition.measures[1:] == parent.measures[1:]
    assert (edition.extends, edition.end.year) == ("2026-27", 2028)
    assert edition.fingerprint != parent.fingerprint


def test_a_list_replaces_the_parents_list(folder: Path) -> None:
    edition = read_edition("2027-28", child(folder, "families: {perception: {inputs: [survey_responses]}}"))
    assert edition.measure("TP01").inputs == ("survey_responses",)


def test_null_removes_what_the_parent_says(folder: Path) -> None:
    edition = read_edition("2027-28", child(folder, "settings: {star_accuracy: null}"))
    assert set(load_edition("2026-27").settings) - set(edition.settings) == {"star_accuracy"}


def test_an_edition_with_a_measure_more_says_so(folder: Path) -> None:
    measure = "{code: BS06, family: safety, title: Electrical checks, short_title: Electrical checks, "
    added = measure + "programme: electric, numerator: Homes in date., denominator: Homes.}"
    programme = "{measure: BS06, label: Electrical, check_name: report, interval_months: 60, source: Law}"
    text = f"measures: {{BS06: {added}}}\nsafety_programmes: {{electric: {programme}}}\n"
    with pytest.raises(InputError, match="there are 27 reported values, not 26"):
        read_edition("2027-28", child(folder, text))
    edition = read_edition("2027-28", child(folder, text + "measure_counts: {codes: 23, values: 27}\n"))
    assert edition.measures[-1].key == "BS06"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("settings: {no_such: null}", "2027-28.yaml: settings.no_such: null removes what the edition before"),
        ("themes: {a: x}\nthemes: {b: y}", "2027-28.yaml, line 4: 'themes' is stated twice"),
        ("themes: x: y", "2027-28.yaml, line 3: mapping values are not allowed"),
        ("? [a, b]\n: c", "2027-28.yaml, line 3: a key must be plain text"),
        ("themes: !!python/object:os.system {}", "2027-28.yaml, line 3: could not determine a constructor"),
        ("start: 2027-04-01", "2027-28.yaml: start: is not a field that belongs here"),
    ],
)
def test_a_broken_file_is_named_with_the_place(folder: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_edition("2027-28", child(folder, text))
    assert message in str(caught.value)


def test_a_file_that_is_not_an_edition(folder: Path) -> None:
    file = folder / "2027-28.yaml"
    file.write_bytes(b'edition: "2027-28"\nstatus_note: \xa3')
    with pytest.raises(InputError, match=r"2027-28.yaml is not UTF-8 text: save it as UTF-8"):
        read_edition("2027-28", folder)
    file.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"2027-28.yaml does not state anything"):
        read_edition("2027-28", folder)


def test_the_chain_of_editions_must_hold(folder: Path) -> None:
    file = folder / "2027-28.yaml"
    for text, message in [
        ('edition: "2027-28"\nextends: "2019-20"', r"2027-28.yaml: extends: there is no edition '2019-20'"),
        ('edition: "2027-28"\nextends: 2026', r"2027-28.yaml: extends: '2026' is not a year"),
        ('edition: "2027-28"\nextends: "2027-28"', r"'2027-28' extends this one in turn"),
        ('edition: "2028-29"\nextends: "2026-27"', r"'2028-29' is not the year in the file's name"),
        ('extends: "2026-27"', r"'None' is not the year in the file's name"),
    ]:
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=message):
            read_edition("2027-28", folder)


def test_a_file_named_for_no_year_is_refused(folder: Path) -> None:
    (folder / "2027-29.yaml").write_text('edition: "2027-29"\nextends: "2026-27"', encoding="utf-8")
    with pytest.raises(InputError, match=r"2027-29.yaml: edition: '2027-29' is not a reporting year"):
        read_edition("2027-29", folder)


def test_layout_does_not_move_the_fingerprint_and_order_does(folder: Path) -> None:
    # The fields of a measure in another order: layout.
    file = folder / "2023-24.yaml"
    content = read(file)
    content["measures"]["TP01"] = dict(reversed(content["measures"]["TP01"].items()))
    write(file, content)
    assert read_edition("2023-24", folder).fingerprint == load_edition("2023-24").fingerprint
    # The measures in another order: they are reported in that order.
    content["measures"] = dict(reversed(content["measures"].items()))
    write(file, content)
    with pytest.raises(InputError, match=r"the parts of CH01 are \[2, 1\]"):
        read_edition("2023-24", folder)
    content["measures"] = {"TP02": content["measures"]["TP02"], **load_in_order(file, "TP02")}
    write(file, content)
    assert read_edition("2023-24", folder).measures[0].key == "TP02"
    assert read_edition("2023-24", folder).fingerprint != load_edition("2023-24").fingerprint


def load_in_order(file: Path, without: str) -> dict[str, Any]:
    measures = read(file)["measures"]
    return {key: value for key, value in reversed(measures.items()) if key != without}
