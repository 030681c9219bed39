"""Scenes of Checkout: orders, terms and alliances."""

from __future__ import annotations

from collections.abc import Sequence

from eth_abi.abi import encode
from eth_typing import ChecksumAddress

from benchmarks import checkout_floor
from benchmarks.lab import Call, Lab, Scenario
from benchmarks.shop import AMOUNT, RETURN_WINDOW, TOP_TIER, Shop, admit, allow
from fec.chain.deploy import STEPS
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.protocol import abi, signing
from fec.protocol.orders import Order

TARGET = {0: 170_000}
TEN_FIFTY = (10, 50)


def deploy(lab: Lab, _: int) -> Call:
    """After ADN."""
    return lab.deployment(next(step for step in STEPS if step.name == "Checkout"))


# ------------------------------------------------------------------ payment


def _regular(lab: Lab, *, return_window: int = 0) -> Shop:
    """A shop where Alice has paid before, out of an allowance that is not used up; she holds nodes."""
    shop = Shop(lab, return_window=return_window)
    allow(lab, lab.alice)
    shop.buy(lab.alice)
    return shop


def pay_first(lab: Lab, _: int) -> Call:
    """By a shopper who neither holds a node nor has paid here before."""
    shop = _regular(lab)
    allow(lab, lab.bob)
    return shop.pay(lab.bob, shop.order(lab.bob))


def pay_first_here(lab: Lab, _: int) -> Call:
    """By a shopper who holds nodes, and pays here for the first time."""
    shop = Shop(lab)
    allow(lab, lab.alice)
    return shop.pay(lab.alice, shop.order(lab.alice))


def pay(lab: Lab, _: int) -> Call:
    """By a shopper who holds nodes and has paid here before."""
    shop = _regular(lab)
    return shop.pay(lab.alice, shop.order(lab.alice))


def pay_with_donation(lab: Lab, _: int) -> Call:
    """To a cause that holds FEC."""
    shop = _regular(lab)
    return shop.pay(lab.alice, shop.order(lab.alice, cause=shop.causes[0]))


def pay_top_tier(lab: Lab, _: int) -> Call:
    """By a shopper whose spend has reached the third tier."""
    shop = _regular(lab)
    shop.buy(lab.alice, TOP_TIER * FEC)
    return shop.pay(lab.alice, shop.order(lab.alice))


def pay_in_alliance(lab: Lab, _: int) -> Call:
    """To a member of an alliance, which has credited the shopper before."""
    shop = _regular(lab)
    lab.send(_found(lab, shop.program_id))
    shop.buy(lab.alice)
    return shop.pay(lab.alice, shop.order(lab.alice))


def pay_into_escrow(lab: Lab, _: int) -> Call:
    """To a merchant with a return window; other orders wait in escrow."""
    shop = _regular(lab, return_window=RETURN_WINDOW)
    return shop.pay(lab.alice, shop.order(lab.alice))


def pay_for_another(lab: Lab, _: int) -> Call:
    """With a return window, for another customer and with a cause: the largest order."""
    shop = _regular(lab, return_window=RETURN_WINDOW)
    return shop.pay(lab.alice, shop.order(lab.others[0], cause=shop.causes[0]))


def _pay_with_permit(lab: Lab, shop: Shop, nonce: int) -> Call:
    order = shop.order(lab.alice)
    deadline = order.invoice.expiry
    message = signing.permit_message(
        shop.coupon_domain,
        owner=lab.alice,
        spender=lab.contracts["Checkout"].address,
        value=AMOUNT,
        nonce=nonce,
        deadline=deadline,
    )
    signature = bytes.fromhex(message.sign(lab.alice_key).removeprefix("0x"))
    permit = (deadline, signature[64], signature[:32], signature[32:64])
    return lab.checkout("payWithPermit", (order.fields, *permit), lab.alice)


def pay_with_permit(lab: Lab, _: int) -> Call:
    """The shopper's first permit."""
    shop = _regular(lab)
    lab.send(lab.fec("approve", (lab.contracts["Checkout"].address, 0), lab.alice))
    return _pay_with_permit(lab, shop, 0)


