"""Who calls is who counts, not who started the transaction: contracts among the callers, for and against them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from fec.core.durations import DAY
from tests.contracts.custody.acts import withdraw, withdraw_call
from tests.contracts.support.build import shipped
from tests.contracts.support.evm import Contract, Event, expect
from tests.contracts.support.settling import packed
from tests.contracts.support.shop_world import Market
from tests.contracts.support.world import FEC, PUBLIC

REASON, REF, ROOT = b"review".ljust(32, b"\0"), b"2026-11-30".ljust(32, b"\0"), b"\x52" * 32


@dataclass(frozen=True)
class Attempt:
    """A call that `who` may make, and the error that a contract gets which they send to make it."""

    who: str
    target: Contract
    data: bytes
    error: str
    values: tuple[Any, ...]


def attempts(market: Market, guest: Contract) -> dict[str, Attempt]:
    """One of each kind of right. alice owns a node, which bob, carol and stranger may do something with."""
    adn, fec, checkout, custody, me = market.adn, market.fec, market.checkout, market.custodian, guest.address
    program, shop = market.program(issuer=market.signer), market.shop()
    node = market.node(market.alice, 100 * FEC)
    adn.setClaimApproval(market.bob, True, node, sender=market.alice)
    adn.setClaimApprovalForAll(market.carol, True, sender=market.alice)
    adn.setApprovalForAll(market.stranger, True, sender=market.alice)
    member = market.member()
    withdraw(market, member, [], 0, market.alice)
    vault = Contract(market.chain, market.vault(member), shipped("MemberVault")["abi"])
    market.pass_periods(1)
    split, claim = adn.encode("split", node, [FEC]), adn.encode("claim", node)
    claim_to = adn.encode("claimTo", [node], market.alice)
    leave = withdraw_call(market, member, [], 0, me, signature=b"")
    reward = checkout.encode("reward", shop, me, FEC, REASON)
    leaf = packed([(me, FEC)])
    settle = checkout.encode("settle", shop, leaf, REF)
    not_claimer, not_operator = ("ADN_NotClaimer", (node, me)), ("ADN_NotProgramOperator", (program, me))
    not_owner, not_signer = ("ADN_NotOwnerOrOperator", (node, me)), ("Checkout_NotSignerOrOperator", (shop, me))
    close = adn.encode("closeProgram", program)
    hand_on = adn.encode("setProgramOperator", program, me)
    approve = adn.encode("setClaimApproval", me, True, node)
    return {
        "mint, issuer": Attempt(
            "signer", adn, adn.encode("mint", program, 1, me), "ADN_NotIssuer", (program, me, market.signer)
        ),
        "settle, issuer": Attempt(
            "signer", adn, adn.encode("settle", program, leaf), "ADN_NotIssuer", (program, me, market.signer)
        ),
        "claim, owner": Attempt("alice", adn, claim, *not_claimer),
        "claim, claim-approved": Attempt("bob", adn, claim, *not_claimer),
        "claim, claim-approved for all": Attempt("carol", adn, claim, *not_claimer),
        "claimTo, owner": Attempt("alice", adn, claim_to, *not_claimer),
        "claimTo, operator": Attempt("stranger", adn, claim_to, *not_claimer),
        "split, owner": Attempt("alice", adn, split, *not_owner),
        "split, operator": Attempt("stranger", adn, split, *not_owner),
        "setClaimApproval, owner": Attempt("alice", adn, approve, "ERC721IncorrectOwner", (me, node, market.alice)),
        "closeProgram, operator": Attempt("merchant", adn, close, *not_operator),
        "closeProgram, owner": Attempt("admin", adn, close, *not_operator),
        "setProgramOperator, operator": Attempt("merchant", adn, hand_on, *not_operator),
        "FEC.mint": Attempt("admin", fec, fec.encode("mint", me, 1), "FEC_NotMinter", (me, adn.address)),
        "foundAlliance, operator": Attempt(
            "merchant", checkout, checkout.encode("foundAlliance", shop), "Checkout_NotProgramOperator", (shop, me)
        ),
        "reward, signer": Attempt("signer", checkout, reward, *not_signer),
        "reward, operator": Attempt("merchant", checkout, reward, *not_signer),
        "settle, signer": Attempt("signer", checkout, settle, *not_signer),
        "settle, operator": Attempt("merchant", checkout, settle, *not_signer),
        "onTransferReceived": Attempt(
            "alice", checkout, checkout.encode("onTransferReceived", me, me, 1, b""), "Checkout_NotFEC", (me,)
        ),
        "withdraw, member": Attempt("alice", custody, leave, "Custodian_InvalidSignature", (member.signer,)),
        "MemberVault.execute": Attempt(
            "alice", vault, vault.encode("execute", fec.address, b""), "MemberVault_NotCustodian", (me,)
        ),
    }


ATTEMPTS = [
    "mint, issuer",
    "settle, issuer",
    "claim, owner",
    "claim, claim-approved",
    "claim, claim-approved for all",
    "claimTo, owner",
    "claimTo, operator",
    "split, owner",
    "split, operator",
    "setClaimApproval, owner",
    "closeProgram, operator",
    "closeProgram, owner",
    "setProgramOperator, operator",
    "FEC.mint",
    "foundAlliance, operator",
    "reward, signer",
    "reward, operator",
    "settle, signer",
    "settle, operator",
    "onTransferReceived",
    "withdraw, member",
    "MemberVault.execute",
]


@pytest.mark.parametrize("name", ATTEMPTS)
def test_contract__called_by_who_may__may_not_itself(market: Market, guest: Contract, name: str) -> None:
    attempt = attempts(market, guest)[name]
    with expect(attempt.error, *attempt.values):
        guest.execute(attempt.target.address, attempt.data, sender=getattr(market, attempt.who))


def test_attempts__names__are_all_that_there_are(market: Market, guest: Contract) -> None:
    assert list(attempts(market, guest)) == ATTEMPTS


def do(market: Market, guest: Contract, target: Contract, name: str, *arguments: Any) -> None:
    """A call of the contract's own, in a transaction of alice."""
    guest.execute(target.address, target.encode(name, *arguments), sender=market.alice)


