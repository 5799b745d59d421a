"""The text of a query: whether it is one statement that reads, told without running it.

It guards against accidents and is one guard of several: the transaction is read-only where the database knows
such, and is rolled back in any case. Where in doubt it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

# `*+` takes what it can and gives nothing back: no text makes the search slow.
_STRING = r"'(?:[^']|'')*+'"
_NAME = r'"(?:[^"]|"")*+"'
_BACKSLASHES = r"'(?:[^'\\]|\\.|'')*+'"
_TICKS = r"`(?:[^`]|``)*+`"
_BRACKETS = r"\[(?:[^\]]|\]\])*+\]"
_DOLLAR = r"(?<![\w$])\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"

# How each kind of database writes strings and quoted names; the standard's way where it is not here.
_QUOTED = {
    "postgresql": rf"[eE]{_BACKSLASHES}|{_DOLLAR}|{_STRING}|{_NAME}",
    "mssql": rf"{_BRACKETS}|{_STRING}|{_NAME}",
    "sqlite": rf"{_BRACKETS}|{_TICKS}|{_STRING}|{_NAME}",
    "mysql": rf'{_BACKSLASHES}|"(?:[^"\\]|\\.|"")*+"|{_TICKS}',
}
_COMMENT = r"--[^\r\n]*|/\*.*?\*/"
# In MySQL two dashes begin a comment only before a space, and what stands after /*! is run.
_MYSQL_COMMENT = r"--(?=\s|$)[^\r\n]*|\#[^\r\n]*|/\*(?!M?!).*?\*/"
_OPEN = r"""['"`]|/\*"""

# Words by which a statement that begins as SELECT or WITH would write.
_WRITING = {"into", "insert", "update", "delete", "merge"}
# In T-SQL one statement follows another without a semicolon: there no word may begin another.
_BEGINNING = {
    *("alter", "backup", "begin", "bulk", "checkpoint", "commit", "create", "dbcc", "declare", "deny"),
    *("drop", "exec", "execute", "grant", "kill", "print", "raiserror", "reconfigure", "restore", "revert"),
    *("revoke", "rollback", "save", "set", "shutdown", "truncate", "updatetext", "use", "waitfor", "while"),
    "writetext",
}


def why_not_one_select(query: str, dialect: str) -> str:
    """Why `query` is not one statement that only reads, in words that follow "The query"; "" where it is."""
    refused = _WRITING | _BEGINNING if dialect == "mssql" else _WRITING
    begun = ended = False
    for kind, text in _tokens(query, dialect):
        if kind == "open":
            return "has a quotation mark or a comment that is not closed"
        if kind == "comment" and "/*" in text[2:]:
            return "has a comment inside a comment"
        if kind in ("space", "comment"):
            continue
        if ended:
            return "is more than one statement"
        ended = text == ";"
        word = text.lower()
        if not begun and text not in "(;":
            if word not in ("select", "with"):
                return "does not begin with SELECT or WITH"
            begun = True
        if kind == "word" and word in refused:
            return f"has the word {word.upper()} (it needs quotation marks where it names a column)"
    return "" if begun else "is blank"


def _tokens(query: str, dialect: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(query):
        match = _pattern(dialect).match(query, at)
        assert match is not None  # its last part takes any character
        yield str(match.lastgroup), match.group()
        at = match.end()


@cache
def _pattern(dialect: str) -> re.Pattern[str]:
    dialect = "mysql" if dialect == "mariadb" else dialect
    kinds = {
        "space": r"\s+",
        "comment": _MYSQL_COMMENT if dialect == "mysql" else _COMMENT,
        "quoted": _QUOTED.get(dialect, f"{_STRING}|{_NAME}"),
        "word": r"[^\W\d]\w*",
        "open": rf"{_OPEN}|(?<![\w$])\$\w*\$" if dialect == "postgresql" else _OPEN,
        "other": ".",
    }
    return re.compile("|".join(f"(?P<{kind}>{text})" for kind, text in kinds.items()), re.DOTALL)
