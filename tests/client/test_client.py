"""Connecting, the coupon, the books, and what happens when the wire or the chain fails."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.chain.rpc import connect
from fec.chain.sender import Sender
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.i18n.errors import (
    ContractError,
    DeploymentMissing,
    InsufficientGasCoin,
    InvalidArgument,
    LimitExceeded,
    RPCFailed,
    RPCUnreachable,
    SignerMissing,
    TransactionFailed,
    TransactionPending,
    WrongNetwork,
)
from fec.protocol.types import Node
from tests.fixtures.deployed import MONDAY
from tests.fixtures.faults import FaultyProxy

STRANGER = "0x00000000000000000000000000000000000000A1"


@pytest.fixture
def web_server() -> Iterator[str]:
    """Answers, but is no chain."""

    class NotFoundHandler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_error(404)

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), NotFoundHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def paused(chain: Anvil) -> Iterator[Anvil]:
    """Puts transactions into blocks only when told to."""
    chain.request("evm_setAutomine", False)
    yield chain
    chain.request("evm_setAutomine", True)


# ------------------------------------------------------------------- connecting


def test_connect__deployments_file__opens_a_client(chain: Anvil, deployment: Deployment, tmp_path: Path) -> None:
    path = deployments.path_for(31337, tmp_path)
    deployments.write(deployment, path)
    assert Client.connect(chain.url, path).figures().block_number == chain.web3.eth.block_number


def test_connect__nothing_there__raises() -> None:
    with pytest.raises(RPCUnreachable, match=r"Nothing answers at http://127\.0\.0\.1:1\."):
        connect("http://127.0.0.1:1")


def test_connect__not_a_chain__raises(web_server: str) -> None:
    with pytest.raises(RPCFailed, match="404"):
        connect(web_server)


def test_connect__not_http__raises() -> None:
    with pytest.raises(InvalidArgument, match="'ftp://x' is not an http or https address"):
        connect("ftp://x")


def test_client__another_chain__raises(chain: Anvil, deployment: Deployment) -> None:
    with pytest.raises(WrongNetwork) as caught:
        Client(chain.web3, Deployment(chainId=1, contracts=deployment["contracts"]))
    assert (caught.value.expected, caught.value.actual) == (1, 31337)


def test_client__chain_restarted__raises(deployment: Deployment) -> None:
    with Anvil() as fresh, pytest.raises(DeploymentMissing, match="there is no code"):
        Client(fresh.web3, deployment)


def test_client__contract_not_recorded__raises(chain: Anvil) -> None:
    with pytest.raises(DeploymentMissing, match="has no contract 'FEC', only nothing"):
        Client(chain.web3, Deployment(chainId=31337, contracts={}))


def test_client__malformed_signer__raises(chain: Anvil, deployment: Deployment) -> None:
    with pytest.raises(InvalidArgument, match="'0x12' is not an address"):
        Client(chain.web3, deployment, "0x12")


def test_client__nobody_signs__reads(owner: Client, deployment: Deployment) -> None:
    assert Client(owner.web3, deployment).figures() == owner.figures()


def test_client__nobody_signs__cannot_send(owner: Client, deployment: Deployment) -> None:
    with pytest.raises(SignerMissing, match="Nobody is there to sign"):
        Client(owner.web3, deployment).transfer(STRANGER, 1)


def test_client__rpc_gone__raises(deployment: Deployment) -> None:
    with Anvil() as gone:
        pass
    with pytest.raises(RPCUnreachable, match=f"Nothing answers at {gone.url}"):
        Client(gone.web3, deployment)


# ------------------------------------------------------------- coupon and books


def test_now__nothing_mined_for_long__is_the_time_of_the_next_block(chain: Anvil, owner: Client) -> None:
    chain.request("evm_increaseTime", 10**7)
    assert owner.now() >= MONDAY + 10**7
    assert chain.now < MONDAY + 10**7


def test_transfer__amount__arrives(owner: Client) -> None:
    receipt = owner.transfer(STRANGER, 7)
    assert owner.balance(STRANGER) == 7
    assert receipt.block_number == owner.web3.eth.block_number


def test_transfer__unlocked_address__signs(owner: Client, accounts: list[LocalAccount]) -> None:
    owner.signed_by(accounts[0].address).transfer(STRANGER, 7)
    assert owner.balance(STRANGER) == 7


def test_transfer__more_than_held__is_refused_unsent(bob: Client) -> None:
    before = bob.web3.eth.block_number
    with pytest.raises(LimitExceeded) as caught:
        bob.transfer(STRANGER, 7)
    assert caught.value.name == "ERC20InsufficientBalance"
    assert caught.value.values == {"sender": bob.address, "balance": 0, "needed": 7}
    assert bob.web3.eth.block_number == before


def test_transfer__malformed_address__raises(owner: Client) -> None:
    with pytest.raises(InvalidArgument, match="'bob' is not an address"):
        owner.transfer("bob", 1)


@pytest.mark.parametrize("amount", [-1, 2**256])
def test_transfer__amount_out_of_range__raises(owner: Client, amount: int) -> None:
    with pytest.raises(InvalidArgument, match=f"`{amount}` is not compatible with type `uint256`"):
        owner.transfer(STRANGER, amount)


def test_figures__after_a_mint__balance(alice: Client, node: Node) -> None:
    figures = alice.figures()
    assert (figures.burned, figures.outstanding) == (node.principal, node.face)
    assert figures.supply + figures.outstanding == figures.genesis_supply + 9 * figures.burned


# -------------------------------------------------------------- failing to send


def test_send__no_coin_for_gas__raises(owner: Client, chain: Anvil) -> None:
    poor = Account.create()
    owner.transfer(poor.address, 1)
    with pytest.raises(InsufficientGasCoin, match="cannot pay for gas"):
        owner.signed_by(poor).transfer(STRANGER, 1)


def test_send__never_in_a_block__raises_with_the_hash(
    alice: Client, paused: Anvil, accounts: list[LocalAccount]
) -> None:
    coupon = alice.deployment["contracts"]["FEC"]
    contract = paused.web3.eth.contract(address=Web3.to_checksum_address(coupon["address"]), abi=coupon["abi"])
    sender = Sender(paused.web3, accounts[1], timeout=1)
    with pytest.raises(TransactionPending, match="is not in a block after 1 s") as caught:
        sender.send(contract.functions.transfer(STRANGER, 1))
    sent = paused.web3.eth.get_transaction(Web3.to_bytes(hexstr=caught.value.tx_hash))
    assert (sent["from"], sent.get("blockNumber")) == (alice.address, None)


def test_send__overtaken_in_the_block__raises(owner: Client, alice: Client, paused: Anvil) -> None:
    """Alice's mint is simulated and sent; the program's closing comes later, but pays more for gas."""
    adn = owner.deployment["contracts"]["ADN"]
    contract = paused.web3.eth.contract(address=Web3.to_checksum_address(adn["address"]), abi=adn["abi"])
    closing = {"from": owner.address, "to": contract.address, "data": contract.encode_abi("closeProgram", [1])}
    with ThreadPoolExecutor() as pool:
        mint = pool.submit(alice.nodes.mint, 1, WEI_PER_FEC)
        while int(paused.request("txpool_status")["pending"], 16) < 1:
            assert not mint.done()
        paused.request("eth_sendTransaction", closing | {"gas": hex(200_000), "gasPrice": hex(10**12)})
        paused.mine()
        with pytest.raises(TransactionFailed, match="was reverted in its block, although its simulation had passed"):
            mint.result()


def test_send__error_of_an_unknown_contract__is_shown_as_it_is(chain: Anvil, owner: Client) -> None:
    # PUSH4 0xdeadbeef, left in the first word's last bytes and returned from there as a revert.
    fec = owner.deployment["contracts"]["FEC"]["address"]
    chain.request("anvil_setCode", fec, "0x63deadbeef6000526004601cfd")
    with pytest.raises(ContractError) as caught:
        owner.balance(STRANGER)
    assert (caught.value.name, caught.value.values) == ("revert", {"data": "0xdeadbeef"})


def test_owned_by__endpoint_bounds_the_range_of_logs__is_asked_in_pieces(alice: Client, node: Node) -> None:
    with FaultyProxy(alice.web3.provider.endpoint_uri, most_blocks=1) as proxy:
        bounded = Client(connect(proxy.url), alice.deployment)
        assert bounded.nodes.owned_by(alice.address) == [node]
        # What was refused is not asked again: the size that was taken is kept.
        asked, blocks = proxy.methods["eth_getLogs"], alice.web3.eth.block_number
        bounded.nodes.owned_by(alice.address)
    assert proxy.methods["eth_getLogs"] - asked <= 2 * blocks
