"""`tsm open`: the returns of a home on this machine's own address, read only, and nothing else."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import serving
from schemas.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
YEAR = "returns/L0001/2024-25"


class Server:
    """A running `tsm open` and the raw requests to it."""

    def __init__(self, address: str, home: Path) -> None:
        self.port = int(address.rstrip("/").rpartition(":")[2])
        self.home = home

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("home")
    year = home / YEAR
    (year / "ledgers").mkdir(parents=True)
    (year / "return.pdf").write_bytes(b"%PDF-1.7 a return")
    (year / "return.json").write_text("{}", encoding="utf-8")
    (year / "return.xlsx").write_bytes(b"PK")
    (year / "tenants.html").write_text("<p>a page for tenants", encoding="utf-8")
    (year / "ledgers" / "TP01.parquet").write_bytes(b"PAR1")
    (year / ".return.pdf.part").write_bytes(b"half a return")
    (home / "secret.txt").write_text("not a return", encoding="utf-8")
    (year / "link.txt").symlink_to(home / "secret.txt")
    (home / "returns" / "out").symlink_to(home)
    program = "from pipelines.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "--home", str(home), "open", "--no-browser"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Open http://127.0.0.1:"), line or process.communicate()[1]
        yield Server(line.split()[1], home)
        process.send_signal(signal.SIGINT)  # Ctrl-C
        rest, problems = process.communicate(timeout=60)
        assert (process.returncode, rest, problems) == (0, "", "")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def test_the_index_comes_first_and_is_up_to_date(server: Server) -> None:
    status, headers, body = server.ask("/")

    assert status == 200
    assert b"Returns of Tenant Satisfaction Measures" in body
    assert b"2024-25" in body
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert server.ask("/index.html")[2] == body


@pytest.mark.parametrize(
    ("file", "kind", "how"),
    [
        ("return.pdf", "application/pdf", "inline"),
        ("return.json", "application/json", "attachment"),
        ("return.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "attachment"),
        ("ledgers/TP01.parquet", "application/vnd.apache.parquet", "attachment"),
    ],
)
def test_a_file_has_its_type_and_a_name_of_its_own(server: Server, file: str, kind: str, how: str) -> None:
    status, headers, body = server.ask(f"/L0001/2024-25/{file}")

    assert (status, body) == (200, (server.home / YEAR / file).read_bytes())
    assert headers["content-type"] == kind
    name = "L0001-2024-25-" + file.replace("/", "-")
    assert headers["content-disposition"] == f'{how}; filename="{name}"'


@pytest.mark.parametrize("path", ["/", "/L0001/2024-25/tenants.html", "/L0001/2024-25/return.pdf"])
def test_every_answer_is_kept_to_itself(server: Server, path: str) -> None:
    headers = server.ask(path)[1]

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-cache"
    assert "server" not in headers
    if "pdf" not in path:
        policy = headers["content-security-policy"]
        assert policy.startswith("sandbox allow-downloads; default-src 'none'")
        assert "script-src" not in policy
        assert policy.endswith("frame-ancestors 'none'")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/L0001/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/L0001/2024-25/%2e%2e/%2e%2e/%2e%2e/secret.txt",
        "//etc/hostname",
        "/%2fetc%2fhostname",
        "/L0001/2024-25/link.txt",  # links that lead out of the folder
        "/out/secret.txt",
        "/L0001/2024-25/.return.pdf.part",
        "/.index.json",
        "/L0001/2024-25/",
        "/L0001",
        "/L0001/2024-25/none.pdf",
        "/L0001/2024-25/%00",
        "/" + "a" * 5000,
        "/returns/index.html",
    ],
)
def test_nothing_but_finished_files_of_the_folder_is_served(server: Server, path: str) -> None:
    status, _, body = server.ask(path)

    assert status == 404
    assert b"not a return" not in body
    assert b"return.pdf" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "WHATEVER"])
def test_it_is_only_read(server: Server, method: str) -> None:
    assert server.ask("/L0001/2024-25/return.pdf", method)[0] in (400, 405)
    assert (server.home / YEAR / "return.pdf").exists()


def test_a_head_has_no_body(server: Server) -> None:
    status, headers, body = server.ask("/L0001/2024-25/return.pdf", "HEAD")
    assert (status, headers["content-length"], body) == (200, "17", b"")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "", "[::2]"],
)
def test_a_foreign_name_that_resolves_to_this_machine_is_refused(server: Server, host: str) -> None:
    assert server.ask("/", Host=host)[0] in (400, 403)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "LOCALHOST"])
def test_this_machines_own_names_are_answered(server: Server, host: str) -> None:
    assert server.ask("/", Host=host)[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
    ],
)
def test_other_sites_cannot_take_a_page_in(server: Server, headers: dict[str, str]) -> None:
    assert server.ask("/L0001/2024-25/tenants.html", **headers)[0] == 403


def test_only_this_machine_is_listened_to(server: Server) -> None:
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("no /proc/net/tcp on this machine")
    wanted = f"{server.port:04X}"
    listening = [
        line.split()[1]
        for line in table.read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{wanted}")
    ]
    assert f"0100007F:{wanted}" in listening
    assert f"00000000:{wanted}" not in listening


def test_a_port_in_use_is_named_with_the_next_one(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"port {server.port} .*--port"):
        serving.serve_site(tmp_path, server.port, print)


@pytest.mark.parametrize(
    ("shown", "expected"), [({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "wayland-0"}, True), ({}, False)]
)
def test_a_browser_is_opened_only_where_there_is_a_display(
    monkeypatch: pytest.MonkeyPatch, shown: dict[str, str], expected: bool
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(serving.sys, "platform", "linux")
    monkeypatch.setattr(serving.webbrowser, "open", lambda address: opened.append(address) or True)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in shown.items():
        monkeypatch.setenv(name, value)

    assert serving.open_browser("http://127.0.0.1:1/") is expected
    assert bool(opened) is expected


def test_a_browser_that_fails_is_no_reason_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(address: str) -> bool:
        raise serving.webbrowser.Error("no browser")

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(serving.webbrowser, "open", fails)
    assert serving.open_browser("http://127.0.0.1:1/") is False
