"""Coverage of contracts says what ran and nothing else: a sample with marks, compiled as the contracts are."""

from __future__ import annotations

from typing import Any

import pyrevm
import pytest
import solcx
from eth_abi import encode
from eth_utils import keccak

from tools.cover.contracts import settings
from tools.cover.instrument import LIBRARY, LIBRARY_SOURCE, Instrumenter, Point, marks_among
from tools.cover.reached import Share, differences

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

contract Sample {
    error TooMuch(uint256 amount);

    modifier small(uint256 amount) {
        if (amount > 100) revert TooMuch(amount);
        _;
    }

    function either(uint256 a, uint256 b) public pure small(a) returns (uint256) {
        if (a == 1 && b == 1) return 11;
        return a == 2 || b == 2 ? 22 : 0;
    }

    function bare(uint256 a, uint256 b) external pure {
        if (a == 0) return;
        while (a > b) --a;
    }

    function attempt(uint256 a, uint256 b) external view returns (uint256) {
        try this.either(a, b) returns (uint256 result) {
            return result;
        } catch {
            return 7;
        }
    }
}
"""
SENDER = "0x" + "11" * 20


class Sample:
    """The sample on an EVM of its own."""

    def __init__(self, bytecode: bytes, points: list[Point]) -> None:
        self.evm = pyrevm.EVM(spec_id="PRAGUE", gas_limit=30_000_000)
        self.address = self.evm.deploy(SENDER, bytecode)
        self.points = points

    def call(self, name: str, *arguments: int) -> bytes:
        data = keccak(text=f"{name}(uint256,uint256)")[:4] + encode(["uint256"] * 2, arguments)
        return bytes(self.evm.message_call(SENDER, self.address, data, is_static=True))

    def reached(self) -> list[str]:
        """Line and, of branches, which; a line is there once for each thing that begins on it and was reached."""
        points = [self.points[number] for number in sorted(marks_among(self.evm.db_accounts))]
        return sorted(f"{point.line} {point.label if point.kind == 'branch' else ''}".strip() for point in points)


@pytest.fixture(scope="module")
def compiled() -> tuple[bytes, list[Point]]:
    version, options = settings()

    def output(sources: dict[str, str], wanted: dict[str, Any]) -> dict[str, Any]:
        given = {name: {"content": text} for name, text in sources.items()}
        request = {"language": "Solidity", "sources": given, "settings": options | {"outputSelection": wanted}}
        result: dict[str, Any] = solcx.compile_standard(request, solc_version=version)
        return result

    tree = output({"Sample.sol": SOURCE}, {"*": {"": ["ast"]}})["sources"]["Sample.sol"]["ast"]
    instrumenter = Instrumenter()
    sources = {"Sample.sol": instrumenter.instrument("Sample.sol", SOURCE, tree), LIBRARY: LIBRARY_SOURCE}
    contract = output(sources, {"*": {"*": ["evm.bytecode.object"]}})["contracts"]["Sample.sol"]["Sample"]
    return bytes.fromhex(contract["evm"]["bytecode"]["object"]), instrumenter.points


@pytest.fixture
def sample(compiled: tuple[bytes, list[Point]]) -> Sample:
    return Sample(*compiled)


def test_marks__nothing_called__reach_nothing(sample: Sample) -> None:
    assert sample.reached() == []


def test_marks__left_operand_decides__right_one_is_not_reached(sample: Sample) -> None:
    assert int.from_bytes(sample.call("either", 2, 1), "big") == 22
    assert sample.reached() == [
        "12",
        "13",
        "13 a == 1 is false",
        "14",
        "14 a == 2 is true",
        "7",
        "8",
        "8 amount > 100 is false",
        "9",
    ]


def test_marks__right_operands_decide__both_operands_are_reached(sample: Sample) -> None:
    assert int.from_bytes(sample.call("either", 1, 1), "big") == 11
    assert sample.reached() == [
        "12",
        "13",
        "13",
        "13 a == 1 is true",
        "13 b == 1 is true",
        "7",
        "8",
        "8 amount > 100 is false",
        "9",
    ]


def test_marks__revert__keeps_what_was_reached_before_it(sample: Sample) -> None:
    with pytest.raises(RuntimeError, match=keccak(text="TooMuch(uint256)")[:4].hex()):
        sample.call("either", 101, 0)
    assert sample.reached() == ["7", "8", "8", "8 amount > 100 is true"]


def test_marks__return_without_value__is_one_way_and_the_rest_another(sample: Sample) -> None:
    sample.call("bare", 0, 0)
    assert sample.reached() == ["17", "18", "18", "18 a == 0 is true"]
    sample.call("bare", 3, 2)
    assert sample.reached() == [
        "17",
        "18",
        "18",
        "18 a == 0 is false",
        "18 a == 0 is true",
        "19",
        "19",
        "19 a > b is false",
        "19 a > b is true",
    ]


def test_marks__catch__is_reached_when_the_call_reverts(sample: Sample) -> None:
    assert int.from_bytes(sample.call("attempt", 101, 0), "big") == 7
    assert sample.reached() == ["22", "23", "25 returns or catches", "26", "7", "8", "8", "8 amount > 100 is true"]


def test_share__all_but_one_of_many__is_not_rounded_up() -> None:
    assert Share(1999, 2000).thousandths == 999


@pytest.mark.parametrize(
    ("found", "is_loss", "words"),
    [
        ({"fec": {"lines": 998, "branches": 1000}}, True, "fec: lines 99.8 %, below its threshold of 99.9 %"),
        ({"fec": {"lines": 1000, "branches": 1000}}, False, "fec: lines 100.0 %, above its threshold of 99.9 %"),
        ({}, True, "fec: has a threshold and is gone"),
    ],
)
def test_differences__figure_off_its_threshold__is_told(
    found: dict[str, dict[str, int]], is_loss: bool, words: str
) -> None:
    assert list(differences(found, {"fec": {"lines": 999, "branches": 1000}})) == [(is_loss, words)]


def test_differences__no_threshold__is_a_loss() -> None:
    found = {"fec": {"lines": 1000, "branches": 1000}}
    assert list(differences(found, {})) == [(True, "fec: has no threshold")]


def test_differences__as_promised__are_none() -> None:
    found = {"fec": {"lines": 999, "branches": 1000}}
    assert list(differences(found, {"fec": {"lines": 999, "branches": 1000}})) == []
