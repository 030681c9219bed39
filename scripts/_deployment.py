"""Deploys so that it can be interrupted at any moment and resumed, and gives one set of contracts all the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from rlp import encode  # type: ignore[import-untyped]
from web3 import Web3
from web3.exceptions import TransactionNotFound
from web3.types import Nonce, TxParams, TxReceipt

from fec.chain import deployments
from fec.chain.deploy import STEPS, Step, created
from fec.chain.deployments import Deployment
from fec.chain.gas import MARGIN
from fec.chain.rpc import NEXT_BLOCK, clear_errors
from fec.i18n.errors import FECError, RPCFailed, TransactionFailed, TransactionPending
from fec.protocol import abi
from scripts import _journal
from scripts._journal import Journal, Reservation
from scripts._signing import FeeOptions


class AccountBusy(FECError, RuntimeError):
    """The deployer has transactions of its own under way, so that no nonce can be relied on."""


@dataclass(frozen=True)
class Place:
    """A chain, and the files in which its deployment is recorded."""

    chain_id: int
    genesis: str
    """Hash of the chain's first block."""
    path: Path
    journal: Path

    def done(self) -> Deployment | None:
        """What is deployed so far, as recorded."""
        return deployments.read(self.path) if self.path.exists() else None


def place_of(web3: Web3, folder: Path) -> Place:
    """Asks a chain which one it is. Raises RPCUnreachable, RPCFailed."""
    with clear_errors():
        chain_id, genesis = web3.eth.chain_id, web3.eth.get_block(0)["hash"].to_0x_hex()
    return Place(chain_id, genesis, deployments.path_for(chain_id, folder), _journal.path_for(chain_id, folder))


@dataclass(frozen=True)
class WaitOptions:
    """How to wait."""

    confirmations: int
    """Blocks to see on top of a transaction's own before relying on it."""
    timeout: int
    """Seconds to wait for a transaction to be in a block, and again for each confirmation."""
    poll: float
    """Seconds between looks at the chain."""


