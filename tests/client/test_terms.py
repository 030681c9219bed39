"""Terms, tiers and alliances through the client."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import WEEK, YEAR
from fec.i18n.errors import InvalidArgument, InvalidInput, NotAllowed, NotFound, StateConflict
from fec.protocol.orders import Order
from fec.protocol.terms import Terms, Tier
from tests.fixtures.deployed import MONDAY

from .refusals import refused

FEC = WEI_PER_FEC

NewOrder = Callable[..., Order]


@pytest.fixture
def neighbour(owner: Client, bob: Client, terms: Terms) -> int:
    """A program of Bob's, on the shop's terms."""
    created = owner.programs.create(
        bob.address, issuer=owner.orders.address, period_length=WEEK, origin=MONDAY, quota=10_000 * FEC
    )
    bob.terms.set(created.program_id, terms)
    return created.program_id


@pytest.fixture
def alliance(shop: Client, program_id: int) -> int:
    """The shop's own, so far."""
    return shop.terms.found_alliance(program_id).alliance_id


# ---------------------------------------------------------------------- terms


def test_set__terms__are_read_back(shop: Client, program_id: int, terms: Terms) -> None:
    changed = replace(terms, return_window=YEAR, min_claim=7, tiers=(Tier(0, 1_000), Tier(5, 1_500), Tier(9, 2_000)))
    assert shop.terms.set(program_id, changed).version == 2
    assert (shop.terms.get(program_id), shop.terms.version(program_id)) == (changed, 2)


def test_at__an_earlier_version__stays(shop: Client, program_id: int, terms: Terms) -> None:
    shop.terms.set(program_id, replace(terms, donation_bps=0))
    assert shop.terms.at(program_id, 1) == terms


def test_at__no_such_version__is_refused(shop: Client, program_id: int) -> None:
    with refused(NotFound, "Checkout_NoTerms", programId=program_id):
        shop.terms.at(program_id, 2)


def test_get__none_set__is_refused(owner: Client) -> None:
    with refused(NotFound, "Checkout_NoTerms", programId=1):
        owner.terms.get(1)


def test_set__not_the_operator__is_refused(bob: Client, program_id: int, terms: Terms) -> None:
    with refused(NotAllowed, "Checkout_NotProgramOperator", programId=program_id, caller=bob.address):
        bob.terms.set(program_id, terms)


def test_set__burn_share_too_low__is_refused(shop: Client, program_id: int, terms: Terms) -> None:
    with refused(InvalidInput, "Checkout_BurnShareOutOfRange", burnBps=999, least=1_000, most=9_900):
        shop.terms.set(program_id, replace(terms, tiers=(Tier(0, 999),)))


def test_set__tiers_out_of_order__is_refused(shop: Client, program_id: int, terms: Terms) -> None:
    with refused(InvalidInput, "Checkout_TierOutOfOrder", index=1):
        shop.terms.set(program_id, replace(terms, tiers=(Tier(0, 2_000), Tier(5, 1_000))))


def test_set__no_tiers__is_refused(shop: Client, program_id: int, terms: Terms) -> None:
    with refused(InvalidInput, "Checkout_LengthOutOfRange", length=0, least=1, most=5):
        shop.terms.set(program_id, replace(terms, tiers=()))


def test_set__return_window_too_long__is_refused(shop: Client, program_id: int, terms: Terms) -> None:
    with refused(InvalidInput, "Checkout_ReturnWindowTooLong", returnWindow=YEAR + 1, most=YEAR):
        shop.terms.set(program_id, replace(terms, return_window=YEAR + 1))


def test_set__treasury_is_the_signer__is_refused(shop: Client, program_id: int, terms: Terms) -> None:
    with refused(InvalidInput, "Checkout_InvalidAccount", account=shop.orders.address):
        shop.terms.set(program_id, replace(terms, treasury=shop.orders.address))


def test_set__malformed_cause__raises(shop: Client, program_id: int, terms: Terms) -> None:
    with pytest.raises(InvalidArgument, match="'charity' is not an address"):
        shop.terms.set(program_id, replace(terms, causes=("charity",)))


def test_spend__after_a_purchase__is_what_was_paid(shopper: Client, program_id: int, order: NewOrder) -> None:
    shopper.orders.pay(order())
    assert shopper.terms.spend(program_id, shopper.address) == 100 * FEC


# ------------------------------------------------------------------ alliances


def test_found_alliance__has_one_member(shop: Client, program_id: int, alliance: int) -> None:
    assert (shop.terms.members(alliance), shop.terms.alliance_of(program_id)) == ([program_id], alliance)


def test_alliance_of__in_none__is_none(shop: Client, program_id: int) -> None:
    assert shop.terms.alliance_of(program_id) is None


def test_found_alliance__in_one_already__is_refused(shop: Client, program_id: int, alliance: int) -> None:
    with refused(StateConflict, "Checkout_AlreadyInAlliance", programId=program_id, allianceId=alliance):
        shop.terms.found_alliance(program_id)


def test_join_alliance__approved__is_a_member(
    shop: Client, bob: Client, program_id: int, neighbour: int, alliance: int
) -> None:
    shop.terms.approve_candidate(program_id, neighbour)
    bob.terms.join_alliance(neighbour, alliance)
    assert shop.terms.members(alliance) == [program_id, neighbour]


def test_join_alliance__approval_taken_back__is_refused(
    shop: Client, bob: Client, program_id: int, neighbour: int, alliance: int
) -> None:
    shop.terms.approve_candidate(program_id, neighbour)
    shop.terms.approve_candidate(program_id, neighbour, approved=False)
    with refused(NotAllowed, "Checkout_NotApprovedBy", allianceId=alliance, memberId=program_id, candidateId=neighbour):
        bob.terms.join_alliance(neighbour, alliance)


def test_join_alliance__unknown__is_refused(bob: Client, neighbour: int) -> None:
    with refused(NotFound, "Checkout_UnknownAlliance", allianceId=9):
        bob.terms.join_alliance(neighbour, 9)


def test_leave_alliance__is_in_none(shop: Client, program_id: int, alliance: int) -> None:
    shop.terms.leave_alliance(program_id)
    assert (shop.terms.members(alliance), shop.terms.alliance_of(program_id)) == ([], None)


def test_leave_alliance__in_none__is_refused(shop: Client, program_id: int) -> None:
    with refused(StateConflict, "Checkout_NotInAlliance", programId=program_id):
        shop.terms.leave_alliance(program_id)
