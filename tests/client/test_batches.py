"""Long lists of nodes, cut to fit a block."""

from collections.abc import Callable

import pytest
from eth_typing import HexStr

from fec.chain.anvil import Anvil
from fec.chain.gas import MOST_GAS
from fec.client.client import Client
from fec.client.nodes import GAS_PER_BATCH, GAS_PER_NODE, batches
from fec.core.amounts import WEI_PER_FEC

COUNT = 20


def test_batches__long_list__keeps_all_in_order() -> None:
    ids = list(range(7))
    pieces = batches(ids, GAS_PER_BATCH + 3 * GAS_PER_NODE)
    assert pieces == [[0, 1, 2], [3, 4, 5], [6]]


def test_batches__no_nodes__are_none() -> None:
    assert batches([], MOST_GAS) == []


def test_batches__not_one_fits__raises() -> None:
    with pytest.raises(ValueError, match="1000 gas do not suffice to claim from one node"):
        batches([1], 1000)


def test_batches__on_a_chain__fit_half_a_block_and_one_transaction(chain: Anvil, owner: Client) -> None:
    gas_limit = min(chain.web3.eth.get_block("latest")["gasLimit"] // 2, MOST_GAS)
    ids = list(range(1000))
    assert owner.nodes.batches(ids) == batches(ids, gas_limit)


def test_claim_for__owners_who_never_held_fec__asks_for_no_more_than_reckoned(
    owner: Client, weeks_later: Callable[[int], int]
) -> None:
    strangers = [f"0x{0xA0000 + index:040x}" for index in range(COUNT)]
    ids = [owner.nodes.mint(1, WEI_PER_FEC, stranger).token_id for stranger in strangers]
    weeks_later(1)
    for batch in (ids[:1], ids[1:]):
        receipt = owner.nodes.claim_for(batch).receipt
        asked = owner.web3.eth.get_transaction(HexStr(receipt.tx_hash))["gas"]
        assert asked <= GAS_PER_BATCH + len(batch) * GAS_PER_NODE
