"""Views of the contracts, read for many keys at one block, named by its hash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak
from eth_utils.abi import collapse_if_tuple
from eth_utils.address import to_checksum_address

from fec.chain import deployments
from fec.chain.deployments import Deployment
from fec.chain.errors import Refused
from fec.chain.jsonrpc import CALLS_PER_REQUEST, Call, Endpoint
from fec.chain.reverts import revert_data
from fec.i18n.errors import WrongAnswer
from fec.indexer import refused
from fec.protocol import abi
from fec.protocol.refusals import error_name

K = TypeVar("K")

_WORD = 32
_TOTALS = (("FEC", "totalSupply"), ("FEC", "totalBurned"), ("ADN", "outstanding"))


class Refusal(str):
    """Name of the error that a contract reverted with."""

    __slots__ = ()


class Reads:
    """Reads one deployment's contracts as of one block."""

    def __init__(self, endpoint: Endpoint, deployment: Deployment, block_hash: str) -> None:
        """Takes the endpoint, the deployment, and the block's hash."""
        self._endpoint = endpoint
        self._deployment = deployment
        self._block = {"blockHash": block_hash}

    def each(
        self, contract: str, function: str, keyed: Iterable[tuple[K, Sequence[Any]]]
    ) -> Iterator[tuple[K, Any | Refusal]]:
        """For each key its arguments' result: one value, a tuple of them, or how the contract refused.

        Raises RPCUnreachable, RPCFailed, WrongAnswer.
        """
        view = _View(contract, function)
        to = deployments.contract(self._deployment, contract)["address"]
        items = iter(keyed)
        while some := list(islice(items, CALLS_PER_REQUEST)):
            calls: list[Call] = [
                ("eth_call", [{"to": to, "data": view.encode(arguments)}, self._block]) for _, arguments in some
            ]
            answers = self._endpoint.patiently(lambda calls=calls: self._answers(view, calls))  # type: ignore[misc]
            yield from zip((key for key, _ in some), answers, strict=True)

    def one(self, contract: str, function: str, *arguments: Any) -> Any | Refusal:
        """One result. Raises as `each` does."""
        [(_, result)] = self.each(contract, function, [(None, arguments)])
        return result

    def refused(self, contract: str, function: str, keys: Iterable[int]) -> Iterator[tuple[int, Refusal | None]]:
        """For each key how a function of a list refuses a list of it alone; None if it does not. Raises as `each` does.

        Thousands of keys are one request, or one each where the endpoint does not take so much.
        """
        view = _View(contract, function)
        to = deployments.contract(self._deployment, contract)["address"]
        empty = bytes.fromhex(view.encode([[0]])[2:])
        items = iter(keys)
        while some := list(islice(items, refused.KEYS)):
            data = "0x" + refused.code(to, empty[:-_WORD], some).hex()
            call: Call = ("eth_call", [{"data": data}, self._block])
            [answer] = self._endpoint.patiently(lambda call=call: self._endpoint.ask([call]))  # type: ignore[misc]
            try:
                found = refused.selectors(bytes.fromhex(str(answer)[2:]), len(some))
            except ValueError:
                single = self.each(contract, function, ((key, ([key],)) for key in some))
                yield from ((key, result if isinstance(result, Refusal) else None) for key, result in single)
            else:
                for key, selector in zip(some, found, strict=True):
                    yield key, Refusal(error_name(selector)) if any(selector) else None

    def totals(self) -> tuple[int, int, int] | None:
        """FEC's supply, FEC burned and outstanding, in wei, in one request.

        None where the state cannot be had, or the contracts are not there yet. Raises RPCUnreachable, RPCFailed,
        WrongAnswer.
        """
        views = [
            (self._deployment["contracts"][contract]["address"], _View(contract, name)) for contract, name in _TOTALS
        ]
        calls: list[Call] = [("eth_call", [{"to": to, "data": view.encode(())}, self._block]) for to, view in views]
        answers = self._endpoint.patiently(lambda: self._endpoint.ask(calls))
        if any(isinstance(answer, Refused) or answer == "0x" for answer in answers):
            return None
        supply, burned, outstanding = (view.decode(answer) for (_, view), answer in zip(views, answers, strict=True))
        return supply, burned, outstanding

    def has_code(self, addresses: Sequence[str]) -> list[bool]:
        """Whether there is a contract at each address. Raises as `each` does."""
        calls: list[Call] = [("eth_getCode", [address, self._block]) for address in addresses]
        codes = self._endpoint.patiently(lambda: self._endpoint.results(calls))
        return [code != "0x" for code in codes]

    def _answers(self, view: _View, calls: Sequence[Call]) -> list[Any]:
        return [view.decode(answer) for answer in self._endpoint.ask(calls)]


class _View:
    def __init__(self, contract: str, function: str) -> None:
        [entry] = [item for item in abi.load(contract)["abi"] if item.get("name") == function]
        self._inputs = [collapse_if_tuple(item) for item in entry["inputs"]]
        self._outputs = [collapse_if_tuple(item) for item in entry["outputs"]]
        self._selector = keccak(f"{function}({','.join(self._inputs)})".encode())[:4]

    def encode(self, arguments: Sequence[Any]) -> str:
        values = [
            bytes.fromhex(value[2:]) if kind == "bytes32" else value
            for kind, value in zip(self._inputs, arguments, strict=True)
        ]
        return "0x" + (self._selector + encode(self._inputs, values)).hex()

    def decode(self, answer: Any) -> Any:
        if isinstance(answer, Refused):
            if not (data := revert_data(answer.error)):
                raise answer
            return Refusal(error_name(data))
        try:
            values = decode(self._outputs, bytes.fromhex(answer[2:]))
        except (DecodingError, TypeError, ValueError) as error:
            raise WrongAnswer(
                "This is no result of a view: {answer!r:.200}. Try another endpoint.", answer=answer
            ) from error
        return _plain(values[0] if len(values) == 1 else values)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, str) and value.startswith("0x"):
        return to_checksum_address(value)
    return value
