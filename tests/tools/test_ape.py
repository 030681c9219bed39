"""Ape's own compilation of the contracts, for half a minute: only when what decides it has changed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_ape_console__bare_environment__knows_the_contracts() -> None:
    environment = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [Path(sys.executable).parent / "ape", "console", "--code", "print(project.ADN.contract_type.name)"],
        cwd=ROOT,
        env={**environment, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ADN" in done.stdout.split()
