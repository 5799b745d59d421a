"""All returns of a home in a few words: how each stands, whatever was run, and what is read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines import returns_index
from pipelines.assurance import overview as looking
from pipelines.assurance.overview import Known, overview
from pipelines.assurance.verify import check, log_of
from pipelines.returns_index import refresh_index, write_index
from schemas.errors import InputError
from tests.assurance import returns

YEAR = "2024-25"


def changed():
    made = returns.document()
    returns.figure(made, "TP01")["value_text"] = "70.0%"
    return made


def draft(folder: Path) -> None:
    returns.publish(folder, returns.document(complete=False))


def approved(folder: Path) -> None:
    returns.publish(folder, returns.document())
    returns.approve(folder)
    returns.publish(folder, returns.document())


def void(folder: Path) -> None:
    approved(folder)
    returns.publish(folder, changed())


def filed(folder: Path) -> None:
    approved(folder)
    returns.file(folder)


def revised(folder: Path) -> None:
    filed(folder)
    returns.publish(folder, changed())


def withheld(folder: Path) -> None:
    findings = folder.with_name(f"{folder.name}.findings")
    findings.mkdir(parents=True)
    (findings / "findings.html").write_text("what was found", encoding="utf-8")


def half_written(folder: Path) -> None:
    draft(folder)
    (folder / "return.json").write_text('{"landlord": ', encoding="utf-8")


def of_another_version(folder: Path) -> None:
    draft(folder)
    (folder / "return.json").write_text('{"landlord": {}}', encoding="utf-8")


def tampered(folder: Path) -> None:
    approved(folder)
    log = log_of(folder)
    log.write_bytes(log.read_bytes().replace(b"Chief Executive", b"Chief executive"))


STANDS = {
    "draft": draft,
    "approved": approved,
    "void": void,
    "filed": filed,
    "revised": revised,
    "withheld": withheld,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A landlord that stands in each way, and one that has inputs alone; tests only read it."""
    folder = tmp_path_factory.mktemp("home")
    for number, make in enumerate(STANDS.values(), start=1):
        make(folder / "returns" / f"L000{number}" / YEAR)
    (folder / "landlords" / "L0009" / YEAR).mkdir(parents=True)
    (folder / "landlords" / "L0009" / "landlord.yaml").write_text("name: Aardvark Homes", encoding="utf-8")
    return folder


def by_code(home: Path) -> dict:
    return {each["code"]: each for each in overview(home, Known("1"))}


def test_how_each_return_stands(home):
    found = by_code(home)
    assert [found[f"L000{number}"]["status"] for number in range(1, 7)] == list(STANDS)
    assert found["L0009"] | {"name": "Aardvark Homes", "status": "none"} == found["L0009"]


def test_what_a_return_says_of_itself(home):
    of = by_code(home)
    assert of["L0001"]["name"] == "Example Homes Limited"
    assert of["L0001"]["to_confirm"] == 1
    assert of["L0001"]["missing"][0].startswith("Survey approach, item k")
    assert of["L0001"]["deadline"] == "2025-06-30"
    assert of["L0001"]["figures"][:2] == [
        {"label": "TP01", "population": "LCRA", "value_text": "71.3%"},
        {"label": "TP01", "population": "LCHO", "value_text": "49.0%"},
    ]
    assert of["L0002"]["text"] == "Approved by Jo Bloggs, Chief Executive, on 12 June 2025."
    assert "TP01, LCRA changed from 71.3% to 70.0%" in of["L0003"]["text"]
    assert of["L0005"]["text"].startswith("Revision 2 of the return filed on 12 June 2025")


def test_the_newest_revision_is_shown_and_the_filed_return_stays_within_reach(home):
    revised = by_code(home)["L0005"]
    assert revised["links"][0]["path"] == f"L0005/{YEAR}.revisions/2/return.pdf"
    assert [(each["number"], each["filed"]) for each in revised["revisions"]] == [(1, True), (2, False)]
    assert revised["revisions"][0]["links"][0]["path"] == f"L0005/{YEAR}/return.pdf"
    assert [act["text"] for act in revised["acts"]] == [
        "Jo Bloggs, Chief Executive, approved it",
        "Sam Field recorded that it was filed on 2025-06-12, reference NROSH-1",
    ]
    assert by_code(home)["L0004"]["revisions"] == []


def test_the_findings_of_what_was_withheld_are_offered(home, tmp_path):
    assert by_code(home)["L0006"]["withheld"] == [
        {"name": "Findings", "path": f"L0006/{YEAR}.findings/findings.html"}
    ]
    # The last good return stays where a later run was withheld.
    folder = tmp_path / "returns" / "L0001" / YEAR
    draft(folder)
    withheld(folder)
    (entry,) = overview(tmp_path, Known("1"))
    assert entry["status"] == "draft"
    assert entry["links"]
    assert entry["withheld"]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (half_written, "return.json cannot be read"),
        (of_another_version, "of another version"),
        (tampered, "The log of acts cannot be relied on"),
    ],
)
def test_what_cannot_be_read_is_named_and_stops_nothing(tmp_path, harm, said):
    harm(tmp_path / "returns" / "L0001" / YEAR)
    draft(tmp_path / "returns" / "L0002" / YEAR)
    first, second = sorted(overview(tmp_path, Known("1")), key=lambda each: each["code"])
    assert (first["status"], second["status"]) == ("unreadable", "draft")
    assert said in first["problem"]


