"""The curve against exact rationals, for all periods and all principals: what no 256-bit solver can state.

The contract computes `released(P, k) = floor(10·P·growth(k) / growth(100))`: that much is proved in Solidity
(`CurveChecks.check_floor`). So each claim about `released` for all P is one about the 101 numbers `growth(k)`. They are
read from the compiled contract, never typed here; what is typed here is the rule of docs/reference/mathematics.md that
they have to serve. Integers and fractions only.

Two facts about floors are used. For reals x ≤ y: floor(x) ≤ floor(y). If y − x < 1 besides: floor(y) ≤ floor(x) + 1.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pyrevm
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from proofs.environment import Change, ProofError, variables, workspace
from proofs.halmos import Outcome

#: The rule: 10·P over 100 periods on weights 1.05^n, for principals below 2^96 wei (what fits a token id).
FACE_MULTIPLE = 10
PERIODS = 100
RATE = Fraction(21, 20)
PRINCIPAL_LIMIT = 2**96

HARNESS = Path("contracts/test/ReleaseCurveHarness.sol")
DEPLOYER = "0x" + "11" * 20


def weight(k: int) -> Fraction:
    """w(k) = (1.05^k − 1) / (1.05^100 − 1), exactly."""
    return (RATE**k - 1) / (RATE**PERIODS - 1)


# ------------------------------------------------------------------- the proofs
# Each takes growth(0) … growth(100) of the contract, and the least principal of a part in wei.


def never_early(growth: list[int], _least: int) -> bool:
    """Never more than the exact floor is released: never early, for all P and k.

    growth(k)/growth(100) ≤ w(k), hence 10·P·growth(k)/growth(100) ≤ 10·P·w(k) for every P ≥ 0, and so are their floors.
    """
    return all(Fraction(growth[k], growth[PERIODS]) <= weight(k) for k in range(PERIODS + 1))


def at_most_one_wei_late(growth: list[int], _least: int) -> bool:
    """Never less than the exact floor minus 1 wei is released; before the floor the error is below 2^-23 wei.

    The error 10·P·(w(k) − growth(k)/growth(100)) grows with P, so that of P = 2^96 bounds all. Below 1 it moves a floor
    by 1 at most.
    """
    errors = [weight(k) - Fraction(growth[k], growth[PERIODS]) for k in range(PERIODS + 1)]
    return FACE_MULTIPLE * PRINCIPAL_LIMIT * max(errors) < Fraction(1, 2**23)


def non_decreasing(growth: list[int], _least: int) -> bool:
    """Released never falls from a period to the next, starts at 0 and ends at the face exactly.

    growth(k) ≤ growth(k+1), hence 10·P·growth(k)/growth(100) does not fall, hence nor does its floor. At k = 0 the
    growth is 0, at k = 100 the fraction is 1.
    """
    return growth[0] == 0 and growth[PERIODS] > 0 and all(this <= after for this, after in pairwise(growth))


def no_overflow(growth: list[int], _least: int) -> bool:
    """The unchecked product 10·P·growth(k) fits 256 bits, for all P and k."""
    return FACE_MULTIPLE * (PRINCIPAL_LIMIT - 1) * max(growth) < 2**256


def every_period_pays(growth: list[int], least: int) -> bool:
    """Each period releases at least 3.8·10^12 wei of the smallest part that a split makes, and so of any larger.

    floor(y) − floor(x) > y − x − 1, and y − x = 10·P·(growth(k+1) − growth(k))/growth(100) grows with P.
    """
    step = Fraction(min(after - this for this, after in pairwise(growth)), growth[PERIODS])
    return FACE_MULTIPLE * least * step - 1 >= 38 * 10**11


PROOFS: dict[str, Callable[[list[int], int], bool]] = {
    f"curve.{proof.__name__}": proof
    for proof in (never_early, at_most_one_wei_late, non_decreasing, no_overflow, every_period_pays)
}


def notice(name: str) -> str:
    """What a proof proves, in words."""
    return (PROOFS[name].__doc__ or "").partition("\n")[0]


# ---------------------------------------------------------- what they are about


def run(names: list[str], name: str, changes: tuple[Change, ...] = ()) -> dict[str, Outcome]:
    """Compiles the curve in the workspace `name` and tries the proofs on it; by name. Raises ProofError."""
    began = time.monotonic()
    folder = workspace(name, [HARNESS], changes)
    growth = read_growth(folder)
    least = read_least_part(folder)
    outcomes = {}
    for each in names:
        verdict = "proved" if PROOFS[each](growth, least) else "refuted"
        outcomes[each] = Outcome(verdict, len(growth), round(time.monotonic() - began))
    return outcomes


def read_growth(folder: Path) -> list[int]:
    """growth(0) … growth(100), called one by one on the compiled curve of a workspace. Raises ProofError."""
    command = ["forge", "build", str(HARNESS)]
    environment = variables(folder, HARNESS.parent)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProofError(f"{folder.name}: {done.stdout}{done.stderr}")
    artifact = json.loads((folder / "out" / HARNESS.name / f"{HARNESS.stem}.json").read_text())
    evm = pyrevm.EVM()
    curve = evm.deploy(DEPLOYER, bytes.fromhex(artifact["bytecode"]["object"].removeprefix("0x")))
    selector = keccak(text="growthDown(uint256)")[:4]
    answers = [
        evm.message_call(DEPLOYER, curve, calldata=selector + encode(["uint256"], [k])) for k in range(PERIODS + 1)
    ]
    return [decode(["uint256"], answer)[0] for answer in answers]


def read_least_part(folder: Path) -> int:
    """MIN_SPLIT_PRINCIPAL of a workspace's ADN, in wei. Raises ProofError."""
    source = folder / "contracts" / "nodes" / "Settlements.sol"
    found = re.search(r"MIN_SPLIT_PRINCIPAL = (\w+);", source.read_text())
    if found is None:
        raise ProofError(f"{source.name}: no MIN_SPLIT_PRINCIPAL")
    return int(Decimal(found[1]))
