"""Publications: every output of a return, rendered from its document and moved in together.

Here: one step for all of them, because a return is replaced whole or not at all. Not here: pages
(pipelines.publications) and the manifest (pipelines.assurance).
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
from upath import UPath

from pipelines.assurance import manifest
from pipelines.assurance.approval import mark
from pipelines.assurance.archive import archive_of, forget_unnamed, missing_from
from pipelines.assurance.compute import REFERS_TO, gather
from pipelines.assurance.release import files_in, publish_return, spot_for
from pipelines.assurance.verify import ACTS, RETURN, parse, read_log, return_sha256
from pipelines.partitions import code_and_year
from pipelines.publications import (
    figures_csv,
    findings_csv,
    findings_html,
    findings_xlsx,
    nrosh_csv,
    pdf_of,
    return_json,
    return_xlsx,
    tenants_embed_html,
    tenants_html,
)
from pipelines.publications.bounded import bounded, stop
from pipelines.returns_index import refresh_index
from pipelines.storage import content_hash, parquet_bytes
from schemas.rulebook import load_edition

from .common import (
    ACTS_KEY,
    CODE_VERSION,
    FINDINGS_KEY,
    OWNERS,
    PERSONAL,
    TAGS,
    Place,
    edition_metadata,
    kept_file,
    kept_frames,
    refuse_if_stopped,
    stops_in,
)
from .measures import WEIGHTS_KEY, measure_key, reported_measures
from .records import record_key
from .statutory_return import ALL_FINDINGS_KEY, DOCUMENT_KEY
from .survey import FINDINGS_KEY as SURVEY_FINDINGS_KEY
from .withheld import remove_findings

GROUP = "publications"
LEDGERS = "ledgers"
WEIGHTS = "weights"
log = logging.getLogger("tsm")

# Each output: its asset's name, its file, and for whom it is.
OUTPUTS = {
    "return_pdf": ("return.pdf", "The regulator-ready return, tagged and archival, with return.json inside."),
    "return_json": ("return.json", "The whole return for machines (schemas/return.schema.json)."),
    "figures_csv": ("figures.csv", "One row a reported value."),
    "nrosh_csv": ("nrosh.csv", "What is typed into NROSH+, in the form's order."),
    "return_xlsx": ("return.xlsx", "The same as a workbook: figures, entry sheet, findings."),
    "tenants_html": ("tenants.html", "The page that a landlord must publish for its tenants."),
    "tenants_embed_html": ("tenants-embed.html", "The headlines of that page, to embed in a website."),
    "findings_csv": ("findings.csv", "Every finding, for the data team."),
    "findings_html": ("findings.html", "The findings as a page, summary first."),
    "findings_xlsx": ("findings.xlsx", "The findings as a workbook, the cells marked in copies of the rows."),
    "ledgers": (
        LEDGERS,
        "The rows behind every figure, one Parquet file a measure, and the survey's weights.",
    ),
    "manifest": (manifest.NAME, "Hashes of every input and output, and versions."),
}


def publication_key(name: str) -> dg.AssetKey:
    """Return the key of an output's asset."""
    return dg.AssetKey([GROUP, name])


def render(
    document: Mapping[str, Any],
    findings: pd.DataFrame,
    ledgers: Mapping[str, pd.DataFrame],
    weights: pd.DataFrame,
    copied: Mapping[str, pd.DataFrame],
) -> dict[str, bytes]:
    """Return every output but the manifest: relative file name → content.

    `copied`: the landlord's rows that have findings, by table.
    """
    listed = findings.astype(object).where(findings.notna(), None).to_dict("records")
    as_json = return_json(document)
    whose = f"The PDF of {document['landlord']['code']} for {document['reporting_year']}"
    makers: dict[str, Callable[[], bytes]] = {
        "return.json": lambda: as_json,
        "figures.csv": lambda: figures_csv(document),
        "nrosh.csv": lambda: nrosh_csv(document),
        "return.xlsx": lambda: return_xlsx(document, listed),
        "tenants.html": lambda: tenants_html(document),
        "tenants-embed.html": lambda: tenants_embed_html(document),
        "findings.csv": lambda: findings_csv(document, listed),
        "findings.html": lambda: findings_html(document, listed),
        "findings.xlsx": lambda: findings_xlsx(document, listed, copied),
    }
    files = {}
    # The PDF takes longest, in a process of its own: the others are made meanwhile.
    with ThreadPoolExecutor(1) as beside:
        log.info("Writing return.pdf")
        pdf = beside.submit(bounded, pdf_of, as_json, what=whose)
        try:
            for name, make in makers.items():
                log.info("Writing %s", name)
                files[name] = make()
            files["return.pdf"] = pdf.result()
        except BaseException:
            stop()
            raise
    files |= {f"{LEDGERS}/{key}.parquet": parquet_bytes(lines) for key, lines in ledgers.items()}
    # What an auditor needs, and no more: the other columns say how the weight came about.
    published = weights[["population", "response_id", "weight"]]
    return files | {f"{LEDGERS}/weights.parquet": parquet_bytes(published)}


