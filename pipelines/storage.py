"""Where assets live: Parquet and JSON through fsspec, a folder here or a bucket elsewhere.

Here: reading and writing what assets return. Not here: the landlord's files as they arrived (kept by the
`received` assets) and the published outputs (moved in together by the `publications` assets).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame (its `attrs` included) as Parquet: the same frame gives the same bytes."""
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), buffer, compression="zstd")
    return buffer.getvalue()


def json_bytes(value: Any) -> bytes:
    """Return a JSON document: the same value gives the same bytes."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def content_hash(value: Any) -> str:
    """Return the sha256 of what an asset holds, as it is stored: its data version."""
    stored = parquet_bytes(value) if isinstance(value, pd.DataFrame) else json_bytes(value)
    return hashlib.sha256(stored).hexdigest()


def store_of(home: Path) -> str:
    """Return where assets are kept: TSM_STORE (a folder or an fsspec address), else `<home>/store`."""
    return os.environ.get("TSM_STORE", str(home.resolve() / "store"))


def read_kept(store: str, key: dg.AssetKey, code: str, year: str) -> pd.DataFrame:
    """Return the frame that `ParquetStore` keeps of an asset's partition.

    For a step that reads many assets: declared as `deps` they are as much its lineage as inputs are, without
    the four events that Dagster records for every input.
    """
    return _read(UPath(store).joinpath(*key.path, code, f"{year}{ParquetStore.extension}"))


def _read(path: UPath) -> pd.DataFrame:
    return pq.read_table(io.BytesIO(path.read_bytes())).to_pandas()


class ParquetStore(dg.UPathIOManager):
    """Keeps frames as Parquet, one file an asset and partition."""

    extension = ".parquet"

    def dump_to_path(self, context: dg.OutputContext, obj: pd.DataFrame, path: UPath) -> None:
        _replace(path, parquet_bytes(obj))

    def load_from_path(self, context: dg.InputContext, path: UPath) -> pd.DataFrame:
        return _read(path)


class JsonStore(dg.UPathIOManager):
    """Keeps JSON documents, one file an asset and partition."""

    extension = ".json"

    def dump_to_path(self, context: dg.OutputContext, obj: Any, path: UPath) -> None:
        _replace(path, json_bytes(obj))

    def load_from_path(self, context: dg.InputContext, path: UPath) -> Any:
        return json.loads(path.read_bytes())


def _replace(path: UPath, content: bytes) -> None:
    # Written beside and moved over: a process killed half way leaves the last whole file.
    beside = path.with_name(f"{path.name}.part")
    beside.write_bytes(content)
    beside.rename(path)
