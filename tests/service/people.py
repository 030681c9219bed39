"""People at the service, what they sign, and those who mean harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from siwe import SiweMessage
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.protocol.members import Member
from fec.relayer.models import RelayTransaction

if TYPE_CHECKING:
    from tests.service.conftest import ServiceClient

HOME = Account.from_key(b"\x66" * 32).address
HOSTILE = Account.from_key(b"\x99" * 32)
#: Takes nodes as any account does: what is refused is then the payer's.
CUSTOMER = Account.from_key(b"\x98" * 32).address


@dataclass(frozen=True)
class Person:
    """A member: their key and salt never leave their hands but to act."""

    key: LocalAccount
    member: Member

    @property
    def id(self) -> str:
        return self.member.id

    def revealed(self, document: Any, **more: Any) -> dict[str, Any]:
        """A request, with the member's signature over a document."""
        signature = self.key.sign_typed_data(full_message=document).signature.to_0x_hex()
        return {"signer": self.key.address, "salt": self.member.salt, "signature": signature, **more}


def withdrawal(cashier: ServiceClient, person: Person, deadline: int, **more: Any) -> dict[str, Any]:
    """A withdrawal from a member's vault, signed over what the service says is to be signed."""
    query = {"to": HOME, "deadline": deadline, **more}
    answer = cashier.http.get(
        f"/v1/custody/{person.id}/withdrawal",
        params={**query, "signer": person.key.address, "tokenId": more.get("tokenIds", [])},
    )
    assert answer.status_code == 200, answer.text
    document = answer.json()["document"]
    return person.revealed(document, **query, nonce=int(document["message"]["nonce"]))


def relayed(cashier: ServiceClient) -> list[str]:
    """Keys of all requests that the relayer has."""
    with Session(cashier.service.engine) as session:
        return list(session.scalars(select(RelayTransaction.request_key)))


def unsigned(cashier: ServiceClient, invoice: Any, payer: str) -> dict[str, Any]:
    """A payment of a wallet that is code: what it signs is its own business."""
    query = {"payer": payer, "customer": CUSTOMER}
    document = cashier.http.get(f"/v1/pay/{invoice['id']}/authorization", params=query).json()["authorization"]
    window = {"validAfter": 0, "validBefore": int(document["message"]["validBefore"])}
    return {**query, **window, "signature": "0x" + "11" * 65}


def message(cashier: ServiceClient, key: LocalAccount, **changes: Any) -> dict[str, Any]:
    """What a wallet that signs in sends (EIP-4361)."""
    given = cashier.post("/v1/session/nonce", None)
    fields = {
        "domain": given["domain"],
        "address": key.address,
        "uri": "https://shop.example",
        "version": "1",
        "chain_id": given["chainId"],
        "nonce": given["nonce"],
        "issued_at": "2026-01-01T00:00:00Z",
        **changes,
    }
    text = SiweMessage(**fields).prepare_message()
    return {"message": text, "signature": key.sign_message(encode_defunct(text=text)).signature.to_0x_hex()}


def formed(signature: bytes, form: str) -> bytes:
    """A signature of 65 bytes in another form that wallets give."""
    parity = signature[64] - 27
    if form == "0 or 1":
        return signature[:64] + bytes([parity])
    return signature[:32] + bytes([signature[32] | parity << 7]) + signature[33:64]
