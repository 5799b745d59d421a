"""The sample landlord written once more, where somebody may have tried changes in its files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pyarrow.parquet as pq

from pipelines.sample.files import keep_off
from pipelines.sample.generator import Progress, SampleSpec, write_sample
from schemas.errors import InputError


def write_sample_again(home: Path, spec: SampleSpec | None = None, progress: Progress | None = None) -> None:
    """Write the sample landlord as `write_sample` does, but nothing over what somebody has changed.

    A file that is as this wrote it last may be another release's: it gives way. What was written is kept in
    `home`/store/sample. Raises InputError for a file of any other content, before anything is written.
    """
    spec = spec or SampleSpec()
    folder = home / "landlords" / spec.code
    keep_off(folder, spec.name)
    record = home / "store" / "sample" / f"{spec.code}.json"
    last = _read(record)
    with TemporaryDirectory() as scratch:
        made = {
            file.relative_to(scratch).as_posix(): file for file in write_sample(Path(scratch), spec, progress)
        }
        new = {name: file for name, file in made.items() if not _same(home / name, file)}
        changed = [name for name in new if (home / name).exists() and _sha256(home / name) != last.get(name)]
        if changed:
            more = f" (and {len(changed) - 1} more)" if len(changed) > 1 else ""
            raise InputError(
                f"{home / changed[0]}{more} is not as the sample has it and would be written over: give "
                f"another --home, or remove {folder} to start afresh."
            )
        for name, file in new.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_bytes(file.read_bytes())
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps({name: _sha256(home / name) for name in made}, indent=1), encoding="utf-8")


def _read(record: Path) -> dict[str, str]:
    try:
        known = json.loads(record.read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _same(there: Path, made: Path) -> bool:
    """Whether a file holds what was made. XLSX and Parquet hold bytes of the libraries that compress them."""
    if not there.is_file():
        return False
    if there.read_bytes() == made.read_bytes():
        return True
    try:
        return made.suffix in (".xlsx", ".parquet") and bool(_table(there) == _table(made))
    except Exception:  # a file that these libraries cannot read was changed, whatever they call it
        return False


def _table(file: Path) -> Any:
    if file.suffix == ".parquet":
        return pq.read_table(file)
    book = openpyxl.load_workbook(file)
    return [(sheet.title, list(sheet.iter_rows(values_only=True))) for sheet in book]
