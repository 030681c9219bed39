"""A key that cannot be jammed: too much gas takes no nonce, and what a node never takes gives its nonce up."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from web3.contract.contract import ContractFunction

from fec.chain.anvil import Anvil
from fec.chain.gas import MOST_GAS, refused_for_ever
from fec.chain.jsonrpc import Call
from fec.client.client import Client
from fec.i18n.errors import TransactionFailed
from fec.relayer import GasTooHigh, Relayer, RelayState
from fec.relayer.endpoint import AccountChain, Outlook
from fec.relayer.models import RelayAttempt, RelayTransaction

Transfer = Callable[[int], ContractFunction]

#: A transfer of FEC takes more.
LITTLE_GAS = 30_000


def requests(engine: Engine) -> list[RelayTransaction]:
    with Session(engine) as session:
        return list(session.scalars(select(RelayTransaction).order_by(RelayTransaction.nonce)))


def test_simulate__more_gas_than_the_bound__is_refused(relayer: Relayer, transfer: Transfer) -> None:
    with pytest.raises(GasTooHigh, match=f"more than {LITTLE_GAS} gas"):
        relayer.simulate(transfer(5), LITTLE_GAS)


def test_submit__more_gas_than_the_bound__takes_no_nonce(relayer: Relayer, engine: Engine, transfer: Transfer) -> None:
    with pytest.raises(GasTooHigh, match=f"more than {LITTLE_GAS} gas"):
        relayer.submit("a", transfer(5), bound=LITTLE_GAS)
    assert requests(engine) == []


def test_submit__estimate_of_a_moment_ago_above_the_bound__takes_no_nonce(
    relayer: Relayer, engine: Engine, transfer: Transfer
) -> None:
    with pytest.raises(GasTooHigh):
        relayer.submit("a", transfer(5), bound=10**6, estimate=10**6 + 1)
    assert requests(engine) == []


def test_submit__estimate_near_the_most_of_a_transaction__signs_no_more_than_that(
    relayer: Relayer, chain: Anvil, engine: Engine, transfer: Transfer
) -> None:
    """EIP-7825: with the usual margin, nodes since Osaka would refuse it."""
    relayer.wait(relayer.submit("a", transfer(5), estimate=MOST_GAS - 1))
    assert [request.gas for request in requests(engine)] == [MOST_GAS]


def test_submit__block_takes_less_than_the_call__takes_no_nonce(
    relayer: Relayer, chain: Anvil, engine: Engine, transfer: Transfer
) -> None:
    chain.request("evm_setBlockGasLimit", hex(LITTLE_GAS))
    chain.mine()
    try:
        with pytest.raises(GasTooHigh):
            relayer.submit("a", transfer(5))
    finally:
        chain.request("evm_setBlockGasLimit", hex(30_000_000))
    assert requests(engine) == []


@pytest.fixture
def small_blocks(chain: Anvil, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Blocks take less than relayers believe, as after a change of the chain's mind."""
    outlook = AccountChain.outlook

    def believed(node: AccountChain, more: Sequence[Call] = ()) -> tuple[Outlook, list[object]]:
        found, rest = outlook(node, more)
        return replace(found, means=replace(found.means, block_gas=10**9)), rest

    monkeypatch.setattr(AccountChain, "outlook", believed)
    chain.request("evm_setBlockGasLimit", hex(5_000_000))
    chain.mine()
    yield
    chain.request("evm_setBlockGasLimit", hex(30_000_000))


@pytest.mark.usefixtures("small_blocks")
def test_submit__node_refuses_for_ever__those_behind_go_on_and_it_has_failed(
    relayer: Relayer, chain: Anvil, engine: Engine, transfer: Transfer, client: Client
) -> None:
    first = relayer.submit("a", transfer(5), estimate=6_000_000)
    second = relayer.submit("b", transfer(7), estimate=60_000)
    assert relayer.wait(second)["status"] == 1
    with pytest.raises(TransactionFailed, match="never takes it"):
        relayer.wait(first)
    relayer.tick()
    refused, done = requests(engine)
    assert (refused.state, refused.succeeded, done.succeeded) == (RelayState.FINAL, False, True)
    assert refused.refused is not None
    assert refused_for_ever(refused.refused)
    assert client.balance(chain.accounts[1].address) == 7


@pytest.mark.usefixtures("small_blocks")
def test_tick__node_refuses_for_ever_what_was_signed_before__fills_its_nonce(
    relayer: Relayer, engine: Engine, transfer: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as crashed:
        crashed.setattr(Relayer, "_broadcast", lambda *_: None)
        relayer.submit("a", transfer(5), estimate=6_000_000)
    assert relayer.tick() == 1
    with Session(engine) as session:
        fillers = session.scalars(select(RelayAttempt.filler).order_by(RelayAttempt.max_fee)).all()
    assert fillers == [False, True]
    while relayer.tick():
        time.sleep(0.01)
    assert [request.succeeded for request in requests(engine)] == [False]


def test_waiting__oldest_nonce_does_not_move__says_for_how_long(
    relayer: Relayer, chain: Anvil, key: LocalAccount, transfer: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain.request("evm_setAutomine", False)
    assert relayer.waiting() is None
    nonce = chain.web3.eth.get_transaction_count(key.address)
    relayer.submit("a", transfer(5))
    relayer.tick()
    later = time.time() + 100
    monkeypatch.setattr(time, "time", lambda: later)
    waiting = relayer.waiting()
    assert waiting is not None
    assert (waiting.nonce, waiting.seconds >= 99) == (nonce, True)


@pytest.mark.parametrize(
    "reason",
    [
        "exceeds block gas limit",
        "transaction gas limit too high (cap: 16777216, tx: 25000000)",
        "intrinsic gas too low",
        "insufficient gas for floor data gas cost",
        "oversized data: transaction size 140000, limit 131072",
        "tx fee (1.23 ether) exceeds the configured cap (1.00 ether)",
        "intrinsic gas too high -- tx.gas_limit > env.block.gas_limit",
        "intrinsic gas too high -- tx_gas_limit_cap",
        "Transaction gas limit is 31000000 and exceeds block gas limit of 30000000",
        "transaction gas limit (25000000) is greater than the cap (16777216)",
        "EXCEEDS_BLOCK_GAS_LIMIT",
        "TxGasLimitCapExceeded",
    ],
)
def test_refused_for_ever__words_of_nodes__are_understood(reason: str) -> None:
    assert refused_for_ever(reason)


@pytest.mark.parametrize(
    "reason",
    [
        "already known",
        "nonce too low: next nonce 5, tx nonce 4",
        "replacement transaction underpriced",
        "insufficient funds for gas * price + value: balance 1, tx cost 2",
        "txpool is full",
        "max fee per gas less than block base fee",
        "in-flight transaction limit reached for delegated accounts",
        "rate limit exceeded",
    ],
)
def test_refused_for_ever__what_may_pass__is_sent_again(reason: str) -> None:
    assert not refused_for_ever(reason)
