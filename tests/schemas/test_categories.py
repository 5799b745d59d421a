"""Categories as they are compared."""

from __future__ import annotations

import pandas as pd
import pytest

from schemas.categories import NOT_STATED, label_of, stated


def test_what_says_that_nothing_is_stated() -> None:
    values = pd.Series([" a", "b ", "Unknown", "N/A", "", " ", None, "unknown area"], dtype="str")
    found = stated(values)
    assert found.dropna().to_list() == ["a", "b", "unknown area"]
    assert list(found.index) == list(values.index)
    assert (label_of("prefer not to say "), label_of(7)) == (NOT_STATED, "7")


@pytest.mark.parametrize("dtype", ["str", "object", "category", "float64"])
def test_nothing_stated_at_all(dtype: str) -> None:
    found = stated(pd.Series([None, None]).astype(dtype))
    assert found.isna().all()
    assert found.dtype == "str"
