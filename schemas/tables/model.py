"""What a table of the input contract is made of: columns, rules, and the two pandera schemas they give.

A table is stated once, as columns and rules. From that statement come the raw schema (text as it arrived),
the typed schema (what every later stage may rely on), the rule schema (the checks of one run), the data
dictionary and the input templates, so that none of them can say something else than the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

import pandas as pd
import pandera.pandas as pa

from schemas.tables.unique import all_differ

# A column whose name suggests a person: its values are never shown in a finding.
_PERSONAL_NAME = re.compile(
    r"(^|_)(name|names|surname|forename|email|e_mail|phone|telephone|tel|mobile|address|postcode|dob|birth"
    r"|contact|ni_number|nino)(_|$)"
)

TP = tuple(f"TP{number:02d}" for number in range(1, 13))
CH = ("CH01_1", "CH01_2", "CH02_1", "CH02_2")
NM = ("NM01_1", "NM01_2")
RP02 = ("RP02_1", "RP02_2")
BS = tuple(f"BS{number:02d}" for number in range(1, 6))
ANSWER_CODES = ("VS", "FS", "NSD", "FD", "VD", "NADK")


class Grade(StrEnum):
    """How serious a finding is: `stop` withholds the return, `confirm` needs a person, `note` informs."""

    STOP = "stop"
    CONFIRM = "confirm"
    NOTE = "note"


class Effect(StrEnum):
    """What a finding did to the record it names."""

    ROW_REJECTED = "row_rejected"
    VALUE_IGNORED = "value_ignored"
    KEPT = "kept"
    TABLE_REFUSED = "table_refused"


class Kind(StrEnum):
    """How the text of a column is read."""

    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    FLAG = "flag"
    CHOICE = "choice"
    STAGE = "stage"
    ANSWER = "answer"
    STAR = "star"
    SCORE = "score"
    COUNT = "count"
    DECIMAL = "decimal"


DTYPES: Mapping[Kind, str] = {
    Kind.TEXT: "str",
    Kind.DATE: "datetime64[us]",
    Kind.DATETIME: "datetime64[us]",
    Kind.FLAG: "boolean",
    Kind.CHOICE: "str",
    Kind.STAGE: "Int64",
    Kind.ANSWER: "str",
    Kind.STAR: "str",
    Kind.SCORE: "Int64",
    Kind.COUNT: "Int64",
    Kind.DECIMAL: "str",
}

_EXPECTED: Mapping[Kind, str] = {
    Kind.DATE: "a date such as 2025-03-31",
    Kind.DATETIME: "a date and time such as 2025-03-31T14:05",
    Kind.FLAG: "yes or no",
    Kind.SCORE: "a whole number from 0 to 10",
    Kind.COUNT: "a whole number, 0 or more",
    Kind.DECIMAL: "a number above 0, such as 1.25",
    Kind.STAR: "one of the five answers of its scale",
    Kind.ANSWER: "one of the five prescribed answers of its scale",
}


@dataclass(frozen=True)
class Context:
    """What a rule may ask about beyond the table itself.

    `edition` and `settings` are the year's rulebook; `related` the accepted frames of other tables by name;
    `absent` the optional columns that the file does not have. `answers` keeps what several rules ask of the
    same frame.
    """

    edition: Any
    settings: Mapping[str, Any]
    related: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    answers: dict[Any, tuple[pd.DataFrame, pd.Series]] = field(default_factory=dict)


Mask = Callable[[pd.DataFrame, Context], pd.Series]


@dataclass(frozen=True)
class Rule:
    """One rule of the input contract.

    `columns`: the columns that the rule reads, the culprit first; where the effect is `value_ignored` the
    culprit's cell is what is ignored. `message` is one sentence with `{column}` for a cell as it stood.
    `level` says who applies it: `file` (the readers), `cell` (the parser), `row` and `table` (`mask`; a table
    rule gives one finding), `key` (`mask`, over the rows that are left), `cross` (over several tables).
    """

    id: str
    grade: Grade
    title: str
    message: str
    remedy: str
    effect: Effect
    columns: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()
    mask: Mask | None = None
    level: str = "row"
    table: str = ""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `number` gives the ids of its own rules: ten times it plus 1 (a required cell is blank), 2 (the cell
    cannot be read) and 3 (a date that cannot be meant). `bad_effect` and `bad_grade`: what an unreadable cell
    of an optional column does (in a required column the row is always rejected). Of dates: `forward` ones may
    lie years ahead, `any_past` and `any_future` ones as far away as they like, and `to_the_end_of_day` ones,
    where no time is given, mean the last moment of their day.
    """

    name: str
    kind: Kind
    number: int
    description: str
    required: bool = False
    vocabulary: tuple[str, ...] = ()
    pattern: str = ""
    expected: str = ""
    personal: bool = False
    free_text: bool = False
    forward: bool = False
    any_past: bool = False
    any_future: bool = False
    to_the_end_of_day: bool = False
    bad_effect: Effect = Effect.VALUE_IGNORED
    bad_grade: Grade = Grade.CONFIRM
    touches: tuple[str, ...] | None = None

    @property
    def dtype(self) -> str:
        """The pandas dtype of the column in the typed frame."""
        return DTYPES[self.kind]

    @property
    def is_date(self) -> bool:
        return self.kind in (Kind.DATE, Kind.DATETIME)

    @property
    def reads(self) -> str:
        """What may stand in a cell, in words."""
        if self.expected:
            return self.expected
        if self.vocabulary:
            return f"one of: {', '.join(self.vocabulary)}"
        return _EXPECTED.get(self.kind, "text")

    @property
    def can_be_unreadable(self) -> bool:
        return self.kind is not Kind.TEXT or bool(self.pattern)


