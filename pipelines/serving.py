"""Files of returns over HTTP, to this machine only: what `tsm ui` and `tsm open` have in common.

Belongs here: which files are sent, with which headers, and to whom. Not here: Dagster's web UI
(pipelines.web). There is no sign-in anywhere, so nothing is served to another machine, and no page of
another site is answered.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import PathLike, StaticFiles

from schemas.errors import InputError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")

# A published page may be read here, never act: it shares its origin with the UI, which can delete runs.
READ_ONLY_PAGE = (
    "sandbox allow-downloads; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
)
# The same where nothing else is served: no other site may put it in a frame either.
READ_ONLY_SITE = f"{READ_ONLY_PAGE}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

# By what machines call the files of a return; a machine's own table may lack some, or say otherwise.
TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Returns(StaticFiles):
    """The folder of returns, read-only: no listings, nothing outside it, no hidden (half-written) files."""

    page_policy = READ_ONLY_PAGE
    shown: frozenset[str] = frozenset()  # endings of files that the browser shows; others are downloaded

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
        response.headers["Content-Type"] = TYPES.get(path.suffix, "application/octet-stream")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = (
            "no-cache"  # the next run replaces the file under the same address
        )
        if path.suffix == ".html":
            response.headers["Content-Security-Policy"] = self.page_policy
        else:
            # L0001-2024-25-return.pdf: a folder of downloads holds many a return.pdf otherwise.
            name = "-".join(path.relative_to(self.folder.resolve()).parts)
            how = "inline" if path.suffix in self.shown else "attachment"
            response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
        return response


class Site(Returns):
    """The same folder as a site of its own: its index first, PDFs shown by the browser."""

    page_policy = READ_ONLY_SITE
    shown = frozenset({".pdf"})

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response("index.html" if path == "." else path, scope)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
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


def require_free(host: str, port: int) -> None:
    """Raise InputError where nothing can be served on a port."""
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
                f"Nothing can be served on port {port} of {host} ({error.strerror}): "
                f"choose another one, such as --port {port + 1 if port < 65535 else 3000}."
            ) from error


def site(folder: Path) -> Starlette:
    """Return the application that serves a folder of returns, and nothing else."""
    return Starlette(routes=[Mount("/", Site(folder))], middleware=[Middleware(ThisMachineOnly)])


def serve_site(folder: Path, port: int, ready: Callable[[str], None]) -> None:
    """Serve a folder of returns on this machine until interrupted; `ready` is told the address.

    Port 0: whichever is free. Raises InputError where the port is taken.
    """
    host = LOOPBACK[0]
    require_free(host, port)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()  # whoever is told the address may ask at once
        config = uvicorn.Config(
            site(folder), log_level="error", lifespan="off", ws="none", server_header=False
        )
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            ready(f"http://{host}:{listening.getsockname()[1]}/")
            uvicorn.Server(config).run(sockets=[listening])


def open_browser(address: str) -> bool:
    """Show an address in the user's browser; return whether there is one.

    Without a display there is none: a browser in the terminal would take the terminal over.
    """
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return False
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False
