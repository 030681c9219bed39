"""A deployment with checkout and custody, shops, and people who can sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace
from functools import cache
from typing import Any

from eth_account.messages import encode_typed_data
from eth_keys.datatypes import PrivateKey
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from fec.core.durations import WEEK
from tests.contracts.support.build import shipped
from tests.contracts.support.evm import ZERO, Contract
from tests.contracts.support.world import FEC, World, deploy_world

#: Generator of secp256k1 (its x; its y is even) and the order of the group: https://www.secg.org/sec2-v2.pdf
GENERATOR = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798
GROUP = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

#: Far from every moment that the tests reach; seconds since the epoch.
NEVER = 2**48
CHAIN_ID = 1
#: EIP-712 names of the contracts.
COUPON, CHECKOUT, CUSTODY, NODES = "Fortune Earnings Coupon", "FEC Checkout", "FEC Custodian", "Airdrop Node"
#: What the hooks of `contracts/test/Receiver.sol` can do.
MODES = {"Accept": 0, "Reject": 1, "Revert": 2, "BurnGas": 3, "Reenter": 4}

ORDER_TYPE = (
    ("uint256", "programId"),
    ("bytes32", "orderId"),
    ("uint256", "amount"),
    ("bytes32", "currencyReference"),
    ("uint256", "expiry"),
    ("address", "customer"),
    ("uint256", "minPrincipal"),
    ("address", "cause"),
)
AUTHORIZATION_TYPE = (
    ("address", "from"),
    ("address", "to"),
    ("uint256", "value"),
    ("uint256", "validAfter"),
    ("uint256", "validBefore"),
    ("bytes32", "nonce"),
)
PERMIT_TYPE = (
    ("address", "owner"),
    ("address", "spender"),
    ("uint256", "value"),
    ("uint256", "nonce"),
    ("uint256", "deadline"),
)
PERMIT_FOR_ALL_TYPE = (
    ("address", "owner"),
    ("address", "operator"),
    ("bool", "approved"),
    ("uint256", "nonce"),
    ("uint256", "deadline"),
)
ACT_TYPE = (("uint8", "kind"), ("bytes", "data"))
ACTS_TYPE = (
    ("address", "vault"),
    ("bytes", "signer"),
    ("Act[]", "acts"),
    ("uint256", "nonce"),
    ("uint256", "deadline"),
)


@dataclass(frozen=True)
class Key:
    """A private key and its account."""

    secret: int
    address: str

    def sign(self, digest: bytes) -> bytes:
        """ECDSA with the nonce 1: it gives the key away, and costs microseconds instead of milliseconds."""
        s = (int.from_bytes(digest, "big") + GENERATOR * self.secret) % GROUP
        low = min(s, GROUP - s)
        return GENERATOR.to_bytes(32, "big") + low.to_bytes(32, "big") + bytes([27 if low == s else 28])


@cache
def key(name: str) -> Key:
    """The key of somebody."""
    secret = keccak(text=name)
    return Key(int.from_bytes(secret, "big"), PrivateKey(secret).public_key.to_checksum_address())


@dataclass(frozen=True)
class Order:
    """An order, field by field as Checkout takes it; amounts in wei, times in seconds since the epoch."""

    program: int
    order_id: bytes
    amount: int
    reference: bytes
    expiry: int
    customer: str
    min_principal: int = 0
    cause: str = ZERO
    signature: bytes = b""

    @property
    def words(self) -> tuple[Any, ...]:
        """As the ABI takes it."""
        return astuple(self)


@dataclass(frozen=True)
class Terms:
    """Terms of a program; tiers are pairs of least spend in whole FEC and burn share in basis points."""

    signer: str
    treasury: str
    window: int = 0
    donation: int = 0
    min_claim: int = 0
    tiers: tuple[tuple[int, int], ...] = ((0, 1000),)
    causes: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[Any, ...]:
        """As the ABI takes it."""
        return astuple(self)


@dataclass(frozen=True)
class Member:
    """A member, field by field as Custodian takes it: who signs for which vault."""

    vault: str
    brand: str
    salt: bytes
    signer: bytes

    @property
    def key(self) -> str:
        """The account that the signer is."""
        return to_checksum_address(self.signer)

    @property
    def words(self) -> tuple[Any, ...]:
        """As the ABI takes it."""
        return astuple(self)


def typed_hash(
    name: str,
    contract: str,
    kind: str,
    types: Sequence[tuple[str, str]],
    values: Sequence[Any],
    *,
    chain_id: int = CHAIN_ID,
) -> bytes:
    """EIP-712 hash as eth-account makes it, independently of the contracts."""
    domain = {"name": name, "version": "1", "chainId": chain_id, "verifyingContract": contract}
    kinds = {kind: types, **({"Act": ACT_TYPE} if kind == "Acts" else {})}
    message = encode_typed_data(
        domain,
        {name: [{"name": label, "type": type_} for type_, label in fields] for name, fields in kinds.items()},
        {label: value for (_, label), value in zip(types, values, strict=True)},
    )
    return keccak(b"\x19\x01" + message.header + message.body)


@dataclass(frozen=True)
class Market(World):
    """The deployment of `World` with checkout, custody and relay. Everybody but `admin` and `genesis` has a key."""

    checkout: Contract = field(kw_only=True)
    custodian: Contract = field(kw_only=True)
    relay: Contract = field(kw_only=True)
    alice: str = key("alice").address
    bob: str = key("bob").address
    carol: str = key("carol").address
    merchant: str = key("merchant").address
    signer: str = key("signer").address
    stranger: str = key("stranger").address
    treasury: str = key("treasury").address
    cause: str = key("cause").address

    # -------------------------------------------------------------------- shops

    def terms(self, **changes: Any) -> Terms:
        """Terms of a shop that burns 10 % at once, but for `changes`."""
        return replace(Terms(self.signer, self.treasury), **changes)

    def shop(self, *, period: int = WEEK, origin: int = 0, quota: int = 10**6 * FEC, **changes: Any) -> int:
        """A program of `merchant` that Checkout mints in, with terms. Seconds and wei."""
        program = self.program(issuer=self.checkout.address, period=period, origin=origin, quota=quota)
        self.set_terms(program, **changes)
        return program

    def set_terms(self, program: int, **changes: Any) -> int:
        """Sets terms; returns their version."""
        return int(self.checkout.setTerms(program, self.terms(**changes).words, sender=self.merchant))

    # ------------------------------------------------------------------- orders

    def order(self, program: int, amount: int = 1000 * FEC, *, signed_by: str = "signer", **changes: Any) -> Order:
        """An order of `alice`, signed by `signer`, but for `changes`; amount in wei."""
        plain = Order(program, keccak(text="order"), amount, b"USD 12.34".ljust(32, b"\0"), NEVER, self.alice)
        return self.signed(replace(plain, **changes), signed_by)

    def signed(self, order: Order, signed_by: str = "signer") -> Order:
        """The order with the signature of somebody."""
        invoice = self.checkout.hashInvoice(order.words)
        return replace(order, signature=key(signed_by).sign(invoice))

    def order_key(self, order: Order) -> bytes:
        """What Checkout calls the order."""
        return bytes(self.checkout.orderKeyOf(order.program, order.order_id))

    def allow(self, payer: str, amount: int = 2**255) -> None:
        """Lets Checkout take so many wei of somebody's."""
        self.fec.approve(self.checkout.address, amount, sender=payer)

    def pay(self, order: Order, payer: str | None = None) -> int:
        """Pays an order from the allowance of its customer, or of somebody else."""
        payer = payer or order.customer
        self.allow(payer)
        return int(self.checkout.pay(order.words, sender=payer))

    def permit(self, owner: str, value: int, deadline: int = NEVER, *, signed_by: str = "alice") -> tuple[Any, ...]:
        """Deadline, v, r, s of an allowance for Checkout, in wei."""
        values = [owner, self.checkout.address, value, self.fec.nonces(owner), deadline]
        digest = typed_hash(COUPON, self.fec.address, "Permit", PERMIT_TYPE, values)
        signature = key(signed_by).sign(digest)
        return deadline, signature[64], signature[:32], signature[32:64]

    def authorization(
        self,
        order: Order,
        payer: str | None = None,
        *,
        after: int = 0,
        before: int = NEVER,
        signed_by: str = "alice",
        chain_id: int = CHAIN_ID,
    ) -> tuple[str, int, int, bytes]:
        """Payer, times and signature of an ERC-3009 authorization to pay an order."""
        payer = payer or self.alice
        nonce = self.checkout.hashOrder(order.words)
        values = [payer, self.checkout.address, order.amount, after, before, nonce]
        kind = "ReceiveWithAuthorization"
        digest = typed_hash(COUPON, self.fec.address, kind, AUTHORIZATION_TYPE, values, chain_id=chain_id)
        return payer, after, before, key(signed_by).sign(digest)

    def encoded(self, order: Order) -> bytes:
        """An order as the data of an ERC-1363 transfer."""
        return self.checkout.encode("hashOrder", order.words)[4:]

    # ------------------------------------------------------------------ custody

    def member(self, name: str = "alice", brand: str | None = None, salt: bytes = b"\1" * 32) -> Member:
        """A member of `merchant`, or of another brand, with the key of `name`."""
        return self.member_of(key(name).address, brand, salt)

    def member_of(self, signer: str | bytes, brand: str | None = None, salt: bytes = bytes(32)) -> Member:
        """The member whose vault follows from a signer: an account, or a verifier's address and a key."""
        first = bytes.fromhex(signer.removeprefix("0x")) if isinstance(signer, str) else signer
        vault = self.custodian.vaultOf(brand or self.merchant, self.custodian.memberIdOf(first, salt))
        return Member(str(vault), brand or self.merchant, salt, first)

    def vault(self, member: Member) -> str:
        """Where a member's nodes and coins are kept."""
        return member.vault


def deploy_market() -> Market:
    """Deploys everything; gives alice, bob, merchant and signer a million FEC each."""
    base = deploy_world()
    chain = base.chain
    checkout = chain.deploy(shipped("Checkout"), base.adn.address, sender=base.admin)
    custodian = chain.deploy(shipped("Custodian"), checkout.address, sender=base.admin)
    relay = chain.deploy(shipped("Relay"), custodian.address, sender=base.admin)
    contracts = {"checkout": checkout, "custodian": custodian, "relay": relay}
    world = Market(chain, base.adn, base.fec, base.curve, base.lens, **contracts)
    for person in [world.alice, world.bob, world.merchant, world.signer]:
        world.fund(person, 10**6 * FEC)
    return world
