"""A quote is what paying then does, to the wei and the second."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fec.core import curve
from fec.core.durations import DAY, WEEK
from tests.contracts.support.evm import ZERO, expect
from tests.contracts.support.shop_world import Market
from tests.contracts.support.world import FEC

AMOUNT = st.integers(1, 10**4) | st.integers(10**15, 10**23)


@st.composite
def tiers(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """One to five tiers of rising spend, burning no less and at most 80 %."""
    count = draw(st.integers(1, 5))
    spends = sorted(draw(st.lists(st.integers(1, 3000), min_size=count - 1, max_size=count - 1, unique=True)))
    shares = sorted(draw(st.lists(st.integers(1000, 8000), min_size=count, max_size=count)))
    return tuple(zip([0, *spends], shares, strict=True))


def test_quote__each_figure__by_hand(market: Market) -> None:
    origin = 3 * DAY + 7
    program = market.shop(window=3 * DAY, origin=origin, donation=500, causes=(market.cause,), min_claim=7)
    deadline = market.chain.now + 3 * DAY
    start = deadline - (deadline - origin) % WEEK
    assert market.checkout.quote(program, market.alice, 1000 * FEC) == {
        "termsVersion": 1,
        "tier": 0,
        "spend": 0,
        "toMerchant": 900 * FEC,
        "donation": 50 * FEC,
        "principal": 100 * FEC,
        "face": 1000 * FEC,
        "returnDeadline": deadline,
        "start": start,
        "firstRelease": start + WEEK,
        "lastRelease": start + 100 * WEEK,
        "minClaim": 7,
    }


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    steps=tiers(),
    window=st.just(0) | st.integers(1, 365 * DAY),
    donation=st.integers(0, 2000),
    period=st.integers(DAY // 2, 90 * DAY),
    origin=st.integers(0, 90 * DAY),
    spent=st.just(0) | st.integers(1, 4000 * FEC),
    amount=AMOUNT,
    cause=st.booleans(),
    late=st.integers(0, 10 * DAY),
)
def test_quote__is_what_pay_and_capture_do(
    market: Market,
    *,
    steps: tuple[tuple[int, int], ...],
    window: int,
    donation: int,
    period: int,
    origin: int,
    spent: int,
    amount: int,
    cause: bool,
    late: int,
) -> None:
    with market.chain.rolled_back():
        program = market.shop(period=period, origin=origin, tiers=steps)
        if spent:
            market.pay(market.order(program, spent))
        market.set_terms(
            program, tiers=steps, window=window, donation=donation, causes=(market.cause,), min_claim=donation
        )
        quote = market.checkout.quote(program, market.alice, amount)
        order = market.order(
            program, amount, order_id=keccak(2), cause=market.cause if cause else ZERO, min_principal=quote["principal"]
        )
        treasury = market.fec.balanceOf(market.treasury)
        market.pay(order)
        [paid] = market.chain.events("OrderPaid")
        assert paid.values["returnDeadline"] == (quote["returnDeadline"] if window else 0)
        assert quote["returnDeadline"] == market.chain.now + window
        if window:
            assert market.checkout.reservedOf(program) == quote["principal"]
            market.chain.now = quote["returnDeadline"] + late * (late % 2)
            market.checkout.capture([market.order_key(order)], sender=market.stranger)
        [captured] = market.chain.events("OrderCaptured")
        node = market.adn.nodeOf(captured.values["tokenId"])

        share = max(bps for spend, bps in steps if spent >= spend * FEC)
        tier = max(index for index, (spend, _) in enumerate(steps) if spent >= spend * FEC)
        assert (quote["spend"], quote["tier"], quote["termsVersion"]) == (spent, tier, 2)
        assert quote["principal"] == captured.values["burned"] == node["principal"] == -(-amount * share // 10_000)
        assert quote["face"] == curve.face(node["principal"])
        assert quote["donation"] == amount * donation // 10_000
        assert captured.values["donated"] == market.fec.balanceOf(market.cause) == (quote["donation"] if cause else 0)
        got = market.fec.balanceOf(market.treasury) - treasury
        assert got == captured.values["toMerchant"] == quote["toMerchant"] - captured.values["donated"]
        assert amount == quote["toMerchant"] + quote["principal"]
        assert quote["minClaim"] == donation
        assert quote["firstRelease"] == quote["start"] + period
        assert quote["lastRelease"] == quote["start"] + 100 * period
        # Later, if captured later than it could be.
        delay = market.chain.now - quote["returnDeadline"] if window else 0
        assert node["start"] == curve.starts_at(origin, period, quote["returnDeadline"] + delay)
        assert delay or node["start"] == quote["start"]


# Each error of a quote is one that paying meets too, if with the name that the node contract gives it.


def test_quote__no_terms__reverts(market: Market) -> None:
    program = market.program(issuer=market.checkout.address)
    with expect("Checkout_NoTerms", program):
        market.checkout.quote(program, market.alice, FEC)


@pytest.mark.parametrize("amount", [0, 2**96])
def test_quote__amount_out_of_range__reverts(market: Market, amount: int) -> None:
    program = market.shop()
    with expect("Checkout_AmountOutOfRange", amount, 2**96 - 1):
        market.checkout.quote(program, market.alice, amount)


def test_quote__above_the_quota__reverts(market: Market) -> None:
    program = market.shop(quota=10 * FEC)
    with expect("Checkout_QuotaExceeded", program, 10 * FEC + 1, 10 * FEC):
        market.checkout.quote(program, market.alice, 100 * FEC + 1)


def test_quote__above_what_is_not_reserved__reverts(market: Market) -> None:
    program = market.shop(quota=150 * FEC, window=DAY)
    market.pay(market.order(program))
    with expect("Checkout_QuotaExceeded", program, 50 * FEC + 1, 50 * FEC):
        market.checkout.quote(program, market.bob, 500 * FEC + 1)
    assert market.checkout.quote(program, market.bob, 500 * FEC)["principal"] == 50 * FEC


def test_quote__program_closed__reverts(market: Market) -> None:
    program = market.shop()
    market.adn.closeProgram(program, sender=market.merchant)
    with expect("Checkout_ProgramClosed", program):
        market.checkout.quote(program, market.alice, FEC)


def test_quote__checkout_is_not_the_issuer__reverts(market: Market) -> None:
    program = market.program(issuer=market.bob)
    market.set_terms(program)
    with expect("Checkout_NotIssuer", program, market.bob):
        market.checkout.quote(program, market.alice, FEC)


def test_quote__quota_below_what_is_reserved__leaves_nothing(market: Market) -> None:
    """In a program without issuer anybody may use up what Checkout has reserved."""
    program = market.program(quota=150 * FEC)
    market.set_terms(program, window=DAY)
    market.pay(market.order(program))
    market.node(market.bob, 100 * FEC, program)
    with expect("Checkout_QuotaExceeded", program, 1, 0):
        market.checkout.quote(program, market.alice, 1)


@pytest.mark.parametrize("nobody", ["zero", "signer"])
def test_quote__customer_who_cannot_be_one__reverts(market: Market, nobody: str) -> None:
    program = market.shop()
    customer = ZERO if nobody == "zero" else market.checkout.address
    with expect("Checkout_InvalidAccount", customer):
        market.checkout.quote(program, customer, FEC)
