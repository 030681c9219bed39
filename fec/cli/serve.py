"""`fec serve`: the service, and who may call it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fec.cli.base import Command, Group, asked
from fec.cli.context import Session, grid
from fec.cli.display import stamp
from fec.cli.errors import Refused
from fec.cli.extras import extra
from fec.cli.params import AMOUNT, PROGRAM
from fec.cli.walletconnect import walletconnect_options
from fec.i18n import _
from fec.i18n.errors import SignerMissing
from fec.pages.bundle import WalletConnect, public_rpc

if TYPE_CHECKING:
    from fec.service.http.keys import KeyRing

SECRET_VARIABLE = "FEC_SERVICE_SECRET"  # noqa: S105 (a name, not a secret)
DEFAULT_DATABASE = "fec.sqlite"
_ROLES = ("cashier", "manager", "accountant")
_GRACE_SECONDS = 5

F = TypeVar("F", bound=Callable[..., Any])

database_option = click.option(
    "--database",
    envvar="FEC_DATABASE",
    show_envvar=True,
    default=DEFAULT_DATABASE,
    show_default=True,
    metavar="URL",
    help="An SQLite file, or postgresql://user@host/name.",
)


class _Group(Command, Group):
    """A group that is a command as well: it takes the common options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists options, then commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


