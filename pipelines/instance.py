"""The Dagster instance of a home: where runs are recorded, whichever way they start.

Belongs here: the folder, its dagster.yaml and the environment that leads to it. Imports no Dagster, so that
`tsm` can prepare a home before it pays for importing it.
"""

from __future__ import annotations

import os
from pathlib import Path

from schemas.errors import InputError

DAGSTER_YAML = """\
# How Dagster keeps its records for this home. Written once; yours to edit from then on (a PostgreSQL
# storage, for example): it is never overwritten.

# No usage statistics leave this machine: the inputs are personal data.
telemetry:
  enabled: false

# No invitation over the first page.
nux:
  enabled: false

# Where each asset was read and written is in its own metadata; as messages they were a fifth of the record.
python_logs:
  python_log_level: INFO

# A run started in the web UI starts at once. The default queues it for a daemon that does not run here.
run_coordinator:
  module: dagster._core.run_coordinator
  class: DefaultRunCoordinator
"""


def ensure_instance(home: Path) -> Path:
    """Make `<home>/dagster` with its dagster.yaml where missing, and return it as an absolute path.

    A dagster.yaml that is there already is left as it is. Raises InputError where the folder cannot be made.
    """
    folder = home.resolve() / "dagster"
    config = folder / "dagster.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not config.exists():
            # Moved into place whole: two commands may start in the same new home at once.
            draft = folder / f".dagster.yaml.{os.getpid()}"
            draft.write_text(DAGSTER_YAML, encoding="utf-8")
            draft.replace(config)
    except OSError as error:
        raise InputError(
            f"The home {home} cannot hold the record of runs ({folder}: {error.strerror}): "
            "give a folder that you may write to with --home, or change its permissions."
        ) from error
    return folder


def point_environment_at(home: Path) -> Path:
    """Make this process, and those it starts, use the home and its instance; return the latter's folder.

    The web UI loads the code location in a process of its own, and that one starts a process for each run:
    they learn the home from TSM_HOME and the instance from DAGSTER_HOME.
    """
    folder = ensure_instance(home)
    os.environ["TSM_HOME"] = str(home.resolve())
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    return folder
