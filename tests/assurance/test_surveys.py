"""A landlord's surveys weighed: by what year.yaml says, and with every problem as a finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.assurance.compute import Rules, compute_ledgers, measure_inputs, weigh_accepted
from pipelines.assurance.surveys import (
    TABLE,
    Weighed,
    findings_frame,
    given,
    limits_of,
    no_weights,
    perception_ledgers,
    precision_of,
    reported_respondents,
    samples_of,
    scheme_of,
    statistics_of,
    tally_weights,
)
from pipelines.intake import empty_records
from pipelines.intake.settings import Landlord, RepairTargets, SurveyPlan, Weighting, YearFile
from pipelines.survey import weighting
from pipelines.survey.last_year import LastYear, last_year_estimates
from pipelines.survey.sample import WEIGHT_COLUMNS, Scheme
from pipelines.survey.weighting import Limits
from pipelines.survey.weighting_problems import RULES
from schemas.outputs import FINDING_COLUMNS
from schemas.rulebook import load_edition
from tests.measures.frames import TABLES, home, records
from tests.survey.test_weighting_problems import NAMES, SAMPLE, changed, margins, with_row

YEAR = "2024-25"
RAKE = Weighting("rake", tuple(NAMES))
TOUCHES = ";".join(f"TP{number:02d}" for number in range(1, 13))


def rules(
    plans: Mapping[str, SurveyPlan] | Weighting = RAKE, settings: Mapping[str, Any] | None = None
) -> Rules:
    """The rules of a landlord; a weighting alone is that of an LCRA quota sample."""
    if isinstance(plans, Weighting):
        plans = {"LCRA": SurveyPlan("sample", "quota", weighting=plans)}
    edition = load_edition(YEAR)
    year_file = YearFile(YEAR, plans, RepairTargets(), None, settings or {}, (), None)
    return Rules(
        edition,
        Landlord("L0001", "Example Homes", "PRP"),
        year_file,
        edition.resolve_settings(settings or {}),
    )


def table(name: str, rows: list[dict[str, Any]], more: pd.DataFrame | None = None) -> pd.DataFrame:
    """An accepted table, with the landlord's own columns of characteristics beside it."""
    frame = records(name, rows)
    if more is not None:
        frame = pd.concat([frame, more.astype("str")], axis=1)
    frame.attrs |= {
        "table": name,
        "file": f"{name}.csv" if rows else "",
        "sheet": "",
        "sha256": "ab" * 32 if rows else "",
        "characteristics": [] if more is None else list(more),
    }
    return frame


def answer(number: int) -> str:
    """In the North, the first 120, one in two is satisfied; in the South three in four."""
    return "VS" if number % 2 or (number >= 120 and number % 4) else "FD"


def accepted(
    people: pd.DataFrame = SAMPLE,
    population: pd.DataFrame | None = None,
    households: pd.DataFrame | None = None,
    tenure: str = "LCRA",
    weights: list[str | None] | None = None,
    **more: Any,
) -> dict[str, pd.DataFrame]:
    """The accepted tables of a landlord: the respondents of `people`, the counts of `population`."""
    people = people.reset_index(drop=True)
    rows = [
        {
            "response_id": f"R{number}",
            "household_id": f"H{number}",
            "tenure": tenure,
            "completed_on": pd.Timestamp("2024-10-01"),
            "method": "internet" if number % 3 else "telephone",
            "TP01": answer(number),
            "TP05": "NADK" if number % 2 else "FS",
            "weight": None if weights is None else weights[number],
        }
        for number in range(len(people))
    ]
    counts = margins() if population is None else population
    tables = {name: table(name, []) for name in TABLES}
    return tables | {
        "homes": table("homes", [home("H1"), home("H2", "LCHO")]),
        "survey_responses": table("survey_responses", rows, people),
        "population_margins": table(
            "population_margins", [{"tenure": "LCRA", **row} for row in counts.to_dict("records")]
        ),
        **({} if households is None else {"households": households}),
        **more,
    }


