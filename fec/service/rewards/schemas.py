"""Rewards, over the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fec.service.actions.schemas import Action, Details
from fec.service.http.schemas import Account, Fec, FecOrZero, FecText, Hash, Identity, Model, Request, Seconds

Reason = Annotated[
    str,
    Field(pattern="^[ -~]{0,32}$", max_length=32, examples=["review"], description="What for, in ASCII. On the chain."),
]


class NewReward(Request):
    """A node for a shopper, out of the service's FEC."""

    shopper: Account
    amount: FecText = Field(description="What is burned: the node's principal.")
    reason: Reason = ""


class RewardDetails(Details):
    """What a reward tells of itself."""

    shopper: Account
    amount: Fec
    reason: str


class Reward(Action, RewardDetails):
    """A node on its way to a shopper."""

    node_id: str | None = Field(description="Token id of the node, once the index has it.")
    node: str | None = Field(description="The node's short name.")


class RewardPage(Model):
    """Some rewards, the newest first."""

    items: list[Reward]
    next: str | None = Field(description="Give it as `before` for the page that follows.")


class Funds(Model):
    """What rewards can be paid out of now."""

    account: Account = Field(description="The service's key: send it FEC for rewards.")
    balance: Fec
    allowance: Fec = Field(description="What Checkout may still take of it.")


class NewAllowance(Request):
    """What Checkout may take of the key's FEC from now on, for rewards."""

    amount: FecOrZero


class AllowanceDetails(Details):
    """What an allowance tells of itself."""

    amount: Fec


class Allowance(Action, AllowanceDetails):
    """An allowance on its way."""


class ListedReward(Request):
    """One shopper's reward in a batch."""

    shopper: Account
    amount: FecText


class NewRewardBatch(Request):
    """Rewards for many, to be taken up to a deadline."""

    rewards: list[ListedReward] = Field(min_length=1, max_length=10_000)
    deadline: Seconds = Field(description="Last second at which a shopper can take theirs.")
    reason: Reason = ""


class FundingDetails(Details):
    """What a batch's funding tells of itself."""

    reward_batch_id: Identity
    root: Hash
    total: Fec
    count: int


class Funding(Action, FundingDetails):
    """FEC on its way to be set aside for a batch."""


class RewardBatch(Model):
    """A list of rewards, and what is left of it, by the index."""

    id: Identity
    batch_id: str | None = Field(description="The batch's number on the chain, once the index has it.")
    root: Hash
    total: Fec
    count: int
    left: Fec | None = Field(description="What was neither taken nor reclaimed, once the index has the batch.")
    deadline: Seconds
    reason: str
    created_at: Seconds
    funding: Funding


class RewardBatchPage(Model):
    """Some batches, the newest first."""

    items: list[RewardBatch]
    next: str | None = Field(description="Give it as `before` for the page that follows.")


class ProvenReward(Model):
    """A shopper's reward in a batch, and what shows that it is in there."""

    index: int
    shopper: Account
    amount: Fec
    proof: list[Hash] = Field(description="From the leaf's neighbour up, for `takeReward`.")
    taken: bool = Field(description="By the index.")
    node_id: str | None = Field(description="Token id of the node, if it was taken.")


class ProvenRewardPage(Model):
    """Some rewards of a batch, in its order."""

    items: list[ProvenReward]
    next: str | None = Field(description="Give it as `after` for the page that follows.")


class ShoppersRewards(Model):
    """What a shopper can take, or has taken, out of a batch."""

    batch: RewardBatch
    items: list[ProvenReward]


class TakingDetails(Details):
    """What the taking of a reward tells of itself."""

    reward_batch_id: Identity
    index: int
    shopper: Account
    amount: Fec


class Taking(Action, TakingDetails):
    """A reward on its way to its shopper."""


class ReclaimDetails(Details):
    """What a reclaim tells of itself."""

    reward_batch_id: Identity


class Reclaim(Action, ReclaimDetails):
    """What nobody took, on its way back to the service's key."""
