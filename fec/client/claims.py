"""What a claim from many nodes takes: transactions that open settled ones, and those that claim from the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from fec.client.nodes import Nodes
from fec.client.settlements import Settlements
from fec.protocol.types import Claimed, Node, Opened

#: Sends one transaction.
Claim = Callable[[], Claimed | Opened]


def claims(nodes: Nodes, settlements: Settlements, due: Sequence[Node], to: str | None) -> list[Claim]:
    """What is to be sent, in order, to claim from nodes for `to`, or, if None, for their owners.

    A settled node that nobody has opened is opened and claimed from at once if its owner is paid; if somebody else is,
    it is opened first. Raises LogsMissing.
    """
    unopened = settlements.unopened([node.token_id for node in due if not node.opened])
    at_once = [each for each in unopened if to in (None, each.node.owner)]
    first = [each for each in unopened if to not in (None, each.node.owner)]
    done = {each.node.token_id for each in at_once}
    rest = [node.token_id for node in due if node.token_id not in done]
    pay = nodes.claim_for if to is None else partial(nodes.claim_to, to=to)
    return [
        *(partial(settlements.open, piece) for piece in settlements.batches(settlements.proofs(first))),
        *(
            partial(settlements.open, piece, claim=True)
            for piece in settlements.batches(settlements.proofs(at_once), claim=True)
        ),
        *(partial(pay, piece) for piece in nodes.batches(rest)),
    ]