def register(strata: Mapping[str, tuple[int, int]]) -> pd.DataFrame:
    """Households by stratum (in all, invited), the households of the respondents first."""
    rows: list[dict[str, Any]] = []
    for stratum, (size, invited) in strata.items():
        rows += [
            {
                "household_id": f"H{len(rows) + number}",
                "tenure": "LCRA",
                "stratum": stratum,
                "invited": number < invited,
            }
            for number in range(size)
        ]
    return table("households", rows)


def weighed(by: Rules | None = None, tables: Mapping[str, pd.DataFrame] | None = None) -> Weighed:
    return weigh_accepted(by or rules(), tables or accepted())


def ids(found: Weighed) -> list[str]:
    return found.findings["finding_id"].tolist()


# Every problem reaches a finding


def joined(*parts: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True)


def contradiction() -> Weighed:
    """All of the North young, all of the South old; the counts say otherwise."""
    people = SAMPLE.assign(age=SAMPLE["area"].map({"North": "Young", "South": "Old"}))
    counts = margins()
    counts = counts[counts["category"] != "Middle"].assign(households=[1440, 960, 960, 1440])
    return weighed(tables=accepted(people, counts))


def few(respondents: int, **settings: int) -> Weighed:
    """A third area with few respondents."""
    people = changed("area", "East", range(respondents))
    counts = joined(margins(North=1300), with_row("area", "East", 200).tail(1))
    return weighed(rules(settings=settings), accepted(people, counts))


def strata(first: int) -> Weighed:
    """240 respondents of whom the first are in one stratum, the rest in one that nobody invited."""
    plan = SurveyPlan("sample", "stratified", weighting=RAKE)
    households = register({"A": (first, first), "B": (2400 - first, 0)})
    return weighed(rules({"LCRA": plan}), accepted(households=households))


def unweighted_strata(invited: int) -> Weighed:
    """Two strata, of which one is invited more often, and no weights."""
    plan = SurveyPlan("sample", "stratified")
    households = register({"A": (1200, invited), "B": (1200, 600)})
    return weighed(rules({"LCRA": plan}), accepted(households=households))


def supplied(last: str | None) -> Weighed:
    return weighed(rules(Weighting("supplied")), accepted(weights=["1.5"] * 239 + [last]))


def unused(weight: str, plan: Weighting | None) -> Weighed:
    """A file with weights, and a year.yaml that says `plan`, or nothing."""
    said = rules(plan) if plan else rules({"LCRA": SurveyPlan("sample", "quota")})
    return weighed(said, accepted(weights=[weight] * 240))


CHAIN = {"age": {"Young": "Middle", "Middle": "Old"}}

