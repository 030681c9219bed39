"""Claim codes: looked at, bound to an account or a vault, once; guessed, ended or used twice, they are refused."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from fec.protocol import acts
from fec.service.models import Role
from fec.service.sales import claims, settling
from tests.service import selling
from tests.service.conftest import ServiceClient, Shop
from tests.service.people import Person
from tests.service.selling import fund, pass_period, sale, settle_all

Serving = Callable[..., ServiceClient]

ALICE, BOB = (Account.from_key(bytes([number]) * 32) for number in (0x77, 0x78))
WRONG = "a" * 26


@pytest.fixture
def till(serving: Serving, shop: Shop) -> ServiceClient:
    """A shop that takes sales; the chain's time passes when the test says so."""
    return selling.recorder(serving(role=Role.MANAGER, relay=False, settle=False), shop.escrow)


def code_of(made: Any) -> str:
    code: str = made["claim"]["link"].partition("code=")[2].partition("&")[0]
    return code


def binding(till: ServiceClient, code: str, owner: LocalAccount) -> dict[str, Any]:
    """A binding, signed over what the service says is to be signed."""
    seen = till.anybody().call("POST", "/v1/claims", {"code": code, "owner": owner.address}).json()
    signature = owner.sign_typed_data(full_message=seen["document"]).signature.to_0x_hex()
    return {"code": code, "owner": owner.address, "signature": signature}


def test_code__bound_by_its_owner__is_settled_for_them(
    till: ServiceClient, shop: Shop, chain: Anvil, client: Client
) -> None:
    fund(chain, shop)
    made = till.post("/v1/sales", sale())
    code = code_of(made)
    anybody = till.anybody()
    seen = anybody.call("POST", "/v1/claims", {"code": code}).json()
    assert (seen["amount"], seen["currency"], seen["value"], seen["owner"]) == ("12.50", "MYR", "1250", None)
    assert (seen["expected"], seen["document"]) == (None, None)
    assert "not yet yours" in seen["sentence"]
    pass_period(chain, till)
    settling.work(till.service)
    bound = anybody.post("/v1/claims/bindings", binding(till, code, ALICE))
    assert (bound["owner"], bound["expected"], bound["state"]) == (ALICE.address, "125", "pending")
    pending = anybody.get(f"/v1/accounts/{ALICE.address}/pending-sales")
    assert [(one["amount"], one["expected"]) for one in pending["items"]] == [("12.50", "125")]
    settle_all(chain, till)
    [node] = client.settlements.unopened_of(ALICE.address)
    assert node.node.principal == 125 * FEC
    assert anybody.get(f"/v1/accounts/{ALICE.address}/pending-sales")["items"] == []
    told = till.get(f"/v1/sales/{made['id']}")
    assert (told["customer"], told["claim"]["link"], told["claim"]["usedAt"] is not None) == (ALICE.address, None, True)
    assert "sale.bound" in till.event_types()


def test_code__bound_twice_by_the_same_owner__is_answered_alike(till: ServiceClient) -> None:
    code = code_of(till.post("/v1/sales", sale()))
    body = binding(till, code, ALICE)
    first, again = (till.post("/v1/claims/bindings", body) for _ in range(2))
    assert (first["owner"], first["state"], first["sentence"]) == (again["owner"], again["state"], again["sentence"])
    assert till.event_types().count("sale.bound") == 1


def test_code__used_by_somebody_else__is_refused(till: ServiceClient) -> None:
    code = code_of(till.post("/v1/sales", sale()))
    mine, theirs = binding(till, code, ALICE), binding(till, code, BOB)
    till.post("/v1/claims/bindings", mine)
    problem = till.refused("POST", "/v1/claims/bindings", theirs)
    assert problem["type"] == "urn:fec:problem:code-used"
    assert "belongs to another account" in problem["detail"]


def test_code__bound_by_two_at_once_at_two_services__belongs_to_one(
    till: ServiceClient, serving: Serving, shop: Shop
) -> None:
    other = serving(relay=False, settle=False, index=False)
    code = code_of(till.post("/v1/sales", sale()))
    bodies = [binding(till, code, owner) for owner in (ALICE, BOB)]

    def bind(place: int) -> int:
        return (till, other)[place].anybody().call("POST", "/v1/claims/bindings", bodies[place]).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(bind, range(2)))
    assert sorted(statuses) == [201, 409]
    assert till.get("/v1/sales")["items"][0]["customer"] == (ALICE, BOB)[statuses.index(201)].address
    assert till.event_types().count("sale.bound") == 1


