"""Nodes through the client."""

from collections.abc import Callable

import pytest

from fec.client.client import Client
from fec.core import curve
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import WEEK
from fec.i18n.errors import InvalidInput, LimitExceeded, NotAllowed, NotFound, StateConflict, TooManyAtOnce
from fec.protocol.types import Node, Payout
from tests.fixtures.deployed import MONDAY

ADN = 1_000 * WEI_PER_FEC
UNKNOWN = 5
ZERO = "0x" + "00" * 20

WeeksLater = Callable[[int], int]


# ---------------------------------------------------------------- mint and look


def test_mint__for_oneself__is_read_back(alice: Client) -> None:
    minted = alice.nodes.mint(1, ADN)
    assert alice.nodes.get(minted.token_id) == Node(minted.token_id, alice.address, ADN, claimed=0)


def test_mint__id__says_program_schedule_and_principal(alice: Client) -> None:
    node_id = alice.nodes.mint(1, ADN).id
    assert (node_id.program_id, node_id.period_length, node_id.birth_principal) == (1, WEEK, ADN)
    assert node_id.start == curve.starts_at(MONDAY, WEEK, alice.now())


def test_mint__for_another__is_theirs(alice: Client, bob: Client) -> None:
    minted = alice.nodes.mint(1, ADN, bob.address)
    assert alice.nodes.get(minted.token_id).owner == bob.address


def test_mint__zero__is_refused(alice: Client) -> None:
    with pytest.raises(InvalidInput) as caught:
        alice.nodes.mint(1, 0)
    assert (caught.value.name, caught.value.values) == ("ADN_ZeroPrincipal", {})


def test_mint__above_quota__is_refused_unsent(owner: Client) -> None:
    quota = owner.programs.get(1).quota
    before = owner.web3.eth.block_number
    with pytest.raises(LimitExceeded) as caught:
        owner.nodes.mint(1, quota + 1)
    assert caught.value.name == "ADN_QuotaExceeded"
    assert caught.value.values == {"programId": 1, "asked": quota + 1, "left": quota}
    assert owner.web3.eth.block_number == before


def test_mint__not_the_issuer__is_refused(owner: Client, alice: Client, bob: Client) -> None:
    created = owner.programs.create(
        alice.address, issuer=bob.address, period_length=WEEK, origin=MONDAY, quota=10 * ADN
    )
    with pytest.raises(NotAllowed) as caught:
        alice.nodes.mint(created.program_id, ADN)
    assert caught.value.name == "ADN_NotIssuer"
    assert caught.value.values == {"programId": created.program_id, "caller": alice.address, "issuer": bob.address}


def test_get__unknown__is_refused(alice: Client) -> None:
    with pytest.raises(NotFound) as caught:
        alice.nodes.get(UNKNOWN)
    assert (caught.value.name, caught.value.values) == ("ERC721NonexistentToken", {"tokenId": UNKNOWN})


def test_get_many__one_unknown__is_refused(alice: Client, node: Node) -> None:
    with pytest.raises(NotFound) as caught:
        alice.nodes.get_many([node.token_id, UNKNOWN])
    assert (caught.value.name, caught.value.values) == ("ERC721NonexistentToken", {"tokenId": UNKNOWN})


def test_get_many__none__is_empty(alice: Client) -> None:
    assert alice.nodes.get_many([]) == []


