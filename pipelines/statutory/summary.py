"""The return in brief: is it compliant and complete, what is good, bad and changed, what must be confirmed.

Everything is chosen from the return document by the rules stated here, and said in finished sentences, so
that every output says the same. Whether the return is signed off is not among it: a summary is part of what
is approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from pipelines.measures.rounding import round_half_up
from pipelines.statutory.wording import counted, listed

Document = Mapping[str, Any]
Mapped = Mapping[str, Any]

RULE = (
    "Chosen by rule. A survey result is called better or worse than the national median only where its whole "
    "95% interval lies on one side of it, and of the median of those that surveyed in the same way. A figure "
    "counted from records is exact: it is named where it is in the best or the last quarter of the nation, "
    "and a safety measure wherever it is below 100%."
)
_DUTIES = "safety"  # the family of measures that the law wants at 100%
_NAMED = 2  # changes of method that the first page has room for


def summarise(document: Document) -> dict[str, Any]:
    """Return the summary of a return document that has all its other parts."""
    comparison = document["comparison"]
    measures = {each["key"]: each for each in document["measures"]}
    judged = list(_judged(document, comparison["benchmarks"]["figures"], measures))
    good = sorted((each for each in judged if each["verdict"] == "good"), key=lambda each: -each["place"])
    bad = sorted((each for each in judged if each["verdict"] == "bad"), key=lambda each: each["place"])
    now = {(each["measure"], each["population"]): each for each in document["figures"]}
    changed = _changed(comparison["changes"], measures, now)
    changed_text = [_changes_text(comparison, measures), _method_text(comparison)]
    return {
        "questions": [_compliant(document), _complete(document["status"]), _to_confirm(document)],
        "rule": RULE,
        "good": [_picked(each) for each in good],
        "good_text": "" if good else _none_stands_out(comparison, "better"),
        "bad": [_picked(each) for each in bad],
        "bad_text": "" if bad else _none_stands_out(comparison, "worse"),
        "changed": [_picked(each) for each in changed],
        "changed_text": " ".join(filter(None, changed_text)),
        "confirm": [_waiting(each) for each in waiting(document["findings"]["groups"])],
        "themes": [_theme(each, judged) for each in document["themes"]],
        "standings": [
            {"measure": each["measure"], "population": each["population"], "standing": each["standing"]}
            for each in judged
        ],
    }


# --- the questions -------------------------------------------------------------------------------------


def _question(key: str, question: str, state: str, answer: str, text: str) -> dict[str, str]:
    """`state`: good, bad, or open where it is not known or something is still to do."""
    return {"key": key, "question": question, "state": state, "answer": answer, "text": text}


def _compliant(document: Document) -> dict[str, str]:
    unmet: list[str] = []
    unknown: list[str] = []
    met: list[str] = []
    unsure: list[str] = []
    for survey in document["survey"]:
        accuracy, name = survey["accuracy"], survey["population"]
        said = {True: met, False: unmet, None: unknown}[accuracy["met"]]
        word = {True: "is accurate enough", False: "is not accurate enough", None: "cannot be judged"}
        honest = (survey["statistics"] or {"accuracy": None})["accuracy"]
        alone = " by its number of responses alone" if honest and honest["only_nominally"] else ""
        said.append(f"the {name} survey {word[accuracy['met']]}{alone}")
        if alone:
            unsure.append(f"read {name} results with a margin of ±{honest['honest_margin']} points")
    failed = [each for each in document["checks"] if each["outcome"] == "failed"]
    warned = [each for each in document["checks"] if each["outcome"] == "warning"]
    if failed:
        what = counted(len(failed), "validation fails", "validations fail")
        unmet.append(f"{what} ({listed([each['id'] for each in failed])})")
    elif document["checks"]:
        warning = f", {counted(len(warned), 'warns', 'warn')}" if warned else ""
        met.append(f"none of the {len(document['checks'])} validations fails{warning}")
    withheld = sum(each["status"] == "withheld" for each in document["figures"])
    if withheld:
        unmet.append(f"{counted(withheld, 'value is', 'values are')} withheld")
    lacking = sum(not each["present"] for each in document["publication"]["items"])
    if lacking:
        things = counted(lacking, "thing that must be published is", "things that must be published are")
        unmet.append(f"{things} missing")
    elif document["publication"]["items"]:
        met.append("everything that must be published is here")
    question = "Is it compliant?"
    if unmet:
        answer = f"No: {counted(len(unmet), 'requirement is', 'requirements are')} not met"
        return _question("compliant", question, "bad", answer, _sentence([*unmet, *unsure]))
    if unknown or not met:
        answer = "Not known"
        return _question(
            "compliant", question, "open", answer, _sentence(unknown or ["nothing was reported"])
        )
    answer = "Yes: no requirement of the return is found unmet"
    return _question("compliant", question, "good", answer, _sentence([*met, *unsure]))


def _complete(status: Mapped) -> dict[str, str]:
    question, missing = "Is it complete?", status["missing"]
    if missing:
        answer = f"No: {counted(len(missing), 'thing is', 'things are')} missing"
        named = [str(each["what"]).rstrip(".") for each in missing[:3]]
        more = [f"{len(missing) - 3} more"] if len(missing) > 3 else []
        return _question("complete", question, "bad", answer, _sentence(named + more))
    if status["complete"]:
        return _question("complete", question, "good", "Yes", "Nothing is missing and nothing waits.")
    if status["to_confirm"]:
        text = "Nothing is missing. It is complete when what was found is confirmed or put right."
        return _question("complete", question, "open", "Not yet: findings wait", text)
    return _question("complete", question, "bad", "No: a finding stops it", "It must be put right first.")


def _to_confirm(document: Document) -> dict[str, str]:
    status, question = document["status"], "Must anything be confirmed?"
    notes = counted(status["notes"], "note for information", "notes for information")
    confirmed = status["confirmed"]
    done = f"{counted(confirmed, 'finding is', 'findings are')} confirmed"
    text = f"{done if confirmed else 'None is confirmed yet'}; {notes}."
    if not status["to_confirm"]:
        return _question("confirm", question, "good", "No", text)
    return _question("confirm", question, "open", f"Yes: {counted(status['to_confirm'], 'finding')}", text)


def _sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


# --- good and bad --------------------------------------------------------------------------------------


def _judged(
    document: Document, compared: Iterable[Mapped], measures: Mapping[str, Mapped]
) -> Iterator[dict[str, Any]]:
    """Every figure with its standing beside the national median, and whether it is worth naming.

    `standing`: better, worse, or level where chance explains the difference or there is none; None where
    neither end is the better one. `place`: 0 (worst) to 100, to order by.
    """
    beside = {(each["measure"], each["population"]): each for each in compared}
    for figure in document["figures"]:
        if figure["status"] != "reported":
            continue
        measure = measures[figure["measure"]]
        groups = beside.get((figure["measure"], figure["population"]), {"groups": []})["groups"]
        yield {
            "measure": figure["measure"],
            "population": figure["population"],
            **_verdict(figure, measure, groups),
        }


def _verdict(figure: Mapped, measure: Mapped, groups: Sequence[Mapped]) -> dict[str, Any]:
    name = f"{figure_name(measure, figure['population'])}: {figure['value_text']}"
    short = _shortfall(figure, measure)
    nothing = {"standing": None, "verdict": "", "place": 0.0, "text": ""}
    if not groups or measure["better"] == "neither":
        if short:
            return {**nothing, "verdict": "bad", "text": f"{name}; {short}."}
        return nothing
    nation = groups[0]
    place = (nation["from_percentile"] + nation["to_percentile"]) / 2
    place = place if measure["better"] == "higher" else 100 - place
    if figure["ci_low"] is not None:
        return {"place": place, **_of_survey(figure, measure, groups, name)}
    standing = _side(figure["value"], figure["value"], nation["median"], measure["better"])
    quarter = f", in the {nation['quarter_text']} of {counted(nation['landlords'], 'landlord')}"
    where = f"{name}{quarter if nation['quarter'] else ''} (median {nation['median_text']})"
    verdict = {1: "good", 4: "bad"}.get(nation["quarter"], "")
    if short:
        return {"standing": standing, "verdict": "bad", "place": place, "text": f"{where}; {short}."}
    if not verdict and measure["family"] == _DUTIES and figure["value"] == 100:
        verdict = "good"
        where = f"{name}: all {figure['denominator']:,} homes are covered"
    return {"standing": standing, "verdict": verdict, "place": place, "text": f"{where}."}


def _of_survey(
    figure: Mapped,
    measure: Mapped,
    groups: Sequence[Mapped],
    name: str,
) -> dict[str, Any]:
    """A survey result is called better or worse where its interval excludes the medians of the nation and of
    those that surveyed in the same way.
    """
    beside = [groups[0], *(each for each in groups if each["group_by"] == "method")]
    sides = {_side(figure["ci_low"], figure["ci_high"], each["median"], measure["better"]) for each in beside}
    standing = sides.pop() if len(sides) == 1 else "level"
    verdict = {"better": "good", "worse": "bad"}.get(standing, "")
    way = "above" if (standing == "better") == (measure["better"] == "higher") else "below"
    peers = f" and peers’ ({beside[1]['median_text']})" if beside[1:] else ""
    text = f"{name}, {way} the national median ({beside[0]['median_text']}){peers}, beyond chance."
    return {"standing": standing, "verdict": verdict, "text": text if verdict else ""}


def _side(low: float, high: float, median: float, better: str) -> str:
    """On which side of a median an interval lies: better, worse, or level where it does not exclude it."""
    if low > median:
        return "better" if better == "higher" else "worse"
    if high < median:
        return "worse" if better == "higher" else "better"
    return "level"


def _shortfall(figure: Mapped, measure: Mapped) -> str:
    """The homes without what the law asks for, in words; '' where there are none or nothing asks for it."""
    if measure["family"] != _DUTIES or figure["denominator"] is None or figure["numerator"] is None:
        return ""
    short = figure["denominator"] - figure["numerator"]
    return f"{counted(short, 'home lacks', 'homes lack')} a check" if short else ""


def _none_stands_out(comparison: Mapped, word: str) -> str:
    if comparison["benchmarks"]["year"] is None:
        return "There are no national figures to compare with."
    return f"No figure stands out as {word} than the nation’s."


def figure_name(measure: Mapped, population: str) -> str:
    """A figure's name in a sentence, such as 'TP02 Repairs service (LCRA)'."""
    of = "" if population == "ALL" else f" ({population})"
    return f"{measure['label']} {measure['short_title']}{of}"


