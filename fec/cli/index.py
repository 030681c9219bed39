"""`fec index`: the chain's events in a database, for the service and for reports."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fec.cli import files
from fec.cli.base import Group, database_option
from fec.cli.context import Context, facts, grid
from fec.cli.extras import extra
from fec.cli.interrupts import interruptible
from fec.cli.params import ADDRESS, NEW_FILE, WHOLE
from fec.core.durations import HOUR
from fec.i18n import Message, _, ngettext, number
from fec.i18n.errors import FECError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fec.indexer import Cursor, Indexer

_SHOWN = 20


@click.group(cls=Group)
def index() -> None:
    """Index: the chain's events in a database, kept up to date and checked against the chain."""


@index.command()
@database_option
@click.option("--follow", is_flag=True, help="Keep following the chain until interrupted.")
@click.option(
    "--every", type=click.IntRange(1, HOUR), default=2, show_default=True, metavar="SECONDS", help="Time between polls."
)
@click.pass_obj
def run(context: Context, *, database: str, follow: bool, every: int) -> None:
    """Index up to the chain's head. After an interruption, the next run continues from the last block written."""
    indexer = _indexer(context, database)
    try:
        cursor, events = _sync(context, indexer)
        _show_progress(context, cursor, events)
        if follow:
            context.err.print(_("Following the chain. Press Ctrl-C to stop."))
            _follow(context, indexer, every)
    finally:
        indexer.close()


@index.command()
@database_option
@click.pass_obj
def status(context: Context, *, database: str) -> None:
    """Show the index's last block and how many rows it holds."""
    engine = _open(database)
    from fec.indexer.errors import IndexIncomplete  # noqa: PLC0415
    from fec.indexer.overview import overview  # noqa: PLC0415

    found = overview(engine)
    head = context.client.web3.eth.block_number
    behind = max(head - found.cursor.block, 0)
    rows = grid(_("Table"), _("Rows"), left=[_("Table")])
    for name, count in found.rows.items():
        rows.add_row(name, number(count))
    context.show(
        {
            "chainId": found.chain_id,
            "block": found.cursor.block,
            "blockHash": found.cursor.block_hash,
            "finalizedBlock": found.cursor.finalized_block,
            "head": head,
            "behind": behind,
            "incompleteAt": found.incomplete_at,
            "settledNodes": found.settled,
            "unopenedNodes": found.unopened,
            "rows": found.rows,
        },
        facts(
            [
                (_("Chain"), _("{chain_id}, block {block_number:number}", chain_id=found.chain_id, block_number=head)),
                (
                    _("Indexed"),
                    _(
                        "up to block {block_number:number}, {blocks} behind",
                        block_number=found.cursor.block,
                        blocks=ngettext("{count:number} block", "{count:number} blocks", behind),
                    ),
                ),
                (
                    _("Finalized"),
                    _("up to block {block_number:number}", block_number=found.cursor.finalized_block),
                ),
                (
                    _("Settled nodes"),
                    _(
                        "{settled:number}, of which {unopened:number} not opened",
                        settled=found.settled,
                        unopened=found.unopened,
                    ),
                ),
            ]
        ),
        rows,
        *([] if found.incomplete_at is None else [f"✗ {IndexIncomplete(found.incomplete_at)}"]),
    )


@index.command()
@database_option
@click.pass_context
def check(ctx: click.Context, *, database: str) -> None:
    """Compare the index with the chain's state at the index's last block. Fails if anything differs."""
    context: Context = ctx.obj
    engine = _open(database)
    from fec.indexer import check as compare  # noqa: PLC0415

    report = compare(engine, context.rpc, context.client.deployment)
    rows = grid(_("Compared"), _("Number"), left=[_("Compared")])
    for what, count in report.compared.items():
        rows.add_row(Message(what).localized(), number(count))
    differences = [difference.sentence for difference in report.differences]
    more = len(differences) - _SHOWN
    context.show(
        {
            "block": report.cursor.block,
            "blockHash": report.cursor.block_hash,
            "compared": dict(report.compared),
            "differences": differences,
        },
        rows,
        *(f"✗ {difference.localized()}" for difference in differences[:_SHOWN]),
        *([_("  and {count:number} more; --json lists all", count=more)] if more > 0 else []),
        _(
            "{mark} {differences} at block {block_number:number}",
            mark="✗" if differences else "✓",
            differences=ngettext("{count:number} difference", "{count:number} differences", len(differences)),
            block_number=report.cursor.block,
        ),
    )
    if differences:
        ctx.exit(1)


