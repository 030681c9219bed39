"""Each request is sent once: at the same time, again, stuck, forgotten, reorganised away, or beside another holder."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count

import pytest
from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session
from web3.contract.contract import ContractFunction

from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.chain.rpc import connect
from fec.client.client import Client
from fec.i18n.errors import (
    ContractError,
    InsufficientGasCoin,
    RPCFailed,
    RPCUnreachable,
    TransactionFailed,
    TransactionPending,
)
from fec.protocol import signing
from fec.protocol.signing import Domain
from fec.relayer import FeePolicy, FeesTooHigh, LocalSigner, Relayer, RelayState, RequestConflict
from fec.relayer.models import RelayAccount, RelayAttempt, RelayTransaction
from tests.fixtures.chains import settle
from tests.fixtures.endpoints import Answer, Ask, Call, Profile, ReshapingProxy, error, without
from tests.fixtures.faults import FaultyProxy
from tests.relayer.conftest import IMPATIENT

Transfer = Callable[[int], ContractFunction]
Relaying = Callable[..., Relayer]


class Crashing(Relayer):
    """Crashes between writing down what it signed and sending it."""

    def _broadcast(self, transaction_id: int) -> None:
        raise KeyboardInterrupt(transaction_id)


@pytest.fixture
def received(client: Client, chain: Anvil) -> Callable[[], int]:
    """Wei of FEC that have arrived."""
    return lambda: client.balance(chain.accounts[1].address)


def requests(engine: Engine) -> list[RelayTransaction]:
    with Session(engine) as session:
        return list(session.scalars(select(RelayTransaction).order_by(RelayTransaction.nonce)))


def attempts(engine: Engine) -> list[RelayAttempt]:
    with Session(engine) as session:
        return list(session.scalars(select(RelayAttempt).order_by(RelayAttempt.max_fee)))


# -------------------------------------------------------------------- requests


def test_wait__polls_are_refused_for_a_while__gives_the_receipt(
    relaying: Relaying, chain: Anvil, transfer: Transfer, received: Callable[[], int]
) -> None:
    seen = count(1)

    def call(call: Call, ask: Ask) -> Answer:
        is_refused = call["method"] == "eth_getTransactionReceipt" and next(seen) <= 3
        return error(call, -32603, "busy") if is_refused else ask(call)

    with ReshapingProxy(chain.url, Profile("", call=call)) as proxy:
        relayer = relaying(connect(proxy.url))
        assert relayer.wait(relayer.submit("a", transfer(5)))["status"] == 1
    assert received() == 5


def test_wait__polls_are_refused_for_ever__names_the_hash(
    engine: Engine, chain: Anvil, key: LocalAccount, transfer: Transfer
) -> None:
    with ReshapingProxy(chain.url, Profile("", call=without("eth_getTransactionReceipt"))) as proxy:
        relayer = Relayer(engine, connect(proxy.url), LocalSigner(key), timeout=1)
        with pytest.raises(TransactionPending, match="does not exist") as caught:
            relayer.wait(relayer.submit("a", transfer(5)))
    assert caught.value.tx_hash == attempts(engine)[-1].hash


def test_submit__twice_with_one_key__sends_once(
    relayer: Relayer, transfer: Transfer, received: Callable[[], int]
) -> None:
    first = relayer.submit("a", transfer(5))
    relayer.wait(first)
    assert relayer.submit("a", transfer(5)) == first
    assert received() == 5


def test_submit__one_key_for_another_call__is_refused(
    relayer: Relayer, transfer: Transfer, received: Callable[[], int]
) -> None:
    relayer.wait(relayer.submit("a", transfer(5)))
    with pytest.raises(RequestConflict, match="stands for another request"):
        relayer.submit("a", transfer(6))
    assert received() == 5


def test_submit__contract_refuses__takes_no_nonce(relayer: Relayer, engine: Engine, transfer: Transfer) -> None:
    with pytest.raises(ContractError) as refused:
        relayer.submit("a", transfer(2**100))
    assert refused.value.name == "ERC20InsufficientBalance"
    assert requests(engine) == []


def test_submit__fees_above_the_ceiling__takes_no_nonce(relaying: Relaying, engine: Engine, transfer: Transfer) -> None:
    with pytest.raises(FeesTooHigh, match="Nothing was sent"):
        relaying(fees=FeePolicy(ceiling=1)).submit("a", transfer(5))
    assert requests(engine) == []


def test_submit__no_coin_for_gas__takes_no_nonce(
    relayer: Relayer, chain: Anvil, key: LocalAccount, engine: Engine, transfer: Transfer
) -> None:
    chain.request("anvil_setBalance", key.address, "0x1")
    with pytest.raises(InsufficientGasCoin, match="has 1 wei"):
        relayer.submit("a", transfer(5))
    assert requests(engine) == []


def test_submit__many_at_once__each_has_a_nonce_of_its_own(
    relaying: Relaying, engine: Engine, transfer: Transfer, received: Callable[[], int]
) -> None:
    relayers = [relaying(), relaying()]
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(relayers[n % 2].submit, f"request {n}", transfer(1)) for n in range(24)]
        done = [relayers[0].wait(future.result()) for future in sent]
    nonces = [request.nonce for request in requests(engine)]
    assert nonces == list(range(nonces[0], nonces[0] + 24))
    assert len({receipt["transactionHash"] for receipt in done}) == received() == 24


def test_submit__one_request_many_times_at_once__sends_once(
    relaying: Relaying, engine: Engine, transfer: Transfer, received: Callable[[], int]
) -> None:
    relayers = [relaying(), relaying()]
    with ThreadPoolExecutor(8) as pool:
        ids = {pool.submit(relayers[n % 2].submit, "the one", transfer(7)) for n in range(16)}
    assert len({future.result() for future in ids}) == len(requests(engine)) == 1
    relayers[0].wait(requests(engine)[0].id)
    assert received() == 7


def test_sending__client_in_its_place__gives_what_the_client_gives(relayer: Relayer, client: Client) -> None:
    relayed = Client(client.web3, client.deployment, relayer.sending("mint"))
    minted = relayed.nodes.mint(1, 10**18)
    assert client.nodes.get(minted.token_id).principal == 10**18


# ------------------------------------------------------------------- trouble


def test_tick__crash_before_sending__sends_the_same_bytes(
    relayer: Relayer, chain: Anvil, engine: Engine, key: LocalAccount, transfer: Transfer
) -> None:
    with pytest.raises(KeyboardInterrupt):
        Crashing(engine, chain.web3, LocalSigner(key)).submit("a", transfer(5))
    [signed] = attempts(engine)
    relayer.tick()
    receipt = relayer.wait(relayer.submit("a", transfer(5)))
    assert receipt["transactionHash"].to_0x_hex() == signed.hash


def test_tick__node_forgot_it__sends_it_again(
    relayer: Relayer, chain: Anvil, engine: Engine, transfer: Transfer, received: Callable[[], int]
) -> None:
    chain.request("evm_setAutomine", False)
    transaction = relayer.submit("a", transfer(5))
    chain.request("anvil_dropTransaction", attempts(engine)[0].hash)
    relayer.tick()
    chain.mine()
    relayer.wait(transaction)
    assert len(attempts(engine)) == received() // 5 == 1


def test_tick__stuck__offers_an_eighth_more(
    relaying: Relaying, chain: Anvil, engine: Engine, transfer: Transfer, received: Callable[[], int]
) -> None:
    chain.request("evm_setAutomine", False)
    relayer = relaying(fees=IMPATIENT)
    transaction = relayer.submit("a", transfer(5))
    relayer.tick()
    first, second = attempts(engine)
    assert second.max_fee * 8 >= first.max_fee * 9
    assert second.tip * 8 >= first.tip * 9
    chain.mine()
    assert relayer.wait(transaction)["transactionHash"].to_0x_hex() == second.hash
    assert received() == 5


def test_tick__stuck_at_the_ceiling__stays_as_it_is(
    relaying: Relaying, chain: Anvil, engine: Engine, transfer: Transfer
) -> None:
    chain.request("evm_setAutomine", False)
    offered = FeePolicy().now(chain.web3)
    relayer = relaying(fees=FeePolicy(stuck_after=0, ceiling=offered.most))
    relayer.submit("a", transfer(5))
    relayer.tick()
    assert len(attempts(engine)) == 1


def test_tick__block_reorganised_away__sends_it_again(
    relaying: Relaying, chain: Anvil, engine: Engine, transfer: Transfer, received: Callable[[], int]
) -> None:
    relayer = relaying(confirmations=2)
    before = chain.request("evm_snapshot")
    relayer.wait(relayer.submit("a", transfer(5)))
    assert requests(engine)[0].state == RelayState.INCLUDED
    chain.request("evm_revert", before)
    assert relayer.tick() == 1
    settle(chain)
    assert relayer.tick() == 1
    assert (requests(engine)[0].state, received()) == (RelayState.INCLUDED, 5)
    chain.mine(2)
    assert relayer.tick() == 0
    assert requests(engine)[0].state == RelayState.FINAL


def test_tick__reorganised_deeper_than_what_is_final__sends_it_again(
    relayer: Relayer, chain: Anvil, engine: Engine, transfer: Transfer, received: Callable[[], int]
) -> None:
    before = chain.request("evm_snapshot")
    for amount in (5, 6):
        relayer.wait(relayer.submit(f"transfer {amount}", transfer(amount)))
    assert [request.state for request in requests(engine)] == [RelayState.FINAL] * 2
    chain.request("evm_revert", before)
    # Its nonce is behind theirs: no block would ever take it if they were lost.
    later = relayer.submit("transfer 7", transfer(7))
    relayer.tick()
    relayer.wait(later)
    relayer.tick()
    assert received() == 18
    assert [request.state for request in requests(engine)] == [RelayState.FINAL] * 3


def test_tick__many_in_blocks__asks_little(
    relaying: Relaying, chain: Anvil, engine: Engine, deployment: Deployment, transfer: Transfer
) -> None:
    chain.request("evm_setAutomine", False)
    with FaultyProxy(chain.url) as proxy:
        relayer = relaying(web3=connect(proxy.url), confirmations=5)
        for amount in range(1, 31):
            relayer.submit(f"transfer {amount}", transfer(amount))
        chain.request("evm_setAutomine", True)
        chain.mine()
        assert relayer.tick() == 30
        proxy.methods.clear()
        chain.mine()
        assert relayer.tick() == 30
        asked = sum(proxy.methods.values())
        # The same block again: nothing can have changed.
        assert relayer.tick() == 30
        again = sum(proxy.methods.values()) - asked
    assert {request.state for request in requests(engine)} == {RelayState.INCLUDED}
    assert asked < 10
    assert again == 2


def test_tick__endpoint_fails_often__all_come_into_blocks(
    relaying: Relaying, chain: Anvil, engine: Engine, transfer: Transfer, received: Callable[[], int]
) -> None:
    chain.request("evm_setAutomine", False)
    with FaultyProxy(chain.url, seed=5) as proxy:
        relayer = relaying(web3=connect(proxy.url), confirmations=20)
        for amount in range(1, 31):
            relayer.submit(f"transfer {amount}", transfer(amount))
        chain.request("anvil_dropAllTransactions")
        chain.request("evm_setAutomine", True)
        proxy.percent = 25
        for _ in range(100):
            with suppress(RPCUnreachable, RPCFailed):
                relayer.tick()
            if RelayState.PENDING not in {request.state for request in requests(engine)}:
                break
        proxy.percent = 0
        chain.mine(20)
        assert relayer.tick() == 0
    assert received() == sum(range(1, 31))
    assert {request.state for request in requests(engine)} == {RelayState.FINAL}


def test_submit__kept_raises__takes_no_nonce(
    relayer: Relayer, engine: Engine, transfer: Transfer, received: Callable[[], int]
) -> None:
    def refuse(session: Session, number: int) -> None:
        raise KeyboardInterrupt(number)

    with pytest.raises(KeyboardInterrupt):
        relayer.submit("a", transfer(5), kept=refuse)
    assert requests(engine) == []
    relayer.tick()
    assert received() == 0


def test_tick__reverted_in_its_block__is_final_and_failed(
    relayer: Relayer, chain: Anvil, engine: Engine, deployment: Deployment, client: Client
) -> None:
    coupon = deployment["contracts"]["FEC"]
    owner, spender = chain.accounts[3], chain.accounts[4].address
    deadline = chain.now + 50
    domain = Domain("Fortune Earnings Coupon", chain.web3.eth.chain_id, coupon["address"])
    message = signing.permit_message(domain, owner=owner.address, spender=spender, value=1, nonce=0, deadline=deadline)
    signature = bytes.fromhex(message.sign(owner).removeprefix("0x"))
    contract = chain.web3.eth.contract(address=coupon["address"], abi=coupon["abi"])  # type: ignore[call-overload]
    permit = contract.functions["permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"](
        owner.address, spender, 1, deadline, signature[64], signature[:32], signature[32:64]
    )
    chain.request("evm_setAutomine", False)
    transaction = relayer.submit("a", permit)
    chain.travel_to(deadline + 1)
    with pytest.raises(TransactionFailed, match="reverted in its block"):
        relayer.wait(transaction)
    [request] = requests(engine)
    assert (request.state, request.succeeded) == (RelayState.FINAL, False)


def test_tick__somebody_else_used_the_nonce__gives_it_up(
    relaying: Relaying, chain: Anvil, engine: Engine, client: Client, transfer: Transfer
) -> None:
    chain.request("evm_setAutomine", False)
    relayer = relaying(fees=FeePolicy(stuck_after=0, ceiling=FeePolicy().now(chain.web3).most))
    transaction = relayer.submit("a", transfer(5))
    chain.request("anvil_dropTransaction", attempts(engine)[0].hash)
    chain.request("evm_setAutomine", True)
    client.transfer(chain.accounts[1].address, 70)
    assert relayer.tick() == 0
    with pytest.raises(TransactionFailed, match="somebody else used the relayer's key"):
        relayer.wait(transaction)
    assert client.balance(chain.accounts[1].address) == 70


def test_submit__somebody_else_sent_meanwhile__goes_on_behind_them(
    relayer: Relayer, client: Client, chain: Anvil, transfer: Transfer, received: Callable[[], int]
) -> None:
    relayer.wait(relayer.submit("a", transfer(5)))
    client.transfer(chain.accounts[1].address, 70)
    relayer.wait(relayer.submit("b", transfer(6)))
    assert received() == 81


def test_tick__nonce_that_nobody_holds__is_filled_with_nothing(
    relayer: Relayer, engine: Engine, transfer: Transfer, received: Callable[[], int]
) -> None:
    relayer.wait(relayer.submit("a", transfer(5)))
    with Session(engine) as session, session.begin():
        session.execute(update(RelayAccount).values(next_nonce=RelayAccount.next_nonce + 1))
    later = relayer.submit("b", transfer(6))
    relayer.tick()
    relayer.wait(later)
    assert received() == 11
    assert requests(engine)[1].request_key.startswith("gap ")


def test_tick__database_lost_what_was_signed__goes_on(
    relayer: Relayer, engine: Engine, transfer: Transfer, received: Callable[[], int]
) -> None:
    relayer.wait(relayer.submit("a", transfer(5)))
    with Session(engine) as session, session.begin():
        for table in (RelayAttempt, RelayTransaction, RelayAccount):
            session.execute(delete(table))
    relayer.wait(relayer.submit("b", transfer(6)))
    assert received() == 11


def test_wait__no_block_takes_it__is_not_lost(
    engine: Engine, chain: Anvil, key: LocalAccount, transfer: Transfer, received: Callable[[], int]
) -> None:
    chain.request("evm_setAutomine", False)
    relayer = Relayer(engine, chain.web3, LocalSigner(key), timeout=1)
    transaction = relayer.submit("a", transfer(5))
    with pytest.raises(TransactionPending, match="not in a block after 1 s"):
        relayer.wait(transaction)
    chain.mine()
    relayer.wait(transaction)
    assert received() == 5
