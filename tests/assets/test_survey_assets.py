"""The survey from files to the return: weights, statistics, last year, and what withholds them."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from pipelines.assets.common import Place
from pipelines.assets.previous import benchmark_files, previous_files
from pipelines.assets.publications import OUTPUTS
from pipelines.assurance.surveys import findings_frame
from pipelines.assurance.verify import return_sha256
from pipelines.checks import survey_results
from pipelines.measures.rounding import round_half_up
from pipelines.partitions import partition_key
from pipelines.survey.estimation import kish_deff
from pipelines.survey.sample import Scheme, make_sample, weigh
from pipelines.survey.weighting import Limits
from schemas.errors import InputError
from schemas.rulebook import load_edition
from tests.home import CODE, YEAR, Home

PERCEPTION = [each.key for each in load_edition(YEAR).measures if each.scale is not None]
BOUNDS = "bounds: [0.3, 3]"
SURVEY = ["survey/respondents", "survey/weights", "survey/findings"]
FIGURES = ["statutory_return/figures", "statutory_return/reasons"]
PUBLISHED = [
    "survey/statistics",
    *FIGURES,
    "statutory_return/document",
    "statutory_return/findings",
    *[f"publications/{name}" for name in OUTPUTS],
]


def copy_of(home: Home, folder: Path) -> Home:
    shutil.copytree(home.path, folder)
    return Home(folder)


def rewrite(home: Home, old: str, new: str) -> None:
    """Change year.yaml."""
    file = home.inputs / "year.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def document(home: Home) -> dict[str, Any]:
    return json.loads(home.published()["return.json"])


def statistics(home: Home) -> dict[str, Any]:
    (survey,) = document(home)["survey"]
    assert survey["population"] == "LCRA"
    return survey["statistics"]


def kept(home: Home, key: str) -> pd.DataFrame:
    return pd.read_parquet(home.path / "store" / key / CODE / f"{YEAR}.parquet")


def ledger(home: Home, measure: str) -> pd.DataFrame:
    """The lines of those who take part, with the weight that stands beside the return."""
    folder = home.outputs / "ledgers"
    weights = pd.read_parquet(folder / "weights.parquet")
    lines = pd.read_parquet(folder / f"{measure}.parquet").rename(columns={"weight": "counts_as"})
    return lines.merge(weights, left_on=["record_id", "population"], right_on=["response_id", "population"])


def failures(outcome: dg.ExecuteInProcessResult) -> str:
    """What the failed steps say."""
    said = []
    for event in outcome.filter_events(lambda e: e.event_type == dg.DagsterEventType.STEP_FAILURE):
        found = event.step_failure_data
        said.append(str(found.user_failure_data.description if found.user_failure_data else found.error))
    return "\n".join(said)


def weights_sound(home: Home) -> dg.AssetCheckEvaluation:
    """The latest outcome of the check of the weights."""
    with home.instance() as instance:
        check = dg.AssetCheckKey(dg.AssetKey(["survey", "weights"]), "weights_sound")
        record = instance.event_log_storage.get_asset_check_execution_history(check, limit=1)[0]
        assert record.partition == partition_key(CODE, YEAR)
        return record.event.dagster_event.asset_check_evaluation_data


# The weighted return


def test_the_survey_of_the_sample_landlord_is_raked(finished):
    assert "method: rake, characteristics: [age_band, area], bounds: [0.3, 3]" in (
        finished.inputs / "year.yaml"
    ).read_text(encoding="utf-8")
    found = statistics(finished)["weights"]
    assert (found["method"], found["characteristics"]) == ("rake", ["age_band", "area"])
    assert 0.3 <= found["least_ratio"] < 1 < found["greatest_ratio"] <= 3
    assert found["worst_error"] <= 1e-8


def test_the_weights_beside_the_return_are_what_an_auditor_needs(finished):
    weights = pd.read_parquet(finished.outputs / "ledgers" / "weights.parquet")
    assert list(weights) == ["population", "response_id", "weight"]
    assert {name: str(kind) for name, kind in weights.dtypes.items()} == {
        "population": "str",
        "response_id": "str",
        "weight": "float64",
    }
    (survey,) = document(finished)["survey"]
    size = {survey["population"]: survey["statistics"]["population_size"]}
    sums = weights.groupby("population")["weight"].sum().to_dict()
    assert sums == pytest.approx(size, rel=1e-9)
    everyone = kept(finished, "survey/respondents")
    takes_part = everyone.loc[everyone["standing"] == "", "response_id"]
    assert weights["response_id"].tolist() == takes_part.tolist()
    assert size["LCRA"] == (kept(finished, "records/households")["tenure"] == "LCRA").sum()


def test_the_weights_meet_the_households(finished):
    weights = pd.read_parquet(finished.outputs / "ledgers" / "weights.parquet")
    everyone = kept(finished, "survey/respondents").drop(columns="weight").merge(weights, on="response_id")
    households = kept(finished, "records/households").query("tenure == 'LCRA'")
    for name in ("age_band", "area"):
        ours = everyone.groupby(everyone[name].fillna("not stated"))["weight"].sum()
        theirs = households[name].fillna("not stated").value_counts()
        stated = [each for each in theirs.index if each != "not stated"]
        # Those who did not state it keep their share of the survey; the others are as in the register.
        left = 1 - everyone[name].isna().mean()
        expected = theirs[stated] / theirs[stated].sum() * len(households) * left
        assert ours[stated].to_dict() == pytest.approx(expected.to_dict(), rel=1e-8)


def test_figures_are_tallied_from_weighted_answers(finished):
    figures = pd.read_csv(finished.outputs / "figures.csv", dtype="str", keep_default_na=False)
    perception = figures[figures["measure"].isin(PERCEPTION) & (figures["status"] == "reported")]
    assert perception["measure"].tolist() == PERCEPTION
    for row in perception.itertuples():
        lines = ledger(finished, row.measure)
        numerator, denominator = (
            sum((Decimal(each) for each in lines.loc[lines[flag], "counts_as"]), Decimal(0))
            for flag in ("met", "counted")
        )
        assert (Decimal(row.numerator), Decimal(row.denominator)) == (numerator, denominator)
        assert row.value == f"{round_half_up(100 * Fraction(numerator) / Fraction(denominator), 1):.1f}"
        # What a response counts as is its weight on another scale, on which they add up to the responses.
        assert lines["counts_as"].astype(float).tolist() == pytest.approx(
            (lines["weight"] / lines["weight"].mean()).tolist(), rel=1e-9
        )
    assert (perception["numerator"].str.contains(".", regex=False)).all()


def test_the_unweighted_block_stands_beside_it(finished):
    (survey,) = document(finished)["survey"]
    block, lines = survey["unweighted_tp01"], ledger(finished, "TP01")
    counts = lines.loc[lines["counted"], "answer"].value_counts()
    assert block["answers"] == {code: counts[code] for code in ("VS", "FS", "NSD", "FD", "VD")}
    assert block["base"] == lines["counted"].sum()
    exact = Fraction(100 * int(lines["met"].sum()), int(lines["counted"].sum()))
    assert block["value"] == float(round_half_up(exact, 1))
    weighted = next(row for row in statistics(finished)["estimates"] if row["measure"] == "TP01")
    assert weighted["unweighted_value"] == pytest.approx(float(exact), rel=1e-14)
    assert abs(weighted["value"] - weighted["unweighted_value"]) > 0.1


def test_estimates_agree_with_the_published_rows(finished):
    estimates = {row["measure"]: row for row in statistics(finished)["estimates"]}
    assert list(estimates) == PERCEPTION
    figures = pd.read_csv(finished.outputs / "figures.csv").query("status == 'reported'")
    for key, row in estimates.items():
        lines = ledger(finished, key)
        w, met, counted = (lines[name].to_numpy() for name in ("weight", "met", "counted"))
        assert row["value"] == pytest.approx(100 * (w * met).sum() / (w * counted).sum(), rel=1e-10)
        assert row["unweighted_value"] == pytest.approx(100 * met.sum() / counted.sum(), rel=1e-14)
        assert (row["n"], row["deff_kish"]) == (counted.sum(), pytest.approx(kish_deff(w[counted])))
        figure = figures[figures["measure"] == key].iloc[0]
        for name in ("se", "deff", "n_effective", "ci_low", "ci_high", "unweighted_value"):
            assert figure[name] == pytest.approx(row[name], rel=1e-12)
        assert figure["value"] == pytest.approx(row["value"], abs=0.05 + 1e-9)


def test_the_standard_error_is_that_of_the_residuals(finished):
    """Deville and Särndal: of w (z - fitted z), the fit being least squares on the raked categories."""
    row = next(row for row in statistics(finished)["estimates"] if row["measure"] == "TP01")
    everyone = kept(finished, "survey/respondents")[["response_id", "age_band", "area"]]
    people = ledger(finished, "TP01").merge(everyone, on="response_id")
    w, met, counted = (people[name].to_numpy() for name in ("weight", "met", "counted"))
    p = (w * met).sum() / (w * counted).sum()
    z = counted * (met - p) / (w * counted).sum()
    dummies = pd.get_dummies(people[["age_band", "area"]].fillna("not stated")).to_numpy(dtype=float)
    fitted = dummies @ np.linalg.lstsq(dummies, z, rcond=None)[0]
    e, n = w * (z - fitted), len(people)
    variance = n / (n - 1) * ((e - e.mean()) ** 2).sum()
    assert row["se"] == pytest.approx(100 * np.sqrt(variance), rel=1e-9)
    assert row["n_effective"] == pytest.approx(p * (1 - p) / variance, rel=1e-9)
    size = statistics(finished)["population_size"]
    assert row["se_fpc"] == pytest.approx(row["se"] * np.sqrt(1 - n / size), rel=1e-9)


def test_doubts_about_the_weights_do_not_withhold_them(finished):
    check = weights_sound(finished)
    findings = kept(finished, "survey/findings")
    assert set(findings["grade"]) == {"confirm", "note"}
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.metadata["by_rule"].value == findings["finding_id"].value_counts().to_dict()
    published = pd.read_csv(finished.outputs / "findings.csv", dtype=str, encoding="utf-8-sig")
    ours = published[published["finding_id"].str.startswith("WGT")]
    assert sorted(ours["message"]) == sorted(findings["message"])


@pytest.mark.parametrize(
    ("grades", "passed", "severity"),
    [
        ([], True, dg.AssetCheckSeverity.WARN),
        (["note"], True, dg.AssetCheckSeverity.WARN),
        (["note", "confirm"], False, dg.AssetCheckSeverity.WARN),
        (["confirm", "stop"], False, dg.AssetCheckSeverity.ERROR),
    ],
)
def test_what_the_check_of_the_weights_says(grades, passed, severity):
    rows = [{"finding_id": f"WGT-{number}", "grade": grade} for number, grade in enumerate(grades)]
    (found,) = survey_results(dg.AssetKey(["survey", "weights"]), findings_frame(rows))
    assert (found.check_name, found.passed, found.severity) == ("weights_sound", passed, severity)
    assert found.metadata["findings"].value == len(grades)


# Weights that cannot be


@pytest.fixture(scope="module")
def refused(finished, tmp_path_factory) -> tuple[Home, str]:
    """A finished home whose year.yaml then asks for impossible bounds, and what its run said."""
    home = copy_of(finished, tmp_path_factory.mktemp("refused") / "home")
    rewrite(home, BOUNDS, "bounds: [0.99, 1.01]")
    outcome = home.run()
    assert not outcome.success
    return home, failures(outcome)


def test_impossible_bounds_are_refused_with_those_that_are_possible(refused):
    home, said = refused
    assert "withheld by 1 stop finding(s)" in said
    assert "WGT-009: LCRA: No weights of at least 0.99 times the base weight" in said
    findings = kept(home, "survey/findings")
    (row,) = findings[findings["grade"] == "stop"].to_dict("records")
    assert row["finding_id"] == "WGT-009"
    bounds = row["remedy"].split("`bounds: [")[1].split("]")[0]
    floor, cap = (float(number) for number in bounds.split(", "))
    assert f"with a cap of {cap:.2f}" in row["message"]
    assert f"greatest floor that can be met is {floor:.2f}" in row["message"]
    everyone, households = kept(home, "survey/respondents"), kept(home, "records/households")

    def weighed(bounds: tuple[float, float]) -> float:
        scheme = Scheme("rake", ("age_band", "area"), bounds)
        return weigh(make_sample("LCRA", everyone, households, None, scheme), Limits()).greatest_ratio

    assert weighed((floor, cap)) <= cap + 1e-9


def test_the_last_good_return_stays(finished, refused):
    assert refused[0].published() == finished.published()


def test_the_check_of_the_weights_shows_the_stop(refused):
    check = weights_sound(refused[0])
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert check.metadata["by_rule"].value["WGT-009"] == 1


def test_nothing_downstream_goes_ahead_alone(finished, refused):
    home = refused[0]
    assert kept(home, "survey/weights").empty
    for selection in (["measures/TP01"], PUBLISHED):
        outcome = home.run([*selection])
        assert not outcome.success
        assert "WGT-009" in failures(outcome)
    assert home.published() == finished.published()


def test_weights_of_other_settings_are_not_mixed_in(home):
    before = home.published()
    rewrite(home, BOUNDS, "bounds: [0.4, 2.5]")
    assert home.run(["received/settings", *SURVEY]).success
    assert "was made from another settings" in failures(home.run(["survey/statistics"]))
    assert not home.run(FIGURES).success
    assert home.published() == before


# Last year


def place_of(home: Home) -> Place:
    return Place(home=str(home.path), store=str(home.path / "store"))


@pytest.fixture(scope="module")
def compared(finished, tmp_path_factory) -> Home:
    """A finished home to which the figures of the year before were added: those of this year but for TP01."""
    home = copy_of(finished, tmp_path_factory.mktemp("compared") / "home")
    figures = pd.read_csv(home.outputs / "figures.csv", dtype="str", keep_default_na=False)
    first = (figures["measure"] == "TP01") & (figures["population"] == "LCRA")
    was = {"numerator": "150", "denominator": "300", "value": "50.0", "se": "3.0", "n_effective": "277.8"}
    figures.loc[first, list(was)] = list(was.values())
    figures["rules"] = "2023-24"
    file = home.path / "returns" / CODE / "2023-24" / "figures.csv"
    file.parent.mkdir()
    figures.to_csv(file, index=False)
    document = json.loads((home.outputs / "return.json").read_text(encoding="utf-8"))
    document |= {"reporting_year": "2023-24", "approval": {"standing": "none"}}
    document["survey"][0]["facts"]["contractor"] = "Another Research Ltd"
    (file.parent / "return.json").write_text(json.dumps(document), encoding="utf-8")
    assert home.run(["received/previous_figures", *PUBLISHED]).success
    return home


def published_before(home: Path, *codes: str) -> None:
    for code in codes:
        folder = home / "returns" / code / "2023-24"
        folder.mkdir(parents=True)
        (folder / "figures.csv").write_text(f"measure,population,value\nTP01,LCRA,{len(code)}\n", "utf-8")


@pytest.mark.parametrize(
    ("codes", "kept"),
    [
        (["L0002"], ["2023-24/published/figures.csv"]),
        (["L0002", "L0003"], ["2023-24/merged/L0002/figures.csv", "2023-24/merged/L0003/figures.csv"]),
        (["L0001", "L0002", "L0003"], ["2023-24/published/figures.csv"]),  # its own comes first
        (["L0004"], []),
    ],
)
def test_a_former_code_has_last_years_figures(tmp_path, codes, kept):
    folder = tmp_path / "landlords" / "L0001"
    folder.mkdir(parents=True)
    (folder / "landlord.yaml").write_text(
        "code: L0001\nname: Homes\ntype: PRP\nformer_codes: [L0002, L0003]\n", "utf-8"
    )
    published_before(tmp_path, *codes)
    found = previous_files(Place(home=str(tmp_path), store=str(tmp_path)), "L0001", "2024-25")
    assert list(found) == kept
    if kept == ["2023-24/published/figures.csv"]:
        assert found[kept[0]] == tmp_path / "returns" / codes[0] / "2023-24" / "figures.csv"


def test_an_import_that_is_as_new_as_the_shipped_table_is_received(tmp_path):
    place = Place(home=str(tmp_path), store=str(tmp_path))
    (tmp_path / "benchmarks").mkdir()
    for year in ("2023-24", "2024-25", "2025-26"):
        (tmp_path / "benchmarks" / f"{year}.parquet").touch()
    assert list(benchmark_files(place, "2024-25")) == ["benchmarks/2024-25.parquet"]
    (tmp_path / "benchmarks" / "2024-25.parquet").unlink()
    assert benchmark_files(place, "2024-25") == {}


def test_without_a_year_before_there_are_no_changes(finished):
    found = statistics(finished)
    assert (found["changes"], found["changes_from"]) == ([], None)
    assert previous_files(place_of(finished), CODE, YEAR) == {}


def test_the_figures_published_for_the_year_before_are_compared_with(compared):
    found = statistics(compared)
    changes = {row["measure"]: row for row in found["changes"]}
    assert list(changes) == PERCEPTION
    now = {row["measure"]: row for row in found["estimates"]}
    first = changes.pop("TP01")
    assert (first["this_year"], first["last_year"]) == (now["TP01"]["value"], 50.0)
    assert first["difference"] == pytest.approx(now["TP01"]["value"] - 50)
    assert first["se"] == pytest.approx(np.hypot(now["TP01"]["se"], 3))
    assert first["text"] == "Higher than last year, by more than chance explains"
    assert first["p_adjusted"] == pytest.approx(min(1, 12 * first["p_value"]))
    for row in changes.values():
        assert row["difference"] == pytest.approx(0, abs=1e-9)
        assert not row["significant"]
    assert found["changes_from"] == {
        "year": "2023-24",
        "source": "Last year's figures are those of the return of 2023-24 that was made here.",
    }


def test_every_figure_and_every_change_of_method_is_compared(compared):
    document = json.loads((compared.outputs / "return.json").read_text(encoding="utf-8"))
    found = document["comparison"]
    assert len(found["changes"]) == sum(each["value"] is not None for each in document["figures"])
    assert {each["significant"] for each in found["changes"] if each["measure"][0] != "T"} == {None}
    assert [each["what"] for each in found["method_changes"] if each["kind"] == "survey"] == [
        "External contractor"
    ]
    sources = {each["table"]: each for each in document["provenance"]["inputs"]}
    assert found["last_year"]["sha256"] == sources["previous_figures"]["sha256"]
    assert sources["benchmarks"]["file"] == "benchmarks.csv"
    before = json.loads((compared.path / "returns" / CODE / "2023-24" / "return.json").read_bytes())
    assert sources["previous_return"]["sha256"] == return_sha256(before)


def test_a_return_that_is_approved_later_is_still_the_same_return(compared):
    (kept,) = (compared.path / "store" / "received" / "previous_figures").rglob("return.json")
    assert "approval" not in json.loads(kept.read_bytes())


def test_they_change_nothing_else(finished, compared):
    before, after = statistics(finished), statistics(compared)
    assert {name for name in before if before[name] != after[name]} == {"changes", "changes_from"}
    same = ["figures.csv", "nrosh.csv", "ledgers/weights.parquet"]
    assert [compared.published()[name] for name in same] == [finished.published()[name] for name in same]


def test_the_same_again_gives_the_same_bytes(compared):
    before = compared.published()
    perception = [f"measures/{key}" for key in PERCEPTION]
    assert compared.run(["received/previous_figures", *SURVEY, *perception, *PUBLISHED]).success
    assert compared.published() == before


def test_the_file_that_year_yaml_names_is_taken_instead(compared, tmp_path):
    home = copy_of(compared, tmp_path / "home")
    rewrite(home, "settings: {}", "previous_figures: last_year.csv\nsettings: {}")
    with pytest.raises(InputError) as error:
        previous_files(place_of(home), CODE, YEAR)
    sentence = str(error.value)
    assert sentence == (
        f"{home.inputs / 'year.yaml'}: 'previous_figures' names last_year.csv, which is not in the folder: "
        "put last year's figures there, or remove the line."
    )
    before = home.published()
    outcome = home.run(["received/settings", "received/previous_figures"])
    assert not outcome.success
    assert sentence in failures(outcome)

    (home.inputs / "last_year.csv").write_text(
        "measure,population,numerator,denominator,value\nTP01,LCRA,80,100,80.0\nTP05,LCRA,,,70\n",
        encoding="utf-8",
    )
    outcome = home.run()
    assert outcome.success, failures(outcome)
    found = statistics(home)
    (change,) = found["changes"]
    assert (change["measure"], change["last_year"]) == ("TP01", 80.0)
    now = next(row for row in found["estimates"] if row["measure"] == "TP01")
    assert change["se"] == pytest.approx(np.hypot(now["se"], 4))
    labels = {each.key: each.label for each in load_edition(YEAR).measures}
    assert found["changes_from"]["source"] == (
        "Last year's figures are those of last_year.csv, which the landlord gave. Their standard errors were "
        f"not given and are taken to be those of a simple random sample ({labels['TP01']}). "
        f"{labels['TP05']} is not compared: it stands without the counts behind it."
    )
    assert home.published()["figures.csv"] == before["figures.csv"]
