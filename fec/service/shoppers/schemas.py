"""Shoppers, over the wire."""

from __future__ import annotations

from pydantic import Field

from fec.service.actions.schemas import Action, Details
from fec.service.http.schemas import Account, AsOf, Fec, Model, Request, Seconds, TokenIdText


class Shape(Model):
    """How nodes pay back: little for a long time. By the curve itself."""

    periods: int = Field(description="After so many a node has paid all that it ever pays.")
    face_multiple: int = Field(description="So many times what was burned, in all.")
    principal_back_after: int = Field(description="Periods after which what was burned is back.")
    half_back_after: int = Field(description="Periods after which half of all is paid.")
    sentence: str = Field(description="The same for people, in the request's language.")


class Holding(Model):
    """What a shopper's nodes of the program add up to."""

    nodes: int
    principal: Fec
    face: Fec = Field(description="All that the nodes ever pay.")
    claimed: Fec
    claimable: Fec = Field(description="What can be claimed now.")
    outstanding: Fec = Field(description="What is yet to be paid, claimable or not.")


class Shopper(Holding):
    """A shopper of the program. Nothing is known of them but an address."""

    address: Account
    spend: Fec = Field(description="Lifetime spend, with the program or its alliance, that the tier follows from.")
    tier: int | None = Field(description="From 0; null if the program has no terms.")
    burn_bps: int | None = Field(description="Share of a payment that their tier has burned, in basis points.")


class ShopperPage(Model):
    """Some shoppers, by address."""

    as_of: AsOf
    shape: Shape
    items: list[Shopper]
    next: str | None = Field(description="Give it as `after` for the page that follows.")


class ShopperDetail(Shopper):
    """One shopper, and what the numbers are as of."""

    as_of: AsOf
    shape: Shape


class Release(Model):
    """What a period of a node lets go."""

    period: int = Field(description="From 1 to 100.")
    timestamp: Seconds
    amount: Fec


class HeldNode(Model):
    """A node of a shopper's."""

    id: str
    name: str
    opened: bool = Field(description="False for a settled node that nobody has opened: it is no token yet.")
    principal: Fec
    face: Fec
    claimed: Fec
    claimable: Fec
    outstanding: Fec
    period: int = Field(description="Whole periods that are over, of 100.")
    period_length: int = Field(description="Seconds.")
    start: Seconds
    end: Seconds
    releases: list[Release] = Field(description="The next ones that bring anything.")


class NodePage(Model):
    """Some nodes of a shopper's, the oldest first."""

    as_of: AsOf
    shape: Shape
    items: list[HeldNode]
    next: str | None = Field(description="Give it as `after` for the page that follows.")


class Flow(Model):
    """What is released within a day or a week."""

    begin: Seconds
    end: Seconds = Field(description="Not within any more.")
    amount: Fec
    in_all: Fec = Field(description="What can be claimed right before the end, if nothing is claimed before.")


class Calendar(Model):
    """What flows back when, if nobody claims, splits, merges or gives away a node before."""

    as_of: AsOf
    shape: Shape
    claimable: Fec = Field(description="What can be claimed now.")
    items: list[Flow]
    later: Fec = Field(description="What is released only after the last of these.")


class NewPayout(Request):
    """Which nodes to claim from."""

    node_ids: list[TokenIdText] | None = Field(None, max_length=100, description="All that are worth it, unless given.")


class PayoutDetails(Details):
    """Which nodes are claimed from, and for whom."""

    owner: Account
    node_ids: list[str]
    due: Fec = Field(description="What the owner is paid at least.")


class Payout(Action, PayoutDetails):
    """Nodes that the service claims from, for their owner."""


class Payouts(Model):
    """What was asked for, one for each program."""

    items: list[Payout]
