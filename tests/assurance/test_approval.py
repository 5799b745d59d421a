"""Approved, changed, approved again, filed, revised: what the pages and the folders say at each step."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.assurance import approval, release
from pipelines.assurance.acts import APPROVE, confirmation_lines, confirmations, of_kind, read_acts
from pipelines.assurance.differences import differences, figures_changed
from pipelines.assurance.verify import canonical, log_of, return_sha256, sha256
from pipelines.statutory.confirmations import answer_to, digest, shown_confirmations, still_answers
from schemas.errors import InputError
from tests.assurance.returns import (
    JO,
    NOW,
    SAM,
    approve,
    content,
    document,
    figure,
    file,
    filed,
    later,
    publish,
)


@pytest.fixture
def year_folder(tmp_path: Path) -> Path:
    return tmp_path / "returns" / "L0001" / "2024-25"


def published(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "return.json").read_bytes())


def changed(value: str = "66.0%", numerator: int = 338) -> dict[str, Any]:
    made = document()
    figure(made, "TP01").update(value_text=value, numerator=numerator)
    return made


# ------------------------------------------------------------------------------------------ the hash


def test_the_hash_is_of_all_but_the_marks():
    made = document()
    marks = {"approval": {"standing": "approved"}, "revision": {"number": 2}}
    signed = {**made, **marks, "status": {**made["status"], "draft": False}}
    assert return_sha256(signed) == return_sha256(made)
    by_hand = deepcopy(made)
    del by_hand["approval"], by_hand["revision"], by_hand["status"]["draft"]
    text = json.dumps(by_hand, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert return_sha256(made) == sha256(text.encode())


def test_the_hash_is_the_same_after_json_and_in_any_order_of_keys():
    made = document()
    read = json.loads(json.dumps(made, indent=2))
    assert return_sha256(read) == return_sha256(dict(reversed(read.items()))) == return_sha256(made)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document that holds no further places."""
    if isinstance(value, dict) and value:
        return [leaf for key, each in value.items() for leaf in leaves(each, (*path, key))]
    if isinstance(value, list) and value:
        return [leaf for key, each in enumerate(value) for leaf in leaves(each, (*path, key))]
    return [path]


WHOLE = document()
WHOLE_SHA256 = return_sha256(WHOLE)
APPROVED = approval._snapshot(WHOLE)
SIGNED = [
    path for path in leaves(WHOLE) if path[0] not in ("approval", "revision") and path != ("status", "draft")
]


def put(made: dict[str, Any], path: tuple[Any, ...], value: Any) -> Any:
    at: Any = made
    for key in path[:-1]:
        at = at[key]
    was, at[path[-1]] = at[path[-1]], value
    return was


def other(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return "changed"
    if isinstance(value, int | float):
        return value + 1
    return f"{value} changed" if isinstance(value, str) else ["changed"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SIGNED))
def test_whatever_changes_voids_the_approval_and_is_among_the_differences(path):
    made = deepcopy(WHOLE)
    before = put(made, path, None)
    put(made, path, other(before))
    assert return_sha256(made) != WHOLE_SHA256
    rows = differences(WHOLE, made)
    assert rows, path
    assert all(row["before"] != row["after"] for row in rows)
    assert all(isinstance(text, str) and text for row in rows for text in row.values())
    assert approval.changed_since(APPROVED, made) != []


# ---------------------------------------------------------------------------------------- approving


def test_a_draft_becomes_approved_by_name(year_folder):
    made = document()
    folder = publish(year_folder, made)
    assert published(folder)["status"]["draft"] is True
    assert published(folder)["approval"]["text"] == "Nobody has approved this return yet."
    act = approve(year_folder, account="jbloggs")
    assert act["return_sha256"] == return_sha256(made)
    assert act["account"] == "jbloggs"
    assert "accurate, reliable, valid and transparent" in act["statement"]
    publish(year_folder, made)
    now = published(folder)
    assert now["status"]["draft"] is False
    assert now["approval"]["text"] == "Approved by Jo Bloggs, Chief Executive, on 12 June 2025."
    (given,) = now["approval"]["given"]
    assert (given["stands"], given["act"], given["return_sha256"]) == (True, 1, return_sha256(now))
    assert (folder / "acts.jsonl").read_bytes() == log_of(year_folder).read_bytes()
    assert return_sha256(now) == return_sha256(made)


