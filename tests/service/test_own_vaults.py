"""Vaults of nobody's brand: what passkeys sign is sent, nobody else's code runs, and the till sells FEC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account
from eth_typing import HexStr

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import HOUR
from fec.protocol import acts
from fec.protocol.acts import Act
from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.bytes32 import from_hex
from fec.protocol.members import Member
from fec.service.members.signed import invoice_of
from fec.service.models import Role
from fec.service.orders.lookup import order_of
from fec.service.settings import CallerLimits
from tests.fixtures.passkeys import PRESENT, Passkey, passkey
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop

SALT = "0x" + "5a" * 32
CODE = Account.from_key(b"\x7a" * 32)
FRIEND = Account.from_key(b"\x7b" * 32).address


class Owner:
    """Who has a vault, by a passkey."""

    def __init__(self, client: Client, key: Passkey) -> None:
        self.client = client
        self.key = key
        self.member = Member(ADDRESS_ZERO, "0x" + key.signer(client.custody.passkey_verifier()).hex(), SALT)
        self.vault = client.custody.vault(ADDRESS_ZERO, self.member.id)

    def signed(self, challenge: str, **body: Any) -> dict[str, Any]:
        signature = "0x" + self.key.sign(from_hex(HexStr(challenge))).hex()
        return {"signer": self.member.signer, "salt": SALT, "signature": signature, **body}

    def acts(self, program_id: int, *some: Act) -> dict[str, Any]:
        """A request with acts."""
        custody = self.client.custody
        instruction = custody.instruction(self.member, self.vault, some, self.client.now() + HOUR)
        told = {"nonce": instruction.nonce, "deadline": instruction.deadline, "programId": program_id}
        given = [{"kind": act.kind, "data": act.data} for act in some]
        return self.signed(custody.acts_message(instruction).hash, acts=given, **told)

    def path(self, rest: str) -> str:
        return f"/v1/vaults/{self.vault}{rest}"


@pytest.fixture
def till(serving: Callable[..., ServiceClient], shop: Shop, client: Client) -> ServiceClient:
    client.transfer(shop.signer.address, 100 * FEC)
    return serving(shop.at_once, role=Role.MANAGER, welcome=20 * FEC, top_ups_a_day=30 * FEC)


@pytest.fixture
def owner(client: Client) -> Owner:
    return Owner(client, passkey("ann"))


def done(till: ServiceClient, path: str, action: Any) -> Any:
    return until(lambda: till.get(f"{path}/{action['id']}"), lambda seen: seen["state"] in ("done", "failed"))


def secured(till: ServiceClient, owner: Owner, shop: Shop) -> None:
    """The printed code is a second signer."""
    made = till.anybody().post(owner.path("/acts"), owner.acts(shop.at_once, acts.add_signer(CODE.address)))
    assert done(till, owner.path("/actions"), made)["state"] == "done"


def test_latte__out_of_a_new_vault__greeted_once_and_paid(
    till: ServiceClient, owner: Owner, shop: Shop, client: Client
) -> None:
    anybody = till.anybody()
    assert anybody.refused("POST", owner.path("/welcome"))["type"] == "urn:fec:problem:vault-not-safe"
    secured(till, owner, shop)
    first = anybody.post(owner.path("/welcome"), None)
    until(lambda: client.balance(owner.vault), lambda coins: coins == 20 * FEC)
    assert anybody.post(owner.path("/welcome"), None)["id"] == first["id"]
    invoice = till.invoice(amount="3")
    order = order_of(invoice_of(till.service, invoice["id"]), owner.vault, "0", None)
    body = owner.signed(client.custody.spend_message(order).hash, invoiceId=invoice["id"])
    made = anybody.post(owner.path("/spends"), body)
    assert done(till, owner.path("/actions"), made)["state"] == "done"
    assert anybody.post(owner.path("/spends"), body)["id"] == made["id"]
    assert client.balance(owner.vault) == 17 * FEC
    state = anybody.get(owner.path(""))
    assert [signer["signer"] for signer in state["signers"]] == [owner.member.signer, CODE.address]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_acts__signed_by_somebody_else_or_without_verification__are_refused(
    till: ServiceClient, owner: Owner, shop: Shop, client: Client
) -> None:
    anybody = till.anybody()
    add = acts.add_signer(CODE.address)
    for key in (passkey("mallory"), replace(owner.key, flags=PRESENT)):
        body = owner.acts(shop.at_once, add)
        foreign = Owner(client, owner.key)
        foreign.key = key
        refused = anybody.refused(
            "POST", owner.path("/acts"), {**foreign.acts(shop.at_once, add), "signer": body["signer"]}
        )
        assert refused["error"] == "Custodian_InvalidSignature"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_acts__of_a_verifier_that_is_not_ours__are_not_even_simulated(
    till: ServiceClient, owner: Owner, shop: Shop, client: Client
) -> None:
    body = owner.acts(shop.at_once, acts.add_signer(CODE.address))
    foreign = client.orders.address + body["signer"][42:]
    refused = till.anybody().refused("POST", owner.path("/acts"), {**body, "signer": foreign})
    assert refused["type"] == "urn:fec:problem:not-the-member"
    relay = client.deployment["contracts"]["Relay"]["address"]
    refused = till.anybody().refused("POST", owner.path("/acts"), {**body, "signer": relay})
    assert refused["type"] == "urn:fec:problem:not-the-member"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("made_up", [{"kind": 200, "data": "0x"}, {"kind": 0, "data": "0x"}])
def test_acts__of_no_known_kind_or_without_arguments__are_refused_as_by_the_contract(
    till: ServiceClient, owner: Owner, shop: Shop, made_up: dict[str, Any]
) -> None:
    body = owner.acts(shop.at_once, acts.add_signer(CODE.address))
    refused = till.anybody().refused("POST", owner.path("/acts"), {**body, "acts": [made_up]})
    assert (refused["status"], refused["type"]) == (409, "urn:fec:problem:refused-by-contract")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_acts__sent_again_or_of_yesterday__are_done_once(
    till: ServiceClient, owner: Owner, shop: Shop, client: Client, chain: Anvil
) -> None:
    anybody = till.anybody()
    body = owner.acts(shop.at_once, acts.add_signer(CODE.address), acts.name_successor(FRIEND))
    made = anybody.post(owner.path("/acts"), body)
    assert made["acts"] == ["add_signer", "name_successor"]
    done(till, owner.path("/actions"), made)
    assert anybody.post(owner.path("/acts"), body)["id"] == made["id"]
    assert client.custody.successor(owner.vault) == FRIEND
    late = owner.acts(shop.at_once, acts.name_successor(ADDRESS_ZERO))
    chain.travel_to(client.now() + 2 * HOUR)
    assert anybody.refused("POST", owner.path("/acts"), late)["error"] == "Custodian_Expired"


def test_new_vaults__made_by_one_person__get_no_more_than_an_address_may(
    serving: Callable[..., ServiceClient], owner: Owner, shop: Shop, client: Client
) -> None:
    client.transfer(shop.signer.address, 100 * FEC)
    few = CallerLimits(welcomes_a_day=1, acts_a_day=2)
    service = serving(shop.at_once, welcome=20 * FEC, top_ups_a_day=90 * FEC, caller_limits=few)
    others = [Owner(client, passkey(name)) for name in ("bob", "eve")]
    secured(service, owner, shop)
    secured(service, others[0], shop)
    anybody = service.anybody()
    refused = anybody.refused("POST", others[1].path("/acts"), others[1].acts(shop.at_once, acts.add_signer(FRIEND)))
    assert refused["type"] == "urn:fec:problem:too-many-at-once"
    anybody.post(owner.path("/welcome"), None)
    assert anybody.refused("POST", others[0].path("/welcome"), None)["type"] == "urn:fec:problem:top-ups-spent"
    until(lambda: client.balance(owner.vault), lambda coins: coins == 20 * FEC)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_top_up__at_the_till__is_bounded_for_each_key_and_listed(
    till: ServiceClient, shop: Shop, client: Client
) -> None:
    cashier = till.as_(shop.at_once, Role.CASHIER)
    body = {"to": FRIEND, "amount": "25", "price": "2.50", "currency": "MYR", "paidBy": "cash"}
    made = cashier.post("/v1/top-ups", body, Idempotency_Key="one")
    done(cashier, "/v1/top-ups", made)
    assert client.balance(FRIEND) == 25 * FEC
    refused = cashier.refused("POST", "/v1/top-ups", body, Idempotency_Key="two")
    assert refused["type"] == "urn:fec:problem:top-ups-spent"
    till.post("/v1/top-ups", {**body, "amount": "5"}, Idempotency_Key="three")
    sold = cashier.get("/v1/top-ups")["items"]
    assert [(one["amount"], one["price"], one["currency"], one["paidBy"]) for one in sold] == [
        ("5", "2.50", "MYR", "cash"),
        ("25", "2.50", "MYR", "cash"),
    ]
    accountant = till.as_(shop.at_once, Role.ACCOUNTANT)
    assert (
        accountant.refused("POST", "/v1/top-ups", body, Idempotency_Key="four")["type"]
        == "urn:fec:problem:role-too-low"
    )


@pytest.mark.parametrize("backend", ["sqlite"])
def test_top_up__by_an_operator_after_another__is_bounded_as_one(
    till: ServiceClient, shop: Shop, client: Client
) -> None:
    body = {"to": FRIEND, "amount": "25"}
    next_one = Account.from_key(b"\x7c" * 32)

    def signed_in(address: str) -> ServiceClient:
        token = till.service.keys.open_session(shop.at_once, address, HOUR)
        one = ServiceClient(till.http, till.service, token)
        until(lambda: one.call("GET", "/v1/top-ups").status_code, lambda status: status == 200)
        return one

    done(till, "/v1/top-ups", signed_in(shop.operator.address).post("/v1/top-ups", body, Idempotency_Key="one"))
    client.signed_by(shop.operator).programs.set_operator(shop.at_once, next_one.address)
    refused = signed_in(next_one.address).refused("POST", "/v1/top-ups", body, Idempotency_Key="two")
    assert refused["type"] == "urn:fec:problem:top-ups-spent"
