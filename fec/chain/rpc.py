"""A chain over JSON-RPC: connecting web3.py to an endpoint as endpoints are, with clear errors throughout."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from web3 import Web3
from web3.exceptions import (
    BadFunctionCallOutput,
    BadResponseFormat,
    BlockNotFound,
    ContractLogicError,
    InvalidAddress,
    MismatchedABI,
    Web3RPCError,
    Web3TypeError,
    Web3ValidationError,
    Web3ValueError,
)
from web3.middleware import ExtraDataToPOAMiddleware
from web3.providers import JSONBaseProvider
from web3.types import BlockIdentifier, RPCEndpoint, RPCResponse

from fec.chain.errors import RateLimited, Refused, no_latest_block
from fec.chain.jsonrpc import Call, Endpoint
from fec.chain.reverts import is_revert, revert_data
from fec.chain.spans import Span
from fec.i18n.errors import (
    DeploymentMissing,
    FECError,
    InsufficientGasCoin,
    InvalidArgument,
    RPCFailed,
    RPCUnreachable,
)
from fec.protocol.refusals import decode_revert

#: Simulations are of the block to come: the latest one's clock may stand before the end of a period.
NEXT_BLOCK: BlockIdentifier = "pending"

#: Asks for the block to come.
PENDING_BLOCK: Call = ("eth_getBlockByNumber", ["pending", False])

#: Sent again after its answer was lost, it would be refused as known, and look as if it had failed.
_SENDS = ("eth_sendTransaction", "eth_sendRawTransaction")
#: What can be asked of the block to come, and of the latest one where there is no block to come.
_STATE = ("eth_call", "eth_estimateGas", "eth_getTransactionCount", "eth_getBalance", "eth_getCode")
#: Blocks of a first search of logs: all that are asked for; and logs in an answer, more or less, after a refusal.
_ALL_BLOCKS = 1 << 40
_LOGS = 8_000

_INCOMPATIBLE = re.compile(r"value (.+ is not compatible with type .+)\.")


@contextmanager
def clear_errors() -> Iterator[None]:
    """Translates what web3 raises into errors of this package."""
    try:
        yield
    except BadResponseFormat as error:
        raise RPCFailed(
            "What the RPC endpoint answers is no JSON-RPC: {reason}. Check the address.", reason=error
        ) from error
    except ContractLogicError as error:
        raise decode_revert(revert_data({"data": error.data}) or b"") from error
    except BadFunctionCallOutput as error:
        raise DeploymentMissing("There is no such contract at that address; is this the right network?") from error
    except Web3RPCError as error:
        message = (error.rpc_response or {}).get("error", {})
        text = str(message.get("message", error) if isinstance(message, dict) else message)
        raise refusal(text) from error
    except BlockNotFound as error:
        raise RPCFailed(
            "The RPC endpoint refused the request. Try again later, or use another endpoint. ({reason})", reason=error
        ) from error
    except (MismatchedABI, InvalidAddress, Web3ValidationError, Web3TypeError, Web3ValueError) as error:
        # Of web3's page on all overloads, the lines that say what is wrong.
        reasons = _INCOMPATIBLE.findall(str(error)) or [str(error)]
        raise InvalidArgument("The call cannot carry these values: {reasons}", reasons="; ".join(reasons)) from error


def refusal(reason: str) -> RPCFailed | InsufficientGasCoin:
    """What an endpoint's words mean for somebody who sends."""
    if "insufficient funds" in reason.lower():
        return InsufficientGasCoin(
            "The sender cannot pay for gas. Send it some of the chain's coin. ({reason})", reason=reason
        )
    return RPCFailed(
        "The RPC endpoint refused the request. Try again later, or use another endpoint. ({reason})", reason=reason
    )


