"""A purse with a bottom: what fails costs the key little, what is empty costs nothing, and a day costs what it may."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from eth_account import Account
from sqlalchemy import select
from sqlalchemy.orm import Session
from web3.contract.contract import Contract

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.i18n.errors import ContractError
from fec.relayer.models import RelayTransaction
from fec.service.actions.guard import Guard
from fec.service.http.callers import current_caller
from fec.service.http.problems import Problem
from fec.service.models import Role
from fec.service.settings import CallerLimits
from tests.fixtures.hostile import YES_IF_FREE, place
from tests.fixtures.waiting import until
from tests.service.conftest import DAY, ServiceClient, Shop
from tests.service.people import HOSTILE, Person, relayed, unsigned, withdrawal

Serving = Callable[..., ServiceClient]

#: Nobody's second failure is for free here.
STRICT = CallerLimits(free=0, first_pause=600)


def coupon(chain: Anvil, shop: Shop) -> Contract:
    record = shop.deployment["contracts"]["FEC"]
    return chain.web3.eth.contract(address=record["address"], abi=record["abi"])  # type: ignore[call-overload,no-any-return]


def fail(cashier: ServiceClient, invoice: Any, shop: Shop, chain: Anvil) -> None:
    """Has a payment revert in its block: the shopper's coins are gone when its turn comes. Gives them back after it."""
    everything = Client(chain.web3, shop.deployment).balance(shop.shopper.address)
    chain.request("evm_setAutomine", False)
    chain.request("anvil_setBalance", shop.shopper.address, hex(10**18))
    cashier.pay(invoice, shop.shopper)
    cashier.until(invoice, lambda seen: seen["payment"]["state"] == "sent")
    fees = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 5 * 10**10, "gas": 100_000, "chainId": 31337}
    nonce = chain.web3.eth.get_transaction_count(shop.shopper.address)
    away = coupon(chain, shop).functions.transfer(chain.accounts[0].address, everything)
    built = away.build_transaction({**fees, "nonce": nonce, "from": shop.shopper.address})  # type: ignore[typeddict-item]
    chain.web3.eth.send_raw_transaction(shop.shopper.sign_transaction(built).raw_transaction)
    chain.request("evm_setAutomine", True)
    chain.mine()
    cashier.until(invoice, lambda seen: seen["payment"]["state"] == "failed")
    Client(chain.web3, shop.deployment, chain.accounts[0]).transfer(shop.shopper.address, everything)


def test_payment__wallet_says_yes_where_gas_is_free__is_refused(
    cashier: ServiceClient, chain: Anvil, client: Client
) -> None:
    client.transfer(HOSTILE.address, 100 * FEC)
    payer = place(chain, HOSTILE, YES_IF_FREE)
    invoice = cashier.invoice("100")
    problem = cashier.refused("POST", f"/v1/pay/{invoice['id']}/payments", unsigned(cashier, invoice, payer))
    assert problem["status"] in (403, 409)
    assert relayed(cashier) == []


def test_payment__failed_in_its_block__neither_payer_nor_invoice_is_served_for_a_while(
    serving: Serving, shop: Shop, chain: Anvil, client: Client
) -> None:
    cashier = serving(caller_limits=STRICT)
    invoice, another = cashier.invoice("100"), cashier.invoice("100")
    fail(cashier, invoice, shop, chain)
    honest = Account.from_key(b"\x33" * 32)
    client.transfer(honest.address, 200 * FEC)
    for refused, payer in ((invoice, shop.shopper), (another, shop.shopper), (invoice, honest)):
        path = f"/v1/pay/{refused['id']}/payments"
        answer = cashier.call("POST", path, cashier.payment(refused, payer))
        assert (answer.status_code, answer.json()["type"]) == (429, "urn:fec:problem:failed-too-often")
        assert 0 < int(answer.headers["Retry-After"]) <= STRICT.first_pause
    cashier.pay(another, honest)
    cashier.until(another, lambda seen: seen["status"] == "paid")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_payment__from_an_address_whose_payments_fail__is_refused(serving: Serving, shop: Shop, chain: Anvil) -> None:
    cashier = serving(caller_limits=CallerLimits(free=9, free_of_caller=0, first_pause=600))
    fail(cashier, cashier.invoice("100"), shop, chain)
    other = cashier.invoice("100")
    problem = cashier.refused("POST", f"/v1/pay/{other['id']}/payments", cashier.payment(other, shop.shopper))
    assert problem["type"] == "urn:fec:problem:failed-too-often"


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (1, 0), (2, 15), (3, 60), (4, 240), (5, 960), (6, DAY), (60, DAY)]
)
def test_pause__grows_with_failures__to_a_day(failures: int, seconds: int) -> None:
    assert CallerLimits().pause("payer 0x1", failures) == seconds


