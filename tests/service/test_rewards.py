"""Rewards through the API: one by one, and many under one root that shoppers take without gas."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from eth_account import Account
from eth_utils import to_checksum_address

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from fec.protocol.calls import ContractCall
from fec.protocol.merkle import ProvenReward
from fec.protocol.merkle import Reward as Leaf
from fec.service.models import Role
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop

ALICE, BOB = (Account.from_key(bytes([number]) * 32).address for number in (0x33, 0x44))


@pytest.fixture
def client(chain: Anvil, shop: Shop) -> Client:
    """The chain, with a signer that has FEC."""
    owner = Client(chain.web3, shop.deployment, chain.accounts[0])
    owner.transfer(shop.signer.address, 1_000 * FEC)
    return owner


@pytest.fixture
def manager(serving: Callable[..., ServiceClient], client: Client) -> ServiceClient:
    return serving(role=Role.MANAGER)


@pytest.fixture
def funded(manager: ServiceClient) -> ServiceClient:
    """A manager whose Checkout may burn the key's FEC."""
    manager.post("/v1/rewards/funds", {"amount": "1000"}, Idempotency_Key="a-1")
    until(lambda: manager.get("/v1/rewards/funds")["allowance"], lambda seen: seen == "1000")
    return manager


def batch(cashier: ServiceClient, rewards: list[tuple[str, str]], deadline: int, key: str = "b-1") -> Any:
    """A batch of rewards, once it is funded."""
    body = {
        "rewards": [{"shopper": shopper, "amount": amount} for shopper, amount in rewards],
        "deadline": deadline,
        "reason": "spring",
    }
    made = cashier.post("/v1/reward-batches", body, Idempotency_Key=key)
    return until(lambda: cashier.get(f"/v1/reward-batches/{made['id']}"), lambda seen: seen["batchId"] is not None)


def test_reward__one_shopper__gets_a_node(funded: ServiceClient, shop: Shop, client: Client) -> None:
    body = {"shopper": ALICE, "amount": "12.5", "reason": "review"}
    made = funded.post("/v1/rewards", body, Idempotency_Key="r-1")
    done = until(lambda: funded.get(f"/v1/rewards/{made['id']}"), lambda seen: seen["nodeId"] is not None)
    node = client.nodes.get(int(done["nodeId"]))
    assert (node.owner, node.principal, node.program_id) == (ALICE, 12 * FEC + FEC // 2, shop.escrow)
    assert (done["shopper"], done["amount"], done["reason"], done["node"]) == (ALICE, "12.5", "review", node.name)
    assert funded.get("/v1/rewards/funds") == {"account": shop.signer.address, "balance": "987.5", "allowance": "987.5"}
    until(funded.event_types, lambda types: "reward.done" in types)


def test_reward__same_key_twice__is_one_reward(funded: ServiceClient, client: Client) -> None:
    body = {"shopper": ALICE, "amount": "10"}
    first = funded.post("/v1/rewards", body, Idempotency_Key="r-1")
    again = funded.post("/v1/rewards", body, Idempotency_Key="r-1")
    assert first["id"] == again["id"]
    until(lambda: funded.get(f"/v1/rewards/{first['id']}")["state"], lambda state: state == "done")
    assert [node.principal for node in client.nodes.owned_by(ALICE)] == [10 * FEC]
    assert len(funded.get("/v1/rewards")["items"]) == 1


@pytest.mark.parametrize("backend", ["sqlite"])
def test_reward__no_key__is_refused(manager: ServiceClient) -> None:
    problem = manager.refused("POST", "/v1/rewards", {"shopper": ALICE, "amount": "10"})
    assert problem["type"] == "urn:fec:problem:idempotency-key-missing"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_reward__nothing_allowed__is_refused_with_the_contracts_words(manager: ServiceClient, shop: Shop) -> None:
    problem = manager.refused("POST", "/v1/rewards", {"shopper": ALICE, "amount": "10"}, Idempotency_Key="r-1")
    assert (problem["status"], problem["error"]) == (409, "ERC20InsufficientAllowance")
    assert problem["values"] == {
        "spender": manager.service.client.orders.address,
        "allowance": "0",
        "needed": str(10 * FEC),
    }


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("path", ["/v1/rewards", "/v1/reward-batches", "/v1/rewards/funds"])
def test_rewards__cashier_role__is_refused(manager: ServiceClient, shop: Shop, path: str) -> None:
    body = {"shopper": ALICE, "amount": "10", "rewards": [{"shopper": ALICE, "amount": "1"}], "deadline": 1}
    problem = manager.as_(shop.escrow, Role.CASHIER).refused("POST", path, body, Idempotency_Key="r-1")
    assert problem["type"] == "urn:fec:problem:role-too-low"


def test_batch__funded__lists_what_is_left_and_proofs_that_hold(funded: ServiceClient, client: Client) -> None:
    deadline = client.now() + DAY
    made = batch(funded, [(ALICE, "10"), (BOB, "20"), (ALICE, "5")], deadline)
    assert (made["total"], made["left"], made["count"], made["deadline"]) == ("35", "35", 3, deadline)
    assert client.rewards.get(int(made["batchId"])).root == made["root"]
    rewards = funded.get(f"/v1/reward-batches/{made['id']}/rewards")["items"]
    assert [(each["shopper"], each["amount"], each["taken"]) for each in rewards] == [
        (ALICE, "10", False),
        (BOB, "20", False),
        (ALICE, "5", False),
    ]
    for each in rewards:
        leaf = Leaf(each["index"], each["shopper"], int(each["amount"]) * FEC)
        assert ProvenReward(leaf, tuple(each["proof"])).root == made["root"]
    assert [each["id"] for each in funded.get("/v1/reward-batches")["items"]] == [made["id"]]


def test_batch__taken_by_a_shopper__mints_once_without_gas(funded: ServiceClient, client: Client) -> None:
    made = batch(funded, [(ALICE, "10"), (BOB, "20")], client.now() + DAY)
    shopper = funded.anybody()
    path = f"/v1/reward-batches/{made['id']}/shoppers/{BOB}"
    (mine,) = shopper.get(path)["items"]
    first = shopper.post(f"{path}/rewards/{mine['index']}", None)
    taken = until(lambda: shopper.get(path)["items"][0], lambda seen: seen["taken"])
    assert client.nodes.get(int(taken["nodeId"])).owner == BOB
    again = shopper.post(f"{path}/rewards/{mine['index']}", None)
    assert first["id"] == again["id"]
    assert [node.principal for node in client.nodes.owned_by(BOB)] == [20 * FEC]
    assert shopper.get(path)["batch"]["left"] == "10"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_batch__of_two_thousand__is_taken_on(funded: ServiceClient, client: Client) -> None:
    many = [(to_checksum_address(number.to_bytes(20, "big")), "0.01") for number in range(1, 2_001)]
    made = batch(funded, many, client.now() + DAY)
    assert made["left"] == "20"


def test_batch__taken_by_many_at_once__is_one_transaction(funded: ServiceClient, chain: Anvil, client: Client) -> None:
    made = batch(funded, [(ALICE, "10")], client.now() + DAY)
    before = chain.web3.eth.get_transaction_count(funded.service.signer.address)
    path = f"/v1/reward-batches/{made['id']}/shoppers/{ALICE}/rewards/0"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: funded.anybody().post(path, None), range(4)))
    assert len({answer["id"] for answer in answers}) == 1
    until(funded.event_types, lambda types: "reward-taking.done" in types)
    assert chain.web3.eth.get_transaction_count(funded.service.signer.address) == before + 1


