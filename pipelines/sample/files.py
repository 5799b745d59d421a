"""Writing tables so that the same content gives the same bytes, in each of the three formats."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from schemas.errors import InputError

_MARK = "(synthetic"
_ZIP_TIME = (2000, 1, 1, 0, 0, 0)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def write_table(frame: pd.DataFrame, path: Path) -> Path:
    """Write a table of text as `.csv`, `.xlsx` or `.parquet`, by the path's suffix.

    Blank text is an empty cell. In XLSX and Parquet a date is stored as a date, as an export would:
    in XLSX cell by cell, in Parquet where every cell of the column is a date or blank.
    """
    writers = {".csv": _write_csv, ".xlsx": _write_xlsx, ".parquet": _write_parquet}
    path.parent.mkdir(parents=True, exist_ok=True)
    writers[path.suffix](frame, path)
    return path


def write_text(text: str, path: Path) -> Path:
    """Write a text file with the same line ends on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def keep_off(folder: Path, name: str) -> None:
    """Raise InputError rather than write made-up records over a landlord's, or under a name that hides it."""
    if _MARK not in name:
        raise InputError(f"The name {name!r} of made-up records must say {_MARK}), so that nobody is misled.")
    about = folder / "landlord.yaml"
    if about.exists():
        known = (yaml.safe_load(about.read_text(encoding="utf-8")) or {}).get("name", "")
        if _MARK not in str(known):
            raise InputError(
                f"{about} belongs to {known!r}, whose records are not made up: "
                "give another code or home folder."
            )


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    columns = {}
    for name in frame.columns:
        text = frame[name].astype(object).where(frame[name] != "", None)
        present = text.dropna()
        is_date = len(present) > 0 and present.map(lambda cell: bool(_ISO_DATE.fullmatch(cell))).all()
        array = pa.array(text.tolist(), type=pa.string())
        columns[name] = array.cast(pa.date32()) if is_date else array
    pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=1_000_000)


def _write_xlsx(frame: pd.DataFrame, path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = path.stem
    sheet.append(list(frame.columns))
    for record in frame.itertuples(index=False):
        sheet.append([_cell(value) for value in record])
    raw = io.BytesIO()
    book.save(raw)
    _rezip(raw, path)


def _cell(value: str) -> object:
    if _ISO_DATE.fullmatch(value):
        return pd.Timestamp(value).date()
    return value or None


def _rezip(raw: io.BytesIO, path: Path) -> None:
    """Copy an XLSX with every time in it fixed: openpyxl stamps the moment of saving."""
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2000-01-01T00:00:00Z", content)
            member = zipfile.ZipInfo(name, _ZIP_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, content)
