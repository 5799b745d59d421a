"""The return as a PDF: tagged, archival, with return.json inside, and the same bytes every time."""

from __future__ import annotations

import base64
import gc
import json
import logging
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup

from pipelines.publications.fonts import FAMILIES, font_face_css, printable
from pipelines.publications.pages import brand_css, paper, stylesheet
from pipelines.publications.text import RenderError

ATTACHMENT_NAME = "return.json"

# As pipelines/publications/charts.py writes them; in the landlord's own text every "<" is escaped.
_CHART = re.compile(
    r"<svg(?P<attributes>[^>]*)>\s*<title>(?P<title>[^<]*)</title>(?P<marks>.*?)</svg>",
    re.DOTALL,
)
_CLASS = re.compile(r' class="[^"]*"')
_SVG_RULE = re.compile(r"(?<![\w.#-])svg\.")

# PDF/A allows a claim from a foreign namespace, such as PDF/UA's, only where its schema is described.
_UA_CLAIM = b"""<rdf:Description rdf:about=""
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about=""
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>The part of ISO 14289 that the document conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""


@dataclass(frozen=True)
class Section:
    """A numbered section of the report and the template that prints it."""

    anchor: str
    title: str
    template: str
    theme: Mapping[str, Any] | None = None
    number: int = 0

    @property
    def flows(self) -> bool:
        """Whether it begins where the one before ends; the themes begin on pages of their own."""
        return self.anchor in _FLOWING


# How it all came about is read from end to end, so that no page of it is left half empty.
_FLOWING = ("accuracy", "questionnaire", "standards", "quality", "checks", "method", "provenance")


def sections(document: Mapping[str, Any]) -> list[Section]:
    """The report's sections in order: the overview, a section a theme, then how it all came about."""
    planned = [Section("overview", "All reported values", "return/overview.html.j2")]
    planned += [
        Section(f"theme-{number}", str(theme["title"]), "return/theme.html.j2", theme)
        for number, theme in enumerate(document["themes"], start=1)
    ]
    if document["revision"]:
        planned.insert(0, Section("revision", "What changed since filing", "return/revision.html.j2"))
    planned += [
        Section("survey", "How the survey was done", "return/survey.html.j2"),
        Section("accuracy", "How accurate and how representative", "return/accuracy.html.j2"),
        Section("questionnaire", "The questionnaire", "return/questionnaire.html.j2"),
        Section("standards", "Repair targets and complaint time limits", "return/standards.html.j2"),
        Section("quality", "Data quality", "return/quality.html.j2"),
        Section("checks", "The regulator's validations and publication", "return/checks.html.j2"),
        Section("method", "Method", "return/method.html.j2"),
        Section("provenance", "Where the figures come from", "return/provenance.html.j2"),
        Section("sign-off", "Sign-off", "return/sign_off.html.j2"),
    ]
    return [
        Section(each.anchor, each.title, each.template, each.theme, number)
        for number, each in enumerate(planned, start=1)
    ]


def return_html(document: Mapping[str, Any]) -> str:
    """The HTML that the PDF is made from."""
    name = printable(str(document["landlord"]["name"]))
    fonts = font_face_css(json.dumps(document, ensure_ascii=False))
    brand = brand_css(document["landlord"]["branding"])
    template = paper().get_template("return.html.j2")
    return template.render(
        document=document,
        sections=sections(document),
        css=Markup("\n").join([Markup(fonts), stylesheet("return.css"), brand]),  # noqa: S704 - our own
        running_name=name if len(name) <= 70 else name[:68].rstrip() + "…",
    )


def return_pdf(document: Mapping[str, Any], attachment: bytes) -> bytes:
    """The return as PDF/A-3a and PDF/UA-1, `attachment` embedded as return.json, its data.

    Dates in the file are those of the reporting year's end, never the clock's: the same document gives
    the same bytes. RenderError where the page would be less than it seems: anything that WeasyPrint warns
    of (a missing picture, an unknown style, an address that was asked for) counts.
    """
    html = charts_as_images(return_html(document))
    return html_to_pdf(html, attachment, date.fromisoformat(document["year_end"]))


