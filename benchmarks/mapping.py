"""A million repairs from CSV, mapped and checked in full, against DuckDB's typed reading of the same file.

    .venv/bin/python benchmarks/mapping.py [--rows 1000000] [--runs 5] [--narrow]

The file is a housing system's export: other headings, British dates, codes for priority and status, a column
of free text; two rows in a hundred have a fault. Ours ends with typed records, every row turned away with its
reason, and every finding. DuckDB's ends with a typed table in memory and its own table of rejects; it checks
nothing else. Both use every processor. Times are the least of several runs taken in turn. Memory is the
peak of a process that does nothing else (the high-water mark of what is resident), less what that process
held before the work: the interpreter and its libraries, 200 MB whatever the file. Exit status 1 where ours
takes more than twice the time of DuckDB, or more than four times the size of the file in memory; the peak
with all that the process held before is printed beside it.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

MOST_TIME, MOST_MEMORY = 2.0, 4.0  # times DuckDB's, times the file's size
HOMES = 125_000
FORMAT = "%d/%m/%Y %H:%M"
SEED = 20250331
SOURCES = f"""\
tables:
  repairs:
    files: jobs.csv
    columns:
      repair_id: Job No
      home_id: Property Ref
      priority: Priority
      work_type: Job Type
      reported_at: Date Reported
      target_at: Target Date
      completed_at: Date Completed
      status: Job Status
    ignore: [Address, Trade, SOR Code, Description, Contractor, Cost]
    values:
      priority: {{E: emergency, R: non_emergency}}
      status: {{Raised: open}}
    dates: "{FORMAT}"
    filters: [{{column: Trade, is: [Test], reason: test jobs}}]
"""
TYPES = {
    "Date Reported": "TIMESTAMP",
    "Target Date": "TIMESTAMP",
    "Date Completed": "TIMESTAMP",
    "Cost": "DOUBLE",
}
WIDE = ("Address", "SOR Code", "Description", "Contractor", "Cost")  # what no measure asks for


def write(folder: Path, rows: int, narrow: bool = False) -> None:
    """Write the export, the homes that it speaks of, and how it is mapped; `narrow`: without `WIDE`."""
    random = np.random.Generator(np.random.PCG64([SEED, rows]))
    homes = pd.Series([f"H{number:06d}" for number in range(HOMES)], dtype="str")
    reported = np.datetime64("2024-04-01T00:00") + random.integers(0, 365 * 1440, rows).astype(
        "timedelta64[m]"
    )
    emergency = random.random(rows) < 0.2
    target = reported + np.where(emergency, 1440, 28 * 1440).astype("timedelta64[m]")
    done = reported + random.integers(60, 40 * 1440, rows).astype("timedelta64[m]")
    completed = random.random(rows) < 0.93
    trades = np.array(["Plumbing", "Electrical", "Carpentry", "Roofing", "Gas", "Plastering", "Test"])
    shares = [0.3, 0.2, 0.15, 0.1, 0.15, 0.095, 0.005]

    def shown(moments: np.ndarray) -> pd.Series:
        return pd.Series(moments).dt.strftime(FORMAT)

    faults = random.random(rows)
    number = random.integers(0, 10**6, rows)
    table = pd.DataFrame(
        {
            "Job No": [f"JOB{n:08d}" for n in random.permutation(rows)],
            "Property Ref": homes.take(random.integers(0, HOMES, rows)).to_numpy(),
            "Address": [f"{n % 90 + 1} Marlborough Gardens, Northtown NT{n % 9} {n % 7}AB" for n in number],
            "Trade": random.choice(trades, rows, p=shares),
            "SOR Code": [f"{n % 900_000:06d}/{n % 7}" for n in number],
            "Priority": np.where(faults < 0.005, "P7", np.where(emergency, "E", "R")),
            "Job Type": np.where(random.random(rows) < 0.9, "Responsive", "Void"),
            "Description": [f"Fault {n % 5000} reported by the tenant, attend and make safe" for n in number],
            "Contractor": random.choice(["Direct Labour Team", "Acme Property Services Ltd"], rows),
            "Date Reported": shown(reported).mask((faults > 0.01) & (faults < 0.02), "31/02/2024 10:00"),
            "Target Date": shown(target),
            "Date Completed": shown(done).where(completed, ""),
            "Job Status": np.where(completed, "Completed", "Raised"),
            "Cost": np.round(random.random(rows) * 300, 2),
        }
    )
    table = table.drop(columns=list(WIDE)) if narrow else table
    plain = pa.csv.WriteOptions(quoting_style="needed")
    pa.csv.write_csv(pa.Table.from_pandas(table, preserve_index=False), folder / "jobs.csv", plain)
    homes = pd.DataFrame({"home_id": homes, "tenure": "LCRA"})
    homes.to_csv(folder / "homes.csv", index=False)
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")


def ours(folder: Path) -> Callable[[], str]:
    """Return the work to be timed: from the file to records, rejected rows and findings."""
    from pipelines.intake import check_table, receive
    from schemas.rulebook import load_edition

    edition = load_edition("2024-25")
    settings = edition.resolve_settings({})
    homes = check_table(receive(folder, "homes"), edition, {}, settings).accepted

    def work() -> str:
        records = check_table(receive(folder, "repairs"), edition, {"homes": homes}, settings)
        parts = (
            (records.accepted, "accepted"),
            (records.rejected, "rejected"),
            (records.findings, "findings"),
        )
        return ", ".join(f"{len(frame):,} {name}" for frame, name in parts)

    return work


def duckdb(folder: Path) -> Callable[[], str]:
    """Return DuckDB's work: the same file as a typed table, rows that cannot be typed set aside."""
    import duckdb as duck

    headings = (folder / "jobs.csv").open(encoding="utf-8").readline().strip().replace('"', "").split(",")
    types = {name: TYPES.get(name, "VARCHAR") for name in headings}
    read = (
        f"create table jobs as select * from read_csv('{folder / 'jobs.csv'}', header = true, "  # noqa: S608
        f"columns = {types}, timestampformat = '{FORMAT}', store_rejects = true)"
    )

    def work() -> str:
        with duck.connect() as connection:
            connection.execute(read)
            (typed,) = connection.execute("select count(*) from jobs").fetchone() or (0,)
            (rejects,) = connection.execute("select count(*) from reject_errors").fetchone() or (0,)
        return f"{typed:,} typed, {rejects:,} rejects"

    return work


