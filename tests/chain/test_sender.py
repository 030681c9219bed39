"""Sending through endpoints on bad days: what was sent is known, and is never said to have failed when it has not."""

from itertools import count, islice
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from fec.chain.anvil import Anvil
from fec.chain.gas_price import GasPrice, gas_price
from fec.chain.rpc import connect
from fec.chain.sender import Sender, pace
from fec.client.client import Client
from fec.i18n.errors import InsufficientGasCoin, RPCFailed, TransactionFailed, TransactionPending
from tests.fixtures.endpoints import PROFILES, Answer, Ask, Call, Profile, Whole, error, without

from .conftest import Through

STRANGER = "0x00000000000000000000000000000000000000A1"
AMOUNT = 7


@pytest.fixture
def account(chain: Anvil) -> LocalAccount:
    return chain.accounts[0]


def transfer(url: str, owner: Client, signer: LocalAccount | str, *, timeout: int = 30, amount: int = AMOUNT) -> Any:
    """Sends some FEC to a stranger through an endpoint."""
    web3 = connect(url)
    record = owner.deployment["contracts"]["FEC"]
    contract = web3.eth.contract(address=web3.to_checksum_address(record["address"]), abi=record["abi"])
    call: ContractFunction = contract.functions.transfer(STRANGER, amount)
    return Sender(web3, signer, timeout=timeout).send(call)


def refused(method: str, times: int, status: int = 200, code: int = -32005) -> Profile:
    """An endpoint that refuses the first calls of a method."""
    seen = count(1)

    def call(call: Call, ask: Ask) -> Answer:
        if call["method"] == method and next(seen) <= times:
            return error(call, code, "request rate limited")
        return ask(call)

    return Profile("", call=call, status=lambda found: status if isinstance(found, dict) and "error" in found else 200)


@pytest.mark.parametrize(("status", "code"), [(200, -32005), (200, -32016), (429, 429), (503, -32000), (200, -32603)])
def test_send__polls_for_the_receipt_are_refused__are_made_again(
    through: Through, owner: Client, account: LocalAccount, status: int, code: int
) -> None:
    proxy = through(refused("eth_getTransactionReceipt", 2, status, code))
    receipt = transfer(proxy.url, owner, account)
    assert (receipt["status"], owner.balance(STRANGER)) == (1, AMOUNT)


def test_send__polls_are_refused_for_ever__names_the_hash(
    through: Through, owner: Client, account: LocalAccount
) -> None:
    proxy = through(Profile("", call=without("eth_getTransactionReceipt")))
    with pytest.raises(
        TransactionPending, match=r"whether a block has it is not known after 1 s.*Look it up"
    ) as caught:
        transfer(proxy.url, owner, account, timeout=1)
    assert owner.web3.eth.get_transaction_receipt(caught.value.tx_hash)["status"] == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("lost", [1, 3])
def test_send__answer_to_the_sending_is_lost__is_sent_again_and_mined_once(
    through: Through, owner: Client, account: LocalAccount, lost: int
) -> None:
    seen = count(1)

    def call(call: Call, ask: Ask) -> Answer:
        answer = ask(call)
        # Another question's number: as good as no answer.
        is_lost = call["method"] == "eth_sendRawTransaction" and next(seen) <= lost
        return {**answer, "id": -1} if is_lost else answer

    before = owner.web3.eth.get_transaction_count(account.address)
    assert transfer(through(Profile("", call=call)).url, owner, account)["status"] == 1
    assert owner.balance(STRANGER) == AMOUNT
    assert owner.web3.eth.get_transaction_count(account.address) == before + 1


def test_send__sending_is_limited__waits(through: Through, owner: Client, account: LocalAccount) -> None:
    transfer(through(refused("eth_sendRawTransaction", 2)).url, owner, account)
    assert owner.balance(STRANGER) == AMOUNT


def test_send__node_refuses_it__says_so_with_the_hash(through: Through, owner: Client, account: LocalAccount) -> None:
    proxy = through(refused("eth_sendRawTransaction", 99, code=-32000))
    with pytest.raises(RPCFailed, match=r"request rate limited \(transaction 0x[0-9a-f]{64}\)"):
        transfer(proxy.url, owner, account)
    assert proxy.methods["eth_sendRawTransaction"] == 1