def _picked(each: Mapped) -> dict[str, Any]:
    return {"measure": each["measure"], "population": each["population"], "text": each["text"]}


# --- changed -------------------------------------------------------------------------------------------


def _changed(
    changes: Iterable[Mapped],
    measures: Mapping[str, Mapped],
    now: Mapping[tuple[str, str], Mapped],
) -> list[dict[str, Any]]:
    """Survey results that moved by more than chance explains, the largest first; then what was counted and is
    better or worse than it was.
    """
    kept = [
        each
        for each in changes
        if each["significant"] is True
        or (
            each["significant"] is None
            and each["direction"] in ("better", "worse")
            and measures[each["measure"]]["kind"] != "perception"
        )
    ]
    kept.sort(key=lambda each: (each["significant"] is not True, -abs(each["change"])))
    return [
        {
            **each,
            "text": _change_text(each, measures[each["measure"]], now[each["measure"], each["population"]]),
        }
        for each in kept
    ]


def _change_text(change: Mapped, measure: Mapped, figure: Mapped) -> str:
    """Such as 'CH02 (2) ... (LCRA): 80.0% (12 of 15), 12.6 points worse than last year’s 92.6%.'"""
    size = round_half_up(abs(Fraction(str(change["change"]))), 1)
    unit = "points" if measure["unit"] == "percent" else measure["unit_text"]
    counts = ""
    if measure["kind"] != "perception" and figure["denominator"]:
        counts = f" ({figure['numerator']:,} of {figure['denominator']:,})"
    beyond = ", beyond chance" if change["significant"] else ""
    return (
        f"{figure_name(measure, change['population'])}: {figure['value_text']}{counts}, {size:,} {unit} "
        f"{_than(change)} than last year’s {change['last_year_text']}{beyond}."
    )


