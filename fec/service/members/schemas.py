"""Members, over the wire."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import BeforeValidator, Field

from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.members import MAX_ACTS
from fec.service.actions.schemas import Action, Details
from fec.service.http.schemas import (
    Account,
    AsOf,
    Fec,
    FecOrZero,
    FecText,
    Hash,
    Identity,
    Model,
    Program,
    Request,
    Seconds,
    Signature,
    Signer,
    TokenIdText,
    whole,
)
from fec.service.sales.schemas import Currency, PaidBy
from fec.service.shoppers.schemas import HeldNode, Shape

MemberId = Annotated[
    str,
    Field(
        pattern="^0x[0-9a-f]{64}$",
        description="keccak256(abi.encode(keccak256(signer), salt)): tells nobody who it is.",
    ),
]
#: A passkey's has authenticator and client data in it: most are below 1 KiB.
VaultSignature = Annotated[
    str,
    Field(
        pattern="^0x([0-9a-fA-F]{2}){64,4096}$",
        description="A key's 65 bytes; a passkey's abi.encode(r, s, challengeIndex, typeIndex, authenticatorData, "
        "clientDataJSON), s low.",
    ),
]
MemberPath = Annotated[MemberId, Path()]
TokenIds = Annotated[list[TokenIdText], Field(max_length=50)]


class NewMember(Request):
    """A member to announce."""

    member_id: MemberId


class EnrollmentDetails(Details):
    """What an enrollment tells of itself."""

    member_id: Hash
    vault: Account


class Enrollment(Action, EnrollmentDetails):
    """An announcement that the service sends."""


class Member(Model):
    """A member of the brand, whose vault only the member's own signers open."""

    member_id: Hash
    vault: Account = Field(description="The customer to name when something is sold to the member.")
    enrolled: bool = Field(description="Announced on the chain, by the index.")
    deployed: bool = Field(description="The vault is on the chain: the member has acted. It can receive before that.")
    created_at: Seconds
    enrollment: Enrollment


class MemberPage(Model):
    """Some members, the newest first."""

    items: list[Member]
    next: str | None = Field(description="Give it as `before` for the page that follows.")


class Vault(Model):
    """What a member has."""

    member_id: Hash
    brand: Account
    vault: Account
    coins: Fec
    nodes: list[HeldNode] = Field(description="Two hundred at most, by token id.")
    more: str | None = Field(description="Give it as `after` for the nodes that follow.")
    as_of: AsOf
    shape: Shape


class ToSign(Model):
    """What the member is to sign (eth_signTypedData_v4); a passkey signs its EIP-712 hash."""

    document: dict[str, Any]


class Revealed(Request):
    """What a member reveals and signs to act."""

    signer: Signer
    salt: str = Field(pattern="^0x[0-9a-fA-F]{64}$", description="The member's salt. To act is to reveal it as well.")
    signature: Signature = Field(description="The signer's; contracts sign by ERC-1271, verifiers check by ERC-7913.")


class NewSpend(Revealed):
    """A member's signed payment of an invoice, out of their vault."""

    invoice_id: Identity
    token_ids: TokenIds = Field(default=[], description="Nodes of the vault to claim from first.")
    min_principal: FecOrZero = "0"
    cause: Account | None = None


class SpendDetails(Details):
    """What a member's payment tells of itself."""

    invoice_id: Identity
    member_id: Hash
    vault: Account


class Spend(Action, SpendDetails):
    """A member's payment that the service sends."""


class NewWithdrawal(Revealed):
    """Nodes and coins that a member takes out of their vault."""

    to: Account
    token_ids: TokenIds = Field(default=[], description="Nodes of the vault to take out.")
    amount: FecOrZero | None = Field(default=None, description="All coins, unless given.")
    nonce: Annotated[int, BeforeValidator(whole)] = Field(
        ge=0, lt=1 << 53, description="Number of the instruction, as in what was signed."
    )
    deadline: Seconds