def is_personal(column: str) -> bool:
    """Whether a column's name suggests a person's name or contact details."""
    return bool(_PERSONAL_NAME.search(column.lower()))


@dataclass(frozen=True)
class Table:
    """One table of the input contract, with its columns, rules and pandera schemas."""

    name: str
    prefix: str
    description: str
    columns: tuple[Column, ...]
    own_rules: tuple[Rule, ...]
    key: tuple[str, ...]
    touches: tuple[str, ...]
    required: bool = True
    keeps_characteristics: bool = False
    conflict_grade: Grade = Grade.CONFIRM
    record_column: str = ""

    @property
    def record_name(self) -> str:
        """The column that names a record in a finding."""
        return self.record_column or self.key[0]

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of the table: of single cells, of rows, of the key, in the order of their ids."""
        rules = [rule for column in self.columns for rule in self._column_rules(column)]
        rules += [replace(rule, touches=rule.touches or self.touches) for rule in self.own_rules]
        rules += self._key_rules()
        return tuple(replace(rule, table=self.name) for rule in sorted(rules, key=lambda rule: rule.id))

    def rule(self, number: int) -> Rule:
        """The rule of that number; KeyError where there is none."""
        return self._rules_by_id[f"{self.prefix}-{number:03d}"]

    @cached_property
    def _rules_by_id(self) -> Mapping[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    def _column_rules(self, column: Column) -> list[Rule]:
        name = column.name
        effect = Effect.ROW_REJECTED if column.required else column.bad_effect
        grade = Grade.CONFIRM if column.required else column.bad_grade
        unless = "." if column.required else ", or leave it blank."
        blank = Rule(
            id=f"{self.prefix}-{column.number * 10 + 1:03d}",
            grade=Grade.CONFIRM,
            title=f"{name} is blank",
            message=f"{name} is blank, so the row cannot be used.",
            remedy=f"Fill in {name}." if column.reads == "text" else f"Fill in {name}: {column.reads}.",
            effect=Effect.ROW_REJECTED,
            columns=(name,),
            touches=self.touches if column.touches is None else column.touches,
            level="cell",
        )
        unreadable = replace(
            blank,
            id=f"{self.prefix}-{column.number * 10 + 2:03d}",
            grade=grade,
            title=f"{name} cannot be read",
            message=f"{name} is “{{{name}}}”, which is not {column.reads}.",
            remedy=f"Correct {name} to {column.reads}{unless}",
            effect=effect,
        )
        implausible = replace(
            unreadable,
            id=f"{self.prefix}-{column.number * 10 + 3:03d}",
            title=f"{name} is a date that cannot be meant",
            message=f"{name} is {{{name}}}, which looks like a placeholder or a slip of the year.",
            remedy=f"Give the true date in {name}{unless}",
        )
        wanted = (
            (blank, column.required),
            (unreadable, column.can_be_unreadable),
            (implausible, column.is_date),
        )
        return [rule for rule, applies in wanted if applies]

    def _key_rules(self) -> list[Rule]:
        key = " and ".join(self.key)
        cells = ", ".join(f"{{{name}}}" for name in self.key)
        stops = self.conflict_grade is Grade.STOP
        return [
            Rule(
                f"{self.prefix}-901",
                Grade.NOTE,
                "Row given twice",
                f"This row repeats an earlier one in every column ({key}: {cells}).",
                "Nothing need be done: the first is kept. Remove the repeats in the source.",
                Effect.ROW_REJECTED,
                self.key,
                self.touches,
                repeats_a_row(self.key),
                "key",
            ),
            Rule(
                f"{self.prefix}-902",
                self.conflict_grade,
                f"{key} used for different records",
                f"{key} {cells} stands on an earlier row with other content"
                + ("." if stops else "; the first row is kept and this one is not counted."),
                f"Give every record its own {key}, or remove the row that is out of date.",
                Effect.TABLE_REFUSED if stops else Effect.ROW_REJECTED,
                self.key,
                self.touches,
                contradicts_a_row(self.key),
                "key",
            ),
        ]

    @cached_property
    def raw(self) -> pa.DataFrameSchema:
        """The table as it arrives: text in every cell (a blank is "", never missing), rows numbered once."""
        return pa.DataFrameSchema(
            {c.name: pa.Column("str", required=c.required, description=c.description) for c in self.columns},
            index=pa.Index(int, unique=True),
            strict=False,
            coerce=False,
            name=f"{self.name} (raw)",
            description=self.description,
        )

    @cached_property
    def typed(self) -> pa.DataFrameSchema:
        """The table as every later stage receives it: all columns, their types, vocabularies and the key."""
        return self._typed(list(self.key))

    @cached_property
    def typed_rows(self) -> pa.DataFrameSchema:
        """The same but for the key, where the key's own rules have just been held against the same rows."""
        return self._typed(None)

    def _typed(self, key: list[str] | None) -> pa.DataFrameSchema:
        return pa.DataFrameSchema(
            {c.name: _typed_column(c) for c in self.columns} | {"source_row": pa.Column("int64")},
            unique=key,
            strict=False,
            coerce=False,
            name=f"{self.name} (typed)",
            description=self.description,
        )

    def rule_schema(
        self, context: Context, levels: tuple[str, ...], found: dict[str, pd.Series]
    ) -> pa.DataFrameSchema:
        """The row, table or key rules as pandera checks over the parsed frame.

        Each check is named by its rule id and answers with one bool, so that a bad file costs no more than a
        good one (a check that answers row by row gives a failure line for every column of every bad row). The
        mask it was answered from is left in `found`, where the failing rows are read off.
        """

        def check(rule: Rule, mask_of: Mask) -> pa.Check:
            def holds(frame: pd.DataFrame) -> bool:
                mask = mask_of(frame, context).fillna(value=False).astype(bool)
                found[rule.id] = mask
                return not bool(mask.any())

            return pa.Check(holds, name=rule.id, error=rule.id, description=rule.title)

        return pa.DataFrameSchema(
            checks=[check(rule, rule.mask) for rule in self.rules if rule.mask and rule.level in levels],
            strict=False,
            coerce=False,
            name=f"{self.name} (rules)",
        )


