"""What is asked of the contracts: one function for each call that is made often. They ask nobody and send nothing.

    calls.refund(order_key, amount)  # ContractCall("Checkout", "refund", (…))

`fec.client` sends them, the service keeps them until they are sent, `fec replay` signs them by the thousand. Amounts in
wei, times in seconds. All raise InvalidArgument for an address that is none, a text that does not fit, or bad hex.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from eth_abi.encoding import TupleEncoder
from eth_abi.registry import registry
from eth_utils.abi import function_abi_to_4byte_selector

from fec.i18n.errors import InvalidArgument
from fec.protocol import abi
from fec.protocol.acts import Instruction
from fec.protocol.addresses import ADDRESS_ZERO, checked_address
from fec.protocol.bytes32 import from_hex, to_bytes32
from fec.protocol.members import Member
from fec.protocol.merkle import ProvenReward, RewardTree
from fec.protocol.orders import Authorization, Order, Permit
from fec.protocol.settlements import Leaf, ProvenLeaf, pack
from fec.protocol.terms import Terms

_SIGNATURE_BYTES = 65


@dataclass(frozen=True)
class ContractCall:
    """A call to one of a deployment's contracts."""

    contract: str
    function: str
    """Its name, or its signature where the name is overloaded."""
    arguments: tuple[Any, ...]

    @cached_property
    def encoded_arguments(self) -> bytes:
        """The arguments as the contract's ABI encodes them: the calldata behind the selector."""
        return _packing(self.contract, self.function)[1](self.arguments)

    @property
    def data(self) -> str:
        """The calldata, as hex."""
        return "0x" + (_packing(self.contract, self.function)[0] + self.encoded_arguments).hex()


@cache
def _packing(contract: str, function: str) -> tuple[bytes, Callable[[Sequence[Any]], bytes]]:
    """A function's selector, and what packs its arguments: made from the ABI once."""
    types = abi.input_types(contract, function)
    encoder = TupleEncoder(  # type: ignore[no-untyped-call] # the library's own
        encoders=[registry.get_encoder(kind) for kind in types]
    )
    return bytes(function_abi_to_4byte_selector(abi.function(contract, function))), encoder


# ------------------------------------------------------------------------- FEC


def transfer(to: str, amount: int) -> ContractCall:
    """Sends FEC, and no more: a bare transfer burns nothing and makes no node."""
    return ContractCall("FEC", "transfer", (checked_address(to), amount))


def approve(spender: str, amount: int) -> ContractCall:
    """Lets an account or contract take up to an amount of the sender's FEC."""
    return ContractCall("FEC", "approve", (checked_address(spender), amount))


def transfer_and_pay(checkout: str, order: Order) -> ContractCall:
    """Pays an order at Checkout by sending FEC along with it, without any allowance (ERC-1363)."""
    arguments = (checked_address(checkout), order.amount, pay(order).encoded_arguments)
    return ContractCall("FEC", "transferAndCall(address,uint256,bytes)", arguments)


# ----------------------------------------------------------------------- nodes


def mint(program_id: int, amount: int, to: str) -> ContractCall:
    """Burns the sender's FEC into one new node."""
    return ContractCall("ADN", "mint", (program_id, amount, checked_address(to)))


def claim(token_id: int) -> ContractCall:
    """Claims what one node has released, for the sender."""
    return ContractCall("ADN", "claim", (token_id,))


def claim_to(token_ids: Sequence[int], to: str) -> ContractCall:
    """Claims from nodes that the sender owns or may claim from, and has `to` paid."""
    return ContractCall("ADN", "claimTo", (list(token_ids), checked_address(to)))


def claim_for(token_ids: Sequence[int]) -> ContractCall:
    """Claims from anybody's nodes; each owner is paid."""
    return ContractCall("ADN", "claimFor", (list(token_ids),))


def settle(program_id: int, leaves: Sequence[Leaf]) -> ContractCall:
    """Burns the sender's FEC into a node for each leaf. Raises ValueError for a leaf that the contract refuses."""
    return ContractCall("ADN", "settle", (program_id, pack(leaves)))


def settle_sales(program_id: int, leaves: Sequence[Leaf], ref: str) -> ContractCall:
    """Does the same out of the sender's allowance to Checkout, under a reference that the program can use once.

    Raises ValueError for a leaf that the contract refuses.
    """
    return ContractCall("Checkout", "settle", (program_id, pack(leaves), to_bytes32(ref)))


