"""Typed access to deployed contracts.

    client = Client.connect("http://127.0.0.1:8545", Path("deployments/31337.json"), signer=account)
    minted = client.nodes.mint(program_id=1, amount=parse_fec("1000"))
    client.nodes.get(minted.token_id).claimable(client.now())

Amounts are in wei, times in seconds. A transaction is simulated first: what a contract refuses raises a ContractError,
and nothing is sent.
"""

from __future__ import annotations

from copy import copy
from pathlib import Path

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from web3 import Web3

from fec.chain import deployments
from fec.chain.contracts import Handle, basics, check_network, open_handle
from fec.chain.deployments import Deployment
from fec.chain.rpc import clear_errors, connect, next_time
from fec.chain.sender import Sender
from fec.client.custody import Custody
from fec.client.nodes import Nodes
from fec.client.orders import Orders
from fec.client.programs import Programs
from fec.client.rewards import Rewards
from fec.client.settlements import Settlements
from fec.client.terms import ProgramTerms
from fec.protocol import calls
from fec.protocol.abi import CONTRACTS
from fec.protocol.addresses import checked_address
from fec.protocol.types import Figures, Receipt


class Client:
    """One deployment on one chain, seen by one account.

    `programs`, `nodes`, `settlements`, at Checkout `orders`, `terms` and `rewards`, members' `custody`, and the coupon
    itself.
    """

    def __init__(self, web3: Web3, deployment: Deployment, signer: LocalAccount | str | Sender | None = None) -> None:
        """Takes a connection, a deployment, and who signs: a local account, an address that the chain's node signs for,
        a sender of one's own, or nobody, to only read.

        Raises WrongNetwork, DeploymentMissing, RPCUnreachable, InvalidArgument.
        """
        self.web3 = web3
        self.deployment = deployment
        self._sender = signer if isinstance(signer, Sender) else Sender(web3, signer)
        check_network(web3, deployment)
        self._use({name: open_handle(web3, deployment, name, self._sender) for name in CONTRACTS})

    @classmethod
    def connect(cls, url: str, deployments_file: Path, signer: LocalAccount | str | None = None) -> Client:
        """Opens a chain's JSON-RPC address and a deployments file. Raises what `connect`, `read` and `Client` raise."""
        return cls(connect(url), deployments.read(deployments_file), signer)

    def signed_by(self, signer: LocalAccount | str) -> Client:
        """The same client for another account. Raises InvalidArgument for a malformed address."""
        client = copy(self)
        client._sender = Sender(self.web3, signer)
        client._use({name: handle.sent_by(client._sender) for name, handle in self._handles.items()})
        return client

    @property
    def address(self) -> ChecksumAddress:
        """Who signs. Raises SignerMissing if nobody does."""
        return self._sender.address

    def now(self) -> int:
        """The chain's clock: timestamp of the block to come, in seconds since the epoch.

        On a chain where nothing happens the latest block may be old; what is sent now is judged by the next one's time.
        """
        return next_time(self.web3)

    def balance(self, account: str) -> int:
        """FEC of an account, in wei."""
        balance: int = self._fec.read("balanceOf", checked_address(account))
        return balance

    def transfer(self, to: str, amount: int) -> Receipt:
        """Sends `amount` wei of the signer's FEC, and no more: a bare transfer burns nothing and makes no node."""
        return basics(self._fec.send(calls.transfer(to, amount)))

    def figures(self) -> Figures:
        """The protocol's books, all as of the latest block."""
        with clear_errors():
            block = self.web3.eth.block_number
        return Figures(
            block_number=block,
            supply=self._fec.read("totalSupply", block=block),
            cap=self._fec.read("cap", block=block),
            genesis_supply=self._fec.read("genesisSupply", block=block),
            outstanding=self._adn.read("outstanding", block=block),
            budget=self._adn.read("budget", block=block),
            burned=self._fec.read("totalBurned", block=block),
        )

    def _use(self, handles: dict[str, Handle]) -> None:
        self._handles = handles
        self._fec, self._adn, checkout, custodian, relay = (handles[name] for name in CONTRACTS)
        own = {record["address"] for record in self.deployment["contracts"].values()}
        self.programs = Programs(self._adn)
        self.settlements = Settlements(self._adn, checkout, relay, self.web3, own)
        self.nodes = Nodes(self._adn, self.web3, self.settlements)
        self.orders = Orders(checkout, self._fec, self._adn, self.settlements, self.deployment["chainId"])
        self.terms = ProgramTerms(checkout)
        self.rewards = Rewards(checkout)
        self.custody = Custody(custodian, checkout, self._adn, self.orders, self.settlements)
