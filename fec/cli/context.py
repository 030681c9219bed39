"""What all commands share: the common options, the client they open, and how they ask, send and show."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.exceptions import ValidationError
from rich import box
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.progress import Progress
from rich.table import Table
from rich.text import Text
from web3 import Web3
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.types import RPCEndpoint

from fec.chain import deployments
from fec.chain.contracts import open_handle
from fec.chain.deployments import Deployment
from fec.chain.rpc import clear_errors, connect
from fec.chain.sender import Sender
from fec.cli.display import receipt_line, receipt_record
from fec.cli.errors import CommandRefused
from fec.cli.params import NodeRef
from fec.client.client import Client
from fec.core.amounts import exact_fec
from fec.core.node_id import NodeId
from fec.i18n import Message, _, ngettext
from fec.i18n.errors import FECError, InvalidArgument, RPCFailed, SignerMissing
from fec.i18n.readable import readable
from fec.protocol.addresses import ADDRESS_ZERO, checked_address
from fec.protocol.files import read_record
from fec.protocol.signing import TypedMessage
from fec.protocol.types import Receipt

DEFAULT_RPC = "http://127.0.0.1:8545"
DEFAULT_DEPLOYMENTS = Path("deployments")
PRIVATE_KEY_VARIABLE = "FEC_PRIVATE_KEY"
PASSPHRASE_VARIABLE = "FEC_PASSPHRASE"  # noqa: S105 (a name, not a secret)
#: Width of lines that nobody watches, and more than any table takes.
_PIPE_WIDTH = 160
_UNBOUNDED = 10_000

T = TypeVar("T")


class Simulated(Exception):
    """Ends a call in a dry run, once it has been simulated."""

    def __init__(self, gas: int) -> None:
        """Takes the gas that it would take."""
        super().__init__(gas)
        self.gas = gas


class SimulatingSender(Sender):
    """Simulates what it is to send, and sends nothing."""

    def send(self, call: ContractFunction | ContractConstructor) -> NoReturn:
        """Raises Rehearsed if the call would go well, what `Sender.simulate` raises if not."""
        raise Simulated(self.simulate(call))


class Context:
    """One run of the command line."""

    def __init__(self) -> None:
        """Starts with the defaults; options fill it in."""
        self.rpc = DEFAULT_RPC
        self.deployments = DEFAULT_DEPLOYMENTS
        self.account: str | None = None
        self.keystore: Path | None = None
        self.signer_option: str | None = None
        self.as_json = False
        self.dry_run = False
        self.yes = False

    @cached_property
    def out(self) -> Console:
        """Where results go."""
        return _console(stderr=False)

    @cached_property
    def err(self) -> Console:
        """Where questions, progress and errors go."""
        return _console(stderr=True)

    @cached_property
    def client(self) -> Client:
        """The deployment named by the options, on the chain named by them."""
        web3 = connect(self.rpc)
        sender = (SimulatingSender if self.dry_run else Sender)(web3, self._signer())
        return Client(web3, self._deployment(web3), sender)

    def local_account(self) -> LocalAccount | None:
        """The key that this process holds, if who signs is one."""
        signer = self._signer()
        return signer if isinstance(signer, LocalAccount) else None

    def account_or(self, account: str | None) -> str:
        """The account given, or the one that signs."""
        if account is not None:
            return account
        try:
            return self.client.address
        except SignerMissing as error:
            raise SignerMissing(
                "An account is missing. Name an address, or sign with {signers}.", signers=_SIGNERS
            ) from error

    def deadline_in(self, seconds: int) -> int:
        """A deadline that many seconds from now, by the later of the chain's clock and this machine's."""
        return max(self.client.now(), int(time.time())) + seconds

    def resolve(self, refs: Sequence[NodeRef]) -> list[int]:
        """Token ids of nodes, in order; names are looked up among the signer's nodes, then among all, opened or not."""
        named = {ref.name for ref in refs if ref.token_id is None}
        found: dict[str, int] = {}
        if named and self._signer() is not None:
            found = self._ids_by_name(to=self.client.address)
        if not named <= found.keys():
            found |= self._ids_by_name(**{"from": ADDRESS_ZERO})
        if not named <= found.keys():
            settled = self.client.settlements.unopened_named(named - found.keys())
            found |= {each.node.name: each.node.token_id for each in settled}
        unknown = sorted(named - found.keys())
        if unknown:
            raise CommandRefused(
                "There is no node {names}. `fec node list` shows the nodes of an account.", names=", ".join(unknown)
            )
        return [found[ref.name] if ref.token_id is None else ref.token_id for ref in refs]

    def confirm(self, *plan: str, final: bool = False) -> None:
        """Prints the plan, checks that there is a signing account, and asks for confirmation of final actions."""
        self._check_signer()
        self.ask(*plan, final=final)

    def ask(self, *plan: str, final: bool = True) -> None:
        """Does the same where nobody has to sign."""
        if not self.as_json:
            self.print(*plan)
        if not final or self.dry_run or self.yes:
            return
        refusal = CommandRefused("Nothing was done. Add --yes to confirm without a question.")
        if self.as_json:
            raise refusal
        try:
            click.confirm(_("This cannot be undone. Continue?"), abort=True, err=True)
        except click.Abort as error:
            click.echo(err=True)
            raise refusal from error

    def send(self, act: Callable[[], T]) -> T | None:
        """Sends one transaction; in a dry run, simulates it, says so, and gives None."""
        results = self.send_all([act], "")
        return results[0] if results else None

    def send_and_show(self, act: Callable[[], Receipt], *lines: RenderableType, **record: Any) -> None:
        """Sends one transaction, and prints what it did: `record` and the receipt for machines, or else the lines."""
        receipt = self.send(act)
        if receipt is not None:
            self.show({**record, **receipt_record(receipt)}, *lines, receipt_line(receipt))

    def send_all(self, acts: Sequence[Callable[[], T]], doing: str) -> list[T]:
        """Sends several transactions, one after the other, showing progress; in a dry run, simulates them: none."""
        if self.dry_run:
            self._simulate(acts)
            return []
        results: list[T] = []
        hidden = len(acts) <= 1 or not self.err.is_terminal
        with Progress(console=self.err, transient=True, disable=hidden) as progress:
            task = progress.add_task(doing, total=len(acts))
            for act in acts:
                try:
                    results.append(act())
                except FECError:
                    if results:
                        self.err.print(
                            _(
                                "{sent} of {count} transactions were sent. The next one failed:",
                                sent=len(results),
                                count=len(acts),
                            )
                        )
                    raise
                progress.advance(task)
        return results

    def sign(self, message: TypedMessage) -> str:
        """The signer's signature, as hex. Sends nothing."""
        self._check_signer()
        signer = self._signer()
        if isinstance(signer, LocalAccount):
            return message.sign(signer)
        with clear_errors():
            response = self.client.web3.provider.make_request(
                RPCEndpoint("eth_signTypedData_v4"), [signer, _as_text(message.document)]
            )
        if "error" in response:
            raise RPCFailed(
                "The node at {rpc} does not sign: {reason}. Give {signers}.",
                rpc=self.rpc,
                reason=response["error"],
                signers=_SIGNERS,
            )
        return str(response["result"])

    def check_allowance(self, amount: int) -> None:
        """Raises CommandRefused if Checkout may not take `amount` wei from the signer."""
        allowed = self.client.orders.allowance()
        if allowed < amount:
            raise CommandRefused(
                "Checkout may take {allowed:fec} from {address}, but needs {amount:fec}. Run `fec order allow "
                "{exact}`.",
                allowed=allowed,
                address=self.client.address,
                amount=amount,
                exact=exact_fec(amount),
            )

    def show(self, record: Any, *lines: RenderableType) -> None:
        """Prints a result: `record` for machines, or else the lines and tables."""
        if self.as_json:
            click.echo(json.dumps(record, indent=1))
            return
        self.print(*lines)

    def print(self, *lines: RenderableType) -> None:
        """Prints for people. Amounts are never cut short: a table too wide for the terminal runs over."""
        for item in lines:
            if isinstance(item, Table):
                terminal = self.out.width
                self.out.width = _UNBOUNDED
                self.out.width = max(terminal, Measurement.get(self.out, self.out.options, item).maximum)
                self.out.print(item, crop=False)
                self.out.width = terminal
            else:
                self.out.print(item, soft_wrap=not self.out.is_terminal)

    def _simulate(self, acts: Sequence[Callable[[], Any]]) -> None:
        gas = 0
        for act in acts:
            try:
                act()
            except Simulated as simulated:
                gas += simulated.gas
        self.show(
            {"dryRun": True, "transactions": len(acts), "gas": gas},
            _(
                "Dry run: nothing was sent. It would succeed, in {transactions} with {gas:number} gas.",
                transactions=ngettext("{count:number} transaction", "{count:number} transactions", len(acts)),
                gas=gas,
            ),
        )

    def _signer(self) -> LocalAccount | str | None:
        """Who signs: what was typed goes before the environment; there a keystore before a key before an account."""
        if self.signer_option == "account":
            return self.account
        if self.keystore is not None:
            return self._keystore_account
        key = os.environ.get(PRIVATE_KEY_VARIABLE)
        if not key:
            return self.account
        try:
            return _local(Account.from_key(key))
        except (ValueError, TypeError, ValidationError) as error:
            raise CommandRefused(
                "{variable} is not a private key. Set it to 32 bytes in hex.", variable=PRIVATE_KEY_VARIABLE
            ) from error

    @cached_property
    def _keystore_account(self) -> LocalAccount:
        if self.keystore is None:
            raise AssertionError("asked only with a keystore")
        try:
            content = read_record(self.keystore)
        except InvalidArgument as error:
            raise self._keystore_refused(error) from error
        passphrase = os.environ.get(PASSPHRASE_VARIABLE)
        if passphrase is None:
            passphrase = click.prompt(_("Passphrase of {keystore}", keystore=self.keystore), hide_input=True, err=True)
        try:
            return _local(Account.from_key(Account.decrypt(content, passphrase)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._keystore_refused(error) from error

    def _keystore_refused(self, reason: Exception) -> CommandRefused:
        return CommandRefused(
            "{keystore} cannot be opened: {reason}. Check the file and its passphrase.",
            keystore=self.keystore,
            reason=reason,
        )

    def _check_signer(self) -> None:
        """Raises SignerMissing if there is no signing account."""
        signer = self._signer()
        if signer is None:
            raise SignerMissing("No signing account. Give {signers}.", signers=_SIGNERS)
        if isinstance(signer, str):
            try:
                with clear_errors():
                    unlocked = checked_address(signer) in self.client.web3.eth.accounts
            except RPCFailed:  # public endpoints sign for nobody
                unlocked = False
            if not unlocked:
                raise SignerMissing(
                    "The node at {rpc} does not sign for {signer}. Give --keystore FILE, or a key in {variable}.",
                    rpc=self.rpc,
                    signer=signer,
                    variable=PRIVATE_KEY_VARIABLE,
                )

    def _deployment(self, web3: Web3) -> Deployment:
        path = self.deployments
        if path.is_dir() or path == DEFAULT_DEPLOYMENTS:
            with clear_errors():
                path = deployments.path_for(web3.eth.chain_id, path)
        return deployments.read(path)

    def _ids_by_name(self, **topics: str) -> dict[str, int]:
        client = self.client
        adn = open_handle(client.web3, client.deployment, "ADN", Sender(client.web3, None))
        with clear_errors():
            block = client.web3.eth.block_number
        ids = (log["args"]["tokenId"] for log in adn.logs("Transfer", block, **topics))
        return {NodeId.decode(token_id).name: token_id for token_id in ids}


_SIGNERS = Message(
    "--keystore FILE, a key in {variable}, or --account ADDRESS on a development chain", variable=PRIVATE_KEY_VARIABLE
)


def _local(account: Any) -> LocalAccount:
    if not isinstance(account, LocalAccount):
        raise TypeError("eth-account gives local accounts")
    return account


def _as_text(value: Any) -> Any:
    """Integers as text: nodes read numbers of JSON in 64 bits."""
    if isinstance(value, dict):
        return {name: _as_text(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return str(value) if isinstance(value, int) else value


class _Terminal(Console):
    """A console that shows text as it is, also what others wrote: no markup, no emoji by name, nothing to obey."""

    def render_str(self, text: str, **styles: Any) -> Text:
        """Makes text of a string, wherever it stands."""
        return super().render_str(readable(text), **styles)


def _console(*, stderr: bool) -> Console:
    console = _Terminal(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    return console


def grid(*columns: str, left: Sequence[str] = ()) -> Table:
    """A table whose columns are numbers, aligned right, but for those named in `left`."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="left" if column in left else "right", no_wrap=True)
    return table


def facts(rows: Sequence[tuple[str, str]]) -> Table:
    """Names and values, one a line."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in rows:
        table.add_row(name, value)
    return table