def test_approving_changes_nothing_but_the_marks(year_folder):
    made = document()
    folder = publish(year_folder, made)
    before = published(folder)
    approve(year_folder)
    publish(year_folder, made)
    after = published(folder)
    for each in (before, after):
        del each["approval"], each["status"]["draft"]
    assert before == after


def test_another_statement_is_kept_as_given(year_folder):
    publish(year_folder, document())
    assert approve(year_folder, statement="Approved by the board, minute 12.")["statement"] == (
        "Approved by the board, minute 12."
    )


def test_a_changed_figure_voids_the_approval_and_says_so(year_folder):
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    folder = publish(year_folder, changed())
    now = published(folder)
    assert now["status"]["draft"] is True
    assert now["approval"]["standing"] == "void"
    was = figure(made, "TP01")["value_text"]
    assert now["approval"]["text"] == (
        "The approval by Jo Bloggs, Chief Executive, of 12 June 2025 is void: "
        f"TP01, LCRA changed from {was} to 66.0%."
    )
    assert len(of_kind(read_acts(year_folder), APPROVE)) == 1  # the log keeps it
    approve(year_folder, now=later())
    after = published(publish(year_folder, changed()))
    assert after["approval"]["standing"] == "approved"
    assert [each["stands"] for each in after["approval"]["given"]] == [False, True]


def test_counts_that_change_behind_the_same_value_are_named(year_folder):
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    one = figure(made, "TP01")
    was = f"{one['value_text']} ({one['numerator']:,} of {one['denominator']:,})"
    one["numerator"] += 1
    now = f"{one['value_text']} ({one['numerator']:,} of {one['denominator']:,})"
    assert (
        f"TP01, LCRA changed from {was} to {now}" in published(publish(year_folder, made))["approval"]["text"]
    )


def test_a_change_beside_the_figures_voids_it_too(year_folder):
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    made["publication"]["url"] = "https://example.org/elsewhere"
    text = published(publish(year_folder, made))["approval"]["text"]
    assert text.endswith("is void: no figure's value, but what must be published changed.")


def test_figures_that_come_and_go_are_named(year_folder):
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    made["figures"].remove(figure(made, "TP01"))
    figure(made, "TP02")["population"] = "COMBINED"
    (given,) = published(publish(year_folder, made))["approval"]["given"]
    assert "TP01, LCRA is no longer reported" in given["changed"]
    assert any(each.startswith("TP02, COMBINED is new, ") for each in given["changed"])


def test_the_approval_holds_again_where_the_return_does(year_folder):
    publish(year_folder, document())
    approve(year_folder)
    publish(year_folder, changed())
    assert published(publish(year_folder, document()))["approval"]["standing"] == "approved"


def test_two_people_may_approve_and_both_are_printed(year_folder):
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    publish(year_folder, made)
    approve(year_folder, **SAM, now=later())
    now = published(publish(year_folder, made))
    assert [each["by"] for each in now["approval"]["given"]] == ["Jo Bloggs", "Sam Field"]
    assert now["approval"]["text"] == (
        "Approved by Jo Bloggs, Chief Executive, on 12 June 2025; and by Sam Field, Chair, on 12 June 2025."
    )


@pytest.mark.parametrize("name", ["Jo Bloggs", "jo bloggs "])
def test_the_same_person_approves_once(year_folder, name):
    publish(year_folder, document())
    approve(year_folder)
    with pytest.raises(
        InputError, match="Jo Bloggs approved this return on 2025-06-12, and it has not changed"
    ):
        approve(year_folder, name=name)


def test_an_incomplete_return_is_refused_with_what_it_lacks(year_folder):
    publish(year_folder, document(complete=False))
    with pytest.raises(InputError) as refused:
        approve(year_folder)
    text = str(refused.value)
    assert "The questionnaire of the LCHO survey. is missing" in text
    assert "to be confirmed: REP-006. Put that right" in text
    assert "--incomplete-because" in text
    assert not log_of(year_folder).exists()


