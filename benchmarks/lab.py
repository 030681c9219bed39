"""A chain of its own to measure on: one Anvil, the protocol deployed, fixed accounts, amounts and times.

Everything that reaches the chain is fixed, so every run gives the same receipts to the unit of gas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from eth_account import Account
from eth_typing import ChecksumAddress, HexStr
from eth_utils.abi import abi_to_signature
from web3 import Web3
from web3.contract import Contract
from web3.types import TxParams

from benchmarks.floor import Floor
from fec.chain.anvil import Anvil
from fec.chain.deploy import PUBLIC_PROGRAM, STEPS, DeploySettings, Step
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import HOUR, WEEK
from fec.protocol import abi

GENESIS = 1_767_571_200  # Monday, 5 January 2026, 00:00 UTC: a boundary of the public program's grid
PERIOD = WEEK  # seconds; the public program's
MEASURED_PERIOD = 37  # in which scenes open, unless they say otherwise
BLOCK_TIME = 12  # seconds
GAS_LIMIT = 16_000_000  # given with every transaction, so that nothing is estimated

ENDOWMENT = 10**18  # wei of the chain's own coin

PRINCIPAL = 1_000 * FEC  # of each node: one ADN
MOST_NODES = 50

#: Code of an account that accepts ERC-1363 transfers and approvals and does nothing else: returns the call's selector.
ERC1363_RECEIVER = "0x5f3560e01c60e01b5f5260205ff3"


@dataclass(frozen=True)
class Call:
    """A transaction to be sent: a function by its full signature, or `constructor`."""

    contract: str
    signature: str
    args: Sequence[Any]
    sender: ChecksumAddress

    @property
    def function(self) -> str:
        """Contract and function, as people name it."""
        return f"{self.contract}.{self.signature.partition('(')[0]}"


@dataclass(frozen=True)
class Scenario:
    """One row, or one for each size: what sets the scene and returns the call to be measured.

    Attributes:
        case: what sets the row apart from others of the same function.
        stage: called with the lab and the size; anything it sends is undone afterwards.
        sizes: how many nodes or parts; 0 where the function takes no list.
        unit: what the sizes count.
        shared: whether the gas is shared out among them too: the call does nothing else.
        targets: most gas allowed, by size; a run of `--check` fails above it.
        floor: what the EVM asks at least, of call data and size.
        peer_of: row (function and case) of ours that this row of a peer stands beside.
    """

    case: str
    stage: Callable[[Lab, int], Call]
    sizes: Sequence[int] = (0,)
    unit: str = "node"
    shared: bool = False
    targets: dict[int, int] = field(default_factory=dict)
    floor: Callable[[bytes, int], Floor] | None = None
    peer_of: str | None = None

    def label(self, size: int) -> str:
        """The case with its size, as shown in the table."""
        count = f"{size} {self.unit}{'' if size == 1 else 's'}" if size else ""
        return ", ".join(part for part in (count, self.case) if part)


def call_of(contract: str, function: str, args: Sequence[Any], sender: ChecksumAddress) -> Call:
    """A call of a function by its name, or by its signature if it is overloaded."""
    return Call(contract, abi_to_signature(abi.function(contract, function)), args, sender)


def address(name: str) -> ChecksumAddress:
    """Of an account that nobody has a key to, by its name."""
    return Web3.to_checksum_address(Web3.keccak(text=name)[-20:])


class Lab:
    """The protocol on a fresh chain, with `MOST_NODES` + 1 nodes for Alice and one each for `MOST_NODES` others."""

    owner: ChecksumAddress
    alice: ChecksumAddress
    bob: ChecksumAddress
    carol: ChecksumAddress
    merchant: ChecksumAddress
    issuer: ChecksumAddress

    def __init__(self, chain: Anvil) -> None:
        """Deploys and mints; `chain` is fresh and its clock stands at `GENESIS`."""
        self.chain = chain
        self.web3 = chain.web3
        self.clock = GENESIS + HOUR
        self.contracts: dict[str, Contract] = {}
        self.owner, self.alice, self.bob, self.carol, self.merchant, self.issuer = list(self.web3.eth.accounts)[:6]
        self.alice_key = chain.accounts[1]
        self.signer = Account.from_key(Web3.keccak(text="signs for FEC, sends nothing"))
        self.others = [address(f"owner {i}") for i in range(MOST_NODES)]
        self.newcomer = address("newcomer")
        self.receiver = address("receiver")
        chain.request("anvil_setCode", self.receiver, ERC1363_RECEIVER)
        chain.request("anvil_autoImpersonateAccount", True)
        self.endow(*self.others)

        for step in STEPS:
            self.add_contract(step.name, self.send(self.deployment(step))["contractAddress"])
            for name, getter in step.children.items():
                self.add_contract(name, self.contracts[step.name].functions[getter]().call())
        for account in (self.alice, self.bob, self.merchant, self.issuer, self.signer.address, *self.others):
            self.send(self.fec("transfer", (account, 10_000_000 * FEC), self.owner))
        self.nodes = [self.mint(self.alice) for _ in range(MOST_NODES + 1)]
        self.others_nodes = [self.mint(other) for other in self.others]
        self.to_period(MEASURED_PERIOD)

    def endow(self, *accounts: ChecksumAddress) -> None:
        """Gives accounts of the chain's own coin, so that they can send."""
        for account in accounts:
            self.chain.request("anvil_setBalance", account, hex(ENDOWMENT))

    def add_contract(self, name: str, address: ChecksumAddress) -> None:
        """Makes a contract that the package ships known to :meth:`send`."""
        self.contracts[name] = self.web3.eth.contract(address=address, abi=abi.load(name)["abi"])

    def deployment(self, step: Step) -> Call:
        """The deployment of a contract on the default terms, by the owner."""
        addresses = {name: contract.address for name, contract in self.contracts.items()}
        return Call(
            step.name, "constructor", step.arguments(DeploySettings(self.owner, self.owner), addresses), self.owner
        )

    def adn(self, function: str, args: Sequence[Any], sender: ChecksumAddress) -> Call:
        """A call of the node contract."""
        return call_of("ADN", function, args, sender)

    def fec(self, function: str, args: Sequence[Any], sender: ChecksumAddress) -> Call:
        """A call of the coupon."""
        return call_of("FEC", function, args, sender)

    def checkout(self, function: str, args: Sequence[Any], sender: ChecksumAddress) -> Call:
        """A call of Checkout."""
        return call_of("Checkout", function, args, sender)

    def custodian(self, function: str, args: Sequence[Any], sender: ChecksumAddress) -> Call:
        """A call of the custodian."""
        return call_of("Custodian", function, args, sender)

    def data(self, call: Call) -> HexStr:
        """The call's data."""
        if call.signature == "constructor":
            artifact = abi.load(call.contract)
            contract = self.web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
            data: HexStr = contract.constructor(*call.args).data_in_transaction
        else:
            data = self.contracts[call.contract].encode_abi(call.signature, args=list(call.args))
        return data

    def send(self, call: Call) -> Any:
        """Sends a call in a block of its own and returns the receipt. Raises RuntimeError if it reverted."""
        to = None if call.signature == "constructor" else self.contracts[call.contract].address
        return self.send_data(self.data(call), call.sender, to, str(call))

    def send_data(self, data: HexStr, sender: ChecksumAddress, to: ChecksumAddress | None, what: str) -> Any:
        """Sends call data, or init code where `to` is none, as :meth:`send` does."""
        self.clock += BLOCK_TIME
        self.chain.request("evm_setNextBlockTimestamp", self.clock)
        transaction: TxParams = {"from": sender, "data": data, "gas": GAS_LIMIT}
        if to is not None:
            transaction["to"] = to
        receipt = self.web3.eth.wait_for_transaction_receipt(
            self.web3.eth.send_transaction(transaction), poll_latency=0.002
        )
        if receipt["status"] != 1:
            raise RuntimeError(f"reverted: {what}")
        return receipt

    def mint(self, to: ChecksumAddress) -> int:
        """Mints one public node of `PRINCIPAL` and returns its id."""
        receipt = self.send(self.adn("mint", (PUBLIC_PROGRAM, PRINCIPAL, to), self.issuer))
        return int(receipt["logs"][-1]["topics"][3].hex(), 16)

    @property
    def period(self) -> int:
        """Periods of the public program since genesis."""
        return (self.clock - GENESIS) // PERIOD

    @property
    def start(self) -> int:
        """When the present period began, in seconds since the epoch."""
        return GENESIS + self.period * PERIOD

    def to_period(self, period: int) -> None:
        """Moves the clock to a little after so many periods of the public program since genesis."""
        self.clock = GENESIS + period * PERIOD + HOUR

    def sign(
        self, primary_type: str, fields: Sequence[tuple[str, str]], values: Sequence[Any]
    ) -> tuple[int, bytes, bytes]:
        """The signer's EIP-712 signature for FEC as v, r, s; `fields` are pairs of type and name."""
        _, name, version, chain_id, verifier, _, _ = self.contracts["FEC"].functions.eip712Domain().call()
        signed = Account.sign_typed_data(
            self.signer.key,
            domain_data={"name": name, "version": version, "chainId": chain_id, "verifyingContract": verifier},
            message_types={primary_type: [{"type": kind, "name": field} for kind, field in fields]},
            message_data={field: value for (_, field), value in zip(fields, values, strict=True)},
        )
        return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")

    @contextmanager
    def scene(self) -> Iterator[None]:
        """Undoes, at the end, everything that was sent within."""
        clock = self.clock
        snapshot = self.chain.request("evm_snapshot")
        try:
            yield
        finally:
            self.chain.request("evm_revert", snapshot)
            self.clock = clock
