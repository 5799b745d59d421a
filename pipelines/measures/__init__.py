"""The heart: every record classified in a ledger, every figure a tally of one."""

from schemas.targets import Target

from .classify import classify
from .figures import Figure, figures, figures_frame, figures_from_frame, plain
from .inputs import Inputs

__all__ = [
    "Figure",
    "Inputs",
    "Target",
    "classify",
    "figures",
    "figures_frame",
    "figures_from_frame",
    "plain",
]