def coins(market: Market, *accounts: str) -> list[int]:
    return [market.fec.balanceOf(account) for account in accounts]


def test_mint__by_a_contract__burns_its_coins(market: Market, guest: Contract) -> None:
    market.fund(guest.address, 5 * FEC)
    before = coins(market, market.alice)
    do(market, guest, market.adn, "mint", PUBLIC, 5 * FEC, guest.address)
    assert coins(market, guest.address, market.alice) == [0, *before]


def test_settle__by_a_contract__burns_its_coins(market: Market, guest: Contract) -> None:
    market.fund(guest.address, 5 * FEC)
    before = coins(market, market.alice)
    do(market, guest, market.adn, "settle", PUBLIC, packed([(market.bob, 2 * FEC), (market.carol, 3 * FEC)]))
    assert coins(market, guest.address, market.alice) == [0, *before]


def test_claim__by_a_contract__pays_it_and_says_so(market: Market, guest: Contract) -> None:
    node = market.node(guest.address, 100 * FEC)
    market.pass_periods(100)
    do(market, guest, market.adn, "claim", node)
    payout = {"tokenId": node, "recipient": guest.address, "claimAmount": 1000 * FEC}
    assert market.chain.events("PayoutClaimed") == [Event(market.adn.address, "PayoutClaimed", payout)]
    assert coins(market, guest.address) == [1000 * FEC]


def test_claim_to__by_a_contract_that_is_operator__pays_as_it_says(market: Market, guest: Contract) -> None:
    node = market.node(market.bob, 100 * FEC)
    market.adn.setApprovalForAll(guest.address, True, sender=market.bob)
    market.pass_periods(100)
    do(market, guest, market.adn, "claimTo", [node], guest.address)
    assert coins(market, guest.address) == [1000 * FEC]


