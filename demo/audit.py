"""What the guarantees G1 to G8 demand, and what is found on the chain: its events, its views, and what it refuses.

The events are those of an index, which is itself compared with all that the contracts say. Only at the end are the
script's own tallies compared with it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.address import to_checksum_address
from sqlalchemy import func, select

from demo.chronicle import Chronicle, read_chronicle
from demo.story import ALLIANCE, Story
from demo.tally import tally
from fec import store
from fec.chain.jsonrpc import Endpoint
from fec.core.amounts import format_fec
from fec.core.curve import FACE_MULTIPLE, face
from fec.core.durations import DAY
from fec.core.shares import burn_up
from fec.indexer import IndexCheck, check
from fec.indexer.models import (
    ClaimRecord,
    EventRecord,
    RewardRecord,
    SettlementRecord,
    TotalsVersion,
    WithdrawalRecord,
)
from fec.indexer.reads import Reads
from fec.indexer.settlements import unopened_nodes
from fec.indexer.views import view
from fec.protocol.orders import Invoice, Order
from fec.protocol.signing import invoice_message


@dataclass(frozen=True)
class Finding:
    """One demand, what was found, and whether the one meets the other."""

    guarantee: str
    demand: str
    found: str
    holds: bool


@dataclass
class Facts:
    """What is on the chain: read once, as of the index's last block."""

    chronicle: Chronicle
    report: IndexCheck
    reads: Reads
    endpoint: Endpoint
    totals: Sequence[Any]
    orders: Sequence[Any]
    operators: Mapping[int, str]
    """By program."""
    alliances: Mapping[int, int]
    """By program, if it is in one."""
    flowed_back: Mapping[str, int]
    rewarded: Mapping[str, int]
    settled: Mapping[str, int]
    """Burned for sales that were paid elsewhere."""
    leaves: int
    """Number of settled nodes."""
    unopened: int
    """Of these, how many nobody has opened."""
    withdrawals: Sequence[Any]
    vaults: Sequence[str]
    payments: int
    """Events of payments; each order should have one."""

    def group(self, program: int) -> str:
        """What counts together what a customer spends: the program's alliance, or the program alone."""
        alliance = self.alliances.get(program)
        return f"alliance {alliance}" if alliance else f"program {program}"


def read_facts(story: Story) -> Facts:
    """Reads the chain: its events from the index, which is brought up to date and compared with the contracts."""
    cursor = story.indexer.sync()
    endpoint = Endpoint(story.anvil.url)
    with store.reading(story.engine) as connection:
        operators = {row.program_id: row.operator for row in connection.execute(select(view("programs_latest")))}
        flowed_back: Counter[str] = Counter()
        for recipient, amount in connection.execute(select(ClaimRecord.recipient, ClaimRecord.amount)):
            flowed_back[recipient] += amount
        rewarded: Counter[str] = Counter()
        for program, amount in connection.execute(select(RewardRecord.program_id, RewardRecord.amount)):
            rewarded[operators[program]] += amount
        settled: Counter[str] = Counter()
        leaves = 0
        made = select(SettlementRecord.program_id, SettlementRecord.total, SettlementRecord.node_count)
        for program, amount, count in connection.execute(made):
            settled[operators[program]] += amount
            leaves += count
        withdrawn = select(WithdrawalRecord.vault, EventRecord.transaction_hash).join(
            EventRecord,
            (EventRecord.block_number == WithdrawalRecord.block_number)
            & (EventRecord.log_index == WithdrawalRecord.log_index),
        )
        paid = select(func.count()).select_from(EventRecord).where(EventRecord.name == "OrderPaid")
        return Facts(
            chronicle=read_chronicle(story.engine),
            report=check(story.engine, story.anvil.url, story.deployment),
            reads=Reads(endpoint, story.deployment, str(cursor.block_hash)),
            endpoint=endpoint,
            totals=connection.execute(select(TotalsVersion.__table__).order_by("block_number", "log_index")).all(),
            orders=connection.execute(select(view("orders_latest"))).all(),
            operators=operators,
            alliances={row.program_id: row.alliance_id for row in connection.execute(select(view("alliances_latest")))},
            flowed_back=flowed_back,
            rewarded=rewarded,
            settled=settled,
            leaves=leaves,
            unopened=len(unopened_nodes(connection, 0)),
            withdrawals=connection.execute(withdrawn).all(),
            vaults=[row.vault for row in connection.execute(select(view("members_latest")))],
            payments=connection.execute(paid).scalar_one(),
        )


def audit(story: Story, facts: Facts) -> list[Finding]:
    """All findings, in the order of the guarantees; then the sums."""
    return [
        *_solvency(story, facts),
        *_exactness(facts),
        *_hands(story, facts),
        *_orders(story, facts),
        *_exit(story, facts),
        *_sums(story, facts),
    ]


