"""The return document becomes pages and files: pure functions from one dict to bytes.

No figure is computed here: every value, count and percentage is read from the document.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.publications.exports import figures_csv, nrosh_csv, return_json
    from pipelines.publications.findings import findings_csv, findings_html
    from pipelines.publications.findings_workbook import findings_xlsx, rows_with_findings
    from pipelines.publications.pdf import pdf_of, return_pdf
    from pipelines.publications.tenants import tenants_embed_html, tenants_html
    from pipelines.publications.text import RenderError
    from pipelines.publications.workbook import return_xlsx

# Read when it is asked for: the process that makes the PDF needs neither pandas nor the workbooks.
_MODULES = {
    "RenderError": "text",
    "figures_csv": "exports",
    "findings_csv": "findings",
    "findings_html": "findings",
    "findings_xlsx": "findings_workbook",
    "nrosh_csv": "exports",
    "pdf_of": "pdf",
    "return_json": "exports",
    "return_pdf": "pdf",
    "return_xlsx": "workbook",
    "rows_with_findings": "findings_workbook",
    "tenants_embed_html": "tenants",
    "tenants_html": "tenants",
}

__all__ = [
    "RenderError",
    "figures_csv",
    "findings_csv",
    "findings_html",
    "findings_xlsx",
    "nrosh_csv",
    "pdf_of",
    "return_json",
    "return_pdf",
    "return_xlsx",
    "rows_with_findings",
    "tenants_embed_html",
    "tenants_html",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