def test_years_come_newest_first_and_landlords_by_name(tmp_path):
    for code, year in (("L0002", YEAR), ("L0001", YEAR), ("L0002", "2023-24")):
        draft(tmp_path / "returns" / code / year)
    found = [(each["year"], each["code"]) for each in overview(tmp_path, Known("1"))]
    assert found == [(YEAR, "L0001"), (YEAR, "L0002"), ("2023-24", "L0002")]


def test_nothing_but_landlords_and_years_is_taken_for_a_return(tmp_path):
    draft(tmp_path / "returns" / "L0001" / YEAR)
    for stray in ("lost+found/2024-25", "L0001/2024-26", "L0001/.2024-25.new.7", "L0001/notes", "..."):
        (tmp_path / "returns" / stray).mkdir(parents=True)
    (tmp_path / "returns" / "LINK").symlink_to(tmp_path / "returns" / "L0001")
    assert [(each["code"], each["year"]) for each in overview(tmp_path, Known("1"))] == [("L0001", YEAR)]
    assert overview(tmp_path / "none", Known("1")) == []


# --- what is remembered -----------------------------------------------------------------------------------


def test_a_return_is_read_again_only_when_it_has_changed(tmp_path, monkeypatch):
    folder = tmp_path / "returns" / "L0001" / YEAR
    draft(folder)
    known = Known("1")
    before = overview(tmp_path, known)
    read = []
    summary_of = looking.summary_of
    monkeypatch.setattr(looking, "summary_of", lambda document: read.append(1) or summary_of(document))
    assert overview(tmp_path, known) == before
    assert read == []
    returns.publish(folder, changed())
    assert overview(tmp_path, known)[0]["figures"][0]["value_text"] == "70.0%"
    assert read == [1]
    returns.publish(tmp_path / "returns" / "L0002" / YEAR, returns.document())
    (tmp_path / "returns" / "L0001").rename(tmp_path / "gone")
    overview(tmp_path, known)
    assert list(known.returns) == [f"returns/L0002/{YEAR}/return.json"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"form": 0}', b'{"form": 1, "software": "2"}'])
def test_memory_of_another_version_or_broken_is_not_used(tmp_path, content):
    file = tmp_path / "known"
    file.write_bytes(content)
    assert Known.load(file, "1") == Known("1")
    file.write_bytes(Known("1", {"returns/x": [[1, 2, 3], {}]}).dump())
    assert Known.load(file, "1").returns == {"returns/x": [[1, 2, 3], {}]}


# --- the file ---------------------------------------------------------------------------------------------


def test_the_index_is_written_whole_or_not_at_all(tmp_path, monkeypatch, caplog):
    draft(tmp_path / "returns" / "L0001" / YEAR)
    page = write_index(tmp_path)
    before = page.read_bytes()
    assert b"Example Homes Limited" in before
    assert sorted(each.name for each in page.parent.iterdir()) == [".index.json", "L0001", "index.html"]

    def full(self, target):
        raise OSError(28, "No space left on device")

    draft(tmp_path / "returns" / "L0002" / YEAR)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_index(tmp_path)
    refresh_index(tmp_path)  # what was done before it stays done
    assert "`tsm index` writes it again" in caplog.text
    monkeypatch.undo()
    assert page.read_bytes() == before
    assert len(list(page.parent.glob(".index*"))) == 1
    assert write_index(tmp_path).read_bytes() != before


def test_a_memory_that_lies_is_found_out_by_reading_afresh(tmp_path):
    draft(tmp_path / "returns" / "L0001" / YEAR)
    memory = write_index(tmp_path).with_name(".index.json")
    lie = json.loads(memory.read_bytes())
    (place,) = lie["returns"]
    lie["returns"][place][1]["name"] = "Somebody Else"
    memory.write_text(json.dumps(lie), encoding="utf-8")
    assert b"Somebody Else" in write_index(tmp_path).read_bytes()
    assert b"Somebody Else" not in write_index(tmp_path, afresh=True).read_bytes()


def test_the_same_returns_give_the_same_bytes(home):
    assert write_index(home).read_bytes() == write_index(home, afresh=True).read_bytes()


def test_verifying_takes_no_offence_at_the_index(tmp_path):
    filed(tmp_path / "returns" / "L0001" / YEAR)
    write_index(tmp_path)
    report = check(tmp_path / "returns")
    assert report.problems == []
    assert report.checked
    assert returns_index.NAME == "index.html"
