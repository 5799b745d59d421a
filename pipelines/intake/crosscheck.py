"""Checks over several tables: is every home accounted for in every safety programme, do the margins fit?"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from pipelines.intake.findings import MASKED, cross_findings, join, shown
from schemas.categories import stated
from schemas.rulebook import Edition, Settings
from schemas.tables import TABLES, Context, Rule, is_personal
from schemas.tables.masks import is_in, is_relevant_stock

_KEY = "programme"
_SAFETY = frozenset({"safety_checks", "safety_exclusions"})
_MOST_CATEGORIES = 60  # more are no characteristic, but postcodes or the like
_MOST_SHOWN = 4


def cross_check(
    tables: Mapping[str, pd.DataFrame],
    edition: Edition,
    settings: Settings,
    targets: Collection[str] = (),
    refused: Collection[str] = (),
) -> pd.DataFrame:
    """Findings over the accepted frames of all tables, by name (see `FINDING_COLUMNS`).

    `targets` names the priorities of repairs for which the year file states a target; `refused` the tables
    that a stop finding says cannot be used: what they lack is no finding of its own.

    The "all-in" baseline: each home that counts at year end has, for each safety programme, a check or an
    exclusion, of its own or through its building, and not both.
    Source: audit practice for safety records (every home in or out of a cycle, with the reason).
    """
    context = Context(edition, settings, tables)
    return join(
        _decent_homes(tables, context),
        *([] if _SAFETY & set(refused) else _all_in(tables, context)),
        *_targets(tables, targets),
        _margins(tables),
        *_no_category_alike(tables),
    )


def _all_in(tables: Mapping[str, pd.DataFrame], context: Context) -> list[pd.DataFrame]:
    homes = tables["homes"]
    homes = homes[is_relevant_stock(homes, context)]
    findings: list[pd.DataFrame] = []
    if homes.empty:
        return findings
    contract = TABLES["safety_checks"]
    neither, both, nothing = (contract.rule(number) for number in (801, 802, 803))
    for programme, definition in context.edition.safety_programmes.items():
        checks = _of(tables.get("safety_checks"), programme)
        exclusions = _of(tables.get("safety_exclusions"), programme)
        touches = definition.measure
        if checks.empty and exclusions.empty:
            findings.append(_programme_finding(nothing, programme, touches, tables))
            continue
        checked, excluded = _covers(checks, homes), _covers(exclusions, homes)
        findings.append(_home_findings(neither, homes[~checked & ~excluded], programme, touches))
        findings.append(_home_findings(both, homes[checked & excluded], programme, touches))
    return findings


def _decent_homes(tables: Mapping[str, pd.DataFrame], context: Context) -> pd.DataFrame:
    """A finding where no rented home has a Decent Homes status and the unknown ones would count as decent."""
    homes = tables["homes"]
    rented = homes[is_relevant_stock(homes, context) & (homes["tenure"] == "LCRA")]
    unknown = rented["decent_homes"].isna() | (rented["decent_homes"] == "not_assessed")
    rule = TABLES["homes"].rule(801)
    if rented.empty or not unknown.all() or context.settings["unassessed_homes"] != "in_base":
        return cross_findings(rule, {}, 0)
    return _table_finding(rule, homes, "homes", rule.message.format(count=f"{len(rented):,}"))


def _of(frame: pd.DataFrame | None, programme: str) -> pd.DataFrame:
    if frame is None:
        return pd.DataFrame({"home_id": [], "building_id": []}, dtype="str")
    return frame[frame[_KEY] == programme]


def _covers(rows: pd.DataFrame, homes: pd.DataFrame) -> pd.Series:
    """Which homes a programme's rows reach, themselves or through their building."""
    own = is_in(homes["home_id"], rows["home_id"])
    return own | is_in(homes["building_id"], rows["building_id"])


def _home_findings(rule: Rule, homes: pd.DataFrame, programme: str, touches: str) -> pd.DataFrame:
    message = rule.message.replace("{programme}", programme)
    columns = {
        "table": "homes",
        "file": homes["source_file"].to_numpy() if "source_file" in homes else homes.attrs.get("file", ""),
        "sheet": homes.attrs.get("sheet", ""),
        "row": homes["source_row"].to_numpy(),
        "value": homes["home_id"].to_numpy(),
        "record_id": homes["home_id"].to_numpy(),
        "message": [message.replace("{home_id}", home) for home in homes["home_id"]],
        "touches": touches,
    }
    return cross_findings(rule, columns, len(homes))


