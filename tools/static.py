"""Runs Slither over the contracts; fails on any finding that is not answered where it is found.

python -m tools.static [OPTION…]   options go on to Slither; its settings are in `slither.config.json`

Slither reads syntax trees alone. So it gets what the compiler's front half makes, in the form of Forge's build info: a
full build would take three times as long and empty Forge's own folder. Two detectors are left out: `timestamp`, for
periods, windows and deadlines are what the contracts are about (SECURITY.md tells what seconds are worth to producers);
and `naming-convention`, which wants constants and immutables in mixed case. solhint checks the other names.
"""

from __future__ import annotations

import json
import subprocess
import sys

from tools.frontend import ROOT, analyse

#: As in `slither.config.json`.
BUILD_INFO = ROOT / ".build" / "slither" / "build-info"


def main() -> None:
    """Writes the build info and runs Slither on it; exits as Slither does."""
    version, standard_input, output = analyse()
    nothing = {"object": "", "sourceMap": ""}
    for contracts in output["contracts"].values():
        for contract in contracts.values():
            contract["evm"] = {"bytecode": nothing, "deployedBytecode": nothing}
    BUILD_INFO.mkdir(parents=True, exist_ok=True)
    build_info = {"solcVersion": version, "input": standard_input, "output": output}
    (BUILD_INFO / "contracts.json").write_text(json.dumps(build_info))
    command = [sys.executable, "-m", "slither", ".", "--ignore-compile", *sys.argv[1:]]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main()
