"""The kinds of command and group, and the options that all of them take."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import click

from fec import i18n
from fec.cli.context import DEFAULT_DEPLOYMENTS, DEFAULT_RPC, Context
from fec.cli.display import safe
from fec.cli.errors import CommandRefused
from fec.cli.help import Localised
from fec.cli.params import ADDRESS, LANGUAGE, NEW_FILE
from fec.i18n import _
from fec.i18n.errors import ContractError, FECError
from fec.i18n.readable import readable

DEFAULT_DATABASE = "fec.sqlite"

F = TypeVar("F", bound=Callable[..., Any])

#: Where the index and the service's own tables are.
database_option = click.option(
    "--database",
    envvar="FEC_DATABASE",
    show_envvar=True,
    default=DEFAULT_DATABASE,
    show_default=True,
    metavar="URL",
    help="An SQLite file, or postgresql://user@host/name.",
)


def _store_option(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keeps an option's value for the whole run; the one nearest to the command's end counts."""
    context = ctx.ensure_object(Context)
    if value is None or param.name is None:
        return
    setattr(context, param.name, value)


def _store_signer(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    context = ctx.ensure_object(Context)
    if value is not None and ctx.get_parameter_source(str(param.name)) is click.core.ParameterSource.COMMANDLINE:
        if context.signer_option not in (None, param.name):
            raise click.UsageError(_("Give --account or --keystore, not both."), ctx)
        context.signer_option = param.name
    _store_option(ctx, param, value)


def _common_options(*, from_environment: bool) -> list[click.Option]:
    """Options of every command. Only the outermost group reads the environment, so that what was typed goes before."""

    def option(*names: str, variable: str | None = None, **settings: Any) -> click.Option:
        settings.setdefault("callback", _store_option)
        return click.Option(
            names,
            expose_value=False,
            is_eager=True,
            envvar=variable if from_environment else None,
            show_envvar=from_environment,
            **settings,
        )

    return [
        option("--rpc", metavar="URL", variable="FEC_RPC", help=f"JSON-RPC address of the chain [{DEFAULT_RPC}]."),
        option(
            "--deployments",
            type=click.Path(path_type=Path),
            metavar="PATH",
            variable="FEC_DEPLOYMENTS",
            help=f"Deployments file, or a folder with one file per chain id [{DEFAULT_DEPLOYMENTS}/].",
        ),
        option(
            "--keystore",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            variable="FEC_KEYSTORE",
            callback=_store_signer,
            help="Keystore file of the signing account. Its passphrase is read from FEC_PASSPHRASE, or asked for.",
        ),
        option(
            "--account",
            type=ADDRESS,
            metavar="ADDRESS",
            variable="FEC_ACCOUNT",
            callback=_store_signer,
            help="Signing account on a development chain, whose node holds the key. On other chains: the account to "
            "look up.",
        ),
        option(
            "--lang",
            type=LANGUAGE,
            metavar="LANGUAGE",
            variable="FEC_LANG",
            callback=None,
            help=f"Language: {', '.join(i18n.LOCALES)}, or another name of one [your system's].",
        ),
        option("--json", "as_json", is_flag=True, default=None, help="Print JSON, for machines."),
    ]


class Command(Localised):
    """A command that takes the common options."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        """Adds the common options."""
        super().__init__(*args, **settings)
        self.common = _common_options(from_environment=False)
        self.params += self.common

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the command's own options first."""
        own = [param for param in self.get_params(ctx) if param not in self.common]
        self.write_options(_("Options"), own, ctx, formatter)
        self.write_options(_("Common options"), self.common, ctx, formatter)


class Group(Localised, click.Group):
    """A group of such commands."""

    command_class = Command
    group_class = type

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the options, then the commands."""
        self.write_options(_("Options"), self.get_params(ctx), ctx, formatter)
        self.format_commands(ctx, formatter)


class Root(Group):
    """The outermost group: says what went wrong in a sentence, and ends with the right exit code."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        """Adds the common options, which it reads from the environment too."""
        super().__init__(*args, **settings)
        self.params += _common_options(from_environment=True)

    def main(self, args: Sequence[str] | None = None, *rest: Any, **settings: Any) -> Any:
        """Runs the command line in the language that is asked for, from its first word on."""
        with i18n.use(_language(sys.argv[1:] if args is None else args)):
            return super().main(args, *rest, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command."""
        try:
            return super().invoke(ctx)
        except FECError as error:
            raise _Failure(error, as_json=ctx.ensure_object(Context).as_json) from error
        except _database_errors() as error:
            reason = " ".join(str(error.orig).split())
            raise _Failure(
                CommandRefused(
                    "The database refused: {reason}. The change was rolled back. Check the database and try again.",
                    reason=reason,
                ),
                as_json=ctx.ensure_object(Context).as_json,
            ) from error
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{place}{error.strerror or error}") from error


def _database_errors() -> tuple[type[Any], ...]:
    """What databases raise; nothing as long as none is used, for the library is optional."""
    loaded = sys.modules.get("sqlalchemy.exc")
    return () if loaded is None else (loaded.DBAPIError,)


def _language(words: Sequence[str]) -> str:
    """The language typed, wherever it stands, or else the environment's. A wrong one is refused with the options."""
    typed = [after for word, after in pairwise((*words, "")) if word == "--lang"]
    typed += [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    return next(filter(None, map(i18n.find, typed)), None) or i18n.of_environment(os.environ)


class _Failure(click.ClickException):
    """An error of the package on its way to the user; exit code 1."""

    def __init__(self, error: FECError, *, as_json: bool) -> None:
        super().__init__(str(error))
        self._error = error
        self._as_json = as_json

    def show(self, file: Any = None) -> None:  # noqa: ARG002 (click's signature)
        if not self._as_json:
            click.echo(click.style(_("Error: "), fg="red", bold=True) + readable(self.message), err=True)
            return
        name, values = type(self._error).__name__, {}
        if isinstance(self._error, ContractError):
            name, values = self._error.name, safe(self._error.values)
        click.echo(json.dumps({"error": name, "values": values, "message": self.message}), err=True)


def confirmation_option(function: F) -> F:
    """The option of a command that asks before it does what can't be undone."""
    option = click.option(
        "--yes",
        "-y",
        is_flag=True,
        default=None,
        expose_value=False,
        callback=_store_option,
        help="Do not ask for confirmation.",
    )
    return option(function)


def transaction_options(*, final: bool = False) -> Callable[[F], F]:
    """Options of a command that sends transactions; `final` ones can't be undone, and are asked about."""

    def decorate(function: F) -> F:
        options = [
            click.option(
                "--dry-run",
                is_flag=True,
                default=None,
                expose_value=False,
                callback=_store_option,
                help="Simulate and describe the transaction, without sending it.",
            )
        ]
        if final:
            options.append(confirmation_option)
        for option in options:
            function = option(function)
        return function

    return decorate


def sign_only_option(relay: str) -> Callable[[F], F]:
    """The option of a command that may sign only, for anybody to send by another command."""
    return click.option(
        "--sign", "out", type=NEW_FILE, metavar="FILE", help=f"Only sign. Anybody can then send it with `{relay}`."
    )
