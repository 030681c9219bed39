"""What the guarantees G1 to G8 demand, and what is found on the chain: its logs, its views, and what it refuses.

Only at the end are the script's own tallies compared with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from demo.chronicle import Chronicle
from demo.stage import Stage
from demo.wire import checksummed
from fec.core.amounts import format_fec
from fec.core.curve import FACE_MULTIPLE, face

#: Blocks whose logs are asked for at once.
BLOCKS = 1_000


@dataclass(frozen=True)
class Finding:
    """One demand, what was found, and whether the one meets the other."""

    guarantee: str
    demand: str
    found: str
    holds: bool


def read_chronicle(stage: Stage) -> Chronicle:
    """All that happened on the chain, from its logs."""
    chronicle = Chronicle()
    height = stage.wire.height
    for first in range(0, height + 1, BLOCKS):
        chronicle.tell(stage.wire.logs(first, min(first + BLOCKS - 1, height)))
    return chronicle


def audit(stage: Stage, chronicle: Chronicle) -> list[Finding]:
    """All findings, in the order of the guarantees; then the sums."""
    return [
        *_solvency(stage, chronicle),
        *_exactness(stage, chronicle),
        *_hands(stage, chronicle),
        *_orders(stage, chronicle),
        *_exit(stage, chronicle),
        *_sums(stage, chronicle),
    ]


def _solvency(stage: Stage, chronicle: Chronicle) -> list[Finding]:
    cap = stage.wire.view(stage.fec, "cap")
    genesis = stage.wire.view(stage.fec, "genesisSupply")
    least = min(cap - point.supply - point.outstanding for point in stage.checkpoints)
    within = [point for point in stage.checkpoints if point.supply + point.outstanding <= cap]
    exact = []
    for point in stage.checkpoints:
        supply, burned, owed = chronicle.at(point.block)
        identity = genesis + (FACE_MULTIPLE - 1) * burned
        if (point.supply, point.outstanding) == (supply, owed) and supply + owed == identity:
            exact.append(point)
    count = len(stage.checkpoints)
    return [
        Finding(
            "G1 Solvency",
            "supply + outstanding ≤ cap, at every checkpoint",
            f"{len(within)} of {count} checkpoints; least headroom {format_fec(least, 0) if least >= 0 else least} FEC",
            len(within) == count,
        ),
        Finding(
            "G1 Solvency",
            "supply + outstanding = S₀ + 9·B, with B and outstanding summed over all burns and nodes in the logs",
            f"{len(exact)} of {count} checkpoints, to the wei",
            len(exact) == count,
        ),
    ]


def _exactness(stage: Stage, chronicle: Chronicle) -> list[Finding]:
    families = chronicle.by_family().values()
    full = sum(paid == face(principal) for principal, paid in families)
    token_ids = list(chronicle.nodes)
    states = stage.wire.views(stage.adn, "nodeOf", [[token_id] for token_id in token_ids])
    owners = stage.wire.views(stage.adn, "ownerOf", [[token_id] for token_id in token_ids])
    agreeing = 0
    for token_id, (_, principal, claimed, _, _), owner in zip(token_ids, states, owners, strict=True):
        node = chronicle.nodes[token_id]
        told = (node.principal, node.claimed, node.owner.lower())
        agreeing += told == (principal, claimed, owner) and claimed == face(principal)
    payouts = chronicle.payout_count
    return [
        Finding(
            "G2 Exactness",
            "each node family paid exactly 10·P, whatever was claimed, split, merged and moved",
            f"{full:,} of {len(families):,} families; {format_fec(chronicle.paid_out)} FEC for "
            f"{format_fec(chronicle.principal)} FEC burned",
            full == len(families) and chronicle.paid_out == face(chronicle.principal),
        ),
        Finding(
            "G2 Exactness",
            "each node's own record: claimed = 10·principal, as its events say",
            f"{agreeing:,} of {len(token_ids):,} nodes",
            agreeing == len(token_ids),
        ),
        Finding(
            "G3 Never early",
            "after each payout a node has paid what the curve has released by then, to the wei, less what a merge in "
            "the same period holds back",
            f"{payouts - len(chronicle.early):,} of {payouts:,} payouts",
            not chronicle.early,
        ),
    ]


def _hands(stage: Stage, chronicle: Chronicle) -> list[Finding]:
    refused = [attempt for attempt in stage.attempts if attempt.refusal is not None]
    reasons = ", ".join(sorted({attempt.refusal for attempt in stage.attempts if attempt.refusal}))
    acts = [(event, event.values["from"]) for event in chronicle.moves] + chronicle.elsewhere
    senders = _senders(stage, [event.tx_hash for event, _ in acts])
    signed = {event.tx_hash: event.values["vault"] for event in chronicle.withdrawals}
    own = sum(
        owner in (sender, signed.get(event.tx_hash)) for (event, owner), sender in zip(acts, senders, strict=True)
    )
    return [
        Finding(
            "G4 Nobody else's hands",
            "admin, merchant, till, brand and keeper can take, claim, split or merge nobody's node",
            f"{len(refused):,} of {len(stage.attempts):,} attempts refused ({reasons})",
            bool(stage.attempts) and len(refused) == len(stage.attempts),
        ),
        Finding(
            "G4 Nobody else's hands",
            "each node moved, and each payout sent elsewhere, by its owner or with the member's signature",
            f"{own:,} of {len(acts):,}",
            own == len(acts),
        ),
    ]


def _orders(stage: Stage, chronicle: Chronicle) -> list[Finding]:
    stories = chronicle.orders.values()
    count = len(stories)
    conserved = sum(story.left == 0 for story in stories)
    escrow = stage.wire.view(stage.fec, "balanceOf", stage.checkout.address)
    refunded = [story for story in stories if story.refunds]
    clean = sum(story.burn_exact for story in refunded)
    pairs = list(chronicle.credit)
    spends = stage.wire.views(stage.checkout, "spendOf", pairs)
    credited = sum(spend == _credit(chronicle, *pair) for pair, spend in zip(pairs, spends, strict=True))
    reserved = sum(stage.wire.views(stage.checkout, "reservedOf", [[program] for program in stage.programs.values()]))
    once = sum(len(story.paid) == 1 for story in stories)
    refusals = stage.wire.refusals(
        [stage.checkout.call(tally.payer, "pay", tally.order.fields) for tally in stage.book.orders.values()]
    )
    again = sum(refusal is not None and refusal.name == "Checkout_OrderAlreadyPaid" for refusal in refusals)
    receipts = stage.wire.requests([("eth_getTransactionReceipt", (tx_hash,)) for tx_hash in stage.retries])
    failed = sum(receipt["status"] == "0x0" and not receipt["logs"] for receipt in receipts)
    return [
        Finding(
            "G5 Conservation",
            "each order: paid = to merchant + burned + donated + refunded; nothing in escrow at the end",
            f"{conserved:,} of {count:,} orders; the till holds {format_fec(escrow)} FEC",
            conserved == count and escrow == 0,
        ),
        Finding(
            "G6 Refunds",
            "a refunded part leaves no burn, no reserved quota and no tier credit behind",
            f"{clean:,} of {len(refunded):,} refunded orders; {format_fec(reserved)} FEC reserved; "
            f"{credited:,} of {len(pairs):,} credits exact",
            clean == len(refunded) and reserved == 0 and credited == len(pairs),
        ),
        Finding(
            "G7 Idempotence",
            "no order is paid twice, and a second try is refused",
            f"{once:,} of {count:,} paid once; {failed} of {len(receipts)} retries failed in their block; "
            f"{again:,} of {len(refusals):,} would now",
            once == count and failed == len(receipts) and again == len(refusals) == count,
        ),
    ]


def _exit(stage: Stage, chronicle: Chronicle) -> list[Finding]:
    vaults = [[vault] for vault in sorted(chronicle.vaults)]
    nodes = stage.wire.views(stage.adn, "balanceOf", vaults)
    coins = stage.wire.views(stage.fec, "balanceOf", vaults)
    out = sum(not left and not node for left, node in zip(coins, nodes, strict=True))
    senders = _senders(stage, [event.tx_hash for event in chronicle.withdrawals])
    helped = sum(sender == stage.cast.brand.address for sender in senders)
    return [
        Finding(
            "G8 Exit",
            "each member left with all nodes and coins by their own key, without the brand",
            f"{out} of {len(vaults)} vaults empty; {len(senders)} withdrawals, {helped} of them sent by the brand",
            out == len(vaults) and helped == 0,
        )
    ]


def _sums(stage: Stage, chronicle: Chronicle) -> list[Finding]:
    book = stage.book
    accounts = sorted(book.balances)
    balances = stage.wire.views(stage.fec, "balanceOf", [[account] for account in accounts])
    actual = dict(zip(accounts, balances, strict=True))
    shoppers = {"paid": chronicle.paid, "refunded": chronicle.refunded, "flowed back": chronicle.flowed_back}
    tallies = {"paid": book.paid, "refunded": book.refunded, "flowed back": book.flowed_back}
    return [
        _same("each merchant: what orders brought", chronicle.received, book.received),
        _same("each merchant: what it burned into rewards", chronicle.rewarded, book.rewarded),
        _same("each cause: what it was given", chronicle.donated, book.donated),
        *(_same(f"each shopper: {name}", shoppers[name], tallies[name]) for name in shoppers),
        _same("each account: FEC at the end", actual, book.balances),
        Finding(
            "Sums",
            "all FEC burned, by the chain and by the script",
            f"{format_fec(chronicle.burned)} FEC",
            chronicle.burned == book.burned,
        ),
    ]


def _same(what: str, found: Mapping[str, int], tallied: Mapping[str, int]) -> Finding:
    """Whether chain and script agree for each account, to the wei."""
    accounts = {account for account in (*found, *tallied) if found.get(account) or tallied.get(account)}
    alike = sum(found.get(account, 0) == tallied.get(account, 0) for account in accounts)
    total = sum(found.values())
    return Finding(
        "Sums",
        f"{what}, by the chain and by the script",
        f"{alike} of {len(accounts)} alike to the wei; {format_fec(total)} FEC in all",
        alike == len(accounts),
    )


def _credit(chronicle: Chronicle, program: int, customer: str) -> int:
    """Spend that should count: with the program, or with its alliance."""
    alliance = chronicle.alliances.get(program)
    allied = Counter(
        {
            member: chronicle.credit[member, customer]
            for member, joined in chronicle.alliances.items()
            if joined == alliance
        }
    )
    return max(chronicle.credit[program, customer], allied.total())


def _senders(stage: Stage, hashes: list[str]) -> list[str]:
    """Who sent transactions."""
    sent = stage.wire.requests([("eth_getTransactionByHash", (tx_hash,)) for tx_hash in hashes])
    return [checksummed(transaction["from"]) for transaction in sent]
