"""Settled nodes that nobody has opened: shown with proofs, opened for their owners if they are worth it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY, WEEK
from fec.protocol.settlements import Leaf, ProvenLeaf
from fec.protocol.types import SettledFigures
from fec.service.models import Role
from fec.service.sales import settlements
from tests.service import selling
from tests.service.conftest import ServiceClient, Shop
from tests.service.people import HOME, Person, withdrawal
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
def test_opening__dust_of_a_program_without_a_minimum__is_refused(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client
) -> None:
    assert client.terms.get(shop.escrow).min_claim == 0
    client.signed_by(shop.signer).settlements.settle(shop.escrow, [Leaf(ALICE, 10**15)] * 10, "dust")
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


# ------------------------------------------------------------- out of a vault


@pytest.fixture
def member(till: ServiceClient, chain: Anvil, person: Person) -> Any:
    """A member with a vault, whom the service knows."""
    made = till.post("/v1/members", {"memberId": person.id})
    watch(chain, till)
    return made


@pytest.mark.usefixtures("member")
def test_withdrawal__leaf_of_the_vault__is_opened_first_and_taken_by_the_same_signature(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client, person: Person
) -> None:
    vault = client.custody.vault(shop.signer.address, person.id)
    settled(client, shop, vault, ALICE)
    indexed(till)
    path = f"/v1/custody/{person.id}"
    [node] = till.anybody().get(path)["nodes"]
    assert not node["opened"]
    body = withdrawal(till, person, client.now() + DAY, tokenIds=[node["id"]])
    chain.request("evm_setAutomine", False)
    answer = till.anybody().call("POST", f"{path}/withdrawals", body)
    assert (answer.json()["type"], answer.headers["Retry-After"]) == ("urn:fec:problem:nodes-opening", "2")
    assert till.refused("POST", f"{path}/withdrawals", body)["type"] == "urn:fec:problem:nodes-opening"
    chain.request("evm_setAutomine", True)
    chain.mine(1)
    watch(chain, till)
    indexed(till)
    till.anybody().post(f"{path}/withdrawals", body)
    watch(chain, till)
    assert (selling.asked(till, "opening"), selling.asked(till, "withdrawal")) == (["done"], ["done"])
    assert client.nodes.get(int(node["id"])).owner == HOME


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_withdrawal__leaf_and_anothers_signature__opens_nothing(
    till: ServiceClient, shop: Shop, client: Client, person: Person
) -> None:
    settled(client, shop, client.custody.vault(shop.signer.address, person.id))
    indexed(till)
    path = f"/v1/custody/{person.id}"
    [node] = till.anybody().get(path)["nodes"]
    body = withdrawal(till, person, client.now() + DAY, tokenIds=[node["id"]])
    problem = till.refused("POST", f"{path}/withdrawals", {**body, "nonce": body["nonce"] + 1})
    assert problem["type"] == "urn:fec:problem:refused-by-contract"
    assert selling.asked(till, "opening") == []


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_withdrawal__leaf_that_is_not_worth_it_or_of_another_program__is_not_opened(
    till: ServiceClient, shop: Shop, client: Client, person: Person
) -> None:
    vault = client.custody.vault(shop.signer.address, person.id)
    terms = client.terms.get(shop.escrow)
    client.signed_by(shop.operator).terms.set(shop.escrow, replace(terms, min_claim=1_001 * FEC))
    settled(client, shop, vault)
    client.settlements.settle(1, [Leaf(vault, 10**15)])
    indexed(till)
    path = f"/v1/custody/{person.id}"
    nodes = [node["id"] for node in till.anybody().get(path)["nodes"]]
    assert len(nodes) == 2
    body = withdrawal(till, person, client.now() + DAY, tokenIds=nodes)
    problem = till.refused("POST", f"{path}/withdrawals", body)
    assert problem["type"] == "urn:fec:problem:not-opened"
    assert problem["values"]["names"].count("ADN") == 2
    assert selling.asked(till, "opening") == []


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_spend__out_of_a_leaf_of_the_vault__is_opened_first(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client, person: Person
) -> None:
    settled(client, shop, client.custody.vault(shop.signer.address, person.id))
    chain.travel_to(client.now() + 2 * WEEK)
    indexed(till)
    path = f"/v1/custody/{person.id}"
    [node] = till.anybody().get(path)["nodes"]
    invoice = till.as_(shop.at_once, Role.MANAGER).invoice("0.5")
    document = till.anybody().get(f"{path}/spend?invoiceId={invoice['id']}")["document"]
    body = person.revealed(document, invoiceId=invoice["id"], tokenIds=[node["id"]])
    assert till.refused("POST", f"{path}/spends", body)["type"] == "urn:fec:problem:nodes-opening"
    watch(chain, till)
    indexed(till)
    till.anybody().post(f"{path}/spends", body)
    watch(chain, till)
    assert selling.asked(till, "spend") == ["done"]


def test_opening__asked_for_by_many_at_once__is_one_transaction(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client
) -> None:
    settled(client, shop, ALICE)
    chain.travel_to(client.now() + 2 * WEEK)
    indexed(till)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: till.anybody().call("POST", f"/v1/accounts/{ALICE}/openings"), range(4)))
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len({one["id"] for answer in answers if answer.status_code == 202 for one in answer.json()["items"]}) == 1
    watch(chain, till)
    assert selling.asked(till, "opening") == ["done"]