@index.command()
@database_option
@click.pass_obj
def rebuild(context: Context, *, database: str) -> None:
    """Rebuild every table from the events in the database, in one transaction. Needs no chain."""
    engine = _open(database)
    from fec.indexer import IndexDatabase  # noqa: PLC0415

    with context.err.status(_("Rebuilding …")):
        events = max(IndexDatabase(engine).rebuild(), default=0)
    context.show({"events": events}, _("Rebuilt from {events}.", events=_events(events)))


@index.command()
@click.argument("block", type=click.IntRange(min=0))
@database_option
@click.pass_obj
def rollback(context: Context, *, block: int, database: str) -> None:
    """Delete everything after BLOCK, or after the last block kept before it. `run` reads it again.

    Refuses if the endpoint no longer has the logs that would be deleted.
    """
    _open(database).dispose()
    indexer = _indexer(context, database)
    try:
        after = indexer.rollback(block)
    finally:
        indexer.close()
    context.show(
        {"block": after.block}, _("The index now ends at block {block_number:number}.", block_number=after.block)
    )


@index.command()
@click.argument("file", type=NEW_FILE)
@database_option
@click.option("--owner", type=ADDRESS, help="Those of one owner.")
@click.option("--program", "program_id", type=WHOLE, help="Those of one program.")
@click.pass_obj
def leaves(context: Context, *, file: Path, database: str, owner: str | None, program_id: int | None) -> None:
    """Write to FILE what opens each settled node that nobody has opened: one line of JSON for each. Needs no chain.

    A line in a file of its own is what `fec node open --file` takes. Keep it where endpoints may delete their logs.
    """
    engine = _open(database)
    from fec import store  # noqa: PLC0415
    from fec.indexer.settlements import unopened_proofs  # noqa: PLC0415

    with store.reading(engine) as connection:
        proven = unopened_proofs(connection, owner=owner, program_id=program_id)
        written = files.write_lines((leaf.record for leaf in proven), file)
    nodes = ngettext("{count:number} node", "{count:number} nodes", written)
    context.show({"leaves": written, "file": str(file)}, _("{what}: {file}", what=nodes, file=file))


# ------------------------------------------------------------------------- parts


def _open(database: str) -> Engine:
    """The database, with its tables as this version has them."""
    with extra("server"):
        from fec import store  # noqa: PLC0415
    engine = store.open_database(database, make=False)
    store.check_version(engine)
    return engine


def _indexer(context: Context, database: str) -> Indexer:
    with extra("server"):
        from fec import indexer, store  # noqa: PLC0415
    deployment = context.client.deployment
    return indexer.Indexer(store.open_database(database), context.rpc, deployment)


def _sync(context: Context, indexer: Indexer) -> tuple[Cursor, int]:
    """One look at the chain, with a bar; how far it went and how many events it found."""
    events = 0
    found_so_far = TextColumn("{task.description}")
    columns = (TextColumn(_("Block")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), found_so_far)
    with Progress(*columns, console=context.err, transient=True, disable=not context.err.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def advanced(cursor: Cursor, heads: Any, found: int) -> None:
            nonlocal events
            events += found
            progress.update(task, completed=cursor.block, total=heads.latest.number, description=_events(events))

        return indexer.sync(advanced), events


def _events(count: int) -> str:
    return ngettext("{count:number} event", "{count:number} events", count)


def _show_progress(context: Context, cursor: Cursor, events: int) -> None:
    context.show(
        {
            "block": cursor.block,
            "blockHash": cursor.block_hash,
            "finalizedBlock": cursor.finalized_block,
            "events": events,
        },
        _(
            "{events}; indexed up to block {block_number:number}, final up to {finalized:number}.",
            events=ngettext("{count:number} new event", "{count:number} new events", events),
            block_number=cursor.block,
            finalized=cursor.finalized_block,
        ),
    )


def _follow(context: Context, indexer: Indexer, seconds: int) -> None:
    stop = threading.Event()

    def failed(error: FECError) -> None:
        context.err.print(_("{reason} Trying again.", reason=error))

    try:
        with interruptible():
            indexer.follow(stop, seconds, failed)
    except KeyboardInterrupt:
        stop.set()
