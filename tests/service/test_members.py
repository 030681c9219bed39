"""Members of a brand, whose vaults their own keys open: sold to, spending and withdrawing through the service."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from eth_account import Account

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from fec.service.members import vaults
from fec.service.models import Role
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop
from tests.service.people import HOME, Person, withdrawal


@pytest.fixture
def seller(serving: Callable[..., ServiceClient], shop: Shop) -> ServiceClient:
    """At the program whose nodes exist at once."""
    return serving(shop.at_once)


@pytest.fixture
def enrolled(seller: ServiceClient, person: Person) -> Any:
    """The member, once the chain has announced them."""
    made = seller.post("/v1/members", {"memberId": person.id})
    return until(lambda: seller.get(f"/v1/members/{made['memberId']}"), lambda seen: seen["enrolled"])


def spend(cashier: ServiceClient, person: Person, invoice: Any, **more: Any) -> dict[str, Any]:
    """A payment out of the member's vault, signed over what the service says is to be signed."""
    document = cashier.get(f"/v1/custody/{person.id}/spend?invoiceId={invoice['id']}")["document"]
    return person.revealed(document, invoiceId=invoice["id"], **more)


def test_enroll__announces_the_member_where_the_contract_says(
    enrolled: Any, seller: ServiceClient, person: Person, client: Client, shop: Shop
) -> None:
    assert enrolled["vault"] == client.custody.vault(shop.signer.address, person.id)
    assert client.custody.members(shop.signer.address) == {person.id: enrolled["vault"]}
    assert [member["memberId"] for member in seller.get("/v1/members")["items"]] == [person.id]
    assert not enrolled["deployed"]


def test_enroll__twice__is_one_transaction(enrolled: Any, seller: ServiceClient, person: Person) -> None:
    again = seller.post("/v1/members", {"memberId": person.id})
    assert again["enrollment"]["id"] == enrolled["enrollment"]["id"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_enroll__accountant__is_refused(seller: ServiceClient, shop: Shop, person: Person) -> None:
    accountant = seller.as_(shop.at_once, Role.ACCOUNTANT)
    assert accountant.refused("POST", "/v1/members", {"memberId": person.id})["type"] == "urn:fec:problem:role-too-low"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_vault__member_of_nobody__is_not_found(seller: ServiceClient, person: Person) -> None:
    problem = seller.anybody().refused("GET", f"/v1/custody/{person.id}")
    assert (problem["status"], problem["values"]) == (404, {"id": person.id})


def test_spend__signed_by_the_member__pays_the_invoice_out_of_the_vault(
    enrolled: Any, seller: ServiceClient, person: Person, client: Client
) -> None:
    vault = enrolled["vault"]
    client.transfer(vault, 150 * FEC)
    invoice = seller.invoice("100")
    body = spend(seller.anybody(), person, invoice)
    first = seller.anybody().post(f"/v1/custody/{person.id}/spends", body)
    paid = seller.until(invoice, lambda seen: seen["status"] == "captured")
    assert (paid["payer"], paid["customer"]) == (vault, vault)
    again = seller.anybody().post(f"/v1/custody/{person.id}/spends", body)
    assert first["id"] == again["id"]
    seen = until(lambda: seller.anybody().get(f"/v1/custody/{person.id}"), lambda seen: seen["nodes"])
    assert (seen["coins"], [node["principal"] for node in seen["nodes"]]) == ("50", ["10"])
    assert seller.get(f"/v1/members/{person.id}")["deployed"]
    done = until(
        lambda: seller.get(f"/v1/custody/{person.id}/actions/{first['id']}"), lambda seen: seen["state"] == "done"
    )
    assert done["kind"] == "spend"


def test_spend__sent_many_times_at_once__is_one_payment(
    enrolled: Any, seller: ServiceClient, person: Person, client: Client
) -> None:
    client.transfer(enrolled["vault"], 500 * FEC)
    invoice = seller.invoice("100")
    body = spend(seller, person, invoice)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: seller.anybody().post(f"/v1/custody/{person.id}/spends", body), range(4)))
    assert len({answer["id"] for answer in answers}) == 1
    seller.until(invoice, lambda seen: seen["status"] == "captured")
    assert client.balance(enrolled["vault"]) == 400 * FEC


def test_spend__signed_by_another__is_refused_by_the_contract(
    enrolled: Any, seller: ServiceClient, person: Person, client: Client
) -> None:
    client.transfer(enrolled["vault"], 100 * FEC)
    invoice = seller.invoice("100")
    stranger = Person(Account.from_key(b"\x77" * 32), person.member)
    body = {**spend(seller, stranger, invoice), "signer": person.key.address}
    problem = seller.anybody().refused("POST", f"/v1/custody/{person.id}/spends", body)
    assert (problem["status"], problem["error"]) == (403, "Custodian_InvalidSignature")
    assert problem["values"] == {"signer": person.key.address.lower()}
    assert client.balance(enrolled["vault"]) == 100 * FEC


