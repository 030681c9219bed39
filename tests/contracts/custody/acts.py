"""What tests of custody do all the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fec.protocol import acts
from fec.protocol.acts import Act
from tests.contracts.support.shop_world import (
    ACTS_TYPE,
    CUSTODY,
    NEVER,
    NODES,
    PERMIT_FOR_ALL_TYPE,
    Market,
    Member,
    key,
    typed_hash,
)
from tests.contracts.support.world import FEC

#: All coins of a vault.
ALL = 2**256 - 1


def acts_hash(
    custodian: str,
    member: Member,
    wanted: Sequence[Act],
    *,
    nonce: int = 0,
    deadline: int = NEVER,
    chain_id: int = 1,
) -> bytes:
    """What a signer signs, as eth-account hashes it."""
    values = [
        member.vault,
        member.signer,
        [{"kind": act.kind, "data": act.fields[1]} for act in wanted],
        nonce,
        deadline,
    ]
    return typed_hash(CUSTODY, custodian, "Acts", ACTS_TYPE, values, chain_id=chain_id)


def signed_acts(market: Market, member: Member, wanted: Sequence[Act], **how: Any) -> bytes:
    """Acts signed by alice for the signer's next nonce, unless `how` says another."""
    vault, signer = how.get("vault", member.vault), how.get("signer", member.signer)
    nonce = how.get("nonce", market.custodian.nonceOf(member.vault, member.signer))
    custodian = how.get("custodian", market.custodian.address)
    deadline, chain_id = how.get("deadline", NEVER), how.get("chain_id", 1)
    told = replace(member, vault=vault, signer=signer)
    digest = acts_hash(custodian, told, wanted, nonce=nonce, deadline=deadline, chain_id=chain_id)
    return key(how.get("signed_by", "alice")).sign(digest)


def act_arguments(market: Market, member: Member, wanted: Sequence[Act], **how: Any) -> tuple[Any, ...]:
    """Arguments of `Custodian.act`, signed as `signed_acts` does unless a `signature` is given."""
    signature = how.pop("signature", None)
    if signature is None:
        signature = signed_acts(market, member, wanted, **how)
    nonce = how.get("nonce", market.custodian.nonceOf(member.vault, member.signer))
    return member.words, [act.fields for act in wanted], nonce, how.get("deadline", NEVER), signature


def act(market: Market, member: Member, *wanted: Act, **how: Any) -> None:
    """Has acts carried out, relayed by a stranger unless a `sender` is given."""
    sender, custodian = how.pop("sender", market.stranger), how.pop("at", market.custodian)
    custodian.act(*act_arguments(market, member, wanted, **how), sender=sender)


def withdrawal(market: Market, member: Member, nodes: list[int], amount: int, to: str, **how: Any) -> bytes:
    """The signature of a withdrawal."""
    return signed_acts(market, member, [acts.withdraw(to, nodes, amount)], **how)


def withdraw(market: Market, member: Member, nodes: list[int], amount: int, to: str, **how: Any) -> None:
    """Has a withdrawal carried out."""
    act(market, member, acts.withdraw(to, nodes, amount), **how)


def withdraw_call(market: Market, member: Member, nodes: list[int], amount: int, to: str, **how: Any) -> bytes:
    """Call data of a withdrawal."""
    return market.custodian.encode("act", *act_arguments(market, member, [acts.withdraw(to, nodes, amount)], **how))


def permit_arguments(market: Market, owner: str, operator: str, **how: Any) -> tuple[Any, ...]:
    """Arguments of `ADN.permitForAll`, signed by alice for the owner's next permit, unless `how` says another."""
    approved, deadline = how.get("approved", True), how.get("deadline", NEVER)
    nonce = how.get("nonce", market.adn.nonces(owner))
    values = [
        how.get("told_owner", owner),
        how.get("told_operator", operator),
        how.get("signed", approved),
        nonce,
        deadline,
    ]
    contract, chain_id = how.get("contract", market.adn.address), how.get("chain_id", 1)
    digest = typed_hash(NODES, contract, "PermitForAll", PERMIT_FOR_ALL_TYPE, values, chain_id=chain_id)
    return owner, operator, approved, how.get("sent", deadline), key(how.get("signed_by", "alice")).sign(digest)


def filled(market: Market, member: Member) -> int:
    """Coins and a node in a member's vault; the node."""
    market.fund(member.vault, 1000 * FEC)
    return market.node(member.vault, 100 * FEC)
