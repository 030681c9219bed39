"""Where proofs run: an environment of their own for Halmos and its solvers, and a workspace for each set of checks."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKS = Path("proofs/symbolic")
#: Libraries of which nothing is known, to be compiled in place of those of the same name.
UNKNOWN = CHECKS / "unknown"
LIBRARIES = Path("contracts/libraries")
VENV = ROOT / ".venv-proofs"
LOCK = ROOT / "proofs" / "requirements.lock"
SCRATCH = ROOT / ".build" / "proofs"


class ProofError(Exception):
    """The proofs could not be run at all; the message says why."""


def install() -> None:
    """Creates `.venv-proofs` from the lock file, hashes checked, unless it is there already. Raises ProofError."""
    ready = VENV / ".ready"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if ready.exists() and ready.read_text() == wanted:
        return
    uv = str(Path(sys.executable).with_name("uv"))
    _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV))
    _run(uv, "pip", "install", "--quiet", "--python", str(VENV / "bin" / "python"), "--require-hashes", "-r", str(LOCK))
    ready.write_text(wanted)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProofError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


@dataclass(frozen=True)
class Change:
    """A text to replace in a contract, to break it."""

    file: str
    """The contract's source, relative to the project."""
    find: str
    """Must occur exactly once."""
    replace: str


def workspace(name: str, sources: list[Path], changes: tuple[Change, ...] = (), *, unknown: bool = False) -> Path:
    """Lays out a Forge project under `.build`: `sources` (relative to the project), and contracts as changed.

    With `unknown`, libraries of which nothing is known are in place of those of the same name.
    It has the project's own compiler settings. Raises ProofError if a change does not apply.
    """
    folder = SCRATCH / name
    shutil.rmtree(folder / "contracts", ignore_errors=True)
    shutil.rmtree(folder / "proofs", ignore_errors=True)
    shutil.copytree(ROOT / "contracts", folder / "contracts", ignore=shutil.ignore_patterns(".cache"))
    for source in sources:
        (folder / source).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / source, folder / source)
    shutil.copyfile(ROOT / "foundry.toml", folder / "foundry.toml")
    modules = folder / "node_modules"
    if not modules.is_symlink():
        modules.symlink_to(ROOT / "node_modules")
    for change in changes:
        path = folder / change.file
        text = path.read_text()
        if text.count(change.find) != 1:
            raise ProofError(
                f"witness: {change.find!r} occurs {text.count(change.find)} times in {change.file}, not once"
            )
        path.write_text(text.replace(change.find, change.replace))
    if unknown:
        shutil.copytree(ROOT / UNKNOWN, folder / LIBRARIES, dirs_exist_ok=True)
    return folder


def variables(folder: Path, sources: Path) -> dict[str, str]:
    """Environment for Forge and Halmos in a workspace whose `sources` folder is compiled. Nothing is kept elsewhere."""
    temporary = folder / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    path = [str(VENV / "bin"), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    return os.environ | {
        "PATH": os.pathsep.join(path),
        "HOME": str(SCRATCH),
        "TMPDIR": str(temporary),
        "FOUNDRY_SRC": str(sources),
        "FOUNDRY_TEST": str(sources),
        "FOUNDRY_OUT": "out",
        "FOUNDRY_CACHE_PATH": "cache",
        "FOUNDRY_SOLC": str(next((ROOT / ".venv" / "solc").glob("solc-v*"))),
        "COLUMNS": "200",
    }