def settlement_of_ref(program_id: int, ref: str) -> ContractCall:
    """Reads which settlement a program made under a reference."""
    return ContractCall("Checkout", "settlementOfRef", (program_id, to_bytes32(ref)))


def open_node(proven: ProvenLeaf, *, claim: bool = False) -> ContractCall:
    """Mints a settled node to its owner; with `claim`, pays the owner what it has released by now, too."""
    return ContractCall("ADN", "openAndClaim" if claim else "open", proven.arguments)


def split(token_id: int, principals: Sequence[int]) -> ContractCall:
    """Splits parts of these principals off a node."""
    return ContractCall("ADN", "split", (token_id, list(principals)))


def merge(token_ids: Sequence[int]) -> ContractCall:
    """Merges nodes of one owner, program and start into the first of them."""
    return ContractCall("ADN", "merge", (list(token_ids),))


def give_node(owner: str, to: str, token_id: int, *, data: bytes = b"", fingerprint: str | None = None) -> ContractCall:
    """Gives a node to another account; with a fingerprint, only if the node is still as it was seen."""
    arguments = (checked_address(owner), checked_address(to), token_id, data)
    if fingerprint is None:
        return ContractCall("ADN", "safeTransferFrom(address,address,uint256,bytes)", arguments)
    seen = (*arguments, from_hex(fingerprint))
    return ContractCall("ADN", "safeTransferFrom(address,address,uint256,bytes,bytes32)", seen)


def approve_node(operator: str, token_id: int) -> ContractCall:
    """Lets another account move a node (ERC-721)."""
    return ContractCall("ADN", "approve", (checked_address(operator), token_id))


def approve_claims(operator: str, token_id: int, *, approved: bool) -> ContractCall:
    """Lets another account claim from a node for itself (ERC-5725), or no longer."""
    return ContractCall("ADN", "setClaimApproval", (checked_address(operator), approved, token_id))


def approve_all_claims(operator: str, *, approved: bool) -> ContractCall:
    """Lets another account claim, for itself, from all nodes of the sender, or no longer."""
    return ContractCall("ADN", "setClaimApprovalForAll", (checked_address(operator), approved))


def permit_for_all(owner: str, operator: str, deadline: int, signature: str, *, approved: bool = True) -> ContractCall:
    """Makes somebody an owner's ERC-721 operator, as the owner has signed, or no longer."""
    accounts = checked_address(owner), checked_address(operator)
    return ContractCall("ADN", "permitForAll", (*accounts, approved, deadline, from_hex(signature)))


# -------------------------------------------------------------------- programs


def create_program(operator: str, issuer: str | None, period_length: int, origin: int, quota: int) -> ContractCall:
    """Admits a program; without an issuer, anybody may mint in it."""
    accounts = (checked_address(operator), checked_address(issuer or ADDRESS_ZERO))
    return ContractCall("ADN", "createProgram", (*accounts, period_length, origin, quota))


def grant_quota(program_id: int, amount: int) -> ContractCall:
    """Grants a program more quota out of the budget."""
    return ContractCall("ADN", "grantQuota", (program_id, amount))


def close_program(program_id: int) -> ContractCall:
    """Closes a program to new nodes, for good."""
    return ContractCall("ADN", "closeProgram", (program_id,))


def set_operator(program_id: int, operator: str) -> ContractCall:
    """Hands a program to another operator."""
    return ContractCall("ADN", "setProgramOperator", (program_id, checked_address(operator)))


def set_terms(program_id: int, terms: Terms) -> ContractCall:
    """Sets a program's terms for orders paid from now on."""
    return ContractCall("Checkout", "setTerms", (program_id, terms.fields))


def found_alliance(program_id: int) -> ContractCall:
    """Founds an alliance with one member."""
    return ContractCall("Checkout", "foundAlliance", (program_id,))


def approve_candidate(program_id: int, candidate_id: int, *, approved: bool) -> ContractCall:
    """Says that a member would have another program in its alliance, or no longer would."""
    return ContractCall("Checkout", "approveCandidate", (program_id, candidate_id, approved))


def join_alliance(program_id: int, alliance_id: int) -> ContractCall:
    """Joins an alliance whose every member has approved the program."""
    return ContractCall("Checkout", "joinAlliance", (program_id, alliance_id))


def leave_alliance(program_id: int) -> ContractCall:
    """Leaves the alliance."""
    return ContractCall("Checkout", "leaveAlliance", (program_id,))


# ---------------------------------------------------------------------- orders


def pay(order: Order) -> ContractCall:
    """Pays an order out of the sender's allowance to Checkout."""
    return ContractCall("Checkout", "pay", (order.fields,))


