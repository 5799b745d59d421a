#!/usr/bin/env bash
# Makes .venv from requirements.lock and puts the `tsm` command in it. Run by `make setup`, as often as you like.
#
# Needs Python 3.11 or newer. What else is missing on Debian or Ubuntu is installed with apt where that is
# allowed without a password; otherwise one sentence says what to run.
#   PYTHON=/path/to/python   the Python to use
#   TSM_NO_APT=1             never call apt
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# pip and Python are asked for nothing but what the lock says, whatever the caller's environment holds.
unset PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME PIP_REQUIRE_VIRTUALENV PIP_USER PIP_TARGET PIP_PREFIX
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

venv="$PWD/.venv"
stamp="$venv/.setup"

say() { printf '%s\n' "$*"; }
stop() { printf 'setup: %s\n' "$*" >&2; exit 1; }

is_supported() { # python
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' >/dev/null 2>&1
}

find_python() {
    if [[ -n ${PYTHON:-} ]]; then
        is_supported "$PYTHON" || stop "PYTHON=$PYTHON is not a Python between 3.11 and 3.14: name another one, or leave PYTHON out."
        printf '%s' "$PYTHON"
        return
    fi
    local name
    # The machine's own first: it is the one that has its venv package.
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if is_supported "$name"; then
            printf '%s' "$name"
            return
        fi
    done
    stop "no Python between 3.11 and 3.14 was found: install one (on Debian or Ubuntu, sudo apt-get install python3 python3-venv), or name it with make setup PYTHON=/path/to/python3."
}

missing_libraries() { # python: the Debian packages of the libraries that WeasyPrint will look for and not find
    "$1" - <<'PYTHON' 2>/dev/null || say "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
import ctypes

# In each group the first library brings the others with it.
PACKAGES = {
    "libpango-1.0-0": ("libpango-1.0.so.0", "libgobject-2.0.so.0", "libharfbuzz.so.0"),
    "libpangoft2-1.0-0": ("libpangoft2-1.0.so.0", "libfontconfig.so.1"),
    "libharfbuzz-subset0": ("libharfbuzz-subset.so.0",),
}
NAMES_ELSEWHERE = {  # macOS
    name: name.replace(".so.0", ".0.dylib").replace(".so.1", ".1.dylib")
    for names in PACKAGES.values() for name in names
}


def found(name):
    for candidate in (name, NAMES_ELSEWHERE[name]):
        try:
            ctypes.CDLL(candidate)
        except OSError:
            continue
        return True
    return False


print(*(package for package, names in PACKAGES.items() if not all(map(found, names))))
PYTHON
}

missing_venv() { # python: the Debian package of its venv module, where that is missing
    if ! "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        "$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    fi
}

install_packages() { # package...
    local as_root=()
    local command="apt-get install --no-install-recommends $*"
    if ! command -v apt-get >/dev/null || [[ -n ${TSM_NO_APT:-} ]]; then
        stop "these system libraries are missing, under their Debian names: $*; install them ($command, or your system's equivalent), then run make setup again."
    fi
    if [[ $(id -u) -ne 0 ]]; then
        if ! sudo -n true >/dev/null 2>&1; then
            stop "system packages are missing that only an administrator may install: run sudo $command, then make setup again."
        fi
        as_root=(sudo -n)
    fi
    say "Installing $* with apt"
    export DEBIAN_FRONTEND=noninteractive
    # A package list that is old, or another source that is down, need not stop these few packages.
    "${as_root[@]}" apt-get update -qq >/dev/null || true
    # shellcheck disable=SC2086 — the list of packages is meant to be split
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 $* >/dev/null ||
        stop "apt could not install $*: run sudo $command to see why, then make setup again."
}

# The stamp holds all that .venv was made from. Its path counts: the commands in a .venv that was copied
# or moved still belong to the old place.
wanted() {
    say "$venv"
    cat requirements.lock pyproject.toml scripts/setup.sh | "${SHA256[@]}"
}
SHA256=(sha256sum)
command -v sha256sum >/dev/null || SHA256=(shasum -a 256)

is_ours() { # a working .venv of this place
    [[ $("$venv/bin/python" -c 'import sys; print(sys.prefix)' 2>/dev/null) == "$venv" ]] &&
        is_supported "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1 &&
        [[ $(head -n1 "$venv/bin/pip" 2>/dev/null) == *"$venv/"* ]]
}

if [[ -x $venv/bin/tsm && -f $stamp && $(cat "$stamp") == "$(wanted)" ]]; then
    packages=$(missing_libraries "$venv/bin/python")
    [[ -z $packages ]] || install_packages "$packages"
    exit 0
fi

python=$(find_python)
packages="$(missing_venv "$python") $(missing_libraries "$python")"
packages=$(xargs <<<"$packages")
[[ -z $packages ]] || install_packages "$packages"

if ! is_ours; then
    say "Making .venv with $("$python" --version)"
    "$python" -m venv --clear "$venv" || stop "$python could not make a virtual environment in $venv (its own message is above): name another one with make setup PYTHON=/path/to/python3."
fi
rm -f "$stamp"

say "Installing the packages of requirements.lock (about 1 GB; a minute or two the first time)"
# Every version and hash is in the lock, so nothing is left to resolve. Compiled afterwards, on all cores.
"$venv/bin/python" -m pip install -qq --no-compile --no-deps --require-hashes -r requirements.lock ||
    stop "the packages of requirements.lock could not be installed (pip's own message is above): check that this machine reaches its package index, then run make setup again."
"$venv/bin/python" -m pip install -qq --no-build-isolation --no-deps --editable . ||
    stop "the project itself could not be installed (pip's own message is above)."

# Without compiled files every start of Python takes about four times as long. A few packages carry files
# that are templates and do not compile: no matter.
"$venv/bin/python" -m compileall -q -q -j 0 "$venv/lib" pipelines schemas report_templates >/dev/null 2>&1 || true

wanted >"$stamp"
say "Ready: $venv/bin/tsm"
