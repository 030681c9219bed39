"""Purchases: how a household pays for a basket, goods taken back, orders made final."""

from __future__ import annotations

from functools import partial

from demo.book import OrderTally
from demo.cast import WEI_PER_CENT, Habit, Household, Store
from demo.data import DAY, Basket
from demo.stage import Stage
from demo.wire import GAS, Call
from fec.client.orders import GAS_PER_BATCH, GAS_PER_CAPTURE
from fec.core.shares import burn_up
from fec.protocol import signing
from fec.protocol.orders import Invoice, Order

#: Out of a hundred purchases at stores with a return window, so many are taken back; half of them whole.
RETURNS_IN_100 = 20
#: What is taken back of the others, in percent.
PART_RETURNED = 30
#: Every so-manieth order is sent a second time.
RETRY_EVERY = 40
#: A payment claims from at most so many nodes.
MOST_NODES = 12
GAS_PER_NODE = 70_000
CAPTURES_IN_BLOCK = 40
#: Of three who may pick a cause, one does not.
CAUSE_PICKERS = 3


class Shopping:
    """Everything that happens at the tills."""

    def __init__(self, stage: Stage) -> None:
        """Takes the stage."""
        self._stage = stage
        self._escrowed: list[tuple[int, str]] = []
        self._permits: dict[str, int] = {}

    def buy(self, basket: Basket) -> None:
        """A household pays for a basket, in the way that suits it."""
        stage = self._stage
        store, household = stage.cast.stores[basket.store], stage.cast.households[basket.household]
        order = self._order(basket, store, stage.customer(household))
        payer, call, nodes = self._payment(order, household)
        allied = store.number in stage.cast.alliance
        tally = OrderTally(order, store, payer, stage.book.tier(store, order.customer, allied))

        done = stage.act(call)
        flowed_back = sum(stage.book.claim(token_id, stage.now) for token_id in nodes)
        stage.book.spent_back += min(flowed_back, order.amount)
        stage.book.pay(tally, stage.checkout.address)
        if store.terms.return_window:
            self._escrowed.append((stage.now + store.terms.return_window, order.key))
            if stage.rng.randrange(100) < RETURNS_IN_100:
                whole = stage.rng.randrange(2) == 0
                amount = order.amount if whole else order.amount * PART_RETURNED // 100
                moment = stage.now + stage.rng.randrange(DAY, store.terms.return_window - DAY)
                stage.plan(moment, partial(self._take_back, tally, amount))
        else:
            token_id = done.only("OrderCaptured")["tokenId"]
            stage.book.capture(tally, stage.checkout.address, allied, token_id)
        if len(stage.book.orders) % RETRY_EVERY == 0:
            again = stage.act(call, refused=True)
            stage.retries.append(again.tx_hash)

    def capture_due(self) -> None:
        """The keeper makes final what is past its return window."""
        stage = self._stage
        due = [key for deadline, key in self._escrowed if deadline <= stage.now]
        self._escrowed = [(deadline, key) for deadline, key in self._escrowed if deadline > stage.now]
        for first in range(0, len(due), CAPTURES_IN_BLOCK):
            keys = due[first : first + CAPTURES_IN_BLOCK]
            gas = GAS_PER_BATCH + len(keys) * GAS_PER_CAPTURE
            words = [bytes.fromhex(key[2:]) for key in keys]
            done = stage.act(stage.checkout.call(stage.cast.keeper, "capture", words, gas=gas))
            for captured in done.named("OrderCaptured"):
                tally = stage.book.orders["0x" + captured["orderKey"].hex()]
                allied = tally.store.number in stage.cast.alliance
                stage.book.capture(tally, stage.checkout.address, allied, captured["tokenId"])

    def _take_back(self, tally: OrderTally, amount: int) -> None:
        stage = self._stage
        key = bytes.fromhex(tally.order.key[2:])
        stage.act(stage.checkout.call(tally.store.till.address, "refund", key, amount))
        stage.book.refund(tally, stage.checkout.address, amount)
        if tally.refunded == tally.order.amount:
            self._escrowed = [(deadline, key) for deadline, key in self._escrowed if key != tally.order.key]

    def _order(self, basket: Basket, store: Store, customer: str) -> Order:
        stage = self._stage
        amount = basket.cents * WEI_PER_CENT
        dollars, cents = divmod(basket.cents, 100)
        invoice = Invoice(
            stage.programs[store.number],
            f"basket {basket.basket_id}",
            amount,
            f"USD {dollars}.{cents:02}",
            basket.timestamp + DAY,
        )
        signature = signing.invoice_message(stage.till_domain, invoice).sign(store.till)
        causes = store.terms.causes
        cause = stage.rng.choice(causes) if causes and stage.rng.randrange(CAUSE_PICKERS) else None
        least = burn_up(amount, store.terms.tiers[0].burn_bps)
        return Order(invoice, signature, customer, least, cause)

    def _payment(self, order: Order, household: Household) -> tuple[str, Call, list[int]]:
        """Who pays, the transaction, and the nodes that it claims from first."""
        stage = self._stage
        wallet = household.key.address
        ready = self._ready_nodes(order.customer)
        at_hand = sum(stage.book.nodes[token_id].claimable(stage.now + 1) for token_id in ready)
        if household.habit is Habit.CUSTODY:
            if at_hand + stage.book.balances[order.customer] >= order.amount:
                return order.customer, self._spend(order, household, ready), ready
            brand = stage.cast.brand.address
            return brand, stage.checkout.call(brand, "pay", order.fields), []
        if household.habit is Habit.ALLOWANCE and at_hand >= order.amount:
            gas = GAS + len(ready) * GAS_PER_NODE
            return wallet, stage.checkout.call(wallet, "payFromNodes", order.fields, ready, gas=gas), ready
        ways = {
            Habit.ALLOWANCE: self._allowed,
            Habit.AUTHORIZATION: self._authorized,
            Habit.PERMIT: self._permitted,
            Habit.ONE_CALL: self._sent_along,
        }
        return wallet, ways[household.habit](order, household), []

    def _ready_nodes(self, owner: str) -> list[int]:
        """Nodes that pay most now."""
        claimable = {node.token_id: node.claimable(self._stage.now + 1) for node in self._stage.book.owned_by(owner)}
        ready = sorted(
            (token_id for token_id, amount in claimable.items() if amount), key=lambda each: -claimable[each]
        )
        return ready[:MOST_NODES]

    def _allowed(self, order: Order, household: Household) -> Call:
        """Out of the household's allowance to the till."""
        return self._stage.checkout.call(household.key.address, "pay", order.fields)

    def _sent_along(self, order: Order, household: Household) -> Call:
        """ERC-1363: coins and order in one call, without any allowance."""
        checkout = self._stage.checkout
        data = bytes.fromhex(checkout.encode("pay", order.fields)[10:])
        call = "transferAndCall(address,uint256,bytes)"
        return self._stage.fec.call(household.key.address, call, checkout.address, order.amount, data)

    def _authorized(self, order: Order, household: Household) -> Call:
        """ERC-3009: the household signs, the relayer sends."""
        stage = self._stage
        nonce = signing.order_message(stage.till_domain, order).hash
        before = order.invoice.expiry + 1
        message = signing.authorization_message(
            stage.coupon_domain,
            payer=household.key.address,
            to=stage.checkout.address,
            value=order.amount,
            valid_after=0,
            valid_before=before,
            nonce=nonce,
        )
        signature = bytes.fromhex(message.sign(household.key)[2:])
        return stage.checkout.call(
            stage.cast.relayer,
            "payWithAuthorization",
            order.fields,
            household.key.address,
            0,
            before,
            signature,
        )

    def _permitted(self, order: Order, household: Household) -> Call:
        """ERC-2612: the allowance comes with the payment."""
        stage = self._stage
        wallet, deadline = household.key.address, order.invoice.expiry
        nonce = self._permits.get(wallet, 0)
        self._permits[wallet] = nonce + 1
        message = signing.permit_message(
            stage.coupon_domain,
            owner=wallet,
            spender=stage.checkout.address,
            value=order.amount,
            nonce=nonce,
            deadline=deadline,
        )
        signature = bytes.fromhex(message.sign(household.key)[2:])
        return stage.checkout.call(
            wallet, "payWithPermit", order.fields, deadline, signature[64], signature[:32], signature[32:64]
        )

    def _spend(self, order: Order, household: Household, nodes: list[int]) -> Call:
        """The member signs, the brand relays: coins and nodes are the vault's."""
        stage = self._stage
        if household.member is None:
            raise AssertionError("only members have vaults")
        order_hash = signing.order_message(stage.till_domain, order).hash
        message = signing.spend_message(stage.custody_domain, order.customer, order_hash)
        return stage.custodian.call(
            stage.cast.brand.address,
            "spend",
            household.member.fields,
            order.fields,
            nodes,
            bytes.fromhex(message.sign(household.key)[2:]),
            gas=GAS + len(nodes) * GAS_PER_NODE,
        )