class WithdrawalDetails(Details):
    """What a withdrawal tells of itself."""

    member_id: Hash
    vault: Account
    to: Account
    token_ids: list[str]
    amount: Fec | None = Field(description="Null for all coins.")


class Withdrawal(Action, WithdrawalDetails):
    """A member's withdrawal that the service sends."""


# --------------------------------------------------------- vaults of nobody's brand


class SignedByVault(Request):
    """Who acts on a vault, and the signature. Brand and salt count only while no signer was ever added."""

    signer: Signer
    brand: Account = Field(default=ADDRESS_ZERO, description="Zero for a vault of nobody's brand.")
    salt: str = Field(default="0x" + "00" * 32, pattern="^0x[0-9a-fA-F]{64}$", description="Of the first signer.")
    signature: VaultSignature


class NewVaultSpend(SignedByVault):
    """A payment of an invoice out of a vault."""

    invoice_id: Identity
    token_ids: TokenIds = Field(default=[], description="Nodes of the vault to claim from first.")
    min_principal: FecOrZero = "0"
    cause: Account | None = None


class VaultSpendDetails(Details):
    """What a payment out of a vault tells of itself."""

    invoice_id: Identity
    vault: Account


class VaultSpend(Action, VaultSpendDetails):
    """A payment out of a vault that the service sends."""


class SignedAct(Request):
    """One act: its kind's number, and its arguments as the ABI encodes them."""

    kind: Annotated[int, BeforeValidator(whole)] = Field(ge=0, le=255)
    data: str = Field(pattern="^0x([0-9a-fA-F]{2}){0,4096}$")


class NewActs(SignedByVault):
    """Acts that a signer of a vault has signed: in order, all or none."""

    acts: list[SignedAct] = Field(min_length=1, max_length=MAX_ACTS)
    nonce: Annotated[int, BeforeValidator(whole)] = Field(
        ge=0, lt=1 << 53, description="Number of the signer's next instruction for the vault."
    )
    deadline: Seconds
    program_id: Program = Field(description="The merchant who pays for gas: one of this service's.")


class ActsDetails(Details):
    """What is done."""

    vault: Account
    acts: list[str] = Field(description="Kinds of the acts, in order.")
    node_ids: list[str]


class Acts(Action, ActsDetails):
    """Acts that the service sends."""


class VaultSigner(Model):
    """Who can do everything with a vault."""

    signer: str
    removable_from: Seconds | None = Field(description="From when on it can be removed; null if nobody has asked.")
    next_nonce: int = Field(description="Number of its next instruction.")


class VaultState(Model):
    """A vault, as the chain has it."""

    vault: Account
    deployed: bool
    coins: Fec
    signers: list[VaultSigner] = Field(description="Those stored; none while the first was never joined by another.")
    successor: Account | None = Field(description="Where what is still to come should go.")
    passkey_gas: int | None = Field(description="Gas that this chain takes to check a passkey's signature.")


# ------------------------------------------------------------------------ top-ups


class NewTopUp(Request):
    """FEC that a shopper has paid for at the till."""

    to: Account = Field(description="The vault or wallet, from its QR code.")
    amount: FecText
    price: str | None = Field(
        default=None,
        pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$",
        description="What was paid for it, in units of the currency.",
    )
    currency: Currency | None = None
    paid_by: PaidBy | None = Field(default=None, description="Cash, card, …")


class TopUpDetails(Details):
    """What a sale of FEC tells of itself."""

    to: Account
    amount: Fec
    price: str | None
    currency: str | None
    paid_by: str | None
    by: str = Field(description="The API key that sold it, or `welcome`.")


class TopUp(Action, TopUpDetails):
    """FEC that the service sends to a shopper."""


class TopUpPage(Model):
    """Some sales of FEC, the newest first."""

    items: list[TopUp]
    next: str | None = Field(description="Give it as `before` for the page that follows.")
