"""What the measures are computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from schemas.rulebook import Edition, Settings
from schemas.targets import Target

from .stock import Stock, take_stock


@dataclass(frozen=True)
class Inputs:
    """The checked records of one landlord and year, and the rules to read them by.

    `accepted` and `rejected` map a table's name to its frame: the typed rows that passed every check, and
    the rows turned away (the table's key columns and `source_row`). `weights` maps each population that is
    weighted to what its responses count as: decimal text by response_id.
    """

    edition: Edition
    settings: Settings
    accepted: Mapping[str, pd.DataFrame]
    rejected: Mapping[str, pd.DataFrame]
    targets: Mapping[str, Target] = field(default_factory=dict)
    weights: Mapping[str, pd.Series] = field(default_factory=dict)

    @cached_property
    def stock(self) -> Stock:
        """The homes with their standing at year end."""
        return take_stock(self.accepted["homes"], self.edition, self.settings)
