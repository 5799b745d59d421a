"""The rulebook: one edition per reporting year, stated as data in `editions/` and read into typed objects.

`load_edition("2024-25").measure("RP02_1").denominator` is the sentence that the return prints.
"""

from schemas.rulebook.diff import Change, diff_contents, diff_editions, format_changes, format_diff
from schemas.rulebook.loader import edition_as_kept, edition_of, editions, load_edition
from schemas.rulebook.model import (
    Accuracy,
    Answer,
    ApproachItem,
    Band,
    ComplaintsCode,
    Deadline,
    Edition,
    Measure,
    Programme,
    PublicationItem,
    Scale,
    Setting,
    Settings,
    StageLimits,
)

__all__ = [
    "Accuracy",
    "Answer",
    "ApproachItem",
    "Band",
    "Change",
    "ComplaintsCode",
    "Deadline",
    "Edition",
    "Measure",
    "Programme",
    "PublicationItem",
    "Scale",
    "Setting",
    "Settings",
    "StageLimits",
    "diff_contents",
    "diff_editions",
    "edition_as_kept",
    "edition_of",
    "editions",
    "format_changes",
    "format_diff",
    "load_edition",
]
