"""The machine's Chromium, driven: what it shows of a page, and what is wrong with that.

Every function that looks for faults gives a list of them, so that a test can also show that it finds one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: in a container Chromium cannot make one. The rest keeps it from talking to anybody.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ADDRESS = "http://page.test/"
# 1280 by 1024 pixels at a zoom of 400%.
ZOOMED = {"width": 320, "height": 256}
WIDE = {"width": 1280, "height": 1024}
# What repeats what stands before it, style by style.
_REPEATS = [[".measure + .measure"], [".asked + .asked"], ["tr + tr + tr"], [".listed + .listed"]]


def chromium(names: Sequence[str] = NAMES) -> str | None:
    """The path of the machine's Chromium; None where it has none, or only Ubuntu's pointer to a snap."""
    for path in filter(None, map(shutil.which, names)):
        if subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


def missing() -> NoReturn:
    """Skip the test for want of a browser; fail it in CI."""
    how = "no Chromium here: apt-get install --no-install-recommends chromium, or playwright install chromium"
    if os.environ.get("CI"):
        pytest.fail(how)
    pytest.skip(how)


class Shown:
    """A window of the browser, used for one page after the other: a new one takes a second each time.

    `asked` is every address that the page asked for, `said` what the console says.
    """

    def __init__(self, browser: Any) -> None:
        self.page = browser.new_page()
        self.asked: list[str] = []
        self.said: list[str] = []
        self.pages: dict[str, bytes] = {}
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.route("**/*", self._answer)

    def _answer(self, route: Any) -> None:
        name = route.request.url.removeprefix(ADDRESS)
        self.asked.append(name)
        if name in self.pages:
            route.fulfill(body=self.pages[name], content_type="text/html; charset=utf-8")
        else:
            route.abort()

    def show(
        self,
        html: bytes | str,
        viewport: dict[str, int] | None = None,
        dark: bool = False,
        motion: bool = True,
        paper: bool = False,
        **others: bytes,
    ) -> Shown:
        """Show a page; `others` are pages that it may ask for, by name without the ending."""
        content = html.encode() if isinstance(html, str) else html
        self.pages = {"page.html": content} | {f"{name}.html": other for name, other in others.items()}
        self.page.set_viewport_size(viewport or WIDE)
        self.page.emulate_media(
            media="print" if paper else "screen",
            color_scheme="dark" if dark else "light",
            reduced_motion="no-preference" if motion else "reduce",
        )
        self.page.goto("about:blank")
        self.asked.clear()
        self.said.clear()
        self.page.goto(ADDRESS + "page.html")
        return self

    def look(self, script: str, given: Any = None) -> Any:
        """What a script says of the page."""
        return self.page.evaluate(script, given)

    def becomes(self, script: str, seconds: float = 10) -> bool:
        """Whether what a script says of the page comes true in time: a key's scrolling takes some frames.

        Not `wait_for_function`: it asks again from within the page, whose own policy forbids that.
        """
        until = time.monotonic() + seconds
        while not (true := bool(self.look(script))) and time.monotonic() < until:
            self.page.wait_for_timeout(20)
        return true


@contextmanager
def running() -> Iterator[Shown]:
    """A window of a running browser."""
    from playwright.sync_api import Error, sync_playwright

    path = chromium()
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error:
            if path is not None:
                raise
            missing()  # Playwright has no browser of its own either
        try:
            yield Shown(browser)
        finally:
            browser.close()


def axe() -> str:
    """The script of axe-core."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Shown, *rules: str, part: str = "html") -> list[str]:
    """What axe-core finds wrong: by `rules`, else by all its rules but that of contrast.

    Contrast takes axe-core longer than everything else together, and is a matter of the style sheets, not of
    what a page says: it is asked for by name, where one page shows every style, each of them once.
    """
    page.look(axe())
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    else:
        options["rules"] = {"color-contrast": {"enabled": False}}
    where = {"include": [[part]], "exclude": _REPEATS if "color-contrast" in rules else []}
    found = page.look("([where, options]) => axe.run(where, options)", [where, options])
    return [
        f"{each['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


# What sticks out of the window to the right, unless it scrolls within a labelled region of its own.
_TOO_WIDE = """() => {
  const wide = document.documentElement.clientWidth, found = [];
  const whole = document.documentElement.scrollWidth;
  if (whole > wide) found.push('the page: ' + whole);
  for (const each of document.body.querySelectorAll('*')) {
    const region = each.parentElement.closest('[role=region][tabindex="0"]');
    if (region && (region.hasAttribute('aria-label') || region.hasAttribute('aria-labelledby'))) continue;
    const box = each.getBoundingClientRect();
    if (box.width && box.right > wide + 1 && getComputedStyle(each).position !== 'absolute')
      found.push(each.tagName + ' ' + each.textContent.trim().slice(0, 40) + ': ' + Math.round(box.right));
  }
  return found;
}"""


def too_wide(page: Shown) -> list[str]:
    """What a reader would have to scroll sideways for."""
    return list(page.look(_TOO_WIDE))


_FOCUSED = """() => {
  const it = document.activeElement, box = it.getBoundingClientRect(), style = getComputedStyle(it);
  const all = [...document.querySelectorAll('*')];
  return {
    tag: it.tagName, text: it.textContent.trim().slice(0, 60), place: all.indexOf(it),
    seen: box.width > 0 && box.right > 0 && box.bottom > 0 && box.top < innerHeight && box.left < innerWidth,
    ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
  };
}"""
_CAN_BE_FOCUSED = "a[href], summary, [tabindex='0']"
# How many of them there are, less what is folded away.
_STOPS = """what => [...document.querySelectorAll(what)].filter(
  each => each.tagName === 'SUMMARY' || !each.closest('details:not([open])')).length"""


def tab_stops(page: Shown, most: int = 60) -> tuple[list[dict[str, Any]], list[str]]:
    """Where the Tab key goes, and what is wrong with that: out of order, unseen, without a ring."""
    expected = page.look(_STOPS, _CAN_BE_FOCUSED)
    stops: list[dict[str, Any]] = []
    for _ in range(min(expected, most)):
        page.page.keyboard.press("Tab")
        stops.append(page.look(_FOCUSED))
    faults = [f"{stop['text']}: not seen" for stop in stops if not stop["seen"]]
    faults += [f"{stop['text']}: no ring" for stop in stops if not stop["ring"]]
    places = [stop["place"] for stop in stops]
    if places != sorted(set(places)):
        faults.append(f"not in the page's order, or caught: {places}")
    return stops, faults
