"""Custody: vaults of members without a wallet, which only the vault's own signers move.

A purchase on a member's behalf is an ordinary order whose customer is the member's vault:

    member = Member(brand.address, signer, salt)
    vault = brand.custody.vault(brand.address, member.id)
    brand.orders.pay(Order(invoice, signature, customer=vault))

Spending and acts take a signature of one of the vault's signers; anybody may send them:

    anybody.custody.spend(member, order, token_ids, brand.custody.sign_spend(order, key))
    instruction = anybody.custody.instruction(member, vault, [acts.merge([one, other])], deadline)
    anybody.custody.act(member, instruction, custody.sign_acts(instruction, key))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from web3.types import TxReceipt

from fec.chain.contracts import Handle, basics
from fec.chain.rpc import clear_errors
from fec.client.orders import Orders, paid
from fec.client.settlements import Settlements
from fec.protocol import acts, calls, signing
from fec.protocol.acts import Act, Instruction
from fec.protocol.addresses import ADDRESS_ZERO, checked_address
from fec.protocol.bytes32 import from_hex
from fec.protocol.members import ALL_COINS, Enrolled, Member, Withdrawn, signer_bytes, signer_hash, signer_text
from fec.protocol.orders import Order, Paid
from fec.protocol.signing import Domain, TypedMessage
from fec.protocol.types import Receipt

#: Name in the EIP-712 domain of the custodian, as its constructor has it.
CUSTODIAN_NAME = "FEC Custodian"
#: The same of the node contract.
NODES_NAME = "Airdrop Node"


@dataclass(frozen=True)
class StoredSigner:
    """A signer that a vault has stored."""

    signer: str
    """An account's address, or a verifier's address and a key, as hex."""
    removable_from: int | None
    """From when on it can be removed, in seconds since the epoch; None if nobody has asked for it."""


class Custody:
    """Vaults of one deployment. Amounts in wei, times in seconds. What sends raises as `Sender.send` does."""

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

    def vault_implementation(self) -> str:
        """What every vault is a minimal proxy of: vaults' addresses follow from it (`fec.protocol.members`)."""
        implementation: str = self._custodian.read("vaultImplementation")
        return implementation

    def passkey_verifier(self) -> str:
        """The contract that checks signatures of passkeys: the first 20 bytes of such a signer."""
        verifier: str = self._custodian.read("passkeyVerifier")
        return verifier

    def signers(self, vault: str) -> tuple[StoredSigner, ...]:
        """The signers that a vault has stored, oldest first; none while the first was never joined by another.

        Found in the logs.
        """
        checked = checked_address(vault)
        with clear_errors():
            block = self._custodian.contract.w3.eth.block_number
        added = [log["args"]["signer"] for log in self._custodian.logs("SignerAdded", block, vault=checked)]
        present = (signer_text(signer) for signer in dict.fromkeys(added))
        return tuple(
            StoredSigner(signer, self.removable_from(vault, signer))
            for signer in present
            if self.is_stored_signer(checked, signer)
        )

    def has_stored_signers(self, vault: str) -> bool:
        """Whether another signer was ever added to a vault: then those that are stored are all that it has."""
        count: int = self._custodian.read("signerCountOf", checked_address(vault))
        return count > 0

    def is_stored_signer(self, vault: str, signer: str) -> bool:
        """Whether a signer is stored for a vault."""
        stored: bool = self._custodian.read("isStoredSigner", checked_address(vault), signer_bytes(signer))
        return stored

    def removable_from(self, vault: str, signer: str) -> int | None:
        """From when on a signer can be removed, in seconds since the epoch; None if nobody has asked for it."""
        moment: int = self._custodian.read("removableFrom", checked_address(vault), from_hex(signer_hash(signer)))
        return moment or None

    def successor(self, vault: str) -> str | None:
        """Where what is still to come for a vault should go; None if it has not said so."""
        found: str = self._custodian.read("successorOf", checked_address(vault))
        return None if found == ADDRESS_ZERO else found

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

        The signature is not needed when the signer is an account that itself sends it.
        """
        plain = signing.plain(member.signer, self.spend_message(order).hash, signature)
        call = calls.spend(member, self._orders.plain(order), token_ids, plain)
        receipt = self._settlements.opening_first(token_ids, lambda: self._custodian.send(call))
        return paid(self._checkout, self._adn, receipt)

    # ---------------------------------------------------------------- accounts

    def may_act_for(self, account: str) -> bool:
        """Whether an account has made the custodian its operator, so that it can have its own nodes moved by acts."""
        may: bool = self._adn.read("isApprovedForAll", checked_address(account), self.address)
        return may

    def permit_message(self, account: str, deadline: int, *, approved: bool = True) -> TypedMessage:
        """What an account signs to make the custodian its operator, or no longer: once, before its first act."""
        owner = checked_address(account)
        nonce = self._adn.read("nonces", owner)
        domain = Domain(NODES_NAME, self.domain.chain_id, self._adn.address)
        return signing.permit_for_all_message(
            domain, owner=owner, operator=self.address, approved=approved, nonce=nonce, deadline=deadline
        )

    def permit(self, account: str, deadline: int, signature: str, *, approved: bool = True) -> Receipt:
        """Makes the custodian an account's operator, as the account has signed. Anybody may send it."""
        message = self.permit_message(account, deadline, approved=approved)
        plain = signing.plain(account, message.hash, signature)
        call = calls.permit_for_all(account, self.address, deadline, plain, approved=approved)
        return basics(self._adn.send(call))

    # -------------------------------------------------------------------- acts

    def nonce(self, vault: str, signer: str) -> int:
        """Number of a signer's next instruction for a vault."""
        nonce: int = self._custodian.read("nonceOf", checked_address(vault), signer_bytes(signer))
        return nonce

    def instruction(self, member: Member, vault: str, wanted: Sequence[Act], deadline: int) -> Instruction:
        """A signer's next instruction for a vault, to be signed. For an account that has the nodes itself, name it."""
        nonce = self.nonce(vault, member.signer)
        return Instruction(checked_address(vault), member.signer, tuple(wanted), nonce, deadline)

    def withdrawal(
        self, member: Member, to: str, deadline: int, *, token_ids: Sequence[int] = (), amount: int = ALL_COINS
    ) -> Instruction:
        """The first signer's next instruction, to take out these nodes, and all coins unless told otherwise."""
        vault = self.vault(member.brand, member.id)
        return self.instruction(member, vault, [acts.withdraw(to, token_ids, amount)], deadline)

    def acts_message(self, instruction: Instruction) -> TypedMessage:
        """What a signer signs to act."""
        return signing.acts_message(self.domain, instruction)

    def sign_acts(self, instruction: Instruction, key: LocalAccount) -> str:
        """The signature of a signer's key, as hex, to act."""
        return self.acts_message(instruction).sign(key)

    def act(self, member: Member, instruction: Instruction, signature: str = "0x") -> TxReceipt:
        """Carries out what a signer has signed. Anybody may send it.

        Settled nodes that nobody has opened are opened first, in a transaction of their own.

        The signature is not needed when the signer is an account that itself sends it.
        """
        plain = signing.plain(member.signer, self.acts_message(instruction).hash, signature)
        call = calls.act(member, instruction, plain)
        return self._settlements.opening_first(instruction.token_ids, lambda: self._custodian.send(call))

    def withdraw(self, member: Member, instruction: Instruction, signature: str = "0x") -> Withdrawn:
        """Carries out an instruction that takes nodes and coins out, as `withdrawal` makes it."""
        receipt = self.act(member, instruction, signature)
        event = self._custodian.emitted("Withdrawn", receipt)[0]
        return Withdrawn(basics(receipt), event["to"], tuple(event["tokenIds"]), event["amount"])
