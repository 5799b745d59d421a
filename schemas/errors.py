"""The errors a user may meet, each one sentence: the culprit, where it is, what was expected, the remedy."""

from __future__ import annotations


class TsmError(Exception):
    """Base of every error meant for a user; `exit_status` is what the `tsm` command ends with."""

    exit_status = 2


class InputError(TsmError):
    """Wrong usage, or a settings file that cannot be read: nothing was computed, nothing was written."""


class StopError(TsmError):
    """A stop finding: the return is withheld and the last good one stays where it is."""

    exit_status = 1
