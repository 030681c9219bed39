"""Proves reports equal to the chain: their sums against what the contracts say at the report's own block."""

from __future__ import annotations

from dataclasses import dataclass

from web3 import Web3
from web3.exceptions import BlockNotFound
from web3.types import BlockIdentifier

from fec.chain.contracts import open_handle
from fec.chain.deployments import Deployment
from fec.chain.rpc import clear_errors
from fec.chain.sender import Sender
from fec.core.amounts import WEI_PER_FEC
from fec.core.curve import FACE_MULTIPLE
from fec.i18n import N_
from fec.reports import accounts, calendar, programs, shoppers
from fec.reports.data import Data, Scope, total
from fec.reports.errors import ExportStale
from fec.reports.liability import Policy, statement

_ALL, _EACH = Scope("protocol"), Scope("program")


@dataclass(frozen=True)
class Comparison:
    """One figure from both sides, in wei or as a count."""

    what: str
    reports: int
    chain: int

    @property
    def equal(self) -> bool:
        """Whether both sides agree."""
        return self.reports == self.chain


def reconcile(data: Data, web3: Web3, deployment: Deployment) -> list[Comparison]:
    """Compares sums with the chain's state at the data's block.

    Raises ExportStale if the chain has another block there by now, RPCUnreachable or RPCFailed, also if the endpoint
    does not have that block's state (any more).
    """
    cutoff = data.cutoff
    with clear_errors():
        try:
            found = web3.eth.get_block(cutoff.block)["hash"].to_0x_hex()
        except BlockNotFound:
            found = None
    if found != cutoff.block_hash:
        raise ExportStale(
            "The chain was reorganised: its block {block} no longer has the hash {hash}. Run `fec index run`, then "
            "export again.",
            block=cutoff.block,
            hash=cutoff.block_hash,
        )
    at: BlockIdentifier = cutoff.block
    with clear_errors():
        sender = Sender(web3, None)
        fec, adn = (open_handle(web3, deployment, name, sender) for name in ("FEC", "ADN"))
        supply, burned, genesis, outstanding = (
            int(handle.contract.get_function_by_name(function)().call(block_identifier=at))
            for handle, function in (
                (fec, "totalSupply"),
                (fec, "totalBurned"),
                (fec, "genesisSupply"),
                (adn, "outstanding"),
            )
        )
    flows = calendar.calendar(data, _EACH).rows
    all_flows = calendar.calendar(data, _ALL).rows
    people = shoppers.overview(data, _EACH).records()
    quotas = list(programs.quota(data, _EACH).records())
    books = accounts.roll_forward(statement(data, _EACH, Policy(rate=WEI_PER_FEC), "year")).records()
    latest: dict[int, int] = {record["scope"]: record["points"] for record in books}
    nodes = data.nodes
    [(face,)] = data.rows(nodes.agg(face=total(nodes.principal * FACE_MULTIPLE)))
    [(minted,)] = data.rows(data.mints.agg(minted=total(data.mints.principal)))
    [(paid,)] = data.rows(data.claims.agg(paid=total(data.claims.amount)))
    # Face less claimed, from two sides: versions of nodes, and what was ever minted and paid.
    return [
        Comparison(N_("Flow-back calendar of all programs: outstanding"), sum(row[-3] for row in flows), outstanding),
        Comparison(
            N_("Flow-back calendar of the protocol: outstanding"), sum(row[-3] for row in all_flows), outstanding
        ),
        Comparison(
            N_("Still in shoppers' nodes: outstanding"), sum(record["outstanding"] for record in people), outstanding
        ),
        Comparison(N_("Points in the books: outstanding"), sum(latest.values()), outstanding),
        Comparison(N_("Burned by programs: burned"), sum(record["burned"] for record in quotas), burned),
        Comparison(N_("Principal of all nodes minted or settled: burned"), minted, burned),
        Comparison(N_("Face of all nodes: ten times burned"), face, FACE_MULTIPLE * burned),
        Comparison(N_("Claims: supply − genesis supply + burned"), paid, supply - genesis + burned),
    ]
