"""Settlement at Checkout: by operator or signer, out of their own FEC, once under a reference, beside reservations."""

from __future__ import annotations

import pytest

from fec.core.durations import DAY
from tests.contracts.attacks.attackers import capture, coins, paid
from tests.contracts.support.evm import expect
from tests.contracts.support.settling import Batch, Leaf, opened_node, packed
from tests.contracts.support.shop_world import Market
from tests.contracts.support.world import FEC, PUBLIC

REF, OTHER = b"2026-11-30".ljust(32, b"\0"), b"2026-12-01".ljust(32, b"\0")
P = 1000 * FEC


def three(market: Market) -> list[Leaf]:
    """Six FEC for alice, bob and carol."""
    return [(market.alice, FEC), (market.bob, 2 * FEC), (market.carol, 3 * FEC)]


def settle(market: Market, program: int, sender: str | None = None, ref: bytes = REF, quantity: int = 3) -> Batch:
    """The first leaves, by the signer unless another is named."""
    sender, leaves = sender or market.signer, three(market)[:quantity]
    market.allow(sender)
    return Batch(int(market.checkout.settle(program, packed(leaves), ref, sender=sender)), tuple(leaves))


@pytest.mark.parametrize("who", ["signer", "merchant"])
def test_settle__burns_the_callers_own(market: Market, who: str) -> None:
    program, caller = market.shop(), getattr(market, who)
    batch = settle(market, program, caller)
    assert market.fec.balanceOf(caller) == 10**6 * FEC - 6 * FEC
    assert (market.fec.totalBurned(), market.adn.outstanding()) == (6 * FEC, 60 * FEC)
    assert market.adn.settlementOf(batch.id)["root"] == batch.root
    assert market.adn.ownerOf(opened_node(market, batch, 1)) == market.bob


def test_settle__event__names_reference_settlement_and_payer(market: Market) -> None:
    program = market.shop()
    batch = settle(market, program)
    [event] = market.chain.events("Settled")
    assert event.address == market.checkout.address
    assert event.values == {"programId": program, "ref": REF, "settlementId": batch.id, "payer": market.signer}


def test_settle__gives_no_credit(market: Market) -> None:
    program = market.shop()
    settle(market, program)
    assert [market.checkout.spendOf(program, who) for who in (market.alice, market.signer)] == [0, 0]


@pytest.mark.parametrize("who", ["alice", "admin", "stranger", "treasury"])
def test_settle__by_anybody_else__reverts(market: Market, who: str) -> None:
    program, caller = market.shop(), getattr(market, who)
    with expect("Checkout_NotSignerOrOperator", program, caller):
        settle(market, program, caller)


def test_settle__by_the_signer_of_earlier_terms__reverts(market: Market) -> None:
    program = market.shop()
    market.set_terms(program, signer=market.alice)
    with expect("Checkout_NotSignerOrOperator", program, market.signer):
        settle(market, program)


def test_settle__unknown_program__reverts(market: Market) -> None:
    with expect("ADN_UnknownProgram", 99):
        settle(market, 99)


def test_settle__program_of_another_issuer__reverts(market: Market) -> None:
    program = market.program(issuer=market.bob)
    with expect("Checkout_NotIssuer", program, market.bob):
        settle(market, program, market.merchant)


def test_settle__closed_program__reverts(market: Market) -> None:
    program = market.shop()
    market.adn.closeProgram(program, sender=market.merchant)
    with expect("Checkout_ProgramClosed", program):
        settle(market, program)


def test_settle__public_program__by_its_operator_is_taken(market: Market) -> None:
    market.fund(market.admin, 6 * FEC)
    assert market.adn.settlementOf(settle(market, PUBLIC, market.admin).id)["programId"] == PUBLIC


# --------------------------------------------------------------------- references


def test_settle__reference_used_before__reverts_with_what_it_became(market: Market) -> None:
    program = market.shop()
    batch = settle(market, program)
    for quantity in (3, 1):
        with expect("Checkout_RefUsed", program, REF, batch.id):
            settle(market, program, market.merchant, quantity=quantity)
    assert market.fec.totalBurned() == 6 * FEC


def test_settle__another_reference_or_program__is_another_batch(market: Market) -> None:
    one, other = market.shop(), market.shop()
    batches = [settle(market, one), settle(market, one, ref=OTHER), settle(market, other)]
    found = [market.checkout.settlementOfRef(program, ref) for program, ref in ((one, REF), (one, OTHER), (other, REF))]
    assert found == [batch.id for batch in batches]
    assert len(set(found)) == 3


