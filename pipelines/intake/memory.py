"""Giving memory back: what is no longer needed would else be held for later by the allocators."""

from __future__ import annotations

import ctypes

import pyarrow as pa


def give_back() -> None:
    """Return to the system what Arrow's and the C library's allocators hold and nobody uses."""
    pa.default_memory_pool().release_unused()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):  # another C library: it keeps its own counsel
        return