WORKS = {"ours": ours, "duckdb": duckdb}


def race(works: dict[str, Callable[[], Any]], runs: int) -> dict[str, tuple[float, Any]]:
    """Return for each work its least time in seconds and what it returned; they take turns."""
    times: dict[str, list[float]] = {name: [] for name in works}
    answers = {}
    for _ in range(runs):
        for name, work in works.items():
            begin = time.perf_counter()
            answers[name] = work()
            times[name].append(time.perf_counter() - begin)
    return {name: (min(times[name]), answers[name]) for name in works}


def peak(name: str, folder: Path) -> tuple[float, float]:
    """Return (megabytes before, megabytes at most) of a process that does one work once."""
    command = [sys.executable, __file__, "--only", name, "--folder", str(folder)]
    before, most = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(before), float(most)


def megabytes() -> float:
    """Return the most memory that this process has held."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # Unlike ru_maxrss this leaves out what the parent held when it started this process.
    return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024


def main() -> int:
    """Print times, memory and their ratios; return 1 where a ratio is too large."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--narrow", action="store_true", help="a file of the mapped columns alone")
    parser.add_argument("--only", choices=WORKS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        work = WORKS[options.only](options.folder)
        before = megabytes()
        work()
        print(before, megabytes())
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, options.rows, options.narrow)
        size = (folder / "jobs.csv").stat().st_size / 2**20
        print(f"{options.rows:,} repairs, {size:,.0f} MB")
        works = {name: make(folder) for name, make in WORKS.items()}
        found = race(works, options.runs)
        memory = {name: peak(name, folder) for name in WORKS}
    for name, (seconds, answer) in found.items():
        before, most = memory[name]
        print(f"{name:8s}{seconds:7.2f} s{most:8,.0f} MB ({before:,.0f} before)   {answer}")
    slower = found["ours"][0] / found["duckdb"][0]
    before, most = memory["ours"]
    larger = (most - before) / size
    print(f"ours takes {slower:.2f} times DuckDB's time (at most {MOST_TIME:g})")
    print(f"and at its peak {larger:.2f} times the file's size in memory (at most {MOST_MEMORY:g});")
    print(f"{most / size:.2f} times with what the process held before")
    return int(slower > MOST_TIME or larger > MOST_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
