"""What tests of custody do all the time."""

from __future__ import annotations

from typing import Any

from tests.contracts.support.shop_world import CUSTODY, NEVER, WITHDRAWAL_TYPE, Market, Member, key, typed_hash
from tests.contracts.support.world import FEC

#: All coins of a vault.
ALL = 2**256 - 1


def withdrawal(market: Market, member: Member, nodes: list[int], amount: int, to: str, **how: Any) -> bytes:
    """A withdrawal signed by alice for the next nonce, unless `how` says another."""
    vault = how.get("vault", market.vault(member))
    nonce = how.get("nonce", market.custodian.nonceOf(vault))
    values = [vault, nodes, amount, to, nonce, how.get("deadline", NEVER)]
    custodian = how.get("custodian", market.custodian.address)
    digest = typed_hash(CUSTODY, custodian, "Withdrawal", WITHDRAWAL_TYPE, values, chain_id=how.get("chain_id", 1))
    return key(how.get("signed_by", "alice")).sign(digest)


def withdraw(market: Market, member: Member, nodes: list[int], amount: int, to: str, **how: Any) -> None:
    signature = how.get("signature") or withdrawal(market, member, nodes, amount, to, **how)
    sender = how.get("sender", market.stranger)
    deadline = how.get("deadline", NEVER)
    market.custodian.withdraw(member.words, nodes, amount, to, deadline, signature, sender=sender)


def filled(market: Market, member: Member) -> int:
    """Coins and a node in a member's vault; the node."""
    vault = market.vault(member)
    market.fund(vault, 1000 * FEC)
    return market.node(vault, 100 * FEC)
