"""The statutory return: the figures, and the return document that every output is rendered from.

Here: the two gates (no stop finding, no mixture of old and new) and the wiring. Not here: tallying
(pipelines.measures) and assembling (pipelines.statutory).
"""

import json
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import dagster as dg
import pandas as pd
from upath import UPath

from pipelines.assurance.acts import confirmations
from pipelines.assurance.archive import RULEBOOK, archive_of, keep
from pipelines.assurance.compute import REFERS_TO, Rules, gather, measure_inputs
from pipelines.assurance.surveys import precision_of, samples_of, tally_weights
from pipelines.assurance.verify import ACTS
from pipelines.checks import validation_checks, validation_results
from pipelines.intake import FINDING_COLUMNS
from pipelines.measures import figures, figures_frame, figures_from_frame
from pipelines.measures.ledger import reasons
from pipelines.measures.repairs import context as repairs_context
from pipelines.measures.repairs import other_targets
from pipelines.statutory import LastYear, ReturnInputs, SurveyEvidence, as_findings, assemble, validate
from pipelines.statutory.comparison import comparison_findings
from pipelines.statutory.finding_effects import unused_records
from pipelines.storage import content_hash
from schemas.outputs import FIGURE_COLUMNS
from schemas.rulebook import edition_as_kept

from .common import (
    CODE_VERSION,
    CONFIRMATIONS_KEY,
    CONFIRMED_BEFORE,
    FINDINGS_KEY,
    OWNERS,
    PERSONAL,
    SETTINGS_KEY,
    TAGS,
    Place,
    kept_file,
    kept_frames,
    received_bytes,
    refuse_if_stopped,
    require_checked,
    require_same_sources,
    result,
    rules_of,
    settings_hash,
    settings_inputs,
    stops_in,
    text_schema,
)
from .enclosures import kept_look, kept_questionnaires
from .measures import WEIGHTS_KEY, measure_key, reported_measures
from .previous import BENCHMARKS_KEY, PREVIOUS_KEY, kept_beside
from .previous import NAME as PREVIOUS_FIGURES
from .records import INPUTS_KEY, record_key
from .survey import FINDINGS_KEY as SURVEY_FINDINGS_KEY
from .survey import RESPONDENTS_KEY, STATISTICS_KEY, WEIGHED_FROM

GROUP = "statutory_return"
FIGURES_KEY = dg.AssetKey([GROUP, "figures"])
REASONS_KEY = dg.AssetKey([GROUP, "reasons"])
DOCUMENT_KEY = dg.AssetKey([GROUP, "document"])
ALL_FINDINGS_KEY = dg.AssetKey([GROUP, "findings"])

# The tables that the document itself is made of.
_READ_WHOLE = ("homes", "repairs", "households", "population_margins")

Json = Any


