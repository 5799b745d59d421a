"""`make setup` on machines that this one is not: a stand-in for Python and apt tells what it would meet."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EVERY_LIBRARY = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

# Answers what scripts/setup.sh asks of a Python; anything else it is asked to do is written down.
STAND_IN_PYTHON = """\
#!/bin/bash
case "$*" in
    *"sys.exit(not (3, 11)"*) [[ $SUPPORTED == yes ]] ;;
    *"import ensurepip"*) [[ $HAS_VENV == yes ]] ;;
    *"-venv"*) echo python3.11-venv ;;
    -) cat >/dev/null; [[ $HAS_CTYPES == yes ]] && echo "$MISSING" ;;
    --version) echo Python 3.11.2 ;;
    *) echo "python $*" >>"$CALLS"; exit 9 ;;
esac
"""
WRITES_DOWN = '#!/bin/bash\necho "{name} $*" >>"$CALLS"\n'


@dataclass
class Machine:
    """A copy of the checkout's setup with a PATH that holds the stand-ins and the shell's own tools only."""

    place: Path
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.place / "bin").mkdir()
        (self.place / "repo" / "scripts").mkdir(parents=True)
        for name in ("scripts/setup.sh", "requirements.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, self.place / "repo" / name)
        for name in ("bash", "cat", "cut", "dirname", "env", "head", "rm", "sha256sum", "xargs", "echo"):
            self.command(name, None)
        self.command("python3", STAND_IN_PYTHON)
        self.command("apt-get", WRITES_DOWN.format(name="apt-get"))
        self.user("root")

    def command(self, name: str, text: str | None) -> None:
        path = self.place / "bin" / name
        path.unlink(missing_ok=True)
        if text is None:
            path.symlink_to(shutil.which(name) or name)
        else:
            path.write_text(text, encoding="utf-8")
            path.chmod(0o755)

    def user(self, kind: str) -> None:
        self.command("id", f"#!/bin/bash\necho {0 if kind == 'root' else 1000}\n")
        allowed = '[[ $1 == -n ]] && shift; [[ $1 == true ]] || { echo "sudo $*" >>"$CALLS"; "$@"; }'
        self.command("sudo", f"#!/bin/bash\n{allowed if kind == 'sudoer' else 'exit 1'}\n")

    def setup(self, **facts: str) -> tuple[int, str]:
        calls = self.place / "calls"
        calls.write_text("", encoding="utf-8")
        machine = {
            "SUPPORTED": "yes",
            "HAS_VENV": "yes",
            "HAS_CTYPES": "yes",
            "MISSING": "",
            "TSM_NO_APT": "",
        }
        done = subprocess.run(
            ["bash", "scripts/setup.sh"],
            cwd=self.place / "repo",
            env={"PATH": str(self.place / "bin"), "CALLS": str(calls), **machine, **facts},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        self.calls = calls.read_text(encoding="utf-8").splitlines()
        return done.returncode, done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def _is_one_sentence(text: str) -> bool:
    return text.startswith("setup: ") and text.count("\n") == 1 and text.endswith(".\n")


def test_without_a_supported_python_one_sentence_says_what_to_install(machine: Machine) -> None:
    status, said = machine.setup(SUPPORTED="no")

    assert status == 1
    assert _is_one_sentence(said)
    assert "apt-get install python3 python3-venv" in said
    assert machine.calls == []


def test_a_named_python_that_is_too_old_is_not_replaced_by_another(machine: Machine) -> None:
    machine.command("python2", "#!/bin/bash\nexit 1\n")
    status, said = machine.setup(PYTHON="python2")

    assert status == 1
    assert _is_one_sentence(said)
    assert "PYTHON=python2" in said


def test_what_is_missing_is_installed_at_once_where_it_may(machine: Machine) -> None:
    machine.setup(HAS_VENV="no", MISSING="libharfbuzz-subset0")

    update, install, make_venv = machine.calls
    assert update.startswith("apt-get update")
    assert install.startswith("apt-get install -y")
    assert install.endswith("python3.11-venv libharfbuzz-subset0")
    assert "--no-install-recommends" in install
    assert make_venv.startswith("python -m venv")


def test_a_python_without_ctypes_is_taken_to_miss_every_library(machine: Machine) -> None:
    machine.setup(HAS_CTYPES="no")

    assert machine.calls[1].endswith(f" {EVERY_LIBRARY}")


def test_sudo_is_used_where_it_asks_for_no_password(machine: Machine) -> None:
    machine.user("sudoer")
    machine.setup(MISSING="libpango-1.0-0")

    assert next(call for call in machine.calls if "apt-get install" in call).startswith(
        "sudo env DEBIAN_FRONTEND"
    )


def test_where_it_may_not_one_sentence_holds_the_whole_command(machine: Machine) -> None:
    machine.user("somebody")
    status, said = machine.setup(HAS_VENV="no", MISSING="libpango-1.0-0")

    assert status == 1
    assert _is_one_sentence(said)
    assert "run sudo apt-get install --no-install-recommends python3.11-venv libpango-1.0-0, then" in said
    assert machine.calls == []


def test_apt_is_left_alone_when_asked(machine: Machine) -> None:
    status, said = machine.setup(MISSING="libpango-1.0-0", TSM_NO_APT="1")

    assert (status, machine.calls) == (1, [])
    assert _is_one_sentence(said)


def test_where_apt_fails_one_sentence_says_so(machine: Machine) -> None:
    machine.command("apt-get", "#!/bin/bash\nexit 100\n")
    status, said = machine.setup(MISSING="libpango-1.0-0")

    assert status == 1
    assert _is_one_sentence(said)
    assert "apt could not install libpango-1.0-0" in said


def test_where_nothing_is_missing_apt_is_not_called(machine: Machine) -> None:
    machine.setup()

    assert [call.split()[0] for call in machine.calls] == ["python"]


def test_the_libraries_are_the_ones_that_weasyprint_opens() -> None:
    """Upstream: a release that opens another library fails here before it fails on a newcomer's machine."""
    from weasyprint.text import ffi

    source = Path(ffi.__file__).read_text(encoding="utf-8")
    opened = set(re.findall(r"'(lib[\w.+-]+\.so\.\d+)'", source))
    asked_for = set(
        re.findall(r'"(lib[\w.+-]+\.so\.\d+)"', (ROOT / "scripts/setup.sh").read_text(encoding="utf-8"))
    )
    assert opened - asked_for == {"libharfbuzz-vector.so.0"}  # optional, and asked for nowhere


