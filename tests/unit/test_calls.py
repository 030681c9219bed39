"""Calls as `fec.protocol.calls` states them are calls that the contracts take."""

import inspect
from collections.abc import Callable

import pytest
from eth_abi.abi import decode

from fec.core.durations import WEEK
from fec.core.settlement_id import SettlementId
from fec.i18n.errors import InvalidArgument
from fec.protocol import abi, acts, calls
from fec.protocol.acts import Instruction
from fec.protocol.calls import ContractCall
from fec.protocol.members import ALL_COINS, Member
from fec.protocol.merkle import Reward, RewardTree
from fec.protocol.orders import Authorization, Invoice, Order, Permit
from fec.protocol.settlements import Leaf, SettlementTree, pack
from fec.protocol.terms import Terms

ALICE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
BOB = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
WORD = "0x" + "ab" * 32
SIGNATURE = "0x" + "cd" * 65
ORDER = Order(Invoice(2, "A-1", 10**20, "USD 1.20", 2_000_000_000), SIGNATURE, ALICE, 5, BOB)
MEMBER = Member(ALICE, BOB, WORD)
TREE = RewardTree([Reward(0, ALICE, 10**18), Reward(1, BOB, 10**18)])
LEAVES = [Leaf(ALICE, 10**18), Leaf(BOB, 10**18)]
SETTLED = SettlementTree(SettlementId(2, 2, WEEK, 0, 2 * 10**18, 1).settlement_id, pack(LEAVES))

INSTRUCTION = Instruction(ALICE, BOB, (acts.withdraw(BOB, (9,), ALL_COINS),), 0, 2_000_000_000)

CALLS = {
    "act": calls.act(MEMBER, INSTRUCTION, SIGNATURE),
    "approve": calls.approve(ALICE, 7),
    "approve_all_claims": calls.approve_all_claims(ALICE, approved=True),
    "approve_candidate": calls.approve_candidate(2, 3, approved=False),
    "approve_claims": calls.approve_claims(ALICE, 9, approved=True),
    "approve_node": calls.approve_node(ALICE, 9),
    "capture": calls.capture([WORD]),
    "claim": calls.claim(9),
    "claim_for": calls.claim_for([9, 10]),
    "claim_to": calls.claim_to([9], BOB),
    "close_program": calls.close_program(2),
    "create_program": calls.create_program(ALICE, None, WEEK, 0, 10**24),
    "enroll": calls.enroll(WORD),
    "found_alliance": calls.found_alliance(2),
    "fund_rewards": calls.fund_rewards(2, TREE, 2_000_000_000, "review"),
    "give_node": calls.give_node(ALICE, BOB, 9),
    "grant_quota": calls.grant_quota(2, 10**18),
    "join_alliance": calls.join_alliance(2, 1),
    "leave_alliance": calls.leave_alliance(2),
    "merge": calls.merge([9, 10]),
    "mint": calls.mint(1, 10**18, ALICE),
    "open_node": calls.open_node(SETTLED.proof(1)),
    "pay": calls.pay(ORDER),
    "pay_from_nodes": calls.pay_from_nodes(ORDER, [9]),
    "pay_with_authorization": calls.pay_with_authorization(ORDER, Authorization(ALICE, 0, 2_000_000_000, SIGNATURE)),
    "pay_with_permit": calls.pay_with_permit(ORDER, Permit(2_000_000_000, SIGNATURE)),
    "permit_for_all": calls.permit_for_all(ALICE, BOB, 7, SIGNATURE),
    "quote": calls.quote(2, ALICE, 10**18),
    "reclaim_rewards": calls.reclaim_rewards(1),
    "refund": calls.refund(WORD, 7),
    "reward": calls.reward(2, ALICE, 10**18, "review"),
    "set_operator": calls.set_operator(2, BOB),
    "set_terms": calls.set_terms(2, Terms(ALICE, BOB, causes=(ALICE,))),
    "settle": calls.settle(2, LEAVES),
    "settle_sales": calls.settle_sales(2, LEAVES, WORD),
    "settlement_of_ref": calls.settlement_of_ref(2, WORD),
    "spend": calls.spend(MEMBER, ORDER, [9], SIGNATURE),
    "split": calls.split(9, [10**18]),
    "take_reward": calls.take_reward(1, list(TREE.proofs())[1]),
    "terms_of": calls.terms_of(2),
    "transfer": calls.transfer(BOB, 7),
    "transfer_and_pay": calls.transfer_and_pay(ALICE, ORDER),
}
#: Those that read.
READS = {"quote", "settlement_of_ref", "terms_of"}
SEEN = {
    **CALLS,
    "give_node, seen before": calls.give_node(ALICE, BOB, 9, data=b"x", fingerprint=WORD),
    "open_node, with a claim": calls.open_node(SETTLED.proof(1), claim=True),
}


def stated() -> dict[str, Callable[..., ContractCall]]:
    """All functions that state a call."""
    functions = dict(inspect.getmembers(calls, inspect.isfunction))
    return {name: found for name, found in functions.items() if found.__module__ == calls.__name__}


def test_calls__all_that_are_stated__are_tried_here() -> None:
    assert sorted(CALLS) == sorted(stated())


@pytest.mark.parametrize("name", SEEN)
def test_call__by_the_contracts_abi__is_a_function_that_reads_or_changes_something(name: str) -> None:
    call = SEEN[name]
    assert call.contract in abi.CONTRACTS
    assert abi.function(call.contract, call.function)["stateMutability"] == ("view" if name in READS else "nonpayable")


@pytest.mark.parametrize("name", SEEN)
def test_data__of_every_call__is_read_back_as_its_arguments(name: str) -> None:
    call = SEEN[name]
    found = decode(abi.input_types(call.contract, call.function), bytes.fromhex(call.data[10:]))
    assert tuples(found) == tuples(call.arguments)


def tuples(value: object) -> object:
    """Sequences as tuples, accounts without checksums."""
    if isinstance(value, list | tuple):
        return tuple(map(tuples, value))
    return value.lower() if isinstance(value, str) else value


def test_transfer_and_pay__its_data__is_what_pay_takes() -> None:
    carried = SEEN["transfer_and_pay"].arguments[2]
    assert "0x" + carried.hex() == "0x" + SEEN["pay"].data[10:]


def test_function__of_an_overloaded_name__has_to_be_named_by_its_signature() -> None:
    with pytest.raises(LookupError, match="ADN has 3 functions safeTransferFrom"):
        abi.function("ADN", "safeTransferFrom")


def test_pay_with_permit__signature_of_another_length__is_refused() -> None:
    with pytest.raises(InvalidArgument, match="65 bytes"):
        calls.pay_with_permit(ORDER, Permit(1, "0x1234"))
