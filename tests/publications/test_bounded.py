"""No page holds a run up: at its limit of time or memory it is ended, and the user reads which one."""

from __future__ import annotations

import pytest

from pipelines.publications import RenderError, pdf_of, return_json
from pipelines.publications.bounded import Limits, bounded, limits, stop
from schemas.errors import InputError
from tests.publications import jobs

WHAT = "The PDF of L0001 for 2024-25"
ROOMY = Limits(seconds=120, megabytes=1000)


@pytest.fixture(autouse=True)
def _leave_no_process():
    yield
    stop()


def test_the_same_bytes_within_limits_as_without(plain, pdfs):
    assert bounded(pdf_of, return_json(plain), what=WHAT) == pdfs["plain"]


def test_the_process_is_kept_for_the_next_page_and_not_after_a_failure():
    first = bounded(jobs.number, what=WHAT, within=ROOMY)
    assert bounded(jobs.number, what=WHAT, within=ROOMY) == first
    with pytest.raises(RenderError):
        bounded(jobs.crash, what=WHAT, within=ROOMY)
    assert bounded(jobs.number, what=WHAT, within=ROOMY) != first


@pytest.mark.parametrize("job", [jobs.wait, jobs.lay_out_a_monster])
def test_what_does_not_end_is_ended_and_named(job):
    sentence = f"{WHAT} was not made: it took more than 2 seconds and was ended. .* TSM_RENDER_SECONDS"
    with pytest.raises(RenderError, match=sentence):
        bounded(job, what=WHAT, within=Limits(seconds=2))


def test_what_fills_the_memory_is_ended_and_named():
    sentence = f"{WHAT} was not made: it needed more than 300 MB of memory .* TSM_RENDER_MEGABYTES"
    with pytest.raises(RenderError, match=sentence):
        bounded(jobs.fill_memory, what=WHAT, within=Limits(megabytes=300))


def test_a_process_that_dies_is_named():
    with pytest.raises(RenderError, match=f"{WHAT} was not made: the process .* ended by itself"):
        bounded(jobs.crash, what=WHAT, within=ROOMY)


def test_a_refusal_comes_through_and_a_fault_keeps_its_traceback():
    with pytest.raises(RenderError, match=r"^The page has no end\.$"):
        bounded(jobs.refuse, what=WHAT, within=ROOMY)
    with pytest.raises(RuntimeError, match=r"(?s)fault of the software.*in fail.*a template's fault"):
        bounded(jobs.fail, what=WHAT, within=ROOMY)


def test_the_limits_are_settings(monkeypatch):
    monkeypatch.delenv("TSM_RENDER_SECONDS", raising=False)
    monkeypatch.delenv("TSM_RENDER_MEGABYTES", raising=False)
    assert limits() == Limits(seconds=300, megabytes=2048)
    monkeypatch.setenv("TSM_RENDER_SECONDS", "60")
    assert limits() == Limits(seconds=60, megabytes=2048)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "soon", "9" * 30])
def test_a_limit_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("TSM_RENDER_MEGABYTES", text)
    with pytest.raises(InputError, match="TSM_RENDER_MEGABYTES must be a whole number"):
        limits()