# What each id says it of, and the survey that has it.
PLANTED: dict[str, tuple[str, str, Callable[[], Weighed]]] = {
    "WGT-002": ("colour", "", lambda: weighed(rules(Weighting("rake", (*NAMES, "colour"))))),
    "WGT-003": ("age", "Old", lambda: weighed(tables=accepted(population=with_row("age", "Old", 5)))),
    # The larger total is taken for the population: the other characteristic's is the one that differs.
    "WGT-004": ("area", "", lambda: weighed(tables=accepted(population=margins(Young=720)))),
    "WGT-005": (
        "area",
        "East",
        lambda: weighed(
            tables=accepted(population=joined(margins(North=1400), with_row("area", "East", 100).tail(1)))
        ),
    ),
    "WGT-006": ("area", "East", lambda: weighed(tables=accepted(changed("area", "East", range(30))))),
    "WGT-007": ("age", "Young", lambda: weighed(tables=accepted(population=margins(Young=0, Old=1600)))),
    "WGT-008": ("", "", contradiction),
    "WGT-009": ("", "", lambda: weighed(rules(replace(RAKE, bounds=(Decimal("0.5"), Decimal("1.2")))))),
    "WGT-010": ("", "", lambda: weighed(rules(replace(RAKE, bounds=(Decimal(2), Decimal(1)))))),
    "WGT-011": ("", "", lambda: supplied(None)),
    "WGT-012": ("age", "Young", lambda: weighed(rules(replace(RAKE, collapse=CHAIN)))),
    "WGT-013": ("age", "", lambda: weighed(tables=accepted(changed("area", "South", range(60))))),
    "WGT-014": ("", "B", lambda: strata(100)),
    "WGT-101": ("area", "", lambda: weighed(tables=accepted(population=margins(Young=610)))),
    "WGT-102": ("age", "not stated", lambda: weighed(tables=accepted(changed("age", None, range(6))))),
    "WGT-103": (
        "age",
        "not stated",
        lambda: weighed(
            tables=accepted(population=joined(margins(Young=500), with_row("age", "unknown", 100).tail(1)))
        ),
    ),
    "WGT-104": ("area", "East", lambda: few(19)),
    "WGT-105": ("area", "South", lambda: weighed(tables=accepted(population=margins(North=2300, South=100)))),
    "WGT-106": ("", "", lambda: supplied("50")),
    "WGT-107": ("", "", lambda: unweighted_strata(100)),
    "WGT-108": ("", "", lambda: unused("1.5", None)),
    "WGT-201": ("area", "East", lambda: few(25)),
    "WGT-202": ("age", "Young", lambda: weighed(rules(replace(RAKE, collapse={"age": {"Young": "Old"}})))),
    "WGT-203": ("age", "Baby", lambda: weighed(rules(replace(RAKE, collapse={"age": {"Baby": "Old"}})))),
    "WGT-204": ("", "", lambda: unused("1.5", RAKE)),
}


def test_every_problem_but_that_of_nobody_is_planted() -> None:
    assert set(PLANTED) == set(RULES) - {"WGT-001"}


