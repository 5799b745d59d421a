"""Dagster's web UI with one route more: /returns, so that a return's asset page can link to its PDF.

Belongs here: Dagster's webserver. The pages are its own; how the files under /returns are sent, and to whom,
is in pipelines.serving. What is used of Dagster here is not all public: tests/workshop/test_web.py pins it.
"""

from __future__ import annotations

import logging
import signal
from contextlib import suppress
from pathlib import Path

import uvicorn
from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.version import __version__ as webserver_version
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount

from pipelines.instance import point_environment_at
from pipelines.serving import LOOPBACK, Returns, ThisMachineOnly, require_free
from schemas.errors import InputError

logger = logging.getLogger(__name__)

WORKSPACE = Path(__file__).resolve().parents[1] / "workspace.yaml"


class TsmWebserver(DagsterWebserver[WorkspaceProcessContext, object]):  # type: ignore[type-var]
    """Dagster's webserver with the returns of one home under /returns."""

    def __init__(self, process_context: WorkspaceProcessContext, returns: Path) -> None:
        self._returns = returns
        super().__init__(process_context, live_data_poll_rate=2000)

    def build_middleware(self) -> list[Middleware]:
        return [Middleware(ThisMachineOnly), *super().build_middleware()]

    def build_routes(self) -> list[BaseRoute]:
        # First: Dagster's last route answers every path with the UI's page.
        return [Mount("/returns", Returns(self._returns), name="returns"), *super().build_routes()]


def serve(home: Path, host: str = "127.0.0.1", port: int = 3000, workspace: Path = WORKSPACE) -> None:
    """Serve the web UI on a loopback address until interrupted, with `<home>/returns` under /returns.

    Raises InputError where the address is not a loopback address or the port is taken.
    """
    if host not in LOOPBACK:
        raise InputError(
            f"The web UI cannot be served on '{host}': it has no sign-in and shows personal data, so it is "
            "kept to this machine; use --host 127.0.0.1, and an SSH tunnel to reach it from another one."
        )
    require_free(host, port)
    folder = point_environment_at(home)
    # Ended by whichever signal, the server leaves this block, and the code location's process ends with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        suppress(KeyboardInterrupt),
        DagsterInstance.from_config(str(folder)) as instance,
        WorkspaceProcessContext(
            instance,
            version=webserver_version,
            workspace_load_target=WorkspaceFileTarget([str(workspace)]),
            code_server_log_level="WARNING",
        ) as context,
    ):
        app = TsmWebserver(context, home.resolve() / "returns").create_asgi_app()
        logger.info("Serving %s on http://%s:%s", home, host, port)
        uvicorn.run(app, host=host, port=port, log_level="warning")
