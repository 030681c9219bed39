#!/usr/bin/env bash
# eth-ape 0.8.51 (Python 3.11).
#
# Expected: a script in scripts/ may say what any module may, such as a dataclass beside
#           `from __future__ import annotations`.
# Seen:     `ape run` cannot load it: AttributeError, 'NoneType' object has no attribute '__dict__'. It runs scripts without
#           an entry in sys.modules, where dataclasses looks for the names that the annotations are of.
# Here:     scripts/ hold commands alone; what they share is in fec.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check eth-ape==0.8.51 setuptools==80.9.0 2> pip.log
mkdir -p project/scripts
cat > project/scripts/shown.py <<'END'
from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Shown:
    number: int


def main():
    print(Shown(7))
END
cd project
ran() { HOME=$folder ../venv/bin/ape run shown > ape.log 2>&1 || true; tail -n 1 ape.log | sed 's/ Did you mean.*//'; }
seen="as a module: $(cd scripts && ../../venv/bin/python -c 'import shown; shown.main()'), by ape: $(ran)"
expected="as a module: Shown(number=7), by ape: AttributeError: 'NoneType' object has no attribute '__dict__'."
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
