"""What people sign: invoices, orders, spends and acts (EIP-712), permits (ERC-2612), authorizations (ERC-3009).

The hashes equal those of the contracts: hashInvoice, hashOrder, hashSpend, hashActs. What binds a sale to its
owner is for the service alone. They are made directly from the types, as the library takes twenty times as long for
what a service does for each order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_typing import Hash32
from eth_utils.exceptions import ValidationError

from fec.i18n.errors import InvalidArgument
from fec.protocol.acts import Instruction
from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.bytes32 import to_bytes32
from fec.protocol.members import account_of, signer_bytes
from fec.protocol.orders import Invoice, Order

_DOMAIN = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"}
_INVOICE = {
    "programId": "uint256",
    "orderId": "bytes32",
    "amount": "uint256",
    "currencyReference": "bytes32",
    "expiry": "uint256",
}
_ORDER = {**_INVOICE, "customer": "address", "minPrincipal": "uint256", "cause": "address"}
_SPEND = {"vault": "address", "orderHash": "bytes32"}
_ACT = {"kind": "uint8", "data": "bytes"}
_ACTS = {"vault": "address", "signer": "bytes", "acts": "Act[]", "nonce": "uint256", "deadline": "uint256"}
_SALE_BINDING = {"codeHash": "bytes32", "programId": "uint256", "owner": "address"}
_PERMIT = {"owner": "address", "spender": "address", "value": "uint256", "nonce": "uint256", "deadline": "uint256"}
_PERMIT_FOR_ALL = {
    "owner": "address",
    "operator": "address",
    "approved": "bool",
    "nonce": "uint256",
    "deadline": "uint256",
}
_AUTHORIZATION = {
    "from": "address",
    "to": "address",
    "value": "uint256",
    "validAfter": "uint256",
    "validBefore": "uint256",
    "nonce": "bytes32",
}
_KINDS: dict[str, dict[str, str]] = {
    "Invoice": _INVOICE,
    "Order": _ORDER,
    "Spend": _SPEND,
    "Act": _ACT,
    "Acts": _ACTS,
    "SaleBinding": _SALE_BINDING,
    "Permit": _PERMIT,
    "PermitForAll": _PERMIT_FOR_ALL,
    "ReceiveWithAuthorization": _AUTHORIZATION,
}

_COMPACT_BYTES = 64
_USUAL_DIGITS = 2 + 2 * (_COMPACT_BYTES + 1)
#: What wallets give for v, and which of two points it means.
_PARITY = {0: 0, 1: 1, 27: 0, 28: 1}
#: Half the order of the curve: of the two s that verify, contracts take the lower one.
_MOST_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


@dataclass(frozen=True)
class Domain:
    """Which contract on which chain a signature is for."""

    name: str
    chain_id: int
    contract: str
    """Address of the contract that checks the signature."""
    version: str = "1"


@dataclass(frozen=True)
class TypedMessage:
    """Something to sign. `document` is what wallets take in eth_signTypedData_v4."""

    document: dict[str, Any]

    @cached_property
    def hash(self) -> str:
        """The EIP-712 hash, as hex. Raises InvalidArgument for a value that its type cannot hold."""
        kind, domain = self.document["primaryType"], self.document["domain"]
        fields = _fields(self.document, kind)
        of_domain = tuple(
            (name, field_type, domain[name]) for name, field_type in _fields(self.document, "EIP712Domain")
        )
        message = self.document["message"]
        struct = _struct_hash(kind, fields, [message[name] for name, _ in fields])
        return "0x" + keccak(b"\x19\x01" + _domain_hash(of_domain) + struct).hex()

    def sign(self, key: LocalAccount) -> str:
        """The key's signature, as hex: r, s, v."""
        return key.unsafe_sign_hash(Hash32(bytes.fromhex(self.hash[2:]))).signature.to_0x_hex()


def text_hash(text: str) -> str:
    """The hash that a wallet signs of a text (EIP-191, personal_sign), as hex."""
    signable = encode_defunct(text=text)
    return "0x" + keccak(b"\x19" + signable.version + signable.header + signable.body).hex()


