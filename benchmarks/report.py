"""The PDF of a return against WeasyPrint given the same content plainly, and two workers against one.

    .venv/bin/python benchmarks/report.py [--runs 3] [--reports 6] [--document return.json]

The content is the tests' made-up return (40 pages and more), or the return.json of a real one.
"Plainly" is what WeasyPrint's first page of documentation shows: the same HTML, tables left to find
their own widths, charts inline, one call of `write_pdf` as PDF/A-3a. A second plain one has the fixed
table widths of our style sheet, so that what they gain is seen apart. Ours does more: it adds the
PDF/UA claim, mends the figures' places and refuses every warning and every fallback font.

Times are processor seconds, the least of several runs taken in turn, after one that is not counted.
Workers are processes that are started and warm; their rate is by the clock, and worth reading only on
an idle machine: the load before the start is printed. Beside it stands what two processes gain that only
count: virtual processors share a real one's clock and caches, and then even counting gains less than
twice. Exit status 1 where ours takes more than 0.8 of the plain time, or where two workers make less
than 1.9 times the reports of one and less than 0.95 of what counting gains.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

MOST_TIME, LEAST_GAIN, OF_COUNTING = 0.8, 1.9, 0.95
FIXED = "table-layout: fixed;"


def given(document: Path | None) -> bytes:
    """Return return.json: of a real return, or of the tests' made-up landlord."""
    from pipelines.publications import return_json
    from tests.publications.document import build

    return document.read_bytes() if document else return_json(build())


def plainly(attachment: bytes, fixed: bool) -> bytes:
    """Return the PDF as somebody would make it who has the same template and no more."""
    from weasyprint import HTML

    from pipelines.publications.pdf import return_html

    html = return_html(json.loads(attachment))
    assert FIXED in html, "the style sheet no longer says how tables are laid out: this compares nothing"
    return HTML(string=html if fixed else html.replace(FIXED, "")).write_pdf(pdf_variant="pdf/a-3a")


def ours(attachment: bytes) -> bytes:
    """Return the PDF as the product makes it."""
    from pipelines.publications import pdf_of

    return pdf_of(attachment)


def race(works: dict[str, Callable[[], bytes]], runs: int) -> dict[str, tuple[float, int]]:
    """Return for each work its least processor time in seconds and its pages; they take turns."""
    import io

    import pikepdf

    times: dict[str, list[float]] = {name: [] for name in works}
    pages = {}
    for turn in range(runs + 1):
        for name, work in works.items():
            gc.collect()
            begin = time.process_time()
            content = work()
            if turn:
                times[name].append(time.process_time() - begin)
            pages[name] = len(pikepdf.open(io.BytesIO(content)).pages)
    return {name: (min(times[name]), pages[name]) for name in works}


def counting(_: bytes) -> int:
    """Keep a processor busy for a second or so, with next to no memory."""
    return sum(number * number for number in range(15_000_000))


def rates(attachment: bytes, reports: int, runs: int) -> dict[str, dict[int, float]]:
    """Return by work what one worker and two make a minute, the most of several runs taken in turn."""
    works: dict[str, Callable[[bytes], object]] = {"reports": ours, "counting": counting}
    most = {name: {1: 0.0, 2: 0.0} for name in works}
    pools = {count: ProcessPoolExecutor(count, mp_context=get_context("spawn")) for count in (1, 2)}
    try:
        for count, pool in pools.items():  # start the processes and read the fonts: not counted
            list(pool.map(ours, [attachment] * 2 * count))
        for _ in range(runs):
            for name, work in works.items():
                for count, pool in pools.items():
                    begin = time.perf_counter()
                    made = len(list(pool.map(work, [attachment] * reports)))
                    rate = 60 * made / (time.perf_counter() - begin)
                    most[name][count] = max(most[name][count], rate)
    finally:
        for pool in pools.values():
            pool.shutdown()
    return most


def main() -> int:
    """Print times, rates and ratios; return 1 where one misses its goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--reports", type=int, default=6, help="how many each pool makes a run; 0: none")
    parser.add_argument("--document", type=Path, help="a return.json; else the tests' made-up return")
    options = parser.parse_args()
    print(f"{os.cpu_count()} processors, load before the start {os.getloadavg()[0]:.1f}")
    attachment = given(options.document)
    found = race(
        {
            "ours": lambda: ours(attachment),
            "plain": lambda: plainly(attachment, fixed=False),
            "plain, fixed tables": lambda: plainly(attachment, fixed=True),
        },
        options.runs,
    )
    for name, (seconds, pages) in found.items():
        ratio = found["ours"][0] / seconds
        print(f"{name:20s}{seconds:8.2f} s{pages:5d} pages   ours takes {ratio:.2f} of it")
    failed = found["ours"][0] > MOST_TIME * found["plain"][0]
    if options.reports:
        rate = rates(attachment, options.reports, options.runs)
        gain = {name: made[2] / made[1] for name, made in rate.items()}
        one, two = rate["reports"].values()
        print(f"one worker {one:.1f} reports a minute, two {two:.1f}: {gain['reports']:.2f} times")
        print(f"two processes that only count: {gain['counting']:.2f} times")
        failed = failed or gain["reports"] < min(LEAST_GAIN, OF_COUNTING * gain["counting"])
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
