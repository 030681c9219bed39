"""Claims for shoppers without gas coin: sent once, at the merchant's cost, so many a day, if they are worth it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import WEEK
from fec.protocol.settlements import Leaf
from fec.service.models import Role
from tests.service import selling
from tests.service.conftest import ServiceClient, Shop
from tests.service.selling import fund, indexed, watch

ALICE = Account.from_key(b"\x78" * 32).address
PATH = f"/v1/accounts/{ALICE}/payouts"
#: What the issue of many claims in one transaction may take for each node.
GAS_PER_NODE = 12_000


@pytest.fixture
def till(serving: Callable[..., ServiceClient], shop: Shop, chain: Anvil) -> ServiceClient:
    fund(chain, shop)
    return serving(role=Role.MANAGER, relay=False, settle=False)


def opened(client: Client, shop: Shop, count: int) -> None:
    """Gives Alice so many nodes that are tokens."""
    settlements = client.signed_by(shop.signer).settlements
    made = settlements.settle(shop.escrow, [Leaf(ALICE, 100 * FEC)] * count, f"P{count}").settlement_id
    for first in range(0, count, 50):
        settlements.open([settlements.proof(made, index) for index in range(first, min(count, first + 50))])


def test_payout__asked_twice__pays_the_owner_once(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client
) -> None:
    opened(client, shop, 2)
    chain.travel_to(client.now() + 2 * WEEK)
    indexed(till)
    anybody = till.anybody()
    chain.request("evm_setAutomine", False)
    [made] = anybody.post(PATH, None)["items"]
    [again] = anybody.post(PATH, None)["items"]
    assert (made["id"], made["owner"], len(made["nodeIds"])) == (again["id"], ALICE, 2)
    chain.request("evm_setAutomine", True)
    chain.mine(1)
    watch(chain, till)
    assert selling.asked(till, "payout") == ["done"]
    assert anybody.get(f"{PATH}/{made['id']}")["state"] == "done"
    assert client.balance(ALICE) == sum(node.claimed for node in client.nodes.owned_by(ALICE)) > 0


@pytest.mark.parametrize("backend", ["sqlite"])
def test_payout__a_hundred_nodes__take_little_gas_each(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client
) -> None:
    opened(client, shop, 100)
    chain.travel_to(client.now() + 2 * WEEK)
    indexed(till)
    [made] = till.anybody().post(PATH, None)["items"]
    watch(chain, till)
    hash_ = till.anybody().get(f"{PATH}/{made['id']}")["transactionHash"]
    assert chain.web3.eth.get_transaction_receipt(hash_)["gasUsed"] <= 100 * GAS_PER_NODE


@pytest.mark.parametrize("backend", ["sqlite"])
def test_payout__nothing_released__is_refused(till: ServiceClient, shop: Shop, client: Client) -> None:
    opened(client, shop, 1)
    indexed(till)
    assert till.refused("POST", PATH)["type"] == "urn:fec:problem:nothing-to-claim"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_payout__as_often_as_may_be__waits_until_tomorrow(
    serving: Callable[..., Any], shop: Shop, chain: Anvil, client: Client
) -> None:
    fund(chain, shop)
    till = serving(relay=False, settle=False, payouts_a_day=1)
    opened(client, shop, 1)
    for weeks in (2, 1):
        chain.travel_to(client.now() + weeks * WEEK)
        indexed(till)
        if weeks == 2:
            till.anybody().post(PATH, None)
            watch(chain, till)
    problem = till.refused("POST", PATH)
    assert problem["type"] == "urn:fec:problem:too-many-at-once"
    assert "claimed from" in problem["detail"]
