"""State machine of Checkout, custody and nodes together, the model beside it.

All rules and invariants of the nodes' machine apply (G1 to G4); after every step besides:

- G5  each order: paid = to merchant + burned + donated + refunded + returned + escrow; Checkout's coins are the sum of
      all escrow and of all rewards not taken, to the wei
- G6  what was refunded leaves no burn, no reservation and no credit
- G7  the chain announced each order paid once, and settled once under each reference
- G8  at the end every member takes everything out with their key alone, relayed by a stranger

and at the end each order has reached captured or refunded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from fec.core.durations import WEEK
from fec.protocol import acts
from tests.contracts.custody.acts import acts_hash
from tests.contracts.stateful.checkout_books import ALL, CAPTURED, REFUNDED
from tests.contracts.stateful.checkout_model import CheckoutModel
from tests.contracts.stateful.node_machine import pick_from
from tests.contracts.stateful.node_model import Program, Refused, coins_of
from tests.contracts.stateful.settlement_machine import SettlementMachine
from tests.contracts.support.build import compiled
from tests.contracts.support.evm import ZERO, Contract, expect
from tests.contracts.support.shop_world import (
    NEVER,
    Key,
    Market,
    Member,
    deploy_market,
    key,
)
from tests.contracts.support.world import BUDGET, CAP, GENESIS, ORIGIN, PUBLIC, PUBLIC_QUOTA

NAMES = ["alice", "bob", "carol", "merchant", "signer", "stranger"]
KEYS: dict[str, Key] = {key(name).address: key(name) for name in NAMES}
ALLOWANCE = 2**200
REJECT = 1


@cache
def machine_market() -> tuple[Market, dict[str, Contract]]:
    """One deployment for all runs, and contracts among the people: one that takes no nodes, and one that does."""
    market = deploy_market()
    for person in market.people[:-1]:
        market.fund(person, GENESIS // 10)
    for person in market.people:
        market.allow(person, ALLOWANCE)
    guests = {name: market.chain.deploy(compiled("Receiver"), sender=market.stranger) for name in ["refuser", "wallet"]}
    guests["refuser"].set(REJECT, ZERO, b"")
    return market, guests


@dataclass(frozen=True)
class Relayed:
    """A call that waits to be relayed, and why it is to fail, if it is."""

    function: str
    data: bytes
    refusal: Refused | None = None


class CheckoutBase(SettlementMachine):
    """What the rules of Checkout have in common: people, acting, and what is checked after every step."""

    steps: ClassVar[int] = 0
    done: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()
    world: Market
    model: CheckoutModel

    def __init__(self) -> None:
        # In place of the parent's, whose world has no checkout.
        RuleBasedStateMachine.__init__(self)
        self.world, guests = machine_market()
        self.chain = self.world.chain
        self.scope = self.chain.rolled_back()
        self.scope.__enter__()
        self.sound = True
        world = self.world
        self.members = [world.member("alice"), world.member("bob"), world.member("carol", brand=world.signer)]
        self.vaults = [world.vault(member) for member in self.members]
        self.refuser, self.wallet = guests["refuser"].address, guests["wallet"].address
        self.guests = [*self.vaults, self.wallet]
        holders = [world.genesis, world.adn.address, world.checkout.address, world.treasury, world.cause, self.refuser]
        self.accounts = [*world.people, *holders, *self.guests]
        self.shoppers = [*world.people, *self.guests, self.refuser]
        lens = compiled("CheckoutLens")
        signers = {member.vault: member.signer for member in self.members}
        looked_at = [self.shoppers, [signers.get(account, b"") for account in self.shoppers]]
        self.checkout_lens = self.chain.deploy(lens, world.custodian.address, *looked_at, sender=world.stranger)
        self.announced: Counter[bytes] = Counter()
        self.relayed: list[Relayed] | None = None
        self.model = CheckoutModel(
            admin=world.admin,
            adn=world.adn.address,
            cap=CAP,
            genesis=GENESIS,
            budget=BUDGET - PUBLIC_QUOTA,
            now=self.chain.now,
            coins=coins_of((account, world.fec.balanceOf(account)) for account in self.accounts),
            refusing={world.adn.address, world.checkout.address, self.refuser},
            programs={PUBLIC: Program(world.admin, ZERO, WEEK, ORIGIN, PUBLIC_QUOTA, PUBLIC_QUOTA)},
            checkout=world.checkout.address,
            first={member.vault: member.signer for member in self.members},
        )
        self.model.allowances.update(dict.fromkeys(world.people, ALLOWANCE))

    # ------------------------------------------------------------------ picking

    def receiver(self, pick: int) -> str:
        """Mostly a person; now and then a vault or a contract, or an address that takes no nodes."""
        others = [*self.guests, self.refuser, ZERO, self.world.adn.address]
        return str(pick_from(self.world.people * 2 + others, pick))

    def actor(self, node_id: int, pick: int) -> str:
        """Mostly the owner of a node if that is a person, else anybody: nobody sends as a vault or a contract."""
        node = self.model.nodes.get(node_id)
        if node is None or pick % 3 == 0 or node.owner not in self.world.people:
            return self.person(pick // 3)
        return node.owner

    def owner(self, pick: int) -> str:
        """Vaults too."""
        return ZERO if pick % 40 == 39 else str(pick_from([*self.shoppers, *sorted(self.model.refusing)], pick))

    def shopper(self, pick: int) -> str:
        return str(pick_from(self.shoppers, pick))

    def signer(self, pick: int) -> Key:
        return KEYS[str(pick_from(list(KEYS), pick))]

    def payer(self, pick: int) -> str:
        return self.signer(pick).address

    def operator(self, program_id: int, pick: int) -> str:
        """Mostly the program's operator."""
        program = self.model.programs.get(program_id)
        return self.person(pick // 4) if program is None or pick % 4 == 3 else program.operator

    def keeper(self, program_id: int, pick: int) -> str:
        """Mostly the program's signer, or its operator."""
        versions = self.model.terms[program_id]
        return versions[-1].signer if versions and pick % 3 != 2 else self.operator(program_id, pick // 3)

    def shop_id(self, pick: int) -> int:
        """Mostly a program with terms that has not been closed."""
        programs = self.model.programs
        shops = [name for name in programs if self.model.terms[name] and not programs[name].closed]
        return self.program_id(pick // 8) if pick % 8 == 7 or not shops else int(pick_from(shops, pick // 8))

    @staticmethod
    def numbered(count: int, pick: int) -> int:
        """Mostly one of so many that count from 1; now and then one that there is not."""
        return count + 1 if pick % 16 == 15 or not count else pick % count + 1

    # ------------------------------------------------------------------- acting

    def act(self, action: str, sender: str, call: str, arguments: list[Any], expected: Callable[[], Any]) -> Any:
        """As the parent's, but that nobody sends as a vault or another contract, whatever it owns."""
        if self.relayed is not None:
            return self.do(self.world.adn, sender, call, arguments, expected, action=action)
        if sender not in (*self.world.people, self.world.genesis):
            return None
        return super().act(action, sender, call, arguments, expected)

    def do(
        self,
        contract: Contract,
        sender: str,
        call: str,
        arguments: list[Any],
        expected: Callable[[], Any],
        *,
        action: str,
    ) -> Any:
        """Does on the chain what `expected` did in the model, or is refused as that was; None if it was refused.

        While calls are gathered to be relayed, it waits with them for the chain.
        """
        self.sound = False
        try:
            wanted = expected()
        except Refused as refusal:
            if self.relayed is not None:
                self.relayed.append(Relayed(call, contract.encode(call, *arguments), refusal))
                return None
            before = self.seen()
            with expect(refusal.name, *refusal.values):
                contract[call](*arguments, sender=sender)
            assert self.seen() == before
            self.refused[f"{action}: {refusal.name}"] += 1
            return None
        if self.relayed is not None:
            self.relayed.append(Relayed(call, contract.encode(call, *arguments)))
            return True if wanted is None else wanted
        found = contract[call](*arguments, sender=sender)
        assert found == wanted
        self.done[action] += 1
        self.hear()
        return True if wanted is None else wanted

    def at_checkout(
        self, action: str, sender: str, call: str, arguments: list[Any], expected: Callable[[], Any]
    ) -> Any:
        return self.do(self.world.checkout, sender, call, arguments, expected, action=action)

    def hear(self) -> None:
        """What the chain says of orders is what the model thinks of them."""
        for event in self.chain.events("OrderPaid", "OrderCaptured"):
            values = event.values
            order = self.model.orders[values["orderKey"]]
            if event.name == "OrderPaid":
                self.announced[order.key] += 1
                assert (values["payer"], values["customer"]) == (order.payer, order.customer)
                assert (values["amount"], values["burnBps"]) == (order.amount, order.burn_bps)
            else:
                shares = (values["toMerchant"], values["burned"], values["donated"], values["returned"])
                assert shares == (order.to_merchant, order.burned, order.donated, order.returned)
                assert (values["tokenId"] == 0) == (order.returned != 0)
                assert values["cause"] == order.cause
                if order.returned:
                    self.done["capture without a node"] += 1

    # --------------------------------------------------------------- invariants

    def seen(self) -> bytes:
        """All that can be seen on the chain: nodes and coins, then checkout and custody."""
        model, lens = self.model, self.checkout_lens
        data = lens.encode("look", len(model.programs), len(model.batches), list(model.orders))
        return super().seen() + self.chain.send(ZERO, lens.address, data, static=True)[64:]

    def foreseen(self) -> list[int]:
        """The same, from the model."""
        model = self.model
        words = super().foreseen()
        for program_id in model.programs:
            words += [model.reserved(program_id), model.alliance_of(program_id)]
        words += [batch.left for batch in model.batches.values()]
        for order in model.orders.values():
            words += order.words()
        for account in self.shoppers:
            words += [model.allowances[account], model.nonces[account, model.first.get(account, b"")]]
            words += [model.spend(program_id, account) for program_id in model.programs]
        return words

    @invariant()
    def g5_conservation_at_checkout(self) -> None:
        model = self.model
        for order in model.orders.values():
            spent = order.to_merchant + order.burned + order.donated
            assert order.amount == spent + order.refunded + order.returned + order.escrow
        escrow = sum(order.escrow for order in model.orders.values())
        rewards = sum(batch.left for batch in model.batches.values())
        assert model.coins[model.checkout] == escrow + rewards + model.strays

    @invariant()
    def g6_refunds_leave_nothing(self) -> None:
        credited: Counter[bytes] = Counter()
        for *_, amount, order_key in self.model.credits:
            credited[order_key] += amount
        for order in self.model.orders.values():
            assert credited[order.key] == (order.left - order.returned if order.status == CAPTURED else 0)
            assert order.burned + order.returned <= -(-order.left * order.burn_bps // ALL)

    @invariant()
    def g7_paid_once(self) -> None:
        assert self.announced == Counter(dict.fromkeys(self.model.orders, 1))

    # ------------------------------------------------------------------ the end

    def live_to_the_end(self) -> None:
        """Orders reach their end, batches are emptied, members leave with everything; then every node pays."""
        model, checkout = self.model, self.world.checkout
        ends = [order.deadline for order in model.orders.values()]
        ends += [batch.deadline + 1 for batch in model.batches.values()]
        self.move_clock(max([model.now, *ends]))
        keys = list(model.orders)
        stranger = self.world.stranger
        self.at_checkout("capture at the end", stranger, "capture", [keys], lambda: model.capture(keys))
        assert all(checkout.orderOf(order_key)["status"] in (CAPTURED, REFUNDED) for order_key in keys)
        for batch_id in model.batches:
            self.reclaim_batch(batch_id, "reclaim at the end")
        assert self.world.fec.balanceOf(checkout.address) == model.strays
        assert all(checkout.reservedOf(program_id) == 0 for program_id in model.programs)
        self.open_the_rest()
        self.leave_custody()
        super().live_to_the_end()

    def reclaim_batch(self, batch_id: int, action: str = "reclaimRewards") -> None:
        stranger = self.world.stranger
        self.at_checkout(action, stranger, "reclaimRewards", [batch_id], lambda: self.model.reclaim_rewards(batch_id))

    def as_signer(self, member: Member, signer: bytes) -> Member:
        """Somebody who acts on a member's vault: the first signer by brand and salt, others by the vault alone."""
        return member if signer == member.signer else Member(member.vault, ZERO, bytes(32), signer)

    def acting(self, member: Member, pick: int) -> Member:
        """Mostly one of the vault's present signers; now and then anybody."""
        anybody = [bytes.fromhex(key.address[2:]) for key in KEYS.values()]
        return self.as_signer(
            member, pick_from(self.model.present(member.vault) if pick % 8 != 7 else anybody, pick // 8)
        )

    def leave_custody(self) -> None:
        """G8."""
        for member, vault in zip(self.members, self.vaults, strict=True):
            ids = [node.id for node in self.model.nodes.values() if node.owner == vault]
            # Any of its signers can: the last one added does.
            leaving = self.as_signer(member, self.model.present(vault)[-1])
            self.take_out(leaving, ids, 2**256 - 1, self.world.stranger, by=KEYS[leaving.key], action="leave custody")
            assert self.world.fec.balanceOf(vault) == self.world.adn.balanceOf(vault) == 0

    def take_out(
        self, member: Member, ids: list[int], amount: int, to: str, *, by: Key, ahead: int = 0, action: str = "withdraw"
    ) -> None:
        """A withdrawal signed by somebody for the vault's next nonce, or for one `ahead`."""
        vault = self.world.vault(member)
        nonce, wanted = self.model.nonces[vault, member.signer] + ahead, [acts.withdraw(to, ids, amount)]
        digest = acts_hash(self.world.custodian.address, member, wanted, nonce=nonce)
        self.do(
            self.world.custodian,
            self.world.admin,
            "act",
            [member.words, [act.fields for act in wanted], nonce, NEVER, by.sign(digest)],
            lambda: self.model.withdraw(
                vault, ids, amount, to, member=member.signer, nonce=nonce, signed=by.address == member.key
            ),
            action=action,
        )