def _than(change: Mapped) -> str:
    if change["direction"] in ("better", "worse"):
        return str(change["direction"])
    return "higher" if change["change"] > 0 else "lower"


def _changes_text(comparison: Mapped, measures: Mapping[str, Mapped]) -> str:
    if comparison["last_year"] is None:
        return "Last year’s figures are not known, so no change can be told."
    asked = [
        each
        for each in comparison["changes"]
        if measures[each["measure"]]["kind"] == "perception" and each["significant"] is not None
    ]
    moved = sum(each["significant"] for each in asked)
    if not asked:
        return f"No survey result can be tested against {comparison['last_year']['year']}."
    which = f"Of {counted(len(asked), 'survey result')} compared with {comparison['last_year']['year']}, "
    if not moved:
        return f"{which}none moved by more than chance explains."
    rest = len(asked) - moved
    others = f"; the other {rest} moved no more than chance explains" if rest else ""
    return f"{which}{moved} moved by more than chance explains{others}."


def _method_text(comparison: Mapped) -> str:
    """What was done otherwise, a few things by name: a reader must know it before believing a difference."""
    what = list(dict.fromkeys(each["subject"] for each in comparison["method_changes"]))
    if not what:
        return ""
    some = what if len(what) <= _NAMED + 1 else [*what[:_NAMED], f"{len(what) - _NAMED} more things"]
    return f"The method changed too, which may be why figures differ: {listed(some)} (under Method)."