def test_unless_a_reason_is_given_which_is_kept_and_printed(year_folder):
    made = document(complete=False)
    publish(year_folder, made)
    act = approve(year_folder, incomplete_because="The survey is being repeated")
    assert "to be confirmed: REP-006" in act["lacking"]
    (given,) = published(publish(year_folder, made))["approval"]["given"]
    assert given["incomplete_because"] == "The survey is being repeated"
    assert given["lacking"] == act["lacking"]


def test_a_reason_where_nothing_is_lacking_is_refused(year_folder):
    publish(year_folder, document())
    with pytest.raises(InputError, match="is complete: leave --incomplete-because out"):
        approve(year_folder, incomplete_because="For good measure")


def test_there_must_be_a_return_to_approve(year_folder):
    with pytest.raises(InputError, match=r"There is no return in .*`tsm run L0001 2024-25`"):
        approve(year_folder)


def test_files_that_were_touched_are_not_approved(year_folder):
    folder = publish(year_folder, document())
    (folder / "return.pdf").write_bytes(b"better")
    with pytest.raises(InputError, match=r"return\.pdf \(altered\)"):
        approve(year_folder)


def test_nor_a_return_that_is_not_the_one_assembled_last(year_folder):
    made = document()
    publish(year_folder, made)
    with pytest.raises(InputError, match="A return was assembled after the published one"):
        approve(year_folder, assembled=return_sha256(changed()))
    assert approve(year_folder, assembled=return_sha256(made))["n"] == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": " "}, "--name"),
        ({"name": "Chris"}, "--name is Chris: write first"),
        ({"role": ""}, "--role"),
        ({"statement": "a\nb"}, "--statement"),
    ],
)
def test_what_is_typed_is_checked(year_folder, given, says):
    publish(year_folder, document())
    with pytest.raises(InputError, match=says):
        approve(year_folder, **given)


# ------------------------------------------------------------------------------------------- filing


def test_filing_locks_the_year(year_folder):
    made = filed(year_folder)
    before = content(year_folder)
    act = of_kind(read_acts(year_folder), "file")[0]
    assert act["manifest_sha256"] == sha256(before["manifest.json"])
    assert act["return_sha256"] == return_sha256(made)
    assert publish(year_folder, made) == year_folder  # the same return again: nothing is written
    revision = publish(year_folder, changed())
    assert revision == year_folder.parent / "2024-25.revisions" / "2"
    assert content(year_folder) == before


def test_a_revision_says_what_differs_from_what_was_filed(year_folder):
    filed(year_folder)
    now = published(publish(year_folder, changed()))
    assert now["status"]["draft"] is True
    assert now["approval"]["standing"] == "none"  # the approval was of what was filed, and stays so
    revision = now["revision"]
    assert revision["text"] == (
        "Revision 2 of the return filed on 12 June 2025 (reference NROSH-1). "
        "1 figure differs from what was filed."
    )
    assert revision["number"] == 2
    assert revision["filed"]["by"] == "Sam Field"
    (row,) = revision["differences"]
    one = figure(document(), "TP01")
    assert row == {
        "part": "Figures",
        "what": "TP01, LCRA",
        "before": f"{one['value_text']} ({one['numerator']:,} of {one['denominator']:,})",
        "after": f"66.0% (338 of {one['denominator']:,})",
    }


def test_revisions_are_numbered_and_none_is_replaced(year_folder):
    filed(year_folder)
    second = publish(year_folder, changed())
    third = publish(year_folder, changed("67.0%", 343))
    again = publish(year_folder, changed("67.0%", 343))
    assert (second.name, third, again) == ("2", again, third)
    assert third.name == "3"
    assert figure(published(second), "TP01")["value_text"] == "66.0%"
    assert publish(year_folder, changed()).name == "4"


