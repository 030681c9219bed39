"""Witnesses: contracts broken on purpose. A proof that does not notice proves nothing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from proofs.environment import CHECKS, ROOT, Change, ProofError

FILE = CHECKS / "witnesses.toml"


@dataclass(frozen=True)
class Witness:
    """A change to a contract, and the proofs that must refute what comes of it."""

    change: Change
    refutes: tuple[str, ...]


def read_witnesses(names: set[str]) -> list[Witness]:
    """The witnesses in `witnesses.toml`. Raises ProofError unless they refute exactly the proofs `names`."""
    entries = tomllib.loads((ROOT / FILE).read_text())["witness"]
    witnesses = [
        Witness(Change(entry["file"], entry["find"], entry["replace"]), tuple(entry["refutes"])) for entry in entries
    ]
    witnessed = {name for witness in witnesses for name in witness.refutes}
    if without := names - witnessed:
        raise ProofError(f"{FILE}: no witness refutes {', '.join(sorted(without))}")
    if unknown := witnessed - names:
        raise ProofError(f"{FILE}: there is no proof named {', '.join(sorted(unknown))}")
    return witnesses