def _solvency(story: Story, facts: Facts) -> list[Finding]:
    figures = [point.figures for point in story.checkpoints]
    blocks = [row.block_number for row in facts.totals]
    cap, genesis = figures[0].cap, figures[0].genesis_supply
    within = [row for row in facts.totals if row.supply + row.outstanding <= cap]
    least = min(cap - row.supply - row.outstanding for row in facts.totals)
    exact = []
    for each in figures:
        row = facts.totals[bisect_right(blocks, each.block_number) - 1]
        alike = (each.supply, each.burned, each.outstanding) == (row.supply, row.burned, row.outstanding)
        if alike and each.supply + each.outstanding == genesis + (FACE_MULTIPLE - 1) * each.burned:
            exact.append(each)
    owed = sum(face(node.principal) - node.claimed for node in facts.chronicle.nodes.values())
    return [
        Finding(
            "G1 Solvency",
            "supply + outstanding ≤ cap, after every block",
            f"{len(within):,} of {len(facts.totals):,} blocks; least headroom "
            f"{format_fec(least, 0) if least >= 0 else least} FEC",
            len(within) == len(facts.totals),
        ),
        Finding(
            "G1 Solvency",
            "supply + outstanding = S₀ + 9·B, by the contracts and by all burns and nodes in the events",
            f"{len(exact)} of {len(figures)} checkpoints, to the wei",
            len(exact) == len(figures) and owed == figures[-1].outstanding,
        ),
    ]


def _exactness(facts: Facts) -> list[Finding]:
    chronicle = facts.chronicle
    families = chronicle.by_family().values()
    full = sum(paid == face(principal) for principal, paid in families)
    principal, paid_out = sum(chronicle.principals.values()), sum(chronicle.payouts.values())
    spent = sum(node.claimed == face(node.principal) for node in chronicle.nodes.values())
    wrong = [difference for difference in facts.report.differences if "node" in difference.what]
    payouts = chronicle.payout_count
    return [
        Finding(
            "G2 Exactness",
            "each node family paid exactly 10·P, whatever was claimed, split, merged and moved",
            f"{full:,} of {len(families):,} families; {format_fec(paid_out)} FEC for {format_fec(principal)} burned",
            full == len(families) and paid_out == face(principal),
        ),
        Finding(
            "G2 Exactness",
            "each node's own record: claimed = 10·principal, as its events say",
            f"{spent:,} of {len(chronicle.nodes):,} nodes; {len(wrong)} differ from their records",
            spent == len(chronicle.nodes) and not wrong,
        ),
        Finding(
            "G2 Exactness",
            "each node of a sale that was paid elsewhere was opened from its settlement, and is among these",
            f"{facts.leaves - facts.unopened:,} of {facts.leaves:,} settled nodes",
            facts.unopened == 0,
        ),
        Finding(
            "G3 Never early",
            "after each payout a node has paid what the curve has released by then, to the wei, less what a merge in "
            "the same period holds back",
            f"{payouts - len(chronicle.early):,} of {payouts:,} payouts",
            not chronicle.early,
        ),
    ]


def _hands(story: Story, facts: Facts) -> list[Finding]:
    refusals = [attempt.refusal for attempt in story.attempts if attempt.refusal]
    moves = facts.chronicle.moves
    senders = _senders(facts, [tx_hash for tx_hash, _ in moves])
    signed = {tx_hash: vault for vault, tx_hash in facts.withdrawals}
    own = sum(owner in (sender, signed.get(tx_hash)) for (tx_hash, owner), sender in zip(moves, senders, strict=True))
    return [
        Finding(
            "G4 Nobody else's hands",
            "admin, merchant, Checkout, brand and stranger can take, claim, split or merge nobody's node",
            f"{len(refusals):,} of {len(story.attempts):,} attempts refused ({', '.join(sorted(set(refusals)))})",
            bool(refusals) and len(refusals) == len(story.attempts),
        ),
        Finding(
            "G4 Nobody else's hands",
            "each node moved, and each payout sent elsewhere, by its owner or with the member's signature",
            f"{own:,} of {len(moves):,}",
            own == len(moves),
        ),
    ]


def _orders(story: Story, facts: Facts) -> list[Finding]:
    orders, count = facts.orders, len(facts.orders)
    parts = ("refunded", "to_merchant", "burned", "donated", "returned")
    conserved = sum(row.amount == sum(getattr(row, part) or 0 for part in parts) for row in orders)
    escrow = int(facts.reads.one("FEC", "balanceOf", story.client.orders.address))
    refunded = [row for row in orders if row.refunded]
    clean = sum(burn_up(row.amount - row.refunded, row.burn_bps) == (row.burned or 0) for row in refunded)
    credit: Counter[tuple[str, str]] = Counter()
    for row in orders:
        credit[facts.group(row.program_id), row.customer] += row.amount - row.refunded
    pairs = dict.fromkeys((row.program_id, row.customer) for row in orders)
    spends = facts.reads.each("Checkout", "spendOf", ((pair, pair) for pair in pairs))
    credited = sum(int(spend) == credit[facts.group(program), customer] for (program, customer), spend in spends)
    programs = ((program, (program,)) for program in facts.operators)
    reserved = sum(int(held) for _, held in facts.reads.each("Checkout", "reservedOf", programs))
    repeated = story.repeated.transactions if story.repeated else None
    again = Counter(map(str, _paid_again(story, facts)))["Checkout_OrderAlreadyPaid"]
    return [
        Finding(
            "G5 Conservation",
            "each order: paid = to merchant + burned + donated + refunded; nothing in escrow at the end",
            f"{conserved:,} of {count:,} orders; Checkout holds {format_fec(escrow)} FEC",
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
            f"{facts.payments:,} payments of {count:,} orders; {again:,} would be refused now; "
            f"the same history once more sent {repeated} transactions",
            facts.payments == again == count and repeated == 0,
        ),
    ]