def test_a_revision_is_approved_and_filed_like_the_return_itself(year_folder):
    filed(year_folder)
    made = changed()
    publish(year_folder, made)
    with pytest.raises(InputError, match="Nobody has approved the return as it now is"):
        file(year_folder, reference="NROSH-2")
    assert approve(year_folder, now=later(2))["revision"] == 2
    second = publish(year_folder, made)
    assert published(second)["approval"]["standing"] == "approved"
    assert file(year_folder, reference="NROSH-2", now=later(3))["revision"] == 2
    before = content(second)
    third = published(publish(year_folder, document()))
    assert third["revision"]["number"] == 3
    assert third["revision"]["filed"]["reference"] == "NROSH-2"
    assert content(second) == before
    log = read_acts(year_folder)
    assert release.in_force(year_folder, log) == second
    assert release.newest(year_folder, log) == 3


def test_the_return_in_force_before_filing_is_the_years_own(year_folder):
    publish(year_folder, document())
    assert release.in_force(year_folder, read_acts(year_folder)) == year_folder


def test_a_return_that_nobody_approved_is_not_filed(year_folder):
    publish(year_folder, document())
    with pytest.raises(InputError, match="`tsm approve L0001 2024-25` comes before filing"):
        file(year_folder)


def test_nor_one_whose_approval_is_void(year_folder):
    publish(year_folder, document())
    approve(year_folder)
    publish(year_folder, changed())
    with pytest.raises(InputError, match="Nobody has approved the return as it now is"):
        file(year_folder)


def test_nor_one_whose_pages_still_show_a_draft(year_folder):
    publish(year_folder, document())
    approve(year_folder)
    with pytest.raises(InputError, match="The pages still show a draft"):
        file(year_folder)


def test_nothing_is_filed_or_approved_twice(year_folder):
    filed(year_folder)
    with pytest.raises(InputError, match=r"was filed already, on 2025-06-12 \(reference NROSH-1\)"):
        file(year_folder, reference="NROSH-2")
    with pytest.raises(InputError, match="was filed: there is nothing left to approve"):
        approve(year_folder, **SAM)


@pytest.mark.parametrize("on", ["2025-03-31", "2025-06-13", "yesterday"])
def test_the_day_of_filing_is_after_the_year_and_not_to_come(year_folder, on):
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    publish(year_folder, made)
    with pytest.raises(InputError, match="--on is"):
        file(year_folder, on=on)
    with pytest.raises(InputError, match="--name is n/a n/a: write first name and surname"):
        file(year_folder, name="n/a n/a")
    assert file(year_folder, on="2025-04-01")["on"] == "2025-04-01"


def test_a_revision_is_not_filed_before_what_it_revises(year_folder):
    filed(year_folder)  # on 12 June
    made = changed()
    for _ in ("a draft", "approved"):
        publish(year_folder, made)
        if not of_kind(read_acts(year_folder), "approve")[1:]:
            approve(year_folder)
    with pytest.raises(InputError, match=r"between 2025-06-12 \(the day of the last filing\) and today"):
        file(year_folder, on="2025-06-11", reference="NROSH-2")
    assert file(year_folder, reference="NROSH-2")["revision"] == 2


def test_what_is_filed_while_pages_are_made_is_not_overwritten(year_folder):
    """A run took the log, then somebody filed, then the run wants to publish."""
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    publish(year_folder, made)
    log = read_acts(year_folder)
    digest_now = return_sha256(changed())
    spot = release.spot_for(year_folder, log, digest_now)
    assert spot.folder == year_folder
    file(year_folder)
    before = content(year_folder)
    with pytest.raises(InputError, match="while these pages were made: run again"):
        release.publish_return({"return.json": b"{}"}, year_folder, log, spot, digest_now)
    assert content(year_folder) == before


def test_the_filed_spot_itself_is_refused(year_folder):
    made = filed(year_folder)
    log = read_acts(year_folder)
    spot = release.spot_for(year_folder, log, return_sha256(made))
    with pytest.raises(InputError, match="it is never written again"):
        release.publish_return({}, year_folder, log, spot, return_sha256(made))


def test_a_return_whose_log_is_gone_is_not_replaced(year_folder):
    made = document()
    publish(year_folder, made)
    approve(year_folder)
    publish(year_folder, made)
    for each in year_folder.parent.glob("*.acts.jsonl*"):
        each.unlink()
    with pytest.raises(InputError, match="is not the one that this return was published with"):
        publish(year_folder, changed())


