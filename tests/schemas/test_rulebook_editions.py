"""What the four editions say, checked against the rules themselves and not against the YAML."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import InputError
from schemas.rulebook import editions, load_edition
from schemas.rulebook.loader import EDITIONS_FOLDER

YEARS = ("2023-24", "2024-25", "2025-26", "2026-27")
ROOT = Path(__file__).parents[2]

KEYS = (
    *(f"TP{number:02}" for number in range(1, 13)),
    *("CH01_1", "CH01_2", "CH02_1", "CH02_2", "NM01_1", "NM01_2", "RP01", "RP02_1", "RP02_2"),
    *(f"BS{number:02}" for number in range(1, 6)),
)

SAT5 = (
    "Very satisfied",
    "Fairly satisfied",
    "Neither satisfied nor dissatisfied",
    "Fairly dissatisfied",
    "Very dissatisfied",
)
AGR5 = ("Strongly agree", "Agree", "Neither agree nor disagree", "Disagree", "Strongly disagree")

REPAIR = "Has [your landlord] carried out a repair to your home in the last 12 months?"
COMPLAINT = "Have you made a complaint to [your landlord] in the last 12 months?"
COMMUNAL = (
    "Do you live in a building with communal areas, either inside or outside, that [your landlord] "
    "is responsible for maintaining?"
)

# Key: filter question, question, scale, whether "not applicable / don't know" is offered.
PRESCRIBED = {
    "TP01": (
        None,
        "Taking everything into account, how satisfied or dissatisfied are you with the service provided by "
        "[your landlord]?",
        SAT5,
        False,
    ),
    "TP02": (
        REPAIR,
        "If yes: How satisfied or dissatisfied are you with the overall repairs service from [your landlord] "
        "over the last 12 months?",
        SAT5,
        False,
    ),
    "TP03": (
        REPAIR,
        "If yes: How satisfied or dissatisfied are you with the time taken to complete your most recent "
        "repair after you reported it?",
        SAT5,
        False,
    ),
    "TP04": (
        None,
        "How satisfied or dissatisfied are you that [your landlord] provides a home that is well maintained?",
        SAT5,
        False,
    ),
    "TP05": (
        None,
        "Thinking about the condition of the property or building you live in, how satisfied or dissatisfied "
        "are you that [your landlord] provides a home that is safe?",
        SAT5,
        True,
    ),
    "TP06": (
        None,
        "How satisfied or dissatisfied are you that [your landlord] listens to your views and acts upon "
        "them?",
        SAT5,
        True,
    ),
    "TP07": (
        None,
        "How satisfied or dissatisfied are you that [your landlord] keeps you informed about things that "
        "matter to you?",
        SAT5,
        True,
    ),
    "TP08": (
        None,
        'To what extent do you agree or disagree with the following "[my landlord] treats me fairly and with '
        'respect"?',
        AGR5,
        True,
    ),
    "TP09": (
        COMPLAINT,
        "If yes: How satisfied or dissatisfied are you with [your landlord]'s approach to complaints "
        "handling?",
        SAT5,
        False,
    ),
    "TP10": (
        COMMUNAL,
        "If yes: How satisfied or dissatisfied are you that [your landlord] keeps these communal areas clean "
        "and well maintained?",
        SAT5,
        False,
    ),
    "TP11": (
        None,
        "How satisfied or dissatisfied are you that [your landlord] makes a positive contribution to your "
        "neighbourhood?",
        SAT5,
        True,
    ),
    "TP12": (
        None,
        "How satisfied or dissatisfied are you with [your landlord]'s approach to handling anti-social "
        "behaviour?",
        SAT5,
        True,
    ),
}


def test_there_are_four_editions_each_of_its_own_year() -> None:
    assert editions() == YEARS
    for year in YEARS:
        edition = load_edition(year)
        first = int(year[:4])
        assert (edition.year, edition.start, edition.end) == (year, date(first, 4, 1), date(first + 1, 3, 31))


def test_an_edition_is_loaded_once() -> None:
    assert load_edition("2024-25") is load_edition("2024-25")


@pytest.mark.parametrize("year", ["2019-20", "2024", "../2024-25", "", "2024-26"])
def test_an_unknown_year_is_refused_with_those_that_exist(year: str) -> None:
    with pytest.raises(InputError, match=r"There is no rulebook for '.*': use one of 2023-24, 2024-25"):
        load_edition(year)


@pytest.mark.parametrize("year", YEARS)
def test_twenty_two_measures_make_twenty_six_values(year: str) -> None:
    measures = load_edition(year).measures
    assert tuple(measure.key for measure in measures) == KEYS
    assert len({measure.code for measure in measures}) == 22
    assert [m.label for m in measures if m.part] == [
        *("CH01 (1)", "CH01 (2)", "CH02 (1)", "CH02 (2)", "NM01 (1)", "NM01 (2)", "RP02 (1)", "RP02 (2)")
    ]


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("key", PRESCRIBED)
def test_the_survey_is_worded_letter_by_letter(year: str, key: str) -> None:
    edition = load_edition(year)
    measure = edition.measure(key)
    filter_text = edition.filters[measure.filter] if measure.filter else None
    labels = tuple(answer.label for answer in edition.scales[str(measure.scale)].answers)
    assert (filter_text, measure.question, labels, measure.nadk_offered) == PRESCRIBED[key]


@pytest.mark.parametrize("year", YEARS)
def test_the_first_two_answers_are_positive(year: str) -> None:
    edition = load_edition(year)
    assert edition.nadk == "Not applicable/ don't know"
    for scale in edition.scales.values():
        assert scale.codes == ("VS", "FS", "NSD", "FD", "VD")
        assert scale.positive == ("VS", "FS")


@pytest.mark.parametrize("year", YEARS)
def test_who_reports_what(year: str) -> None:
    populations = {measure.key: measure.populations for measure in load_edition(year).measures}
    for key in KEYS:
        expected: tuple[str, ...] = ("LCRA", "LCHO", "COMBINED")
        if key in ("TP02", "TP03", "TP04"):
            expected = ("LCRA", "COMBINED")
        elif key.startswith(("NM", "BS")):
            expected = ("ALL",)
        elif key.startswith("RP"):
            expected = ("LCRA",)
        assert populations[key] == expected, key


@pytest.mark.parametrize("year", YEARS)
def test_units_directions_and_empty_bases(year: str) -> None:
    for measure in load_edition(year).measures:
        rate = measure.code in ("CH01", "NM01")
        assert (measure.scale_factor, measure.unit_text) == (
            (1000, "per 1,000 homes") if rate else (100, "%")
        )
        assert measure.places == 1
        assert measure.better == ("neither" if rate else "lower" if measure.code == "RP01" else "higher")
        owns_nothing = measure.code in ("CH01", "NM01", "RP01") or measure.code.startswith("BS")
        assert measure.empty_status == ("not_applicable" if owns_nothing else "no_cases")


@pytest.mark.parametrize("year", YEARS)
def test_management_measures_know_their_stage_priority_or_programme(year: str) -> None:
    edition = load_edition(year)
    assert [edition.measure(f"CH0{n}_{stage}").stage for n in (1, 2) for stage in (1, 2)] == [1, 2, 1, 2]
    assert edition.measure("RP02_1").priority == "non_emergency"
    assert edition.measure("RP02_2").priority == "emergency"
    programmes = {key: (p.measure, p.interval_months) for key, p in edition.safety_programmes.items()}
    assert programmes == {
        "gas": ("BS01", 12),
        "fire": ("BS02", None),
        "asbestos": ("BS03", None),
        "water": ("BS04", None),
        "lift": ("BS05", 6),
    }
    for key, (measure, _) in programmes.items():
        assert edition.measure(measure).programme == key


def test_an_unknown_measure_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InputError, match=r"'BS06' is not a measure of the 2024-25 rulebook: use one of TP01"):
        load_edition("2024-25").measure("BS06")


@pytest.mark.parametrize("year", YEARS)
def test_every_reason_has_a_sentence_and_every_measure_a_list(year: str) -> None:
    edition = load_edition(year)
    for reason, sentence in edition.reasons.items():
        assert re.fullmatch(r"[A-Z].*[a-z0-9]\.", sentence), reason
    for measure in edition.measures:
        assert set(measure.reasons) <= set(edition.reasons)
        assert {"rejected_record", "filtered_by_mapping", "dropped_by_correction"} <= set(measure.reasons)
    assert "withdrawn_late" in edition.measure("CH02_1").reasons
    assert "withdrawn_late" not in edition.measure("CH01_1").reasons


@pytest.mark.parametrize(
    ("population", "margin"),
    [
        (0, 5),
        (926, 5),
        (2_499, 5),
        (2_500, 4),
        (9_999, 4),
        (10_000, 3),
        (24_999, 3),
        (25_000, 2),
        (99_999, 2),
    ],
)
def test_accuracy_bands(population: int, margin: int) -> None:
    accuracy = load_edition("2024-25").accuracy
    assert accuracy.margin_points(population) == margin
    assert (accuracy.confidence_z, accuracy.proportion) == (Decimal("1.96"), Decimal("0.5"))
    assert accuracy.census_fallback_limit == 2500


def test_no_accuracy_for_a_negative_population() -> None:
    with pytest.raises(ValueError, match="cannot be negative: -1"):
        load_edition("2024-25").accuracy.margin_points(-1)


@pytest.mark.parametrize(
    ("year", "stage", "limits"),
    [
        ("2023-24", 1, (5, 10, "received", 10)),
        ("2023-24", 2, (5, 20, "received", 10)),
        *((year, 1, (5, 10, "acknowledged", 10)) for year in YEARS[1:]),
        *((year, 2, (5, 20, "acknowledged", 20)) for year in YEARS[1:]),
    ],
)
def test_the_complaint_handling_code_of_the_year(
    year: str, stage: int, limits: tuple[int, int, str, int]
) -> None:
    found = load_edition(year).complaints_code.stages[stage]
    assert limits == (
        found.acknowledge_working_days,
        found.respond_working_days,
        found.clock_from,
        found.extension_working_days,
    )


def test_what_only_one_year_has() -> None:
    by_year = {year: load_edition(year) for year in YEARS}
    assert {y: e.return_form for y, e in by_year.items()} == {
        "2023-24": "nrosh_2024",
        "2024-25": "nrosh_2025",
        "2025-26": "nrosh_2025",
        "2026-27": "nrosh_2025",
    }
    told = {
        y
        for y, e in by_year.items()
        if "comparison_with_earlier_years" in {i.key for i in e.publication_items}
    }
    assert told == {"2025-26", "2026-27"}
    assert {y for y, e in by_year.items() if e.status == "provisional"} == {"2026-27"}
    assert "could be confirmed" in by_year["2026-27"].status_note
    assert {y: e.settings["complaint_test"].default for y, e in by_year.items()} == {
        "2023-24": "from_receipt",
        "2024-25": "strict",
        "2025-26": "strict",
        "2026-27": "strict",
    }


@pytest.mark.parametrize("year", YEARS)
def test_publication_and_deadlines(year: str) -> None:
    edition = load_edition(year)
    assert "".join(item.letter for item in edition.approach_items) == "abcdefghijk"
    assert edition.deadlines["return_submitted"].due == date(edition.end.year, 6, 30)
    assert edition.deadlines["results_published"].due is None
    assert tuple(edition.survey_methods) == (
        "telephone",
        "internet",
        "face_to_face",
        "postal",
        "sms",
        "other",
    )


COMPUTED = {
    "complaint_test": ("strict", "total", "from_receipt"),
    "response_counts_as_acknowledgement": (True, False),
    "extension_beyond_code": ("cap", "accept"),
    "withdrawn_complaints": ("keep", "drop"),
    "communal_repairs_in_mixed_buildings": ("any_lcra", "all_lcra"),
    "unassessed_homes": ("in_base", "failing", "outside"),
    "check_without_expiry": ("fails", "meets"),
    "interval_last_day": ("anniversary", "day_before"),
    "asb_without_home": ("counted", "outside"),
    "answer_without_filter": ("counted", "outside"),
    "household_duplicates": ("latest", "first"),
    "lcho_threshold": 1000,
    "combined_threshold": 1000,
    "mode_minimum_responses": 50,
    "suppress_below": 10,
    "imprecise_below": 30,
    "screen_most_categories": 30,
    "weighting_thin_category": 20,
    "weighting_small_category": 30,
    "weighting_thin_cell": 10,
    "weighting_totals_tolerance": 1,
    "weighting_greatest_factor": 5,
    "rejected_share_stop": 5,
}


def test_the_settings_that_the_software_computes_with() -> None:
    settings = load_edition("2024-25").settings
    assert {key for key, setting in settings.items() if setting.kind == "computed"} == set(COMPUTED)
    for key, expected in COMPUTED.items():
        if isinstance(expected, tuple):
            assert (settings[key].alternatives, settings[key].default) == (expected, expected[0])
        else:
            assert (settings[key].type, settings[key].default) == ("integer", expected)


def test_every_setting_explains_itself() -> None:
    settings = load_edition("2024-25").settings
    for setting in settings.values():
        assert setting.description
        assert setting.source
        assert len(setting.meanings) == len(setting.alternatives)
        assert setting.accepts(setting.default)
    assert settings["complaint_test"].measures == ("CH02_1", "CH02_2")
    assert settings["household_duplicates"].measures == KEYS[:12]
    assert settings["withdrawn_complaints"].meaning("drop") == "They are left out of CH01 and CH02 alike."
    assert settings["lcho_threshold"].meaning(900) == "900"


def test_settings_without_departures_are_the_defaults() -> None:
    edition = load_edition("2024-25")
    settings = edition.resolve_settings({})
    assert dict(settings) == {key: setting.default for key, setting in edition.settings.items()}
    assert settings.departures == ()
    # Stating the default is not a departure.
    assert edition.resolve_settings({"complaint_test": "strict"}).departures == ()


def test_departures_are_the_settings_that_differ() -> None:
    edition = load_edition("2024-25")
    overrides = {
        "lcho_threshold": 500,
        "response_counts_as_acknowledgement": False,
        "complaint_test": "total",
    }
    settings = edition.resolve_settings(overrides)
    assert [(setting.key, value) for setting, value in settings.departures] == [
        ("complaint_test", "total"),
        ("response_counts_as_acknowledgement", False),
        ("lcho_threshold", 500),
    ]
    assert settings["lcho_threshold"] == 500
    assert len(settings) == len(edition.settings)
    assert repr(settings).startswith("Settings({'complaint_test': 'total'")


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("complaint_tset", "strict", r"did you mean 'complaint_test'\?"),
        ("zzz", 1, r"'zzz' under 'settings' in year.yaml is not a setting of the 2024-25 rulebook: correct"),
        ("complaint_test", "lenient", r"'lenient', but .* allows strict, total or from_receipt"),
        ("complaint_test", True, r"'true', but"),
        ("complaint_test", ["strict"], r"allows strict, total or from_receipt"),
        ("response_counts_as_acknowledgement", 1, r"allows true or false: .*the default, true"),
        ("response_counts_as_acknowledgement", "true", r"allows true or false"),
        ("lcho_threshold", 0, r"'0', but .* allows a whole number of at least 1"),
        ("lcho_threshold", True, r"a whole number of at least 1"),
        ("lcho_threshold", "1000", r"a whole number of at least 1"),
        ("rejected_share_stop", 101, r"allows a whole number from 0 to 100"),
        ("rejected_share_stop", 5.0, r"a whole number from 0 to 100"),
        ("star_no_opinion", "in_base", r"allows only outside"),
    ],
)
def test_a_setting_that_may_not_be_chosen_is_refused(key: str, value: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        load_edition("2024-25").resolve_settings({key: value})


def test_nothing_in_an_edition_can_be_changed() -> None:
    edition = load_edition("2024-25")
    with pytest.raises(dataclasses.FrozenInstanceError):
        edition.year = "2030-31"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        edition.measures[0].places = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        edition.reasons["positive"] = "no"  # type: ignore[index]
    with pytest.raises(TypeError):
        del edition.complaints_code.stages[1]  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        edition.resolve_settings({})["complaint_test"] = "total"  # type: ignore[index]
    _assert_frozen(edition)


def _assert_frozen(value: Any) -> None:
    assert not isinstance(value, list | dict | set), value
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            _assert_frozen(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            _assert_frozen(item)
    elif hasattr(value, "items"):
        for item in value.values():
            _assert_frozen(item)


def test_an_edition_and_its_settings_travel_to_other_processes() -> None:
    edition = load_edition("2024-25")
    assert pickle.loads(pickle.dumps(edition)) is edition  # noqa: S301 (our own bytes)
    assert copy.deepcopy(edition) is edition
    settings = edition.resolve_settings({"withdrawn_complaints": "drop"})
    assert dict(pickle.loads(pickle.dumps(settings))) == dict(settings)  # noqa: S301 (our own bytes)


def test_fingerprints_do_not_depend_on_the_hash_seed() -> None:
    program = (
        "from schemas.rulebook import editions, load_edition\n"
        "print([load_edition(year).fingerprint for year in editions()])"
    )
    expected = str([load_edition(year).fingerprint for year in YEARS])
    for seed in ("0", "1", "4711"):
        run = subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == expected


def test_fingerprints_tell_the_editions_apart() -> None:
    fingerprints = {load_edition(year).fingerprint for year in YEARS}
    assert len(fingerprints) == 4
    assert all(re.fullmatch(r"[0-9a-f]{64}", fingerprint) for fingerprint in fingerprints)


def test_the_changelog_knows_every_edition_as_it_stands() -> None:
    """An edition that changes without an entry in the changelog fails here, with the line to add."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    section = re.search(r"^## Methodology\n(.*?)(?=^## |\Z)", changelog, re.DOTALL | re.MULTILINE)
    assert section, "CHANGELOG.md has no '## Methodology' section"
    newest: dict[str, str] = {}
    for year, digits in re.findall(r"^- edition (\d{4}-\d{2}): ([0-9a-f]{12})\b", section[1], re.MULTILINE):
        newest.setdefault(year, digits)  # the newest entry stands first
    wanted = {year: load_edition(year).fingerprint[:12] for year in editions()}
    missing = [f"- edition {year}: {wanted[year]}" for year in wanted if newest.get(year) != wanted[year]]
    assert not missing, "an edition changed; say how under Methodology in CHANGELOG.md:\n" + "\n".join(
        missing
    )


def test_editions_state_only_what_differs() -> None:
    root, *later = (len((EDITIONS_FOLDER / f"{year}.yaml").read_text("utf-8").splitlines()) for year in YEARS)
    assert all(lines < root / 20 for lines in later)
