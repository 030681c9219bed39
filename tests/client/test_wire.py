"""An endpoint on bad days: what it says is taken for an answer only if it is one."""

from collections.abc import Iterator

import pytest
from eth_account import Account
from web3 import Web3

from fec.chain.anvil import Anvil
from fec.chain.rpc import ask_all, connect
from fec.client.client import Client
from fec.i18n.errors import FECError, RPCFailed, RPCUnreachable
from tests.fixtures.faults import FaultyProxy

#: What of the faults a reader sees as something that is no answer.
UNREADABLE = (
    "refused before",
    "lost after",
    "truncated after",
    "garbled after",
    "another's after",
    "reordered",
    "busy",
    "unavailable",
)


@pytest.fixture
def proxy(chain: Anvil) -> Iterator[FaultyProxy]:
    with FaultyProxy(chain.url) as proxy:
        yield proxy


def go_wrong(proxy: FaultyProxy, kind: str, percent: int) -> None:
    proxy.kinds, proxy.percent = (kind,), percent


@pytest.mark.parametrize("kind", UNREADABLE)
def test_read__answers_go_wrong__are_never_taken_for_others(proxy: FaultyProxy, chain: Anvil, kind: str) -> None:
    web3 = connect(proxy.url)
    rich, number = chain.accounts[0].address, chain.web3.eth.block_number
    go_wrong(proxy, kind, 40)
    taken = 0
    for _ in range(20):
        try:
            found = ask_all(web3, [("eth_blockNumber", []), ("eth_chainId", [])])
            seen = (found[0], found[1], web3.eth.get_balance(rich) > 10**20, web3.eth.block_number)
        except (RPCUnreachable, RPCFailed):
            continue
        taken += 1
        assert seen == (hex(number), hex(31337), True, number)
    assert proxy.counts[kind] > 0
    # What is only read is asked again.
    assert taken > 10


@pytest.mark.parametrize(
    "kind",
    ["refused before", "lost after", "truncated after", "garbled after", "busy", "unavailable", "error", "null blocks"],
)
def test_read__nothing_but_faults__is_an_error_of_the_package(proxy: FaultyProxy, owner: Client, kind: str) -> None:
    faulty = Client(connect(proxy.url), owner.deployment)
    go_wrong(proxy, kind, 100)
    with pytest.raises((RPCUnreachable, RPCFailed)):
        faulty.now()


@pytest.mark.parametrize("kind", ["lost after", "garbled after", "unavailable"])
def test_send__answer_is_lost__is_not_sent_again(proxy: FaultyProxy, chain: Anvil, kind: str) -> None:
    web3 = connect(proxy.url)
    sender = chain.accounts[0]
    transaction = {
        **{"chainId": 31337, "nonce": chain.web3.eth.get_transaction_count(sender.address), "gas": 21_000},
        **{"to": Account.from_key(b"\x42" * 32).address, "value": 1, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 1},
    }
    raw = sender.sign_transaction(transaction).raw_transaction.to_0x_hex()
    go_wrong(proxy, kind, 100)
    with pytest.raises(FECError):
        ask_all(web3, [("eth_sendRawTransaction", [raw])])
    assert proxy.methods["eth_sendRawTransaction"] == 1


def test_batch__endpoint_takes_none__is_asked_one_by_one(chain: Anvil) -> None:
    with FaultyProxy(chain.url, batches=False) as proxy:
        web3: Web3 = connect(proxy.url)
        assert ask_all(web3, [("eth_chainId", []), ("eth_chainId", [])]) == [hex(31337)] * 2


def test_batch__one_call_is_refused__says_so_in_its_place(chain: Anvil) -> None:
    found, refused = ask_all(chain.web3, [("eth_chainId", []), ("eth_nothing", [])])
    assert found == hex(31337)
    assert isinstance(refused, RPCFailed)
    assert "Method not found" in str(refused)