def test_a_filed_return_that_is_gone_is_said_so(year_folder):
    filed(year_folder)
    (year_folder / "return.json").unlink()
    with pytest.raises(InputError, match=r"put .* back from a backup"):
        publish(year_folder, changed())


def test_a_filed_return_left_aside_by_a_killed_run_comes_back(year_folder):
    made = filed(year_folder)
    year_folder.rename(year_folder.with_name(".2024-25.last"))
    assert publish(year_folder, made) == year_folder


def test_a_revision_needs_a_filing():
    made = document()
    with pytest.raises(ValueError, match="needs the filing"):
        approval.mark(made, read_acts(Path("/nowhere/L0001/2024-25")), 2, made)


# -------------------------------------------------------------------------------------- differences


def test_the_same_return_has_no_differences():
    assert differences(document(), document()) == []


def test_differences_are_in_the_words_of_a_reader():
    before, after = document(), document()
    after["figures"].remove(figure(after, "TP01"))
    figure(after, "TP02")["not_applicable"] = 99
    after["findings"]["groups"][0].update(records=77, confirmed=None)
    del after["findings"]["groups"][1]
    after["settings"]["all"][0]["value"] = "total"
    after["repairs"]["targets"][0]["text"] = "12 hours from the report."
    after["survey"][0]["items"][0]["text"] = "x" * 1000
    after["survey"][0]["methods"] = []
    after["exclusions"][0]["records"] += 5
    after["provenance"]["inputs"][0] |= {"rows": 5000, "rejected": 15, "sha256": "f" * 64}
    after["nrosh"][0]["value"] = "7"
    after["software"]["version"] = "0.2.0"
    after["checks"][0]["outcome"] = "warning"
    after["landlord"]["region"] = None
    rows = {(row["part"], row["what"]): (row["before"], row["after"]) for row in differences(before, after)}
    assert rows[("Figures", "TP01, LCRA")][1] == "not there"
    assert rows[("Figures", "TP02, LCRA")][1] == "Not applicable: 99"
    part, text = next((key, each) for key, each in rows.items() if each[1].startswith("confirm, 77 records"))
    assert (part[0], ", to confirm: " in text[1], ", confirmed: " in text[0]) == ("Findings", True, True)
    assert any(key[0] == "Findings" and each[1] == "not there" for key, each in rows.items())
    assert rows[("Settings", "complaint_test")] == ("strict", "total")
    assert rows[("Targets for repairs", "Emergency")] == (
        "24 hours from the report.",
        "12 hours from the report.",
    )
    approach = next(each for key, each in rows.items() if key[0] == "Survey approach")
    assert len(approach[1]) == 300
    assert rows[("The survey", "LCRA, methods")][1].startswith("0 entries (")
    assert any(key[0] == "Records left out" for key in rows)
    inputs = next(each for key, each in rows.items() if key[0] == "Files received")
    assert inputs[1] == "5,000 rows, 15 rejected, SHA-256 ffffffffffff…"
    assert any(key[0] == "Fields of the NROSH+ form" and each[1] == "7" for key, each in rows.items())
    assert rows[("The version of the software", "Version")] == ("0.1.0", "0.2.0")
    assert any(key[0] == "The regulator's validations" for key in rows)
    assert rows[("The landlord's particulars", "Region")] == ("North West", "none")
    assert figures_changed(differences(before, after)) == 2


def test_findings_whose_records_alone_moved_share_one_row():
    before, after = document(), document()
    first, second, *_ = after["findings"]["groups"]
    first["first_rows"], second["moves_text"] = "row 9", "RP01 could be 4.0 to 9.9%"
    (row,) = differences(before, after)
    assert row["what"].startswith("Where their records stand")
    assert first["finding_id"] in row["after"]
    assert second["finding_id"] in row["after"]
    first["records"] += 1
    assert len(differences(before, after)) == 2


def test_a_file_received_is_not_named_again_as_kept():
    before, after = document(), document()
    received = after["provenance"]["inputs"][0]
    kept = {"received": received["table"], "file": "again.csv", "sha256": received["sha256"]}
    after["provenance"]["kept"] = [*before["provenance"]["kept"], kept]
    assert not any(row["part"] == "Files kept" for row in differences(before, after))
    after["provenance"]["kept"][-1] = {**kept, "sha256": "e" * 64}
    assert any(row["part"] == "Files kept" for row in differences(before, after))