def pay_with_permit(order: Order, permit: Permit) -> ContractCall:
    """Pays an order of the sender's, who permits it in the same transaction (ERC-2612).

    Raises InvalidArgument for a signature that is not r, s, v.
    """
    signature = from_hex(permit.signature)
    if len(signature) != _SIGNATURE_BYTES:
        raise InvalidArgument("A permit is signed by r, s, v: 65 bytes. Contract wallets pay another way.")
    r, s, v = signature[:32], signature[32:64], signature[64]
    return ContractCall("Checkout", "payWithPermit", (order.fields, permit.deadline, v, r, s))


def pay_with_authorization(order: Order, authorization: Authorization) -> ContractCall:
    """Sends a payment that its payer has signed (ERC-3009)."""
    arguments = (
        order.fields,
        checked_address(authorization.payer),
        authorization.valid_after,
        authorization.valid_before,
        from_hex(authorization.signature),
    )
    return ContractCall("Checkout", "payWithAuthorization", arguments)


def pay_from_nodes(order: Order, token_ids: Sequence[int]) -> ContractCall:
    """Claims from nodes for their owners, then pays out of the sender's allowance to Checkout."""
    return ContractCall("Checkout", "payFromNodes", (order.fields, list(token_ids)))


def refund(order_key: str, amount: int) -> ContractCall:
    """Pays some of an order back to its payer."""
    return ContractCall("Checkout", "refund", (from_hex(order_key), amount))


def capture(order_keys: Sequence[str]) -> ContractCall:
    """Makes orders final whose return window is over."""
    return ContractCall("Checkout", "capture", ([from_hex(key) for key in order_keys],))


def quote(program_id: int, customer: str, amount: int) -> ContractCall:
    """Reads what a payment would do."""
    return ContractCall("Checkout", "quote", (program_id, checked_address(customer), amount))


def terms_of(program_id: int) -> ContractCall:
    """Reads a program's present terms."""
    return ContractCall("Checkout", "termsOf", (program_id,))


# --------------------------------------------------------------------- rewards


def reward(program_id: int, shopper: str, amount: int, reason: str = "") -> ContractCall:
    """Burns the sender's FEC into a node for a shopper. `reason` is text of at most 32 bytes."""
    return ContractCall("Checkout", "reward", (program_id, checked_address(shopper), amount, to_bytes32(reason)))


def fund_rewards(program_id: int, tree: RewardTree, deadline: int, reason: str = "") -> ContractCall:
    """Funds all rewards of a tree, to be taken up to a deadline. `reason` is text of at most 32 bytes."""
    arguments = (program_id, from_hex(tree.root), tree.total, deadline, to_bytes32(reason))
    return ContractCall("Checkout", "fundRewards", arguments)


def take_reward(batch_id: int, proven: ProvenReward) -> ContractCall:
    """Mints a shopper's node out of a batch."""
    found = proven.reward
    proof = [from_hex(each) for each in proven.proof]
    arguments = (batch_id, found.index, checked_address(found.shopper), found.amount, proof)
    return ContractCall("Checkout", "takeReward", arguments)


def reclaim_rewards(batch_id: int) -> ContractCall:
    """Returns what nobody took to who funded it."""
    return ContractCall("Checkout", "reclaimRewards", (batch_id,))


# --------------------------------------------------------------------- custody


def enroll(member_id: str) -> ContractCall:
    """Announces a member of the sender's brand."""
    return ContractCall("Custodian", "enroll", (from_hex(member_id),))


def spend(member: Member, order: Order, token_ids: Sequence[int] = (), signature: str = "0x") -> ContractCall:
    """Claims from nodes for their owners, then pays an order out of a member's vault."""
    arguments = (member.fields(order.customer), order.fields, list(token_ids), from_hex(signature))
    return ContractCall("Custodian", "spend", arguments)


def act(member: Member, instruction: Instruction, signature: str = "0x") -> ContractCall:
    """Carries out what a signer has signed. Raises InvalidArgument if another signer's member is given."""
    if member.signer != instruction.signer:
        raise InvalidArgument(
            "The instruction is of {signer}, not of {other}. Give the member who signed it.",
            signer=instruction.signer,
            other=member.signer,
        )
    arguments = (
        member.fields(instruction.vault),
        [each.fields for each in instruction.acts],
        instruction.nonce,
        instruction.deadline,
        from_hex(signature),
    )
    return ContractCall("Custodian", "act", arguments)
