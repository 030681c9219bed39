"""Terms of a program: who sets them, what they may say, and that every version stays readable."""

from __future__ import annotations

from typing import Any

import pytest

from fec.core.durations import DAY
from tests.contracts.support.evm import ZERO, expect
from tests.contracts.support.shop_world import Market
from tests.contracts.support.world import account


def plain(terms: Any) -> dict[str, Any]:
    """Terms as Checkout shows them."""
    return {
        "signer": terms.signer,
        "treasury": terms.treasury,
        "returnWindow": terms.window,
        "donationBps": terms.donation,
        "minClaim": terms.min_claim,
        "tiers": [{"minSpend": spend, "burnBps": share} for spend, share in terms.tiers],
        "causes": list(terms.causes),
    }


def test_constants(market: Market) -> None:
    checkout = market.checkout
    found = (
        checkout.MAX_TIERS(),
        checkout.MAX_CAUSES(),
        checkout.MIN_BURN_BPS(),
        checkout.MAX_RETURN_WINDOW(),
        checkout.MAX_MEMBERS(),
    )
    assert found == (5, 32, 1000, 365 * DAY, 16)
    assert checkout.MINT_GAS() == 400_000
    assert (checkout.adn(), checkout.fec()) == (market.adn.address, market.fec.address)


def test_set_terms__reads_back(market: Market) -> None:
    program = market.program(issuer=market.checkout.address)
    terms = market.terms(
        window=365 * DAY,
        donation=250,
        min_claim=2**96 - 1,
        tiers=((0, 1000), (1, 1000), (2, 1001), (3, 9000), (2**32 - 1, 9750)),
        causes=tuple(account(0x1000 + number) for number in range(32)),
    )
    assert market.checkout.setTerms(program, terms.words, sender=market.merchant) == 1
    [event] = market.chain.events()
    assert (event.name, event.values) == ("TermsSet", {"programId": program, "version": 1, "terms": plain(terms)})
    assert market.checkout.termsOf(program) == [plain(terms), 1]
    assert market.checkout.termsAt(program, 1) == plain(terms)


def test_set_terms__again__earlier_versions_stay(market: Market) -> None:
    program = market.shop(window=5)
    assert market.set_terms(program, window=7, causes=(market.cause,)) == 2
    assert market.checkout.termsAt(program, 1) == plain(market.terms(window=5))
    assert market.checkout.termsOf(program) == [plain(market.terms(window=7, causes=(market.cause,))), 2]


def test_terms_of__none_set__reverts(market: Market) -> None:
    program = market.program()
    with expect("Checkout_NoTerms", program):
        market.checkout.termsOf(program)


@pytest.mark.parametrize("version", [0, 2])
def test_terms_at__no_such_version__reverts(market: Market, version: int) -> None:
    program = market.shop()
    with expect("Checkout_NoTerms", program):
        market.checkout.termsAt(program, version)


@pytest.mark.parametrize("who", ["signer", "admin", "stranger"])
def test_set_terms__by_another_than_the_operator__reverts(market: Market, who: str) -> None:
    program, caller = market.shop(), getattr(market, who)
    with expect("Checkout_NotProgramOperator", program, caller):
        market.checkout.setTerms(program, market.terms().words, sender=caller)


def test_set_terms__after_the_program_was_handed_on__only_by_its_new_operator(market: Market) -> None:
    program = market.shop()
    market.adn.setProgramOperator(program, market.bob, sender=market.merchant)
    with expect("Checkout_NotProgramOperator", program, market.merchant):
        market.set_terms(program)
    assert market.checkout.setTerms(program, market.terms().words, sender=market.bob) == 2


def test_set_terms__unknown_program__reverts(market: Market) -> None:
    with expect("ADN_UnknownProgram", 99):
        market.set_terms(99)


@pytest.mark.parametrize("role", ["signer", "treasury", "causes"])
def test_set_terms__account_zero_or_checkout__reverts(market: Market, role: str) -> None:
    program = market.shop()
    for bad in [ZERO, market.checkout.address]:
        change: Any = (market.cause, bad) if role == "causes" else bad
        with expect("Checkout_InvalidAccount", bad):
            market.set_terms(program, **{role: change})


def test_set_terms__window_too_long__reverts(market: Market) -> None:
    program = market.shop()
    with expect("Checkout_ReturnWindowTooLong", 365 * DAY + 1, 365 * DAY):
        market.set_terms(program, window=365 * DAY + 1)


def test_set_terms__too_many_causes__reverts(market: Market) -> None:
    program = market.shop()
    with expect("Checkout_LengthOutOfRange", 33, 0, 32):
        market.set_terms(program, causes=(market.cause,) * 33)


@pytest.mark.parametrize("count", [0, 6])
def test_set_terms__too_few_or_too_many_tiers__reverts(market: Market, count: int) -> None:
    program = market.shop()
    with expect("Checkout_LengthOutOfRange", count, 1, 5):
        market.set_terms(program, tiers=tuple((number, 1000) for number in range(count)))


def test_set_terms__burn_share_below_the_least__reverts(market: Market) -> None:
    program = market.shop()
    with expect("Checkout_BurnShareOutOfRange", 999, 1000, 10_000):
        market.set_terms(program, tiers=((0, 1000), (1, 999)))


def test_set_terms__burn_and_donation_above_everything__reverts(market: Market) -> None:
    program = market.shop()
    with expect("Checkout_BurnShareOutOfRange", 9001, 1000, 9000):
        market.set_terms(program, donation=1000, tiers=((0, 9001),))
    assert market.set_terms(program, donation=1000, tiers=((0, 9000),)) == 2


def test_set_terms__donation_above_everything__reverts(market: Market) -> None:
    program = market.shop()
    with expect("Checkout_BurnShareOutOfRange", 1000, 1000, 0):
        market.set_terms(program, donation=10_001)


@pytest.mark.parametrize(
    ("tiers", "index"),
    [
        (((1, 1000),), 0),
        (((0, 1000), (0, 1000)), 1),
        (((0, 1000), (5, 1000), (4, 1000)), 2),
        (((0, 2000), (5, 1999)), 1),
    ],
)
def test_set_terms__tiers_out_of_order__reverts(market: Market, tiers: tuple[tuple[int, int], ...], index: int) -> None:
    program = market.shop()
    with expect("Checkout_TierOutOfOrder", index):
        market.set_terms(program, tiers=tiers)


def test_set_terms__refused__keeps_the_version(market: Market) -> None:
    program = market.shop()
    with expect("Checkout_InvalidAccount", ZERO):
        market.set_terms(program, causes=(ZERO,))
    assert market.checkout.termsOf(program)[1] == 1
