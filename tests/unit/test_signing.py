"""What people sign, hashed here by the letter of EIP-712; `tests/client/test_orders.py` asks the contracts."""

from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak

from fec.i18n.errors import InvalidArgument
from fec.protocol import signing
from fec.protocol.acts import Act, Instruction
from fec.protocol.bytes32 import from_bytes32, from_hex, to_bytes32
from fec.protocol.orders import Invoice, Order
from fec.protocol.signing import Domain

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
CHECKOUT = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
ZERO = "0x" + "00" * 20

DOMAIN = Domain("FEC Checkout", 31337, CHECKOUT)
INVOICE = Invoice(7, "A-1027", 100 * 10**18, "USD 1.00", 1_800_000_000)
ORDER = Order(INVOICE, "0x", ALICE, min_principal=5, cause=BOB)
INVOICE_TYPE = "uint256 programId,bytes32 orderId,uint256 amount,bytes32 currencyReference,uint256 expiry"
INVOICE_VALUES = (7, b"A-1027".ljust(32, b"\0"), 100 * 10**18, b"USD 1.00".ljust(32, b"\0"), 1_800_000_000)


def digest(name: str, members: str, *values: Any) -> str:
    domain = encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "address"],
        [
            keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
            keccak(text=DOMAIN.name),
            keccak(text="1"),
            DOMAIN.chain_id,
            DOMAIN.contract,
        ],
    )
    kinds = [member.split()[0] for member in members.split(",")]
    # What is hashed in turn has another type in the name: that is then given in full.
    kind = name if "(" in name else f"{name}({members})"
    struct = encode(["bytes32", *kinds], [keccak(text=kind), *values])
    return "0x" + keccak(b"\x19\x01" + keccak(domain) + keccak(struct)).hex()


def test_invoice__is_hashed_by_the_letter() -> None:
    assert signing.invoice_message(DOMAIN, INVOICE).hash == digest("Invoice", INVOICE_TYPE, *INVOICE_VALUES)


def test_order__is_hashed_by_the_letter() -> None:
    members = f"{INVOICE_TYPE},address customer,uint256 minPrincipal,address cause"
    assert signing.order_message(DOMAIN, ORDER).hash == digest("Order", members, *INVOICE_VALUES, ALICE, 5, BOB)


def test_order__without_cause__has_the_zero_address() -> None:
    order = replace(ORDER, cause=None)
    members = f"{INVOICE_TYPE},address customer,uint256 minPrincipal,address cause"
    assert signing.order_message(DOMAIN, order).hash == digest("Order", members, *INVOICE_VALUES, ALICE, 5, ZERO)


def test_spend__is_hashed_by_the_letter() -> None:
    order_hash = "0x" + "12" * 32
    expected = digest("Spend", "address vault,bytes32 orderHash", BOB, bytes.fromhex("12" * 32))
    assert signing.spend_message(DOMAIN, BOB, order_hash).hash == expected


@pytest.mark.parametrize("count", [0, 1, 3])
def test_acts__are_hashed_by_the_letter(count: int) -> None:
    wanted = tuple(Act(number, "0x" + "ab" * number) for number in range(count))
    act = "Act(uint8 kind,bytes data)"
    hashes = [
        keccak(encode(["bytes32", "uint8", "bytes32"], [keccak(text=act), number, keccak(b"\xab" * number)]))
        for number in range(count)
    ]
    members = "address vault,bytes32 signer,bytes32 acts,uint256 nonce,uint256 deadline"
    told = f"Acts(address vault,bytes signer,Act[] acts,uint256 nonce,uint256 deadline){act}"
    expected = digest(told, members, BOB, keccak(bytes.fromhex(ALICE[2:])), keccak(b"".join(hashes)), 4, 5)
    assert signing.acts_message(DOMAIN, Instruction(BOB, ALICE, wanted, 4, 5)).hash == expected


def test_permit__is_hashed_by_the_letter() -> None:
    members = "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"
    message = signing.permit_message(DOMAIN, owner=ALICE, spender=BOB, value=1, nonce=2, deadline=3)
    assert message.hash == digest("Permit", members, ALICE, BOB, 1, 2, 3)


def test_authorization__is_hashed_by_the_letter() -> None:
    members = "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce"
    message = signing.authorization_message(
        DOMAIN, payer=ALICE, to=BOB, value=1, valid_after=2, valid_before=3, nonce="0x" + "12" * 32
    )
    expected = digest("ReceiveWithAuthorization", members, ALICE, BOB, 1, 2, 3, bytes.fromhex("12" * 32))
    assert message.hash == expected


def test_sign__a_key__is_recovered_from_the_hash() -> None:
    key = Account.from_key("0x" + "01" * 32)
    message = signing.invoice_message(DOMAIN, INVOICE)
    recovered = Account._recover_hash(from_hex(message.hash), signature=message.sign(key))
    assert recovered == key.address


@pytest.mark.parametrize(
    "changed",
    [
        replace(DOMAIN, chain_id=1),
        replace(DOMAIN, contract=BOB),
        replace(DOMAIN, name="Other"),
        replace(DOMAIN, version="2"),
    ],
)
def test_hash__another_domain__is_another(changed: Domain) -> None:
    assert signing.invoice_message(changed, INVOICE).hash != signing.invoice_message(DOMAIN, INVOICE).hash


# ------------------------------------------------------------------------ words


@pytest.mark.parametrize("text", ["", "A-1027", "USD 12.34", "¥ 1.280", "x" * 32, "0x" + "ab" * 32, "0x12"])
def test_pack_word__unpacked__is_the_same(text: str) -> None:
    assert from_bytes32(to_bytes32(text)) == text


@pytest.mark.parametrize("word", [b"\xff" * 32, b"a\0b".ljust(32, b"\0"), b"\n".ljust(32, b"\0")])
def test_unpack_word__no_text__is_hex(word: bytes) -> None:
    assert from_bytes32(word) == "0x" + word.hex()
    assert to_bytes32(from_bytes32(word)) == word


@pytest.mark.parametrize("text", ["x" * 33, "é" * 17, "a\0"])
def test_pack_word__does_not_fit__raises(text: str) -> None:
    with pytest.raises(InvalidArgument, match="does not fit 32 bytes"):
        to_bytes32(text)


def test_pack_word__looks_like_hex_but_is_none__raises() -> None:
    with pytest.raises(InvalidArgument, match="is not hex"):
        to_bytes32("0x" + "zz" * 32)


def test_sale_binding__hashed__is_its_struct() -> None:
    expected = digest(
        "SaleBinding", "bytes32 codeHash,uint256 programId,address owner", bytes.fromhex("34" * 32), 2, BOB
    )
    message = signing.sale_binding_message(DOMAIN, code_hash="0x" + "34" * 32, program_id=2, owner=BOB)
    assert message.hash == expected