def of_key(key: str, message_hash: str, signature: str) -> str | None:
    """A signature as contracts take it (r, s, v with v = 27 or 28), if the account's own key gave it; else None.

    Wallets also give v as 0 or 1, and 64 bytes in which v is the first bit of s (EIP-2098). Whatever is not the key's
    may still be a contract's (ERC-1271), in a form of its own: it is left alone.
    """
    try:
        data = bytes.fromhex(signature.removeprefix("0x"))
    except ValueError:
        return None
    if len(data) == _COMPACT_BYTES:
        parity, data = data[32] >> 7, data[:32] + bytes([data[32] & 0x7F]) + data[33:]
    elif len(data) == _COMPACT_BYTES + 1 and data[64] in _PARITY:
        parity, data = _PARITY[data[64]], data[:64]
    else:
        return None
    r, s = int.from_bytes(data[:32]), int.from_bytes(data[32:])
    if s > _MOST_S:  # contracts take one of the two forms that each signature has
        return None
    try:
        public_key = Signature(vrs=(parity, r, s)).recover_public_key_from_msg_hash(bytes.fromhex(message_hash[2:]))
    except (BadSignature, ValidationError):
        return None
    if public_key.to_checksum_address().lower() != key.lower():
        return None
    return "0x" + data.hex() + f"{27 + parity:02x}"


def plain(signer: str, message_hash: str, signature: str) -> str:
    """A signature as contracts take it if an account's own key gave it; else as it is, for a contract to judge."""
    account = account_of(signer)
    return (of_key(account, message_hash, signature) if account else None) or signature


def is_usual(signature: str) -> bool:
    """Whether a signature has the form that most wallets give and contracts take: 65 bytes, of which v = 27 or 28."""
    return len(signature) == _USUAL_DIGITS and signature[-2:].lower() in ("1b", "1c")


def invoice_message(domain: Domain, invoice: Invoice) -> TypedMessage:
    """What the program's signer signs; the domain is Checkout's."""
    return _message(domain, "Invoice", _invoice_values(invoice))


def order_message(domain: Domain, order: Order) -> TypedMessage:
    """What a shopper commits to; its hash is the nonce of their authorization. The domain is Checkout's."""
    values = {
        **_invoice_values(order.invoice),
        "customer": order.customer,
        "minPrincipal": order.min_principal,
        "cause": order.cause or ADDRESS_ZERO,
    }
    return _message(domain, "Order", values)


def spend_message(domain: Domain, vault: str, order_hash: str) -> TypedMessage:
    """What a member signs to pay an order out of their vault; the domain is the custodian's."""
    return _message(domain, "Spend", {"vault": vault, "orderHash": order_hash})


def acts_message(domain: Domain, instruction: Instruction) -> TypedMessage:
    """What a signer signs to act; the domain is the custodian's. A passkey signs its hash as the challenge."""
    values = {
        "vault": instruction.vault,
        "signer": "0x" + signer_bytes(instruction.signer).hex(),
        "acts": [{"kind": act.kind, "data": act.data} for act in instruction.acts],
        "nonce": instruction.nonce,
        "deadline": instruction.deadline,
    }
    return _message(domain, "Acts", values)


def sale_binding_message(domain: Domain, *, code_hash: str, program_id: int, owner: str) -> TypedMessage:
    """What an account or a member's key signs to own the sale of a claim code; the domain is Checkout's.

    `owner` gets the sale's node: the account itself, or the member's vault.
    """
    values = {"codeHash": code_hash, "programId": program_id, "owner": owner}
    return _message(domain, "SaleBinding", values)


def permit_message(domain: Domain, *, owner: str, spender: str, value: int, nonce: int, deadline: int) -> TypedMessage:
    """What a holder signs to let a spender take `value` wei (ERC-2612); the domain is the coupon's."""
    values = {"owner": owner, "spender": spender, "value": value, "nonce": nonce, "deadline": deadline}
    return _message(domain, "Permit", values)


def permit_for_all_message(
    domain: Domain, *, owner: str, operator: str, approved: bool, nonce: int, deadline: int
) -> TypedMessage:
    """What an owner of nodes signs to make somebody their ERC-721 operator; the domain is the node contract's."""
    values = {"owner": owner, "operator": operator, "approved": approved, "nonce": nonce, "deadline": deadline}
    return _message(domain, "PermitForAll", values)


def authorization_message(
    domain: Domain, *, payer: str, to: str, value: int, valid_after: int, valid_before: int, nonce: str
) -> TypedMessage:
    """What a payer signs to let `to` fetch `value` wei (ERC-3009); the domain is the coupon's."""
    values = {
        "from": payer,
        "to": to,
        "value": value,
        "validAfter": valid_after,
        "validBefore": valid_before,
        "nonce": nonce,
    }
    return _message(domain, "ReceiveWithAuthorization", values)


