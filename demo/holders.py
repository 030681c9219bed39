"""What holders do with their nodes: claim, give away, split, merge, leave a brand; and what others try in vain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from demo.story import Story
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY
from fec.protocol import acts
from fec.protocol.members import ALL_COINS, Member
from fec.protocol.types import Node

#: Nodes in one transaction of a member who leaves.
BATCH = 50
#: Nodes that a holder claims from at once.
CLAIM_TO = 6
#: What a split leaves is worth having.
SPLIT_LEAST = 10 * WEI_PER_FEC
#: One household in so many has nodes kept by a brand, and hands over so many at a time.
MEMBERS_EVERY = 4
HANDED_OVER = 1
#: Nodes on which everybody else's powers are tried.
TRIED = 6

Held = Mapping[str, list[Node]]


class Holders:
    """Everything that happens to nodes after they were minted."""

    def __init__(self, story: Story) -> None:
        """Takes the story."""
        self._story = story
        self._rng = story.rng
        self.brand = story.account("brand")
        self._stranger = story.account("stranger")
        self.members: dict[str, Member] = {
            account.address: Member(self.brand.address, account.address, "0x" + keccak(bytes(account.key)).hex())
            for account in list(story.shoppers.values())[::MEMBERS_EVERY]
        }
        self._vaults: dict[str, str] = {}

    def act(self, count: int) -> None:
        """Some holders do something each, by the seed."""
        held = self._story.nodes_by_owner()
        owners = [owner for owner in held if owner in self._story.shoppers]
        for owner in self._rng.sample(owners, min(count, len(owners))):
            client = self._story.signed_by(self._story.shoppers[owner])
            chore = self._rng.choice((self._claim, self._claim_to, self._give, self._split, self._merge))
            chore(client, held[owner])

    def hand_over(self) -> None:
        """Members let the brand keep some nodes of theirs: in vaults that only their own keys open."""
        held = self._story.nodes_by_owner()
        for address, member in self.members.items():
            if address not in held:
                continue
            if address not in self._vaults:
                brand = self._story.signed_by(self.brand)
                self._vaults[address] = brand.custody.enroll(member.id).vault
            client = self._story.signed_by(self._story.shoppers[address])
            for node in held[address][:HANDED_OVER]:
                client.nodes.transfer(node.token_id, self._vaults[address])

    def leave(self, address: str) -> None:
        """A member takes everything out with their own key. A stranger sends it; the brand has no part in it."""
        vault, member, key = self._vaults.pop(address), self.members[address], self._story.shoppers[address]
        token_ids = [node.token_id for node in self._story.nodes_by_owner()[vault]]
        stranger, brand = self._story.signed_by(self._stranger), self._story.signed_by(self.brand)
        for first in range(0, max(len(token_ids), 1), BATCH):
            withdrawal = stranger.custody.withdrawal(
                member, address, stranger.now() + DAY, token_ids=token_ids[first : first + BATCH]
            )
            theft = acts.withdraw(self.brand.address, withdrawal.token_ids, ALL_COINS)
            forged = replace(withdrawal, acts=(theft,))
            for signed in (withdrawal, forged):
                signature = brand.custody.sign_acts(signed, self.brand)
                self._story.attempt(
                    "the brand withdraws without the member's key",
                    lambda signed=signed, signature=signature: brand.custody.withdraw(member, signed, signature),  # type: ignore[misc]
                )
            stranger.custody.withdraw(member, withdrawal, stranger.custody.sign_acts(withdrawal, key))

    @property
    def staying(self) -> list[str]:
        """Members who have not left yet."""
        return list(self._vaults)

    def try_everything(self) -> None:
        """Admin, merchant, Checkout, brand and stranger try to move, claim, split and merge nodes of others."""
        story, nodes = self._story, self._story.nodes()
        stores = {program: operator for operator, program in story.programs().items()}
        for node in self._rng.sample(nodes, min(TRIED, len(nodes))):
            other = next(each for each in nodes if each.token_id != node.token_id)
            others: dict[str, LocalAccount | str] = {
                "the owner of ADN": story.anvil.accounts[0],
                "the merchant": stores[node.program_id],
                "Checkout": story.client.orders.address,
                "the brand": self.brand,
                "a stranger": story.account("stranger"),
            }
            for who, account in others.items():
                self._try(f"{who} takes a node", story.signed_by(account), node, other)

    def _try(self, what: str, thief: Client, node: Node, other: Node) -> None:
        mine, attempt = thief.nodes, self._story.attempt
        token_id = node.token_id
        attempt(what, lambda: mine.transfer(token_id, thief.address))
        attempt(what, lambda: mine.claim(token_id))
        attempt(what, lambda: mine.claim_to([token_id], thief.address))
        attempt(what, lambda: mine.split(token_id, [node.principal // 2]))
        attempt(what, lambda: mine.merge([token_id, other.token_id]))

    def close_programs(self, every: int) -> None:
        """Some merchants close their programs; their nodes must go on as before."""
        programs = self._story.programs()
        for name in [name for name in self._story.year.stores if self._address(name) in programs][::every]:
            merchant = self._story.merchant(name)
            self._story.signed_by(merchant).programs.close(programs[merchant.address])

    def _address(self, store: str) -> str:
        return self._story.merchant(store).address

    def _claim(self, client: Client, nodes: Sequence[Node]) -> None:
        if ready := self._ready(client, nodes):
            self._story.told(client.nodes.claim(self._rng.choice(ready)))

    def _claim_to(self, client: Client, nodes: Sequence[Node]) -> None:
        if ready := self._ready(client, nodes)[:CLAIM_TO]:
            self._story.told(client.nodes.claim_to(ready, self._anybody()))

    def _give(self, client: Client, nodes: Sequence[Node]) -> None:
        """A transfer with the fingerprint that the new owner saw."""
        token_id = self._rng.choice(nodes).token_id
        client.nodes.transfer(token_id, self._anybody(), fingerprint=client.nodes.fingerprint(token_id))

    def _split(self, client: Client, nodes: Sequence[Node]) -> None:
        if large := [node for node in nodes if node.principal >= SPLIT_LEAST]:
            node = self._rng.choice(large)
            client.nodes.split(node.token_id, [node.principal // 3, node.principal // 5])

    def _merge(self, client: Client, nodes: Sequence[Node]) -> None:
        alike: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for node in nodes:
            alike[node.program_id, node.start].append(node.token_id)
        if groups := [group for group in alike.values() if len(group) > 1]:
            client.nodes.merge(self._rng.choice(groups))

    def _anybody(self) -> str:
        return self._rng.choice(list(self._story.shoppers))

    @staticmethod
    def _ready(client: Client, nodes: Sequence[Node]) -> list[int]:
        now = client.now()
        return [node.token_id for node in nodes if node.claimable(now)]
