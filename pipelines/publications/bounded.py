"""Work with an end: a page is made in a process of its own, which is killed at a limit of time or memory.

Layout has inputs that take it hours or all of a machine's memory, and nobody can list them. The process is
kept for the next page, so that starting it is paid once. Nothing here knows what the work is.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from pipelines.publications.text import RenderError, plural
from schemas.errors import InputError

_MOST_JOBS = 25  # then a fresh process: what a renderer forgets to give back must not add up
_LATER = 10  # seconds after which a process ends by itself, where nobody is left to end it


@dataclass(frozen=True)
class Limits:
    """How long one piece of work may take, and how much memory its process may hold."""

    seconds: int = 300
    megabytes: int = 2048


def limits() -> Limits:
    """The limits in force: TSM_RENDER_SECONDS and TSM_RENDER_MEGABYTES, else the defaults."""
    usual = Limits()
    return Limits(
        _whole("TSM_RENDER_SECONDS", usual.seconds), _whole("TSM_RENDER_MEGABYTES", usual.megabytes)
    )


def bounded(
    function: Callable[..., bytes], *arguments: Any, what: str, within: Limits | None = None
) -> bytes:
    """What `function` returns, worked out in a process that ends at the limits.

    `function` is found there by its module and name, `what` names the work to the user ("The PDF of L0001
    for 2024-25"). RenderError where a limit is reached, and where the function raises one.
    """
    within = within or limits()
    with _one_at_a_time:
        outcome, value = _ask(_ready(within), (function, arguments), within.seconds)
    kept = "What was published before stays as it is."
    cause = (
        "A text or a list of enormous length in the landlord's files is the likeliest cause: shorten it, "
        "or set {} to more."
    )
    match outcome:
        case "done":
            return bytes(value)
        case "refused":
            raise RenderError(value)
        case "late":
            raise RenderError(
                f"{what} was not made: it took more than {plural(within.seconds, 'second')} "
                f"and was ended. {kept} " + cause.format("TSM_RENDER_SECONDS")
            )
        case "full":
            raise RenderError(
                f"{what} was not made: it needed more than {within.megabytes:,} MB of memory and was ended. "
                f"{kept} " + cause.format("TSM_RENDER_MEGABYTES")
            )
        case "died":
            raise RenderError(
                f"{what} was not made: the process that makes it ended by itself (status {value}), as one "
                f"does where memory runs out; it may hold {within.megabytes:,} MB. {kept} "
                + cause.format("TSM_RENDER_MEGABYTES")
            )
    raise RuntimeError(f"{what} was not made, by a fault of the software:\n{value}")


def stop() -> None:
    """End the process that waits for work, and with it any work that it is at."""
    global _worker
    worker, _worker = _worker, None
    if worker is not None and worker.owner == os.getpid():
        worker.process.kill()
        worker.process.wait()
        for pipe in (worker.jobs, worker.answers):
            with suppress(OSError):  # a job half written is of no use to anybody
                pipe.close()


# --------------------------------------------------------------------------------------- this side


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    jobs: IO[bytes]
    answers: IO[bytes]
    within: Limits
    owner: int
    done: int = 0


_worker: _Worker | None = None
_one_at_a_time = threading.Lock()
atexit.register(stop)


def _ready(within: Limits) -> _Worker:
    """The worker from last time, or a new one where there is none, it is spent, or its limits are others."""
    global _worker
    if _worker is not None and _worker.owner != os.getpid():
        _worker = None  # this process was forked: the worker is its parent's
    if _worker is not None and (
        _worker.within != within or _worker.done >= _MOST_JOBS or _worker.process.poll() is not None
    ):
        stop()
    if _worker is None:
        # Not multiprocessing: it would run this program's main module again, and refuses to start anything
        # inside a daemonic process. `sys.path` goes with it, the working directory does not come on it.
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; from pipelines.publications.bounded import serve; "
            f"serve({within.seconds}, {within.megabytes})"
        )
        process = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a library prints there may hold the landlord's own text
        )
        assert process.stdin is not None
        assert process.stdout is not None
        _worker = _Worker(process, process.stdin, process.stdout, within, os.getpid())
    return _worker


def _ask(worker: _Worker, job: tuple[Callable[..., bytes], tuple[Any, ...]], seconds: int) -> tuple[str, Any]:
    """The worker's answer; a worker that gave none is ended here, whatever happens meanwhile."""
    late = threading.Event()

    def end() -> None:
        late.set()
        worker.process.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        pickle.dump(job, worker.jobs)
        worker.jobs.flush()
        outcome, value = pickle.load(worker.answers)  # noqa: S301 - from our own process
    except (EOFError, OSError, pickle.UnpicklingError):
        outcome, value = ("late", None) if late.is_set() else ("died", worker.process.wait())
    except BaseException:
        stop()
        raise
    finally:
        timer.cancel()
    worker.done += 1
    if late.is_set() or outcome in ("late", "full", "died"):
        stop()
    return outcome, value


def _whole(name: str, usual: int) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 10**7):
        raise InputError(f"{name} must be a whole number above 0, not {text!r}.")
    return int(text)


# ------------------------------------------------------------------------------------ the other side


def serve(seconds: int, megabytes: int) -> None:
    """Answer one job after another, until the other side hangs up or a limit ends this process."""
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    _limit_memory(megabytes)
    while True:
        try:
            function, arguments = pickle.load(jobs)  # noqa: S301 - from our own process
        except EOFError:
            return
        _end_after(seconds + _LATER)
        answer = _answer(function, arguments)
        gc.collect()
        _end_after(0)
        with suppress(BrokenPipeError):
            pickle.dump(answer, answers)
            answers.flush()


def _answer(function: Callable[..., bytes], arguments: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "done", function(*arguments)
    except MemoryError:
        return "full", None
    except RenderError as error:
        return "refused", str(error)
    except Exception:
        return "fault", traceback.format_exc()


def _limit_memory(megabytes: int) -> None:
    with suppress(ImportError, ValueError, OSError):  # a system that has no such limit still has the clock
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))


def _end_after(seconds: int) -> None:
    """Have the kernel end this process, for a parent that was killed and cannot."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