def test_the_second_time_nothing_is_done(machine: Machine) -> None:
    """What the installed .venv is made from is compared, its place included: a copied .venv is made anew."""
    repo = machine.place / "repo"
    venv = repo / ".venv"
    (venv / "bin").mkdir(parents=True)
    shutil.copy(machine.place / "bin" / "python3", venv / "bin" / "python")
    (venv / "bin" / "tsm").write_text("#!/bin/bash\n", encoding="utf-8")
    (venv / "bin" / "tsm").chmod(0o755)
    parts = ("requirements.lock", "pyproject.toml", "scripts/setup.sh")
    content = b"".join((repo / name).read_bytes() for name in parts)
    sha256 = subprocess.run(["sha256sum"], input=content, capture_output=True, check=True).stdout.decode()
    (venv / ".setup").write_text(f"{venv}\n{sha256}", encoding="utf-8")

    assert machine.setup() == (0, "")
    assert machine.calls == []

    (venv / ".setup").write_text(f"/elsewhere/.venv\n{sha256}", encoding="utf-8")
    machine.setup()
    assert machine.calls[-1] == f"python -m venv --clear {venv}"

    (venv / ".setup").write_text(f"{venv}\n{sha256}", encoding="utf-8")
    with (repo / "requirements.lock").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    machine.setup()
    assert machine.calls[-1] == f"python -m venv --clear {venv}"


def test_the_script_is_run_by_make() -> None:
    said = subprocess.run(
        ["make", "--dry-run", "setup"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    ).stdout
    assert "scripts/setup.sh" in said
