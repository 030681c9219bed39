"""Members, over the wire."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import BeforeValidator, Field

from fec.service.actions.schemas import Action, Details
from fec.service.http.schemas import (
    Account,
    AsOf,
    Fec,
    FecOrZero,
    Hash,
    Identity,
    Model,
    Request,
    Seconds,
    Signature,
    Signer,
    TokenIdText,
    whole,
)
from fec.service.shoppers.schemas import HeldNode, Shape

MemberId = Annotated[
    str,
    Field(
        pattern="^0x[0-9a-f]{64}$",
        description="keccak256(abi.encode(keccak256(signer), salt)): tells nobody who it is.",
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
