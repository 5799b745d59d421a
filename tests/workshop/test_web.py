"""The web UI: its instance, its extra route, whom it refuses, and the private parts of Dagster beneath it."""

from __future__ import annotations

import http.client
import inspect
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import yaml

from pipelines.instance import ensure_instance, point_environment_at
from schemas.errors import InputError

ROOT = Path(__file__).resolve().parents[2]

TINY_DEFINITIONS = """
    import os
    import dagster as dg

    @dg.asset
    def home_seen():
        return dg.MaterializeResult(metadata={"home": os.environ["TSM_HOME"]})

    defs = dg.Definitions(assets=[home_seen], executor=dg.in_process_executor)
"""


# --- the instance -----------------------------------------------------------------------------------------


def test_instance_has_telemetry_and_the_welcome_off(tmp_path: Path) -> None:
    folder = ensure_instance(tmp_path / "home")

    assert folder == tmp_path / "home" / "dagster"
    settings = yaml.safe_load((folder / "dagster.yaml").read_text(encoding="utf-8"))
    assert settings["telemetry"] == {"enabled": False}
    assert settings["nux"] == {"enabled": False}


def test_instance_is_what_dagster_reads_from_it(tmp_path: Path) -> None:
    from dagster import DagsterInstance
    from dagster._core.run_coordinator import DefaultRunCoordinator

    with DagsterInstance.from_config(str(ensure_instance(tmp_path))) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert isinstance(instance.run_coordinator, DefaultRunCoordinator)


def test_an_edited_instance_is_left_as_it_is(tmp_path: Path) -> None:
    config = ensure_instance(tmp_path) / "dagster.yaml"
    config.write_text("telemetry: {enabled: false}  # ours\n", encoding="utf-8")

    ensure_instance(tmp_path)

    assert config.read_text(encoding="utf-8") == "telemetry: {enabled: false}  # ours\n"
    assert [path.name for path in config.parent.iterdir()] == ["dagster.yaml"]


def test_a_home_that_cannot_hold_an_instance_is_named_with_the_remedy(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file, not a folder", encoding="utf-8")

    with pytest.raises(InputError, match="--home") as caught:
        ensure_instance(home)
    assert str(home) in str(caught.value)


def test_the_environment_leads_to_the_home_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TSM_HOME", "DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "as it was")  # restored afterwards
    monkeypatch.chdir(tmp_path)

    point_environment_at(Path("home"))

    assert os.environ["TSM_HOME"] == str(tmp_path / "home")
    assert os.environ["DAGSTER_HOME"] == str(tmp_path / "home" / "dagster")
    assert os.environ["DAGSTER_DISABLE_TELEMETRY"] == "1"


def test_workspace_names_the_code_location_as_pyproject_does() -> None:
    import tomllib

    (entry,) = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert entry["python_module"]["module_name"] == "pipelines.definitions"
    assert entry["python_module"]["location_name"] == project["tool"]["dg"]["project"]["code_location_name"]


# --- the server, as a user meets it -----------------------------------------------------------------------


class Server:
    """A running web UI and the raw requests to it (a client library would tidy `..` away before sending)."""

    def __init__(self, port: int, home: Path) -> None:
        self.port = port
        self.home = home

    def ask(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None, body: str | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("web")
    (folder / "tiny_definitions.py").write_text(textwrap.dedent(TINY_DEFINITIONS), encoding="utf-8")
    (folder / "workspace.yaml").write_text(
        "load_from: [{python_module: {module_name: tiny_definitions, location_name: tsm, "
        f"working_directory: '{folder}'}}}}]",
        encoding="utf-8",
    )
    year = folder / "home" / "returns" / "L0001" / "2024-25"
    port = _free_port()
    program = (
        "from pathlib import Path; from pipelines.web import serve; "
        f"serve(Path('home'), port={port}, workspace=Path('workspace.yaml'))"
    )
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        running = Server(port, folder / "home")
        deadline = time.monotonic() + 120
        while True:
            try:
                running.ask("/server_info")
                break
            except OSError:
                failed = process.poll() is not None or time.monotonic() > deadline
                assert not failed, (folder / "log").read_text(encoding="utf-8")
                time.sleep(0.2)
        # Only now: a landlord's first return may be written after the UI was started.
        year.mkdir(parents=True)
        (year / "return.pdf").write_bytes(b"%PDF-1.7 a return")
        (year / "tenants.html").write_text("<p>a page for tenants", encoding="utf-8")
        (year / ".return.pdf.part").write_bytes(b"half a return")
        (folder / "home" / "secret.txt").write_text("not a return", encoding="utf-8")
        (year / "link.txt").symlink_to(folder / "home" / "secret.txt")
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(timeout=60) == 0, (folder / "log").read_text(encoding="utf-8")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def test_the_pdf_is_sent_to_be_downloaded_under_a_name_of_its_own(server: Server) -> None:
    status, headers, body = server.ask("/returns/L0001/2024-25/return.pdf")

    assert (status, body) == (200, b"%PDF-1.7 a return")
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"] == 'attachment; filename="L0001-2024-25-return.pdf"'
    assert headers["x-content-type-options"] == "nosniff"


def test_a_replaced_return_is_not_answered_from_the_browsers_memory(server: Server) -> None:
    assert server.ask("/returns/L0001/2024-25/return.pdf")[1]["cache-control"] == "no-cache"


def test_a_published_page_is_shown_but_may_do_nothing(server: Server) -> None:
    status, headers, body = server.ask("/returns/L0001/2024-25/tenants.html")

    assert (status, body) == (200, b"<p>a page for tenants")
    assert headers["content-security-policy"].startswith("sandbox allow-downloads; default-src 'none'")
    assert "content-disposition" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/returns/../secret.txt",
        "/returns/L0001/../../secret.txt",
        "/returns/%2e%2e/secret.txt",
        "/returns/..%2fsecret.txt",
        "/returns//etc/hostname",
        "/returns/%2fetc%2fhostname",
        "/returns/L0001/2024-25/link.txt",  # a link that leads out of the folder
        "/returns/L0001/2024-25/.return.pdf.part",
        "/returns/L0001/2024-25/",
        "/returns/L0001/2024-25",
        "/returns/",
        "/returns/L0001/2024-25/none.pdf",
        "/returns/L0001/2024-25/%00",
    ],
)
def test_nothing_but_finished_files_of_the_folder_is_served(server: Server, path: str) -> None:
    status, _, body = server.ask(path)

    assert status == 404
    assert b"not a return" not in body
    assert b"return.pdf" not in body  # no listing either


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_returns_cannot_be_changed_over_the_web(server: Server, method: str) -> None:
    assert server.ask("/returns/L0001/2024-25/return.pdf", method=method)[0] == 405
    assert (server.home / "returns" / "L0001" / "2024-25" / "return.pdf").exists()


