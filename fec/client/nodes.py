"""Nodes: minting, looking at, claiming from, giving away, splitting and merging them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eth_abi.abi import encode
from eth_hash.auto import keccak
from web3 import Web3
from web3.types import TxReceipt

from fec.chain.contracts import Handle, basics
from fec.chain.gas import MARGIN, MOST_GAS
from fec.chain.rpc import clear_errors
from fec.client.settlements import Settlements
from fec.i18n.errors import NotFound, TooManyAtOnce, TransactionTooLarge
from fec.protocol import calls
from fec.protocol.addresses import ADDRESS_ZERO, checked_address
from fec.protocol.calls import ContractCall
from fec.protocol.types import Claimed, Holding, Merged, Minted, Node, Payout, Receipt, Split

#: Chain, contract, node, principal, claimed, and what a merge holds back until when.
_FINGERPRINT = ("uint256", "address", "uint256", "uint256", "uint256", "uint256", "uint256")
#: How many things are sent for to find out what each takes.
_SAMPLES = (2, 6)
#: Most gas that a batched claim asks for: for each node, when all owners differ and never held FEC, and besides.
GAS_PER_NODE = 45_000
GAS_PER_BATCH = 60_000


def batches(token_ids: Sequence[int], gas_limit: int) -> list[list[int]]:
    """Cuts a list of nodes into pieces whose claim takes at most `gas_limit` gas. Keeps the order; none for no nodes.

    Raises ValueError if not even one node fits.
    """
    size = (gas_limit - GAS_PER_BATCH) // GAS_PER_NODE
    if size < 1:
        raise ValueError(f"{gas_limit} gas do not suffice to claim from one node.")
    return [list(token_ids[first : first + size]) for first in range(0, len(token_ids), size)]


class Nodes:
    """Nodes of one deployment. Amounts in wei, times in seconds. What sends raises as `Sender.send` does.

    A settled node that nobody has opened is a node like any other: what is sent to it opens it first, in a transaction
    of its own.
    """

    def __init__(self, adn: Handle, web3: Web3, settlements: Settlements) -> None:
        """Takes the node contract, the connection, and what opens settled nodes."""
        self._adn = adn
        self._web3 = web3
        self._settlements = settlements

    def mint(self, program_id: int, amount: int, to: str | None = None) -> Minted:
        """Burns `amount` wei of the signer's FEC into one new node for `to`, or for the signer."""
        receipt = self._adn.send(calls.mint(program_id, amount, self._or_sender(to)))
        return Minted(basics(receipt), self._adn.emitted("Transfer", receipt)[0]["tokenId"])

    def get(self, token_id: int) -> Node:
        """One node. Raises NotFound if it was never made or was merged into another."""
        return self.get_many([token_id])[0]

    def get_many(self, token_ids: Sequence[int]) -> list[Node]:
        """Several nodes, all as of one block. Raises NotFound if one of them does not exist."""
        with clear_errors():
            block = self._web3.eth.block_number
        try:
            return self._get_many(token_ids, block)
        except NotFound:
            settled = {each.node.token_id: each.node for each in self._settlements.unopened(token_ids)}
            if not settled:
                raise
        opened = [token_id for token_id in token_ids if token_id not in settled]
        nodes = settled | {node.token_id: node for node in self._get_many(opened, block)}
        return [nodes[token_id] for token_id in token_ids]

    def owned_by(self, owner: str) -> list[Node]:
        """All nodes of an account as of the latest block, in the order it got them. Found in the contract's logs.

        Settled ones are among them once they are opened; before that, see `Settlements.unopened_of`.
        """
        account = checked_address(owner)
        with clear_errors():
            block = self._web3.eth.block_number
        received = self._adn.logs("Transfer", block, to=account)
        sent = self._adn.logs("Transfer", block, **{"from": account})
        held: dict[int, None] = {}
        # Sent to oneself, a node is in both lists; what was received wins.
        moves = sorted(
            (log["blockNumber"], log["logIndex"], log["args"]["to"], log["args"]["tokenId"])
            for log in (*received, *sent)
        )
        for _, _, to, token_id in moves:
            held.pop(token_id, None)
            if to == account:
                held[token_id] = None
        return self._get_many(list(held), block)

    def held_by(self, owner: str) -> Holding:
        """All nodes of an account, opened or not. Raises LogsMissing if settled ones cannot be found."""
        opened, settled = self.owned_by(owner), self._settlements.unopened_of(owner)
        programs = sorted({each.node.program_id for each in settled})
        found = self._adn.read_each("programOf", [(program_id,) for program_id in programs])
        known = {
            program_id for program_id, (_, issuer, *_) in zip(programs, found, strict=True) if issuer != ADDRESS_ZERO
        }
        return Holding(
            tuple(opened),
            tuple(each for each in settled if each.node.program_id in known),
            tuple(each for each in settled if each.node.program_id not in known),
        )

    def fingerprint(self, token_id: int) -> str:
        """What a buyer has seen of a node (ERC-5646), as hex: it changes when principal or claimed do.

        Of a settled node that nobody has opened it is the one that it has once it is opened.
        """
        try:
            fingerprint: bytes = self._adn.read("getStateFingerprint", token_id)
        except NotFound:
            if not (settled := self._settlements.unopened([token_id])):
                raise
            with clear_errors():
                chain_id = self._web3.eth.chain_id
            # As the contract makes it, of a node with nothing claimed and nothing held back.
            seen = (chain_id, self._adn.address, token_id, settled[0].node.principal, 0, 0, 0)
            fingerprint = keccak(encode(_FINGERPRINT, seen))
        return "0x" + fingerprint.hex()

    def claim(self, token_id: int) -> Claimed:
        """Claims what one node has released, for the signer: its owner, or approved to claim by them."""
        return self._claimed(self._send([token_id], calls.claim(token_id)))

    def claim_to(self, token_ids: Sequence[int], to: str) -> Claimed:
        """Claims from nodes of the signer, or that it operates or may claim from, and has `to` paid."""
        return self._claimed(self._send(token_ids, calls.claim_to(token_ids, to)))

    def claim_for(self, token_ids: Sequence[int]) -> Claimed:
        """Claims from anybody's nodes; each owner is paid. Nodes with nothing to claim are skipped."""
        return self._claimed(self._send(token_ids, calls.claim_for(token_ids)))

    def batches(self, token_ids: Sequence[int]) -> list[list[int]]:
        """Cuts a list of nodes into pieces for one transaction each, of half a block at most."""
        with clear_errors():
            block = self._web3.eth.get_block("latest")
        return batches(token_ids, min(block["gasLimit"] // 2, MOST_GAS))

    def split(self, token_id: int, principals: Sequence[int]) -> Split:
        """Splits parts of these principals off a node; the rest stays."""
        receipt = self._settlements.opening_first(
            [token_id], lambda: self._send_many(principals, lambda some: calls.split(token_id, some))
        )
        new_ids = tuple(event["newTokenId"] for event in self._adn.emitted("NodeSplit", receipt))
        return Split(basics(receipt), token_id, new_ids)

    def merge(self, token_ids: Sequence[int]) -> Merged:
        """Merges nodes of one owner, program and start into the first of them."""
        receipt = self._settlements.opening_first(token_ids, lambda: self._send_many(token_ids, calls.merge))
        merged_ids = tuple(event["mergedTokenId"] for event in self._adn.emitted("NodeMerged", receipt))
        return Merged(basics(receipt), token_ids[0], merged_ids)

    def _send_many(self, things: Sequence[int], make: Callable[[Sequence[int]], ContractCall]) -> TxReceipt:
        """Sends one call about many things. Raises TooManyAtOnce, which says how many fit, besides what `send` does."""
        try:
            return self._adn.send(make(things))
        except TransactionTooLarge as error:
            few, more = (self._adn.simulate(make(things[:count])) for count in _SAMPLES)
            each = -(-(more - few) // (_SAMPLES[1] - _SAMPLES[0]))
            fitting = _SAMPLES[0] + (error.most * 100 // (100 + MARGIN) - few) // each
            raise TooManyAtOnce(
                "One transaction fits {fitting}, not {asked}: its limit here is {most} gas. Nothing was sent. Use "
                "several transactions.",
                asked=len(things),
                most=error.most,
                fitting=fitting,
            ) from error

    def transfer(self, token_id: int, to: str, *, fingerprint: str | None = None, data: bytes = b"") -> Receipt:
        """Gives a node to another account, with all that is unclaimed.

        With a `fingerprint`, only if the node is still as it was seen. `data` is passed on to a receiving contract.
        """
        owner = self._settlements.opening_first([token_id], lambda: self._adn.read("ownerOf", token_id))
        return basics(self._adn.send(calls.give_node(owner, to, token_id, data=data, fingerprint=fingerprint)))

    def approve(self, token_id: int, operator: str) -> Receipt:
        """Lets another account move a node (ERC-721); the zero address revokes it."""
        return basics(self._send([token_id], calls.approve_node(operator, token_id)))

    def approve_claims(self, token_id: int, operator: str, *, approved: bool = True) -> Receipt:
        """Lets another account claim from a node for itself (ERC-5725), or revokes it. One account at a time."""
        return basics(self._send([token_id], calls.approve_claims(operator, token_id, approved=approved)))

    def approve_all_claims(self, operator: str, *, approved: bool = True) -> Receipt:
        """Lets another account claim, for itself, from all nodes of the signer, present and future; or revokes it."""
        return basics(self._adn.send(calls.approve_all_claims(operator, approved=approved)))

    def may_claim(self, token_id: int, account: str) -> bool:
        """Whether an account may claim from a node for itself: its owner, or approved to claim by them."""
        claimer = checked_address(account)
        owner = self._adn.read("ownerOf", token_id)
        approved = self._adn.read("getClaimApproved", token_id)
        if claimer == owner or (claimer == approved and approved != ADDRESS_ZERO):
            return True
        approved_for_all: bool = self._adn.read("isClaimApprovedForAll", owner, claimer)
        return approved_for_all

    def token_uri(self, token_id: int) -> str:
        """Name, numbers and picture of a node as of now: a data URI of JSON."""
        uri: str = self._adn.read("tokenURI", token_id)
        return uri

    def _send(self, token_ids: Sequence[int], call: ContractCall) -> TxReceipt:
        """Sends a call about nodes, once those of them that were settled are opened."""
        return self._settlements.opening_first(token_ids, lambda: self._adn.send(call))

    def _get_many(self, token_ids: Sequence[int], block: int) -> list[Node]:
        keys = [(token_id,) for token_id in token_ids]
        states = self._adn.read_each("nodeOf", keys, block)
        owners = self._adn.read_each("ownerOf", keys, block)
        return [
            Node(token_id, owner, principal, claimed)
            for token_id, owner, (_, principal, claimed, _, _) in zip(token_ids, owners, states, strict=True)
        ]

    def _claimed(self, receipt: TxReceipt) -> Claimed:
        payments = tuple(
            Payout(event["tokenId"], event["recipient"], event["claimAmount"])
            for event in self._adn.emitted("PayoutClaimed", receipt)
        )
        return Claimed(basics(receipt), payments)

    def _or_sender(self, account: str | None) -> str:
        return self._adn.sender.address if account is None else checked_address(account)
