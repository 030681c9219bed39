"""Alliances: by mutual consent, credit shared while in one, past credit kept."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from fec.core.durations import DAY
from tests.contracts.support.evm import Event, expect
from tests.contracts.support.shop_world import Market
from tests.contracts.support.world import FEC


def shops(market: Market, count: int) -> list[int]:
    return [market.shop(quota=10**4 * FEC, tiers=((0, 1000), (1000, 2000))) for _ in range(count)]


def found(market: Market, program: int) -> int:
    return int(market.checkout.foundAlliance(program, sender=market.merchant))


def approve(market: Market, member: int, candidate: int, approved: bool = True) -> None:
    market.checkout.approveCandidate(member, candidate, approved, sender=market.merchant)


def join(market: Market, program: int, alliance: int) -> None:
    market.checkout.joinAlliance(program, alliance, sender=market.merchant)


def leave(market: Market, program: int) -> None:
    market.checkout.leaveAlliance(program, sender=market.merchant)


def allied(market: Market, count: int) -> tuple[list[int], int]:
    """So many shops in one alliance, and the alliance."""
    programs = shops(market, count)
    alliance = found(market, programs[0])
    for index, candidate in enumerate(programs[1:], 1):
        for member in programs[:index]:
            approve(market, member, candidate)
        join(market, candidate, alliance)
    return programs, alliance


def buy(market: Market, program: int, amount: int, number: int = 0) -> None:
    market.pay(market.order(program, amount, order_id=keccak(number)))


# ----------------------------------------------------------------------- founding


def test_found__one_member(market: Market) -> None:
    [program] = shops(market, 1)
    alliance = found(market, program)
    assert market.chain.events() == [
        Event(market.checkout.address, "AllianceJoined", {"allianceId": alliance, "programId": program})
    ]
    assert market.checkout.membersOf(alliance) == [program]
    assert market.checkout.allianceOf(program) == alliance == 1


def test_found__in_one_already__reverts(market: Market) -> None:
    [program] = shops(market, 1)
    alliance = found(market, program)
    with expect("Checkout_AlreadyInAlliance", program, alliance):
        found(market, program)


def test_found__not_the_operator__reverts(market: Market) -> None:
    [program] = shops(market, 1)
    with expect("Checkout_NotProgramOperator", program, market.signer):
        market.checkout.foundAlliance(program, sender=market.signer)


# ------------------------------------------------------------------------ joining


def test_approve__event(market: Market) -> None:
    one, other = shops(market, 2)
    alliance = found(market, one)
    for approved in [True, False]:
        approve(market, one, other, approved)
        [event] = market.chain.events()
        assert event.name == "AllianceCandidateApproved"
        assert event.values == {
            "allianceId": alliance,
            "memberId": one,
            "candidateId": other,
            "approved": approved,
        }


def test_approve__in_no_alliance__reverts(market: Market) -> None:
    one, other = shops(market, 2)
    with expect("Checkout_NotInAlliance", one):
        approve(market, one, other)


def test_approve__a_member__reverts(market: Market) -> None:
    (one, other), alliance = allied(market, 2)
    for member in [one, other]:
        with expect("Checkout_AlreadyInAlliance", member, alliance):
            approve(market, one, member)


@pytest.mark.parametrize("older", [True, False])
def test_approve__a_member_of_another_alliance__is_taken(market: Market, older: bool) -> None:
    first, second = shops(market, 2)
    alliances = {program: found(market, program) for program in (first, second)}
    member, candidate = (second, first) if older else (first, second)
    approve(market, member, candidate)
    leave(market, candidate)
    join(market, candidate, alliances[member])
    assert market.checkout.membersOf(alliances[member]) == [member, candidate]


def test_approve__before_leaving__is_void_after_coming_back(market: Market) -> None:
    (one, other), alliance = allied(market, 2)
    [candidate] = shops(market, 1)
    approve(market, one, candidate)
    approve(market, other, candidate)
    leave(market, one)
    approve(market, other, one)
    join(market, one, alliance)
    with expect("Checkout_NotApprovedBy", alliance, one, candidate):
        join(market, candidate, alliance)
    approve(market, one, candidate)
    join(market, candidate, alliance)


def test_approve__not_the_operator__reverts(market: Market) -> None:
    one, other = shops(market, 2)
    found(market, one)
    with expect("Checkout_NotProgramOperator", one, market.stranger):
        market.checkout.approveCandidate(one, other, True, sender=market.stranger)


def test_join__approved_by_all(market: Market) -> None:
    programs, alliance = allied(market, 3)
    assert market.checkout.membersOf(alliance) == programs
    assert [market.checkout.allianceOf(program) for program in programs] == [alliance] * 3


def test_join__approved_by_some__reverts(market: Market) -> None:
    programs, alliance = allied(market, 2)
    [candidate] = shops(market, 1)
    approve(market, programs[0], candidate)
    with expect("Checkout_NotApprovedBy", alliance, programs[1], candidate):
        join(market, candidate, alliance)


def test_join__approval_taken_back__reverts(market: Market) -> None:
    one, other = shops(market, 2)
    alliance = found(market, one)
    approve(market, one, other)
    approve(market, one, other, approved=False)
    with expect("Checkout_NotApprovedBy", alliance, one, other):
        join(market, other, alliance)


def test_join__again_after_leaving__needs_a_new_approval(market: Market) -> None:
    programs, alliance = allied(market, 2)
    leave(market, programs[1])
    with expect("Checkout_NotApprovedBy", alliance, programs[0], programs[1]):
        join(market, programs[1], alliance)


def test_join__an_approval_for_one_alliance_is_none_for_another(market: Market) -> None:
    one, candidate = shops(market, 2)
    found(market, one)
    approve(market, one, candidate)
    leave(market, one)
    other = found(market, one)
    with expect("Checkout_NotApprovedBy", other, one, candidate):
        join(market, candidate, other)


@pytest.mark.parametrize("alliance", [0, 7])
def test_join__unknown_alliance__reverts(market: Market, alliance: int) -> None:
    [program] = shops(market, 1)
    with expect("Checkout_UnknownAlliance", alliance):
        join(market, program, alliance)


def test_join__alliance_that_all_left__reverts(market: Market) -> None:
    one, other = shops(market, 2)
    alliance = found(market, one)
    approve(market, one, other)
    leave(market, one)
    with expect("Checkout_UnknownAlliance", alliance):
        join(market, other, alliance)


def test_join__in_one_already__reverts(market: Market) -> None:
    one, other = shops(market, 2)
    alliance, second = found(market, one), found(market, other)
    with expect("Checkout_AlreadyInAlliance", other, second):
        join(market, other, alliance)


def test_join__not_the_operator__reverts(market: Market) -> None:
    one, other = shops(market, 2)
    alliance = found(market, one)
    approve(market, one, other)
    with expect("Checkout_NotProgramOperator", other, market.stranger):
        market.checkout.joinAlliance(other, alliance, sender=market.stranger)


def test_join__alliance_full__reverts(market: Market) -> None:
    programs, alliance = allied(market, 16)
    [candidate] = shops(market, 1)
    for member in programs:
        approve(market, member, candidate)
    with expect("Checkout_AllianceFull", alliance, 16):
        join(market, candidate, alliance)
    leave(market, programs[3])
    join(market, candidate, alliance)
    assert set(market.checkout.membersOf(alliance)) == {*programs, candidate} - {programs[3]}


# ------------------------------------------------------------------------ leaving


@pytest.mark.parametrize("index", [0, 1, 2])
def test_leave__the_others_stay(market: Market, index: int) -> None:
    programs, alliance = allied(market, 3)
    leave(market, programs[index])
    assert market.chain.events() == [
        Event(market.checkout.address, "AllianceLeft", {"allianceId": alliance, "programId": programs[index]})
    ]
    assert set(market.checkout.membersOf(alliance)) == {*programs} - {programs[index]}
    assert market.checkout.allianceOf(programs[index]) == 0


@pytest.mark.parametrize("index", [0, 1, 2])
def test_leave__alliance_that_joined_in_another_order__the_others_stay(market: Market, index: int) -> None:
    programs = shops(market, 3)[::-1]
    alliance = found(market, programs[0])
    for count, candidate in enumerate(programs[1:], 1):
        for member in programs[:count]:
            approve(market, member, candidate)
        join(market, candidate, alliance)
    leave(market, programs[index])
    assert set(market.checkout.membersOf(alliance)) == {*programs} - {programs[index]}


def test_leave__in_none__reverts(market: Market) -> None:
    [program] = shops(market, 1)
    with expect("Checkout_NotInAlliance", program):
        leave(market, program)


def test_leave__not_the_operator__reverts(market: Market) -> None:
    [program] = shops(market, 1)
    found(market, program)
    with expect("Checkout_NotProgramOperator", program, market.stranger):
        market.checkout.leaveAlliance(program, sender=market.stranger)


# ------------------------------------------------------------------------- credit


def test_credit__spent_with_one_counts_with_all(market: Market) -> None:
    (one, other), _ = allied(market, 2)
    buy(market, one, 1000 * FEC)
    assert market.checkout.spendOf(other, market.alice) == 1000 * FEC
    assert market.checkout.quote(other, market.alice, 1000)["tier"] == 1


def test_credit__spent_before_joining__counts_with_its_own_program_only(market: Market) -> None:
    one, other = shops(market, 2)
    buy(market, one, 1000 * FEC)
    alliance = found(market, one)
    approve(market, one, other)
    join(market, other, alliance)
    assert market.checkout.spendOf(one, market.alice) == 1000 * FEC
    assert market.checkout.spendOf(other, market.alice) == 0


def test_credit__own_and_alliance__the_better_counts_not_the_sum(market: Market) -> None:
    one, other = shops(market, 2)
    buy(market, one, 700 * FEC)
    alliance = found(market, one)
    approve(market, one, other)
    join(market, other, alliance)
    buy(market, other, 600 * FEC)
    assert market.checkout.spendOf(one, market.alice) == 700 * FEC
    buy(market, one, 200 * FEC, 1)
    assert market.checkout.spendOf(one, market.alice) == 900 * FEC
    assert market.checkout.spendOf(other, market.alice) == 800 * FEC


def test_credit__after_leaving__past_credit_stays_and_new_spend_is_not_shared(market: Market) -> None:
    (one, other), alliance = allied(market, 2)
    buy(market, one, 400 * FEC)
    leave(market, one)
    assert market.checkout.spendOf(one, market.alice) == 400 * FEC
    assert market.checkout.spendOf(other, market.alice) == 400 * FEC
    buy(market, one, 100 * FEC, 1)
    assert market.checkout.spendOf(one, market.alice) == 500 * FEC
    assert market.checkout.spendOf(other, market.alice) == 400 * FEC
    approve(market, other, one)
    join(market, one, alliance)
    buy(market, one, 200 * FEC, 2)
    assert market.checkout.spendOf(other, market.alice) == 600 * FEC


def test_credit__of_an_order_in_escrow__goes_to_the_alliance_it_is_captured_in(market: Market) -> None:
    one, other = shops(market, 2)
    market.set_terms(one, window=DAY)
    order = market.order(one)
    market.pay(order)
    alliance = found(market, one)
    approve(market, one, other)
    join(market, other, alliance)
    market.chain.now += DAY
    market.checkout.capture([market.order_key(order)], sender=market.stranger)
    assert market.checkout.spendOf(other, market.alice) == 1000 * FEC