@pytest.mark.parametrize("rule", PLANTED)
def test_each_problem_reaches_a_finding(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    characteristic, category, work = PLANTED[rule]
    if rule == "WGT-013":
        monkeypatch.setitem(weighting.rake.__kwdefaults__, "max_sweeps", 1)
    found = work()
    assert list(found.findings) == list(FINDING_COLUMNS)
    row = found.findings[found.findings["finding_id"] == rule].iloc[0]
    grade, title = RULES[rule]
    assert (row["grade"], row["title"]) == (grade, title)
    assert (row["table"], row["file"], row["sheet"]) == (TABLE, "survey_responses.csv", "")
    assert (pd.isna(row["row"]), row["record_id"], row["effect"]) == (True, "", "kept")
    assert characteristic in ("", row["column"])
    assert category in ("", row["value"])
    assert row["message"].startswith("LCRA: ")
    assert row["message"].endswith(".")
    assert row["remedy"][0].isupper()
    assert row["remedy"].endswith(".")
    assert row["touches"] == TOUCHES
    stopped = (found.findings["grade"] == "stop").any()
    assert stopped == (grade == "stop")
    assert ("LCRA" in found.weightings) == (not stopped)
    assert found.weights.empty == stopped
    assert "LCRA" in found.samples


def test_weights_that_nobody_spoke_of_are_counted() -> None:
    (found,) = unused("1.5", None).findings.itertuples()
    assert found.message == (
        "LCRA: The file gives 240 respondents of 240 a weight other than 1, and year.yaml does not say "
        "whether it counts: every response counts the same."
    )
    (found,) = unused("1.5", Weighting()).findings.itertuples()
    assert found.finding_id == "WGT-204"
    assert "as year.yaml says `method: none`" in found.message


def test_the_clean_twin_has_no_finding() -> None:
    found = weighed()
    assert list(found.findings) == list(FINDING_COLUMNS)
    assert found.findings.empty
    assert list(found.weights) == list(WEIGHT_COLUMNS)
    assert found.weights["weight"].sum() == pytest.approx(2400, rel=1e-12)
    assert supplied("1.5").findings.empty
    assert unused("1.0", None).findings.empty
    assert unused("1", Weighting()).findings.empty
    assert few(30).findings.empty


def test_the_twins_of_those_that_come_of_other_tables() -> None:
    plan = SurveyPlan("sample", "stratified", weighting=RAKE)
    by_stratum = register({"A": (1200, 120), "B": (1200, 120)})
    # The respondents are the first 240 households: all of them in A.
    assert weighed(rules({"LCRA": plan}), accepted(households=by_stratum)).findings.empty
    assert weighed(tables=accepted(population=margins(Young=620, Old=980))).findings.empty


def test_every_stop_is_told_at_once() -> None:
    found = weighed(rules(Weighting("rake", (*NAMES, "colour"), (Decimal(2), Decimal(1)))))
    assert ids(found) == ["WGT-002", "WGT-010"]


def test_a_survey_that_nobody_answered_has_no_weights_and_no_finding() -> None:
    found = weighed(tables=accepted(SAMPLE.head(0)))
    assert list(found.samples) == ["LCRA"]
    assert (found.weightings, ids(found)) == ({}, [])
    assert list(found.weights) == list(WEIGHT_COLUMNS)
    assert found.weights.dtypes.equals(no_weights().dtypes)


# Where a problem begins is a setting


@pytest.mark.parametrize(
    ("work", "settings", "before", "after"),
    [
        (lambda **by: few(19, **by), {"weighting_thin_category": 19}, ["WGT-104"], ["WGT-201"]),
        (lambda **by: few(25, **by), {"weighting_small_category": 25}, ["WGT-201"], []),
        (lambda **by: few(30, **by), {"weighting_small_category": 31}, [], ["WGT-201"]),
        (
            lambda **by: weighed(rules(settings=by), accepted(population=margins(Young=610))),
            {"weighting_totals_tolerance": 0},
            ["WGT-101"],
            ["WGT-004"],
        ),
        (
            lambda **by: weighed(rules(settings=by), accepted(population=margins(Young=720))),
            {"weighting_totals_tolerance": 5},
            ["WGT-004"],
            ["WGT-101"],
        ),
        (
            lambda **by: weighed(rules(settings=by), accepted(population=margins(North=2300, South=100))),
            {"weighting_greatest_factor": 20},
            ["WGT-105", "WGT-106"],
            [],
        ),
        (
            lambda **by: weighed(rules(settings=by), accepted(population=margins(North=2000, South=400))),
            {"weighting_greatest_factor": 2},
            [],
            ["WGT-105", "WGT-106"],
        ),
        (
            lambda **by: weighed(
                rules(Weighting("post_stratify", tuple(NAMES)), by),
                accepted(
                    households=table(
                        "households",
                        [{"household_id": f"H{number}", "tenure": "LCRA"} for number in range(240)],
                        SAMPLE,
                    )
                ),
            ),
            {"weighting_thin_cell": 41, "weighting_small_category": 50},
            [],
            ["WGT-104"] * 6,
        ),
    ],
)
def test_limits_are_the_settings(
    work: Callable[..., Weighed], settings: dict[str, Any], before: list[str], after: list[str]
) -> None:
    assert ids(work()) == before
    assert ids(work(**settings)) == after


def test_the_limits_of_the_rulebook_are_those_of_the_weighting() -> None:
    assert limits_of(load_edition(YEAR).resolve_settings({})) == Limits()


# The scheme, and which tables were given


def test_the_scheme_is_the_plans() -> None:
    assert scheme_of(None) == Scheme(stated=False)
    collapse = {"age": {"16-24": "25-34"}}
    plan = SurveyPlan(
        "census",
        None,
        population=1234,
        weighting=Weighting("rake", ("age",), (Decimal("0.3"), Decimal(3)), collapse),
    )
    assert scheme_of(plan) == Scheme("rake", ("age",), (0.3, 3.0), collapse, census=True, population=1234)
    plan = SurveyPlan("sample", "stratified")
    assert scheme_of(plan) == Scheme(stratified=True, stated=False)
    assert scheme_of(SurveyPlan("sample", "quota", weighting=Weighting())) == Scheme()


def test_a_table_that_stands_in_for_a_missing_file_was_not_given() -> None:
    assert given(None) is None
    assert given(table("households", [])) is None
    there = register({"A": (1, 1)})
    assert given(there) is there


def test_a_table_that_was_not_given_says_nothing_of_the_population() -> None:
    tables = accepted(population=margins().head(0))
    assert weighed(rules(Weighting()), tables).samples["LCRA"].population_size is None
    plans = {"LCRA": SurveyPlan("sample", "quota", population=4000)}
    found = weighed(rules(plans), tables)
    assert found.samples["LCRA"].population_size == 4000
    assert found.weights["weight"].sum() == pytest.approx(4000)


# Several populations


def both(**settings: Any) -> tuple[Rules, dict[str, pd.DataFrame]]:
    """LCRA raked, LCHO as it is; ten responses of LCHO after those of LCRA."""
    plans = {
        "LCRA": SurveyPlan("sample", "quota", weighting=RAKE),
        "LCHO": SurveyPlan("census", population=50),
        "COMBINED": SurveyPlan("census", population=70),
    }
    tables = accepted(joined(SAMPLE, SAMPLE.head(10)))
    responses = tables["survey_responses"]
    responses["tenure"] = responses["tenure"].mask(responses.index >= 240, "LCHO")
    return rules(plans, settings), tables


def test_each_reported_population_is_weighed_by_its_own_plan() -> None:
    by, tables = both(lcho_threshold=1, combined_threshold=1)
    found = weighed(by, tables)
    assert list(found.samples) == list(found.weightings) == ["LCRA", "LCHO"]
    weights = found.weights.set_index("response_id")
    assert weights.groupby("population", sort=False)["weight"].sum().to_dict() == pytest.approx(
        {"LCRA": 2400, "LCHO": 50}
    )
    assert weights.loc[weights["population"] == "LCHO", "counts_as"].tolist() == ["1"] * 10
    assert by.weighted == {"LCRA"}
    tallies = tally_weights(found.weights, sorted(by.weighted))
    assert list(tallies) == ["LCRA"]
    assert tallies["LCRA"].index.tolist() == [f"R{number}" for number in range(240)]
    # North and Young: 2,400 households x 5/8 x 1/4 over 40 responses; a response stands for ten on average.
    assert float(tallies["LCRA"]["R0"]) == pytest.approx(2400 * 5 / 8 / 4 / 40 / 10)


def test_a_population_that_is_not_reported_is_not_weighed() -> None:
    by, tables = both(lcho_threshold=1000, combined_threshold=1)
    assert list(weighed(by, tables).samples) == ["LCRA"]
    by, tables = both(lcho_threshold=1000, combined_threshold=2)
    found = weighed(by, tables)
    assert list(found.samples) == ["COMBINED"]
    assert len(found.weights) == 250
    everyone = reported_respondents(measure_inputs(by, tables, {}))
    assert everyone.attrs["reported"] == ["COMBINED"]
    assert list(samples_of(by, everyone, tables["households"], tables["population_margins"])) == ["COMBINED"]


def test_a_refused_population_leaves_the_others() -> None:
    by, tables = both(lcho_threshold=1, combined_threshold=1)
    tables["population_margins"] = table("population_margins", [])
    found = weighed(by, tables)
    assert list(found.weightings) == ["LCHO"]
    assert set(found.weights["population"]) == {"LCHO"}
    assert set(ids(found)) == {"WGT-002"}
    assert found.findings["message"].str.startswith("LCRA: ").all()


# What comes of it


def estimated(by: Rules, tables: Mapping[str, pd.DataFrame], last_year: LastYear) -> dict[str, Any]:
    found = weighed(by, tables)
    rejected = {name: empty_records(name).rejected for name in TABLES}
    ledgers = perception_ledgers(compute_ledgers(measure_inputs(by, tables, rejected, found.weights)), by)
    assert sorted(ledgers) == TOUCHES.split(";")
    return statistics_of(by, found, ledgers, last_year)


def of_tp01(statistics: Mapping[str, Any], part: str = "estimates") -> dict[str, Any]:
    return next(row for row in statistics["LCRA"][part] if row["measure"] == "TP01")


def test_statistics_with_last_year() -> None:
    table_of_last_year = pd.DataFrame(
        {
            "measure": ["TP01", "TP01", "TP05"],
            "population": ["LCRA", "LCHO", "LCRA"],
            "numerator": [100, 1, None],
            "denominator": [200, 2, None],
            "value": [50.0, 50.0, 60.0],
        }
    )
    found = estimated(rules(), accepted(), last_year_estimates(table_of_last_year))
    assert list(found) == ["LCRA"]
    first = of_tp01(found)
    # In the North (5/8 of the households) half are satisfied, in the South (3/8) three in four.
    assert first["value"] == pytest.approx(100 * (5 / 8 / 2 + 3 / 8 * 3 / 4))
    assert first["unweighted_value"] == pytest.approx(62.5)
    assert first["n"] == 240
    (change,) = found["LCRA"]["changes"]
    assert (change["measure"], change["last_year"]) == ("TP01", 50.0)
    assert change["difference"] == pytest.approx(first["value"] - 50)
    assert change["se"] == pytest.approx(np.hypot(first["se"], 100 * np.sqrt(0.25 / 200)))
    assert found["LCRA"]["accuracy"]["honest_margin"] is not None
    assert estimated(rules(), accepted(), LastYear())["LCRA"]["changes"] == []


def test_statistics_of_a_population_of_unknown_size() -> None:
    found = estimated(rules(Weighting()), accepted(population=margins().head(0)), LastYear())
    assert found["LCRA"]["accuracy"] is None
    assert of_tp01(found)["se_fpc"] is None
    assert of_tp01(found)["value"] == pytest.approx(62.5)


def test_statistics_of_each_population_have_its_own_measures() -> None:
    by, tables = both(lcho_threshold=1, combined_threshold=1)
    found = estimated(by, tables, LastYear())
    assert list(found) == ["LCRA", "LCHO"]
    asked = {population: {row["measure"] for row in each["estimates"]} for population, each in found.items()}
    assert asked == {"LCRA": {"TP01", "TP05"}, "LCHO": {"TP01", "TP05"}}
    lcra_only = {each.key for each in by.edition.measures if each.scale and each.populations == ("LCRA",)}
    assert all(
        row["measure"] not in lcra_only
        for row in found["LCHO"]["groups"]["cells"] + found["LCHO"]["estimates"]
    )


def test_what_is_hidden_follows_the_settings() -> None:
    def cells(**settings: Any) -> dict[str, int]:
        groups = estimated(rules(settings=settings), accepted(), LastYear())["LCRA"]["groups"]
        return {mark: groups[mark] for mark in ("small", "protecting", "imprecise")} | {
            "omitted": len(groups["omitted"])
        }

    assert cells() == {"small": 0, "protecting": 0, "imprecise": 0, "omitted": 0}
    assert cells(suppress_below=81)["small"] > 0
    assert cells(imprecise_below=200)["imprecise"] > 0
    assert cells(screen_most_categories=2)["omitted"] == 1  # age has three


def test_the_precision_of_each_estimate_in_the_unit_of_its_value() -> None:
    found = estimated(rules(), accepted(), LastYear())
    precision = precision_of(found)
    assert set(precision) == {("TP01", "LCRA"), ("TP05", "LCRA")}
    ours = precision["TP01", "LCRA"]
    row = of_tp01(found)
    assert all(getattr(ours, name) == row[name] for name in type(ours).names())
    assert 0 < ours.ci_low < row["value"] < ours.ci_high < 100
    # Everybody who answered TP05 is satisfied: no design effect.
    assert (precision["TP05", "LCRA"].se, precision["TP05", "LCRA"].deff) == (0.0, None)
    assert precision_of({}) == {}


def test_findings_have_the_types_of_findings() -> None:
    kinds = {"row": "Int64"}
    for frame in (findings_frame([]), contradiction().findings):
        assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
            name: kinds.get(name, "str") for name in FINDING_COLUMNS
        }
