"""sources.yaml by itself: what it may hold, and the one sentence for everything else."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jsonschema
import pytest

import schemas
from pipelines.intake import receive, sources
from pipelines.intake.received import table_files
from pipelines.intake.sources import Filter, SqlQuery, find_files, load_sources, read_entry
from schemas.errors import InputError

# Every key that an entry may have.
WHOLE = """\
tables:
  repairs:
    files: "repairs_*.csv"
    sheet: Jobs
    header_row: 4
    encoding: Windows-1252
    delimiter: ";"
    columns: {repair_id: Job No, priority: Priority, reported_at: [Date Reported, Raised]}
    ignore: [Operative]
    values: {priority: {E: emergency, "1": emergency, 2: non_emergency, true: emergency}}
    dates: {reported_at: "%d/%m/%Y %H:%M"}
    constants: {work_type: responsive}
    filters:
      - {column: Status, is: [Test, Invalid], reason: test jobs}
      - {column: Status, is_not: Done, reason: not done}
      - {column: Note, blank: true, reason: no note}
      - {column: Note, blank: false, reason: a note}
      - {column: Note, matches: "^test", reason: tests}
  safety_checks:
    files: [register.csv, {file: old/register.xlsx, sheet: 2023, columns: {building_id: Block}}]
    columns: {home_id: UPRN}
    unpivot: {into: {name: programme, value: completed_on}, columns: {gas: LGSR date, fire: FRA date}}
    dates: ["%d/%m/%Y", "%d %b %Y"]
  survey_responses:
    sql: {url: TSM_SURVEY_DB, query: "select * from answers"}
    questions: {TP01: "Taking everything into account?"}
