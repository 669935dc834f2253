#!/usr/bin/env bash
# Installs a wheel into an empty environment and tests it there, away from the checkout: what users get.
# usage: wheel_test.sh WHEEL
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
wheel=$(realpath "$1")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

"${PYTHON:-python3}" -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet "spice-rs[cli,test,web] @ file://$wheel"
# The tests and their settings, and nothing else: no source of ours can be imported by accident.
cp -r "$root/tests" "$root/pyproject.toml" "$place/"

cd "$place"
venv/bin/python -c 'import spice_rs; assert "site-packages" in spice_rs.__file__, spice_rs.__file__'
venv/bin/spice-rs --help >/dev/null
venv/bin/python -m spice_rs --help >/dev/null
venv/bin/python -m pytest -q -p no:cacheprovider -m "not checkout and not peer and not slow"