# --- to confirm ----------------------------------------------------------------------------------------


def waiting(groups: Iterable[Mapped]) -> list[Mapped]:
    """The findings that wait for a named person: those that could move a figure furthest first."""
    found = [each for each in groups if each["grade"] == "confirm" and not each["confirmed"]]
    return sorted(found, key=lambda each: (-(each["widest"] or 0), -each["records"]))


def _waiting(group: Mapped) -> dict[str, str]:
    """One finding, and between which ends the figure would lie that it could move furthest."""
    moves = [f"{each['name']} would lie at {each['range_text']}" for each in group["moves"][:1]]
    text = "; ".join([f"{group['title']}: {counted(group['records'], 'record')}", *moves])
    return {"finding_id": group["finding_id"], "text": f"{text}."}


# --- themes --------------------------------------------------------------------------------------------


def _theme(theme: Mapped, judged: Iterable[Mapped]) -> dict[str, str]:
    """How a theme's figures stand beside the nation, in a sentence; '' where none can be compared."""
    found = [each["standing"] for each in judged if each["measure"] in theme["measures"] and each["standing"]]
    if not found:
        return {"title": theme["title"], "text": ""}
    words = {"better": "better", "level": "level as far as can be told", "worse": "worse"}
    said = [
        f"{counted(found.count(each), 'is', 'are')} {word}" for each, word in words.items() if each in found
    ]
    said[0] = said[0].replace(" is ", " figure is ").replace(" are ", " figures are ")
    return {"title": theme["title"], "text": f"Against the national median, {listed(said)}."}
