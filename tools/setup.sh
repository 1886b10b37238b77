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

supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null
}

# The interpreters of a supported version on PATH, each once, by their real names.
supported_pythons() {
    saved=$IFS
    IFS=:
    for folder in $PATH; do
        for name in python3.13 python3.12 python3.11 python3; do
            [ -x "$folder/$name" ] && supported "$folder/$name" &&
                "$folder/$name" -c 'import os, sys; print(os.path.realpath(sys.executable))'
        done
    done | awk '!seen[$0]++'
    IFS=$saved
}

# Microseconds for a fixed piece of work, at its best.
speed() {
    "$1" -I -S -c '
import time
def work():
    counts = {}
    for number in range(5000):
        counts[str(number % 97)] = [(number, each) for each in (1, 2, 3)]
    return counts
def took():
    began = time.process_time()
    work()
    return time.process_time() - began
print(int(min(took() for _ in range(20)) * 1e6))'
}

# How an interpreter was compiled is worth a fifth of its speed, and no version tells: docs/adr/0022.
find_python() {
    if [ -x .venv/bin/python ] && supported .venv/bin/python; then
        .venv/bin/python -c 'import os, sys; print(os.path.realpath(sys.executable))'
        return
    fi
    candidates=$(supported_pythons)
    # In turns, because a machine that is busy with something else is so for a while.
    found=$(for _ in 1 2 3; do
        echo "$candidates" | while read -r each; do [ -z "$each" ] || echo "$(speed "$each") $each"; done
    done | sort -n | head -n 1 | cut -d ' ' -f 2-)
    if [ -z "$found" ]; then
        echo "Codex needs Python 3.11, 3.12 or 3.13, and none of them is on PATH." >&2
        exit 1
    fi
    echo "$found"
}

# An interpreter that can make an environment with pip in it; uv, which it is for, makes the others without.
find_bootstrap() {
    for candidate in "$python" $(supported_pythons); do
        "$candidate" -c 'import ensurepip, venv' 2>/dev/null && echo "$candidate" && return
    done
    require_venv && echo "$python"
}

require_venv() {
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        echo "Installing $package, which Debian keeps apart from Python." >&2
        apt-get update -qq >&2 && apt-get install -y -qq "$package" >&2
        return
    fi
    echo "Python's venv module is not complete; install it with: sudo apt-get install $package" >&2
    exit 1
}

make_uv() {
    [ -x "$uv_home/bin/uv" ] && return
    bootstrap=$(find_bootstrap)
    echo "Installing uv $uv_version into a folder of its own."
    mkdir -p "$(dirname "$uv_home")"
    draft=$(mktemp -d "$uv_home.XXXXXX")
    trap 'rm -rf "$draft"' EXIT
    "$bootstrap" -m venv "$draft"
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
