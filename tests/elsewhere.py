"""Another machine, as far as one can be had here: another day, place, locale and hash seed, and no fonts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Every clock that a program can ask for the day, 400 days and some hours on.
_CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
#define SHIFT (400L * 86400 + 45296)
int clock_gettime(clockid_t id, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(id, at);
    if (!done && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += SHIFT;
    return done;
}
int gettimeofday(struct timeval *at, void *zone) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    at->tv_sec = exact.tv_sec;
    at->tv_usec = exact.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *at) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (at) *at = exact.tv_sec;
    return exact.tv_sec;
}
"""


def run_elsewhere(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with `arguments` elsewhere; `folder` is for what that takes. It must end well."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("a clock set forward needs Linux and a C compiler")
    source, clock, fonts = folder / "clock.c", folder / "clock.so", folder / "fonts.conf"
    source.write_text(_CLOCK, encoding="ascii")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", clock, source, "-ldl"], check=True)
    fonts.write_text(f"<fontconfig><cachedir>{folder}/fonts</cachedir></fontconfig>", encoding="ascii")
    different = {
        "LD_PRELOAD": str(clock),
        "FONTCONFIG_FILE": str(fonts),
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": str(ROOT),
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",  # with the next: files are ASCII unless a program says otherwise
        "PYTHONCOERCECLOCALE": "0",
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **different},
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done
