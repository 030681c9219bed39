"""The base of all errors that the package raises, and those that several of its parts raise.

Each is a `FECError` and, the base aside, a builtin too, so that callers can catch either. What one part alone raises
stands in the `errors` module of that part, such as `fec.replay.errors`; the service's beside what raises it.
"""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from typing import Any

from fec.i18n import N_, Message


class FECError(Exception):
    """Base of all errors of this package: a sentence, which says what is wrong and what to do next, and its values.

    InvalidAmount("{text!r} is not an amount of FEC.", text=text)

    `str` gives it in the language spoken now (`fec.i18n.use`), `args[0]` in English always.
    """

    def __init__(self, sentence: str = "", /, **values: Any) -> None:
        """Takes the sentence in English with places for its values (`fec.i18n`); without values, braces are text."""
        self.message = Message(sentence, **values)
        super().__init__(self.message)

    def localized(self, locale: str | None = None) -> str:
        """What is wrong, in a language of `fec.i18n.LOCALES`, or in the one spoken now."""
        return self.message.localized(locale)

    def __str__(self) -> str:
        """What is wrong, in the language spoken now."""
        return self.localized()

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles: constructors take other arguments than `args` holds."""
        return copyreg.__newobj__, (type(self),), {**self.__dict__, "args": self.args}  # type: ignore[attr-defined]


class InvalidAmount(FECError, ValueError):
    """Text or number that is not an amount of FEC, or not one that is possible here."""


class InvalidArgument(FECError, ValueError):
    """Argument that no call to a contract can carry, such as a malformed address or a number out of range."""


class RPCUnreachable(FECError, ConnectionError):
    """Nothing answers at the RPC address."""


class RPCFailed(FECError, RuntimeError):
    """The RPC endpoint answers, but refuses the request."""


class WrongAnswer(FECError, RuntimeError):
    """The endpoint answered what cannot be: another's answer, half of one, a block it said it had, or no log of ours.

    It is asked again, a number of times; what it said is never kept.
    """


class InsufficientGasCoin(FECError, RuntimeError):
    """The sender cannot pay for gas in the chain's own coin."""


class WrongNetwork(FECError, RuntimeError):
    """The chain is not the one that the deployment is on."""

    def __init__(self, expected: int, actual: int) -> None:
        """Takes the chain ids that were expected and found."""
        super().__init__(
            N_(
                "This chain has id {actual}, but the deployment is on chain {expected}. "
                "Connect to the right network, or name the deployments file of this one."
            ),
            actual=actual,
            expected=expected,
        )
        self.expected = expected
        self.actual = actual


class DeploymentMissing(FECError, FileNotFoundError):
    """No record of a deployment, no contract in it of that name, or no code at its address."""


class DeploymentInvalid(FECError, ValueError):
    """A deployments file that is not what it should be."""


class DeploymentExists(FECError, FileExistsError):
    """Writing would change or lose what a deployments file records."""


class VerificationFailed(FECError, RuntimeError):
    """What is on the chain is not what was compiled, or is not wired as it should be."""


class AnvilMissing(FECError, FileNotFoundError):
    """The `anvil` binary is not on the path."""


class AnvilFailed(FECError, RuntimeError):
    """Anvil stopped before it answered, or never answered."""


class SignerMissing(FECError, RuntimeError):
    """A transaction was asked of a client that has nobody to sign it."""


class TransactionTooLarge(FECError, ValueError):
    """A call takes more gas than a transaction can have on this chain; nothing was sent."""

    def __init__(self, most: int) -> None:
        """Takes the most that one can have."""
        super().__init__(
            N_(
                "This needs more than {most} gas, the limit of one transaction here. Nothing was sent. Do less at once."
            ),
            most=most,
        )
        self.most = most


class TooManyAtOnce(FECError, ValueError):
    """More parts or nodes were asked for than one transaction can handle; nothing was sent."""


class TransactionFailed(FECError, RuntimeError):
    """A transaction was included in a block but reverted there, although its simulation had passed."""


class TransactionPending(FECError, TimeoutError):
    """A transaction was sent but was not included in a block in time; it still may be."""

    def __init__(self, tx_hash: str, seconds: int, trouble: Exception | None = None) -> None:
        """Takes the transaction's hash, how many seconds were waited, and why the chain could not be asked at last."""
        sentence = N_(
            "Transaction {tx_hash} was sent but is not in a block after {seconds} s. Look it up before you try again."
        )
        if trouble is not None:
            sentence = N_(
                "Transaction {tx_hash} may have been sent, and whether a block has it is not known after {seconds} s. "
                "Look it up before you try again. ({trouble})"
            )
        super().__init__(sentence, tx_hash=tx_hash, seconds=seconds, trouble=trouble)
        self.tx_hash = tx_hash


class ContractError(FECError, RuntimeError):
    """A contract refused a call; nothing has changed on the chain.

    `name` is the custom error's name, `values` are its arguments by name, as the contract gave them.
    """

    def __init__(self, name: str, values: Mapping[str, Any], sentence: str) -> None:
        """Takes the error's name, its values, and what to tell the user, with places for them."""
        call = f"{name}({', '.join(f'{key}={value}' for key, value in values.items())})"
        super().__init__("{sentence} [{call}]", sentence=Message(sentence, **values), call=call)
        self.name = name
        self.values = dict(values)


class NotAllowed(ContractError, PermissionError):
    """The caller may not do that."""


class NotFound(ContractError, LookupError):
    """No such node or program."""


class LimitExceeded(ContractError, ValueError):
    """More than a quota, the budget, the cap, a balance or an allowance holds."""


class InvalidInput(ContractError, ValueError):
    """A value that the contract does not take."""


class StateConflict(ContractError):
    """The call does not fit the present state: nothing to claim, program closed, node changed since it was seen."""