def _programme_finding(
    rule: Rule, programme: str, touches: str, tables: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    checks = tables.get("safety_checks")
    columns = {
        "table": "safety_checks",
        "file": "" if checks is None else checks.attrs.get("file", ""),
        "sheet": "",
        "row": [None],
        "column": _KEY,
        "value": programme,
        "record_id": "",
        "message": rule.message.replace("{programme}", programme),
        "remedy": rule.remedy.replace("{programme}", programme),
        "touches": touches,
    }
    return cross_findings(rule, columns, 1)


def _targets(tables: Mapping[str, pd.DataFrame], targets: Collection[str]) -> list[pd.DataFrame]:
    """A finding for each priority whose measured repairs have no target, neither their own nor the year's."""
    repairs = tables["repairs"]
    rule = TABLES["repairs"].rule(801)
    measured = repairs[
        (repairs["status"] == "completed")
        & (repairs["work_type"].fillna("responsive") == "responsive")
        & repairs["target_at"].isna()
    ]
    findings = []
    for priority, without in measured.groupby("priority"):
        if priority in targets:
            continue
        message = rule.message.format(priority=priority, count=f"{len(without):,}")
        findings.append(_table_finding(rule, repairs, "repairs", message))
    return findings


def _table_finding(rule: Rule, frame: pd.DataFrame, table: str, message: str) -> pd.DataFrame:
    """One finding about a table as a whole."""
    columns = {
        "table": table,
        "file": frame.attrs.get("file", ""),
        "sheet": frame.attrs.get("sheet", ""),
        "row": [None],
        "value": "",
        "record_id": "",
        "message": message,
    }
    return cross_findings(rule, columns, 1)


def _margins(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    margins = tables.get("population_margins")
    responses = tables.get("survey_responses")
    rule = TABLES["population_margins"].rule(801)
    if margins is None or responses is None or responses.empty:
        return cross_findings(rule, {}, 0)
    named = margins["characteristic"]
    unknown = margins[~named.isin(list(responses.columns))].drop_duplicates("characteristic")
    columns = {
        "table": "population_margins",
        "file": margins.attrs.get("file", ""),
        "sheet": margins.attrs.get("sheet", ""),
        "row": unknown["source_row"].to_numpy(),
        "value": unknown["characteristic"].to_numpy(),
        "record_id": unknown["characteristic"].to_numpy(),
        "message": [rule.message.format(characteristic=name) for name in unknown["characteristic"]],
    }
    return cross_findings(rule, columns, len(unknown))


def _no_category_alike(tables: Mapping[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """A finding for each characteristic of which survey and population have not one category in common."""
    responses = tables.get("survey_responses")
    if responses is None or responses.empty:
        return []
    rule = TABLES["survey_responses"].rule(801)
    findings = []
    for name in responses.columns:
        if name in TABLES["survey_responses"].by_name or name in ("source_row", "source_file", "correction"):
            continue
        ours, (theirs, table) = _categories(responses[name]), _population_categories(tables, name)
        if not ours or not theirs or ours & theirs or max(len(ours), len(theirs)) > _MOST_CATEGORIES:
            continue
        message = rule.message.format(
            characteristic=name, table=table, ours=_listed(ours, name), theirs=_listed(theirs, name)
        )
        findings.append(_table_finding(rule, responses, "survey_responses", message))
    return findings


def _population_categories(tables: Mapping[str, pd.DataFrame], name: str) -> tuple[set[str], str]:
    """The population's categories of a characteristic, and the table that says them."""
    margins, households = tables.get("population_margins"), tables.get("households")
    if margins is not None and (margins["characteristic"] == name).any():
        return _categories(margins.loc[margins["characteristic"] == name, "category"]), "population_margins"
    if households is not None and name in households:
        return _categories(households[name]), "households"
    return set(), ""


def _categories(cells: pd.Series) -> set[str]:
    return {*stated(cells).dropna()}


def _listed(words: set[str], name: str) -> str:
    """A few categories as a message may show them."""
    few = pd.Series(sorted(words)[:_MOST_SHOWN], dtype="str")
    told = [MASKED] if is_personal(name) else shown(few, name, TABLES["survey_responses"]).to_list()
    return ", ".join(f"“{word}”" for word in told)
