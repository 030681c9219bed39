"""`fec serve`: the service, and who may call it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from fec.cli.base import Command, Group, confirmation_option, database_option
from fec.cli.context import Context, grid
from fec.cli.display import stamp
from fec.cli.errors import CommandRefused
from fec.cli.extras import extra
from fec.cli.params import AMOUNT, PROGRAM
from fec.cli.walletconnect import walletconnect_options
from fec.i18n import _
from fec.i18n.errors import SignerMissing
from fec.pages.bundle import public_rpc

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from fec.service.http.keys import KeyRing
    from fec.service.settings import Settings

SECRET_VARIABLE = "FEC_SERVICE_SECRET"  # noqa: S105 (a name, not a secret)
_ROLES = ("cashier", "manager", "accountant")
_GRACE_SECONDS = 5


class _Group(Command, Group):
    """A group that is a command as well: it takes the common options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists options, then commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


@click.group(cls=_Group, invoke_without_command=True)
@database_option
@click.option("--host", envvar="FEC_HOST", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", envvar="FEC_PORT", type=click.IntRange(0, 65_535), default=8080, show_default=True)
@click.option(
    "--public-url", envvar="FEC_PUBLIC_URL", metavar="URL", help="Public address of the service [http://HOST:PORT]."
)
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
    help="Number of blocks after which a transaction is no longer watched.",
)
@click.option("--index/--no-index", envvar="FEC_SERVE_INDEX", default=True, help="Run the index in this process.")
@click.option(
    "--relay/--no-relay", envvar="FEC_SERVE_RELAY", default=True, help="Send and watch transactions in this process."
)
@click.option("--capture/--no-capture", envvar="FEC_SERVE_CAPTURE", default=True, help="Capture orders that are due.")
@click.option(
    "--settle/--no-settle", envvar="FEC_SERVE_SETTLE", default=True, help="Settle sales that were paid elsewhere."
)
@click.option(
    "--deliver/--no-deliver", envvar="FEC_SERVE_DELIVER", default=True, help="Send events to webhooks in this process."
)
@click.option(
    "--webhook-host",
    "webhook_hosts",
    envvar="FEC_WEBHOOK_HOSTS",
    multiple=True,
    metavar="HOST",
    help="Host that webhooks may reach over http or at a private address; repeatable.",
)
@click.option("--pages/--no-pages", envvar="FEC_SERVE_PAGES", default=True, help="Serve the web pages.")
@click.option(
    "--pages-rpc",
    envvar="FEC_PAGES_RPC",
    metavar="URL",
    help="RPC address for browsers, visible to everybody [that of --rpc, if it is on this machine].",
)
@walletconnect_options
@click.option(
    "--budget",
    envvar="FEC_BUDGET",
    type=AMOUNT,  # the chain's coin has as many decimals as FEC
    metavar="COIN",
    help="Most that the signing key may spend on gas per UTC day, in the chain's coin, such as 0.5 [everything it "
    "has].",
)
@click.option(
    "--merchant-budget",
    envvar="FEC_MERCHANT_BUDGET",
    type=AMOUNT,
    metavar="COIN",
    help="The same limit for each merchant.",
)
@click.option(
    "--min-payment",
    envvar="FEC_MIN_PAYMENT",
    type=AMOUNT,
    default="0.01",
    show_default=True,
    metavar="FEC",
    help="Smallest payment or withdrawal that the service pays gas for.",
)
@click.option(
    "--top-ups-a-day",
    envvar="FEC_TOP_UPS_A_DAY",
    type=AMOUNT,
    default="0",
    show_default=True,
    metavar="FEC",
    help="Most FEC that one API key may sell at the till in a UTC day.",
)
@click.option(
    "--welcome",
    envvar="FEC_WELCOME",
    type=AMOUNT,
    default="0",
    show_default=True,
    metavar="FEC",
    help="FEC that a new vault gets once.",
)
@click.option("--limits", envvar="FEC_LIMITS", default="memory://", metavar="URL", help="Storage for rate limits.")
@click.pass_context
def serve(ctx: click.Context, /, database: str, **options: Any) -> None:
    """Serve the merchant's HTTP API until interrupted. `merchant` and `key` set who may call it.

    The signing key signs invoices and sends transactions: --keystore FILE, or FEC_PRIVATE_KEY. API keys are hashed with
    FEC_SERVICE_SECRET, which has 32 characters or more. `openssl rand -hex 32` makes one. Keep it out of the database.
    """
    if ctx.invoked_subcommand is None:
        _serve(ctx.obj, database, **options)


def _serve(context: Context, database: str, *, host: str, port: int, **options: Any) -> None:
    with extra("server"):
        import uvicorn  # noqa: F401, PLC0415 (optional: the base package goes without)

        from fec.service.http.access_log import configure  # noqa: PLC0415
    account = _signing_account(context)
    settings = _settings(context, database, _reached(options.pop("public_url"), host, port), **options)
    configure([context.rpc, database, settings.secret.decode(), bytes(account.key).hex()])
    _listen(settings, account, host, port)


def _signing_account(context: Context) -> LocalAccount:
    account = context.local_account()
    if account is None:
        raise SignerMissing("The service needs a signing key. Give --keystore FILE, or a key in FEC_PRIVATE_KEY.")
    return account


def _reached(public_url: str | None, host: str, port: int) -> str:
    """The address at which callers reach the service."""
    from fec.pages.origins import origin_of  # noqa: PLC0415

    reached = public_url or origin_of(host, port)
    if reached is None:
        raise CommandRefused(
            "At {host} the service listens on all addresses, so callers need its public address. Give it with "
            "--public-url https://…",
            host=host,
        )
    return reached