class EndpointProvider(JSONBaseProvider):
    """web3.py's way to an endpoint. Raises RPCUnreachable and RPCFailed.

    What is only read is asked again a few times. The chain's id is asked for once. Logs are searched in as many pieces
    as the endpoint wants. Where it has no block to come, the latest one stands for it.
    """

    #: EIP-3668 would have this process fetch addresses that any contract names.
    global_ccip_read_enabled = False

    def __init__(self, endpoint: Endpoint) -> None:
        """Takes the endpoint."""
        super().__init__()
        self.endpoint = endpoint
        self.endpoint_uri = endpoint.url
        self._chain_id: Any = None
        self._span = Span(_ALL_BLOCKS, _LOGS)
        self._has_pending = True

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """One call. An error that the endpoint gives is an answer."""
        if method == "eth_chainId":
            return self._known_chain_id()
        if method == "eth_getLogs" and (blocks := _blocks(params)) is not None:
            return self._logs(params, *blocks)
        return _response(self._one(method, list(params or ())))

    def make_batch_request(self, batch_requests: Sequence[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        """Many calls, in as few requests as the endpoint takes. Answers in the calls' order."""
        return [_response(answer) for answer in self.ask(self.at_known(batch_requests))]

    def at_known(self, calls: Iterable[tuple[str, Any]]) -> list[Call]:
        """Calls, at the latest block where the endpoint is known to have no block to come."""
        return [(method, self._at_known(method, list(params or ()))) for method, params in calls]

    def ask(self, calls: Sequence[Call]) -> list[Any | Refused]:
        """Result of each call, or how it was refused; asked again after a failure, if nothing is sent.

        Raises RPCUnreachable, RPCFailed.
        """
        if any(method in _SENDS for method, _ in calls):
            return self.endpoint.ask(calls)
        return self.endpoint.patiently(lambda: self.endpoint.ask(calls))

    def _one(self, method: str, params: list[Any]) -> Any | Refused:
        asked = self._at_known(method, params)
        [answer] = self.ask([(method, asked)])
        if not isinstance(answer, Refused):
            return answer
        if method in _STATE and asked[-1:] == ["pending"] and not _is_reverts(answer):
            [latest] = self.ask([(method, [*asked[:-1], "latest"])])
            if not isinstance(latest, Refused) or _is_reverts(latest):
                self._has_pending = False
                asked, answer = [*asked[:-1], "latest"], latest
        if method == "eth_estimateGas" and isinstance(answer, Refused) and revert_data(answer.error) is None:
            # Some give no reason with an estimate, but do with a call.
            [called] = self.ask([("eth_call", [*asked, "latest"][:2])])
            if isinstance(called, Refused) and revert_data(called.error) is not None:
                return called
        return answer

    def _at_known(self, method: str, params: list[Any]) -> list[Any]:
        """The call at the latest block where the endpoint is known to have no block to come."""
        if method in _STATE and params[-1:] == ["pending"] and not self._has_pending:
            return [*params[:-1], "latest"]
        return params

    def _known_chain_id(self) -> RPCResponse:
        if self._chain_id is None:
            [found] = self.ask([("eth_chainId", [])])
            if isinstance(found, Refused):
                return _response(found)
            self._chain_id = found
        return _response(self._chain_id)

    def _logs(self, params: Any, first: int, last: int) -> RPCResponse:
        """A search of logs, in pieces of the size that the endpoint was seen to take."""
        found: list[Any] = []
        while first <= last:
            to = min(last, first + self._span.blocks - 1)
            call: Call = ("eth_getLogs", [{**params[0], "fromBlock": hex(first), "toBlock": hex(to)}])
            try:
                # Refused with a server's error and no words it may have been too much, too.
                [answer] = self.endpoint.ask([call]) if first < to else self.ask([call])
            except RateLimited:
                raise  # waited for in vain; a smaller search would be limited, too
            except RPCUnreachable:
                [answer] = self.ask([call])
            except RPCFailed:
                if first == to:
                    raise
                answer = Refused("")
            if isinstance(answer, Refused):
                if first == to:
                    return _response(answer)
                self._span.refused(to - first + 1)
                continue
            self._span.took(to - first + 1, len(answer))
            found += answer
            first = to + 1
        return _response(found)


def _is_reverts(answer: Refused) -> bool:
    return is_revert(answer.error) or revert_data(answer.error) is not None


def _response(answer: Any | Refused) -> RPCResponse:
    """An answer as web3 wants it. What a contract reverted with goes where web3 does not take it apart itself."""
    if not isinstance(answer, Refused):
        return cast(RPCResponse, {"jsonrpc": "2.0", "id": 0, "result": answer})
    details = answer.error.get("data")
    error: dict[str, Any] = {"code": answer.code, "message": answer.reason, "data": details}
    if (data := revert_data(answer.error)) is not None:
        others = details if isinstance(details, dict) else {}
        error["message"] = answer.reason or "execution reverted"
        error["data"] = {**others, "data": "0x" + data.hex()}
    return cast(RPCResponse, {"jsonrpc": "2.0", "id": 0, "error": error})


def _blocks(params: Any) -> tuple[int, int] | None:
    """First and last block of a search of logs; None if they are not given as numbers."""
    try:
        return int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def connect(url: str) -> Web3:
    """Opens a connection to a chain's JSON-RPC address (http or https).

    Raises InvalidArgument for an address of another kind, RPCUnreachable if nothing answers, RPCFailed if what answers
    is no chain.
    """
    if not url.startswith(("http://", "https://")):
        raise InvalidArgument("{url!r} is not an http or https address.", url=url)
    web3 = Web3(EndpointProvider(Endpoint(url)))
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


def ask_all(web3: Web3, calls: Sequence[Call]) -> list[Any | Refused]:
    """Many calls: the JSON result of each, or how it was refused. Together over a connection of `connect`, else singly.

    Raises RPCUnreachable, RPCFailed.
    """
    provider = web3.provider
    if isinstance(provider, EndpointProvider):
        return provider.ask(provider.at_known(calls))
    answers = [provider.make_request(RPCEndpoint(method), list(params)) for method, params in calls]
    return [Refused(answer["error"]) if "error" in answer else answer["result"] for answer in answers]


def results(web3: Web3, calls: Sequence[Call]) -> list[Any]:
    """The JSON result of each call. Raises as `ask_all` does, and Refused if one is refused."""
    answers = ask_all(web3, calls)
    for answer in answers:
        if isinstance(answer, Refused):
            raise answer
    return answers


def next_time(web3: Web3) -> int:
    """Timestamp of the block to come, in seconds since the epoch: what is sent now is judged by it.

    On a chain where nothing happens the latest block may be old. Where an endpoint knows no block to come, it is the
    latest block's time or this machine's, whichever is later. Raises RPCUnreachable, RPCFailed.
    """
    [block] = ask_all(web3, [PENDING_BLOCK])
    if (found := time_in(block)) is not None:
        return found
    [latest] = results(web3, [("eth_getBlockByNumber", ["latest", False])])
    return time_after(latest)


def time_in(pending: Any) -> int | None:
    """Timestamp that the answer to `PENDING_BLOCK` has; None if the endpoint knows no block to come."""
    return int(pending["timestamp"], 16) if isinstance(pending, dict) and pending.get("timestamp") else None


def time_after(latest: Any) -> int:
    """Timestamp of the block to come, where only the latest one is known. Raises RPCFailed if that is not."""
    if not isinstance(latest, dict):
        raise no_latest_block()
    return max(int(latest["timestamp"], 16), int(time.time()))
