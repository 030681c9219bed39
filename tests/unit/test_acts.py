"""Acts and signers: what is signed by those who have a vault, and what follows from it."""

from __future__ import annotations

import re

import pytest
from eth_abi.abi import decode
from eth_utils.crypto import keccak

from fec.core.settlement_id import SettlementId
from fec.i18n.errors import InvalidArgument
from fec.protocol import acts, calls
from fec.protocol.acts import ARGUMENTS, Act, ActKind, Instruction, acts_of
from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.members import (
    ALL_COINS,
    Member,
    account_of,
    acting,
    code_of,
    signer_bytes,
    signer_hash,
    signer_text,
    vault_address,
)
from fec.protocol.settlements import Leaf, SettlementTree, pack
from tests.contracts.support.build import ROOT

ALICE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
BOB = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
KEYED = ALICE.lower() + "ab" * 64
TREE = SettlementTree(SettlementId(2, 2, 604_800, 0, 2 * 10**18, 1).settlement_id, pack([Leaf(ALICE, 10**18)] * 2))

ACTS = {
    ActKind.WITHDRAW: acts.withdraw(BOB, [9, 10], 5),
    ActKind.WITHDRAW_PART: acts.withdraw_part(9, 10**18, BOB),
    ActKind.CLAIM: acts.claim([9, 10]),
    ActKind.OPEN: acts.open_leaf(TREE.proof(1)),
    ActKind.SPLIT: acts.split(9, [10**18]),
    ActKind.MERGE: acts.merge([9, 10]),
    ActKind.APPROVE_CLAIMER: acts.approve_claimer(BOB, 9, approved=True),
    ActKind.APPROVE_CLAIMER_FOR_ALL: acts.approve_claimer_for_all(BOB, approved=False),
    ActKind.ADD_SIGNER: acts.add_signer(KEYED),
    ActKind.ASK_REMOVAL: acts.ask_removal(BOB),
    ActKind.CANCEL_REMOVAL: acts.cancel_removal(BOB),
    ActKind.REMOVE_SIGNER: acts.remove_signer(BOB),
    ActKind.NAME_SUCCESSOR: acts.name_successor(BOB),
}
#: Nodes that each is about.
NODES = {
    ActKind.WITHDRAW: (9, 10),
    ActKind.WITHDRAW_PART: (9,),
    ActKind.CLAIM: (9, 10),
    ActKind.SPLIT: (9,),
    ActKind.MERGE: (9, 10),
    ActKind.APPROVE_CLAIMER: (9,),
}


def test_kinds__are_the_contracts() -> None:
    source = (ROOT / "contracts" / "interfaces" / "ICustodian.sol").read_text()
    found = re.search(r"enum ActKind \{(.*?)\}", source, re.DOTALL)
    assert found is not None
    names = [name.strip() for name in found[1].split(",")]
    assert [kind.name.replace("_", "").lower() for kind in ActKind] == [name.lower() for name in names]


@pytest.mark.parametrize("kind", ActKind)
def test_act__of_each_kind__has_its_number_and_arguments(kind: ActKind) -> None:
    act = ACTS[kind]
    assert act.kind == kind
    assert act.arguments == decode(ARGUMENTS[kind], bytes.fromhex(act.data[2:]))


@pytest.mark.parametrize("kind", ActKind)
def test_token_ids__of_each_kind__are_the_nodes_that_it_is_about(kind: ActKind) -> None:
    assert ACTS[kind].token_ids == NODES.get(kind, ())


@pytest.mark.parametrize("kind", ActKind)
def test_receiver__of_each_kind__is_who_gets_something(kind: ActKind) -> None:
    given = kind in (ActKind.WITHDRAW, ActKind.WITHDRAW_PART)
    assert ACTS[kind].receiver == (BOB if given else None)


@pytest.mark.parametrize("act", [Act(13, "0x"), Act(255, "0x"), Act(0, "0x"), Act(5, "0xabcd")])
def test_arguments__of_what_is_no_act__are_refused(act: Act) -> None:
    with pytest.raises(InvalidArgument, match="no act of a known kind"):
        _ = act.arguments


def test_act__number_that_does_not_fit__is_refused() -> None:
    with pytest.raises(InvalidArgument, match="cannot carry these values"):
        acts.claim([2**256])


def test_withdraw_all__claims_first() -> None:
    assert acts.withdraw_all(BOB, [9]) == (acts.claim([9]), acts.withdraw(BOB, [9], ALL_COINS))


def test_withdraw_all__without_nodes__takes_the_coins() -> None:
    assert acts.withdraw_all(BOB, []) == (acts.withdraw(BOB, [], ALL_COINS),)


def test_instruction__nodes__are_told_once_and_in_order() -> None:
    instruction = Instruction(ALICE, BOB, (acts.merge([9, 7]), acts.withdraw(BOB, [9, 8])), 0, 0)
    assert instruction.token_ids == (9, 7, 8)


def test_acts_of__arguments_as_they_are_kept__are_the_same() -> None:
    instruction = Instruction(ALICE, BOB, (ACTS[ActKind.MERGE], ACTS[ActKind.WITHDRAW]), 0, 0)
    call = calls.act(acting(BOB), instruction)
    kept = [None, [[kind, "0x" + data.hex()] for kind, data in call.arguments[1]]]
    assert acts_of(call.arguments) == acts_of(kept) == instruction.acts


def test_act__of_another_signer__is_refused() -> None:
    with pytest.raises(InvalidArgument, match="Give the member who signed it"):
        calls.act(acting(ALICE), Instruction(ALICE, BOB, (), 0, 0))


# --------------------------------------------------------------------- signers


def test_signer__account__is_its_twenty_bytes() -> None:
    assert signer_bytes(ALICE).hex() == ALICE[2:].lower()
    assert (signer_text(signer_bytes(ALICE)), account_of(ALICE.lower()), code_of(ALICE)) == (ALICE, ALICE, ALICE)


def test_signer__verifier_and_key__stays_as_it_is() -> None:
    assert signer_text(signer_bytes(KEYED)) == KEYED
    assert (account_of(KEYED), code_of(KEYED)) == (None, ALICE)


def test_signer_hash__is_of_the_bytes() -> None:
    assert signer_hash(KEYED) == "0x" + keccak(bytes.fromhex(KEYED[2:])).hex()


@pytest.mark.parametrize("signer", ["", "0x", "0x" + "ab" * 19, "0xzz" + "ab" * 30, ALICE[:-1] + "9"])
def test_signer__that_is_none__is_refused(signer: str) -> None:
    with pytest.raises(InvalidArgument):
        signer_bytes(signer)


def test_member__fields__have_the_vault_and_the_signer() -> None:
    member = Member(ALICE, KEYED, "0x" + "5a" * 32)
    assert member.fields(BOB) == (BOB, ALICE, b"\x5a" * 32, bytes.fromhex(KEYED[2:]))
    assert acting(KEYED).fields(BOB) == (BOB, ADDRESS_ZERO, bytes(32), bytes.fromhex(KEYED[2:]))


def test_vault_address__golden__follows_from_custodian_brand_and_member() -> None:
    """EIP-1014 of an ERC-1167 proxy; that the contract says the same, `tests/client/test_custody.py` sees."""
    member = Member(ADDRESS_ZERO, KEYED, "0x" + "5a" * 32)
    assert vault_address(ALICE, BOB, member.brand, member.id) == "0xf4100d63ED791E5961564c45526b158f4dBcd628"
