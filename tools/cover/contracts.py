"""What the tests on the in-process EVM reach of the contracts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import solcx
import yaml  # type: ignore[import-untyped]

from tools.cover.instrument import LIBRARY, LIBRARY_SOURCE, Instrumenter, Point
from tools.cover.reached import Figure, Share

ROOT = Path(__file__).resolve().parents[2]
#: What is never deployed: interfaces have no code, the others serve tests.
LEFT_OUT = ("contracts/interfaces/", "contracts/test/")
#: Left out: state machines and properties with drawn examples, since what those reach is luck.
TESTS = ["tests/contracts", "-m", "not hypothesis", "--ignore=tests/contracts/stateful"]


def measure(folder: Path) -> list[Figure]:
    """Builds the contracts with marks in `folder`, runs the tests on them, and writes `contracts.lcov` beside them.

    Raises subprocess.CalledProcessError if a test fails.
    """
    shutil.rmtree(folder, ignore_errors=True)
    points = build(folder)
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:ape_test", "-o", f"cache_dir={folder / 'pytest'}", *TESTS]
    marked = [*pytest, "--tb=no", "-p", "tools.cover.plugin", "--reached", str(folder)]
    if subprocess.run(marked, cwd=ROOT, stdout=sys.stderr, check=False).returncode:
        # Marks cost gas, and some tests ask how much gas suffices: those have to pass without marks.
        subprocess.run(
            [*pytest, "--last-failed", "--last-failed-no-failures=none"], cwd=ROOT, stdout=sys.stderr, check=True
        )
    reached = set(json.loads((folder / "reached.json").read_text()))
    lcov, figures = [], []
    by_source: dict[str, list[tuple[Point, bool]]] = defaultdict(list)
    for number, point in enumerate(points):
        by_source[point.source].append((point, number in reached))
    for source, found in by_source.items():
        figures.append(_figure(source, found))
        lcov += _lcov(source, found)
    (folder / "contracts.lcov").write_text("\n".join(lcov) + "\n")
    return figures


def build(folder: Path) -> list[Point]:
    """Writes the contracts with marks, and artifacts compiled from them, into a new folder; returns the points."""
    originals = {
        path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted((ROOT / "contracts").rglob("*.sol"))
    }
    trees = _compiled(ROOT, originals, {"*": {"": ["ast"]}})["sources"]
    instrumenter = Instrumenter()
    marked = {LIBRARY: LIBRARY_SOURCE}
    for name, text in originals.items():
        kept = name.startswith(LEFT_OUT)
        marked[name] = text if kept else instrumenter.instrument(name, text, trees[name]["ast"])
    for name, text in marked.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    shutil.copy(ROOT / "ape-config.yaml", folder)
    (folder / "points.json").write_text(json.dumps([asdict(point) for point in instrumenter.points]))
    _write_artifacts(folder, marked)
    return instrumenter.points


def settings() -> tuple[str, dict[str, Any]]:
    """The compiler's version, and the settings that the project has for it."""
    config = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
    return config["version"], {
        "remappings": config["import_remapping"],
        "evmVersion": config["evm_version"],
        "viaIR": config["via_ir"],
        "optimizer": {"enabled": config["optimize"], "runs": config["optimization_runs"]},
    }


def _compiled(base: Path, sources: dict[str, str], outputs: dict[str, dict[str, list[str]]]) -> dict[str, Any]:
    version, options = settings()
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": options | {"outputSelection": outputs},
    }
    output: dict[str, Any] = solcx.compile_standard(request, base_path=base, solc_version=version)
    return output


def _write_artifacts(folder: Path, marked: dict[str, str]) -> None:
    """What `fec/protocol/abi` has, with the bytecode of the marked contracts."""
    shipped = {path.stem: path for path in sorted((ROOT / "fec" / "protocol" / "abi").glob("*.json"))}
    sources = {Path(name).stem: name for name in marked if Path(name).stem in shipped}
    outputs = {source: {name: ["evm.bytecode.object"]} for name, source in sources.items()}
    contracts = _compiled(folder, marked, outputs)["contracts"]
    (folder / "fec" / "protocol" / "abi").mkdir(parents=True)
    for name, source in sources.items():
        bytecode = contracts[source][name]["evm"]["bytecode"]["object"]
        artifact = json.loads(shipped[name].read_text()) | {"bytecode": "0x" + bytecode}
        (folder / "fec" / "protocol" / "abi" / f"{name}.json").write_text(json.dumps(artifact))


def _lines(found: Sequence[tuple[Point, bool]]) -> dict[int, bool]:
    """Lines on which something begins; one is reached if all that begins on it is."""
    lines: dict[int, bool] = {}
    for point, reached in found:
        if point.kind == "line":
            lines[point.line] = lines.get(point.line, True) and reached
    return dict(sorted(lines.items()))


def _figure(source: str, found: Sequence[tuple[Point, bool]]) -> Figure:
    lines = _lines(found)
    branches = [reached for point, reached in found if point.kind == "branch"]
    return Figure(
        part=source,
        lines=Share(sum(lines.values()), len(lines)),
        branches=Share(sum(branches), len(branches)),
        missed=tuple(f"{source}:{point.line}: {point.label}" for point, reached in found if not reached),
    )


def _lcov(source: str, found: Sequence[tuple[Point, bool]]) -> list[str]:
    branches = [(point.line, reached) for point, reached in found if point.kind == "branch"]
    return [
        f"SF:{source}",
        *(f"DA:{line},{reached:d}" for line, reached in _lines(found).items()),
        *(f"BRDA:{line},{number // 2},{number % 2},{reached:d}" for number, (line, reached) in enumerate(branches)),
        "end_of_record",
    ]