def pay_with_permit_repeat(lab: Lab, _: int) -> Call:
    """A later permit; the one before was used up."""
    shop = _regular(lab)
    lab.send(_pay_with_permit(lab, shop, 0))
    return _pay_with_permit(lab, shop, 1)


def _pay_with_authorization(lab: Lab, shop: Shop) -> Call:
    order = shop.order(lab.alice)
    before = order.invoice.expiry + 1
    message = signing.authorization_message(
        shop.coupon_domain,
        payer=lab.alice,
        to=lab.contracts["Checkout"].address,
        value=AMOUNT,
        valid_after=0,
        valid_before=before,
        nonce=signing.order_message(shop.domain, order).hash,
    )
    signature = bytes.fromhex(message.sign(lab.alice_key).removeprefix("0x"))
    return lab.checkout("payWithAuthorization", (order.fields, lab.alice, 0, before, signature), lab.carol)


def pay_with_authorization(lab: Lab, _: int) -> Call:
    """Sent by a third party, who pays for gas."""
    return _pay_with_authorization(lab, _regular(lab))


def pay_with_authorization_into_escrow(lab: Lab, _: int) -> Call:
    """The same to a merchant with a return window."""
    return _pay_with_authorization(lab, _regular(lab, return_window=RETURN_WINDOW))


def pay_by_transfer(lab: Lab, _: int) -> Call:
    """The order goes along with the coins; Checkout takes it in onTransferReceived."""
    order = _regular(lab).order(lab.alice)
    args = (lab.contracts["Checkout"].address, AMOUNT, encode(abi.input_types("Checkout", "pay"), [order.fields]))
    return lab.fec("transferAndCall(address,uint256,bytes)", args, lab.alice)


def pay_from_nodes(lab: Lab, count: int) -> Call:
    """First claim from each node."""
    order = _regular(lab).order(lab.alice)
    return lab.checkout("payFromNodes", (order.fields, lab.nodes[:count]), lab.alice)


# -------------------------------------------------------- refund and capture


def _refund(shop: Shop, order: Order, amount: int) -> Call:
    return shop.lab.checkout("refund", (order.key, amount), shop.key.address)