def build_statutory_return(partitions: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """Return the assets of the return itself."""
    return [_figures(partitions), _document(partitions)]


def current_sources(inputs: list[dict[str, Any]], settings_sha256: str) -> dict[str, str]:
    """Return the files and settings that were checked last, as `sources_of` names them."""
    return {"settings": settings_sha256, **{each["table"]: each["sha256"] for each in inputs}}


def _out(key: dg.AssetKey, description: str, **more: Any) -> dg.AssetOut:
    usual = {"io_manager_key": "parquet_store", "kinds": {"pandas", "parquet"}, "tags": TAGS}
    return dg.AssetOut(
        key=key,
        description=description,
        group_name=GROUP,
        owners=OWNERS,
        code_version=CODE_VERSION,
        **{**usual, **more},
    )


def _figures(partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    ledger_keys = {measure.key: measure_key(measure.key) for measure in reported_measures()}

    @dg.multi_asset(
        name="statutory_return_figures",
        outs={
            "figures": _out(
                FIGURES_KEY,
                "Every reported value with its numerator and denominator, tallied from the ledgers and "
                "rounded once; a missing value carries its reason.",
                metadata={"dagster/column_schema": text_schema(FIGURE_COLUMNS)},
            ),
            "reasons": _out(
                REASONS_KEY,
                "How many records of each ledger count, are met, or are outside, by population and reason.",
            ),
        },
        ins={
            "findings": dg.AssetIn(FINDINGS_KEY),
            "inputs": dg.AssetIn(INPUTS_KEY),
            "homes": dg.AssetIn(record_key("homes")),
            "survey_findings": dg.AssetIn(SURVEY_FINDINGS_KEY),
            "statistics": dg.AssetIn(STATISTICS_KEY),
        },
        deps=[*ledger_keys.values(), SETTINGS_KEY],
        partitions_def=partitions,
    )
    def statutory_figures(
        context: dg.AssetExecutionContext,
        place: Place,
        findings: pd.DataFrame,
        inputs: Json,
        homes: pd.DataFrame,
        survey_findings: pd.DataFrame,
        statistics: Json,
    ) -> Iterator[dg.MaterializeResult[Any]]:
        refuse_if_stopped(stops_in(gather([findings, survey_findings])), "The return")
        rules = rules_of(context, place)
        sources = current_sources(inputs, settings_hash(context, place))
        require_checked([homes], sources["settings"], sources)
        ledgers = kept_frames(context, place, ledger_keys)
        for key, lines in ledgers.items():
            require_same_sources(lines.attrs["sources"], sources, f"measures/{key}")
        require_same_sources(statistics["sources"], sources, "survey/statistics")
        stock = measure_inputs(rules, {"homes": homes}, {}).stock
        precision = precision_of(statistics["populations"])
        table = figures_frame(figures(ledgers, stock, rules.edition, precision))
        table.attrs = {"sources": sources}
        yield result(
            FIGURES_KEY, table, rules.edition, {"reported": int((table["status"] == "reported").sum())}
        )
        counts = pd.concat(
            [reasons(ledgers[measure.key]).assign(measure=measure.key) for measure in rules.edition.measures],
            ignore_index=True,
        )
        counts.attrs = {
            "ledgers": [
                {
                    "key": measure_key(measure.key).to_user_string(),
                    "made_from": [record_key(table).to_user_string() for table in measure.inputs],
                    "data_version": content_hash(ledgers[measure.key]),
                }
                for measure in rules.edition.measures
            ]
        }
        yield result(REASONS_KEY, counts, rules.edition)

    return statutory_figures


def _document(partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    accepted_keys = {name: record_key(name) for name in REFERS_TO if name not in _READ_WHOLE}
    rejected_keys = {name: record_key(name, "_rejected") for name in REFERS_TO}

    @dg.multi_asset(
        name="statutory_return_document",
        outs={
            "document": _out(
                DOCUMENT_KEY,
                "The whole return as one document: figures, survey approach, targets, findings, exclusions, "
                "settings, provenance, NROSH+ fields. Every output is rendered from it.",
                tags=PERSONAL,
                io_manager_key="json_store",
                kinds={"json"},
            ),
            "findings": _out(
                ALL_FINDINGS_KEY,
                "Every finding: of the landlord's files, and of the regulator's validations of the return.",
                tags=PERSONAL,
                metadata={"dagster/column_schema": text_schema(FINDING_COLUMNS)},
            ),
        },
        ins={
            "figures_table": dg.AssetIn(FIGURES_KEY),
            "reasons_table": dg.AssetIn(REASONS_KEY),
            "record_findings": dg.AssetIn(FINDINGS_KEY),
            "inputs": dg.AssetIn(INPUTS_KEY),
            "respondents": dg.AssetIn(RESPONDENTS_KEY),
            "weights": dg.AssetIn(WEIGHTS_KEY),
            "survey_findings": dg.AssetIn(SURVEY_FINDINGS_KEY),
            "statistics": dg.AssetIn(STATISTICS_KEY),
            "margins": dg.AssetIn(record_key("population_margins")),
            "homes": dg.AssetIn(record_key("homes")),
            "repairs": dg.AssetIn(record_key("repairs")),
            "households": dg.AssetIn(record_key("households")),
        },
        deps=[
            SETTINGS_KEY,
            CONFIRMATIONS_KEY,
            PREVIOUS_KEY,
            BENCHMARKS_KEY,
            *accepted_keys.values(),
            *rejected_keys.values(),
        ],
        check_specs=validation_checks(DOCUMENT_KEY, partitions),
        partitions_def=partitions,
    )
    def document(
        context: dg.AssetExecutionContext,
        place: Place,
        figures_table: pd.DataFrame,
        reasons_table: pd.DataFrame,
        record_findings: pd.DataFrame,
        inputs: Json,
        respondents: pd.DataFrame,
        weights: pd.DataFrame,
        survey_findings: pd.DataFrame,
        statistics: Json,
        margins: pd.DataFrame,
        homes: pd.DataFrame,
        repairs: pd.DataFrame,
        households: pd.DataFrame,
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        rules = rules_of(context, place)
        look, of_the_look, logo_line = kept_look(context, place, rules)
        questionnaires, questionnaire_lines = kept_questionnaires(context, place, rules)
        of_the_files = gather([record_findings, survey_findings, of_the_look])
        refuse_if_stopped(stops_in(of_the_files), "The return")
        sources = current_sources(inputs, settings_hash(context, place))
        require_checked([homes, repairs, households, margins], sources["settings"], sources)
        require_same_sources(figures_table.attrs["sources"], sources, "statutory_return/figures")
        require_same_sources(respondents.attrs["sources"], sources, "survey/respondents")
        require_same_sources(weights.attrs["sources"], sources, "survey/weights")
        require_same_sources(statistics["sources"], sources, "survey/statistics")
        read = dict(zip(_READ_WHOLE, (homes, repairs, households, margins), strict=True))
        accepted = kept_frames(context, place, accepted_keys) | read
        rejected = kept_frames(context, place, rejected_keys)
        records = measure_inputs(rules, {"homes": homes, "repairs": repairs}, {})
        beside, beside_inputs = kept_beside(context, place, records.stock)
        _require_the_statistics_last_year(statistics, beside.last_year)
        weights_made = {
            "key": WEIGHTS_KEY.to_user_string(),
            "made_from": [record_key(table).to_user_string() for table in WEIGHED_FROM],
            "data_version": content_hash(weights),
        }
        received = [
            {"key": f"received/{each['table']}", "made_from": [each["file"]], "data_version": each["sha256"]}
            for each in inputs
        ]
        kept = keep_received(place, rules)
        _require_kept(inputs, kept)
        assembled = assemble(
            ReturnInputs(
                edition=rules.edition,
                landlord=rules.landlord,
                year_file=rules.year_file,
                settings=rules.settings,
                figures=figures_from_frame(figures_table),
                reasons=reasons_table,
                surveys=survey_evidence(rules, respondents, weights, households, margins, statistics),
                stock=records.stock.counts,
                blocks=records.stock.blocks,
                repairs_context=repairs_context(records),
                other_targets=other_targets(records),
                findings=of_the_files,
                unused=unused_records(of_the_files, accepted, rejected, rules.edition),
                corrections=[correction for each in inputs for correction in each["corrections"]],
                records_summary=[
                    *_lines(inputs),
                    *settings_inputs(context, place),
                    *beside_inputs,
                    *logo_line,
                    *questionnaire_lines,
                ],
                assets=[*received, weights_made, *reasons_table.attrs["ledgers"]],
                software_version=version("tsm-pipeline"),
                beside=beside,
                branding=look,
                questionnaires=questionnaires,
                confirmations=confirmations(kept_file(context, place, CONFIRMATIONS_KEY, ACTS)),
                kept=kept,
                confirmed_before=json.loads(
                    kept_file(context, place, CONFIRMATIONS_KEY, CONFIRMED_BEFORE) or b"[]"
                ),
            )
        )
        outcomes = validate(assembled)
        yield from validation_results(DOCUMENT_KEY, outcomes)  # shown also where they withhold the return
        of_the_return = gather([as_findings(outcomes), comparison_findings(assembled)])
        found = gather([of_the_files, of_the_return])
        if stops := stops_in(found):
            yield result(ALL_FINDINGS_KEY, found, rules.edition)  # for people; no return is made with them
            refuse_if_stopped(stops, "The return")
        status = assembled["status"]
        shown = {"complete": status["complete"], "to_confirm": status["to_confirm"]}
        yield result(DOCUMENT_KEY, assembled, rules.edition, {"figures": len(assembled["figures"]), **shown})
        yield result(ALL_FINDINGS_KEY, found, rules.edition)

    return document


def keep_received(place: Place, rules: Rules) -> list[dict[str, Any]]:
    """Keep in the archive what the return is made of, as it was received, and the edition of its rules."""
    code, year = rules.landlord.code, rules.edition.year
    archive = archive_of(UPath(place.store), code)
    lines = keep(archive, RULEBOOK, {f"{year}.json": edition_as_kept(year)})
    for name in (SETTINGS_KEY.path[-1], PREVIOUS_FIGURES, BENCHMARKS_KEY.path[-1], *REFERS_TO):
        lines += keep(archive, name, received_bytes(place, name, code, year))
    return lines


def _require_kept(inputs: list[dict[str, Any]], kept: list[dict[str, Any]]) -> None:
    """Raise where a file was received anew since its table was checked: the return is not made of it."""
    for each in inputs:
        now = {line["sha256"] for line in kept if line["received"] == each["table"] and _is_file(line, each)}
        if now and each["sha256"] not in now:
            raise dg.Failure(
                f"received/{each['table']} has changed since its table was checked: materialise it and what "
                "follows it (or the whole return).",
                allow_retries=False,
            )


def _is_file(kept: dict[str, Any], line: dict[str, Any]) -> bool:
    return str(kept["file"]).rpartition("/")[2] == line["file"]


def _lines(inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the tables' lines of provenance alone."""
    return [{name: value for name, value in each.items() if name != "corrections"} for each in inputs]


def _require_the_statistics_last_year(statistics: Json, last_year: LastYear | None) -> None:
    """Raise where the survey was compared with other figures of last year than those that are kept now."""
    compared = statistics["last_year"]
    made_from = {PREVIOUS_FIGURES: "" if compared is None else compared["sha256"]}
    require_same_sources(
        made_from, {PREVIOUS_FIGURES: "" if last_year is None else last_year.sha256}, "survey/statistics"
    )


def survey_evidence(
    rules: Rules,
    respondents: pd.DataFrame,
    weights: pd.DataFrame,
    households: pd.DataFrame,
    margins: pd.DataFrame,
    statistics: Json,
) -> dict[str, SurveyEvidence]:
    """Return the survey of each reported population: its records, its weights, its statistics."""
    counts = tally_weights(weights, sorted(rules.weighted))
    evidence = {}
    for population, sample in samples_of(rules, respondents, households, margins).items():
        responses = sample.respondents
        if population in counts:
            responses = responses.assign(weight=responses["response_id"].map(counts[population]))
        evidence[population] = SurveyEvidence(
            responses,
            sample.households,
            sample.margins_total,
            statistics["populations"].get(population),
            statistics["last_year"],
        )
    return evidence