def _graphql(server: Server, query: str, variables: dict | None = None) -> dict:
    body = json.dumps({"query": query, "variables": variables or {}})
    status, _, answer = server.ask("/graphql", "POST", {"Content-Type": "application/json"}, body)
    assert status == 200, answer
    return json.loads(answer)["data"]


def test_a_run_started_in_the_ui_needs_no_daemon_and_sees_the_home(server: Server) -> None:
    launch = """
        mutation($selector: JobOrPipelineSelector!) {
          launchRun(executionParams: {selector: $selector, runConfigData: {}}) {
            __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
          }
        }"""
    selector = {
        "repositoryLocationName": "tsm",
        "repositoryName": "__repository__",
        "pipelineName": "__ASSET_JOB",
        "assetSelection": [{"path": ["home_seen"]}],
    }
    launched = _graphql(server, launch, {"selector": selector})["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched

    latest = """{ assetNodes { assetMaterializations(limit: 1) {
        metadataEntries { ... on TextMetadataEntry { label text } } } } }"""
    deadline = time.monotonic() + 120
    while not (found := _graphql(server, latest)["assetNodes"][0]["assetMaterializations"]):
        assert time.monotonic() < deadline, "the run was queued, or failed"
        time.sleep(0.3)
    assert {"label": "home", "text": str(server.home)} in found[0]["metadataEntries"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},  # a foreign name that resolves to this machine
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},  # another program's page on this machine
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    ],
)
def test_other_pages_cannot_act_through_the_browser(server: Server, headers: dict[str, str]) -> None:
    status, _, body = server.ask("/graphql?query={version}", "POST", headers)

    assert (status, body) == (403, b"Only this machine's own pages are answered.")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    ],
)
def test_the_uis_own_pages_and_links_to_it_are_answered(server: Server, headers: dict[str, str]) -> None:
    assert server.ask("/server_info", headers={**headers, "Host": f"localhost:{server.port}"})[0] == 200
    own = {**headers, "Origin": f"http://127.0.0.1:{server.port}"}
    assert server.ask("/graphql?query={version}", "POST", own)[0] == 200


# --- what is refused before anything is started -----------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "example.org", ""])  # noqa: S104
def test_only_loopback_is_served(tmp_path: Path, host: str) -> None:
    from pipelines.web import serve

    with pytest.raises(InputError, match=r"127\.0\.0\.1"):
        serve(tmp_path, host=host)
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_named_with_the_next_one(tmp_path: Path) -> None:
    from pipelines.web import serve

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} .*--port"):
            serve(tmp_path, port=port)
    assert list(tmp_path.iterdir()) == []


# --- upstream: the private parts relied on, so that a new release fails here and nowhere else ---------------


def test_upstream_webserver_asks_overridable_methods_for_its_routes_and_middleware() -> None:
    from dagster_webserver.webserver import DagsterWebserver

    for name in ("build_routes", "build_middleware"):
        assert list(inspect.signature(getattr(DagsterWebserver, name)).parameters) == ["self"]
    source = inspect.getsource(DagsterWebserver.create_asgi_app)
    assert "self.build_routes()" in source
    assert "self.build_middleware()" in source


def test_upstream_last_route_takes_every_path_so_ours_must_come_first() -> None:
    from dagster_webserver.webserver import DagsterWebserver

    assert '"/{path:path}"' in inspect.getsource(DagsterWebserver.build_routes)


def test_upstream_process_context_takes_the_arguments_we_give() -> None:
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget

    parameters = inspect.signature(WorkspaceProcessContext).parameters
    assert {"instance", "workspace_load_target", "version", "code_server_log_level"} <= set(parameters)
    assert len(WorkspaceFileTarget([str(ROOT / "workspace.yaml")]).create_origins()) == 1


def test_upstream_graphql_runs_what_a_plain_form_sends() -> None:
    """The reason for ThisMachineOnly: once this fails, Dagster refuses by itself and the class may go."""
    from dagster_webserver.graphql import GraphQLServer

    source = inspect.getsource(GraphQLServer.graphql_http_endpoint)
    assert source.count("data = request.query_params") == 1
    assert "QueryParams = request.query_params" in source
