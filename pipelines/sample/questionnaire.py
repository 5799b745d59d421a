"""The sample landlord's questionnaire, in the year's prescribed words."""

from __future__ import annotations

from schemas.rulebook import load_edition


def questionnaire(year: str, population: str, landlord: str) -> str:
    """The questions put to a population, each with its filter and its answers, as tenants saw them."""
    edition = load_edition(year)

    def named(text: str) -> str:
        return text.replace("[your landlord]", landlord).replace("[my landlord]", landlord)

    parts = [
        f"{landlord}: tenant perception survey {year}\n",
        f"{landlord} asks its tenants what they think of its services, and publishes the results as the\n"
        "tenant satisfaction measures. Your answers are confidential.\n",
    ]
    asked: set[str] = set()
    for measure in edition.measures:
        if measure.question is None or (measure.lcra_only and population == "LCHO"):
            continue
        if measure.filter and measure.filter not in asked:
            asked.add(measure.filter)
            parts.append(f"{named(edition.filters[measure.filter])}\n  [ ] Yes\n  [ ] No\n")
        answers = [answer.label for answer in edition.scales[str(measure.scale)].answers]
        if measure.nadk_offered:
            answers.append(edition.nadk)
        boxes = "".join(f"  [ ] {answer}\n" for answer in answers)
        parts.append(f"{measure.key}  {named(measure.question)}\n{boxes}")
    parts.append("Thank you.\n")
    return "\n".join(parts)
