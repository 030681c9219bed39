"""A program's terms at Checkout, its customers' tiers, and its alliance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fec.chain.contracts import Handle, basics
from fec.protocol import calls
from fec.protocol.addresses import checked_address
from fec.protocol.terms import AllianceFounded, Terms, TermsSet, Tier
from fec.protocol.types import Receipt


class ProgramTerms:
    """Terms of one deployment's programs. Amounts in wei, times in seconds. What sends raises as `Sender.send` does."""

    def __init__(self, checkout: Handle) -> None:
        """Takes Checkout."""
        self._checkout = checkout

    # ------------------------------------------------------------------- terms

    def set(self, program_id: int, terms: Terms) -> TermsSet:
        """Sets a program's terms for orders paid from now on; only for its operator."""
        receipt = self._checkout.send(calls.set_terms(program_id, terms))
        return TermsSet(basics(receipt), self._checkout.emitted("TermsSet", receipt)[0]["version"])

    def get(self, program_id: int) -> Terms:
        """A program's present terms. Raises NotFound if it has set none."""
        fields, _ = self._checkout.read("termsOf", program_id)
        return _terms(fields)

    def at(self, program_id: int, version: int) -> Terms:
        """A program's terms as they were in some version, from 1. Raises NotFound if there is none."""
        return _terms(self._checkout.read("termsAt", program_id, version))

    def version(self, program_id: int) -> int:
        """Number of a program's present terms. Raises NotFound if it has set none."""
        _, version = self._checkout.read("termsOf", program_id)
        return int(version)

    def spend(self, program_id: int, customer: str) -> int:
        """Lifetime spend that decides a customer's tier: with the program or its alliance, whichever is more."""
        spend: int = self._checkout.read("spendOf", program_id, checked_address(customer))
        return spend

    def spends(self, program_id: int, customers: Sequence[str]) -> list[int]:
        """The same for many customers; many to a round trip."""
        return self._checkout.read_each("spendOf", [(program_id, checked_address(each)) for each in customers])

    def reserved(self, program_id: int) -> int:
        """Principal of a program that is reserved for orders in escrow and rewards not taken yet."""
        reserved: int = self._checkout.read("reservedOf", program_id)
        return reserved

    # --------------------------------------------------------------- alliances

    def found_alliance(self, program_id: int) -> AllianceFounded:
        """Founds an alliance with one member; only for the program's operator."""
        receipt = self._checkout.send(calls.found_alliance(program_id))
        return AllianceFounded(basics(receipt), self._checkout.emitted("AllianceJoined", receipt)[0]["allianceId"])

    def approve_candidate(self, program_id: int, candidate_id: int, *, approved: bool = True) -> Receipt:
        """Says that a member would have another program in its alliance, or no longer would; only for its operator."""
        return basics(self._checkout.send(calls.approve_candidate(program_id, candidate_id, approved=approved)))

    def join_alliance(self, program_id: int, alliance_id: int) -> Receipt:
        """Joins an alliance whose every member has approved the program; only for the program's operator."""
        return basics(self._checkout.send(calls.join_alliance(program_id, alliance_id)))

    def leave_alliance(self, program_id: int) -> Receipt:
        """Leaves the alliance; what was spent stays credited. Only for the program's operator."""
        return basics(self._checkout.send(calls.leave_alliance(program_id)))

    def alliance_of(self, program_id: int) -> int | None:
        """A program's alliance, if it is in one."""
        alliance_id: int = self._checkout.read("allianceOf", program_id)
        return alliance_id or None

    def members(self, alliance_id: int) -> list[int]:
        """Programs in an alliance; none if there is no such alliance."""
        return list(self._checkout.read("membersOf", alliance_id))


def _terms(fields: tuple[Any, ...]) -> Terms:
    signer, treasury, return_window, donation_bps, min_claim, tiers, causes = fields
    return Terms(
        signer=signer,
        treasury=treasury,
        tiers=tuple(Tier(*tier) for tier in tiers),
        return_window=return_window,
        donation_bps=donation_bps,
        causes=tuple(causes),
        min_claim=min_claim,
    )
