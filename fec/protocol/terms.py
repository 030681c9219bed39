"""A program's terms at Checkout: tiers, donations, return window. Amounts in wei, shares in basis points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fec.protocol.addresses import checked_address
from fec.protocol.types import Receipt


@dataclass(frozen=True)
class Tier:
    """What a customer gets from a lifetime spend on."""

    min_spend: int
    """Lifetime spend from which it applies, in whole FEC."""
    burn_bps: int
    """Share of a payment that is burned into the customer's node; comes off the merchant's part."""


@dataclass(frozen=True)
class Terms:
    """A program's terms at Checkout."""

    signer: str
    """The program's signer: signs its invoices, and may refund and reward."""
    treasury: str
    """Who receives the merchant's part."""
    tiers: tuple[Tier, ...] = (Tier(0, 1_000),)
    """The first from a spend of zero, each from a higher spend and burning no less."""
    return_window: int = 0
    """How long after payment an order can be refunded; with zero the node exists at once."""
    donation_bps: int = 0
    """Share of a payment that goes to the cause that the customer picked; comes off the merchant's part."""
    causes: tuple[str, ...] = ()
    """Accounts that customers may pick for the donation."""
    min_claim: int = 0
    """Smallest claim worth paying out: advice for wallets and for those who claim for others."""

    @property
    def fields(self) -> tuple[Any, ...]:
        """The contract's struct. Raises InvalidArgument if an address is none."""
        return (
            checked_address(self.signer),
            checked_address(self.treasury),
            self.return_window,
            self.donation_bps,
            self.min_claim,
            [(tier.min_spend, tier.burn_bps) for tier in self.tiers],
            [checked_address(cause) for cause in self.causes],
        )


@dataclass(frozen=True)
class TermsSet:
    """A program has new terms for orders paid from now on."""

    receipt: Receipt
    version: int
    """Number of these terms; versions count from 1 in each program."""


@dataclass(frozen=True)
class AllianceFounded:
    """An alliance was founded."""

    receipt: Receipt
    alliance_id: int
