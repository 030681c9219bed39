"""docs/assurance/permissions.md, call by call: each caller succeeds, or gets the error that the table names."""

from __future__ import annotations

import pytest

from tests.contracts.nodes.permissions import Row, Scene, contract_of, prepare, rows, values_of
from tests.contracts.support.build import shipped
from tests.contracts.support.evm import abi_type, expect
from tests.contracts.support.shop_world import Market

ROWS = rows()
DEPLOYED = ["ADN", "FEC", "Checkout", "Custodian", "MemberVault", "Relay"]
CELLS = [(row, column) for row in ROWS for column in row.answers]


@pytest.mark.parametrize(("row", "column"), CELLS, ids=[f"{row.contract}.{row.call}-{column}" for row, column in CELLS])
def test_call__as_the_table_says__passes_or_gives_the_error(market: Market, row: Row, column: str) -> None:
    scene = Scene(market)
    contract = contract_of(scene, row)
    answer = row.answers[column]
    for caller in scene.callers[f"{row.contract}: {column}" if column == "anybody else" else column]:
        with market.chain.rolled_back():
            scene.caller = caller
            arguments = prepare(row)(scene)
            if answer == "yes":
                contract[row.function](*arguments, sender=caller)
            else:
                with expect(answer, *values_of(scene, answer)):
                    contract[row.function](*arguments, sender=caller)


@pytest.mark.parametrize("contract", DEPLOYED)
def test_tables__functions_that_change_state__are_all_there(contract: str) -> None:
    changing = [item for item in shipped(contract)["abi"] if item["type"] == "function"]
    changing = [item for item in changing if item["stateMutability"] not in ("view", "pure")]
    names = [item["name"] for item in changing]
    expected = {
        item["name"]
        if names.count(item["name"]) == 1
        else f"{item['name']}({','.join(abi_type(part) for part in item['inputs'])})"
        for item in changing
    }
    assert {row.function for row in ROWS if row.contract == contract} == expected


def test_tables__contracts__are_all_that_are_deployed() -> None:
    assert {row.contract for row in ROWS} == set(DEPLOYED)