def test_weighted_counts_are_shown_in_full_where_one_decimal_hides_the_change():
    before, after = document(), document()
    figure(before, "TP01").update(numerator=141.26, denominator=194.29)
    figure(after, "TP01").update(numerator=141.31, denominator=194.29)
    (row,) = differences(before, after)
    assert "141.26" in row["before"]
    assert "141.31" in row["after"]


def test_texts_that_differ_beyond_where_they_are_cut_are_told_apart():
    before, after = document(), document()
    before["survey"][0]["items"][0]["text"] = "x" * 999 + "a"
    after["survey"][0]["items"][0]["text"] = "x" * 999 + "b"
    (row,) = differences(before, after)
    assert row["before"] != row["after"]


# ------------------------------------------------------------------------------------ confirmations


def rows_of(*values: str, table: str = "repairs") -> pd.DataFrame:
    said = {
        "finding_id": "REP-006",
        "grade": "confirm",
        "table": table,
        "column": "completed_at",
        "title": "t",
    }
    frame = pd.DataFrame({"value": values, "row": range(len(values))}).assign(**said)
    frame["record_id"] = [f"R{number}" for number in range(len(values))]
    return frame.assign(file="repairs.csv", sheet="", message=[f"completed_at is {each}" for each in values])


def group(rows: pd.DataFrame) -> dict[str, Any]:
    return {"finding_id": "REP-006", "table": str(rows["table"].iloc[0]), "digest": digest(rows)}


def given_for(rows: pd.DataFrame, **changes: Any) -> dict[str, Any]:
    each = group(rows)
    answers = [{"table": each["table"], "digest": each["digest"], "records": 1, "message": "as it was"}]
    base = {
        "id": "REP-006",
        "by": "Jo",
        "on": "2025-05-01",
        "reason": "r",
        "evidence": "",
        "source": "tsm confirm",
    }
    return {**base, "answers": answers, **changes}


def test_a_confirmation_answers_what_was_found_and_reopens_where_it_moves():
    rows = rows_of("2024-05-01", "2024-06-01")
    confirmation = given_for(rows)
    assert still_answers(confirmation, group(rows))
    assert not still_answers(confirmation, group(rows_of("2024-05-01", "2024-06-02")))  # a value
    assert not still_answers(confirmation, group(rows_of("2024-05-01")))  # one fewer
    assert not still_answers(
        confirmation, group(rows_of("2024-05-01", "2024-06-01", "2024-07-01"))
    )  # one more
    assert not still_answers(confirmation, group(rows_of("2024-05-01", "2024-06-01", table="homes")))
    assert not still_answers(confirmation, {**group(rows), "finding_id": "REP-007"})


def test_it_does_not_reopen_where_only_the_place_or_our_words_moved():
    rows = rows_of("2024-05-01", "2024-06-01")
    moved = rows.assign(row=rows["row"] + 7, file="repairs.xlsx", sheet="Jobs", title="better words").iloc[
        ::-1
    ]
    assert digest(moved) == digest(rows)
    assert digest(rows.assign(value=[None, "2024-06-01"])) != digest(rows)


def test_a_confirmation_in_year_yaml_answers_at_first_whatever_is_found():
    anything = given_for(rows_of("a"), answers=None, source="year.yaml")
    assert still_answers(anything, group(rows_of("b")))


def test_the_latest_that_answers_counts_and_one_that_no_longer_does_is_said():
    before, now = rows_of("a"), rows_of("b")
    old, new = given_for(before, by="Old"), given_for(now, by="New")
    confirmed, reopened = answer_to(group(now), [old, new])
    assert (confirmed or {})["by"] == "New"
    assert reopened is None
    assert answer_to(group(now), [new, old])[0]["by"] == "New"  # type: ignore[index]
    confirmed, reopened = answer_to(group(now), [old])
    assert confirmed is None
    assert (reopened or {})["was"] == "as it was"
    assert answer_to(group(now), []) == (None, None)
    elsewhere = given_for(rows_of("a", table="homes"))
    assert answer_to(group(now), [elsewhere]) == (None, None)


