"""The wire to a chain: connecting, and signing, sending and awaiting transactions, with clear errors throughout."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import requests
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from web3 import Web3
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.exceptions import (
    BadFunctionCallOutput,
    BadResponseFormat,
    ContractLogicError,
    InvalidAddress,
    MismatchedABI,
    TimeExhausted,
    Web3RPCError,
    Web3TypeError,
    Web3ValidationError,
    Web3ValueError,
)
from web3.middleware import ExtraDataToPOAMiddleware
from web3.types import BlockIdentifier, TxParams, TxReceipt

from fec.exceptions import (
    DeploymentMissing,
    FECError,
    InsufficientGasCoin,
    InvalidArgument,
    RPCFailed,
    RPCUnreachable,
    SignerMissing,
    TransactionFailed,
    TransactionPending,
)
from fec.i18n import Message
from fec.reverts import decode_revert

#: Seconds between looks for a receipt. The library's tenth of a second would dominate on a local chain.
POLL_LATENCY = 0.005
REQUEST_TIMEOUT = 30
#: Gas to add to an estimate, in percent: a period may end between estimate and block, and first claims cost more.
GAS_MARGIN = 25
#: Simulations are of the block to come: the latest one's clock may stand before the end of a period.
NEXT_BLOCK: BlockIdentifier = "pending"

_MISFIT = re.compile(r"value (.+ is not compatible with type .+)\.")


@contextmanager
def clear_errors() -> Iterator[None]:
    """Translates what web3 raises into errors of this package."""
    try:
        yield
    except (BadResponseFormat, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RPCFailed(
            "What the RPC endpoint answers is no JSON-RPC: {reason}. Check the address.", reason=error
        ) from error
    except ContractLogicError as error:
        raise decode_revert(_revert_data(error)) from error
    except BadFunctionCallOutput as error:
        raise DeploymentMissing("There is no such contract at that address; is this the right network?") from error
    except (requests.ConnectionError, requests.Timeout) as error:
        raise RPCUnreachable(
            "Nothing answers at {url}. Start the node, or check the address.", url=_address(error)
        ) from error
    except requests.RequestException as error:
        raise RPCFailed("The RPC endpoint refused: {reason}", reason=error) from error
    except Web3RPCError as error:
        message = (error.rpc_response or {}).get("error", {})
        text = str(message.get("message", error) if isinstance(message, dict) else message)
        if "insufficient funds" in text.lower():
            raise InsufficientGasCoin(
                "The sender cannot pay for gas. Send it some of the chain's coin. ({reason})", reason=text
            ) from error
        raise RPCFailed("The RPC endpoint refused: {reason}", reason=text) from error
    except (MismatchedABI, InvalidAddress, Web3ValidationError, Web3TypeError, Web3ValueError) as error:
        # Of web3's page on all overloads, the lines that say what is wrong.
        reasons = _MISFIT.findall(str(error)) or [str(error)]
        raise InvalidArgument("The call cannot carry these values: {reasons}", reasons="; ".join(reasons)) from error


def _revert_data(error: ContractLogicError) -> bytes:
    data = error.data
    if isinstance(data, dict):
        data = data.get("data")
    return bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) and data.startswith("0x") else b""


def _address(error: requests.RequestException) -> str:
    return str(error.request.url) if error.request is not None and error.request.url else Message("the RPC address")


def connect(url: str) -> Web3:
    """Opens a connection to a chain's JSON-RPC address (http or https).

    Raises InvalidArgument for an address of another kind, RPCUnreachable if nothing answers, RPCFailed if what answers
    is no chain.
    """
    if not url.startswith(("http://", "https://")):
        raise InvalidArgument("{url!r} is not an http or https address.", url=url)
    web3 = Web3(Web3.HTTPProvider(url, request_kwargs={"timeout": REQUEST_TIMEOUT}))
    # Chains run by named validators put more into a block's extra data than web3 takes otherwise.
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    try:
        with clear_errors():
            known = web3.eth.chain_id
    except FECError:
        raise
    except ValueError as error:  # hosts that cannot be, numbers that are none
        raise _no_chain(url, error) from error
    if not isinstance(known, int) or known < 1:
        raise _no_chain(url, f"eth_chainId {known}")
    return web3


def _no_chain(url: str, reason: object) -> RPCFailed:
    return RPCFailed("No chain answers at {url!r}: {reason}. Check the address.", url=url, reason=reason)


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
            raise InvalidArgument("{signer!r} is not an address.", signer=signer)

    @property
    def address(self) -> ChecksumAddress:
        """Who sends. Raises SignerMissing if nobody does."""
        if self._signer is None:
            raise SignerMissing("Nobody is there to sign. Give an account (its key, keystore or unlocked address).")
        return Web3.to_checksum_address(self._signer if isinstance(self._signer, str) else self._signer.address)

    def simulate(self, call: ContractFunction | ContractConstructor) -> int:
        """Gas that a call would take, without sending it. Raises what sending it would."""
        with clear_errors():
            return call.estimate_gas({"from": self.address}, NEXT_BLOCK)

    def send(self, call: ContractFunction | ContractConstructor) -> TxReceipt:
        """Simulates a call, sends it if that went well, and waits until it is in a block.

        Raises ContractError if the contract refuses (nothing is sent then), TransactionFailed if it refuses only in the
        block, TransactionPending if it is in no block in time, InsufficientGasCoin, RPCUnreachable, RPCFailed,
        InvalidArgument, SignerMissing.
        """
        sender = self.address
        with clear_errors():
            gas = call.estimate_gas({"from": sender}, NEXT_BLOCK) * (100 + GAS_MARGIN) // 100
            transaction = cast(TxParams, call.build_transaction({"from": sender, "gas": gas}))
            if isinstance(self._signer, LocalAccount):
                transaction["nonce"] = self._web3.eth.get_transaction_count(sender, "pending")
                signed = self._signer.sign_transaction(cast(dict[str, Any], transaction))
                tx_hash = self._web3.eth.send_raw_transaction(signed.raw_transaction)
            else:
                tx_hash = self._web3.eth.send_transaction(transaction)
            try:
                receipt = self._web3.eth.wait_for_transaction_receipt(tx_hash, self._timeout, POLL_LATENCY)
            except TimeExhausted as error:
                raise TransactionPending(tx_hash.to_0x_hex(), self._timeout) from error
        if receipt["status"] != 1:
            raise TransactionFailed(
                "Transaction {tx_hash} was reverted in its block, although its simulation had passed: something "
                "else came first. Look at the state and try again.",
                tx_hash=tx_hash.to_0x_hex(),
            )
        return receipt
