#!/bin/sh
# Makes .venv from requirements.lock, with a uv of its own; does nothing when nothing has changed since last time.
set -eu
cd "$(dirname "$0")/.."

uv_version=0.13.9
uv_home="${XDG_CACHE_HOME:-$HOME/.cache}/codex/uv-$uv_version"
stamp=.venv/setup-stamp

members() {
    find libs services tools -maxdepth 2 -name pyproject.toml | sort
}

# What the environment is made of: versions, members, and the contracts that stubs are generated from.
fingerprint() {
    # shellcheck disable=SC2046
    cat requirements.lock pyproject.toml $(members) $(find protos -type f | sort) libs/protos/hatch_build.py | cksum
    "$python" -c 'import sys; print(sys.version)'
}

find_python() {
    for candidate in python3.13 python3.12 python3.11 python3; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            "$candidate" -c 'import os, sys; print(os.path.realpath(sys.executable))'
            return
        fi
    done
    echo "Codex needs Python 3.11, 3.12 or 3.13, and none of them is on PATH." >&2
    exit 1
}

require_venv() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        echo "Installing $package, which Debian keeps apart from Python."
        apt-get update -qq && apt-get install -y -qq "$package"
        return
    fi
    echo "Python's venv module is not complete; install it with: sudo apt-get install $package" >&2
    exit 1
}

make_uv() {
    [ -x "$uv_home/bin/uv" ] && return
    require_venv
    echo "Installing uv $uv_version into a folder of its own."
    mkdir -p "$(dirname "$uv_home")"
    draft=$(mktemp -d "$uv_home.XXXXXX")
    trap 'rm -rf "$draft"' EXIT
    "$python" -m venv "$draft"
    "$draft/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/bootstrap.txt
    mv -T "$draft" "$uv_home" 2>/dev/null || mv "$draft" "$uv_home"
}

python=$(find_python)
now=$(fingerprint)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then
    exit 0
fi
make_uv
uv="$uv_home/bin/uv"
echo "Making .venv with $("$python" --version)."
"$uv" venv --quiet --allow-existing --prompt codex --python "$python" .venv
"$uv" pip sync --quiet --require-hashes --python .venv requirements.lock
# shellcheck disable=SC2046
"$uv" pip install --quiet --no-deps --python .venv $(members | sed 's|/pyproject.toml$||; s|^|-e |')
printf '%s' "$now" >"$stamp"