def test_the_return_lists_the_confirmations_that_answer_something():
    now = rows_of("b")
    groups = [{**group(now), "grade": "confirm", "records": 1, "message": "as it is"}]
    by_hand = given_for(now, answers=None, source="year.yaml", id="XXX-001")
    shown = shown_confirmations(groups, [given_for(rows_of("a")), given_for(now), by_hand])
    assert [(each["source"], each["stands"]) for each in shown] == [
        ("tsm confirm", True),
        ("year.yaml", False),
    ]
    assert [len(each["answers"]) for each in shown] == [1, 0]


def confirm(year_folder: Path, finding: str = "REP-006", **given: Any) -> Any:
    usual = {"by": "Sam Field", "reason": "Typed late", "now": NOW}
    return approval.confirm(year_folder, finding, **{**usual, **given})


def test_confirming_keeps_what_was_found(year_folder):
    made = document(complete=False)
    publish(year_folder, made)
    (found,) = [each for each in made["findings"]["groups"] if each["finding_id"] == "REP-006"]
    act = confirm(year_folder, evidence="Call log 7")
    assert act["answers"] == [{key: found[key] for key in ("table", "digest", "records", "message")}]
    (given,) = confirmations(confirmation_lines(read_acts(year_folder)))
    assert still_answers(given, found)
    assert not still_answers(given, {**found, "digest": "0" * 64})
    assert given["evidence"] == "Call log 7"


def test_confirming_again_what_has_not_moved_is_refused(year_folder):
    publish(year_folder, document(complete=False))
    confirm(year_folder)
    with pytest.raises(InputError, match="REP-006 is confirmed already, and has not changed since"):
        confirm(year_folder)


def test_it_is_asked_again_where_it_has_moved(year_folder):
    made = document(complete=False)
    publish(year_folder, made)
    confirm(year_folder)
    (found,) = [each for each in made["findings"]["groups"] if each["finding_id"] == "REP-006"]
    found["digest"] = "1" * 64
    publish(year_folder, made)
    assert confirm(year_folder)["answers"][0]["digest"] == "1" * 64


def test_a_finding_that_is_not_there_names_those_that_wait(year_folder):
    publish(year_folder, document(complete=False))
    with pytest.raises(
        InputError, match=r"called REP-999 in the published return; those that wait are .*REP-006"
    ):
        confirm(year_folder, "REP-999")
    with pytest.raises(InputError, match="called HOM-014"):  # a note
        confirm(year_folder, "HOM-014")
    with pytest.raises(InputError, match="called REP-006 in homes"):
        confirm(year_folder, table="homes")
    assert confirm(year_folder, table="repairs")["n"] == 1


def test_where_none_waits_that_is_said(year_folder):
    publish(year_folder, document())
    with pytest.raises(InputError, match="none waits"):
        confirm(year_folder, "REP-999")


def test_a_confirmation_is_given_by_name_with_a_reason(year_folder):
    publish(year_folder, document(complete=False))
    for typed in ({"by": ""}, {"by": "Chris"}, {"reason": " "}, {"evidence": "a\nb"}):
        with pytest.raises(InputError, match=f"--{next(iter(typed))}"):
            confirm(year_folder, **typed)


def test_the_day_of_an_approval_is_the_day_in_london(year_folder):
    made = document()
    publish(year_folder, made)
    approve(year_folder, now=datetime(2025, 6, 30, 23, 15, tzinfo=UTC))
    (given,) = published(publish(year_folder, made))["approval"]["given"]
    assert (given["on"], given["at"]) == ("2025-07-01", "2025-06-30T23:15:00Z")


def test_the_act_is_named_by_its_own_hash(year_folder):
    made = document()
    publish(year_folder, made)
    act = approve(year_folder)
    (given,) = published(publish(year_folder, made))["approval"]["given"]
    line = log_of(year_folder).read_bytes().splitlines()[0]
    assert given["act_sha256"] == sha256(line) == sha256(canonical(act))
    assert JO["name"] == given["by"]