def _paid_again(story: Story, facts: Facts) -> Iterable[Any]:
    """What the chain says to each order, were it paid once more."""
    domain = story.client.orders.domain
    keys = story.merchants
    expiry = story.anvil.now + DAY

    def orders() -> Iterable[tuple[str, tuple[Any, ...]]]:
        for row in facts.orders:
            invoice = Invoice(row.program_id, row.order_id, row.amount, row.currency_reference, expiry)
            signature = invoice_message(domain, invoice).sign(keys[facts.operators[row.program_id]])
            yield row.order_key, (Order(invoice, signature, row.customer).fields,)

    return (answer for _, answer in facts.reads.each("Checkout", "pay", orders()))


def _exit(story: Story, facts: Facts) -> list[Finding]:
    vaults = facts.vaults
    nodes = [left for _, left in facts.reads.each("ADN", "balanceOf", ((vault, (vault,)) for vault in vaults))]
    coins = [left for _, left in facts.reads.each("FEC", "balanceOf", ((vault, (vault,)) for vault in vaults))]
    out = sum(not node and not coin for node, coin in zip(nodes, coins, strict=True))
    senders = _senders(facts, [tx_hash for _, tx_hash in facts.withdrawals])
    helped = senders.count(story.account("brand").address)
    return [
        Finding(
            "G8 Exit",
            "each member left with all nodes and coins by their own key, without the brand",
            f"{out} of {len(vaults)} vaults empty; {len(senders)} withdrawals, {helped} of them sent by the brand",
            out == len(vaults) and helped == 0,
        )
    ]


def _sums(story: Story, facts: Facts) -> list[Finding]:
    rows = sorted((*story.rows, *story.sold), key=lambda row: row.time)
    expected = tally(rows, story.settings.terms_of, lambda store: ALLIANCE[0] if store in ALLIANCE else store)
    found: dict[str, Counter[str]] = {name: Counter() for name in ("received", "donated", "paid", "refunded")}
    for row in facts.orders:
        found["received"][facts.operators[row.program_id]] += row.to_merchant or 0
        found["donated"][row.cause or ""] += row.donated or 0
        found["paid"][row.payer] += row.amount
        found["refunded"][row.payer] += row.refunded
    received: dict[str, int] = {story.merchant(name).address: amount for name, amount in expected.received.items()}
    paid, refunded = (
        Counter({str(story.account(name).address): amount for name, amount in amounts.items()})
        for amounts in (expected.paid, expected.refunded)
    )
    burned = story.client.figures().burned
    balances = facts.report.compared["balance of"]
    wrong = sum(difference.what == "balance of" for difference in facts.report.differences)
    return [
        _same("each merchant: what orders brought", found["received"], received),
        _same("each merchant: what it burned into rewards", facts.rewarded, story.rewarded),
        _same("each merchant: what it burned for sales paid elsewhere", facts.settled, story.settled),
        _same("each cause: what it was given", found["donated"], expected.donated),
        _same("each shopper: paid", found["paid"], paid),
        _same("each shopper: refunded", found["refunded"], refunded),
        _same("each shopper: flowed back", facts.flowed_back, story.flowed_back),
        Finding(
            "Sums",
            "each account: FEC at the end, by its balance and by all transfers",
            f"{balances - wrong} of {balances} alike to the wei",
            wrong == 0 and not facts.report.differences,
        ),
        Finding(
            "Sums",
            "all FEC burned, by the chain and by the script",
            f"{format_fec(burned)} FEC",
            burned == expected.burned + sum(story.rewarded.values()) + sum(story.settled.values()),
        ),
    ]


def _same(what: str, found: Mapping[str, int], tallied: Mapping[str, int]) -> Finding:
    """Whether chain and script agree for each account, to the wei."""
    accounts = {account for account in (*found, *tallied) if found.get(account) or tallied.get(account)}
    alike = sum(found.get(account, 0) == tallied.get(account, 0) for account in accounts)
    return Finding(
        "Sums",
        f"{what}, by the chain and by the script",
        f"{alike} of {len(accounts)} alike to the wei; {format_fec(sum(found.values()))} FEC in all",
        alike == len(accounts),
    )


def _senders(facts: Facts, hashes: Sequence[str]) -> list[str]:
    """Who sent transactions."""
    sent = facts.endpoint.results([("eth_getTransactionByHash", [tx_hash]) for tx_hash in hashes])
    return [to_checksum_address(transaction["from"]) for transaction in sent]