@pytest.mark.parametrize("backend", ["sqlite"])
def test_spend__by_the_service_itself__is_refused(
    enrolled: Any, seller: ServiceClient, person: Person, client: Client, shop: Shop
) -> None:
    client.transfer(enrolled["vault"], 100 * FEC)
    invoice = seller.invoice("100")
    brand = Person(shop.signer, person.member)
    body = {**spend(seller, brand, invoice), "signer": person.key.address}
    problem = seller.anybody().refused("POST", f"/v1/custody/{person.id}/spends", body)
    assert (problem["error"], problem["values"]) == (
        "Custodian_InvalidSignature",
        {"signer": person.key.address.lower()},
    )


@pytest.mark.parametrize("backend", ["sqlite"])
def test_spend__key_is_not_the_members__is_refused(enrolled: Any, seller: ServiceClient, person: Person) -> None:
    invoice = seller.invoice("100")
    body = {**spend(seller, person, invoice), "signer": HOME}
    problem = seller.anybody().refused("POST", f"/v1/custody/{person.id}/spends", body)
    assert (problem["type"], problem["values"]) == ("urn:fec:problem:not-the-member", {"id": person.id})


@pytest.mark.parametrize("backend", ["sqlite"])
def test_spend__node_of_somebody_else__is_not_found(enrolled: Any, seller: ServiceClient, person: Person) -> None:
    invoice = seller.invoice("100")
    body = spend(seller, person, invoice, tokenIds=["12345"])
    problem = seller.anybody().refused("POST", f"/v1/custody/{person.id}/spends", body)
    assert (problem["status"], problem["values"]) == (404, {"id": "12345"})


def test_withdraw__everything__goes_where_the_member_says_once(
    enrolled: Any, seller: ServiceClient, person: Person, client: Client
) -> None:
    client.transfer(enrolled["vault"], 150 * FEC)
    invoice = seller.invoice("100")
    seller.anybody().post(f"/v1/custody/{person.id}/spends", spend(seller, person, invoice))
    seen = until(lambda: seller.get(f"/v1/custody/{person.id}"), lambda seen: seen["nodes"])
    (node,) = seen["nodes"]
    body = withdrawal(seller, person, client.now() + DAY, tokenIds=[node["id"]])
    first = seller.anybody().post(f"/v1/custody/{person.id}/withdrawals", body)
    until(lambda: seller.get(f"/v1/custody/{person.id}")["nodes"], lambda nodes: not nodes)
    again = seller.anybody().post(f"/v1/custody/{person.id}/withdrawals", body)
    assert first["id"] == again["id"]
    assert client.nodes.get(int(node["id"])).owner == HOME
    assert client.balance(HOME) == 50 * FEC
    assert client.custody.nonce(enrolled["vault"], person.key.address) == 1


def test_vault__more_nodes_than_a_page__are_listed_in_order(
    enrolled: Any, seller: ServiceClient, person: Person, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vaults, "_NODES", 4)
    minted = [client.nodes.mint(1, FEC, enrolled["vault"]).token_id for _ in range(11)]
    path, found = f"/v1/custody/{person.id}", []
    until(lambda: seller.get(f"{path}?after={minted[-2]}"), lambda seen: seen["nodes"])
    after = ""
    while True:
        page = seller.get(path + after)
        found += [int(node["id"]) for node in page["nodes"]]
        if page["more"] is None:
            break
        after = f"?after={page['more']}"
    assert found == sorted(minted)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_withdraw__more_than_was_signed__is_refused(
    enrolled: Any, seller: ServiceClient, person: Person, client: Client
) -> None:
    client.transfer(enrolled["vault"], 150 * FEC)
    body = {**withdrawal(seller, person, client.now() + DAY, amount="10"), "amount": "11"}
    problem = seller.anybody().refused("POST", f"/v1/custody/{person.id}/withdrawals", body)
    assert (problem["error"], problem["values"]) == (
        "Custodian_InvalidSignature",
        {"signer": person.key.address.lower()},
    )


@pytest.mark.parametrize("backend", ["sqlite"])
def test_withdraw__too_late__is_refused(
    enrolled: Any, seller: ServiceClient, person: Person, client: Client, chain: Anvil
) -> None:
    client.transfer(enrolled["vault"], FEC)
    deadline = client.now() + DAY
    body = withdrawal(seller, person, deadline, amount="1")
    chain.travel_to(deadline + 1)
    problem = seller.anybody().refused("POST", f"/v1/custody/{person.id}/withdrawals", body)
    assert problem["error"] == "Custodian_Expired"
    assert problem["values"]["deadline"] == str(deadline)
    assert problem["values"]["timestamp"] > str(deadline)
