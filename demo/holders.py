"""What holders do with their nodes: claim, give away, split, merge, leave the brand; and what others try in vain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from demo.cast import Household
from demo.data import DAY
from demo.node import Node
from demo.stage import Attempt, Stage
from demo.wire import GAS, Call
from fec.core.node_id import NodeId
from fec.protocol import signing
from fec.protocol.members import ALL_COINS, Member, Withdrawal

#: Nodes in one transaction of the keeper or of a member who leaves.
BATCH = 50
GAS_PER_NODE = 120_000
#: Nodes that a holder claims from at once.
CLAIM_TO = 6
#: Nodes on which everybody else's powers are tried.
TRIED = 12


class Holders:
    """Everything that happens to nodes after they were minted."""

    def __init__(self, stage: Stage) -> None:
        """Takes the stage."""
        self._stage = stage

    def chore(self) -> None:
        """Some holder does something, by the seed."""
        holders = self._holders()
        if holders:
            owner = self._stage.rng.choice(holders)
            self._stage.rng.choice((self._claim, self._claim_to, self._give, self._split, self._merge))(owner)

    def keep(self, count: int) -> None:
        """The keeper claims for the owners of the nodes that have most to pay."""
        moment = self._stage.now + 1
        claimable = {token_id: node.claimable(moment) for token_id, node in self._stage.book.nodes.items()}
        most = sorted(claimable, key=lambda token_id: (-claimable[token_id], token_id))
        self.claim_for(most[:count])

    def claim_for(self, token_ids: list[int]) -> None:
        """The keeper claims for the owners of these nodes."""
        stage = self._stage
        for first in range(0, len(token_ids), BATCH):
            batch = token_ids[first : first + BATCH]
            gas = GAS + len(batch) * GAS_PER_NODE
            stage.act(stage.adn.call(stage.cast.keeper, "claimFor", batch, gas=gas))
            for token_id in batch:
                stage.book.claim(token_id, stage.now)

    def leave(self, household: Household, member: Member) -> None:
        """A member takes everything out with their own key. A stranger sends it; the brand has no part in it."""
        stage = self._stage
        vault, to = stage.vaults[household.number], household.key.address
        deadline = stage.now + DAY
        token_ids = [node.token_id for node in stage.book.owned_by(vault)]
        batches = [token_ids[first : first + BATCH] for first in range(0, len(token_ids), BATCH)] or [[]]
        for nonce, batch in enumerate(batches):
            withdrawal = Withdrawal(vault, tuple(batch), ALL_COINS, to, nonce, deadline)
            message = signing.withdrawal_message(stage.custody_domain, withdrawal)
            fields = (member.fields, batch, ALL_COINS, to, deadline, bytes.fromhex(message.sign(household.key)[2:]))
            gas = GAS + len(batch) * GAS_PER_NODE
            forged = message.sign(stage.cast.brand)
            brand_call = stage.custodian.call(
                stage.cast.brand.address, "withdraw", *fields[:-1], bytes.fromhex(forged[2:]), gas=gas
            )
            self._try("the brand withdraws without the member's key", [brand_call])
            stage.act(stage.custodian.call(stage.cast.stranger, "withdraw", *fields, gas=gas))
            for token_id in batch:
                stage.book.nodes[token_id].owner = to
        stage.book.move(vault, to, stage.book.balances[vault])
        del stage.vaults[household.number]
        stage.give_gas(to)

    def try_everything(self) -> None:
        """Admin, merchant, till, brand and keeper try to move, claim, split and merge nodes that are not theirs."""
        stage, cast = self._stage, self._stage.cast
        nodes = list(stage.book.nodes.values())
        for node in stage.rng.sample(nodes, min(TRIED, len(nodes))):
            store = stage.store_of(node.token_id)
            others = {
                "the owner of ADN": stage.owner,
                "the merchant": store.merchant,
                "the merchant's till": store.till.address,
                "Checkout": stage.checkout.address,
                "the brand": cast.brand.address,
                "the keeper": cast.keeper,
            }
            other = next(each for each in nodes if each.token_id != node.token_id)
            for who, account in others.items():
                self._try(
                    f"{who} takes a node",
                    [
                        stage.adn.call(account, "transferFrom", node.owner, account, node.token_id),
                        stage.adn.call(account, "claim", node.token_id),
                        stage.adn.call(account, "claimTo", [node.token_id], account),
                        stage.adn.call(account, "split", node.token_id, [node.principal // 2]),
                        stage.adn.call(account, "merge", [node.token_id, other.token_id]),
                    ],
                )

    def close_programs(self, every: int) -> None:
        """Some merchants close their programs; their nodes must go on as before."""
        stage = self._stage
        for number in sorted(stage.programs)[::every]:
            merchant = stage.cast.stores[number].merchant
            stage.act(stage.adn.call(merchant, "closeProgram", stage.programs[number]))

    def _try(self, what: str, calls: Sequence[Call]) -> None:
        for refusal in self._stage.wire.refusals(calls):
            self._stage.attempts.append(Attempt(what, refusal.name if refusal else None))

    def _holders(self) -> list[str]:
        """Accounts that own nodes and send transactions themselves."""
        owners = dict.fromkeys(node.owner for node in self._stage.book.nodes.values())
        return [owner for owner in owners if owner in self._stage.gas_funded]

    def _claimable(self, owner: str) -> list[Node]:
        moment = self._stage.now + 1
        return [node for node in self._stage.book.owned_by(owner) if node.claimable(moment)]

    def _claim(self, owner: str) -> None:
        stage = self._stage
        if nodes := self._claimable(owner):
            node = stage.rng.choice(nodes)
            stage.act(stage.adn.call(owner, "claim", node.token_id))
            stage.book.claim(node.token_id, stage.now)

    def _claim_to(self, owner: str) -> None:
        stage = self._stage
        if nodes := self._claimable(owner)[:CLAIM_TO]:
            to = stage.rng.choice((owner, stage.rng.choice(self._holders())))
            token_ids = [node.token_id for node in nodes]
            stage.act(stage.adn.call(owner, "claimTo", token_ids, to))
            for token_id in token_ids:
                stage.book.claim(token_id, stage.now, to)

    def _give(self, owner: str) -> None:
        """A transfer with the fingerprint that the new owner saw."""
        stage = self._stage
        node = stage.rng.choice(stage.book.owned_by(owner))
        to = stage.rng.choice(self._holders())
        seen = stage.wire.view(stage.adn, "getStateFingerprint", node.token_id)
        signature = "safeTransferFrom(address,address,uint256,bytes,bytes32)"
        stage.act(stage.adn.call(owner, signature, owner, to, node.token_id, b"", seen))
        node.owner = to

    def _split(self, owner: str) -> None:
        stage = self._stage
        node = stage.rng.choice(stage.book.owned_by(owner))
        parts = [node.principal // 3, node.principal // 5]
        if parts[1] < stage.wire.view(stage.adn, "MIN_SPLIT_PRINCIPAL"):
            return
        done = stage.act(stage.adn.call(owner, "split", node.token_id, parts))
        for part in done.named("NodeSplit"):
            stage.book.split(node.token_id, part["newTokenId"], part["principal"], part["claimed"])

    def _merge(self, owner: str) -> None:
        stage = self._stage
        alike: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for node in stage.book.owned_by(owner):
            born = NodeId.decode(node.token_id)
            alike[born.program_id, born.start].append(node.token_id)
        groups = [group for group in alike.values() if len(group) > 1]
        if groups:
            group = stage.rng.choice(groups)
            stage.act(stage.adn.call(owner, "merge", group))
            stage.book.merge(group, stage.now)
