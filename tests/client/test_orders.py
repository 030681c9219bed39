"""Orders through the client: quoting, and paying in five ways."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract.contract import Contract

from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import WEEK
from fec.i18n.errors import InvalidArgument, InvalidInput, LimitExceeded, NotAllowed, NotFound, StateConflict
from fec.protocol import abi
from fec.protocol.orders import Capture, Invoice, Order, Permit, order_key
from fec.protocol.terms import Terms
from fec.protocol.types import Payout
from tests.contracts.support.build import compiled

from .refusals import refused

FEC = WEI_PER_FEC

NewOrder = Callable[..., Order]
WeeksLater = Callable[[int], int]


@pytest.fixture
def checkout(owner: Client, deployment: Deployment) -> Contract:
    return owner.web3.eth.contract(address=owner.orders.address, abi=abi.load("Checkout")["abi"])


def sums(capture: Capture) -> tuple[int, int, int, int]:
    return capture.to_merchant, capture.burned, capture.donated, capture.returned


# --------------------------------------------------------------------- hashes


def test_order_message__hash__is_the_contracts(order: NewOrder, alice: Client, checkout: Contract, cause: str) -> None:
    bought = order(min_principal=7, cause=cause)
    assert alice.orders.order_message(bought).hash == Web3.to_hex(checkout.functions.hashOrder(bought.fields).call())


def test_invoice_message__hash__is_the_contracts(order: NewOrder, alice: Client, checkout: Contract) -> None:
    bought = order()
    expected = Web3.to_hex(checkout.functions.hashInvoice(bought.fields).call())
    assert alice.orders.invoice_message(bought.invoice).hash == expected


def test_order_key__is_the_contracts(checkout: Contract) -> None:
    expected = Web3.to_hex(checkout.functions.orderKeyOf(3, b"A-1027".ljust(32, b"\0")).call())
    assert order_key(3, "A-1027") == expected


# ---------------------------------------------------------------------- quote


def test_quote__first_purchase__is_of_the_first_tier(alice: Client, program_id: int) -> None:
    quote = alice.orders.quote(program_id, 100 * FEC)
    assert (quote.terms_version, quote.tier, quote.spend) == (1, 0, 0)
    assert (quote.to_merchant, quote.donation, quote.principal, quote.face) == (90 * FEC, FEC, 10 * FEC, 100 * FEC)


def test_quote__dates__follow_the_grid(alice: Client, program_id: int) -> None:
    quote = alice.orders.quote(program_id, 100 * FEC)
    assert (quote.first_release, quote.last_release) == (quote.start + WEEK, quote.start + 100 * WEEK)


def test_quote__after_a_purchase__is_of_the_second_tier(shopper: Client, program_id: int, order: NewOrder) -> None:
    shopper.orders.pay(order())
    quote = shopper.orders.quote(program_id, 100 * FEC)
    assert (quote.tier, quote.spend, quote.principal) == (1, 100 * FEC, 20 * FEC)


def test_quote__for_another__is_of_their_tier(shopper: Client, bob: Client, program_id: int, order: NewOrder) -> None:
    shopper.orders.pay(order())
    assert bob.orders.quote(program_id, 100 * FEC, shopper.address).tier == 1


def test_quote__above_quota__is_refused(alice: Client, program_id: int) -> None:
    with refused(LimitExceeded, "Checkout_QuotaExceeded", programId=program_id, asked=10_001 * FEC, left=10_000 * FEC):
        alice.orders.quote(program_id, 100_010 * FEC)


def test_quote__nothing__is_refused(alice: Client, program_id: int) -> None:
    with refused(InvalidInput, "Checkout_AmountOutOfRange", amount=0, most=2**96 - 1):
        alice.orders.quote(program_id, 0)


def test_quote__program_without_terms__is_refused(alice: Client) -> None:
    with refused(NotFound, "Checkout_NoTerms", programId=1):
        alice.orders.quote(1, FEC)


# ------------------------------------------------------------------- five ways


def test_pay__allowance__shares_out_to_the_wei(shopper: Client, order: NewOrder) -> None:
    paid = shopper.orders.pay(order(amount=100 * FEC + 1))
    assert paid.capture is not None
    assert sums(paid.capture) == (90 * FEC, 10 * FEC + 1, 0, 0)


def test_pay__receipt__says_who_and_what(shopper: Client, order: NewOrder) -> None:
    bought = order()
    paid = shopper.orders.pay(bought)
    assert (paid.order_key, paid.order_id) == (bought.key, bought.invoice.order_id)
    assert (paid.payer, paid.customer, paid.amount, paid.burn_bps) == (
        shopper.address,
        shopper.address,
        100 * FEC,
        1_000,
    )
    assert (paid.return_deadline, paid.claimed) == (None, ())


def test_pay__node__is_the_customers(shopper: Client, bob: Client, order: NewOrder) -> None:
    paid = shopper.orders.pay(order(customer=bob.address))
    assert paid.token_id is not None
    node = bob.nodes.get(paid.token_id)
    assert (node.owner, node.principal) == (bob.address, 10 * FEC)


def test_pay__cause_picked__gets_the_donation(shopper: Client, order: NewOrder, cause: str, terms: Terms) -> None:
    paid = shopper.orders.pay(order(cause=cause))
    assert paid.capture is not None
    assert (paid.capture.cause, sums(paid.capture)) == (cause, (89 * FEC, 10 * FEC, FEC, 0))
    assert (shopper.balance(cause), shopper.balance(terms.treasury)) == (FEC, 89 * FEC)


def test_pay__no_allowance__is_refused(alice: Client, order: NewOrder) -> None:
    with refused(
        LimitExceeded, "ERC20InsufficientAllowance", spender=alice.orders.address, allowance=0, needed=100 * FEC
    ):
        alice.orders.pay(order())


def test_pay__lower_case_customer__is_understood(shopper: Client, order: NewOrder) -> None:
    bought = order()
    assert shopper.orders.pay(replace(bought, customer=bought.customer.lower())).customer == bought.customer


def test_pay__malformed_customer__raises(shopper: Client, order: NewOrder) -> None:
    with pytest.raises(InvalidArgument, match="'alice' is not an address"):
        shopper.orders.pay(order(customer="alice"))


def test_approve__is_read_back(alice: Client) -> None:
    alice.orders.approve(7)
    assert alice.orders.allowance() == 7


def test_pay_with_permit__needs_no_allowance(alice: Client, order: NewOrder, accounts: list[LocalAccount]) -> None:
    bought = order()
    paid = alice.orders.pay_with_permit(bought, alice.orders.permit(bought, accounts[1]))
    assert (paid.payer, paid.amount, alice.orders.allowance()) == (alice.address, 100 * FEC, 0)


def test_pay_with_permit__used_by_somebody_before__goes_on(
    alice: Client, bob: Client, order: NewOrder, accounts: list[LocalAccount], deployment: Deployment
) -> None:
    bought = order()
    permit = alice.orders.permit(bought, accounts[1])
    signature = bytes.fromhex(permit.signature.removeprefix("0x"))
    coupon = alice.web3.eth.contract(address=deployment["contracts"]["FEC"]["address"], abi=abi.load("FEC")["abi"])
    coupon.functions.permit(
        alice.address, alice.orders.address, 100 * FEC, permit.deadline, signature[64], signature[:32], signature[32:64]
    ).transact({"from": bob.address})
    assert alice.orders.pay_with_permit(bought, permit).amount == 100 * FEC


def test_pay_with_permit__not_the_payers__is_refused(
    alice: Client, order: NewOrder, accounts: list[LocalAccount]
) -> None:
    bought = order()
    with refused(
        LimitExceeded, "ERC20InsufficientAllowance", spender=alice.orders.address, allowance=0, needed=100 * FEC
    ):
        alice.orders.pay_with_permit(bought, alice.orders.permit(bought, accounts[2]))


def test_pay_with_permit__signature_too_short__raises(alice: Client, order: NewOrder) -> None:
    with pytest.raises(InvalidArgument, match="A permit is signed by r, s, v: 65 bytes"):
        alice.orders.pay_with_permit(order(), Permit(0, "0x1234"))


def test_pay_with_authorization__sent_by_another__costs_the_payer_no_gas(
    alice: Client, bob: Client, order: NewOrder, accounts: list[LocalAccount]
) -> None:
    bought = order()
    before = alice.web3.eth.get_balance(accounts[1].address)
    paid = bob.orders.pay_with_authorization(bought, alice.orders.authorize(bought, accounts[1]))
    assert (paid.payer, alice.balance(alice.address)) == (alice.address, 99_900 * FEC)
    assert alice.web3.eth.get_balance(accounts[1].address) == before


def test_pay_with_authorization__again__is_refused(
    alice: Client, bob: Client, order: NewOrder, accounts: list[LocalAccount]
) -> None:
    bought = order()
    authorization = alice.orders.authorize(bought, accounts[1])
    bob.orders.pay_with_authorization(bought, authorization)
    with refused(StateConflict, "Checkout_OrderAlreadyPaid", orderKey=bought.key):
        bob.orders.pay_with_authorization(bought, authorization)


@pytest.mark.parametrize("change", [{"min_principal": 1}, {"customer": "0x" + "01" * 20}])
def test_pay_with_authorization__order_altered__is_refused(
    alice: Client, bob: Client, order: NewOrder, accounts: list[LocalAccount], change: dict[str, int | str]
) -> None:
    bought = order()
    authorization = alice.orders.authorize(bought, accounts[1])
    with refused(NotAllowed, "ERC3009InvalidSignature"):
        bob.orders.pay_with_authorization(replace(bought, **change), authorization)


def test_pay_with_authorization__not_yet_valid__is_refused(
    alice: Client, bob: Client, order: NewOrder, accounts: list[LocalAccount]
) -> None:
    bought = order()
    start, end = bought.invoice.expiry, bought.invoice.expiry + 1
    authorization = alice.orders.authorize(bought, accounts[1], valid_after=start, valid_before=end)
    with refused(StateConflict, "ERC3009InvalidAuthorizationTime", validAfter=start, validBefore=end):
        bob.orders.pay_with_authorization(bought, authorization)


@pytest.fixture
def wallet(alice: Client, accounts: list[LocalAccount]) -> str:
    """A contract that pays what Alice's key signs; it has 1,000 FEC."""
    artifact = compiled("KeyWallet")
    factory = alice.web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    sent = factory.constructor(accounts[1].address).transact({"from": accounts[0].address})
    address = alice.web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
    alice.transfer(address, 1_000 * FEC)
    return str(address)


