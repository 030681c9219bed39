"""Starting and stopping Anvil."""

import socket
from pathlib import Path

import pytest

from fec.chain.anvil import MNEMONIC, Anvil
from fec.chain.rpc import connect
from fec.core.durations import HOUR
from fec.i18n.errors import AnvilFailed, AnvilMissing, RPCFailed, RPCUnreachable


def test_start__no_port_given__two_run_side_by_side(anvil: Anvil) -> None:
    with Anvil() as other:
        assert other.url != anvil.url


def test_start__options__are_the_chains(tmp_path: Path) -> None:
    with Anvil(chain_id=11155111, timestamp=1_700_000_000, accounts=3, gas_limit=20_000_000) as anvil:
        assert anvil.web3.eth.chain_id == 11155111
        assert anvil.web3.eth.get_block(0)["timestamp"] == 1_700_000_000
        assert anvil.web3.eth.get_block(0)["gasLimit"] == 20_000_000
        assert [account.address for account in anvil.accounts] == anvil.web3.eth.accounts


def test_start__block_time__mines_no_block_for_a_transaction() -> None:
    with Anvil(block_time=HOUR) as anvil:
        first, second = anvil.web3.eth.accounts[:2]
        anvil.web3.eth.send_transaction({"from": first, "to": second, "value": 1})
        assert anvil.web3.eth.block_number == 0


def test_start__log_given__gets_the_lines() -> None:
    lines: list[str] = []
    with Anvil(log=lines.append):
        assert any(MNEMONIC in line for line in lines)


def test_start__number_of_past_states__long_chain_goes_back_to_one_with_its_contracts() -> None:
    with Anvil(past_states=100) as anvil:
        creation = "0x600a600c600039600a6000f3602a60005260206000f3"
        sent = anvil.web3.eth.send_transaction({"from": anvil.web3.eth.accounts[0], "data": creation})
        address = anvil.web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
        assert address is not None
        anvil.mine(1_100)
        anvil.request("anvil_rollback", 64)
        assert len(anvil.web3.eth.get_code(address)) == 10


def test_start__port_taken__says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(AnvilFailed, match=r"(?s)Anvil did not start.*start it again:.*in use"):
            Anvil(port=taken.getsockname()[1]).start()


def test_start__no_binary__says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AnvilMissing, match="`make setup` installs it"):
        Anvil().start()


def test_stop__twice__does_nothing_more() -> None:
    anvil = Anvil().start()
    anvil.stop()
    anvil.stop()
    with pytest.raises(RPCUnreachable, match=f"Nothing answers at {anvil.url}"):
        connect(anvil.url)


def test_url__before_start__raises() -> None:
    with pytest.raises(AnvilFailed, match="has not been started"):
        _ = Anvil().url


def test_travel_to__a_time__is_that_of_the_latest_block(chain: Anvil) -> None:
    then = chain.now + 1_000_000
    chain.travel_to(then)
    assert chain.now == then


def test_travel_to__the_past__is_refused(chain: Anvil) -> None:
    with pytest.raises(RPCFailed, match="Anvil refused evm_setNextBlockTimestamp"):
        chain.travel_to(chain.now - 1)


def test_mine__blocks__are_added(chain: Anvil) -> None:
    before = chain.web3.eth.block_number
    chain.mine(3)
    assert chain.web3.eth.block_number == before + 3
