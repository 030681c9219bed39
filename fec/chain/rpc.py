"""The wire to a chain: connecting, and signing, sending and awaiting transactions, with clear errors throughout."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import requests
from eth_account.signers.local import LocalAccount
from eth_typing import URI, ChecksumAddress
from web3 import HTTPProvider, Web3
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.exceptions import (
    BadFunctionCallOutput,
    BadResponseFormat,
    BlockNotFound,
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
from web3.types import BlockIdentifier, RPCEndpoint, RPCResponse, TxParams, TxReceipt

from fec.i18n import Message
from fec.i18n.errors import (
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
from fec.protocol.refusals import decode_revert

#: Seconds between looks for a receipt. The library's tenth of a second would dominate on a local chain.
POLL_LATENCY = 0.005
REQUEST_TIMEOUT = 30
#: Gas to add to an estimate, in percent: a period may end between estimate and block, and first claims cost more.
GAS_MARGIN = 25
#: Simulations are of the block to come: the latest one's clock may stand before the end of a period.
NEXT_BLOCK: BlockIdentifier = "pending"

#: Attempts at reading something, and seconds before the second one; twice as long before each that follows.
_ATTEMPTS = 4
_FIRST_PAUSE = 0.05
#: Sent again after its answer was lost, it would be refused as known, and look as if it had failed.
_SENDS = ("eth_sendTransaction", "eth_sendRawTransaction")

#: A method and its parameters.
Question = tuple[str, list[Any]]

_MISFIT = re.compile(r"value (.+ is not compatible with type .+)\.")


@contextmanager
def clear_errors() -> Iterator[None]:
    """Translates what web3 raises into errors of this package."""
    try:
        yield
    except (BadResponseFormat, json.JSONDecodeError, UnicodeDecodeError, NoAnswer) as error:
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
    except BlockNotFound as error:
        raise RPCFailed("The RPC endpoint refused: {reason}", reason=error) from error
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


class NoAnswer(requests.RequestException):
    """What came is no answer to what was asked: it cannot be read, or it is another question's."""


class CheckingProvider(HTTPProvider):
    """JSON-RPC over HTTP that takes an answer for one only if it is well-formed and carries its question's number.

    An endpoint, or what stands before it, may mix answers up: a balance must never be taken for a nonce. What is only
    read is asked again a few times. Raises requests' errors, NoAnswer among them.
    """

    def __init__(self, url: str) -> None:
        """Takes the address."""
        super().__init__(url, {"timeout": REQUEST_TIMEOUT}, exception_retry_configuration=None)

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """One call. An error that the endpoint gives is an answer."""
        [response] = self._ask([(method, params)], attempts=1 if method in _SENDS else _ATTEMPTS)
        return response

    def make_batch_request(self, batch_requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        """Many calls in one request; one by one where the endpoint takes no batches. Answers in the calls' order."""
        sends = any(method in _SENDS for method, _ in batch_requests)
        return self._ask(batch_requests, attempts=1 if sends else _ATTEMPTS)

    def _ask(self, calls: Sequence[tuple[RPCEndpoint, Any]], attempts: int) -> list[RPCResponse]:
        pause = _FIRST_PAUSE
        for _ in range(attempts - 1):
            try:
                return self._once(calls)
            except requests.Timeout:
                raise
            except requests.RequestException:
                time.sleep(pause)
                pause *= 2
        return self._once(calls)

    def _once(self, calls: Sequence[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        encoded = [self.encode_rpc_request(method, params) for method, params in calls]
        body = encoded[0] if len(calls) == 1 else b"[" + b",".join(encoded) + b"]"
        raw = self._request_session_manager.make_post_request(
            URI(str(self.endpoint_uri)), body, **self.get_request_kwargs()
        )
        try:
            numbers = [json.loads(request)["id"] for request in encoded]
            found = json.loads(raw)
        except ValueError as error:
            raise NoAnswer(f"no JSON: {raw[:100]!r}") from error
        if len(calls) > 1 and isinstance(found, dict):
            # Endpoints that take no batches say so once, for all of it.
            return [self._once([call])[0] for call in calls]
        answers = found if isinstance(found, list) else [found]
        by_number = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        if len(calls) == 1 and None in by_number and "error" in by_number[None]:
            # What cannot be read as a question has no number.
            return [cast(RPCResponse, by_number[None])]
        if len(answers) != len(calls) or any(not _is_answer(by_number.get(number)) for number in numbers):
            raise NoAnswer("the answer is to another question")
        return [cast(RPCResponse, by_number[number]) for number in numbers]


def _is_answer(found: Any) -> bool:
    if not isinstance(found, dict) or found.get("jsonrpc") != "2.0":
        return False
    return "result" in found or isinstance(found.get("error"), dict)


def connect(url: str) -> Web3:
    """Opens a connection to a chain's JSON-RPC address (http or https).

    Raises InvalidArgument for an address of another kind, RPCUnreachable if nothing answers, RPCFailed if what answers
    is no chain.
    """
    if not url.startswith(("http://", "https://")):
        raise InvalidArgument("{url!r} is not an http or https address.", url=url)
    web3 = Web3(CheckingProvider(url))
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


def ask_all(web3: Web3, questions: Sequence[Question]) -> list[Any | RPCFailed]:
    """Many calls in one request, over a connection of `connect`: the JSON result of each, or how it was refused.

    Raises RPCUnreachable, RPCFailed.
    """
    if not questions:
        return []
    provider = cast(CheckingProvider, web3.provider)
    with clear_errors():
        answers = provider.make_batch_request([(RPCEndpoint(method), params) for method, params in questions])
    return [_refusal(answer["error"]) if "error" in answer else answer["result"] for answer in answers]


def _refusal(error: Any) -> RPCFailed:
    reason = error.get("message", error) if isinstance(error, dict) else error
    return RPCFailed("The RPC endpoint refused: {reason}", reason=reason)


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
