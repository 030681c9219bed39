"""Tokens that pay nothing, minted by the hundred on the same chain: ERC-721A and OpenZeppelin's ERC-1155.

What a shop would do without settlements: a token for each sale. `mints.sol` has them, by the libraries as their npm
packages ship them, compiled as the contracts are.
"""

from __future__ import annotations

from typing import Any

import solcx

from benchmarks.lab import Call, Lab, Scenario
from benchmarks.peer import ROOT, Package
from benchmarks.settlements import leaves
from tools.cover.contracts import settings

SOURCE = ROOT / "benchmarks" / "mints.sol"
ERC721A = Package(
    name="erc721a",
    version="4.3.0",
    sha512="JneTLVEH5I/rJMArAwwJ26CX4HvL3ql9Q3egpQ4QB7sz7vIGZbMdMmqHLBIIKhBlfToZKewtC7OZtdr3qU6jsA==",
)
SERIES, STAMPS = "ERC721A", "ERC1155"
#: How many owners a transaction of 16,000,000 gas has room for, and a few less.
SERIES_OWNERS, STAMPS_OWNERS = 300, 500
#: Tokens of one owner.
SERIES_TOKENS, STAMPS_TOKENS = 1_000, 500


def deploy(lab: Lab) -> None:
    """Deploys both."""
    compiled = _compile()
    for name, contract in ((SERIES, "Series"), (STAMPS, "Stamps")):
        made = lab.web3.eth.contract(abi=compiled[contract]["abi"], bytecode=compiled[contract]["bytecode"])
        receipt = lab.send_data(made.constructor().data_in_transaction, lab.owner, None, f"deployment of {name}")
        lab.contracts[name] = lab.web3.eth.contract(address=receipt["contractAddress"], abi=compiled[contract]["abi"])


def _compile() -> dict[str, dict[str, Any]]:
    version, options = settings()
    theirs = ("contracts/ERC721A.sol", "contracts/IERC721A.sol")
    sources = {SOURCE.name: SOURCE.read_text(), **{f"erc721a/{path}": ERC721A.file(path) for path in theirs}}
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {name: {"content": text} for name, text in sources.items()},
            "settings": options | {"outputSelection": {SOURCE.name: {"*": ["abi", "evm.bytecode.object"]}}},
        },
        base_path=ROOT,
        solc_version=version,
    )
    return {
        name: {"abi": made["abi"], "bytecode": "0x" + made["evm"]["bytecode"]["object"]}
        for name, made in output["contracts"][SOURCE.name].items()
    }


def series_each(lab: Lab, count: int) -> Call:
    """A token for each of so many accounts that hold none."""
    return Call(SERIES, "mintEach(address[])", ([leaf.owner for leaf in leaves(count)],), lab.merchant)


def series_of_one(lab: Lab, count: int) -> Call:
    """So many tokens for one account: what ERC-721A is made for."""
    return Call(SERIES, "mint(address,uint256)", (lab.alice, count), lab.merchant)


def stamps_each(lab: Lab, count: int) -> Call:
    """A token of its own for each of so many accounts that hold none."""
    return Call(STAMPS, "mintEach(address[])", ([leaf.owner for leaf in leaves(count)],), lab.merchant)


def stamps_of_one(lab: Lab, count: int) -> Call:
    """So many tokens, all different, for one account."""
    call = (lab.alice, list(range(count)), [1] * count)
    return Call(STAMPS, "mintBatch(address,uint256[],uint256[])", call, lab.merchant)


_BESIDE = "ADN.settle: 1000 sales"
SCENARIOS = (
    Scenario("different owners", series_each, (SERIES_OWNERS,), unit="token", shared=True, peer_of=_BESIDE),
    Scenario("one owner", series_of_one, (SERIES_TOKENS,), unit="token", shared=True, peer_of=_BESIDE),
    Scenario("different owners", stamps_each, (STAMPS_OWNERS,), unit="token", shared=True, peer_of=_BESIDE),
    Scenario("one owner", stamps_of_one, (STAMPS_TOKENS,), unit="token", shared=True, peer_of=_BESIDE),
)
