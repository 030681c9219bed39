"""Splits into any number of parts: one round of the loop in `ADN.split`, by an argument and by trying it.

A round books on one part a share of what was claimed. What it computes is read from the contract and run as Python: the
three statements of `ClaimedShare.ofPart`. Solidity and Python agree on them, for nothing there is negative or wraps.

C is what was claimed of what is left, r what the part has released, U what all parts still to come have released, this
one and the rest included, later = U − r. After the round they are C' = C − share and U' = later. Only one thing is used
of the share in proportion, with which the statements begin: it lies between 0 and C, as a part is no more than what is
left.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

from proofs.environment import LIBRARIES, Change, ProofError, workspace
from proofs.halmos import Outcome

#: Every value up to this one is tried in each place.
TRIED = 9

#: claimed, part, principal, released, later → share
Share = Callable[[int, int, int, int, int], int]


def _cases() -> Iterator[tuple[int, int, int, int, int]]:
    for claimed, part, stays, released, later in product(range(TRIED + 1), repeat=5):
        if part:
            yield claimed, part, part + stays, released, later


# ------------------------------------------------------------------- the proofs


def share_within(share: Share) -> bool:
    """A part gets no more of what was claimed than there is, and no more than it has released.

    The last statement ends at or below r. Before it the share in proportion is at most C, and C − later is, too.
    """
    return all(0 <= share(*case) <= min(case[0], case[3]) for case in _cases())


def parts_never_early(share: Share) -> bool:
    """Any number of parts together have let go of no more than the whole had: each round, max(C', U') + r = max(C, U).

    If C ≤ U, then C − later ≤ r, so neither of the last two statements leaves the share below C − later: C' ≤ later,
    which is U', and U' + r = U. If C > U, then C − later > r: the share is r, C' = C − r > U', and C' + r = C.
    A part has let go of r, as its share is no more; what stays after the last round, of the last max(C', U').
    """
    return all(
        max(claimed - share(claimed, part, principal, released, later), later) + released
        == max(claimed, released + later)
        for claimed, part, principal, released, later in _cases()
    )


PROOFS: dict[str, Callable[[Share], bool]] = {
    f"splits.{proof.__name__}": proof for proof in (share_within, parts_never_early)
}


def notice(name: str) -> str:
    """What a proof proves, in words."""
    return (PROOFS[name].__doc__ or "").partition("\n")[0]


# ---------------------------------------------------------- what they are about


def run(names: list[str], name: str, changes: tuple[Change, ...] = ()) -> dict[str, Outcome]:
    """Tries the proofs on the statements in the workspace `name`; by name. Raises ProofError."""
    began = time.monotonic()
    share = read_share(workspace(name, [], changes))
    outcomes = {}
    for each in names:
        verdict = "proved" if PROOFS[each](share) else "refuted"
        outcomes[each] = Outcome(verdict, sum(1 for _ in _cases()), round(time.monotonic() - began))
    return outcomes


def read_share(folder: Path) -> Share:
    """`ClaimedShare.ofPart` of a workspace, as Python. Raises ProofError if it has statements of other kinds."""
    text = (folder / LIBRARIES / "ClaimedShare.sol").read_text()
    found = re.search(r"function ofPart\((?P<parameters>[^)]*)\)[^{]*\{(?P<body>[^}]*)\}", text)
    if found is None:
        raise ProofError("ClaimedShare.sol: no ofPart")
    parameters = re.findall(r"uint256 (\w+)", found["parameters"])
    if parameters != ["claimed", "part", "principal", "released", "later"]:
        raise ProofError(f"ClaimedShare.sol: ofPart takes {', '.join(parameters)}")
    lines = ["share = 0"]
    for statement in filter(None, (part.strip() for part in found["body"].split(";"))):
        match = re.fullmatch(r"(?:if \((?P<condition>[\w +<>-]+)\) )?share = (?P<value>[\w ()*/+-]+)", statement)
        if match is None:
            raise ProofError(f"ClaimedShare.sol: ofPart has a statement of another kind: {statement}")
        value = match["value"].replace("/", "//")
        lines.append(
            f"share = {value} if {match['condition']} else share" if match["condition"] else f"share = {value}"
        )
    code = compile("\n".join(lines), "ofPart", "exec")

    def share(*values: int) -> int:
        known: dict[str, int] = dict(zip(parameters, values, strict=True))
        exec(code, {"__builtins__": {}}, known)  # noqa: S102 -- the contract's own statements, of the kinds let through above
        return known["share"]

    return share
