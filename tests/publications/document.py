"""A whole return document for a landlord that does not exist, as the statutory stage would give it."""

from __future__ import annotations

import hashlib
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from pipelines.statutory.comparison import comparison
from pipelines.statutory.inputs import Beside, LastYear
from pipelines.statutory.summary import summarise
from tests.publications import survey_statistics

SAT = (
    "Very satisfied",
    "Fairly satisfied",
    "Neither satisfied nor dissatisfied",
    "Fairly dissatisfied",
    "Very dissatisfied",
)
AGR = ("Strongly agree", "Agree", "Neither agree nor disagree", "Disagree", "Strongly disagree")
CODES = ("VS", "FS", "NSD", "FD", "VD")
NADK = "Not applicable/ don't know"

HOSTILE_NAME = (
    '<script>alert(1)</script> & Sons "Homes" <link rel=attachment href=file:///etc/hostname> '
    "url(file:///etc/passwd) {{ 7*7 }} Ŵyn café \U0001f600 \u202eesrever"
)
HOSTILE_TEXT = (
    '</style></td></table><img src="http://192.0.2.1/x.png"><iframe src=file:///etc/passwd></iframe>'
    "<link rel=stylesheet href=http://192.0.2.1/a.css>\x07 <svg><image href='file:///etc/hostname'/></svg>"
)

# Letters of many scripts, one built of parts, right to left, a joined emoji, and what has no width.
UNUSUAL = (
    "Llŷn e\u0301\u0301 \u05d0\u05d1\u05d2 \u0639\u0631\u0628\u064a \u4e2d\u6587 "
    "\U0001f469\u200d\U0001f4bb \u200b\ufeff\u2028 ½ ﬁ"
)

THEMES = {
    "Overall satisfaction": ["TP01"],
    "Keeping properties in good repair": ["TP02", "TP03", "TP04", "RP01", "RP02_1", "RP02_2"],
    "Maintaining building safety": ["TP05", "BS01", "BS02", "BS03", "BS04", "BS05"],
    "Respectful and helpful engagement": ["TP06", "TP07", "TP08"],
    "Effective handling of complaints": ["TP09", "CH01_1", "CH01_2", "CH02_1", "CH02_2"],
    "Responsible neighbourhood management": ["TP10", "TP11", "TP12", "NM01_1", "NM01_2"],
}

