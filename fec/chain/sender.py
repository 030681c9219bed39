"""Signing, sending and awaiting transactions, so that it is always known which one was sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress, HexStr
from web3 import Web3
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.exceptions import TransactionIndexingInProgress, TransactionNotFound, Web3RPCError
from web3.types import TxParams, TxReceipt

from fec.chain.errors import Refused
from fec.chain.gas import ALWAYS_FITS, MARGIN, MOST_GAS, ran_out
from fec.chain.gas_price import gas_price
from fec.chain.rpc import NEXT_BLOCK, ask_all, clear_errors, refusal, results
from fec.i18n import Message
from fec.i18n.errors import (
    ContractError,
    InvalidArgument,
    RPCFailed,
    RPCUnreachable,
    SignerMissing,
    TransactionFailed,
    TransactionPending,
    TransactionTooLarge,
)

_FIRST_LOOK = 0.005
_LONGEST_PAUSE = 1.0


def pace() -> Iterator[float]:
    """Seconds to wait before each further look for a receipt: short on a chain that is quick, a second on others."""
    pause = _FIRST_LOOK
    while True:
        yield pause
        pause = min(pause * 1.5, _LONGEST_PAUSE)


class Sender:
    """Signs and sends transactions for one account: a local key, or an address that the chain's node signs for."""

    def __init__(self, web3: Web3, signer: LocalAccount | str | None, *, timeout: int = 180) -> None:
        """Takes a local account, an unlocked address, or None to only read; `timeout` in seconds, for each receipt.

        Raises InvalidArgument for a malformed address.
        """
        self._web3 = web3
        self._signer = signer
        self._timeout = timeout
        if isinstance(signer, str) and not Web3.is_address(signer):
            raise InvalidArgument("{signer!r} is not an address. Give 0x and 40 hex digits.", signer=signer)

    @property
    def address(self) -> ChecksumAddress:
        """Who sends. Raises SignerMissing if nobody does."""
        if self._signer is None:
            raise SignerMissing("Nobody is there to sign. Give an account (its key, keystore or unlocked address).")
        return Web3.to_checksum_address(self._signer if isinstance(self._signer, str) else self._signer.address)

    def simulate(self, call: ContractFunction | ContractConstructor) -> int:
        """Gas that a call would take, without sending it. Raises what sending it would."""
        try:
            with clear_errors():
                gas = call.estimate_gas({"from": self.address}, NEXT_BLOCK)
        except (ContractError, RPCFailed) as error:
            if ran_out(f"{error} {error.__cause__}"):
                raise TransactionTooLarge(self._most_gas()) from error
            raise
        if gas > ALWAYS_FITS and gas > (most := self._most_gas()):
            raise TransactionTooLarge(most)
        return gas

    def _most_gas(self) -> int:
        """Most gas that one transaction can have."""
        with clear_errors():
            return min(MOST_GAS, self._web3.eth.get_block("latest")["gasLimit"])

    def send(self, call: ContractFunction | ContractConstructor) -> TxReceipt:
        """Simulates a call, sends it if that went well, and waits until it is in a block.

        Raises ContractError if the contract refuses (nothing is sent then), TransactionFailed if it refuses only in the
        block, TransactionTooLarge if no block takes so much gas, TransactionPending if it is in no block in time,
        InsufficientGasCoin, RPCUnreachable, RPCFailed, InvalidArgument, SignerMissing. Once a transaction may be on its
        way, every error names its hash.
        """
        gas = self.simulate(call) * (100 + MARGIN) // 100
        if gas > ALWAYS_FITS:
            gas = min(gas, self._most_gas())
        with clear_errors():
            offer: TxParams = {"from": self.address, "gas": gas, **gas_price(self._web3).offer}
            transaction = cast(TxParams, call.build_transaction(offer))
            if isinstance(self._signer, LocalAccount):
                transaction["nonce"] = self._web3.eth.get_transaction_count(self.address, "pending")
                signed = self._signer.sign_transaction(cast(dict[str, Any], transaction))
                return self._awaited(signed.hash.to_0x_hex(), signed.raw_transaction.to_0x_hex())
            return self._awaited(self._sent_by_node(transaction), None)

    def _sent_by_node(self, transaction: TxParams) -> str:
        """Has the node sign and send; gives the hash."""
        try:
            return self._web3.eth.send_transaction(transaction).to_0x_hex()
        except Web3RPCError as error:
            # A node that mines at once may have mined it, and answers that it was reverted there.
            if (tx_hash := _hash_in((error.rpc_response or {}).get("error"))) is None:
                raise
            return tx_hash

    def _awaited(self, tx_hash: str, raw: str | None) -> TxReceipt:
        """Receipt of a transaction, once a block has it; sends `raw` until the endpoint has it for certain."""
        until = time.monotonic() + self._timeout
        in_doubt = False
        for pause in pace():
            refused: Refused | None = None
            trouble: Exception | None = None
            try:
                if raw is not None:
                    refused = self._hand_over(tx_hash, raw)
                if refused is None:
                    raw = None
                    if (receipt := self._receipt(tx_hash)) is not None:
                        return _checked(receipt)
            except (RPCUnreachable, RPCFailed) as error:
                # It says nothing of the transaction, which may be on its way.
                in_doubt, trouble = True, error
            if refused is not None and not in_doubt:
                raise refusal(Message("{reason} (transaction {tx_hash})", reason=refused.reason, tx_hash=tx_hash))
            if time.monotonic() + pause > until:
                raise TransactionPending(tx_hash, self._timeout, trouble or refused)
            time.sleep(pause)
        raise AssertionError("a pace has no end")

    def _hand_over(self, tx_hash: str, raw: str) -> Refused | None:
        """Sends a signed transaction; gives the refusal if the endpoint does not have it then."""
        [answer] = ask_all(self._web3, [("eth_sendRawTransaction", [raw])])
        if not isinstance(answer, Refused):
            return None
        # Some also refuse what they know already, and what they have mined and was reverted.
        [known] = results(self._web3, [("eth_getTransactionByHash", [tx_hash])])
        return answer if known is None else None

    def _receipt(self, tx_hash: str) -> TxReceipt | None:
        with clear_errors(), suppress(TransactionNotFound, TransactionIndexingInProgress):
            return self._web3.eth.get_transaction_receipt(HexStr(tx_hash))
        return None


def _checked(receipt: TxReceipt) -> TxReceipt:
    if receipt["status"] != 1:
        raise TransactionFailed(
            "Transaction {tx_hash} was reverted in its block, although its simulation had passed: something "
            "else came first. Look at the state and try again.",
            tx_hash=receipt["transactionHash"].to_0x_hex(),
        )
    return receipt


def _hash_in(error: Any) -> str | None:
    """Hash of the transaction that an error is about, where a node names it: in `error.data.txHash`."""
    data = error.get("data") if isinstance(error, dict) else None
    found = data.get("txHash") if isinstance(data, dict) else None
    return found if isinstance(found, str) else None