def refund_part(lab: Lab, _: int) -> Call:
    """By the program's signer; other orders wait in escrow."""
    shop = _regular(lab, return_window=RETURN_WINDOW)
    return _refund(shop, shop.buy(lab.alice), AMOUNT // 4)


def refund_rest(lab: Lab, _: int) -> Call:
    """What is left after a first refund."""
    shop = _regular(lab, return_window=RETURN_WINDOW)
    order = shop.buy(lab.alice)
    lab.send(_refund(shop, order, AMOUNT // 4))
    return _refund(shop, order, AMOUNT - AMOUNT // 4)


def refund_whole(lab: Lab, _: int) -> Call:
    """All at once."""
    shop = _regular(lab, return_window=RETURN_WINDOW)
    return _refund(shop, shop.buy(lab.alice), AMOUNT)


def _capture(lab: Lab, shoppers: Sequence[ChecksumAddress]) -> Call:
    """Of an order for each shopper, whose orders were captured before; one more stays in escrow."""
    shop = Shop(lab, return_window=RETURN_WINDOW)
    allow(lab, lab.alice, *sorted(set(shoppers) - {lab.alice}))
    lab.send(shop.capture([shop.buy(shopper) for shopper in sorted(set(shoppers))]))
    orders = [shop.buy(shopper) for shopper in shoppers]
    call = shop.capture(orders)
    shop.buy(lab.alice)
    return call


def capture_of_many(lab: Lab, count: int) -> Call:
    """Each of another shopper."""
    return _capture(lab, lab.others[:count])


def capture_of_one(lab: Lab, count: int) -> Call:
    """All of one shopper."""
    return _capture(lab, [lab.others[0]] * count)


# ------------------------------------------------------- terms and alliances


def set_terms_first(lab: Lab, _: int) -> Call:
    """A program's first terms."""
    shop = Shop(lab)
    shop.program_id = admit(lab)
    return shop.set_terms()


def set_terms(lab: Lab, _: int) -> Call:
    """Other terms in place of the first."""
    return Shop(lab).set_terms()


def _found(lab: Lab, program_id: int) -> Call:
    return lab.checkout("foundAlliance", (program_id,), lab.merchant)


def _approve(lab: Lab, program_id: int, candidate_id: int, *, approved: bool = True) -> Call:
    args = (program_id, candidate_id, approved)
    return lab.checkout("approveCandidate", args, lab.merchant)


def _join(lab: Lab, members: Sequence[int]) -> Call:
    """By one more program, which every member has approved. The first alliance has the number 1."""
    candidate = admit(lab)
    for member in members:
        lab.send(_approve(lab, member, candidate))
    return lab.checkout("joinAlliance", (candidate, 1), lab.merchant)


def _alliance(lab: Lab, size: int) -> list[int]:
    """Founds an alliance of so many programs, and returns them."""
    members = [Shop(lab).program_id]
    lab.send(_found(lab, members[0]))
    while len(members) < size:
        call = _join(lab, members)
        lab.send(call)
        members.append(call.args[0])
    return members


def found_alliance_first(lab: Lab, _: int) -> Call:
    """The first of all."""
    return _found(lab, Shop(lab).program_id)


def found_alliance(lab: Lab, _: int) -> Call:
    """After others."""
    _alliance(lab, 1)
    return _found(lab, Shop(lab).program_id)


def approve_candidate(lab: Lab, _: int) -> Call:
    """Given."""
    return _approve(lab, _alliance(lab, 1)[0], admit(lab))


def unapprove_candidate(lab: Lab, _: int) -> Call:
    """Taken back."""
    member, candidate = _alliance(lab, 1)[0], admit(lab)
    lab.send(_approve(lab, member, candidate))
    return _approve(lab, member, candidate, approved=False)


def join_alliance(lab: Lab, count: int) -> Call:
    """Of so many members."""
    return _join(lab, _alliance(lab, count))


def leave_alliance(lab: Lab, count: int) -> Call:
    """Of so many members; the first to have joined leaves."""
    return lab.checkout("leaveAlliance", (_alliance(lab, count)[0],), lab.merchant)


SCENARIOS = (
    Scenario("", deploy),
    Scenario("immediate, shopper's first order and first node", pay_first),
    Scenario("immediate, shopper's first order here, has a node", pay_first_here, targets=TARGET),
    Scenario("immediate, shopper has a node", pay, targets=TARGET, floor=checkout_floor.pay),
    Scenario("immediate, shopper has a node, with a donation", pay_with_donation),
    Scenario("immediate, shopper has a node, third tier", pay_top_tier, targets=TARGET, floor=checkout_floor.pay),
    Scenario("immediate, shopper has a node, merchant in an alliance", pay_in_alliance),
    Scenario("with a return window", pay_into_escrow, floor=checkout_floor.pay_into_escrow),
    Scenario("with a return window, for another customer, with a donation", pay_for_another),
    Scenario("immediate, shopper has a node, first permit", pay_with_permit),
    Scenario("immediate, shopper has a node, a later permit", pay_with_permit_repeat),
    Scenario("immediate, shopper has a node, relayed", pay_with_authorization),
    Scenario("with a return window, relayed", pay_with_authorization_into_escrow),
    Scenario("pays an order, immediate, shopper has a node", pay_by_transfer),
    Scenario("immediate", pay_from_nodes, (1, 10)),
    Scenario("part", refund_part, floor=checkout_floor.refund),
    Scenario("what is left", refund_rest, floor=checkout_floor.refund),
    Scenario("whole", refund_whole, floor=checkout_floor.refund),
    Scenario(
        "a shopper each", capture_of_many, (1, *TEN_FIFTY), unit="order", shared=True, floor=checkout_floor.capture
    ),
    Scenario("one shopper", capture_of_one, TEN_FIFTY, unit="order", shared=True),
    Scenario("three tiers, two causes, first", set_terms_first),
    Scenario("three tiers, two causes, repeat", set_terms),
    Scenario("the first of all", found_alliance_first),
    Scenario("after others", found_alliance),
    Scenario("given", approve_candidate),
    Scenario("taken back", unapprove_candidate),
    Scenario("in it before", join_alliance, (1, 5), unit="member"),
    Scenario("in it before", leave_alliance, (2, 5), unit="member"),
)