def _typed_column(column: Column) -> pa.Column:
    words: tuple[Any, ...] = column.vocabulary
    if column.kind in (Kind.ANSWER, Kind.STAR):
        words = ANSWER_CODES
    elif column.kind is Kind.STAGE:
        words = tuple(int(word) for word in column.vocabulary)
    return pa.Column(
        column.dtype,
        checks=[pa.Check.isin(list(words))] if words else None,
        nullable=not column.required,
        description=column.description,
        metadata={"personal": column.personal, "kind": str(column.kind)},
    )


def repeats_a_row(key: tuple[str, ...]) -> Mask:
    """A mask of the rows that repeat an earlier row in every column."""

    def mask(frame: pd.DataFrame, context: Context) -> pd.Series:
        again = _shares_a_key(frame, context, key)
        result = pd.Series(data=False, index=frame.index)
        if again.any():  # comparing whole rows is dear, so only rows that share a key are compared
            result[again] = frame[again].duplicated(keep="first")
        return result

    return mask


def contradicts_a_row(key: tuple[str, ...]) -> Mask:
    """A mask of the rows that share an earlier row's key without repeating it."""
    repeats = repeats_a_row(key)

    def mask(frame: pd.DataFrame, context: Context) -> pd.Series:
        again = _shares_a_key(frame, context, key)
        if not again.any():
            return again
        return frame.duplicated(subset=list(key), keep="first") & ~repeats(frame, context)

    return mask


def _shares_a_key(frame: pd.DataFrame, context: Context, key: tuple[str, ...]) -> pd.Series:
    """Which rows have a key that another row has too."""
    asked, answer = context.answers.get(key, (None, None))
    if asked is not frame or answer is None:
        if all_differ(frame, key):
            answer = pd.Series(data=False, index=frame.index)
        else:
            answer = frame.duplicated(subset=list(key), keep=False)
        context.answers[key] = frame, answer
    return answer