@click.group(cls=_Group, invoke_without_command=True)
@database_option
@click.option("--host", envvar="FEC_HOST", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", envvar="FEC_PORT", type=click.IntRange(0, 65_535), default=8080, show_default=True)
@click.option("--public-url", envvar="FEC_PUBLIC_URL", metavar="URL", help="Where callers reach it [http://HOST:PORT].")
@click.option(
    "--origin", "origins", envvar="FEC_ORIGINS", multiple=True, metavar="URL", help="Web origin to trust; repeatable."
)
@click.option(
    "--confirmations", envvar="FEC_CONFIRMATIONS", type=click.IntRange(0, 1_000), default=0, show_default=True
)
@click.option(
    "--watched",
    envvar="FEC_WATCHED",
    type=click.IntRange(0, 10_000),
    default=16,
    show_default=True,
    help="Blocks on top of a transaction until it is no longer looked after.",
)
@click.option("--index/--no-index", envvar="FEC_SERVE_INDEX", default=True, help="Keep the index in this process.")
@click.option(
    "--relay/--no-relay", envvar="FEC_SERVE_RELAY", default=True, help="Tend to transactions in this process."
)
@click.option("--capture/--no-capture", envvar="FEC_SERVE_CAPTURE", default=True, help="Capture orders that are due.")
@click.option(
    "--deliver/--no-deliver", envvar="FEC_SERVE_DELIVER", default=True, help="Send events to webhooks in this process."
)
@click.option(
    "--webhook-host",
    "webhook_hosts",
    envvar="FEC_WEBHOOK_HOSTS",
    multiple=True,
    metavar="HOST",
    help="Host that webhooks reach by http or at a private address; repeatable.",
)
@click.option("--pages/--no-pages", envvar="FEC_SERVE_PAGES", default=True, help="Hand out the web pages.")
@click.option(
    "--pages-rpc",
    envvar="FEC_PAGES_RPC",
    metavar="URL",
    help="Where browsers read the chain; everybody sees it [that of --rpc, if it is on this machine].",
)
@walletconnect_options
@click.option(
    "--budget",
    envvar="FEC_BUDGET",
    type=AMOUNT,  # the chain's coin has as many decimals as FEC
    metavar="COIN",
    help="Most of the chain's coin, such as 0.5, that the key spends in a day of UTC [all it has].",
)
@click.option(
    "--merchant-budget", envvar="FEC_MERCHANT_BUDGET", type=AMOUNT, metavar="COIN", help="The same for each merchant."
)
@click.option(
    "--least",
    envvar="FEC_LEAST",
    type=AMOUNT,
    default="0.01",
    show_default=True,
    metavar="FEC",
    help="Least payment or withdrawal that the service pays gas for.",
)
@click.option("--limits", envvar="FEC_LIMITS", default="memory://", metavar="URL", help="Where requests are counted.")
@click.pass_context
def serve(ctx: click.Context, /, database: str, **options: Any) -> None:
    """Serve the merchants' HTTP API, until interrupted; `merchant` and `key` say who may call it.

    The service's key signs invoices and sends transactions: --keystore FILE, or FEC_PRIVATE_KEY. API keys are hashed
    under FEC_SERVICE_SECRET, 32 characters or more, such as `openssl rand -hex 32` gives; keep it out of the database.
    """
    if ctx.invoked_subcommand is None:
        _serve(ctx.obj, database, **options)


def _serve(
    session: Session,
    database: str,
    *,
    host: str,
    port: int,
    public_url: str | None,
    origins: tuple[str, ...],
    confirmations: int,
    watched: int,
    index: bool,
    relay: bool,
    capture: bool,
    deliver: bool,
    webhook_hosts: tuple[str, ...],
    pages: bool,
    pages_rpc: str | None,
    walletconnect: WalletConnect | None,
    limits: str,
    budget: int | None,
    merchant_budget: int | None,
    least: int,
) -> None:
    with extra("server"):
        import uvicorn  # noqa: PLC0415 (optional: the base package goes without)

        from fec.relayer import LocalSigner  # noqa: PLC0415
        from fec.service.http.access_log import configure  # noqa: PLC0415
        from fec.service.settings import Settings, WebhookPolicy  # noqa: PLC0415
    account = session.local_account()
    if account is None:
        raise SignerMissing("The service needs a key: --keystore FILE, or a key in FEC_PRIVATE_KEY.")
    secret = _secret()
    settings = Settings(
        rpc=session.rpc,
        pages=pages,
        pages_rpc=pages_rpc or public_rpc(session.rpc),
        walletconnect=walletconnect,
        deployment=session.client.deployment,
        database=database,
        secret=secret,
        public_url=(public_url or f"http://{host}:{port}").rstrip("/"),
        origins=tuple(origin.rstrip("/") for origin in origins),
        confirmations=confirmations,
        watched=watched,
        index=index,
        relay=relay,
        capture=capture,
        deliver=deliver,
        webhooks=WebhookPolicy(trusted_hosts=webhook_hosts),
        limits_storage=limits,
        budget=budget,
        merchant_budget=merchant_budget,
        least=least,
    )
    configure([session.rpc, database, secret.decode(), bytes(account.key).hex()])
    # Only now: what libraries warn of as they are loaded is part of the record.
    from fec.service.app import create_app  # noqa: PLC0415

    app = create_app(settings, LocalSigner(account))
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    uvicorn.Server(config).run()


@serve.group(cls=Group)
def merchant() -> None:
    """Merchants that are served."""


@merchant.command("add")
@click.option("--program", type=PROGRAM, required=True, metavar="N", help="The merchant's program.")
@click.option("--name", default="", help="For people.")
@database_option
@click.pass_obj
def add_merchant(session: Session, program: int, name: str, database: str) -> None:
    """Serve a program. Its terms are to name the service's key as their signer."""
    session.client.programs.get(program)
    _ring(session, database).add_merchant(program, name)
    session.show({"programId": program, "name": name}, _("Program {program} is served from now on.", program=program))


@merchant.command("list")
@database_option
@click.pass_obj
def list_merchants(session: Session, database: str) -> None:
    """List the merchants that are served."""
    found = _ring(session, database).merchants()
    table = grid(_("Program"), _("Name"), _("Since"), left=[_("Name")])
    for one in found:
        table.add_row(str(one.program_id), one.name, stamp(one.created_at))
    session.show([{"programId": one.program_id, "name": one.name} for one in found], table)


@serve.group(cls=Group)
def key() -> None:
    """API keys for merchants' machines."""


@key.command("add")
@click.option("--program", type=PROGRAM, required=True, metavar="N", help="The merchant's program.")
@click.option(
    "--role", type=click.Choice(_ROLES), required=True, help="cashier sells, manager does all, accountant reads."
)
@click.option("--label", default="", help="What it is for.")
@database_option
@click.pass_obj
def add_key(session: Session, program: int, role: str, label: str, database: str) -> None:
    """Make an API key, and print it: once, for only its hash is kept."""
    ring = _ring(session, database)
    from fec.service.models import Role  # noqa: PLC0415

    new = ring.add_key(program, Role(role), label)
    session.show({"id": new.id, "programId": program, "role": role, "key": new.token}, new.token)


@key.command("list")
@click.option("--program", type=PROGRAM, metavar="N", help="Only this program's.")
@database_option
@click.pass_obj
def list_keys(session: Session, program: int | None, database: str) -> None:
    """List API keys, without the keys themselves."""
    found = _ring(session, database).keys(program)
    names = (_("Role"), _("Label"))
    table = grid(_("Key"), _("Program"), *names, _("Since"), _("Revoked"), left=names)
    for one in found:
        revoked = "" if one.revoked_at is None else stamp(one.revoked_at)
        table.add_row(str(one.id), str(one.program_id), one.role, one.label, stamp(one.created_at), revoked)
    record = [
        {"id": one.id, "programId": one.program_id, "role": one.role, "label": one.label, "revokedAt": one.revoked_at}
        for one in found
    ]
    session.show(record, table)


@key.command("revoke")
@click.argument("number", type=click.IntRange(1))
@database_option
@asked
@click.pass_obj
def revoke_key(session: Session, number: int, database: str) -> None:
    """End an API key, at once."""
    ring = _ring(session, database)
    ring.key(number)
    session.ask(_("Ends key {number}: whoever uses it is refused from then on.", number=number))
    ring.revoke(number)
    session.show({"id": number, "revoked": True}, _("Key {number} is revoked.", number=number))


def _ring(session: Session, database: str) -> KeyRing:
    with extra("server"):
        from fec import store  # noqa: PLC0415
        from fec.service.http.keys import KeyRing  # noqa: PLC0415
    secret = _secret()
    engine = store.open_database(database)
    store.upgrade(engine)
    with store.writing(engine) as connection:
        store.bind(connection, session.client.deployment)
    return KeyRing(engine, secret)


def _secret() -> bytes:
    from fec.service.settings import SECRET_BYTES  # noqa: PLC0415

    secret = os.environ.get(SECRET_VARIABLE, "").encode()
    if len(secret) < SECRET_BYTES:
        raise Refused(
            "{variable} has to hold {least} characters or more, always the same for one database. "
            "`export {variable}=$(openssl rand -hex 32)` makes one; keep it.",
            variable=SECRET_VARIABLE,
            least=SECRET_BYTES,
        )
    return secret