def test_owned_by__received_sent_split_and_merged__is_what_is_left(alice: Client, bob: Client, node: Node) -> None:
    parts = alice.nodes.split(node.token_id, [ADN // 4, ADN // 4, ADN // 4]).new_ids
    alice.nodes.transfer(parts[0], bob.address)
    alice.nodes.transfer(parts[1], alice.address)
    alice.nodes.merge([node.token_id, parts[2]])
    assert [held.token_id for held in alice.nodes.owned_by(alice.address)] == [node.token_id, parts[1]]
    assert [held.token_id for held in alice.nodes.owned_by(bob.address)] == [parts[0]]


def test_owned_by__sent_and_given_back__is_there_once(alice: Client, bob: Client, node: Node) -> None:
    alice.nodes.transfer(node.token_id, bob.address)
    bob.nodes.transfer(node.token_id, alice.address)
    assert alice.nodes.owned_by(alice.address) == [node]


def test_token_uri__is_on_chain(alice: Client, node: Node) -> None:
    assert alice.nodes.token_uri(node.token_id).startswith("data:application/json;base64,")


# ------------------------------------------------------------------------ claim


def test_claim__ten_weeks__pays_what_the_curve_released(alice: Client, node: Node, weeks_later: WeeksLater) -> None:
    now = weeks_later(10)
    claimed = alice.nodes.claim(node.token_id)
    assert claimed.payouts == (Payout(node.token_id, alice.address, node.claimable(now)),)
    assert alice.nodes.get(node.token_id).claimed == curve.released(ADN, 10) == claimed.paid


def test_claim__nothing_released__is_refused(alice: Client, node: Node) -> None:
    with pytest.raises(StateConflict) as caught:
        alice.nodes.claim(node.token_id)
    assert (caught.value.name, caught.value.values) == ("ADN_NothingToClaim", {"tokenId": node.token_id})


def test_claim__by_a_stranger__is_refused(bob: Client, node: Node, weeks_later: WeeksLater) -> None:
    weeks_later(1)
    with pytest.raises(NotAllowed) as caught:
        bob.nodes.claim(node.token_id)
    assert (caught.value.name, caught.value.values) == (
        "ADN_NotClaimer",
        {"tokenId": node.token_id, "caller": bob.address},
    )


def test_claim_to__two_nodes__pays_another(alice: Client, bob: Client, node: Node, weeks_later: WeeksLater) -> None:
    other = alice.nodes.mint(1, 2 * ADN).token_id
    weeks_later(100)
    claimed = alice.nodes.claim_to([node.token_id, other], bob.address)
    assert bob.balance(bob.address) == claimed.paid == curve.face(3 * ADN)


def test_claim_to__no_nodes__is_refused(alice: Client) -> None:
    with pytest.raises(InvalidInput) as caught:
        alice.nodes.claim_to([], alice.address)
    assert (caught.value.name, caught.value.values) == ("ADN_BatchTooShort", {"length": 0, "least": 1})


def test_claim_for__by_anyone__pays_each_owner(
    alice: Client, bob: Client, owner: Client, node: Node, weeks_later: WeeksLater
) -> None:
    given = alice.nodes.mint(1, ADN, bob.address).token_id
    weeks_later(3)
    claimed = owner.nodes.claim_for([node.token_id, given])
    amount = curve.released(ADN, 3)
    assert claimed.payouts == (
        Payout(node.token_id, alice.address, amount),
        Payout(given, bob.address, amount),
    )


def test_claim_for__nothing_released__pays_nothing(bob: Client, node: Node) -> None:
    assert bob.nodes.claim_for([node.token_id]).payouts == ()


# ------------------------------------------------------- split, merge, transfer


def test_split__parts__have_their_principals(alice: Client, node: Node) -> None:
    split = alice.nodes.split(node.token_id, [ADN // 10, ADN // 5])
    nodes = alice.nodes.get_many([split.token_id, *split.new_ids])
    assert [part.principal for part in nodes] == [ADN * 7 // 10, ADN // 10, ADN // 5]


def test_split__more_parts_than_a_transaction_takes__says_how_many_fit(alice: Client, node: Node) -> None:
    part = node.principal // 2_000
    with pytest.raises(TooManyAtOnce) as refused:
        alice.nodes.split(node.token_id, [part] * 1_000)
    fitting = int(refused.value.message.values["fitting"])
    assert 100 < fitting < 1_000
    assert len(alice.nodes.split(node.token_id, [part] * fitting).new_ids) == fitting


def test_split__above_principal__is_refused(alice: Client, node: Node) -> None:
    with pytest.raises(LimitExceeded) as caught:
        alice.nodes.split(node.token_id, [ADN + 1])
    assert caught.value.name == "ADN_SplitExceedsPrincipal"
    assert caught.value.values == {"tokenId": node.token_id, "asked": ADN + 1, "left": ADN}


def test_merge__parts__are_one_again(alice: Client, node: Node) -> None:
    parts = alice.nodes.split(node.token_id, [ADN // 10, ADN // 5]).new_ids
    merged = alice.nodes.merge([node.token_id, *parts])
    assert (merged.token_id, merged.merged_ids) == (node.token_id, parts)
    assert alice.nodes.owned_by(alice.address) == [node]


def test_merge__unlike_nodes__is_refused(alice: Client, node: Node, weeks_later: WeeksLater) -> None:
    weeks_later(1)
    later = alice.nodes.mint(1, ADN).token_id
    with pytest.raises(InvalidInput) as caught:
        alice.nodes.merge([node.token_id, later])
    assert caught.value.name == "ADN_UnlikeNodes"
    assert caught.value.values == {"tokenId": node.token_id, "otherTokenId": later}


def test_transfer__to_another__takes_the_unclaimed_along(
    alice: Client, bob: Client, node: Node, weeks_later: WeeksLater
) -> None:
    weeks_later(5)
    alice.nodes.transfer(node.token_id, bob.address)
    assert bob.nodes.claim(node.token_id).paid == curve.released(ADN, 5)


def test_transfer__not_the_owner__is_refused(bob: Client, node: Node) -> None:
    with pytest.raises(NotAllowed) as caught:
        bob.nodes.transfer(node.token_id, bob.address)
    assert caught.value.name == "ERC721InsufficientApproval"
    assert caught.value.values == {"operator": bob.address, "tokenId": node.token_id}


def test_transfer__to_a_contract_that_takes_none__is_refused(alice: Client, node: Node) -> None:
    coupon = alice.deployment["contracts"]["FEC"]["address"]
    with pytest.raises(InvalidInput) as caught:
        alice.nodes.transfer(node.token_id, coupon)
    assert (caught.value.name, caught.value.values) == ("ERC721InvalidReceiver", {"receiver": coupon})


def test_transfer__fingerprint_as_seen__moves(alice: Client, bob: Client, node: Node) -> None:
    alice.nodes.transfer(node.token_id, bob.address, fingerprint=alice.nodes.fingerprint(node.token_id))
    assert alice.nodes.get(node.token_id).owner == bob.address


def test_transfer__claimed_from_since_seen__is_refused(
    alice: Client, bob: Client, node: Node, weeks_later: WeeksLater
) -> None:
    weeks_later(1)
    seen = alice.nodes.fingerprint(node.token_id)
    alice.nodes.claim(node.token_id)
    actual = alice.nodes.fingerprint(node.token_id)
    with pytest.raises(StateConflict) as caught:
        alice.nodes.transfer(node.token_id, bob.address, fingerprint=seen)
    assert caught.value.name == "ADN_StateChanged"
    assert caught.value.values == {"tokenId": node.token_id, "expected": seen, "actual": actual}


# -------------------------------------------------------------------- approvals


def test_approve__another__may_move(alice: Client, bob: Client, node: Node) -> None:
    alice.nodes.approve(node.token_id, bob.address)
    bob.nodes.transfer(node.token_id, bob.address)
    assert alice.nodes.get(node.token_id).owner == bob.address


def test_approve_claims__another__is_paid(alice: Client, bob: Client, node: Node, weeks_later: WeeksLater) -> None:
    alice.nodes.approve_claims(node.token_id, bob.address)
    weeks_later(2)
    assert bob.nodes.claim(node.token_id).paid == bob.balance(bob.address) == curve.released(ADN, 2)


def test_approve_claims__revoked__may_not(alice: Client, bob: Client, node: Node) -> None:
    alice.nodes.approve_claims(node.token_id, bob.address)
    alice.nodes.approve_claims(node.token_id, bob.address, approved=False)
    assert not alice.nodes.may_claim(node.token_id, bob.address)


def test_approve_all_claims__another__may(alice: Client, bob: Client, node: Node) -> None:
    alice.nodes.approve_all_claims(bob.address)
    assert alice.nodes.may_claim(node.token_id, bob.address)


def test_approve_all_claims__revoked__may_not(alice: Client, bob: Client, node: Node) -> None:
    alice.nodes.approve_all_claims(bob.address)
    alice.nodes.approve_all_claims(bob.address, approved=False)
    assert not alice.nodes.may_claim(node.token_id, bob.address)


def test_may_claim__owner_and_approved__may(alice: Client, bob: Client, node: Node) -> None:
    alice.nodes.approve_claims(node.token_id, bob.address)
    assert alice.nodes.may_claim(node.token_id, alice.address)
    assert alice.nodes.may_claim(node.token_id, bob.address)


def test_may_claim__nobody_approved__the_zero_address_is_not(alice: Client, node: Node) -> None:
    assert not alice.nodes.may_claim(node.token_id, ZERO)