REPAIR = "Has {l} carried out a repair to your home in the last 12 months?"
COMPLAINT = "Have you made a complaint to {l} in the last 12 months?"
COMMUNAL = (
    "Do you live in a building with communal areas, either inside or outside, that {l} is responsible "
    "for maintaining?"
)
SHORT_TITLES = {
    "TP01": "Overall satisfaction", "TP02": "Repairs service", "TP03": "Time taken for repair",
    "TP04": "Well maintained home", "TP05": "Safe home", "TP06": "Listens and acts",
    "TP07": "Keeps tenants informed", "TP08": "Fairness and respect", "TP09": "Complaints handling",
    "TP10": "Communal areas", "TP11": "Contribution to neighbourhood",
    "TP12": "Handling of anti-social behaviour",
}  # fmt: skip
# key: title, filter, question, answers LCRA, answers LCHO (None: not asked)
PERCEPTION: dict[str, tuple[str, str | None, str, tuple[int, ...], tuple[int, ...] | None]] = {
    "TP01": (
        "Overall satisfaction",
        None,
        "Taking everything into account, how satisfied or dissatisfied are you with the service provided "
        "by {l}?",
        (201, 164, 61, 48, 38),
        (40, 58, 41, 32, 29),
    ),
    "TP02": (
        "Satisfaction with repairs",
        REPAIR,
        "How satisfied or dissatisfied are you with the overall repairs service from {l} over the last "
        "12 months?",
        (148, 101, 22, 31, 25),
        None,
    ),
    "TP03": (
        "Satisfaction with time taken to complete most recent repair",
        REPAIR,
        "How satisfied or dissatisfied are you with the time taken to complete your most recent repair after "
        "you reported it?",
        (139, 85, 19, 39, 44),
        None,
    ),
    "TP04": (
        "Satisfaction that the home is well maintained",
        None,
        "How satisfied or dissatisfied are you that {l} provides a home that is well maintained?",
        (180, 175, 66, 55, 35),
        None,
    ),
    "TP05": (
        "Satisfaction that the home is safe",
        None,
        "Thinking about the condition of the property or building you live in, how satisfied or dissatisfied "
        "are you that {l} provides a home that is safe?",
        (220, 170, 50, 38, 27),
        (70, 66, 31, 14, 12),
    ),
    "TP06": (
        "Satisfaction that the landlord listens to tenant views and acts upon them",
        None,
        "How satisfied or dissatisfied are you that {l} listens to your views and acts upon them?",
        (130, 150, 99, 56, 51),
        (18, 41, 60, 35, 38),
    ),
    "TP07": (
        "Satisfaction that the landlord keeps tenants informed about things that matter to them",
        None,
        "How satisfied or dissatisfied are you that {l} keeps you informed about things that matter to you?",
        (155, 170, 90, 45, 35),
        (25, 60, 55, 29, 26),
    ),
    "TP08": (
        "Agreement that the landlord treats tenants fairly and with respect",
        None,
        'To what extent do you agree or disagree with the following "{l} treats me fairly and with respect"?',
        (190, 185, 75, 30, 22),
        (35, 70, 57, 21, 14),
    ),
    "TP09": (
        "Satisfaction with the landlord's approach to handling complaints",
        COMPLAINT,
        "How satisfied or dissatisfied are you with {l}'s approach to complaints handling?",
        (14, 20, 11, 25, 41),
        (2, 5, 6, 12, 21),
    ),
    "TP10": (
        "Satisfaction that the landlord keeps communal areas clean and well maintained",
        COMMUNAL,
        "How satisfied or dissatisfied are you that {l} keeps these communal areas clean and well "
        "maintained?",
        (88, 77, 30, 31, 24),
        (30, 51, 25, 33, 26),
    ),
    "TP11": (
        "Satisfaction that the landlord makes a positive contribution to neighbourhoods",
        None,
        "How satisfied or dissatisfied are you that {l} makes a positive contribution to your neighbourhood?",
        (120, 140, 110, 39, 30),
        (16, 38, 70, 22, 19),
    ),
    "TP12": (
        "Satisfaction with the landlord's approach to handling anti-social behaviour",
        None,
        "How satisfied or dissatisfied are you with {l}'s approach to handling anti-social behaviour?",
        (95, 110, 80, 40, 50),
        (12, 27, 51, 19, 24),
    ),
}
# key: label, title, unit, better, LCRA, LCHO, ALL counts (numerator, denominator)
Counts = tuple[int, int] | None
MANAGEMENT: dict[str, tuple[str, str, str, str, Counts, Counts, Counts]] = {
    "RP01": ("RP01", "Homes that do not meet the Decent Homes Standard", "percent", "lower", (47, 2981),
             None, None),
    "RP02_1": ("RP02 (1)", "Non-emergency responsive repairs completed within target timescale", "percent",
               "higher", (6105, 7488), None, None),
    "RP02_2": ("RP02 (2)", "Emergency responsive repairs completed within target timescale", "percent",
               "higher", (1870, 1921), None, None),
    "BS01": ("BS01", "Gas safety checks", "percent", "higher", None, None, (2633, 2634)),
    "BS02": ("BS02", "Fire safety checks", "percent", "higher", None, None, (1114, 1114)),
    "BS03": ("BS03", "Asbestos safety checks", "percent", "higher", None, None, (902, 940)),
    "BS04": ("BS04", "Water safety checks", "percent", "higher", None, None, (611, 640)),
    "BS05": ("BS05", "Lift safety checks", "percent", "higher", None, None, (0, 0)),
    "CH01_1": ("CH01 (1)", "Stage one complaints relative to the size of the landlord", "per_1000_homes",
               "neither", (161, 2988), (40, 1102), None),
    "CH01_2": ("CH01 (2)", "Stage two complaints relative to the size of the landlord", "per_1000_homes",
               "neither", (22, 2988), (0, 1102), None),
    "CH02_1": ("CH02 (1)", "Stage one complaints responded to within Complaint Handling Code timescales",
               "percent", "higher", (139, 161), (31, 40), None),
    "CH02_2": ("CH02 (2)", "Stage two complaints responded to within Complaint Handling Code timescales",
               "percent", "higher", (17, 22), (0, 0), None),
    "NM01_1": ("NM01 (1)", "Anti-social behaviour cases relative to the size of the landlord",
               "per_1000_homes", "neither", None, None, (143, 4090)),
    "NM01_2": ("NM01 (2)", "Anti-social behaviour cases that involve hate incidents relative to the size of "
               "the landlord", "per_1000_homes", "neither", None, None, (6, 4090)),
}  # fmt: skip


FAMILIES = {"RP": "repairs", "BS": "safety", "CH": "complaints", "NM": "asb"}

# What a perception figure says of its precision.
PRECISION = ("se", "deff", "n_effective", "ci_low", "ci_high", "unweighted_value")


