"""The rulebook: one edition per reporting year, stated as data in `editions/` and read into typed objects.

`load_edition("2024-25").measure("RP02_1").denominator` is the sentence that the return prints.
"""

from schemas.rulebook.diff import Change, diff_editions, format_diff
from schemas.rulebook.loader import editions, load_edition
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
    "diff_editions",
    "editions",
    "format_diff",
    "load_edition",
]
