"""What of a landlord's own cells may be shown: nothing of a person, and no free text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from schemas.tables import TABLES, is_personal

MASKED = "•••"
_MARKS = re.compile("[^a-z0-9]+")


def is_private(table: str, names: Iterable[str]) -> bool:
    """Whether a column may hold something of a person: a person's particulars, or free text.

    `names`: our name of the column, and the landlord's headings of it.

    >>> is_private("survey_responses", ["comment"]), is_private("repairs", ["Tenant name"])
    (True, True)
    """
    ours = TABLES[table].by_name if table in TABLES else {}
    given = list(names)
    known = [ours[name] for name in given if name in ours]
    if any(column.personal or column.free_text for column in known):
        return True
    return any(is_personal(_MARKS.sub("_", name.lower())) for name in given)
