"""The outbox on bad days: one that cannot be sent, two that are at the same action, an end that a new branch undoes."""

from collections.abc import Callable
from typing import Any

import pytest
from eth_typing import HexStr
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from web3 import Web3

from fec.chain.anvil import Anvil
from fec.i18n.errors import InsufficientGasCoin
from fec.relayer.models import RelayTransaction
from fec.service.actions import outbox
from fec.service.models import Action, ActionState, Invoice
from fec.service.orders.reconcile import close
from tests.fixtures.chains import settle
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop

Serving = Callable[..., ServiceClient]


def states(cashier: ServiceClient) -> list[str]:
    with Session(cashier.service.engine) as session:
        return [
            str(ActionState(state).value) for state in session.scalars(select(Action.state).order_by(Action.number))
        ]


def relayed(cashier: ServiceClient) -> int:
    with Session(cashier.service.engine) as session:
        return session.scalar(select(func.count()).select_from(RelayTransaction)) or 0


def look(cashier: ServiceClient, chain: Anvil) -> None:
    """What a service does in the background that does nothing by itself."""
    settle(chain)
    cashier.service.relayer.tick()
    cashier.service.outbox.tend()


def follow(cashier: ServiceClient, chain: Anvil, invoice: Any, done: Callable[[Any], bool]) -> Any:
    """An invoice, once something about it is so; the service looks at the chain as often as that takes."""

    def seen() -> Any:
        look(cashier, chain)
        return cashier.get(f"/v1/pay/{invoice['id']}")

    return until(seen, done)


def is_paid(seen: Any) -> bool:
    return bool(seen["status"] == "paid" and seen["payment"]["state"] == "done")


def paid(cashier: ServiceClient, shop: Shop, chain: Anvil) -> Any:
    """An invoice whose payment is done, by a service that sends nothing by itself."""
    invoice = cashier.invoice()
    cashier.pay(invoice, shop.shopper)
    return follow(cashier, chain, invoice, is_paid)


def refund(cashier: ServiceClient, invoice: Any) -> Any:
    return cashier.post(f"/v1/invoices/{invoice['id']}/refunds", {"amount": "1"}, Idempotency_Key="one")


def test_tend__one_cannot_be_sent__others_come_to_their_end(
    serving: Serving, shop: Shop, chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    cashier = serving(relay=False)
    invoice = paid(cashier, shop, chain)
    coin = chain.web3.eth.get_balance(shop.signer.address)
    with monkeypatch.context() as crashing:
        crashing.setattr(outbox, "_LEASE_SECONDS", 0)
        crashing.setattr(cashier.service.outbox, "push_soon", lambda *_: None)
        refund(cashier, invoice)
    chain.request("anvil_setBalance", shop.signer.address, "0x1")
    with pytest.raises(InsufficientGasCoin):
        cashier.service.outbox.tend()
    assert states(cashier) == ["done", "requested"]
    chain.request("anvil_setBalance", shop.signer.address, hex(coin))

    def seen() -> list[str]:
        look(cashier, chain)
        return states(cashier)

    until(seen, lambda seen: seen == ["done", "done"])


@pytest.mark.parametrize("backend", ["sqlite"])
def test_payment__key_has_no_coin__is_refused_and_nothing_is_kept(serving: Serving, shop: Shop, chain: Anvil) -> None:
    cashier = serving(relay=False)
    chain.request("anvil_setBalance", shop.signer.address, "0x1")
    invoice = cashier.invoice()
    problem = cashier.refused("POST", f"/v1/pay/{invoice['id']}/payments", cashier.payment(invoice, shop.shopper))
    assert (problem["status"], problem["type"]) == (503, "urn:fec:problem:relayer-unable")
    assert states(cashier) == []


def test_push__somebody_said_meanwhile_that_it_failed__is_not_sent(
    serving: Serving, shop: Shop, chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    cashier = serving(relay=False)
    invoice = paid(cashier, shop, chain)
    submit = cashier.service.relayer.submit

    def overtaken(*arguments: Any, **options: Any) -> int:
        """Between simulation and signature, another instance finds that the contract refuses."""
        with Session(cashier.service.engine) as session, session.begin():
            session.execute(update(Action).where(Action.kind == "refund").values(state=ActionState.FAILED))
        return submit(*arguments, **options)

    monkeypatch.setattr(cashier.service.relayer, "submit", overtaken)
    refund(cashier, invoice)
    assert (states(cashier), relayed(cashier)) == (["done", "failed"], 1)


def test_reorganisation__done_before_and_reverted_in_the_new_branch__has_failed(
    serving: Serving, shop: Shop, chain: Anvil
) -> None:
    cashier = serving(relay=False)
    before = chain.request("evm_snapshot")
    invoice = paid(cashier, shop, chain)
    assert states(cashier) == ["done"]

    chain.request("evm_revert", before)
    chain.travel_to(invoice["expiry"] + 1)
    seen = follow(
        cashier, chain, invoice, lambda seen: (seen["status"], seen["payment"]["state"]) == ("expired", "failed")
    )
    assert seen["payment"]["error"]["name"] == "reverted"
    receipt = chain.web3.eth.get_transaction_receipt(HexStr(seen["payment"]["transactionHash"]))
    assert (receipt["from"], receipt["status"]) == (Web3.to_checksum_address(shop.signer.address), 0)
    told = [kind for kind in cashier.event_types() if kind.startswith("payment.")]
    assert told == ["payment.requested", "payment.done", "payment.failed"]


def test_reorganisation__behind_what_was_final__invoice_stays_and_the_payment_says_so(
    serving: Serving, shop: Shop, chain: Anvil
) -> None:
    """The limit: what ended at or before the finalized block is believed, whatever the chain does afterwards."""
    cashier = serving(shop.at_once, relay=False)
    before = chain.request("evm_snapshot")
    invoice = cashier.invoice()
    cashier.pay(invoice, shop.shopper)
    settle(chain)
    chain.mine(70)

    def closed() -> bool:
        look(cashier, chain)
        close(cashier.service)
        with Session(cashier.service.engine) as session:
            return session.scalars(select(Invoice.closed).where(Invoice.id == invoice["id"])).one()

    until(closed, bool)
    chain.request("evm_revert", before)
    chain.travel_to(invoice["expiry"] + 1)
    seen = follow(cashier, chain, invoice, lambda seen: seen["payment"]["state"] == "failed")
    assert seen["status"] == "captured"
    assert [kind for kind in cashier.event_types() if kind == "invoice.reorganised"] == []
