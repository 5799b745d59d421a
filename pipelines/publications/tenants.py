"""The page that a landlord must publish for its tenants: one file, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.publications import content
from pipelines.publications.pages import screen, stylesheet


def tenants_html(document: Mapping[str, Any]) -> bytes:
    """The tenants' page as UTF-8 HTML: every figure that has been worked out, both parts of each two-part
    measure, the targets, the survey approach a to k, the questions, the complaint time limits.
    """
    template = screen().get_template("tenants.html.j2")
    html = template.render(
        document=document,
        css=stylesheet("page.css"),
        measures=content.measures_by_key(document),
        shown=content.populations_shown(document),
    )
    return html.encode("utf-8")
