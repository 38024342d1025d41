#!/bin/sh
# Makes .venv hold exactly what requirements-dev.lock names, each file checked against its hash.
# Needs Python 3.11 or newer with pip or its ensurepip, or uv; a missing python3-venv does not matter.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
inside=.venv/bin/python

fail() {
    echo "$*" >&2
    exit 1
}

pip() {
    if "$inside" -m pip --version >/dev/null 2>&1; then
        "$inside" -m pip --quiet --disable-pip-version-check "$@"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip --quiet --disable-pip-version-check --python "$inside" "$@"
    else
        fail "Neither pip nor uv was found. As root: apt-get install python3-pip"
    fi
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python 3.11 or newer is needed as '$python'; another one: make install PYTHON=python3.12"
"$inside" -c '' 2>/dev/null || "$python" -m venv --clear --without-pip .venv ||
    fail "'$python' cannot make a virtual environment. As root: apt-get install python3-venv"

echo "Installing the Python packages of requirements-dev.lock into .venv"
if ! uv=$(command -v uv); then
    pip install --require-hashes --requirement requirements-bootstrap.lock
    uv=.venv/bin/uv
fi
# An index that only pip is configured for is not known to uv; pip does the same more slowly.
"$uv" pip sync --quiet --python "$inside" --require-hashes requirements-dev.lock ||
    pip install --require-hashes --requirement requirements-dev.lock ||
    fail "The Python packages could not be installed; is there a network?"
