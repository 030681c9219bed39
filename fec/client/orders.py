"""Orders: quoting, paying in five ways, refunding, capturing.

invoice = Invoice(program_id=2, order_id="A-1027", amount=parse_fec("120"), currency_reference="USD 1.20", expiry=…)
order = Order(invoice, merchant.orders.sign(invoice, signing_key), customer=shopper.address)
shopper.orders.approve(order.amount)
paid = shopper.orders.pay(order)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from web3.types import TxReceipt

from fec.chain.contracts import Handle, basics
from fec.chain.gas import MOST_GAS
from fec.chain.rpc import NEXT_BLOCK, clear_errors, next_time
from fec.client.receivers import check_customer
from fec.client.settlements import Settlements
from fec.i18n.errors import NotFound
from fec.protocol import calls, signing
from fec.protocol.addresses import ADDRESS_ZERO, checked_address
from fec.protocol.bytes32 import from_bytes32
from fec.protocol.calls import ContractCall
from fec.protocol.orders import (
    Authorization,
    Capture,
    Captured,
    Invoice,
    Order,
    OrderHistory,
    OrderStatus,
    Paid,
    PaidOrder,
    Permit,
    Quote,
    Refunded,
)
from fec.protocol.signing import Domain, TypedMessage
from fec.protocol.types import Payout, Receipt

#: Most gas that a capture asks for: for each order, when its customer's hook uses up all that it gets, and besides.
GAS_PER_CAPTURE = 640_000
GAS_PER_BATCH = 200_000
#: Public endpoints limit how many values one search of logs may name.
_KEYS_PER_SEARCH = 100
#: Names in the EIP-712 domains of Checkout and FEC, as their constructors have them.
CHECKOUT_NAME = "FEC Checkout"
COUPON_NAME = "Fortune Earnings Coupon"


class Orders:
    """Orders at one deployment's Checkout. Amounts in wei, times in seconds. Senders raise as `Sender.send`."""

    def __init__(self, checkout: Handle, fec: Handle, adn: Handle, settlements: Settlements, chain_id: int) -> None:
        """Takes Checkout, FEC, the node contract, what opens settled nodes, and the chain they are on."""
        self._settlements = settlements
        self._checkout = checkout
        self._fec = fec
        self._adn = adn
        self.domain = Domain(CHECKOUT_NAME, chain_id, checkout.address)
        self._coupon_domain = Domain(COUPON_NAME, chain_id, fec.address)

    @property
    def address(self) -> ChecksumAddress:
        """Address of Checkout: the issuer of programs that sell through it, and the spender of allowances."""
        return self._checkout.address

    # ------------------------------------------------------------------ before

    def quote(self, program_id: int, amount: int, customer: str | None = None) -> Quote:
        """What a payment by a customer, or by the signer, would do now. Raises what the payment would."""
        terms = (program_id, self._or_sender(customer), amount)
        self.check_customer(self._or_sender(customer))
        return Quote(*self._checkout.read("quote", *terms, block=NEXT_BLOCK))

    def check_customer(self, customer: str) -> None:
        """Raises CustomerRefusesNodes if a customer is a contract that does not accept nodes."""
        check_customer(self._checkout.contract.w3, self._adn.address, self._checkout.address, customer)

    def invoice_message(self, invoice: Invoice) -> TypedMessage:
        """The message that the program's signer signs."""
        return signing.invoice_message(self.domain, invoice)

    def order_message(self, order: Order) -> TypedMessage:
        """What the shopper commits to; its hash is the nonce of their authorization."""
        return signing.order_message(self.domain, order)

    def sign(self, invoice: Invoice, key: LocalAccount) -> str:
        """The signature of the program's signer over an invoice, as hex."""
        return self.invoice_message(invoice).sign(key)

    def permit_message(self, order: Order, owner: str, deadline: int) -> TypedMessage:
        """The message that a shopper signs to let Checkout take an order's amount (ERC-2612), until a deadline."""
        nonce: int = self._fec.read("nonces", checked_address(owner))
        return signing.permit_message(
            self._coupon_domain,
            owner=checked_address(owner),
            spender=self.address,
            value=order.amount,
            nonce=nonce,
            deadline=deadline,
        )

    def permit(self, order: Order, key: LocalAccount, deadline: int | None = None) -> Permit:
        """A permit for an order, signed; valid until the order's expiry or an earlier `deadline`."""
        deadline = order.invoice.expiry if deadline is None else deadline
        return Permit(deadline, self.permit_message(order, key.address, deadline).sign(key))

    def authorization_message(self, order: Order, payer: str, valid_after: int, valid_before: int) -> TypedMessage:
        """What a shopper signs so that anybody can send their payment of an order, and none other (ERC-3009)."""
        return signing.authorization_message(
            self._coupon_domain,
            payer=checked_address(payer),
            to=self.address,
            value=order.amount,
            valid_after=valid_after,
            valid_before=valid_before,
            nonce=self.order_message(order).hash,
        )

    def authorize(
        self,
        order: Order,
        key: LocalAccount,
        *,
        payer: str | None = None,
        valid_after: int = 0,
        valid_before: int | None = None,
    ) -> Authorization:
        """An order's payment, signed; to be sent by anybody. Valid up to the order's expiry, unless told otherwise.

        `payer` is a contract wallet that takes the key's signature for its own (ERC-1271); the key's account, if none.
        """
        payer = key.address if payer is None else checked_address(payer)
        before = order.invoice.expiry + 1 if valid_before is None else valid_before
        signature = self.authorization_message(order, payer, valid_after, before).sign(key)
        return Authorization(payer, valid_after, before, signature)

    def approve(self, amount: int) -> Receipt:
        """Lets Checkout take up to `amount` wei of the signer's FEC, for orders and rewards."""
        return basics(self._fec.send(calls.approve(self.address, amount)))

    def allowance(self, holder: str | None = None) -> int:
        """What Checkout may still take of a holder's FEC, or of the signer's, in wei."""
        allowance: int = self._fec.read("allowance", self._or_sender(holder), self.address)
        return allowance

    def plain(self, order: Order) -> Order:
        """An order whose merchant signature has the form that contracts take, if the signer's own key gave it."""
        if signing.is_usual(order.merchant_signature):
            return order
        try:
            (signer, *_), _ = self._checkout.read("termsOf", order.invoice.program_id)
        except NotFound:
            return order
        plain = signing.plain(signer, self.invoice_message(order.invoice).hash, order.merchant_signature)
        return replace(order, merchant_signature=plain)

    # ----------------------------------------------------------------- payment
    # With a return window the contract would take the coins of a customer that gets no node at capture: each of these
    # raises CustomerRefusesNodes before it sends anything.

    def pay(self, order: Order) -> Paid:
        """Pays an order out of the signer's allowance to Checkout."""
        return self._pay(order, calls.pay(self.plain(order)))

    def pay_with_permit(self, order: Order, permit: Permit) -> Paid:
        """Pays an order of the signer's, who permits it in the same transaction (ERC-2612).

        Raises InvalidArgument for a signature that is not r, s, v.
        """
        return self._pay(order, calls.pay_with_permit(self.plain(order), permit))

    def pay_with_authorization(self, order: Order, authorization: Authorization) -> Paid:
        """Sends a payment that its payer has signed (ERC-3009). The signer of the transaction pays for gas only."""
        given = authorization
        message = self.authorization_message(order, given.payer, given.valid_after, given.valid_before)
        signed = replace(given, signature=signing.plain(given.payer, message.hash, given.signature))
        return self._pay(order, calls.pay_with_authorization(self.plain(order), signed))

    def transfer_and_call(self, order: Order) -> Paid:
        """Pays an order by sending the signer's FEC along with it, without any allowance (ERC-1363)."""
        return self._pay(order, calls.transfer_and_pay(self.address, self.plain(order)), self._fec)

    def pay_from_nodes(self, order: Order, token_ids: Sequence[int]) -> Paid:
        """Claims from nodes for their owners, then pays out of the signer's allowance to Checkout.

        Settled ones that nobody has opened are opened first, in a transaction of their own.
        """
        call = calls.pay_from_nodes(self.plain(order), token_ids)
        return self._settlements.opening_first(token_ids, lambda: self._pay(order, call))

    # ------------------------------------------------------------------- after

    def refund(self, order_key: str, amount: int | None = None) -> Refunded:
        """Pays some of an order back to its payer, or all that is left; for the program's operator and signer."""
        if amount is None:
            order = self.get(order_key)
            amount = order.amount - order.refunded
        receipt = self._checkout.send(calls.refund(order_key, amount))
        event = self._checkout.emitted("OrderRefunded", receipt)[0]
        return Refunded(basics(receipt), order_key, event["amount"], event["refundedInAll"])

    def capture(self, order_keys: Sequence[str]) -> Captured:
        """Makes orders final whose return window is over; anybody may. Those that are final already are skipped."""
        receipt = self._checkout.send(calls.capture(order_keys))
        return Captured(basics(receipt), _captures(self._checkout, receipt))

    def batches(self, order_keys: Sequence[str]) -> list[list[str]]:
        """Cuts a list of orders into pieces for one capture each, of half a block at most."""
        return batches(order_keys, min(self.block_gas() // 2, MOST_GAS))

    def block_gas(self) -> int:
        """Most gas that a block takes now."""
        with clear_errors():
            return self._checkout.contract.w3.eth.get_block("latest")["gasLimit"]

    def get(self, order_key: str) -> PaidOrder:
        """Where an order stands; one that was never paid has the status UNPAID."""
        return _paid_order(order_key, self._checkout.read("orderOf", order_key))

    def states(self, order_keys: Sequence[str]) -> list[PaidOrder]:
        """Where many orders stand, in their order; many to a round trip."""
        return self._states(order_keys, self._block())

    def record(self, order_key: str) -> OrderHistory | None:
        """One order's whole story; None if it was never paid."""
        records = self._records(self._block(), orderKey=order_key)
        return records[0] if records else None

    def records(self, program_id: int | None = None, customer: str | None = None) -> list[OrderHistory]:
        """All orders paid so far, of a program or customer if named, oldest first, with their whole story."""
        return self._records(self._block(), **_topics(program_id, customer))

    def keys(self, program_id: int | None = None, customer: str | None = None) -> list[str]:
        """Keys of all orders paid so far, of a program or customer if named, oldest first. Found in Checkout's logs."""
        payments = self._checkout.logs("OrderPaid", self._block(), **_topics(program_id, customer))
        return ["0x" + log["args"]["orderKey"].hex() for log in payments]

    def due(self, program_id: int | None = None) -> list[str]:
        """Keys of the orders whose return window is over and that nobody has captured yet, as of the block to come."""
        now = next_time(self._checkout.contract.w3)
        keys = self.keys(program_id)
        orders = self._states(keys, self._block())
        return [order.key for order in orders if order.status is OrderStatus.ESCROWED and order.return_deadline <= now]

    def _records(self, block: int, **topics: Any) -> list[OrderHistory]:
        payments = [log["args"] for log in self._checkout.logs("OrderPaid", block, **topics)]
        keys = ["0x" + payment["orderKey"].hex() for payment in payments]
        captures: dict[str, Capture] = {}
        for first in range(0, len(keys), _KEYS_PER_SEARCH):
            some = keys[first : first + _KEYS_PER_SEARCH]
            for log in self._checkout.logs("OrderCaptured", block, orderKey=some):
                capture = _capture(log["args"])
                captures[capture.order_key] = capture
        return [
            OrderHistory(
                state=state,
                program_id=payment["programId"],
                order_id=from_bytes32(payment["orderId"]),
                currency_reference=from_bytes32(payment["currencyReference"]),
                customer=payment["customer"],
                amount=payment["amount"],
                burn_bps=payment["burnBps"],
                capture=captures.get(state.key),
            )
            for payment, state in zip(payments, self._states(keys, block), strict=True)
        ]

    def _states(self, keys: Sequence[str], block: int) -> list[PaidOrder]:
        return list(map(_paid_order, keys, self._checkout.read_each("orderOf", [(key,) for key in keys], block)))

    def _block(self) -> int:
        with clear_errors():
            return self._checkout.contract.w3.eth.block_number

    def _pay(self, order: Order, call: ContractCall, handle: Handle | None = None) -> Paid:
        self.check_customer(order.customer)
        return self._paid((handle or self._checkout).send(call))

    def _paid(self, receipt: TxReceipt) -> Paid:
        return paid(self._checkout, self._adn, receipt)

    def _or_sender(self, account: str | None) -> str:
        return self._checkout.sender.address if account is None else checked_address(account)


def batches(order_keys: Sequence[str], gas_limit: int) -> list[list[str]]:
    """Cuts a list of orders into pieces whose capture takes at most `gas_limit` gas. Keeps the order.

    Raises ValueError if not even one order fits.
    """
    size = (gas_limit - GAS_PER_BATCH) // GAS_PER_CAPTURE
    if size < 1:
        raise ValueError(f"{gas_limit} gas do not suffice to capture one order.")
    return [list(order_keys[first : first + size]) for first in range(0, len(order_keys), size)]


def paid(checkout: Handle, adn: Handle, receipt: TxReceipt) -> Paid:
    """What a transaction that paid one order did."""
    event = checkout.emitted("OrderPaid", receipt)[0]
    captures = _captures(checkout, receipt)
    claimed = tuple(
        Payout(claim["tokenId"], claim["recipient"], claim["claimAmount"])
        for claim in adn.emitted("PayoutClaimed", receipt)
    )
    return Paid(
        receipt=basics(receipt),
        order_key="0x" + event["orderKey"].hex(),
        order_id=from_bytes32(event["orderId"]),
        payer=event["payer"],
        customer=event["customer"],
        amount=event["amount"],
        burn_bps=event["burnBps"],
        return_deadline=event["returnDeadline"] or None,
        capture=captures[0] if captures else None,
        claimed=claimed,
    )


def _captures(checkout: Handle, receipt: TxReceipt) -> tuple[Capture, ...]:
    return tuple(map(_capture, checkout.emitted("OrderCaptured", receipt)))


def _capture(event: Mapping[str, Any]) -> Capture:
    return Capture(
        order_key="0x" + event["orderKey"].hex(),
        token_id=event["tokenId"] or None,
        to_merchant=event["toMerchant"],
        burned=event["burned"],
        donated=event["donated"],
        cause=_account(event["cause"]),
        returned=event["returned"],
    )


def _topics(program_id: int | None, customer: str | None) -> dict[str, Any]:
    topics = {"programId": program_id, "customer": None if customer is None else checked_address(customer)}
    return {name: value for name, value in topics.items() if value is not None}


def _paid_order(key: str, fields: tuple[int, str, str, str, int, int, int, int, int, int, int]) -> PaidOrder:
    status, payer, customer, cause, *numbers = fields
    return PaidOrder(key, OrderStatus(status), _account(payer), _account(customer), _account(cause), *numbers)


def _account(address: str) -> str | None:
    return None if address == ADDRESS_ZERO else address