def test_pay_with_authorization__contract_wallet__pays_and_holds_the_node(
    alice: Client, bob: Client, order: NewOrder, accounts: list[LocalAccount], wallet: str
) -> None:
    bought = order(customer=wallet)
    authorization = alice.orders.authorize(bought, accounts[1], payer=wallet.lower())
    paid = bob.orders.pay_with_authorization(bought, authorization)
    assert (paid.payer, paid.customer) == (wallet, wallet)
    assert alice.balance(wallet) == 900 * FEC
    assert paid.token_id is not None
    assert alice.nodes.get(paid.token_id).owner == wallet


def test_pay_with_authorization__contract_wallet_and_another_key__is_refused(
    alice: Client, bob: Client, order: NewOrder, accounts: list[LocalAccount], wallet: str
) -> None:
    bought = order(customer=wallet)
    with refused(NotAllowed, "ERC3009InvalidSignature"):
        bob.orders.pay_with_authorization(bought, alice.orders.authorize(bought, accounts[2], payer=wallet))


def test_pay_with_authorization__contract_wallet__pays_an_order_once(
    alice: Client, bob: Client, order: NewOrder, accounts: list[LocalAccount], wallet: str
) -> None:
    bought = order(customer=wallet)
    authorization = alice.orders.authorize(bought, accounts[1], payer=wallet)
    bob.orders.pay_with_authorization(bought, authorization)
    with refused(StateConflict, "Checkout_OrderAlreadyPaid", orderKey=bought.key):
        bob.orders.pay_with_authorization(bought, authorization)
    assert alice.balance(wallet) == 900 * FEC


