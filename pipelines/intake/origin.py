"""Where the rows of a mapped table stood: file, sheet, row, heading, and the cell as it was there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.intake.dates import Rewritten
from schemas.tables import is_personal

# A column's cells as they stood, one piece after another.
Pieces = Sequence[pa.Array | Rewritten]


@dataclass(frozen=True)
class SourceFile:
    """One file, or one query, that rows of a table were read from.

    `name`: the file's name inside the year's folder. `headings`: our column → the file's own heading of it.
    """

    name: str
    sheet: str
    sha256: str
    size: int
    headings: Mapping[str, str] = field(default_factory=dict)
    label: str = ""


def labelled(files: list[SourceFile]) -> tuple[SourceFile, ...]:
    """The files, each with the label that tells it from the others: its name, and its sheet where need be."""
    sheets: dict[str, set[str]] = {}
    for file in files:
        sheets.setdefault(file.name, set()).add(file.sheet)
    return tuple(
        replace(file, label=f"{file.name} ({file.sheet})" if len(sheets[file.name]) > 1 else file.name)
        for file in files
    )


@dataclass(frozen=True)
class Origin:
    """Where each row of a mapped table stood.

    `at`: for each row which of `files` it is from; `rows`: its row there, as a spreadsheet numbers it.
    `given`: our column → its cells before they were re-written, in pieces; `spread`: our column → for each
    row which of some headings its cell stood under. A frame's index says which of these rows its rows are, so
    that a frame may lose rows and the origin needs no change.
    """

    files: tuple[SourceFile, ...]
    at: np.ndarray
    rows: np.ndarray
    given: Mapping[str, Pieces] = field(default_factory=dict)
    spread: Mapping[str, tuple[np.ndarray, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def several(self) -> bool:
        """Whether a row's number alone does not say where it stood."""
        return len({file.label for file in self.files}) > 1

    def row_numbers(self, index: pd.Index | np.ndarray) -> np.ndarray:
        """The rows' numbers in their files."""
        return self.rows[np.asarray(index)]

    def labels(self, index: pd.Index | np.ndarray) -> pd.Series:
        """What names each row's file (see `labelled`), without an index of its own."""
        return self._of_files([file.label for file in self.files], index)

    def names(self, index: pd.Index | np.ndarray) -> np.ndarray:
        """The name of each row's file."""
        return self._of_files([file.name for file in self.files], index).to_numpy()

    def sheets(self, index: pd.Index | np.ndarray) -> np.ndarray:
        """The name of each row's sheet."""
        return self._of_files([file.sheet for file in self.files], index).to_numpy()

    def _of_files(self, words: list[str], index: pd.Index | np.ndarray) -> pd.Series:
        return pd.Series(words, dtype="str").take(self.at[np.asarray(index)]).reset_index(drop=True)

    def headings(self, column: str, index: pd.Index | np.ndarray) -> np.ndarray:
        """The heading that each row's cell of our column stood under; our column's name where it is ours."""
        if column in self.spread:
            which, names = self.spread[column]
            return np.array(names, dtype=object)[which[np.asarray(index)]]
        words = [file.headings.get(column, column) for file in self.files]
        return self._of_files(words, index).to_numpy()

    def is_personal(self, column: str) -> bool:
        """Whether our column stood under a heading that suggests a person: its cells are then not shown."""
        headings = {file.headings.get(column, "") for file in self.files}
        headings |= {*self.spread[column][1]} if column in self.spread else set()
        return any(is_personal(re.sub("[^a-z0-9]+", "_", heading.lower())) for heading in headings)

    def as_given(self, column: str, cells: pd.Series) -> pd.Series:
        """Cells of our column as they stood in the file; `cells` has them as they are now, by their index."""
        if column not in self.given:
            return cells
        rows = np.asarray(cells.index)
        texts = pd.Series("", index=cells.index, dtype="str")
        start = 0
        for piece in self.given[column]:
            end = start + len(piece)
            here = np.flatnonzero((rows >= start) & (rows < end))
            if len(here):
                texts.iloc[here] = _texts(piece, rows[here] - start)
            start = end
        return texts


def _texts(piece: pa.Array | Rewritten, rows: np.ndarray) -> np.ndarray:
    taken = piece.take(rows) if isinstance(piece, Rewritten) else piece.take(pa.array(rows))
    return taken.cast(pa.large_string()).to_numpy(zero_copy_only=False)