def test_send__node_knows_no_coin__says_so_with_the_hash(
    through: Through, owner: Client, account: LocalAccount
) -> None:
    def call(call: Call, ask: Ask) -> Answer:
        if call["method"] == "eth_sendRawTransaction":
            return error(call, -32000, "insufficient funds for gas * price + value")
        return ask(call)

    with pytest.raises(InsufficientGasCoin, match=r"cannot pay for gas.*transaction 0x[0-9a-f]{64}"):
        transfer(through(Profile("", call=call)).url, owner, account)


def test_send__node_knows_it_already__awaits_it(through: Through, owner: Client, account: LocalAccount) -> None:
    def call(call: Call, ask: Ask) -> Answer:
        answer = ask(call)
        return error(call, -32000, "already known") if call["method"] == "eth_sendRawTransaction" else answer

    assert transfer(through(Profile("", call=call)).url, owner, account)["status"] == 1


@pytest.mark.parametrize(
    ("name", "unlocked"),
    [
        ("send: mined and refused", False),
        ("send: mined and refused with the hash", False),
        ("send: mined and refused with the hash", True),
    ],
)
def test_send__mined_reverted_and_refused__is_told_from_its_receipt(
    through: Through, owner: Client, account: LocalAccount, name: str, unlocked: bool
) -> None:
    def call(call: Call, ask: Ask) -> Answer:
        # As if the simulation had gone well, and something else came first.
        if call["method"] == "eth_estimateGas":
            return {"jsonrpc": "2.0", "id": call["id"], "result": hex(100_000)}
        return PROFILES[name].call(call, ask)

    proxy = through(Profile("", call=call))
    with pytest.raises(TransactionFailed, match=r"Transaction 0x[0-9a-f]{64} was reverted in its block"):
        transfer(proxy.url, owner, account.address if unlocked else account, amount=10**40)


def test_send__no_base_fee__sends_a_legacy_transaction(through: Through, owner: Client, account: LocalAccount) -> None:
    receipt = transfer(through(PROFILES["fees: no base fee"]).url, owner, account)
    assert (receipt["status"], int(receipt["type"])) == (1, 0)


def test_gas_price__neither_base_fee_nor_price__is_refused(through: Through) -> None:
    def call(call: Call, ask: Ask) -> Answer:
        if call["method"] == "eth_gasPrice":
            return error(call, -32601, "no such method")
        return PROFILES["fees: no base fee"].call(call, ask)

    web3 = connect(through(Profile("", call=call)).url)
    with pytest.raises(RPCFailed, match="names neither a base fee nor a gas price"):
        gas_price(web3)


def test_gas_price__no_tip_is_suggested__is_the_price_above_the_base_fee(through: Through, chain: Anvil) -> None:
    web3 = connect(through(PROFILES["fees: neither"]).url)
    found = gas_price(web3)
    assert found == GasPrice(chain.web3.eth.get_block("latest")["baseFeePerGas"], found.tip)
    assert found.base is not None
    assert found.base + found.tip == chain.web3.eth.gas_price


def test_offer__zero_base_fee__is_the_tip() -> None:
    assert GasPrice(0, 3).offer == {"maxFeePerGas": 3, "maxPriorityFeePerGas": 3}


def test_pace__begins_fast_and_ends_at_a_second() -> None:
    pauses = list(islice(pace(), 40))
    assert pauses[0] == 0.005
    assert pauses == sorted(pauses)
    assert pauses[-1] == 1
    # A block that comes after 12 seconds is looked for some 25 times, not 2,400.
    assert sum(pauses[:25]) > 12


def test_send__endpoint_limits_for_a_while__is_not_said_to_have_failed(
    through: Through, owner: Client, account: LocalAccount
) -> None:
    seen = count(1)

    def request(body: Any, _: int) -> Whole | None:
        polls = isinstance(body, dict) and body["method"] == "eth_getTransactionReceipt"
        return Whole(429, b"slow down") if polls and next(seen) <= 3 else None

    assert transfer(through(Profile("", request=request)).url, owner, account)["status"] == 1
