"""Sales are settled: once, whatever crashes; the oldest first, if FEC is lacking; and only what may be."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account
from sqlalchemy import update
from sqlalchemy.orm import Session

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.settlement_id import SettlementId
from fec.protocol import calls
from fec.protocol.orders import Invoice, Order
from fec.protocol.terms import Tier
from fec.service.actions import outbox
from fec.service.models import Role
from fec.service.sales import planning, settling
from fec.service.sales.models import Sale, SaleBatch
from tests.service import selling
from tests.service.conftest import ServiceClient, Shop
from tests.service.selling import asked, fund, pass_period, sale, settle_all, watch

Serving = Callable[..., ServiceClient]

ALICE, BOB = (Account.from_key(bytes([number]) * 32).address for number in (0x77, 0x78))


@pytest.fixture
def till(serving: Serving, shop: Shop, chain: Anvil) -> ServiceClient:
    """A shop with FEC, whose service sends and settles when the test says so."""
    fund(chain, shop)
    return selling.recorder(serving(role=Role.MANAGER, relay=False, settle=False), shop.escrow)


class Crash(BaseException):
    """What nothing catches."""


def crash(*_: Any) -> None:
    raise Crash


def states(till: ServiceClient) -> list[str]:
    return [one["state"] for one in reversed(till.get("/v1/sales?limit=200")["items"])]


def test_settlement__two_due_sales__become_two_nodes(till: ServiceClient, chain: Anvil, client: Client) -> None:
    before = client.figures()
    for place, owner in enumerate((ALICE, BOB)):
        till.post("/v1/sales", sale(f"S-{place}", "12.50", customer=owner))
    settling.work(till.service)
    assert asked(till, "settlement") == []
    pass_period(chain, till)
    settle_all(chain, till)
    sales = [till.get(f"/v1/sales/{one['id']}") for one in reversed(till.get("/v1/sales")["items"])]
    assert [one["state"] for one in sales] == ["settled", "settled"]
    settled = [one["settled"] for one in sales]
    assert [(one["principal"], one["burnBps"], one["index"]) for one in settled] == [
        ("125", 1_000, 0),
        ("125", 1_000, 1),
    ]
    settlement = SettlementId.decode(int(settled[0]["settlementId"]))
    assert (settlement.count, settlement.total) == (2, 250 * FEC)
    [node] = client.settlements.unopened_of(BOB)
    assert str(node.node.token_id) == settled[1]["nodeId"]
    assert client.figures().outstanding - before.outstanding == 2_500 * FEC
    assert [kind for kind in till.event_types() if kind.startswith(("sale.s", "settlement"))] == [
        "settlement.requested",
        "settlement.done",
        "sale.settled",
        "sale.settled",
    ]
    log = till.get(f"/v1/sales/{sales[0]['id']}/log")["items"]
    assert [entry["what"] for entry in log] == ["recorded", "batched", "settled"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_settlement__within_the_return_window__waits(serving: Serving, shop: Shop, chain: Anvil) -> None:
    fund(chain, shop)
    till = selling.recorder(serving(relay=False, settle=False), shop.escrow, returnWindow=2 * selling.PERIOD)
    till.post("/v1/sales", sale(customer=ALICE))
    pass_period(chain, till)
    settling.work(till.service)
    assert asked(till, "settlement") == []
    made = till.get("/v1/sales")["items"][0]
    till.post(f"/v1/sales/{made['id']}/returns", {"amount": "2.50"}, Idempotency_Key="r-1")
    chain.travel_to(till.service.client.now() + 3 * selling.PERIOD)
    settle_all(chain, till)
    assert till.get(f"/v1/sales/{made['id']}")["settled"]["principal"] == "100"
    problem = till.refused("POST", f"/v1/sales/{made['id']}/returns", {}, Idempotency_Key="r-2")
    assert problem["type"] == "urn:fec:problem:sale-final"
    assert "nobody can take it back" in problem["detail"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_settlement__grouped_by_shopper__is_one_node_each(serving: Serving, shop: Shop, chain: Anvil) -> None:
    fund(chain, shop)
    till = selling.recorder(serving(relay=False, settle=False), shop.escrow, group="shopper")
    for place, owner in enumerate((ALICE, BOB, ALICE)):
        till.post("/v1/sales", sale(f"S-{place}", "10", customer=owner))
    pass_period(chain, till)
    settle_all(chain, till)
    first, _, third = (one["settled"] for one in reversed(till.get("/v1/sales")["items"]))
    assert SettlementId.decode(int(first["settlementId"])).count == 2
    assert (first["nodeId"], first["principal"]) == (third["nodeId"], "100")
    [node] = till.service.client.settlements.unopened_of(ALICE)
    assert (node.node.principal, str(node.node.token_id)) == (200 * FEC, first["nodeId"])


@pytest.mark.parametrize("backend", ["sqlite"])
def test_settlement__tier_by_both_spends__names_both(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client
) -> None:
    terms = client.terms.get(shop.escrow)
    tiers = (Tier(0, 1_000), Tier(1_500, 2_000))
    client.signed_by(shop.operator).terms.set(shop.escrow, replace(terms, tiers=tiers))
    for place in range(3):
        till.post("/v1/sales", sale(f"S-{place}", "10", customer=ALICE))
    pass_period(chain, till)
    settle_all(chain, till)
    settled = [one["settled"] for one in reversed(till.get("/v1/sales")["items"])]
    assert [(one["chainSpend"], one["ownSpend"], one["burnBps"], one["principal"]) for one in settled] == [
        ("0", "0", 1_000, "100"),
        ("0", "1000", 1_000, "100"),
        ("0", "2000", 2_000, "200"),
    ]


# ------------------------------------------------------------------ what may not


@pytest.mark.parametrize("backend", ["sqlite"])
def test_settlement__sale_without_owner__is_left(till: ServiceClient, chain: Anvil) -> None:
    till.post("/v1/sales", sale())
    pass_period(chain, till)
    settling.work(till.service)
    assert (states(till), asked(till, "settlement")) == (["pending"], [])


@pytest.mark.parametrize("backend", ["sqlite"])
def test_settlement__order_paid_on_the_chain_meanwhile__is_refused(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client
) -> None:
    """The invoice was signed elsewhere: the service knows nothing of it, and its index is behind."""
    till.post("/v1/sales", sale(customer=ALICE))
    till.post("/v1/sales", sale("S-2", customer=BOB))
    shopper = client.signed_by(chain.accounts[0])
    invoice = Invoice(shop.escrow, "S-1", 10 * FEC, "", client.now() + 3_600)
    order = Order(invoice, client.orders.sign(invoice, shop.signer), ALICE)
    shopper.orders.transfer_and_call(order)
    pass_period(chain, till)
    settle_all(chain, till)
    first, second = reversed(till.get("/v1/sales")["items"])
    assert (first["state"], first["reason"], second["state"]) == ("refused", "order-paid", "settled")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_settlement__dust_left_by_a_return__is_refused(till: ServiceClient, chain: Anvil) -> None:
    made = till.post("/v1/sales", sale(customer=ALICE))
    till.post(f"/v1/sales/{made['id']}/returns", {"amount": "12.49999"}, Idempotency_Key="r-1")
    pass_period(chain, till)
    settling.work(till.service)
    assert till.get(f"/v1/sales/{made['id']}")["reason"] == "too-small"


# -------------------------------------------------------------------- too little


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    ("what", "amount", "allowance"), [("balance", 250 * FEC, 10**6 * FEC), ("allowance", 10**4 * FEC, 250 * FEC)]
)
def test_settlement__too_little_fec__takes_the_oldest_and_says_what_is_missing(
    *, serving: Serving, shop: Shop, chain: Anvil, what: str, amount: int, allowance: int
) -> None:
    fund(chain, shop, amount, allowance)
    till = selling.recorder(serving(relay=False, settle=False), shop.escrow)
    now = till.service.client.now()
    for place in (2, 0, 1):
        till.post("/v1/sales", sale(f"S-{place}", "10", customer=ALICE, soldAt=now + place))
    pass_period(chain, till)
    settle_all(chain, till)
    assert {one["orderId"]: one["state"] for one in till.get("/v1/sales")["items"]} == {
        "S-0": "settled",
        "S-1": "settled",
        "S-2": "pending",
    }
    settling.work(till.service)
    assert till.get("/v1/sales/settings")["missing"] == {
        "what": what,
        "needed": "100",
        "available": "50",
        "sales": 1,
    }
    assert till.event_types().count("settlement.short") == 1
    fund(chain, shop)
    settle_all(chain, till)
    assert till.get("/v1/sales/settings")["missing"] is None
    assert set(states(till)) == {"settled"}


@pytest.mark.parametrize("backend", ["sqlite"])
def test_settlement__more_than_fits__takes_several(
    till: ServiceClient, chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MOST_LEAVES", 2)
    for place in range(3):
        till.post("/v1/sales", sale(f"S-{place}", customer=ALICE))
    pass_period(chain, till)
    settle_all(chain, till)
    settle_all(chain, till)
    assert states(till) == ["settled"] * 3
    assert asked(till, "settlement") == ["done", "done"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_settlement__too_little_for_all_of_a_shoppers_dust__leaves_it(
    serving: Serving, shop: Shop, chain: Anvil
) -> None:
    fund(chain, shop, 7 * 10**14, 10**18)
    till = selling.recorder(serving(relay=False, settle=False), shop.escrow, group="shopper")
    for place in range(2):
        till.post("/v1/sales", sale(f"S-{place}", "0.00005", customer=ALICE))
    pass_period(chain, till)
    settling.work(till.service)
    assert (states(till), asked(till, "settlement")) == (["pending"] * 2, [])
    assert till.get("/v1/sales/settings")["missing"]["needed"] == "0.001"
    fund(chain, shop)
    settle_all(chain, till)
    assert states(till) == ["settled"] * 2


# -------------------------------------------------------------------- bad days


def test_settlement__crash_between_write_and_send__is_sent_once(
    till: ServiceClient, chain: Anvil, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.post("/v1/sales", sale(customer=ALICE))
    pass_period(chain, till)
    with monkeypatch.context() as crashing:
        crashing.setattr(outbox, "_LEASE_SECONDS", 0)
        crashing.setattr(till.service.outbox, "push_soon", lambda *_: None)
        settling.work(till.service)
    assert (states(till), asked(till, "settlement")) == (["batched"], ["requested"])
    settling.work(till.service)
    till.service.outbox.tend()
    watch(chain, till)
    settling.work(till.service)
    assert (states(till), asked(till, "settlement")) == (["settled"], ["done"])
    assert len(client.settlements.unopened_of(ALICE)) == 1


def test_settlement__crash_between_send_and_note__is_noted_by_the_next_process(
    till: ServiceClient, serving: Serving, chain: Anvil, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.post("/v1/sales", sale(customer=ALICE))
    pass_period(chain, till)
    settling.work(till.service)
    watch(chain, till)
    with monkeypatch.context() as crashing:
        # The last that is done before the note is durable.
        crashing.setattr(settling, "_record", crash)
        with pytest.raises(Crash):
            settling.work(till.service)
    assert (states(till), asked(till, "settlement")) == (["batched"], ["done"])
    next_one = serving(relay=False, settle=False, index=False)
    for _ in range(2):
        settling.work(next_one.service)
    assert (states(till), asked(till, "settlement")) == (["settled"], ["done"])
    assert till.event_types().count("sale.settled") == 1
    assert len(client.settlements.unopened_of(ALICE)) == 1


@pytest.mark.parametrize("backend", ["sqlite"])
def test_settlement__database_older_than_the_chain__is_not_made_again(
    till: ServiceClient, chain: Anvil, client: Client
) -> None:
    till.post("/v1/sales", sale(customer=ALICE))
    pass_period(chain, till)
    settle_all(chain, till)
    with Session(till.service.engine) as session, session.begin():
        session.execute(update(Sale).values(state="pending", batch_number=None))
        session.execute(update(SaleBatch).values(closed=True))
    settle_all(chain, till)
    assert (states(till), asked(till, "settlement")) == (["settled"], ["done", "done"])
    assert len(client.settlements.unopened_of(ALICE)) == 1


@pytest.mark.parametrize("backend", ["sqlite"])
def test_settlement__reverted_in_its_block__is_made_anew_once_that_is_final(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client
) -> None:
    terms = client.terms.get(shop.escrow)
    till.post("/v1/sales", sale(customer=ALICE))
    pass_period(chain, till)
    chain.request("evm_setAutomine", False)
    settling.work(till.service)
    # The operator's transaction comes first: the service's key may not settle any more.
    first = {"from": shop.operator.address, "to": client.orders.address, "gasPrice": hex(10**12)}
    data = calls.set_terms(shop.escrow, replace(terms, signer=shop.operator.address)).data
    chain.request("eth_sendTransaction", {**first, "data": data})
    chain.mine(1)
    chain.request("evm_setAutomine", True)
    watch(chain, till)
    settling.work(till.service)
    assert (states(till), asked(till, "settlement")) == (["batched"], ["failed"])
    client.signed_by(shop.operator).terms.set(shop.escrow, terms)
    chain.mine(20)
    watch(chain, till)
    settling.work(till.service)
    watch(chain, till)
    settling.work(till.service)
    assert (states(till), asked(till, "settlement")) == (["settled"], ["failed", "done"])
    log = till.get(f"/v1/sales/{till.get('/v1/sales')['items'][0]['id']}/log")["items"]
    assert [entry["what"] for entry in log] == ["recorded", "batched", "released", "batched", "settled"]


def test_settlement__reorganised_away__is_pending_again_and_then_settled(
    till: ServiceClient, chain: Anvil, client: Client
) -> None:
    till.post("/v1/sales", sale(customer=ALICE))
    pass_period(chain, till)
    before = chain.request("evm_snapshot")
    settle_all(chain, till)
    assert states(till) == ["settled"]
    chain.request("evm_revert", before)
    settling.work(till.service)
    assert states(till) == ["batched"]
    # The relayer sends it again.
    watch(chain, till)
    settling.work(till.service)
    assert states(till) == ["settled"]
    kinds = [kind for kind in till.event_types() if kind.startswith("sale.")]
    assert kinds == ["sale.recorded", "sale.settled", "sale.reorganised", "sale.settled"]
    assert len(client.settlements.unopened_of(ALICE)) == 1


def test_settlement__two_instances_at_once__is_made_once(
    till: ServiceClient, serving: Serving, shop: Shop, chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = serving(relay=False, settle=False, index=False)
    till.post("/v1/sales", sale(customer=ALICE))
    pass_period(chain, till)
    plan = planning.plan

    def overtaken(service: Any, *given: Any) -> planning.Plan | None:
        found = plan(service, *given)
        if service is till.service:
            settling.work(other.service)
        return found

    monkeypatch.setattr(settling, "plan", overtaken)
    settling.work(till.service)
    watch(chain, till)
    settling.work(till.service)
    assert (states(till), asked(till, "settlement")) == (["settled"], ["done"])


@pytest.mark.parametrize("backend", ["sqlite"])
def test_settlement__sales_with_causes__gives_each_cause_once(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client
) -> None:
    for place in range(2):
        till.post("/v1/sales", sale(f"S-{place}", "10", customer=ALICE, cause=shop.cause))
    before = client.balance(shop.cause)
    pass_period(chain, till)
    settle_all(chain, till)
    assert asked(till, "donation") == []
    chain.mine(20)
    for _ in range(3):
        watch(chain, till)
        settling.work(till.service)
    assert asked(till, "donation") == ["done"]
    assert client.balance(shop.cause) - before == 20 * FEC


def test_donation__two_instances_at_once__is_given_once(
    till: ServiceClient, serving: Serving, shop: Shop, chain: Anvil, client: Client
) -> None:
    other = serving(relay=False, settle=False, index=False)
    till.post("/v1/sales", sale(customer=ALICE, cause=shop.cause))
    before = client.balance(shop.cause)
    pass_period(chain, till)
    settle_all(chain, till)
    chain.mine(20)
    watch(chain, till)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: settling.work(one.service), (till, other)))
    watch(chain, till)
    settling.work(till.service)
    assert asked(till, "donation") == ["done"]
    assert client.balance(shop.cause) - before == 125 * FEC // 10
