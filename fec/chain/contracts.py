"""What the parts of a client share: the connection, the contracts of one deployment, and who signs."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import Any

from eth_typing import ChecksumAddress
from web3 import Web3
from web3.contract.contract import Contract, ContractFunction
from web3.logs import DISCARD
from web3.types import BlockIdentifier, EventData, TxReceipt

from fec.chain import deployments
from fec.chain.deployments import Deployment
from fec.chain.rpc import clear_errors
from fec.chain.sender import Sender
from fec.i18n.errors import DeploymentMissing, WrongNetwork
from fec.protocol import abi
from fec.protocol.addresses import checked_address
from fec.protocol.calls import ContractCall
from fec.protocol.types import Receipt


class Handle:
    """One contract of a deployment: reads, sends, and finds its events, with clear errors."""

    def __init__(self, web3: Web3, name: str, address: ChecksumAddress, sender: Sender, first_block: int) -> None:
        """Takes a connection, the contract's name in the deployment, where it is, who sends, and the block it was
        deployed in.
        """
        self.name = name
        self.address = address
        self.sender = sender
        self.first_block = first_block
        self._web3 = web3

    @cached_property
    def contract(self) -> Contract:
        """As web3 has it. Made when it is first used: it takes some milliseconds."""
        return self._web3.eth.contract(address=self.address, abi=abi.load(self.name)["abi"])

    def sent_by(self, sender: Sender) -> Handle:
        """The same contract for another sender."""
        handle = copy(self)
        handle.sender = sender
        return handle

    def read(self, function: str, *arguments: Any, block: BlockIdentifier = "latest") -> Any:
        """Result of a view at a block. Raises ContractError, InvalidArgument, RPCUnreachable, RPCFailed."""
        with clear_errors():
            return self.contract.functions[function](*arguments).call(block_identifier=block)

    def read_each(
        self, function: str, arguments: Sequence[Sequence[Any]], block: BlockIdentifier = "latest"
    ) -> list[Any]:
        """Results of a view for each list of arguments, at a block; many to a round trip. Raises what `read` does."""
        if not arguments:
            return []
        with clear_errors(), self._web3.batch_requests() as batch:
            for each in arguments:
                batch.add(self.contract.functions[function](*each).call(block_identifier=block))
            return list(batch.execute())

    def contract_function(self, call: ContractCall) -> ContractFunction:
        """A call to this contract, as web3 has it. Raises InvalidArgument for values that it cannot carry."""
        if call.contract != self.name:
            raise ValueError(f"a call to {call.contract} goes to {self.name}")
        with clear_errors():
            return self.contract.functions[call.function](*call.arguments)

    def simulate(self, call: ContractCall) -> int:
        """Gas that a call would take; raises what `Sender.simulate` raises."""
        return self.sender.simulate(self.contract_function(call))

    def send(self, call: ContractCall) -> TxReceipt:
        """Sends a call to this contract; raises what `Sender.send` raises."""
        return self.sender.send(self.contract_function(call))

    def emitted(self, event: str, receipt: TxReceipt) -> list[dict[str, Any]]:
        """Arguments of all events of that name that it emitted in a transaction, in order."""
        decoded = self.contract.events[event]().process_receipt(receipt, errors=DISCARD)
        return [dict(found["args"]) for found in decoded if found["address"] == self.address]

    def logs(self, event: str, last_block: int, **topics: Any) -> list[EventData]:
        """Events of that name and those indexed arguments since it was deployed, up to and with a block."""
        with clear_errors():
            return list(
                self.contract.events[event]().get_logs(topics, from_block=self.first_block, to_block=last_block)
            )


def open_handle(web3: Web3, deployment: Deployment, name: str, sender: Sender) -> Handle:
    """One contract of a deployment. Raises DeploymentMissing if it is not recorded, or no code is there."""
    record = deployments.contract(deployment, name)
    address = checked_address(record["address"])
    with clear_errors():
        code = web3.eth.get_code(address)
    if not code:
        raise DeploymentMissing(
            "{name} is recorded at {address} on chain {chain_id}, but there is no code. A local chain that "
            "was restarted has forgotten its contracts: deploy them again.",
            name=name,
            address=address,
            chain_id=deployment["chainId"],
        )
    return Handle(web3, name, address, sender, record["blockNumber"])


def check_network(web3: Web3, deployment: Deployment) -> None:
    """Raises WrongNetwork if the chain is not the deployment's."""
    with clear_errors():
        actual = web3.eth.chain_id
    if actual != deployment["chainId"]:
        raise WrongNetwork(deployment["chainId"], actual)


def basics(receipt: TxReceipt) -> Receipt:
    """A transaction's hash, block and gas."""
    return Receipt(receipt["transactionHash"].to_0x_hex(), receipt["blockNumber"], receipt["gasUsed"])