def test_settle__reference_of_zero__is_one_like_others(market: Market) -> None:
    program = market.shop()
    batch = settle(market, program, ref=bytes(32))
    with expect("Checkout_RefUsed", program, bytes(32), batch.id):
        settle(market, program, ref=bytes(32))


def test_settlement_of_ref__not_used__is_zero(market: Market) -> None:
    program = market.shop()
    settle(market, program)
    assert [market.checkout.settlementOfRef(*key) for key in ((program, OTHER), (program + 1, REF))] == [0, 0]


def test_settle__after_it_reverted__the_reference_is_free(market: Market) -> None:
    program = market.shop()
    market.fec.transfer(market.alice, 10**6 * FEC - 5 * FEC, sender=market.signer)
    with expect("ERC20InsufficientBalance", market.signer, 5 * FEC, 6 * FEC):
        settle(market, program)
    assert market.checkout.settlementOfRef(program, REF) == 0
    market.fund(market.signer, FEC)
    assert market.checkout.settlementOfRef(program, REF) == 0
    assert settle(market, program).id == market.checkout.settlementOfRef(program, REF)


# ------------------------------------------------------------------ quota and coins


def test_settle__all_of_the_quota__is_taken(market: Market) -> None:
    program = market.shop(quota=6 * FEC)
    settle(market, program)
    assert market.adn.programOf(program)["quota"] == 0


def test_settle__above_the_quota__reverts(market: Market) -> None:
    program = market.shop(quota=6 * FEC - 1)
    with expect("Checkout_QuotaExceeded", program, 6 * FEC, 6 * FEC - 1):
        settle(market, program)


def test_settle__what_orders_have_reserved__is_left_to_them(market: Market) -> None:
    """Else the capture could not mint what the customer was promised."""
    program = market.shop(window=DAY, quota=100 * FEC + 5 * FEC)
    order = paid(market, program, amount=P)
    with expect("Checkout_QuotaExceeded", program, 6 * FEC, 5 * FEC):
        settle(market, program)
    settle(market, program, quantity=2)
    market.chain.now += DAY
    capture(market, order)
    assert market.adn.balanceOf(market.alice) == 1


def test_settle__beside_escrow__burns_none_of_it(market: Market) -> None:
    program = market.shop(window=DAY)
    paid(market, program, amount=P)
    settle(market, program)
    assert coins(market, market.checkout.address) == P


def test_settle__without_the_coins__reverts_whatever_checkout_holds(market: Market) -> None:
    program = market.shop(window=DAY)
    paid(market, program, amount=P)
    market.fec.transfer(market.alice, 10**6 * FEC, sender=market.signer)
    with expect("ERC20InsufficientBalance", market.signer, 0, 6 * FEC):
        settle(market, program)
    assert coins(market, market.checkout.address) == P


def test_settle__without_an_allowance__reverts_whatever_checkout_holds(market: Market) -> None:
    program = market.shop(window=DAY)
    paid(market, program, amount=P)
    with expect("ERC20InsufficientAllowance", market.checkout.address, 0, 6 * FEC):
        market.checkout.settle(program, packed(three(market)), REF, sender=market.signer)
    assert coins(market, market.checkout.address) == P


# ------------------------------------------------------------------------- leaves


@pytest.mark.parametrize(
    ("leaves", "error", "values"),
    [
        (b"", "ADN_BatchTooShort", (0, 1)),
        (b"\x01" * 20 + (10**18).to_bytes(12, "big") + b"\x01", "ADN_LeafCutOff", (33, 32)),
        (bytes(20) + (10**15).to_bytes(12, "big"), "ADN_LeafWithoutOwner", (0,)),
        (b"\x01" * 20 + (10**15 - 1).to_bytes(12, "big"), "ADN_LeafTooSmall", (0, 10**15 - 1, 10**15)),
    ],
)
def test_settle__leaves_that_adn_refuses__passes_its_error_on(
    market: Market, leaves: bytes, error: str, values: tuple[int, ...]
) -> None:
    program = market.shop()
    market.allow(market.signer)
    with expect(error, *values):
        market.checkout.settle(program, leaves, REF, sender=market.signer)


def test_settle__program_without_terms__is_settled_by_its_operator_alone(market: Market) -> None:
    program = market.program(issuer=market.checkout.address)
    with expect("Checkout_NotSignerOrOperator", program, market.signer):
        settle(market, program)
    assert settle(market, program, market.merchant).id == market.checkout.settlementOfRef(program, REF)
