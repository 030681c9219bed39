"""Relayers beside each other on one database: neither waits for the other for ever, nor says what is past."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from web3.contract.contract import ContractFunction

from fec.chain.anvil import Anvil
from fec.relayer import Relayer, RelayState
from fec.relayer.endpoint import AccountChain
from fec.relayer.models import RelayAccount, RelayTransaction
from tests.fixtures.chains import settle

Transfer = Callable[[int], ContractFunction]
Relaying = Callable[..., Relayer]

#: Longer than PostgreSQL waits before it looks for a deadlock, which is a second.
PATIENCE = 20


def request(engine: Engine, number: int) -> RelayTransaction:
    with Session(engine) as session:
        return session.get_one(RelayTransaction, number)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_tick__another_notes_one_of_several__neither_waits_for_ever(
    relaying: Relaying, chain: Anvil, engine: Engine, transfer: Transfer
) -> None:
    """Each request noted records an event, after the requests: here, all lock the account's row for it."""
    one, other = relaying(), relaying()
    chain.request("evm_setAutomine", False)
    first, second = (one.submit(f"transfer {amount}", transfer(amount)) for amount in (1, 2))
    chain.mine()
    recording, holding = threading.Event(), threading.Event()

    def record(session: Session) -> None:
        session.scalars(select(RelayAccount).with_for_update()).one()

    def placed_by_one(session: Session, _: Sequence[RelayTransaction]) -> None:
        record(session)

    def placed_by_other(session: Session, _: Sequence[RelayTransaction]) -> None:
        record(session)
        recording.set()
        assert holding.wait(PATIENCE)

    one.placed, other.placed = placed_by_one, placed_by_other
    with ThreadPoolExecutor(2) as pool:
        waited = pool.submit(other.wait, second)
        assert recording.wait(PATIENCE)
        ticked = pool.submit(one.tick)
        holding.set()
        assert waited.result()["status"] == 1
        ticked.result()
    assert [request(engine, number).state for number in (first, second)] == [RelayState.FINAL] * 2


def test_tick__another_saw_the_next_branch_first__its_word_stands(
    relaying: Relaying, chain: Anvil, engine: Engine, transfer: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = relaying(), relaying()
    before = chain.request("evm_snapshot")
    number = slow.submit("a", transfer(5))
    settle(chain)
    has = AccountChain.has

    def answered_long_ago(node: AccountChain, *asked: object) -> bool:
        """Between the slow one's last question and its lock, the block goes and comes again further up."""
        answer = has(node, *asked)  # type: ignore[arg-type]
        monkeypatch.undo()
        chain.request("evm_revert", before)
        chain.mine(3)
        quick.tick()
        quick.wait(number)
        return answer

    monkeypatch.setattr(AccountChain, "has", answered_long_ago)
    slow.tick()
    noted = request(engine, number)
    receipt = quick.wait(number)
    assert (noted.state, noted.block_hash) == (RelayState.FINAL, receipt["blockHash"].to_0x_hex())


def test_tick__chain_gets_shorter_while_it_is_asked__nothing_is_final_too_early(
    relaying: Relaying, chain: Anvil, engine: Engine, transfer: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayer = relaying(confirmations=3)
    before = chain.request("evm_snapshot")
    chain.mine(5)
    number = relayer.submit("a", transfer(5))
    mined = AccountChain.mined

    def other_branch(node: AccountChain, hashes: list[str]) -> object:
        """After the head was asked for, the chain ends five blocks below, with the transaction in its last one."""
        monkeypatch.undo()
        chain.request("evm_revert", before)
        [signed] = relayer._ledger.attempts(number)
        node.send([signed.raw])
        settle(chain)
        return mined(node, hashes)

    monkeypatch.setattr(AccountChain, "mined", other_branch)
    relayer.tick()
    assert request(engine, number).state == RelayState.PENDING
    relayer.tick()
    assert request(engine, number).state == RelayState.INCLUDED
    chain.mine(3)
    relayer.tick()
    assert request(engine, number).state == RelayState.FINAL
