"""Customers that are contracts: those that would not take a node are refused before anything is sold to them."""

from collections.abc import Callable

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3

from fec.chain.anvil import Anvil
from fec.chain.jsonrpc import Endpoint, Patience
from fec.chain.rpc import EndpointProvider
from fec.client.client import Client
from fec.client.errors import CustomerRefusesNodes
from fec.client.receivers import check_customer
from fec.core.amounts import WEI_PER_FEC
from fec.i18n.errors import RPCUnreachable
from fec.protocol.orders import Order
from tests.contracts.support.build import compiled

AMOUNT = 100 * WEI_PER_FEC
CODE_AT = "0x" + "c0" * 20
#: Code, and why it takes no node.
REFUSING = {
    "0x5f5ffd": "reverts",
    "0x00": "answers nothing",
    "0xfe": "has an invalid opcode",
    "0x5b5f56": "burns all gas",
    "0x60205ff3": "answers a zero",
}


@pytest.fixture
def wallet(chain: Anvil, accounts: list[LocalAccount]) -> str:
    """A wallet contract that takes nodes."""
    artifact = compiled("KeyWallet")
    factory = chain.web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    deploying = factory.constructor(accounts[1].address).transact({"from": accounts[1].address})
    return str(chain.web3.eth.wait_for_transaction_receipt(deploying)["contractAddress"])


def test_quote__customer_account__is_given(alice: Client, program_id: int) -> None:
    assert alice.orders.quote(program_id, AMOUNT).principal == AMOUNT // 10


def test_quote__customer_contract_that_takes_nodes__is_given(alice: Client, program_id: int, wallet: str) -> None:
    assert alice.orders.quote(program_id, AMOUNT, wallet).principal == AMOUNT // 10


@pytest.mark.parametrize("code", REFUSING, ids=REFUSING.values())
def test_quote__customer_contract_that_takes_no_nodes__raises(
    code: str, alice: Client, program_id: int, chain: Anvil
) -> None:
    chain.request("anvil_setCode", CODE_AT, code)
    with pytest.raises(CustomerRefusesNodes, match="does not accept nodes"):
        alice.orders.quote(program_id, AMOUNT, CODE_AT)


def test_quote__customer_that_delegates_to_a_wallet__is_given(
    alice: Client, program_id: int, chain: Anvil, accounts: list[LocalAccount], wallet: str
) -> None:
    # EIP-7702: an account with its own key and a contract's code.
    delegating = accounts[7].address
    chain.request("anvil_setCode", delegating, "0xef0100" + wallet.removeprefix("0x"))
    assert alice.orders.quote(program_id, AMOUNT, delegating).principal == AMOUNT // 10


def test_quote__customer_that_delegates_to_what_takes_none__raises(
    alice: Client, program_id: int, chain: Anvil, accounts: list[LocalAccount]
) -> None:
    delegating = accounts[7].address
    chain.request("anvil_setCode", delegating, "0xef0100" + alice.orders.address.removeprefix("0x"))
    with pytest.raises(CustomerRefusesNodes):
        alice.orders.quote(program_id, AMOUNT, delegating)


#: Each way to pay, with the shopper's key.
WAYS: dict[str, Callable[[Client, LocalAccount, Order], object]] = {
    "allowance": lambda shopper, _, order: shopper.orders.pay(order),
    "permit": lambda shopper, key, order: shopper.orders.pay_with_permit(order, shopper.orders.permit(order, key)),
    "authorization": lambda shopper, key, order: shopper.orders.pay_with_authorization(
        order, shopper.orders.authorize(order, key)
    ),
    "transfer": lambda shopper, _, order: shopper.orders.transfer_and_call(order),
    "nodes": lambda shopper, _, order: shopper.orders.pay_from_nodes(order, []),
}


@pytest.mark.parametrize("way", WAYS)
def test_pay__customer_contract_that_takes_no_nodes__raises_before_anything_is_sent(
    *, way: str, shopper: Client, accounts: list[LocalAccount], order: Callable[..., Order], chain: Anvil
) -> None:
    chain.request("anvil_setCode", CODE_AT, "0x5f5ffd")
    bought = order(customer=CODE_AT)
    blocks = chain.web3.eth.block_number
    with pytest.raises(CustomerRefusesNodes, match="does not accept nodes"):
        WAYS[way](shopper, accounts[1], bought)
    assert chain.web3.eth.block_number == blocks


def test_check_customer__nobody_answers__is_not_said_of_the_customer() -> None:
    nobody = Web3(EndpointProvider(Endpoint("http://127.0.0.1:9", failures=Patience(attempts=1))))
    with pytest.raises(RPCUnreachable):
        check_customer(nobody, CODE_AT, CODE_AT, CODE_AT)
