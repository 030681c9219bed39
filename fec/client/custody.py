"""Custody: a brand keeps nodes and coins for members without a wallet, and only the member's key moves them.

A purchase on a member's behalf is an ordinary order whose customer is the member's vault:

    member = Member(brand.address, key.address, salt)
    vault = brand.custody.vault(brand.address, member.id)
    brand.orders.pay(Order(invoice, signature, customer=vault))

Spending and withdrawing take the signature of the member's key; anybody may send them:

    anybody.custody.spend(member, order, token_ids, brand.custody.sign_spend(order, key))
"""

from __future__ import annotations

from collections.abc import Sequence

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from fec.chain.contracts import Handle, basics
from fec.chain.rpc import clear_errors
from fec.client.orders import Orders, paid
from fec.client.settlements import Settlements
from fec.protocol import calls, signing
from fec.protocol.addresses import checked_address
from fec.protocol.members import ALL_COINS, Enrolled, Member, Withdrawal, Withdrawn
from fec.protocol.orders import Order, Paid
from fec.protocol.signing import Domain, TypedMessage

#: Name in the EIP-712 domain of the custodian, as its constructor has it.
CUSTODIAN_NAME = "FEC Custodian"


class Custody:
    """Members' vaults of one deployment. Amounts in wei, times in seconds. What sends raises as `Sender.send` does."""

    def __init__(
        self, custodian: Handle, checkout: Handle, adn: Handle, orders: Orders, settlements: Settlements
    ) -> None:
        """Takes the custodian, Checkout, the node contract, the orders at Checkout, and what opens settled nodes."""
        self._custodian = custodian
        self._checkout = checkout
        self._adn = adn
        self._orders = orders
        self._settlements = settlements
        self.domain = Domain(CUSTODIAN_NAME, orders.domain.chain_id, custodian.address)

    @property
    def address(self) -> ChecksumAddress:
        """Where the custodian is."""
        return self._custodian.address

    def vault(self, brand: str, member_id: str) -> str:
        """Where a member's nodes and coins are kept; known before anything is there."""
        vault: str = self._custodian.read("vaultOf", checked_address(brand), member_id)
        return vault

    def enroll(self, member_id: str) -> Enrolled:
        """Announces a member of the signer's brand, so that listings show them."""
        receipt = self._custodian.send(calls.enroll(member_id))
        return Enrolled(basics(receipt), member_id, self._custodian.emitted("MemberEnrolled", receipt)[0]["vault"])

    def members(self, brand: str) -> dict[str, str]:
        """Vaults of all members that a brand has announced, by member id, oldest first. Found in the logs."""
        with clear_errors():
            block = self._custodian.contract.w3.eth.block_number
        events = [log["args"] for log in self._custodian.logs("MemberEnrolled", block, brand=checked_address(brand))]
        return {"0x" + event["memberId"].hex(): event["vault"] for event in events}

    # ---------------------------------------------------------------- spending

    def spend_message(self, order: Order) -> TypedMessage:
        """What a member signs to pay an order out of their vault, which is the order's customer."""
        order_hash = self._orders.order_message(order).hash
        return signing.spend_message(self.domain, checked_address(order.customer), order_hash)

    def sign_spend(self, order: Order, key: LocalAccount) -> str:
        """The signature of a member's key, as hex, to pay an order out of their vault."""
        return self.spend_message(order).sign(key)

    def spend(self, member: Member, order: Order, token_ids: Sequence[int] = (), signature: str = "0x") -> Paid:
        """Claims from nodes for their owners, then pays an order out of a member's vault. Anybody may send it.

        Settled nodes that nobody has opened are opened first, in a transaction of their own.

        The signature is not needed when the member's key itself sends it.
        """
        plain = signing.plain(member.key, self.spend_message(order).hash, signature)
        call = calls.spend(member, self._orders.plain(order), token_ids, plain)
        receipt = self._settlements.opening_first(token_ids, lambda: self._custodian.send(call))
        return paid(self._checkout, self._adn, receipt)

    # ------------------------------------------------------------- withdrawing

    def nonce(self, vault: str) -> int:
        """Number of a vault's next withdrawal."""
        nonce: int = self._custodian.read("nonceOf", checked_address(vault))
        return nonce

    def withdrawal(
        self, member: Member, to: str, deadline: int, *, token_ids: Sequence[int] = (), amount: int = ALL_COINS
    ) -> Withdrawal:
        """A member's next withdrawal, to be signed: these nodes, and all coins unless told otherwise."""
        vault = self.vault(member.brand, member.id)
        return Withdrawal(vault, tuple(token_ids), amount, checked_address(to), self.nonce(vault), deadline)

    def withdrawal_message(self, withdrawal: Withdrawal) -> TypedMessage:
        """What a member signs to take something out of their vault."""
        return signing.withdrawal_message(self.domain, withdrawal)

    def sign_withdrawal(self, withdrawal: Withdrawal, key: LocalAccount) -> str:
        """The signature of a member's key, as hex, to take something out of their vault."""
        return self.withdrawal_message(withdrawal).sign(key)

    def withdraw(self, member: Member, withdrawal: Withdrawal, signature: str = "0x") -> Withdrawn:
        """Takes nodes and coins out of a member's vault. Anybody may send it.

        Settled nodes that nobody has opened are opened first, in a transaction of their own.

        The signature is not needed when the member's key itself sends it.
        """
        plain = signing.plain(member.key, self.withdrawal_message(withdrawal).hash, signature)
        call = calls.withdraw(member, withdrawal, plain)
        receipt = self._settlements.opening_first(withdrawal.token_ids, lambda: self._custodian.send(call))
        event = self._custodian.emitted("Withdrawn", receipt)[0]
        return Withdrawn(basics(receipt), event["to"], tuple(event["tokenIds"]), event["amount"])