@pytest.mark.parametrize("backend", ["sqlite"])
def test_payment__of_nearly_nothing__is_refused(cashier: ServiceClient, shop: Shop) -> None:
    invoice = cashier.invoice("0.00000000000000001")
    problem = cashier.refused("POST", f"/v1/pay/{invoice['id']}/payments", cashier.payment(invoice, shop.shopper))
    assert (problem["status"], problem["type"]) == (409, "urn:fec:problem:too-little")
    assert problem["values"] == {"least": str(FEC // 100)}
    assert relayed(cashier) == []


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    ("more", "kind"),
    [({"amount": "0"}, "nothing-to-withdraw"), ({}, "nothing-to-withdraw"), ({"amount": "0.001"}, "too-little")],
)
def test_withdrawal__of_nothing__is_refused(
    serving: Serving, client: Client, person: Person, more: dict[str, str], kind: str
) -> None:
    seller = serving()
    made = seller.post("/v1/members", {"memberId": person.id})
    until(lambda: seller.get(f"/v1/members/{made['memberId']}"), lambda seen: seen["enrolled"])
    before = len(relayed(seller))
    body = withdrawal(seller, person, client.now() + DAY, **more)
    problem = seller.anybody().refused("POST", f"/v1/custody/{person.id}/withdrawals", body)
    assert problem["type"] == f"urn:fec:problem:{kind}"
    assert len(relayed(seller)) == before


# ---------------------------------------------------------------------- budget


@pytest.mark.parametrize("backend", ["sqlite"])
def test_payment__days_budget_is_spent__is_refused_until_tomorrow(serving: Serving, shop: Shop) -> None:
    cashier = serving(budget=1)
    invoice = cashier.invoice("100")
    answer = cashier.call("POST", f"/v1/pay/{invoice['id']}/payments", cashier.payment(invoice, shop.shopper))
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:fec:problem:budget-spent")
    assert 0 < int(answer.headers["Retry-After"]) <= DAY
    assert relayed(cashier) == []


def test_payment__one_merchants_budget_is_spent__others_are_served(serving: Serving, shop: Shop) -> None:
    cashier = serving()
    cashier.paid(shop.shopper, "100")
    # Until its block is noted, what it may cost at most counts as spent.
    until(cashier.service.relayer.waiting, lambda waiting: waiting is None)
    spent, by_purse = cashier.service.relayer.spent()
    assert by_purse == {f"program {shop.escrow}": spent}
    strict = serving(merchant_budget=spent)
    invoice = strict.invoice("100", orderId="B-1")
    problem = strict.refused("POST", f"/v1/pay/{invoice['id']}/payments", strict.payment(invoice, shop.shopper))
    assert problem["type"] == "urn:fec:problem:budget-spent"
    with Session(strict.service.engine) as session:
        assert len(session.scalars(select(RelayTransaction)).all()) == 1
    generous = serving(shop.at_once, merchant_budget=10**17)
    generous.paid(shop.shopper, "100")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_readyz__budget__says_how_much_of_it_is_spent(serving: Serving, shop: Shop) -> None:
    cashier = serving(budget=10**18)
    cashier.paid(shop.shopper)
    assert cashier.http.get("/readyz").json()["checks"]["budget"] == {"ok": True, "detail": "0% of today's is spent"}
    figures = cashier.http.get("/metrics").text
    assert f'fec_relayer_spent_wei{{purse="program {shop.escrow}"}}' in figures
    assert "fec_relayer_budget_wei 1e+18" in figures


# ----------------------------------------------------------------- simulations


@pytest.fixture
def guard(serving: Serving) -> Guard:
    service = serving(role=Role.MANAGER).service
    few = CallerLimits(simulations=2, refused_a_minute=3, simulations_of_merchant=2, refused_of_merchant=3)
    return Guard(service.engine, few)


@pytest.fixture
def called() -> Iterator[None]:
    """As while a request is served that came from somewhere."""
    token = current_caller.set("203.0.113.7")
    yield
    current_caller.reset(token)


#: Who asks: anybody for a payer, or a merchant for its program.
CALLERS: dict[str, tuple[list[str], int]] = {"anybody": (["payer 1"], 7), "merchant": ([], 7)}


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.usefixtures("called")
def test_simulating__as_many_at_once_as_one_caller_may__the_next_is_refused(guard: Guard, caller: str) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(guard.simulating(*CALLERS[caller]))
        with pytest.raises(Problem) as refused, guard.simulating(*CALLERS[caller]):
            pytest.fail("a third one was let in")
    assert (refused.value.kind, refused.value.headers) == ("too-many-at-once", {"Retry-After": "1"})
    with guard.simulating(*CALLERS[caller]):
        pass


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.usefixtures("called")
def test_simulating__refused_as_often_as_one_caller_may__the_next_is_refused(
    guard: Guard, caller: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.0)
    for _ in range(3):
        with pytest.raises(ContractError), guard.simulating(*CALLERS[caller]):
            raise ContractError("Refused", {}, "")
    with pytest.raises(Problem) as refused, guard.simulating(*CALLERS[caller]):
        pytest.fail("a fourth one was let in")
    assert refused.value.kind == "too-many-at-once"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.usefixtures("called")
def test_simulating__one_merchant_is_refused_as_often_as_it_may__another_is_not(guard: Guard) -> None:
    for _ in range(3):
        with pytest.raises(ContractError), guard.simulating((), 7):
            raise ContractError("Refused", {}, "")
    with guard.simulating((), 8), guard.simulating(["payer 1"]):
        pass


@pytest.mark.parametrize("backend", ["sqlite"])
def test_simulating__by_the_service_itself__is_not_counted(guard: Guard) -> None:
    for _ in range(9):
        with pytest.raises(ContractError), guard.simulating((), 7):
            raise ContractError("Refused", {}, "")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_reward__merchant_asks_for_too_much_all_the_time__waits(serving: Serving) -> None:
    manager = serving(role=Role.MANAGER, caller_limits=CallerLimits(refused_of_merchant=2))
    asked = [
        manager.call("POST", "/v1/rewards", {"shopper": HOSTILE.address, "amount": "10"}, Idempotency_Key=f"r-{number}")
        for number in range(3)
    ]
    assert [answer.status_code for answer in asked] == [409, 409, 429]
    assert asked[-1].json()["type"] == "urn:fec:problem:too-many-at-once"