def test_transfer_and_call__needs_no_allowance(alice: Client, order: NewOrder, cause: str) -> None:
    paid = alice.orders.transfer_and_call(order(cause=cause))
    assert paid.capture is not None
    assert (paid.payer, sums(paid.capture)) == (alice.address, (89 * FEC, 10 * FEC, FEC, 0))


def test_pay_from_nodes__what_flowed_back__is_spent(shopper: Client, order: NewOrder, weeks_later: WeeksLater) -> None:
    token_id = shopper.nodes.mint(1, 10_000 * FEC).token_id
    now = weeks_later(100)
    flowed_back = shopper.nodes.get(token_id).claimable(now)
    before = shopper.balance(shopper.address)
    paid = shopper.orders.pay_from_nodes(order(), [token_id])
    assert paid.claimed == (Payout(token_id, shopper.address, flowed_back),)
    assert shopper.balance(shopper.address) == before + flowed_back - 100 * FEC


# --------------------------------------------------------- what is not payable


def test_pay__twice__is_refused(shopper: Client, order: NewOrder) -> None:
    bought = order()
    shopper.orders.pay(bought)
    with refused(StateConflict, "Checkout_OrderAlreadyPaid", orderKey=bought.key):
        shopper.orders.pay(bought)


def test_pay__forged_invoice__is_refused(
    shopper: Client, order: NewOrder, program_id: int, signer: LocalAccount
) -> None:
    genuine = order()
    forged = replace(genuine, invoice=replace(genuine.invoice, amount=FEC))
    with refused(NotAllowed, "Checkout_InvalidSignature", programId=program_id, signer=signer.address):
        shopper.orders.pay(forged)


def test_pay__after_expiry__is_refused(chain: Anvil, shopper: Client, order: NewOrder) -> None:
    bought = order()
    late = bought.invoice.expiry + 1
    chain.request("evm_setNextBlockTimestamp", late)
    with refused(StateConflict, "Checkout_OrderExpired", expiry=bought.invoice.expiry, timestamp=late):
        shopper.orders.pay(bought)


def test_pay__node_smaller_than_accepted__is_refused(shopper: Client, order: NewOrder) -> None:
    with refused(LimitExceeded, "Checkout_PrincipalTooSmall", principal=10 * FEC, least=10 * FEC + 1):
        shopper.orders.pay(order(min_principal=10 * FEC + 1))


def test_pay__unknown_cause__is_refused(shopper: Client, bob: Client, order: NewOrder, program_id: int) -> None:
    with refused(InvalidInput, "Checkout_UnknownCause", programId=program_id, cause=bob.address):
        shopper.orders.pay(order(cause=bob.address))


def test_pay__reference_too_long__raises(shopper: Client, order: NewOrder) -> None:
    bought = order()
    invoice = Invoice(bought.invoice.program_id, "x" * 33, 1, "", bought.invoice.expiry)
    with pytest.raises(InvalidArgument, match="does not fit 32 bytes"):
        shopper.orders.pay(replace(bought, invoice=invoice))