def charts_as_images(html: str) -> str:
    """`html` with each chart as a picture of the same look and words, `<title>` now its `alt`.

    Every mark of a chart would else be an element that all of the page's styles are tried on.
    """
    before, start, rest = html.partition("<style>")
    styles, end, body = rest.partition("</style>")
    # What a template says of `svg.bar` goes for its picture as well.
    return before + start + _SVG_RULE.sub(":is(svg, img).", styles) + end + _CHART.sub(_as_image, body)


def _as_image(chart: re.Match[str]) -> str:
    kind = _CLASS.search(chart["attributes"])
    source = f"<svg{chart['attributes']}>{chart['marks']}</svg>"
    data = base64.b64encode(source.encode("utf-8")).decode("ascii")
    return f'<img{kind[0] if kind else ""} alt="{chart["title"]}" src="data:image/svg+xml;base64,{data}">'


def pdf_of(attachment: bytes) -> bytes:
    """The return as PDF from return.json alone, which it then carries; see `return_pdf`."""
    return return_pdf(json.loads(attachment), attachment)


def html_to_pdf(html: str, attachment: bytes, day: date) -> bytes:
    """Renders `html` with no way to fetch anything but data: addresses; see `return_pdf`."""
    from weasyprint import HTML, Attachment
    from weasyprint.urls import URLFetcher

    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    with _warnings_are_errors(), _no_collecting():
        rendered = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=["data"])).render()
        return rendered.write_pdf(
            finisher=_finish,
            pdf_variant="pdf/a-3a",
            attachments=[
                Attachment(
                    string=attachment,
                    name=ATTACHMENT_NAME,
                    description="The whole return as data",
                    relationship="Data",
                    created=moment,
                    modified=moment,
                )
            ],
        )


def _finish(document: Any, pdf: Any) -> None:
    """Adds what WeasyPrint 70 leaves out: the PDF/UA-1 claim beside PDF/A's (issue 2783) and true places
    of the figures; lists the attachment once instead of twice.
    """
    from pydyf import Array  # type: ignore[import-untyped]

    _refuse_other_fonts(font.family for font in document.fonts.values())

    end = b"</rdf:RDF>"
    stream = next(each for each in pdf.objects if getattr(each, "extra", {}).get("Type") == "/Metadata")
    stream.stream = [part.replace(end, _UA_CLAIM + end) for part in stream.stream]
    pdf.catalog["AF"] = Array(dict.fromkeys(pdf.catalog["AF"]))
    # The boxes are written in CSS pixels from the top of the page; PDF counts points from its foot.
    height = document.pages[0].height
    for each in pdf.objects:
        if isinstance(each, dict) and each.get("S") == "/Figure":
            x1, y1, x2, y2 = each["A"]["BBox"]
            each["A"]["BBox"] = Array([0.75 * x1, 0.75 * (height - y2), 0.75 * x2, 0.75 * (height - y1)])


def _refuse_other_fonts(families: Iterable[str]) -> None:
    if strangers := sorted(set(families) - set(FAMILIES.values())):
        raise RenderError(
            f"The PDF was not made, because it would take a typeface of this machine "
            f"({', '.join(strangers)}) for a character that the report's own lacks. This is a fault of the "
            "report's template, not of your data: please report it."
        )


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Lets no cycle of garbage be looked for meanwhile: the boxes of all pages live until the last is drawn,
    and looking through them again and again takes time (benchmarks/README.md says how much).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Collector(logging.Handler):
    """Keeps what the renderer complains of in this thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread = threading.get_ident()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            self.messages.append(record.getMessage())


@contextmanager
def _warnings_are_errors() -> Iterator[None]:
    collector = _Collector()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(collector)
    try:
        yield
    finally:
        logger.removeHandler(collector)
    if collector.messages:
        more = f" (and {len(collector.messages) - 1} more)" if len(collector.messages) > 1 else ""
        raise RenderError(
            f"The PDF was not made, because its renderer warned: {collector.messages[0]}{more}. "
            "This is a fault of the report's template, not of your data: please report it."
        )