def test_set_claim_approval_for_all__by_a_contract__is_its_own(market: Market, guest: Contract) -> None:
    do(market, guest, market.adn, "setClaimApprovalForAll", market.bob, True)
    told = {"owner": guest.address, "spender": market.bob, "approved": True}
    assert market.chain.events() == [Event(market.adn.address, "ClaimApprovalForAll", told)]
    approved = market.adn.isClaimApprovedForAll
    assert [approved(owner, market.bob) for owner in (guest.address, market.alice)] == [True, False]


def test_set_program_operator__by_a_contract__names_it(market: Market, guest: Contract) -> None:
    program = market.program()
    market.adn.setProgramOperator(program, guest.address, sender=market.merchant)
    do(market, guest, market.adn, "setProgramOperator", program, market.bob)
    told = {"programId": program, "previous": guest.address, "current": market.bob}
    assert market.chain.events() == [Event(market.adn.address, "ProgramOperatorChanged", told)]


def test_pay__by_a_contract__takes_its_coins_and_books_it_as_payer(market: Market, guest: Contract) -> None:
    market.fund(guest.address, 1000 * FEC)
    order = market.order(market.shop(window=DAY))
    do(market, guest, market.fec, "approve", market.checkout.address, order.amount)
    market.allow(market.alice)
    before = coins(market, market.alice)
    do(market, guest, market.checkout, "pay", order.words)
    assert coins(market, guest.address, market.alice) == [0, *before]
    assert market.checkout.orderOf(market.order_key(order))["payer"] == guest.address


def test_pay_with_permit__sent_by_a_contract__does_not_use_a_permit_of_the_senders(
    market: Market, guest: Contract
) -> None:
    market.fund(guest.address, 1000 * FEC)
    order = market.order(market.shop())
    do(market, guest, market.fec, "approve", market.checkout.address, order.amount)
    do(market, guest, market.checkout, "payWithPermit", order.words, *market.permit(market.alice, order.amount))
    assert market.fec.nonces(market.alice) == 0
    assert market.fec.allowance(market.alice, market.checkout.address) == 0


def operated_by(market: Market, guest: Contract) -> int:
    """A shop whose operator is the contract, which has 10 FEC that Checkout may take; it may take alice's too."""
    program = market.shop()
    market.adn.setProgramOperator(program, guest.address, sender=market.merchant)
    market.fund(guest.address, 10 * FEC)
    do(market, guest, market.fec, "approve", market.checkout.address, 10 * FEC)
    market.allow(market.alice)
    return program


def test_reward__by_a_contract__costs_it(market: Market, guest: Contract) -> None:
    program = operated_by(market, guest)
    before = coins(market, market.alice)
    do(market, guest, market.checkout, "reward", program, market.bob, 10 * FEC, REASON)
    assert coins(market, guest.address, market.alice) == [0, *before]


def test_settle_at_checkout__by_a_contract__costs_it_and_names_it(market: Market, guest: Contract) -> None:
    program = operated_by(market, guest)
    before = coins(market, market.alice)
    do(market, guest, market.checkout, "settle", program, packed([(market.bob, 10 * FEC)]), REF)
    assert coins(market, guest.address, market.alice) == [0, *before]
    assert [event.values["payer"] for event in market.chain.events("Settled")] == [guest.address]


def test_fund_rewards__by_a_contract__costs_it_and_is_its_to_reclaim(market: Market, guest: Contract) -> None:
    program = operated_by(market, guest)
    before = coins(market, market.alice)
    deadline = market.chain.now
    do(market, guest, market.checkout, "fundRewards", program, ROOT, 10 * FEC, deadline, REASON)
    funded = market.chain.events("RewardsFunded")
    assert [event.values["funder"] for event in funded] == [guest.address]
    assert coins(market, guest.address, market.alice) == [0, *before]
    market.chain.now += 1
    market.checkout.reclaimRewards(funded[0].values["batchId"], sender=market.stranger)
    assert coins(market, guest.address) == [10 * FEC]


def test_enroll__by_a_contract__makes_it_the_brand(market: Market, guest: Contract) -> None:
    do(market, guest, market.custodian, "enroll", ROOT)
    told = {"brand": guest.address, "memberId": ROOT, "vault": market.custodian.vaultOf(guest.address, ROOT)}
    assert market.chain.events() == [Event(market.custodian.address, "MemberEnrolled", told)]