def _settings(
    context: Context,
    database: str,
    reached: str,
    *,
    pages_rpc: str | None,
    webhook_hosts: tuple[str, ...],
    limits: str,
    **options: Any,
) -> Settings:
    """What the service runs with; the other options have the settings' own names."""
    from fec.service.settings import Settings, WebhookPolicy  # noqa: PLC0415

    return Settings(
        rpc=context.rpc,
        pages_rpc=pages_rpc or public_rpc(context.rpc),
        deployment=context.client.deployment,
        database=database,
        secret=_secret(),
        public_url=reached,
        webhooks=WebhookPolicy(trusted_hosts=webhook_hosts),
        limits_storage=limits,
        **options,
    )


def _listen(settings: Settings, account: LocalAccount, host: str, port: int) -> None:
    """Answers until interrupted. Only now are the libraries loaded: what they warn of then is part of the record."""
    import uvicorn  # noqa: PLC0415

    from fec.relayer import LocalSigner  # noqa: PLC0415
    from fec.service.app import create_app  # noqa: PLC0415
    from fec.service.operations.collector import relax_collector  # noqa: PLC0415

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
    relax_collector()
    uvicorn.Server(config).run()


@serve.group(cls=Group)
def merchant() -> None:
    """Merchants that this service serves."""


@merchant.command("add")
@click.option("--program", type=PROGRAM, required=True, metavar="N", help="The merchant's program.")
@click.option("--name", default="", help="Name to show.")
@database_option
@click.pass_obj
def add_merchant(context: Context, program: int, name: str, database: str) -> None:
    """Serve a program. Its terms must name the service's key as signer."""
    context.client.programs.get(program)
    _ring(context, database).add_merchant(program, name)
    context.show({"programId": program, "name": name}, _("Program {program} is now served.", program=program))


@merchant.command("list")
@database_option
@click.pass_obj
def list_merchants(context: Context, database: str) -> None:
    """List the merchants that this service serves."""
    found = _ring(context, database).merchants()
    table = grid(_("Program"), _("Name"), _("Since"), left=[_("Name")])
    for one in found:
        table.add_row(str(one.program_id), one.name, stamp(one.created_at))
    context.show([{"programId": one.program_id, "name": one.name} for one in found], table)


@serve.group(cls=Group)
def key() -> None:
    """API keys of merchants."""


@key.command("add")
@click.option("--program", type=PROGRAM, required=True, metavar="N", help="The merchant's program.")
@click.option(
    "--role", type=click.Choice(_ROLES), required=True, help="cashier sells, manager does everything, accountant reads."
)
@click.option("--sales", is_flag=True, help="It may record sales that were paid elsewhere, which are worth nodes.")
@click.option("--label", default="", help="Note on what the key is for.")
@database_option
@click.pass_obj
def add_key(context: Context, *, program: int, role: str, sales: bool, label: str, database: str) -> None:
    """Create an API key and print it. It cannot be shown again, since only its hash is stored."""
    ring = _ring(context, database)
    from fec.service.models import Role  # noqa: PLC0415

    new = ring.add_key(program, Role(role), label, sales=sales)
    context.show({"id": new.id, "programId": program, "role": role, "sales": sales, "key": new.token}, new.token)


@key.command("list")
@click.option("--program", type=PROGRAM, metavar="N", help="Show only this program's.")
@database_option
@click.pass_obj
def list_keys(context: Context, program: int | None, database: str) -> None:
    """List API keys, without the keys themselves."""
    found = _ring(context, database).keys(program)
    names = (_("Role"), _("Sales"), _("Label"))
    table = grid(_("Key"), _("Program"), *names, _("Since"), _("Revoked"), left=names)
    for one in found:
        revoked = "" if one.revoked_at is None else stamp(one.revoked_at)
        sales = _("may record sales") if one.sales else ""
        table.add_row(str(one.id), str(one.program_id), one.role, sales, one.label, stamp(one.created_at), revoked)
    record = [
        {
            "id": one.id,
            "programId": one.program_id,
            "role": one.role,
            "sales": one.sales,
            "label": one.label,
            "revokedAt": one.revoked_at,
        }
        for one in found
    ]
    context.show(record, table)


@key.command("revoke")
@click.argument("number", type=click.IntRange(1))
@database_option
@confirmation_option
@click.pass_obj
def revoke_key(context: Context, number: int, database: str) -> None:
    """Revoke an API key immediately."""
    ring = _ring(context, database)
    ring.key(number)
    context.ask(_("Revokes key {number}. Calls with this key will be refused.", number=number))
    ring.revoke(number)
    context.show({"id": number, "revoked": True}, _("Key {number} is revoked.", number=number))


def _ring(context: Context, database: str) -> KeyRing:
    with extra("server"):
        from fec import store  # noqa: PLC0415
        from fec.service.http.keys import KeyRing  # noqa: PLC0415
    secret = _secret()
    engine = store.open_database(database)
    store.upgrade(engine)
    with store.writing(engine) as connection:
        store.bind(connection, context.client.deployment)
    return KeyRing(engine, secret)


def _secret() -> bytes:
    from fec.service.settings import SECRET_BYTES  # noqa: PLC0415

    secret = os.environ.get(SECRET_VARIABLE, "").encode()
    if len(secret) < SECRET_BYTES:
        raise CommandRefused(
            "{variable} must have {least} characters or more, and stay the same for a database. Run `export "
            "{variable}=$(openssl rand -hex 32)` and keep the value.",
            variable=SECRET_VARIABLE,
            least=SECRET_BYTES,
        )
    return secret
