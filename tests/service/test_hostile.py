"""Wallets and receivers that waste the payer's gas: refused at once, and nobody waits behind them."""

from collections.abc import Callable

import pytest

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from fec.relayer.endpoint import AccountChain
from fec.service.models import Role
from tests.fixtures.hostile import INVALID, heavy, place
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop
from tests.service.people import HOSTILE, Person, relayed, unsigned, withdrawal

Serving = Callable[..., ServiceClient]


@pytest.mark.parametrize("gas", [14_000_000, 26_000_000])
def test_payment__wallet_wastes_gas__is_refused_and_the_next_one_goes_through(
    cashier: ServiceClient, shop: Shop, chain: Anvil, client: Client, gas: int
) -> None:
    client.transfer(HOSTILE.address, 100 * FEC)
    payer = place(chain, HOSTILE, heavy(gas))
    bad, good = cashier.invoice("100"), cashier.invoice("100")
    problem = cashier.refused("POST", f"/v1/pay/{bad['id']}/payments", unsigned(cashier, bad, payer))
    assert problem["status"] in (403, 409)
    assert relayed(cashier) == []
    cashier.pay(good, shop.shopper)
    cashier.until(good, lambda seen: seen["status"] == "paid")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_payment__wallet_stops_with_all_gas_used__is_refused(
    cashier: ServiceClient, chain: Anvil, client: Client
) -> None:
    client.transfer(HOSTILE.address, 100 * FEC)
    payer = place(chain, HOSTILE, INVALID)
    invoice = cashier.invoice("100")
    problem = cashier.refused("POST", f"/v1/pay/{invoice['id']}/payments", unsigned(cashier, invoice, payer))
    assert problem["status"] in (403, 409)
    assert relayed(cashier) == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_withdrawal__receiver_wastes_gas__is_refused(
    serving: Serving, shop: Shop, chain: Anvil, client: Client, person: Person
) -> None:
    seller = serving(shop.at_once)
    made = seller.post("/v1/members", {"memberId": person.id})
    until(lambda: seller.get(f"/v1/members/{made['memberId']}"), lambda seen: seen["enrolled"])
    minted = client.nodes.mint(1, FEC, made["vault"])
    until(lambda: seller.get(f"/v1/custody/{person.id}"), lambda seen: seen["nodes"])
    receiver = place(chain, HOSTILE, heavy(20_000_000))
    before = len(relayed(seller))
    body = withdrawal(seller, person, client.now() + DAY, to=receiver, tokenIds=[str(minted.token_id)])
    problem = seller.anybody().refused("POST", f"/v1/custody/{person.id}/withdrawals", body)
    assert (problem["status"], problem["error"]) == (409, "ERC721InvalidReceiver")
    assert len(relayed(seller)) == before


@pytest.mark.parametrize("backend", ["sqlite"])
def test_reward__receiver_wastes_gas__is_refused(serving: Serving, shop: Shop, chain: Anvil, client: Client) -> None:
    manager = serving(role=Role.MANAGER)
    client.transfer(shop.signer.address, 100 * FEC)
    manager.post("/v1/rewards/funds", {"amount": "100"}, Idempotency_Key="a-1")
    until(lambda: manager.get("/v1/rewards/funds")["allowance"], lambda seen: seen == "100")
    before = len(relayed(manager))
    shopper = place(chain, HOSTILE, heavy(20_000_000))
    body = {"shopper": shopper, "amount": "10"}
    problem = manager.refused("POST", "/v1/rewards", body, Idempotency_Key="r-1")
    assert problem["status"] == 409
    assert len(relayed(manager)) == before


def test_payment__node_never_takes_the_transaction__has_failed_and_the_next_one_goes_through(
    cashier: ServiceClient, shop: Shop, chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if it had been signed for larger blocks: the node's refusal is an event, and frees the nonce."""
    send = AccountChain.send

    def refusing(node: AccountChain, raw: list[str]) -> list[str | None]:
        said = send(node, raw[1:]) if first and raw and raw[0] == first[0] else None
        if said is None and raw and not first and len(raw[0]) > 500:
            first.append(raw[0])
            said = send(node, raw[1:])
        return send(node, raw) if said is None else ["exceeds block gas limit", *said]

    first: list[str] = []
    monkeypatch.setattr(AccountChain, "send", refusing)
    bad, good = cashier.invoice("100"), cashier.invoice("100")
    cashier.pay(bad, shop.shopper)
    cashier.pay(good, shop.shopper)
    cashier.until(good, lambda seen: seen["status"] == "paid")
    failed = cashier.until(bad, lambda seen: seen["payment"]["state"] == "failed")
    assert failed["payment"]["error"]["name"] == "refused"
    assert failed["payment"]["error"]["values"] == {"reason": "exceeds block gas limit"}
    until(cashier.event_types, lambda types: "payment.failed" in types)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_readyz__oldest_transaction_does_not_move__says_so(serving: Serving, shop: Shop, chain: Anvil) -> None:
    cashier = serving(stalled_after=0)
    chain.request("evm_setAutomine", False)
    cashier.pay(cashier.invoice(), shop.shopper)
    nonce = chain.web3.eth.get_transaction_count(shop.signer.address)
    found = until(lambda: cashier.http.get("/readyz").json()["checks"]["queue"], lambda check: not check["ok"])
    assert found["detail"].startswith(f"nonce {nonce} waits for ")
    figures = cashier.http.get("/metrics").text
    assert "fec_relayer_oldest_seconds" in figures
