"""The return document becomes pages and files: pure functions from one dict to bytes.

No figure is computed here: every value, count and percentage is read from the document.
"""

from pipelines.publications.exports import figures_csv, nrosh_csv, return_json
from pipelines.publications.findings import findings_csv, findings_html
from pipelines.publications.findings_workbook import findings_xlsx, rows_with_findings
from pipelines.publications.pdf import return_pdf
from pipelines.publications.tenants import tenants_embed_html, tenants_html
from pipelines.publications.text import RenderError
from pipelines.publications.workbook import return_xlsx

__all__ = [
    "RenderError",
    "figures_csv",
    "findings_csv",
    "findings_html",
    "findings_xlsx",
    "nrosh_csv",
    "return_json",
    "return_pdf",
    "return_xlsx",
    "rows_with_findings",
    "tenants_embed_html",
    "tenants_html",
]