def _fields(document: dict[str, Any], kind: str) -> tuple[tuple[str, str], ...]:
    return tuple((field["name"], field["type"]) for field in document["types"][kind])


@lru_cache(256)
def _domain_hash(fields: tuple[tuple[str, str, Any], ...]) -> bytes:
    return _struct_hash(
        "EIP712Domain", tuple((name, kind) for name, kind, _ in fields), [value for _, _, value in fields]
    )


def _struct_hash(kind: str, fields: tuple[tuple[str, str], ...], values: Iterable[Any]) -> bytes:
    """hashStruct of EIP-712, for a struct of plain fields."""
    words = (_word(field_type, value) for (_, field_type), value in zip(fields, values, strict=True))
    return keccak(_type_hash(kind, fields) + b"".join(words))


@cache
def _type_hash(kind: str, fields: tuple[tuple[str, str], ...]) -> bytes:
    referenced = (field_type.removesuffix("[]") for _, field_type in fields)
    return keccak(
        "".join(
            [_encoded(kind, fields), *(_encoded(name, _KINDS[name].items()) for name in referenced if name in _KINDS)]
        ).encode()
    )


def _encoded(kind: str, fields: Iterable[tuple[str, str]]) -> str:
    """encodeType of EIP-712, without the types that it refers to."""
    return f"{kind}({','.join(f'{field_type} {name}' for name, field_type in fields)})"


def _word(kind: str, value: Any) -> bytes:
    """One field's 32 bytes. Raises InvalidArgument for what does not fit, TypeError for other types."""
    if kind not in _WORDS:
        raise TypeError(f"nothing that is signed here has the type {kind}")
    try:
        return _WORDS[kind](value)
    except (ValueError, OverflowError, TypeError) as error:
        raise InvalidArgument("The call cannot carry these values: {reasons}", reasons=f"{value!r} ({kind})") from error


def _bytes(text: str, length: int) -> bytes:
    found = bytes.fromhex(text.removeprefix("0x"))
    if len(found) != length:
        raise ValueError
    return found


def _acts_word(acts: Iterable[Mapping[str, Any]]) -> bytes:
    fields = tuple(_ACT.items())
    return keccak(b"".join(_struct_hash("Act", fields, [act[name] for name, _ in fields]) for act in acts))


#: What makes 32 bytes of a field, by its type.
_WORDS: dict[str, Callable[[Any], bytes]] = {
    "uint256": lambda value: int(value).to_bytes(32),
    "bool": lambda value: bool(value).to_bytes(32),
    "uint8": lambda value: int(value).to_bytes(1).rjust(32, b"\0"),
    "address": lambda value: _bytes(value, 20).rjust(32, b"\0"),
    "bytes32": lambda value: _bytes(value, 32),
    "bytes": lambda value: keccak(bytes.fromhex(value.removeprefix("0x"))),
    "string": lambda value: keccak(value.encode()),
    "Act[]": _acts_word,
}


def _invoice_values(invoice: Invoice) -> dict[str, Any]:
    return {
        "programId": invoice.program_id,
        "orderId": "0x" + to_bytes32(invoice.order_id).hex(),
        "amount": invoice.amount,
        "currencyReference": "0x" + to_bytes32(invoice.currency_reference).hex(),
        "expiry": invoice.expiry,
    }


@cache
def _types(kind: str) -> dict[str, list[dict[str, str]]]:
    referenced = {field_type.removesuffix("[]") for field_type in _KINDS[kind].values()} & _KINDS.keys()
    kinds = {"EIP712Domain": _DOMAIN, kind: _KINDS[kind], **{name: _KINDS[name] for name in sorted(referenced)}}
    return {
        name: [{"name": field, "type": field_type} for field, field_type in members.items()]
        for name, members in kinds.items()
    }


def _message(domain: Domain, kind: str, values: dict[str, Any]) -> TypedMessage:
    return TypedMessage(
        {
            "types": _types(kind),
            "primaryType": kind,
            "domain": {
                "name": domain.name,
                "version": domain.version,
                "chainId": domain.chain_id,
                "verifyingContract": domain.contract,
            },
            "message": values,
        }
    )
