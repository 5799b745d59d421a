"""Dagster's web UI with one route more: /returns, so that a return's asset page can link to its PDF.

Belongs here: serving. The pages are Dagster's own; the files under /returns are what the pipeline wrote.
The UI has no sign-in, so it is served to this machine only and answers nobody else's pages. What is used of
Dagster here is not all public: tests/workshop/test_web.py pins it.
"""

from __future__ import annotations

import errno
import logging
import signal
import socket
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvicorn
from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.version import __version__ as webserver_version
from dagster_webserver.webserver import DagsterWebserver
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import PathLike, StaticFiles

from pipelines.instance import point_environment_at
from schemas.errors import InputError

if TYPE_CHECKING:
    import os

    from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger(__name__)

WORKSPACE = Path(__file__).resolve().parents[1] / "workspace.yaml"
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# A published page may be read here, never act: it shares its origin with the UI, which can delete runs.
READ_ONLY_PAGE = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"


class Returns(StaticFiles):
    """The folder of returns, read-only: no listings, nothing outside it, no hidden (half-written) files."""

    def __init__(self, folder: Path) -> None:
        # The folder is made by the first return, perhaps after the UI was started.
        super().__init__(directory=folder, check_dir=False)
        self.folder = folder

    async def check_config(self) -> None:
        """Nothing to check: while the folder is missing, every file in it is simply not found."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if any(part.startswith(".") for part in PurePosixPath(path).parts):
            raise HTTPException(status_code=404)
        return await super().get_response(path, scope)

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        path = Path(full_path)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = (
            "no-cache"  # the next run replaces the file under the same address
        )
        if path.suffix == ".html":
            response.headers["Content-Security-Policy"] = READ_ONLY_PAGE
        else:
            # L0001-2024-25-return.pdf: a folder of downloads holds many a return.pdf otherwise.
            name = "-".join(path.relative_to(self.folder.resolve()).parts)
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class ThisMachineOnly:
    """Turns away what other web pages send to the UI through the browser of the person who runs it.

    Dagster executes whatever reaches /graphql, a form of any page included. So the host must be a loopback
    name (a page elsewhere may have its own name resolve to this machine), and what a page sends must come
    from the UI's own pages. Opening a link to the UI stays possible.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not self._is_welcome(scope):
            await PlainTextResponse("Only this machine's own pages are answered.", 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    @staticmethod
    def _is_welcome(scope: Scope) -> bool:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if urlsplit(f"//{host}").hostname not in LOOPBACK:
            return False
        if "origin" in headers:
            return headers["origin"] == f"http://{host}"
        if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
            return True
        # Another page's plain link to ours: a whole page is opened, where /graphql shows its editor only.
        return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


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
    _require_free(host, port)
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


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As uvicorn binds: a port that an ended server has just left is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise InputError(
                f"The web UI cannot use port {port} on {host} ({error.strerror}): "
                f"choose another one, such as --port {port + 1 if port < 65535 else 3000}."
            ) from error
