"""What people do at checkout, at random: the state machine's rules of shops and orders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eth_utils.crypto import keccak
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from fec.core.durations import DAY, WEEK
from tests.contracts.stateful.checkout_books import ESCROWED
from tests.contracts.stateful.checkout_machine import KEYS, CheckoutBase
from tests.contracts.stateful.node_machine import AMOUNT, PICK, pick_from
from tests.contracts.support.evm import ZERO
from tests.contracts.support.shop_world import NEVER, Order, Terms
from tests.contracts.support.world import FEC

#: One in so many is meant to be refused, for each thing that can be wrong with an order.
RARE = 24
WEI = st.integers(1, 10**4) | st.integers(10**15, 10**23) | st.integers(10**18, 10**22)
WINDOW = st.sampled_from([0, 0, 1, DAY, DAY, 14 * DAY, 365 * DAY])
LADDER = st.sampled_from(
    [
        ((0, 1000),),
        ((0, 1000), (100, 1500), (2000, 3000)),
        ((0, 1234), (1, 1234), (5, 2345), (9999, 7000), (10**6, 8000)),
    ]
)
FAULT = st.integers(0, 12)
ORDER = st.fixed_dictionaries(
    {
        "shop": PICK,
        "amount": WEI,
        "customer": PICK,
        "cause": st.integers(0, 5),
        "fault": st.integers(0, RARE),
        "odd": PICK,
    }
)


class OrderRules(CheckoutBase):
    """Shops and orders."""

    # ------------------------------------------------------------------- shops

    @initialize(window=WINDOW, tiers=LADDER)
    def open_two_shops(self, window: int, tiers: tuple[tuple[int, int], ...]) -> None:
        self.open_shop(who=0, window=0, tiers=tiers, donation=300, quota=10**6 * FEC, period=WEEK, public=1)
        self.open_shop(who=1, window=window or DAY, tiers=tiers, donation=0, quota=10**6 * FEC, period=DAY, public=1)

    @rule(
        who=PICK,
        window=WINDOW,
        tiers=LADDER,
        donation=st.integers(0, 2000),
        quota=WEI,
        period=st.sampled_from([DAY, WEEK]),
        public=st.integers(0, 3),
    )
    def open_shop(
        self,
        *,
        who: int,
        window: int,
        tiers: tuple[tuple[int, int], ...],
        donation: int,
        quota: int,
        period: int,
        public: int,
    ) -> None:
        """A program that Checkout mints in, or one in four that everybody may mint in, with terms."""
        if len(self.model.programs) > 6:
            return
        operator, issuer = self.person(who), self.model.checkout if public else ZERO
        program_id = self.act(
            "createProgram",
            self.world.admin,
            "createProgram",
            [operator, issuer, period, 0, quota],
            lambda: self.model.create_program(self.world.admin, operator, issuer, length=period, origin=0, quota=quota),
        )
        if program_id:
            self.set_terms(program=None, who=1, signer=who, window=window, tiers=tiers, donation=donation, fault=0)

    @rule(
        program=PICK,
        who=PICK,
        signer=PICK,
        window=WINDOW,
        tiers=LADDER,
        donation=st.integers(0, 3000),
        fault=FAULT,
    )
    def set_terms(
        self,
        *,
        program: int | None,
        who: int,
        signer: int,
        window: int,
        tiers: tuple[tuple[int, int], ...],
        donation: int,
        fault: int,
    ) -> None:
        """`program` None is the last one."""
        program_id = len(self.model.programs) if program is None else self.program_id(program)
        donation = min(donation, 10_000 - tiers[-1][1])
        causes = (self.world.cause, self.world.carol)[: signer % 3]
        terms = Terms(self.payer(signer), self.world.treasury, window, donation, signer, tiers, causes)
        faults: dict[int, dict[str, Any]] = {
            1: {"signer": ZERO},
            2: {"treasury": self.model.checkout},
            3: {"window": 365 * DAY + 1},
            4: {"tiers": (*tiers, (0, 9000))[-2:]},
            5: {"tiers": ((0, 999),)},
            6: {"donation": 10_001 - tiers[-1][1]},
            7: {"causes": (ZERO,)},
        }
        terms = replace(terms, **faults.get(fault, {}))
        sender = self.operator(program_id, who)
        self.at_checkout(
            "setTerms",
            sender,
            "setTerms",
            [program_id, terms.words],
            lambda: self.model.set_terms(sender, program_id, terms),
        )

    @rule(who=PICK, program=PICK, amount=AMOUNT, to=PICK)
    def mint(self, who: int, program: int, amount: int, to: int) -> None:
        """As the parent's, but that nobody can send as Checkout."""
        program_id, receiver = self.program_id(program), self.receiver(to)
        terms = self.model.programs.get(program_id)
        sender = terms.issuer if terms and terms.issuer in self.world.people and who % 4 else self.person(who // 4)
        self.act(
            "mint",
            sender,
            "mint",
            [program_id, amount, receiver],
            lambda: self.model.mint(sender, program_id, amount, receiver),
        )

    # ------------------------------------------------------------------ orders

    def compose(self, order: dict[str, Any], customer: str | None = None) -> tuple[Order, str]:
        """An order that is mostly good, and who signed its invoice."""
        program_id, fault = self.shop_id(order["shop"]), order["fault"]
        versions = self.model.terms[program_id]
        terms = versions[-1] if versions else None
        signer = terms.signer if terms else self.payer(order["odd"])
        causes = terms.causes if terms else ()
        composed = Order(
            program_id,
            keccak(len(self.model.orders)),
            order["amount"],
            b"USD".ljust(32, b"\0"),
            self.model.now + order["odd"] % 2,
            customer or self.shopper(order["customer"]),
            cause=(*causes, ZERO, ZERO)[order["cause"] % (len(causes) + 1)],
        )
        if fault == 1 and self.model.orders:
            composed = replace(composed, order_id=keccak(order["odd"] % len(self.model.orders)))
        elif fault == 2:
            composed = replace(composed, expiry=self.model.now - 1)
        elif fault == 3:
            composed = replace(composed, customer=pick_from([ZERO, self.model.checkout], order["odd"]))
        elif fault == 4:
            signer = self.payer(order["odd"])
        elif fault == 5:
            composed = replace(composed, cause=self.person(order["odd"]))
        elif fault == 6:
            composed = replace(composed, amount=pick_from([0, 2**96, 2**96 - 1], order["odd"]))
        elif fault in (7, 8, 9) and terms:
            burned = -(-composed.amount * self.model.burn_bps(program_id, composed.customer) // 10_000)
            composed = replace(composed, min_principal=burned + (fault == 7))
        elif fault in (10, 11, 12) and terms:
            composed = replace(composed, amount=self.around_quota(program_id, composed.customer, fault - 11))
        invoice = self.world.checkout.hashInvoice(composed.words)
        return replace(composed, signature=KEYS[signer].sign(invoice)), signer

    def around_quota(self, program_id: int, customer: str, off: int) -> int:
        """An amount that burns all of what is left, about."""
        program = self.model.programs[program_id]
        left = max(1, program.quota - self.model.reserved(program_id))
        return max(1, left * 10_000 // self.model.burn_bps(program_id, customer) + off)

    @rule(order=ORDER, who=PICK)
    def pay_by_allowance(self, order: dict[str, Any], who: int) -> None:
        (composed, signer), payer = self.compose(order), self.person(who)
        self.at_checkout(
            "pay by allowance", payer, "pay", [composed.words], lambda: self.model.pay(payer, composed, signer)
        )

    @rule(order=ORDER, who=PICK, fault=st.integers(0, 4))
    def pay_by_permit(self, order: dict[str, Any], who: int, fault: int) -> None:
        """The permit is good, or used by somebody else already, or another's: then the allowance there decides."""
        (composed, signer), payer = self.compose(order), self.signer(who)
        name = next(name for name, known in self.names() if known == (payer.address if fault else self.payer(who + 1)))
        permit = self.world.permit(payer.address, composed.amount, signed_by=name)
        if fault == 1:
            self.world.fec.permit(payer.address, self.model.checkout, composed.amount, *permit, sender=self.world.bob)
            self.model.allowances[payer.address] = composed.amount
        valid = fault > 1
        self.at_checkout(
            "payWithPermit",
            payer.address,
            "payWithPermit",
            [composed.words, *permit],
            lambda: self.model.pay_with_permit(payer.address, composed, signer, valid=valid),
        )
        # So that paying by allowance goes on working.
        self.world.allow(payer.address, 2**200)
        self.model.allowances[payer.address] = 2**200

    def names(self) -> list[tuple[str, str]]:
        return [
            (name, getattr(self.world, name)) for name in ["alice", "bob", "carol", "merchant", "signer", "stranger"]
        ]

    @rule(order=ORDER, who=PICK, fault=st.integers(0, RARE), relay=PICK)
    def pay_by_authorization(self, order: dict[str, Any], who: int, fault: int, relay: int) -> None:
        (composed, signer), payer = self.compose(order), self.payer(who)
        times = {1: (self.model.now, NEVER), 2: (0, self.model.now)}.get(fault, (0, NEVER))
        signed_by = self.payer(who + 1) if fault == 3 else payer
        name = next(name for name, known in self.names() if known == signed_by)
        authorization = self.world.authorization(composed, payer, after=times[0], before=times[1], signed_by=name)
        self.at_checkout(
            "payWithAuthorization",
            self.person(relay),
            "payWithAuthorization",
            [composed.words, *authorization],
            lambda: self.model.pay_with_authorization(payer, composed, signer, times, own=signed_by == payer),
        )

    @rule(order=ORDER, who=PICK, off=st.integers(-1, RARE))
    def pay_by_transfer(self, order: dict[str, Any], who: int, off: int) -> None:
        (composed, signer), payer = self.compose(order), self.person(who)
        sent = max(0, composed.amount + off) if off in (-1, 1) else composed.amount
        self.do(
            self.world.fec,
            payer,
            "transferAndCall(address,uint256,bytes)",
            [self.model.checkout, sent, self.world.encoded(composed)],
            lambda: self.model.transfer_and_call(payer, composed, signer, sent),
            action="transferAndCall",
        )

    @rule(order=ORDER, who=PICK, nodes=st.lists(PICK, min_size=1, max_size=4))
    def pay_by_nodes(self, order: dict[str, Any], who: int, nodes: list[int]) -> None:
        (composed, signer), payer = self.compose(order), self.person(who)
        mine = [node.id for node in self.model.nodes.values() if node.owner == payer]
        ids = [pick_from(mine, node) if mine and node % 8 != 7 else self.node_id(node // 8) for node in nodes]
        self.at_checkout(
            "payFromNodes",
            payer,
            "payFromNodes",
            [composed.words, ids],
            lambda: self.model.pay_from_nodes(payer, composed, signer, ids),
        )

    def order_key(self, pick: int) -> bytes:
        """Mostly an order in escrow."""
        waiting = [order.key for order in self.model.orders.values() if order.status == ESCROWED]
        known = waiting if waiting and pick % 4 != 3 else list(self.model.orders)
        return keccak(pick) if not known or pick % 32 == 31 else bytes(pick_from(known, pick // 32))

    @rule(order=PICK, who=PICK, part=st.integers(0, 1200), odd=st.integers(-1, 1))
    def refund(self, order: int, who: int, part: int, odd: int) -> None:
        """Some thousandths of what is left, or all."""
        order_key = self.order_key(order)
        paid = self.model.orders.get(order_key)
        amount = max(0, paid.left * min(part, 1000) // 1000 + (odd if part < 1100 else 0)) if paid else 1
        sender = self.keeper(paid.program if paid else 1, who)
        self.refund_part(order_key, amount, sender)

    def refund_part(self, order_key: bytes, amount: int, sender: str) -> None:
        self.at_checkout(
            "refund", sender, "refund", [order_key, amount], lambda: self.model.refund(sender, order_key, amount)
        )

    @rule(
        order=ORDER,
        who=PICK,
        parts=st.lists(st.integers(1, 999), max_size=4),
        tiers=st.none() | LADDER,
        window=WINDOW,
        late=st.booleans(),
    )
    def buy_and_return(
        self,
        *,
        order: dict[str, Any],
        who: int,
        parts: list[int],
        tiers: tuple[tuple[int, int], ...] | None,
        window: int,
        late: bool,
    ) -> None:
        """Back comes a part of what is left, and of that again; the rest waits, or is captured after the window.

        In between the terms may change, which changes nothing for this order.
        """
        programs, terms = self.model.programs, self.model.terms
        shops = [name for name in programs if terms[name] and not programs[name].closed]
        wanted = [at for at, name in enumerate(shops) if terms[name][-1].window]
        if not wanted:
            return
        known = len(self.model.orders)
        self.pay_by_allowance({**order, "shop": 8 * int(pick_from(wanted, order["shop"])), "fault": 0}, who)
        if len(self.model.orders) == known:
            return
        paid = list(self.model.orders.values())[-1]
        if tiers:
            self.set_terms(
                program=paid.program - 1, who=1, signer=who, window=window, tiers=tiers, donation=who % 3000, fault=0
            )
        for part in parts:
            left = self.model.orders[paid.key].left
            self.refund_part(paid.key, max(1, left * part // 1000), self.keeper(paid.program, 1))
        if late:
            self.move_clock(max(self.model.now, paid.deadline))
            self.at_checkout(
                "capture", self.person(who), "capture", [[paid.key]], lambda: self.model.capture([paid.key])
            )

    @rule(who=PICK, picks=st.lists(PICK, max_size=4), due=st.booleans())
    def capture(self, who: int, picks: list[int], due: bool) -> None:
        """Orders whose window is over, or any."""
        ready = [order.key for order in self.model.orders.values() if order.deadline <= self.model.now]
        keys = [pick_from(ready, pick) if due and ready else self.order_key(pick) for pick in picks]
        self.at_checkout("capture", self.person(who), "capture", [keys], lambda: self.model.capture(keys))

    @rule(order=PICK, off=st.integers(-1, 1), who=PICK)
    def wait_for_the_window(self, order: int, off: int, who: int) -> None:
        """To a second before, at or after the end of an order's window; then it is refunded and captured, or not."""
        paid = self.model.orders.get(self.order_key(order))
        if paid is not None:
            self.move_clock(max(self.model.now, paid.deadline + off))
            self.refund_part(paid.key, 1, self.keeper(paid.program, 1))
            self.at_checkout(
                "capture", self.person(who), "capture", [[paid.key]], lambda: self.model.capture([paid.key])
            )