def rounded(numerator: int, denominator: int, factor: int) -> float:
    return float(
        (Decimal(numerator) * factor / Decimal(denominator)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    )


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _measure(key: str, landlord: str) -> dict[str, Any]:
    theme = next(title for title, keys in THEMES.items() if key in keys)
    base: dict[str, Any] = {"key": key, "code": key[:4], "theme": theme, "nadk_offered": False}
    base["part"] = int(key[-1]) if "_" in key else None
    if key in PERCEPTION:
        title, filter_question, question, _, _ = PERCEPTION[key]
        return base | {
            "label": key, "title": title, "short_title": SHORT_TITLES[key],
            "kind": "perception", "family": "perception", "unit": "percent", "unit_text": "%",
            "better": "higher",
            "numerator_text": "Respondents who gave one of the first two answers on the scale",
            "denominator_text": "Respondents who gave any of the five answers on the scale",
            "question": question.format(l=landlord),
            "filter_question": filter_question.format(l=landlord) if filter_question else None,
            "scale": list(AGR if key == "TP08" else SAT),
            "nadk_offered": key in {"TP05", "TP06", "TP07", "TP08", "TP11", "TP12"},
        }  # fmt: skip
    label, title, unit, better, *_ = MANAGEMENT[key]
    return base | {
        "label": label, "title": title, "short_title": title, "kind": "management",
        "family": FAMILIES[key[:2]],
        "unit": unit, "unit_text": "%" if unit == "percent" else "per 1,000 homes", "better": better,
        "numerator_text": f"Number of {title[0].lower()}{title[1:]} that count for the measure in the year.",
        "denominator_text": "Number of dwelling units owned at year end of the relevant stock.",
        "question": None, "filter_question": None, "scale": None,
    }  # fmt: skip


def _figure(key: str, population: str, **given: Any) -> dict[str, Any]:
    return {
        "measure": key, "part": int(key[-1]) if "_" in key else None, "population": population,
        "numerator": None, "denominator": None, "value": None, "value_text": "", "unit": "percent",
        "status": "reported", "reason": "", "answers": None, "not_applicable": None, "filter_yes": None,
        "filter_no": None, "met_without_extension": None, "met_with_extension": None,
    } | dict.fromkeys(PRECISION) | given  # fmt: skip


def _survey_figure(key: str, population: str, counts: tuple[int, ...]) -> dict[str, Any]:
    base = sum(counts)
    answers = []
    for code, label, number in zip(CODES, AGR if key == "TP08" else SAT, counts, strict=True):
        share = rounded(number, base, 100)
        answers.append(
            {"code": code, "label": label, "count": number, "percent": share, "percent_text": f"{share:.1f}%"}
        )
    value = rounded(counts[0] + counts[1], base, 100)
    asked = PERCEPTION[key][1] is not None
    return _figure(
        key, population, numerator=counts[0] + counts[1], denominator=base, value=value,
        value_text=f"{value:.1f}%", answers=answers,
        not_applicable=37 if key in {"TP05", "TP06", "TP07", "TP08", "TP11", "TP12"} else None,
        filter_yes=base + 5 if asked else None, filter_no=512 - base if asked else None,
    )  # fmt: skip


def _record_figure(key: str, population: str, counts: tuple[int, int]) -> dict[str, Any]:
    _, _, unit, _, *_ = MANAGEMENT[key]
    numerator, denominator = counts
    if denominator == 0:
        lifts = key == "BS05"
        return _figure(
            key, population, numerator=None if lifts else 0, denominator=None if lifts else 0, unit=unit,
            value_text="Not applicable" if lifts else "No cases",
            status="not_applicable" if lifts else "no_cases",
            reason="The landlord owns no homes to which this measure applies."
            if lifts
            else "No stage two complaint was made in the year, so there is no share to state.",
        )  # fmt: skip
    value = rounded(numerator, denominator, 100 if unit == "percent" else 1000)
    split = {"met_without_extension": numerator - 4, "met_with_extension": 4} if key[:4] == "CH02" else {}
    return _figure(
        key, population, numerator=numerator, denominator=denominator, value=value, unit=unit,
        value_text=f"{value:.1f}%" if unit == "percent" else f"{value:.1f} per 1,000 homes", **split,
    )  # fmt: skip


ITEMS = (
    ("a", "Achieved sample size", "512 responses (LCRA)."),
    ("b", "Timing of the survey", "1 September 2024 to 30 November 2024."),
    ("c", "Collection methods", "Telephone 402 responses; internet 110 responses."),
    ("d", "Sample method", "A sample drawn by quota on age and area."),
    ("e", "Representativeness", "The responses were compared with all households by age of tenant, area and "
     "building type; tenants under 35 were under-represented by four percentage points."),
    ("f", "Weighting", "Weighted by age band and area."),
    ("g", "External contractors", "Example Research Ltd collected the answers by telephone and internet."),
    ("h", "Households left out of the sample frame", "4 households: risk to the interviewer."),
    ("i", "Failure to reach the required sample size", "Not applicable: the required size was reached."),
    ("j", "Incentives", "None."),
    ("k", "Other methodological issues", None),
)  # fmt: skip
UNWEIGHTED_ITEMS = tuple(
    (letter, title, "No weighting was applied." if letter == "f" else text) for letter, title, text in ITEMS
)


def _statistics(population: str) -> dict[str, Any]:
    """LCRA passes the accuracy test by its number of responses alone; LCHO fails it either way."""
    answers = {key: value[3] if population == "LCRA" else value[4] for key, value in PERCEPTION.items()}
    return survey_statistics.statistics(
        population,
        {key: counts for key, counts in answers.items() if counts},
        *((2904, 4.28) if population == "LCRA" else (1080, 6.26)),
    )


def _survey(population: str, landlord: str) -> dict[str, Any]:
    lcra = population == "LCRA"
    asked = [key for key, value in PERCEPTION.items() if lcra or value[4]]
    return {
        "population": population,
        "population_text": "Households that rent at social or affordable rent from the landlord."
        if lcra
        else "Households that part own their home with the landlord, mainly by shared ownership.",
        "questions": [
            {
                "key": key,
                "filter_question": _measure(key, landlord)["filter_question"],
                "question": _measure(key, landlord)["question"],
                "answers": _measure(key, landlord)["scale"]
                + ([NADK] if _measure(key, landlord)["nadk_offered"] else []),
            }
            for key in asked
        ],
        "items": [
            {"letter": letter, "title": title, "text": text or "Say it in other_issues of year.yaml.",
             "missing": text is None, "generated": letter == "e"}
            for letter, title, text in (ITEMS if lcra else UNWEIGHTED_ITEMS)
        ],
        "accuracy": {
            "population_size": 2904 if lcra else 1080, "responses": 512 if lcra else 200,
            "required_responses": 498 if lcra else 284, "required_margin": 4 if lcra else 5,
            "achieved_margin": 3.93 if lcra else 6.26, "met": lcra,
            "text": "512 responses from 2,904 households give ±3.93 points; ±4 points are required."
            if lcra
            else "200 responses from 1,080 households give ±6.26 points; ±5 points are required.",
        },
        "methods": [
            {"method": "telephone", "label": "Telephone", "responses": 402 if lcra else 160,
             "tp01_value": 72.1, "tp01_text": "72.1%", "suppressed": False},
            {"method": "internet", "label": "Internet", "responses": 40, "tp01_value": None,
             "tp01_text": "Not shown: fewer than 50 responses", "suppressed": True},
        ],
        "weighting_text": "The results are weighted by age band and area." if lcra
        else "The results are not weighted.",
        "unweighted_tp01": {"answers": dict(zip(CODES, (208, 166, 60, 42, 36), strict=True)), "base": 512,
                            "value": 73.0, "value_text": "73.0%"} if lcra else None,
        "questionnaire": "questionnaire.txt" if lcra else None,
        "questionnaire_file": {
            "file": "questionnaire.txt", "sha256": digest("questionnaire"), "size": 900,
            "text": f"{landlord}: tell us what you think\n\nTP01  How satisfied?\n  [ ] Very satisfied",
        } if lcra else None,
        "statistics": _statistics(population),
        "star": [
            {"key": "quality_of_home", "label": "Quality of the home", "base": 498, "value": 74.3,
             "value_text": "74.3%"},
            {"key": "recommend", "label": "Would recommend the landlord (net promoter score)", "base": 471,
             "value": 12.0, "value_text": "+12.0"},
        ],
        "facts": {"approach": "sample", "sampling": "quota", "excluded": 4, "contractor_used": True,
                  "contractor": "Example Research Ltd", "interviewed_by": "contractor",
                  "interviewed_by_text": None, "weighting_other": None, "weighted": lcra,
                  "weighting_characteristics": list(survey_statistics.RAKED) if lcra else [],
                  "other_methods": None, "incentives": "none", "changes_since_last_year": None},
    }  # fmt: skip


def _findings() -> list[dict[str, Any]]:
    common = {
        "effect": "row_rejected",
        "effect_text": "These rows are left out.",
        "digest": None,
        "confirmed": None,
        "reopened": None,
        "moves": [],
        "moves_text": "",
        "widest": None,
    }
    return [
        common | {
            "finding_id": "REP-006", "grade": "confirm", "table": "repairs",
            "title": "Completed before it was reported",
            "message": "The repair was completed before it was reported, so its time cannot be measured.",
            "remedy": "Correct reported_at or completed_at in the repairs system and send the file again.",
            "touches": ["RP02_1", "RP02_2"], "records": 14, "first_rows": "rows 12, 40, 977 and 11 more",
        },
        common | {
            "finding_id": "SUR-011", "grade": "confirm", "table": "survey_responses",
            "title": "Answer is not one of the prescribed answers",
            "message": "The answer is none of the five answers of the scale, so it is read as not answered.",
            "remedy": "Ask the contractor for the answer as it was recorded.",
            "effect": "value_ignored", "effect_text": "These answers are left out.",
            "touches": ["TP01", "TP05", "TP12"], "records": 3, "first_rows": "rows 5, 88 and 431",
            "confirmed": {"by": "Jo Example", "on": "2025-05-02",
                          "reason": "Typing errors of one interviewer.", "evidence": "Call log 12"},
        },
        common | {
            "finding_id": "HOM-014", "grade": "note", "table": "homes", "title": "Home without a UPRN",
            "message": "The home has no UPRN.", "remedy": "Add the UPRN to the property system.",
            "effect": "kept", "effect_text": "These rows are kept as they are.", "touches": [],
            "records": 212, "first_rows": "rows 3, 4, 9 and 209 more",
        },
    ]  # fmt: skip


def _make_hostile(statistics: dict[str, Any], name: str, text: str) -> None:
    """Puts `name` and `text` wherever a landlord's own names of characteristics and categories go."""
    representation = survey_statistics.represented(
        survey_statistics.representation(
            name, {text: (900, 120), name: (1200, 300), "O'Brien & <b>Co</b>": (804, 92)}, weighted=True
        )
    )
    statistics["representativeness"] += [representation | {"unmatched": [text, name]}]
    margins = statistics["weights"]["margins"]
    margins.append(margins[0] | {"characteristic": name, "category": text})
    statistics["weights"]["characteristics"].append(name)
    statistics["weights"]["collapsed"].append({"characteristic": name, "from": text, "to": name})
    statistics["groups"]["omitted"].append({"characteristic": name, "why": "it has 214 categories"})
    for mark in ("", "small"):
        cell = next(each for each in statistics["groups"]["cells"] if each["mark"] == mark)
        statistics["groups"]["cells"].append(
            cell | {"characteristic": name, "category": text, "significant": mark == ""}
        )
    if statistics["response"]:
        statistics["response"]["partial"].append(
            {"characteristic": name, "value": 0.01, "value_text": "0.010"}
        )


def approval(draft: bool) -> dict[str, Any]:
    """How the return stands: approved by one person, or by nobody."""
    if draft:
        text = "Nobody has approved this return yet."
        return {"standing": "none", "text": text, "return_sha256": digest("return"), "given": []}
    given = {
        "by": "Alex Example", "role": "Chief executive", "on": "2025-06-12", "at": "2025-06-12T09:30:00Z",
        "statement": "I approve this return.", "incomplete_because": "The survey was too small.",
        "lacking": ["The questionnaire of the LCHO survey is missing"], "return_sha256": digest("return"),
        "act": 1, "act_sha256": digest("act"), "stands": True, "changed": [],
    }  # fmt: skip
    text = "Approved by Alex Example, Chief executive, on 12 June 2025."
    return {"standing": "approved", "text": text, "return_sha256": digest("return"), "given": [given]}


def build(
    *, name: str = "Example Homes Limited", text: str = "", draft: bool = True, provisional: bool = False
) -> dict[str, Any]:
    """A realistic document. `name` and `text` may be hostile: they go wherever a landlord's words may go."""
    figures = []
    for key, (_, _, _, lcra, lcho) in PERCEPTION.items():
        figures.append(_survey_figure(key, "LCRA", lcra))
        if lcho:
            figures.append(_survey_figure(key, "LCHO", lcho))
    for key, (_, _, _, _, *by_population) in MANAGEMENT.items():
        for population, counts in zip(("LCRA", "LCHO", "ALL"), by_population, strict=True):
            if counts:
                figures.append(_record_figure(key, population, counts))
    surveys = [_survey("LCRA", name), _survey("LCHO", name)]
    estimates = {
        (each["measure"], survey["population"]): {key: each[key] for key in PRECISION}
        for survey in surveys
        for each in survey["statistics"]["estimates"]
    }
    for figure in figures:
        figure |= estimates.get((figure["measure"], figure["population"]), {})
    groups = _findings()
    if text:
        _make_hostile(surveys[0]["statistics"], name, text)
        surveys[0]["items"][10] = {"letter": "k", "title": "Other methodological issues", "text": text,
                                   "missing": False, "generated": True}  # fmt: skip
        groups[0]["message"] = groups[1]["confirmed"]["reason"] = text
    settings = [
        {"key": "complaint_test", "value": "strict", "default": "strict", "kind": "computed",
         "description": "How the Code's two limits are tested: each by itself, or their total.",
         "confidence": "medium", "source": "Complaint Handling Code 2024, 6.2 to 6.5"},
        {"key": "mode_minimum_responses", "value": 50, "default": 50, "kind": "computed",
         "description": "Below this number of responses a method's TP01 is not shown.",
         "confidence": "medium", "source": "TSM dataset 2025, note 6"},
        {"key": "withdrawn_complaints", "value": "drop", "default": "keep", "kind": "computed",
         "description": "Whether a complaint that was withdrawn counts.", "confidence": "low",
         "source": "professional practice"},
        {"key": "temporary_accommodation_included", "value": True, "default": True, "kind": "declared",
         "description": "Homes used as temporary accommodation are in the stock.", "confidence": "medium",
         "source": "Technical requirements"},
    ]  # fmt: skip
    tables = ("homes", "safety_checks", "repairs", "complaints", "asb_cases", "survey_responses")
    document: dict[str, Any] = {
        "schema_version": "1.0",
        "approval": approval(draft),
        "revision": None,
        "software": {"name": "TSM Pipeline", "version": "0.1.0"},
        "landlord": {
            "code": "L0001", "name": name, "type": "PRP", "type_text": "Private registered provider",
            "region": "North West", "former_names": [], "branding": None,
            "contacts": [{"role": "Compliance lead", "name": "Sam Example", "email": "sam@example.org",
                          "phone": None}],
        },
        "reporting_year": "2024-25", "year_start": "2024-04-01", "year_end": "2025-03-31",
        "edition": {
            "year": "2024-25", "status": "provisional" if provisional else "final",
            "status_note": "The final text of the TSM Direction could not be confirmed: figures may change."
            if provisional
            else "As published by the regulator.",
            "fingerprint": digest("rules"), "methodology_version": "2024-25.1",
        },
        "status": {
            "draft": draft, "complete": False, "to_confirm": 1, "confirmed": 1, "notes": 1,
            "missing": [
                {"what": "Survey approach, item k (LCRA): other methodological issues.",
                 "remedy": "Fill in other_issues in year.yaml, or write none."},
                {"what": "The questionnaire of the LCHO survey.",
                 "remedy": "Put the file beside year.yaml and name it there."},
            ],
        },
        "stock": {"LCRA": 2988, "LCHO": 1102, "ALL": 4090},
        "populations": [
            {"key": "LCRA", "title": "Low cost rental accommodation", "status": "reported", "reason": ""},
            {"key": "LCHO", "title": "Low cost home ownership", "status": "reported", "reason": ""},
            {"key": "COMBINED", "title": "LCRA and LCHO combined", "status": "not_required",
             "reason": "The landlord owns 1,000 homes or more of each kind, so it reports them apart."},
            {"key": "ALL", "title": "All homes, low cost rental and low cost home ownership",
             "status": "reported", "reason": ""},
        ],
        "themes": [{"title": title, "measures": keys} for title, keys in THEMES.items()],
        "measures": [_measure(key, name) for key in (*PERCEPTION, *MANAGEMENT)],
        "figures": figures,
        "survey": surveys,
        "repairs": {
            "targets": [
                {"priority": "emergency", "text": "24 hours from the report.", "amount": 24, "unit": "hours"},
                {"priority": "non_emergency", "text": "20 working days from the report.", "amount": 20,
                 "unit": "working_days"},
            ],
            "return_form": [
                {"priority": priority, "several": False, "longest": None, "outline": None, "note": ""}
                for priority in ("emergency", "non_emergency")
            ],
            "context": {"raised": 9655, "completed": 9409, "closed_without_completion": 201,
                        "outstanding": 45},
        },
        "complaints": {
            "code": "Housing Ombudsman's Complaint Handling Code (April 2024)",
            "timescales": [
                {"stage": 1, "text": "Acknowledged within 5 working days; answered within 10 working days of "
                 "the acknowledgement, or within 10 more where the landlord extended the time."},
                {"stage": 2, "text": "Acknowledged within 5 working days; answered within 20 working days of "
                 "the acknowledgement, or within 20 more where the landlord extended the time."},
            ],
        },
        "exclusions": [
            {"measure": key, "population": population, "reason": f"reason_{number}",
             "sentence": sentence, "records": 17 * number}
            for key, population in (("TP02", "LCRA"), ("TP05", "LCHO"), ("RP02_1", "LCRA"), ("BS01", "ALL"))
            for number, sentence in enumerate((
                "The tenant did not answer the question.",
                "The tenant answered “not applicable / don't know”, which is outside the base.",
                "The home was not owned at year end.",
                "The home is outside England.",
                "The record was rejected by a finding.",
            ), start=1)
        ],
        "findings": {"counts": {"stop": 0, "confirm": 17, "note": 212}, "groups": groups, "effects": []},
        "corrections": [
            {"entry": 1, "table": "repairs", "where": "repair_id is R00017", "action": "override",
             "column": "completed_at", "before": "2024-13-01", "after": "2024-12-01", "records": 1,
             "outcome": "applied", "reason": "Month mistyped", "by": "A. Nother", "on": "2025-05-02"},
            {"entry": 2, "table": "complaints", "where": "complaint_id is C00009", "action": "drop",
             "column": "", "before": "", "after": "", "records": 1, "outcome": "applied",
             "reason": "A compliment", "by": "A. Nother", "on": "2025-05-02"},
        ],
        "rejected": [{"table": table, "rows": 4120, "rejected": 14 if table == "repairs" else 0}
                     for table in tables],
        "settings": {"departures": [{key: settings[2][key] for key in (
            "key", "value", "default", "description", "source")}], "all": settings},
        "checks": [
            {"id": f"VAL-{number:02d}", "title": title, "severity": "hard", "outcome": outcome,
             "message": message, "fields": ["homes.tenure"], "source": "RSH's return of 2024/25"}
            for number, (title, outcome, message) in enumerate((
                ("Total responses equal the sum of the methods", "passed", "512 = 402 + 110."),
                ("CH02's denominator is CH01's numerator", "passed", "161 and 161; 22 and 22."),
                ("RP02's denominators add up to repairs completed", "passed", "7,488 + 1,921 = 9,409."),
                ("Achieved responses reach the requirement", "failed", "LCHO: 200 responses, 284 required."),
                ("Repairs balance", "warning", "Completed and closed are 99.5% of those raised."),
            ), start=1)
        ],
        "confirmations": [{"id": "SUR-011", "by": "Jo Example", "on": "2025-05-02",
                           "reason": "Typing errors of one interviewer.", "evidence": "Call log 12",
                           "source": "year.yaml", "stands": True,
                           "answers": [{"table": "survey_responses", "digest": "5" * 64, "records": 3,
                                        "message": "TP06 is “Quite happy”."}]}],
        "publication": {
            "url": "https://example.org/tsm", "deadline": "2025-06-30",
            "items": [
                {"text": "Every measure, both parts where there are two", "present": True},
                {"text": "Target timescales for repairs", "present": True},
                {"text": "The questionnaire in full", "present": False},
            ],
        },
        "provenance": {
            "inputs": [
                {"table": table, "file": f"{table}.csv", "sheet": None, "sha256": digest(table),
                 "bytes": 123456, "rows": 4120, "accepted": 4106, "rejected": 14} for table in tables
            ],
            "assets": [
                {"key": f"measures/{key}", "made_from": ["records/homes", "records/survey_responses"],
                 "data_version": digest(key)}
                for key in (*PERCEPTION, *MANAGEMENT)
            ],
            "kept": [
                {"received": table, "file": f"L0001/2024-25/{table}.csv", "sha256": digest(table),
                 "bytes": 123456} for table in tables
            ],
        },
        "return_form": {"form": "NROSH+ TSM return 2025", "note": "Check it against the form of the year."},
        "nrosh": [
            {"section": "Section2", "question": "Q3a", "datapoint": "DP_TSML565",
             "field": "Online_Publication_URL", "label": "permanent URL", "type": "url",
             "symbol": "", "value": "https://example.org/tsm",
             "note": ""},
            {"section": "Section4", "question": "Q5L3C5", "datapoint": "DP_TSML227", "field": "TP05_VS_LCRA",
             "label": "TP05 very satisfied", "type": "count", "symbol": "", "value": 220, "note": ""},
            {"section": "Section3", "question": "Q2L5", "datapoint": "DP_TSML999", "field": "BS05_Numerator",
             "label": "BS05 numerator", "type": "integer", "symbol": "[U]", "value": None,
             "note": "Not applicable: no lifts."},
            {"section": "Section4", "question": "Q9", "datapoint": "DP_TSML998", "field": "Change",
             "label": "Change on last year", "type": "integer", "symbol": "", "value": -5, "note": "=1+1"},
        ],
    }  # fmt: skip
    document["comparison"] = _comparison(document, text)
    document["summary"] = summarise(document)
    return document


# In points, or per 1,000 homes: how far last year's value lay from this year's.
_MOVES = (1.4, -2.6, 0.0, 5.2, -0.8)


def _comparison(document: dict[str, Any], text: str) -> dict[str, Any]:
    """Last year's values near this year's, of all figures but one; TP09 of LCHO had one last year alone."""
    rows = [
        {
            "measure": each["measure"], "population": each["population"], "numerator": None,
            "denominator": None, "value": round(max(each["value"] - _MOVES[number % len(_MOVES)], 0.0), 1),
        }
        for number, each in enumerate(document["figures"])
        if each["value"] is not None and (each["measure"], each["population"]) != ("TP12", "LCHO")
    ]  # fmt: skip
    rows.append({"measure": "BS05", "population": "ALL", "numerator": 30, "denominator": 40, "value": 75.0})
    last_year = LastYear(
        "2023-24", text or "previous_figures.csv", digest("last year"), False, pd.DataFrame(rows)
    )
    found = comparison(document, Beside(last_year))
    found["method_changes"] = [
        {
            "kind": "survey", "what": "How answers were collected", "subject": "how answers were collected",
            "population": "LCRA", "was": "telephone 91%, postal 9%",
            "now": text or "telephone 79%, internet 21%", "affects": list(PERCEPTION),
            "text": "LCRA: 79% of the responses were collected by telephone and 21% by internet; last year "
            "91% by telephone and 9% by post. The method alone can move results by up to ten points.",
        },
        {
            "kind": "target", "what": "Target for non-emergency repairs",
            "subject": "target for non-emergency repairs",
            "population": "", "was": "28 working days",
            "now": "20 working days", "affects": ["RP02_1"],
            "text": "The target for non-emergency repairs is 20 working days; last year it was 28.",
        },
    ]  # fmt: skip
    return found


def empty() -> dict[str, Any]:
    """Nothing could be reported: every value is missing, every list that may be empty is empty."""
    document = build()
    for figure in document["figures"]:
        figure |= {
            "numerator": None, "denominator": None, "value": None, "value_text": "Withheld",
            "status": "withheld", "answers": None, "filter_yes": None, "filter_no": None,
            "not_applicable": None, "met_without_extension": None, "met_with_extension": None,
            "reason": "Withheld: the file that it is made from was refused.",
        }  # fmt: skip
    document["survey"] = []
    document["repairs"] = {"targets": [], "return_form": [], "context": {"raised": 0, "completed": 0,
                           "closed_without_completion": 0, "outstanding": 0}}  # fmt: skip
    for emptied in ("corrections", "exclusions", "rejected", "confirmations", "checks"):
        document[emptied] = []
    document["findings"] = {"counts": {"stop": 0, "confirm": 0, "note": 0}, "groups": [], "effects": []}
    document["settings"] = {"departures": [], "all": []}
    document["provenance"] = {"inputs": [], "assets": [], "kept": []}
    document["publication"] = {"url": None, "items": [], "deadline": None}
    document["landlord"]["contacts"] = []
    document["nrosh"] = []
    document["comparison"] = comparison(document, Beside())
    document["summary"] = summarise(document)
    return document


def combined() -> dict[str, Any]:
    """A landlord that surveys both tenures together: of LCRA alone it reports RP01 and RP02, no more."""
    document = build()
    for figure in document["figures"]:
        if figure["measure"] in PERCEPTION or figure["measure"].startswith("CH"):
            figure["population"] = {"LCRA": "COMBINED", "LCHO": "left out"}[figure["population"]]
    document["figures"] = [f for f in document["figures"] if f["population"] != "left out"]
    document["figures"].append(
        _figure("TP01", "LCRA", status="not_required", value_text="Not required", reason="Reported together.")
    )
    document["survey"] = [document["survey"][0] | {"population": "COMBINED"}]
    for population in document["populations"][:3]:
        together = population["key"] == "COMBINED"
        population["status"] = "reported" if together else "not_required"
        population["reason"] = "" if together else "Reported together with the other tenure."
    document["comparison"] = _comparison(document, "")
    document["summary"] = summarise(document)
    return document


def lcho_only() -> dict[str, Any]:
    """A landlord of part-owned homes alone: it has no LCRA homes, so no repairs."""
    document = build()
    document["figures"] = [each for each in document["figures"] if each["population"] != "LCRA"]
    document["survey"] = document["survey"][1:]
    document["populations"][0] |= {
        "status": "not_applicable", "reason": "The landlord owns no homes of this kind.",
    }  # fmt: skip
    document["comparison"] = _comparison(document, "")
    document["summary"] = summarise(document)
    return document


def _revise(document: dict[str, Any]) -> None:
    """Makes it a revision of what was filed, its approval void."""
    document["revision"] = {
        "number": 2, "text": "This revises the return that was filed on 30 June 2025.",
        "filed": {"on": "2025-06-30", "reference": "NROSH-1", "by": "Sam Example",
                  "at": "2025-06-30T10:00:00Z", "revision": 1, "return_sha256": digest("filed"),
                  "manifest_sha256": digest("manifest")},
        "figures_changed": 60,
        "differences": [
            {"part": "Figures", "what": f"RP02 (1), LCRA, {UNUSUAL}", "before": "93.1%",
             "after": f"92.8% {UNUSUAL * (number % 5)}"}
            for number in range(60)
        ],
    }  # fmt: skip
    (given,) = approval(draft=False)["given"]
    given |= {"stands": False, "changed": [f"RP02 (1), LCRA changed. {UNUSUAL}"] * 9, "by": UNUSUAL * 3}
    document["approval"] = {"standing": "void", "text": "The approval is void: RP02 (1) changed. " * 20,
                            "return_sha256": digest("return"), "given": [given] * 3}  # fmt: skip


def _add_wards(statistics: dict[str, Any]) -> None:
    """Adds a characteristic of sixty categories, some of them with names of several lines."""
    long = "The Extraordinarily Long Ward of Much Wenlock " * 3
    wards = {
        f"{long if place % 12 == 5 else ''}Number {place}": (40 + place, 9 + place * 7 % 11)
        for place in range(1, 61)
    }
    found = survey_statistics.representation("ward", wards, weighted=True)
    statistics["representativeness"].append(survey_statistics.represented(found))
    margins, cells = statistics["weights"]["margins"], statistics["groups"]["cells"]
    margins += [margins[0] | {"characteristic": "ward", "category": ward} for ward in wards]
    shown, hidden = (next(each for each in cells if each["mark"] == mark) for mark in ("", "small"))
    for ward in wards:
        named = {"characteristic": "ward", "category": ward}
        cells += [shown | named | {"significant": True}, hidden | named]


def crowded() -> dict[str, Any]:
    """The longest names and a great many rows, some with one word of ten thousand letters."""
    name = f"{UNUSUAL} The Extraordinarily Long Housing Association of Much Wenlock " * 5
    document = build(name=name, text="W" * 10_000 + UNUSUAL)
    _revise(document)
    groups = document["findings"]["groups"]
    document["findings"]["groups"] = [
        groups[number % 3] | {"finding_id": f"ABC-{number:03d}",
                              "message": f"Finding {number}. " * (number % 30 + 1),
                              "touches": list(MANAGEMENT)[: number % 14]}
        for number in range(200)
    ]  # fmt: skip
    _add_wards(document["survey"][0]["statistics"])
    document["exclusions"] = document["exclusions"] * 15
    document["status"]["missing"] = document["status"]["missing"] * 10
    document["summary"] = summarise(document)
    return document


def findings() -> list[dict[str, Any]]:
    """Rows of the findings table, with text that a spreadsheet would run."""
    common: dict[str, Any] = {
        "grade": "confirm", "table": "repairs", "file": "repairs.csv", "sheet": None,
        "column": "completed_at", "title": "Completed before it was reported",
        "remedy": "Correct the dates.", "effect": "row_rejected",
        "touches": "RP02_1;RP02_2",
    }  # fmt: skip
    return [
        common | {"finding_id": "REP-006", "row": 12, "value": "2024-05-01T10:00", "record_id": "R12",
                  "message": "Repair R12 was completed before it was reported."},
        common | {"finding_id": "REP-006", "row": None, "value": "=HYPERLINK(\"http://192.0.2.1\")",
                  "record_id": "@SUM(A1)", "message": "<script>alert(1)</script> +1 -1"},
        common | {"finding_id": "HOM-014", "grade": "note", "table": "homes", "file": "homes.csv", "row": 3,
                  "column": "uprn", "value": float("nan"), "record_id": "-5", "message": "\tNo UPRN\x07.",
                  "effect": "kept", "touches": ""},
    ]  # fmt: skip