"""


def write(folder: Path, text: str | bytes) -> Path:
    (folder / "sources.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def entry(folder: Path, text: str, table: str = "repairs") -> sources.Source:
    return load_sources(write(folder, f"tables:\n  {table}:\n    {text}\n")).tables[table]


def message_of(folder: Path, text: str | bytes) -> str:
    write(folder, text)
    with pytest.raises(InputError) as caught:
        load_sources(folder)
    return str(caught.value).removeprefix(str(folder) + "/")


def test_no_file_is_no_entry(tmp_path: Path) -> None:
    assert load_sources(tmp_path).tables == {}


def test_a_whole_entry(tmp_path: Path) -> None:
    given = load_sources(write(tmp_path, WHOLE))
    repairs = given.tables["repairs"]
    mapping = repairs.mapping

    assert len(given.sha256) == 64
    assert [part.pattern for part in repairs.parts] == ["repairs_*.csv"]
    assert repairs.named == "repairs_*.csv"
    assert mapping.columns["reported_at"] == ("Date Reported", "Raised")
    assert mapping.values["priority"] == {
        "e": "emergency",
        "1": "emergency",
        "2": "non_emergency",
        "true": "emergency",
    }
    assert [one.text for one in mapping.dates["reported_at"]] == ["%d/%m/%Y %H:%M"]
    assert mapping.constants == {"work_type": "responsive"}
    assert [(one.kind, one.values) for one in mapping.filters] == [
        ("is", ("Test", "Invalid")),
        ("is_not", ("Done",)),
        ("blank", ()),
        ("filled", ()),
        ("matches", ("^test",)),
    ]
    assert mapping.question_row is None
    form = mapping.form
    assert (form.sheet, form.header_row, form.encoding, form.delimiter) == ("Jobs", 4, "cp1252", ";")
    assert form.headings == {"job_no", "priority", "status"}
    assert form.any_of == ({"date_reported", "raised"},)
    assert form.record == "job_no"


def test_a_part_of_files_says_what_differs_in_it(tmp_path: Path) -> None:
    checks = load_sources(write(tmp_path, WHOLE)).tables["safety_checks"]
    first, second = checks.parts

    assert checks.named == "register.csv, old/register.xlsx"
    assert first.mapping.columns == {"home_id": ("UPRN",)}
    assert second.mapping.columns == {"home_id": ("UPRN",), "building_id": ("Block",)}
    assert second.mapping.form.sheet == "2023"
    assert second.mapping.unpivot == first.mapping.unpivot
    assert [one.text for one in second.mapping.dates["valid_until"]] == ["%d/%m/%Y", "%d %b %Y"]


def test_a_query_or_the_file_that_holds_it(tmp_path: Path) -> None:
    assert load_sources(write(tmp_path, WHOLE)).tables["survey_responses"].sql == SqlQuery(
        "TSM_SURVEY_DB", "select * from answers"
    )
    (tmp_path / "jobs.sql").write_text("select 1", encoding="utf-8")

    asked = entry(tmp_path, "sql: {url: TSM_DB, query_file: jobs.sql}")

    assert asked.sql == SqlQuery("TSM_DB", "select 1", "jobs.sql")
    assert asked.named == "a query"
    assert [file.name for file in table_files(tmp_path, "repairs")] == ["sources.yaml", "jobs.sql"]


@pytest.mark.parametrize(("one", "other"), [("%d/%m/%Y", "%m/%d/%Y"), ("%y/%m/%d", "%d/%m/%y")])
def test_formats_that_read_one_date_differently_are_refused(tmp_path: Path, one: str, other: str) -> None:
    said = message_of(tmp_path, f'tables: {{repairs: {{files: a.csv, dates: ["{one}", "{other}"]}}}}')
    assert f"has {one} and {other}, which read 05/04/2024" in said
    apart = f'[{{file: a.csv, dates: "{one}"}}, {{file: b.csv, dates: "{other}"}}]'
    assert len(entry(tmp_path, f"files: {apart}").parts) == 2
    assert entry(tmp_path, '{files: a.csv, dates: ["%d/%m/%Y", "%d/%m/%y"]}').mapping.dates


def test_only_a_survey_has_a_row_of_questions(tmp_path: Path) -> None:
    """Of another table it would be a record, and lost."""
    assert entry(tmp_path, "{files: a.csv, question_row: 2}", "survey_responses").mapping.question_row == 2
    said = message_of(tmp_path, "tables: {repairs: {files: a.csv, question_row: 4}}")
    assert "question_row' is about questions, and repairs has none" in said


def test_a_part_may_take_back_what_its_table_says(tmp_path: Path) -> None:
    source = entry(
        tmp_path,
        "constants: {work_type: responsive, status: completed}\n"
        "    dates: {reported_at: '%d/%m/%Y'}\n"
        "    values: {priority: {E: emergency, R: non_emergency}}\n"
        "    files: [{file: a.csv, columns: {work_type: Type}, constants: {status: null},"
        " dates: {completed_at: '%Y%m%d'}, values: {priority: {R: emergency}}}]",
    )
    mapping = source.parts[0].mapping

    assert mapping.columns == {"work_type": ("Type",)}
    assert mapping.constants == {}
    assert {name: formats[0].text for name, formats in mapping.dates.items()} == {
        "reported_at": "%d/%m/%Y",
        "completed_at": "%Y%m%d",
    }
    assert mapping.values["priority"] == {"e": "emergency", "r": "emergency"}


def test_a_preset_is_what_the_entry_overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = {
        "columns": {"repair_id": "Job", "priority": ["Prio", "P"]},
        "values": {"priority": {"E": "emergency"}},
    }
    monkeypatch.setattr(sources, "preset_names", lambda: ("jobs",))
    monkeypatch.setattr(sources, "preset_entry", lambda name: shipped)

    mapping = entry(tmp_path, "preset: jobs\n    columns: {repair_id: Job No}").mapping

    assert mapping.columns == {"repair_id": ("Job No",), "priority": ("Prio", "P")}
    assert ("columns", "repair_id") in mapping.stated
    assert ("columns", "priority") not in mapping.stated
    assert read_entry("repairs", shipped, "a preset").values["priority"] == {"e": "emergency"}
    assert entry(tmp_path, "preset: jobs").parts == ()


def test_a_preset_of_another_table_or_of_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "preset_names", lambda: ("jobs",))
    monkeypatch.setattr(
        sources,
        "preset_entry",
        lambda name: {"columns": {"repair_id": "Job"}} if name == "jobs" else {}[name],
    )

    said = message_of(tmp_path, "tables: {complaints: {preset: jobs}}")
    assert "'tables.complaints.preset' is jobs, which is not made for complaints" in said
    said = message_of(tmp_path, "tables: {complaints: {preset: job}}")
    assert "is not a shipped mapping (did you mean 'jobs'?)" in said


# A settings file that is wrong, and what its one sentence says.
WRONG: dict[str, tuple[str | bytes, str]] = {
    "no tables": ("files: x.csv", "'files' is not a setting: use one of tables"),
    "unknown table": ("tables: {repair: {files: a.csv}}", "is not a table (did you mean 'repairs'?)"),
    "unknown key": (
        "tables: {repairs: {file: a.csv}}",
        "'tables.repairs.file' is not a setting (did you mean 'files'?)",
    ),
    "unknown column": (
        "tables: {repairs: {columns: {prioritee: P}}}",
        "'tables.repairs.columns.prioritee' is not a column of repairs (did you mean 'priority'?)",
    ),
    "column in other letters": (
        "tables: {survey_responses: {columns: {tp01: Q1}}}",
        "'tables.survey_responses.columns.tp01' is written TP01",
    ),
    "characteristic in other letters": (
        "tables: {homes: {columns: {Age Band: Age}}}",
        "is written age_band, in small letters",
    ),
    "a name of our own": ("tables: {homes: {columns: {source_row: Row}}}", "is not a column of homes"),
    "unknown column of constants": ("tables: {repairs: {constants: {x: 1}}}", "constants.x' is not a column"),
    "unknown column of values": ("tables: {repairs: {values: {x: {1: 2}}}}", "values.x' is not a column"),
    "unknown column of dates": (
        "tables: {repairs: {dates: {repair_id: '%d/%m/%Y'}}}",
        "'tables.repairs.dates.repair_id' is not a date of repairs",
    ),
    "dates without a date": (
        "tables: {households: {dates: '%d/%m/%Y'}}",
        "'tables.households.dates' is given, but households has no dates",
    ),
    "dates of a table without one": (
        "tables: {households: {dates: {tenure: '%d/%m/%Y'}}}",
        "use one of none, as it has no dates",
    ),
    "unknown part of a date": (
        "tables: {repairs: {dates: '%d/%q/%Y'}}",
        "'tables.repairs.dates' is %d/%q/%Y, which has %q, a part that is not read",
    ),
    "target given twice": (
        "tables: {repairs: {columns: {status: State}, constants: {status: completed}}}",
        "'tables.repairs.constants.status' gives status a second time, after columns",
    ),
    "target given twice by unpivot": (
        "tables: {safety_checks: {columns: {programme: P}, unpivot: {into: {name: programme, value: "
        "completed_on}, columns: {gas: G}}}}",
        "'tables.safety_checks.unpivot.programme' gives programme a second time",
    ),
    "one target of unpivot": (
        "tables: {safety_checks: {unpivot: {into: {name: programme, value: programme}, columns: {gas: G}}}}",
        "names programme twice",
    ),
    "key given twice": ("tables: {repairs: {columns: {status: A, status: B}}}", "'status' is given twice"),
    "value given twice": (
        'tables: {repairs: {values: {priority: {E: emergency, "e ": non_emergency}}}}',
        "is given twice, as case and outer space do not matter",
    ),
    "value without quotation marks": (
        "tables: {repairs: {values: {priority: {1.50: emergency}}}}",
        "put the value in quotation marks",
    ),
    "heading without a letter": (
        "tables: {repairs: {columns: {status: '--'}}}",
        "without a letter or a digit",
    ),
    "files and sql": (
        "tables: {repairs: {files: a.csv, sql: {url: DB, query: select 1}}}",
        "'tables.repairs' has both files and sql",
    ),
    "sql with two queries": (
        "tables: {repairs: {sql: {url: DB, query: select 1, query_file: a.sql}}}",
        "needs exactly one of query and query_file",
    ),
    "query file that is not there": (
        "tables: {repairs: {sql: {url: DB, query_file: a.sql}}}",
        "'tables.repairs.sql.query_file' is a.sql, which is not in the folder",
    ),
    "an address in the file": (
        "tables: {repairs: {sql: {url: 'postgresql://u:p@h/d', query: select 1}}}",
        "must be the name of an environment variable",
    ),
    "filter without a condition": (
        "tables: {repairs: {filters: [{column: A, reason: why}]}}",
        "'tables.repairs.filters.0' has 0 of is, is_not, blank and matches",
    ),
    "filter with two conditions": (
        "tables: {repairs: {filters: [{column: A, is: x, blank: true, reason: why}]}}",
        "has 2 of is, is_not, blank and matches",
    ),
    "filter without a reason": (
        "tables: {repairs: {filters: [{column: A, is: x}]}}",
        "'tables.repairs.filters.0.reason' is missing",
    ),
    "filter without a column": (
        "tables: {repairs: {filters: [{column: '?', is: x, reason: why}]}}",
        "filters.0.column' has neither a letter nor a digit",
    ),
    "huge regular expression": (
        f"tables: {{repairs: {{filters: [{{column: A, matches: '{'a' * 201}', reason: why}}]}}}}",
        "must be a regular expression of at most 200 characters",
    ),
    "regular expression of repeats": (
        "tables: {repairs: {filters: [{column: A, matches: '((a{1,900}){1,900}){1,900}', reason: why}]}}",
        "is not a regular expression that is read",
    ),
    "regular expression that looks back": (
        r"tables: {repairs: {filters: [{column: A, matches: '(a)\1', reason: why}]}}",
        "is not a regular expression that is read (no back-references",
    ),
    "encoding that is none": ("tables: {repairs: {encoding: rot13}}", "is not a text encoding that is read"),
    "delimiter of two characters": ("tables: {repairs: {delimiter: ';;'}}", "must be one character such as"),
    "header row 0": ("tables: {repairs: {header_row: 0}}", "must be a row as a spreadsheet numbers it"),
    "question of another table": (
        "tables: {repairs: {questions: {TP01: 'How satisfied?'}}}",
        "is not a question of repairs",
    ),
    "tag": ("tables: !!python/object/apply:os.system ['true']", "not YAML that can be read"),
    "alias": ("tables: {repairs: &a {files: x.csv}, homes: *a}", "an alias (*) is not allowed"),
    "merge of aliases": ("a: &a [x]\nb: &b [*a, *a]\ntables: {}", "an alias (*) is not allowed"),
    "key that is a list": ("tables: {[a]: {files: x.csv}}", "a name must be a word"),
    "not a mapping": ("- repairs", "holds no settings"),
    "not UTF-8": (b"tables: {repairs: {files: \xff\xfe.csv}}", "is not in UTF-8"),
    "too long": (b"#" * 300_000, "is larger than 256 kB"),
    "nested too deeply": ("[" * 5_000, "cannot be read|nested too deeply|not YAML"),
    "files of a number": ("tables: {repairs: {files: 5}}", "must be a file's name, a pattern"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, case: str) -> None:
    text, expected = WRONG[case]

    said = message_of(tmp_path, text)

    assert any(words in said for words in expected.split("|")), said
    assert "\n" not in said
    assert said.startswith("sources.yaml")


PATHS = [
    "../secret.csv",
    "/etc/passwd",
    "a/../../b.csv",
    "./a.csv",
    "a//b.csv",
    "..\\secret.csv",
    "C:/jobs.csv",
    "c:jobs.csv",
    "~/jobs.csv",
    "**/jobs.csv",
    "a/**",
    "jobs\x00.csv",
    " /jobs.csv",
    "a/ .. /b.csv",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    quoted = json.dumps(path)
    for files in (quoted, f"[{quoted}]", f"[{{file: {quoted}}}]"):
        said = message_of(tmp_path, f"tables: {{repairs: {{files: {files}}}}}")
        assert "which may lead out of the year's folder" in said or "not YAML" in said
    said = message_of(tmp_path, f"tables: {{repairs: {{sql: {{url: DB, query_file: {quoted}}}}}}}")
    assert "query_file" in said or "not YAML" in said


def test_the_settings_file_itself_is_no_link(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden: words", encoding="utf-8")
    folder = tmp_path / "2024-25"
    folder.mkdir()
    (folder / "sources.yaml").symlink_to(secret)

    with pytest.raises(InputError, match="is a link: put the file itself in its place") as caught:
        receive(folder, "repairs")
    assert "hidden" not in str(caught.value)


def test_a_query_file_is_no_link_and_no_novel(tmp_path: Path) -> None:
    (tmp_path / "there.sql").write_text("select 1", encoding="utf-8")
    (tmp_path / "query.sql").symlink_to(tmp_path / "there.sql")
    asks = "tables: {repairs: {sql: {url: DB, query_file: query.sql}}}"

    assert "query.sql, which is a link" in message_of(tmp_path, asks)
    (tmp_path / "query.sql").unlink()
    (tmp_path / "query.sql").write_bytes(b"-" * 300_000)
    assert "too long for a query" in message_of(tmp_path, asks)
    (tmp_path / "query.sql").write_bytes(b"select '\xff'")
    assert "cannot be read as UTF-8 text" in message_of(tmp_path, asks)


def test_files_are_found_in_natural_order_and_in_any_case(tmp_path: Path) -> None:
    for name in ("Jobs_10.csv", "jobs_2.CSV", "jobs_1.csv", ".jobs_3.csv", "~$jobs_4.csv", "other.csv"):
        (tmp_path / name).write_text("x", encoding="utf-8")

    assert [p.name for p in find_files(tmp_path, "JOBS_*.csv")[0]] == [
        "jobs_1.csv",
        "jobs_2.CSV",
        "Jobs_10.csv",
    ]
    assert [p.name for p in find_files(tmp_path, "jobs_[12].csv")[0]] == ["jobs_1.csv", "jobs_2.CSV"]
    assert [p.name for p in find_files(tmp_path, ".jobs_3.csv")[0]] == [".jobs_3.csv"]
    assert find_files(tmp_path, "none.csv") == ([], [])


def test_links_are_met_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "jobs.csv").write_text("x", encoding="utf-8")
    folder = tmp_path / "year"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "jobs.csv").write_text("x", encoding="utf-8")
    (folder / "out").symlink_to(outside)
    (folder / "jobs.csv").symlink_to(outside / "jobs.csv")

    assert find_files(folder, "*/jobs.csv") == ([folder / "in" / "jobs.csv"], [folder / "out"])
    assert find_files(folder, "jobs.csv") == ([], [folder / "jobs.csv"])
    assert find_files(folder, "out/jobs.csv") == ([], [folder / "out"])


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        find_files(tmp_path, "*.csv")


def test_the_files_of_a_table_are_all_that_say_what_it_is(tmp_path: Path) -> None:
    write(tmp_path, "tables: {repairs: {files: ['jobs_*.csv', old/jobs.csv]}}")
    (tmp_path / "old").mkdir()
    for name in ("jobs_2.csv", "jobs_1.csv", "old/jobs.csv", "repairs.csv", "homes.csv"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / "jobs_3.csv").symlink_to(tmp_path / "jobs_1.csv")

    names = [file.relative_to(tmp_path).as_posix() for file in table_files(tmp_path, "repairs")]

    assert names == ["sources.yaml", "jobs_1.csv", "jobs_2.csv", "jobs_3.csv", "old/jobs.csv", "repairs.csv"]
    assert [file.name for file in table_files(tmp_path, "homes")] == ["homes.csv"]


def test_the_schema_is_one_and_every_error_names_what_is_expected() -> None:
    text = (Path(schemas.__file__).parent / "settings" / "sources.schema.json").read_text("utf-8")
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)

    entry_keys = set(schema["$defs"]["entry"]["properties"])
    of_table = {"preset", "files", "sql", "prefer"}
    assert set(schema["$defs"]["part"]["properties"]) == entry_keys - of_table | {"file"}
    for definition in schema["$defs"].values():
        assert definition["description"]


def test_the_shipped_presets_can_be_read() -> None:
    for name in sources.preset_names():
        assert sources.preset_entry(name)
        assert len(sources.preset_sha256(name)) == 64
    assert sources.preset_sha256("") == ""
    with pytest.raises(KeyError):
        sources.preset_entry("../settings")


def test_a_hostile_regular_expression_costs_no_more_than_the_text(tmp_path: Path) -> None:
    import pyarrow as pa

    from pipelines.intake.mapping import filter_hits

    cells = pa.chunked_array([pa.array(["a" * 100_000 + "!"], pa.large_string())])
    start = time.perf_counter()
    hits = filter_hits(cells, Filter("x", "why", "matches", ("^(a+)+$",)))

    assert not hits.any()
    assert time.perf_counter() - start < 2
