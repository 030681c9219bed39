"""Settled nodes that nobody has opened: shown with proofs, opened for their owners if they are worth it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import WEEK
from fec.protocol.settlements import Leaf, ProvenLeaf
from fec.protocol.types import SettledFigures
from fec.service.models import Role
from fec.service.sales import settlements
from tests.service import selling
from tests.service.conftest import ServiceClient, Shop
from tests.service.people import Person
from tests.service.selling import fund, indexed, watch

ALICE = Account.from_key(b"\x77" * 32).address


@pytest.fixture
def till(serving: Callable[..., ServiceClient], shop: Shop, chain: Anvil) -> ServiceClient:
    fund(chain, shop)
    return serving(role=Role.MANAGER, relay=False, settle=False)


def settled(client: Client, shop: Shop, *owners: str, program_id: int | None = None) -> int:
    leaves = [Leaf(owner, 100 * FEC) for owner in owners]
    made = client.signed_by(shop.signer).settlements.settle(program_id or shop.escrow, leaves, f"S{len(owners)}")
    return made.settlement_id


def test_unopened__leaves_of_own_and_other_programs__shows_own_and_counts_others(
    till: ServiceClient, shop: Shop, client: Client
) -> None:
    settlement_id = settled(client, shop, ALICE, shop.treasury)
    client.settlements.settle(1, [Leaf(ALICE, 10**15)] * 2)
    indexed(till)
    seen = till.anybody().get(f"/v1/accounts/{ALICE}/unopened-nodes")
    assert seen["others"] == 2
    [one] = seen["items"]
    assert (one["settlementId"], one["index"], one["principal"], one["claimable"]) == (
        str(settlement_id),
        0,
        "100",
        "0",
    )
    record = {**one, "tokenId": one["nodeId"]}
    assert ProvenLeaf.from_record(record) == client.settlements.proof(settlement_id, 0)


def test_opening__worth_it__pays_the_owner_once(till: ServiceClient, shop: Shop, chain: Anvil, client: Client) -> None:
    settled(client, shop, ALICE, ALICE)
    client.settlements.settle(1, [Leaf(ALICE, 10**15)])
    chain.travel_to(client.now() + 2 * WEEK)
    indexed(till)
    anybody = till.anybody()
    chain.request("evm_setAutomine", False)
    made = anybody.post(f"/v1/accounts/{ALICE}/openings", None)["items"]
    again = anybody.post(f"/v1/accounts/{ALICE}/openings", None)["items"]
    assert sorted(one["id"] for one in made) == sorted(one["id"] for one in again)
    chain.request("evm_setAutomine", True)
    chain.mine(1)
    watch(chain, till)
    assert selling.asked(till, "opening") == ["done", "done"]
    assert len(client.nodes.owned_by(ALICE)) == 2
    assert client.balance(ALICE) == sum(node.claimed for node in client.nodes.owned_by(ALICE)) > 0


@pytest.mark.parametrize("backend", ["sqlite"])
def test_opening__below_the_minimum_claim__is_refused(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client
) -> None:
    terms = client.terms.get(shop.escrow)
    client.signed_by(shop.operator).terms.set(shop.escrow, replace(terms, min_claim=5 * FEC))
    settled(client, shop, ALICE)
    chain.travel_to(client.now() + 2 * WEEK)
    indexed(till)
    problem = till.refused("POST", f"/v1/accounts/{ALICE}/openings")
    assert problem["type"] == "urn:fec:problem:nothing-to-open"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_opening__more_than_a_days_budget__waits(
    serving: Callable[..., Any], shop: Shop, chain: Anvil, client: Client
) -> None:
    fund(chain, shop)
    till = serving(relay=False, settle=False, openings_a_day=1)
    settled(client, shop, ALICE, ALICE)
    chain.travel_to(client.now() + 2 * WEEK)
    indexed(till)
    assert len(till.post(f"/v1/accounts/{ALICE}/openings", None)["items"]) == 1
    watch(chain, till)
    indexed(till)
    problem = till.refused("POST", f"/v1/accounts/{ALICE}/openings")
    assert problem["type"] == "urn:fec:problem:too-many-at-once"
    assert "opened for" in problem["detail"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_opening__leaf_of_a_vault__pays_into_it(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client, person: Person
) -> None:
    vault = client.custody.vault(shop.signer.address, person.id)
    settled(client, shop, vault)
    chain.travel_to(client.now() + 2 * WEEK)
    indexed(till)
    till.anybody().post(f"/v1/accounts/{vault}/openings", None)
    watch(chain, till)
    [node] = client.nodes.owned_by(vault)
    assert client.balance(vault) == node.claimed > 0


def test_settlements__anybody__sees_what_the_chain_has(
    till: ServiceClient, shop: Shop, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlements, "_KEPT", 0)
    first = settled(client, shop, ALICE, shop.treasury)
    second = client.settlements.settle(1, [Leaf(ALICE, 10**15)]).settlement_id
    client.settlements.open([client.settlements.proof(first, 1)])
    indexed(till)
    page = till.anybody().get("/v1/settlements?limit=1")
    assert page["totals"] == {
        "settlements": 2,
        "nodes": 3,
        "principal": "200.001",
        "unopened": 2,
        "unopenedPrincipal": "100.001",
    }
    assert client.settlements.figures() == SettledFigures(2, 3, 200 * FEC + 10**15, 2, 100 * FEC + 10**15)
    [one] = page["items"]
    assert (one["settlementId"], one["programId"], one["unopened"]) == (str(second), 1, 1)
    rest = till.anybody().get(f"/v1/settlements?limit=1&before={page['next']}")
    [one] = rest["items"]
    assert (one["settlementId"], one["nodes"], one["unopened"]) == (str(first), 2, 1)
    assert one["root"] == "0x" + client.settlements.get(first).root.hex()