@pytest.mark.parametrize("backend", ["sqlite"])
def test_code__bound_to_a_contract_that_refuses_nodes__is_refused(
    till: ServiceClient, chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = code_of(till.post("/v1/sales", sale()))
    body = binding(till, code, ALICE)
    # ALICE's account becomes code that reverts whatever it is called with; her signature was good before that.
    chain.request("anvil_setCode", ALICE.address, "0x5f5ffd")
    monkeypatch.setattr(claims, "has_signed", lambda *_: True)
    problem = till.refused("POST", "/v1/claims/bindings", body)
    assert problem["type"] == "urn:fec:problem:customer-refuses-nodes"
    assert till.get("/v1/sales")["items"][0]["customer"] is None


@pytest.mark.parametrize("backend", ["sqlite"])
def test_code__signed_by_somebody_else__is_refused(till: ServiceClient) -> None:
    code = code_of(till.post("/v1/sales", sale()))
    stolen = {**binding(till, code, BOB), "owner": ALICE.address}
    problem = till.refused("POST", "/v1/claims/bindings", stolen)
    assert problem["type"] == "urn:fec:problem:code-refused"
    assert "did not sign for this claim code" in problem["detail"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_code__signature_for_another_code__is_refused(till: ServiceClient) -> None:
    first, second = (code_of(till.post("/v1/sales", sale(name))) for name in ("S-1", "S-2"))
    problem = till.refused("POST", "/v1/claims/bindings", {**binding(till, first, ALICE), "code": second})
    assert "did not sign for this claim code" in problem["detail"]


def test_code__guessed__is_refused_and_then_has_to_wait(till: ServiceClient) -> None:
    made = till.post("/v1/sales", sale())
    for _ in range(9):
        problem = till.refused("POST", "/v1/claims", {"code": WRONG})
        assert problem["type"] == "urn:fec:problem:code-refused"
    for code in (WRONG, code_of(made)):
        problem = till.refused("POST", "/v1/claims", {"code": code})
        assert problem["type"] == "urn:fec:problem:failed-too-often"
    # Nothing else is slower for it.
    assert till.get("/v1/sales")["items"] != []
    till.service.guard.check(till.service.engine.connect(), ["caller testclient"])


@pytest.mark.parametrize("backend", ["sqlite"])
def test_code__after_its_end__is_refused_and_the_sale_lapses(till: ServiceClient, chain: Anvil) -> None:
    made = till.post("/v1/sales", sale())
    body = binding(till, code_of(made), ALICE)
    chain.travel_to(made["claim"]["endsAt"] + 1)
    problem = till.refused("POST", "/v1/claims/bindings", body)
    assert problem["detail"].startswith("The claim code ended on")
    settling.work(till.service)
    assert till.get(f"/v1/sales/{made['id']}")["state"] == "lapsed"
    seen = till.anybody().call("POST", "/v1/claims", {"code": code_of(made)}).json()
    assert seen["sentence"] == "The claim code has ended. Ask the shop."


@pytest.mark.parametrize("backend", ["sqlite"])
def test_code__sale_returned__is_refused(till: ServiceClient) -> None:
    made = till.post("/v1/sales", sale())
    body = binding(till, code_of(made), ALICE)
    till.post(f"/v1/sales/{made['id']}/returns", {}, Idempotency_Key="r-1")
    problem = till.refused("POST", "/v1/claims/bindings", body)
    assert problem["detail"] == "The sale was returned: there is nothing to claim."


@pytest.mark.parametrize("backend", ["sqlite"])
def test_code__bound_to_a_members_vault__is_signed_by_the_members_key(till: ServiceClient, person: Person) -> None:
    made = till.post("/v1/sales", sale())
    vault = till.service.client.custody.vault(till.service.signer.address, person.id)
    seen = till.anybody().call("POST", "/v1/claims", {"code": code_of(made), "owner": vault}).json()
    revealed = person.revealed(seen["document"], code=code_of(made), owner=vault)
    wrong = till.refused("POST", "/v1/claims/bindings", {**revealed, "salt": "0x" + "cd" * 32})
    assert wrong["type"] == "urn:fec:problem:not-the-member"
    assert till.post("/v1/claims/bindings", revealed)["owner"] == vault


@pytest.mark.parametrize("backend", ["sqlite"])
def test_code__signer_that_left_the_vault__is_refused_and_the_one_that_stayed_is_not(
    till: ServiceClient, person: Person, client: Client
) -> None:
    made = till.post("/v1/sales", sale())
    custody = client.custody
    vault = custody.vault(person.member.brand, person.id)
    leaving = (acts.add_signer(BOB.address), acts.remove_signer(person.key.address))
    instruction = custody.instruction(person.member, vault, leaving, client.now() + DAY)
    custody.act(person.member, instruction, custody.sign_acts(instruction, person.key))
    seen = till.anybody().call("POST", "/v1/claims", {"code": code_of(made), "owner": vault}).json()
    gone = person.revealed(seen["document"], code=code_of(made), owner=vault)
    assert till.refused("POST", "/v1/claims/bindings", gone)["type"] == "urn:fec:problem:not-the-member"
    signature = BOB.sign_typed_data(full_message=seen["document"]).signature.to_0x_hex()
    stayed = {"code": code_of(made), "owner": vault, "signer": BOB.address, "signature": signature}
    assert till.post("/v1/claims/bindings", stayed)["owner"] == vault


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "ms"])
def test_code__reader_of_another_language__is_told_in_it(till: ServiceClient, language: str) -> None:
    code = code_of(till.post("/v1/sales", sale()))
    seen = till.anybody().call("POST", "/v1/claims", {"code": code}, Accept_Language=language).json()
    assert "not yet yours" not in seen["sentence"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_code__window_of_the_program__is_what_the_receipt_says(till: ServiceClient) -> None:
    till.call("POST", "/v1/sales/settings", {"currency": "MYR", "claimWindow": 30 * DAY})
    made = till.post("/v1/sales", sale())
    assert made["claim"]["endsAt"] == made["soldAt"] + 30 * DAY
