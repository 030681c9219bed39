"""Signing in with keys, wallets and whatever says that it is one: nobody is sent on errands, and a no is a no."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import web3.eth.eth
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_typing import HexStr
from web3 import Web3
from web3.types import TxParams

from fec.chain.anvil import Anvil
from fec.chain.signatures import has_signed
from fec.client.client import Client
from fec.i18n.errors import RPCUnreachable
from fec.protocol.signing import of_key, text_hash
from tests.fixtures.hostile import INVALID, YES, heavy, offchain_lookup, place, reverting
from tests.service.conftest import ServiceClient, Shop
from tests.service.people import formed, message

WALLET = Account.from_key(b"\x98" * 32)
TEXT = "some text"


def claimed(cashier: ServiceClient, shop: Shop, signature: str) -> Any:
    """An answer to somebody who says that they are a wallet, and shows a signature."""
    body = {**message(cashier, WALLET), "signature": signature}
    return cashier.anybody().call("POST", "/v1/session", {"programId": shop.escrow, **body})


@pytest.fixture
def errands(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the library would fetch for a contract: it asks public hosts alone, which tests have none of."""
    asked: list[Any] = []

    def fetch(lookup: Any, *_: Any, **__: Any) -> bytes:
        asked.append(lookup["urls"])
        return b""

    monkeypatch.setattr(web3.eth.eth, "handle_offchain_lookup", fetch)
    return asked


#: Where a contract would send the service.
ERRAND = reverting(offchain_lookup(WALLET.address, "https://example.org/{sender}/{data}"))


def test_sign_in__wallet_that_names_an_address_to_fetch__is_refused_and_nothing_is_fetched(
    cashier: ServiceClient, shop: Shop, chain: Anvil, errands: list[Any]
) -> None:
    place(chain, WALLET, ERRAND)
    answer = claimed(cashier, shop, "0x" + "11" * 65)
    assert (answer.status_code, errands) == (403, [])


def test_connection__contract_that_names_an_address_to_fetch__nothing_is_fetched(
    cashier: ServiceClient, chain: Anvil, errands: list[Any]
) -> None:
    """By the library's own way too, whatever it is used for."""
    place(chain, WALLET, ERRAND)
    call: TxParams = {"to": WALLET.address, "data": HexStr("0x01020304")}
    with pytest.raises(Exception, match=r"^(?!.*Offchain lookup failed)(?=.*(556f1830|evert))"):
        cashier.service.web3.eth.call(call)
    assert errands == []
    # Left to itself, the library would.
    with suppress(Exception):
        Web3(Web3.HTTPProvider(chain.url)).eth.call(call)
    assert [list(urls) for urls in errands][:1] == [["https://example.org/{sender}/{data}"]]


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("code", [INVALID, reverting(b""), reverting(b"\x01" * 40), heavy(20_000_000), "00", ""])
def test_sign_in__wallet_that_does_not_say_yes__is_refused(
    cashier: ServiceClient, shop: Shop, chain: Anvil, code: str
) -> None:
    place(chain, WALLET, code)
    assert [claimed(cashier, shop, signature).status_code for signature in ("0x", "0x" + "11" * 65)] == [403, 403]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sign_in__odd_signatures_of_an_account_without_code__are_refused(cashier: ServiceClient, shop: Shop) -> None:
    for signature in (
        "0x" + "00" * 65,
        "0x" + "ff" * 65,
        "0x" + "00" * 64 + "1b",
        "0x" + "ff" * 64 + "1c",
        "0x" + "11" * 64 + "02",
        "0x" + "00" * 12 + WALLET.address[2:] + "00" * 32 + "01",
        "0x" + "11" * 64,
        "0x11",
    ):
        answer = claimed(cashier, shop, signature)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:fec:problem:sign-in-refused"), signature


@pytest.mark.parametrize(
    "signature", ["0x", "0x" + "00" * 12 + WALLET.address[2:] + "00" * 32 + "01"], ids=["empty", "approved hash"]
)
def test_sign_in__wallet_that_approved_it_on_the_chain__signs_in(
    cashier: ServiceClient, shop: Shop, chain: Anvil, signature: str
) -> None:
    place(chain, WALLET, YES)
    operator = Client(chain.web3, shop.deployment, shop.operator)
    operator.programs.set_operator(shop.escrow, WALLET.address)
    assert claimed(cashier, shop, signature).status_code == 201


@pytest.mark.parametrize("form", ["0 or 1", "compact"])
def test_sign_in__forms_that_wallets_give__sign_in(cashier: ServiceClient, shop: Shop, chain: Anvil, form: str) -> None:
    body = message(cashier, shop.operator)
    given = bytes.fromhex(body["signature"][2:])
    answer = cashier.anybody().call(
        "POST", "/v1/session", {"programId": shop.escrow, **body, "signature": "0x" + formed(given, form).hex()}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sign_in__account_with_delegated_code__signs_with_its_key(
    cashier: ServiceClient, shop: Shop, chain: Anvil
) -> None:
    """EIP-7702: what the code says of signatures is not asked first."""
    place(chain, WALLET, INVALID)
    place(chain, shop.operator, f"ef0100{WALLET.address[2:]}")
    body = {"programId": shop.escrow, **message(cashier, shop.operator)}
    assert cashier.anybody().call("POST", "/v1/session", body).status_code == 201


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sign_in__chain_is_down__is_to_be_tried_again(
    serving: Callable[..., ServiceClient], shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    cashier = serving()
    body = {"programId": shop.escrow, **message(cashier, WALLET)}
    endpoint = cashier.service.web3.provider.endpoint  # type: ignore[attr-defined]
    monkeypatch.setattr(endpoint, "ask", lambda _: unreachable())
    assert cashier.anybody().refused("POST", "/v1/session", body)["status"] == 503


def unreachable() -> None:
    raise RPCUnreachable("Nothing answers at {url}. Start the node, or check the address.", url="http://127.0.0.1:1")


# ------------------------------------------------------------------ signatures


@pytest.mark.parametrize("form", ["0 or 1", "compact"])
@pytest.mark.parametrize("secret", [bytes([number]) * 32 for number in range(1, 5)])
def test_of_key__forms_that_wallets_give__become_the_one_that_contracts_take(secret: bytes, form: str) -> None:
    key = Account.from_key(secret)
    usual = key.sign_message(encode_defunct(text=TEXT)).signature
    assert of_key(key.address, text_hash(TEXT), "0x" + formed(bytes(usual), form).hex()) == usual.to_0x_hex()
    assert of_key(WALLET.address, text_hash(TEXT), usual.to_0x_hex()) is None


def test_has_signed__contract_that_answers_more_than_asked__has_not(chain: Anvil) -> None:
    """Only the four bytes of ERC-1271, and nothing after them, are a yes."""
    place(chain, WALLET, "5f355f5260205ff3")
    assert not has_signed(chain.web3, WALLET.address, text_hash(TEXT), "0x")