def test_batch__taken_while_another_asks__is_the_same(
    funded: ServiceClient, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = batch(funded, [(ALICE, "10")], client.now() + DAY)
    path = f"/v1/reward-batches/{made['id']}/shoppers/{ALICE}/rewards/0"
    simulate, first = funded.service.outbox.simulate, list[Any]()

    def late(call: ContractCall, *rest: Any) -> int:
        if not first:
            first.append(None)
            first.append(funded.anybody().post(path, None))
            until(funded.event_types, lambda types: "reward-taking.done" in types)
        return simulate(call, *rest)

    monkeypatch.setattr(funded.service.outbox, "simulate", late)
    assert funded.anybody().post(path, None)["id"] == first[1]["id"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_batch__anothers_reward__is_not_found(funded: ServiceClient, client: Client) -> None:
    made = batch(funded, [(ALICE, "10")], client.now() + DAY)
    problem = funded.anybody().refused("POST", f"/v1/reward-batches/{made['id']}/shoppers/{BOB}/rewards/0")
    assert (problem["status"], problem["values"]) == (404, {"index": "0", "shopper": BOB})


@pytest.mark.parametrize("backend", ["sqlite"])
def test_batch__of_another_merchant__is_not_there(funded: ServiceClient, shop: Shop, client: Client) -> None:
    made = batch(funded, [(ALICE, "10")], client.now() + DAY)
    other = funded.as_(shop.at_once, Role.MANAGER)
    assert other.refused("GET", f"/v1/reward-batches/{made['id']}")["values"] == {"id": made["id"]}
    assert other.get("/v1/reward-batches")["items"] == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_reclaim__before_the_deadline__is_refused(funded: ServiceClient, client: Client) -> None:
    deadline = client.now() + DAY
    made = batch(funded, [(ALICE, "10")], deadline)
    problem = funded.refused("POST", f"/v1/reward-batches/{made['id']}/reclaim", None, Idempotency_Key="c-1")
    assert problem["error"] == "Checkout_BatchOpen"
    assert problem["values"] == {"batchId": made["batchId"], "deadline": str(deadline)}


def test_reclaim__after_the_deadline__returns_what_is_left(
    funded: ServiceClient, shop: Shop, client: Client, chain: Anvil
) -> None:
    deadline = client.now() + DAY
    made = batch(funded, [(ALICE, "10"), (BOB, "20")], deadline)
    assert client.balance(shop.signer.address) == 970 * FEC
    chain.travel_to(deadline + 1)
    funded.post(f"/v1/reward-batches/{made['id']}/reclaim", None, Idempotency_Key="c-1")
    until(lambda: funded.get(f"/v1/reward-batches/{made['id']}")["left"], lambda left: left == "0")
    assert client.balance(shop.signer.address) == 1_000 * FEC
    late = funded.anybody().refused("POST", f"/v1/reward-batches/{made['id']}/shoppers/{ALICE}/rewards/0")
    assert (late["error"], late["values"]) == (
        "Checkout_BatchOver",
        {"batchId": made["batchId"], "deadline": str(deadline)},
    )