def build_publications(partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the assets of all outputs: one step, so that they are replaced together."""

    copied_keys = {name: record_key(name, "_copied") for name in REFERS_TO}

    @dg.multi_asset(
        name="publications",
        outs={
            name: dg.AssetOut(
                key=publication_key(name),
                dagster_type=dg.Nothing,
                description=f"{description} In the returns folder as `{file}`.",
                group_name=GROUP,
                owners=OWNERS,
                tags=PERSONAL if name in (LEDGERS, "findings_xlsx") else TAGS,
                kinds={file.rpartition(".")[2]} if "." in file else {"parquet"},
                code_version=CODE_VERSION,
            )
            for name, (file, description) in OUTPUTS.items()
        },
        ins={
            "document": dg.AssetIn(DOCUMENT_KEY),
            "findings": dg.AssetIn(ALL_FINDINGS_KEY),
            "record_findings": dg.AssetIn(FINDINGS_KEY),
            "survey_findings": dg.AssetIn(SURVEY_FINDINGS_KEY),
            "weights": dg.AssetIn(WEIGHTS_KEY),
        },
        deps=[
            ACTS_KEY,
            *(measure_key(measure.key) for measure in reported_measures()),
            *copied_keys.values(),
        ],
        partitions_def=partitions,
    )
    def publications(
        context: dg.AssetExecutionContext,
        place: Place,
        document: Any,
        findings: pd.DataFrame,
        record_findings: pd.DataFrame,
        survey_findings: pd.DataFrame,
        weights: pd.DataFrame,
    ) -> Iterator[dg.MaterializeResult[Any]]:
        refuse_if_stopped(stops_in(gather([record_findings, survey_findings])), "The return")
        refuse_if_stopped(stops_in(findings), "The return")
        code, year = code_and_year(context)
        edition = load_edition(year)
        keys = {measure.key: measure_key(measure.key) for measure in edition.measures}
        own = kept_frames(context, place, keys)
        _require_the_documents_ledgers(document, own | {WEIGHTS: weights})
        log = read_log(kept_file(context, place, ACTS_KEY, ACTS), ACTS)
        filed = kept_file(context, place, ACTS_KEY, f"filed/{RETURN}")
        digest = return_sha256(document)
        spot = spot_for(place.returns(code, year), log, digest)
        folder = spot.folder
        if spot.filed:  # the same return again: what was filed stays as it is, to the byte
            files = files_in(folder)
        else:
            marked = mark(document, log, spot.number, parse(filed) if filed else None)
            files = render(marked, findings, own, weights, kept_frames(context, place, copied_keys))
            if log.data:
                files[ACTS] = log.data
            files[manifest.NAME] = manifest.manifest(marked, files)
            archive = archive_of(UPath(place.store), code)
            _require_archived(archive, document)
            publish_return(files, place.returns(code, year), log, spot, digest)
            forget_unnamed(archive, place.returns(code, year).parent)
        remove_findings(place.returns(code, year))
        refresh_index(Path(place.home))
        for name, (file, _) in OUTPUTS.items():
            content = b"".join(
                files[each] for each in sorted(files) if each == file or each.startswith(f"{file}/")
            )
            link = {} if name == LEDGERS else {"download": _link(folder.relative_to(place.home), file)}
            yield dg.MaterializeResult(
                asset_key=publication_key(name),
                metadata={
                    **link,
                    "path": dg.MetadataValue.path(folder / file),
                    "bytes": len(content),
                    **edition_metadata(edition),
                },
                data_version=dg.DataVersion(hashlib.sha256(content).hexdigest()),
            )

    return publications


def _require_archived(archive: Any, document: Mapping[str, Any]) -> None:
    """Raise where something that the return is made of is not in the archive as it was."""
    if missing := missing_from(archive, document["provenance"].get("kept", ())):
        raise dg.Failure(
            f"The archive has not kept {missing[0]['file']}, which the return is made of: materialise "
            "statutory_return and publications together (or the whole return).",
            allow_retries=False,
        )


def _link(folder: Path, file: str) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md(f"[Download {file}](/{folder.as_posix()}/{file})")


def _require_the_documents_ledgers(document: Mapping[str, Any], ledgers: Mapping[str, pd.DataFrame]) -> None:
    """Raise where a ledger is not the one that the document's figure was tallied from."""
    tallied = {each["key"]: each["data_version"] for each in document["provenance"]["assets"]}
    for key, lines in ledgers.items():
        name = (WEIGHTS_KEY if key == WEIGHTS else measure_key(key)).to_user_string()
        if tallied[name] != content_hash(lines):
            raise dg.Failure(
                f"{name} has changed since the return was assembled: materialise statutory_return and "
                "publications together (or the whole return), so that every figure has the rows behind it.",
                allow_retries=False,
            )