class ResumableDeployment:
    """Takes the steps that the journal does not show as taken.

    `sign` makes a transaction ready to broadcast; `tell` gets a line on each thing done.
    """

    def __init__(
        self,
        web3: Web3,
        sign: Callable[[TxParams], HexBytes],
        journal: Journal,
        *,
        done: Deployment | None,
        fees: FeeOptions,
        patience: WaitOptions,
        tell: Callable[[str], object],
    ) -> None:
        """Takes the journal, new or loaded, and what an earlier deployment on the chain lacks steps of."""
        self._web3 = web3
        self._sign = sign
        self._journal = journal
        self._deployer = Web3.to_checksum_address(journal.deployer)
        self._records = dict(done["contracts"]) if done else {}
        self._fees = fees
        self._patience = patience
        self._tell = tell

    def run(self) -> Deployment:
        """Takes all steps; returns the record. Raises AccountBusy, TransactionPending, TransactionFailed, and what a
        contract or the endpoint refuses.
        """
        for step in STEPS:
            if step.name not in self._records:
                addresses = {name: record["address"] for name, record in self._records.items()}
                receipt = self._take(step, list(step.arguments(self._journal.terms, addresses)))
                self._records |= created(self._web3, step, receipt)
        return Deployment(chainId=self._journal.chain_id, contracts=self._records)

    def _take(self, step: Step, arguments: list[Any]) -> TxReceipt:
        reservation = self._journal.steps.get(step.name)
        if reservation is not None and self._is_lost(reservation):
            self._tell(f"{step.name}: nonce {reservation.nonce} was used for something else; taking the next one.")
            del self._journal.steps[step.name]
            reservation = None
        if reservation is None or not self._is_known(reservation):
            reservation = self._send(step, arguments, reservation)
        else:
            self._tell(f"{step.name}: sent before, with nonce {reservation.nonce}.")
        return self._confirmed(step, reservation)

    def _is_known(self, reservation: Reservation) -> bool:
        """Whether one of a step's transactions is in a block or waits for one."""
        if any(self._transaction_exists(tx_hash) for tx_hash in reservation.transactions):
            return True
        with clear_errors():
            there = self._web3.eth.get_code(Web3.to_checksum_address(reservation.address))
        if there:
            raise RPCFailed(
                f"The contract is at {reservation.address}, but this endpoint does not find the transaction that "
                f"created it ({' or '.join(reservation.transactions)}). Run again with an endpoint that indexes all."
            )
        return False

    def _is_lost(self, reservation: Reservation) -> bool:
        """Whether another transaction has taken the nonce, for good: then none of the step's can ever be in a block."""
        if self._transactions_at("latest") <= reservation.nonce or self._is_known(reservation):
            return False
        # A block that is still to be confirmed may yet be replaced, by one with the step's transaction in it.
        deadline = time.monotonic() + self._patience.timeout * (1 + self._patience.confirmations)
        while True:
            with clear_errors():
                height = self._web3.eth.block_number
            if self._transactions_at(max(0, height - self._patience.confirmations)) > reservation.nonce:
                return not self._is_known(reservation)
            self._wait(deadline, "the transaction that used the nonce instead")

    def _send(self, step: Step, arguments: list[Any], reservation: Reservation | None) -> Reservation:
        artifact = abi.load(step.name)
        factory = self._web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        with clear_errors():
            constructor = factory.constructor(*arguments)
            gas = constructor.estimate_gas({"from": self._deployer}, NEXT_BLOCK) * (100 + MARGIN) // 100
        reservation = reservation or self._reserve(arguments)
        with clear_errors():
            transaction = constructor.build_transaction(
                {"from": self._deployer, "nonce": Nonce(reservation.nonce), "gas": gas, **self._fees.fields()}
            )
        signed = self._sign(cast(TxParams, transaction))
        tx_hash = HexBytes(keccak(signed)).to_0x_hex()
        if tx_hash not in reservation.transactions:
            reservation.transactions.append(tx_hash)
        self._journal.steps[step.name] = reservation
        self._journal.save()
        with clear_errors():
            self._web3.eth.send_raw_transaction(signed)
        self._tell(f"{step.name}: sent {tx_hash} with nonce {reservation.nonce}.")
        return reservation

    def _reserve(self, arguments: list[Any]) -> Reservation:
        nonce = self._transactions_at("latest")
        waiting = self._transactions_at("pending") - nonce
        if waiting:
            raise AccountBusy(
                f"{self._deployer} has {waiting} transactions in no block yet. Wait until they are, then run again."
            )
        address = to_checksum_address(keccak(encode([bytes.fromhex(self._deployer[2:]), nonce]))[12:])
        return Reservation(nonce=nonce, address=address, arguments=arguments)

    def _confirmed(self, step: Step, reservation: Reservation) -> TxReceipt:
        """The receipt of a step's transaction once enough blocks are on top of its own."""
        deadline, best = time.monotonic() + self._patience.timeout, -1
        while True:
            receipt = self._receipt(reservation)
            if receipt is not None:
                with clear_errors():
                    confirmations = self._web3.eth.block_number - receipt["blockNumber"]
                if confirmations >= self._patience.confirmations:
                    return self._succeeded(step, receipt)
                if confirmations > best:
                    deadline, best = time.monotonic() + self._patience.timeout, confirmations
                    self._tell(f"{step.name}: {confirmations} of {self._patience.confirmations} confirmations.")
            self._wait(deadline, reservation.transactions[-1])

    def _succeeded(self, step: Step, receipt: TxReceipt) -> TxReceipt:
        if receipt["status"] != 1:
            del self._journal.steps[step.name]
            self._journal.save()
            raise TransactionFailed(
                f"{step.name}: transaction {receipt['transactionHash'].to_0x_hex()} was reverted in its block, "
                "although its simulation had passed. Nothing was created; run again to try once more."
            )
        self._tell(f"{step.name}: created at {receipt['contractAddress']} in block {receipt['blockNumber']}.")
        return receipt

    def _receipt(self, reservation: Reservation) -> TxReceipt | None:
        for tx_hash in reservation.transactions:
            with clear_errors():
                try:
                    return self._web3.eth.get_transaction_receipt(HexBytes(tx_hash))
                except TransactionNotFound:
                    continue
        return None

    def _transaction_exists(self, tx_hash: str) -> bool:
        with clear_errors():
            try:
                self._web3.eth.get_transaction(HexBytes(tx_hash))
            except TransactionNotFound:
                return False
        return True

    def _transactions_at(self, block: Any) -> int:
        with clear_errors():
            return self._web3.eth.get_transaction_count(self._deployer, block)

    def _wait(self, deadline: float, awaited: str) -> None:
        if time.monotonic() > deadline:
            raise TransactionPending(awaited, self._patience.timeout)
        time.sleep(self._patience.poll)
