"""`fec replay --settle daily`: a purchase history settled day by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from eth_account.signers.local import LocalAccount

from fec.cli.context import Context, facts
from fec.cli.display import shape
from fec.cli.history import shoppers_row, totals_record, totals_row, zeros_remark
from fec.cli.progress import progress_of
from fec.core.amounts import WEI_PER_FEC, exact_fec
from fec.i18n import _, ngettext
from fec.i18n.errors import SignerMissing

if TYPE_CHECKING:
    from fec.replay import DailyReport, History, ReplaySettings

#: What the sentence on the curve speaks of.
_EXAMPLE = 100 * WEI_PER_FEC


def signing_owner(context: Context) -> LocalAccount | str:
    """The account that owns ADN. Raises SignerMissing if none is named."""
    owner = context.local_account() or context.account
    if owner is None:
        raise SignerMissing("No signing account. Give the account that owns ADN; `fec dev` prints it.")
    return owner


def settle_daily(context: Context, history: History, settings: ReplaySettings, to_open: int, reading: int) -> None:
    """Settles a history, and prints what that did; `reading` are the milliseconds that its file took."""
    from fec.replay import DailyReplay  # noqa: PLC0415

    owner = signing_owner(context)
    with progress_of(context, {"settle": _("Settling"), "open": _("Opening")}) as advanced:
        report = DailyReplay(context.client, owner, settings).run(history, advanced, to_open=to_open)
    milliseconds = {"file": reading, **report.milliseconds}
    context.show(
        _record(report, len(history.zeros), milliseconds),
        facts(_rows(report, milliseconds)),
        *_remarks(report, len(history.zeros)),
        shape(_EXAMPLE, settings.terms.period_length),
    )


def _rows(report: DailyReport, milliseconds: Mapping[str, int]) -> list[tuple[str, str]]:
    figures = report.figures
    rows = [
        (_("Sales"), _("{sales:number} for {spend:fec}", sales=report.sales, spend=report.spend)),
        shoppers_row(report.shoppers, report.stores),
        (
            _("Settled"),
            _(
                "{settlements:number} settlements for {days:number} days, {new:number} of them in this run",
                settlements=report.settlements,
                days=report.days,
                new=report.new_settlements,
            ),
        ),
        (_("Burned"), _("{burned:fec} into {nodes:number} nodes", burned=report.burned, nodes=report.sales)),
        (
            _("Gas"),
            _("{gas:number} gas, {each:number} a sale", gas=report.gas, each=report.gas // max(report.sales, 1)),
        ),
    ]
    if report.apart_gas:
        rows.append(
            (
                _("Stores apart"),
                _(
                    "{gas:number} gas, if each of {store_days:number} days of a store were settled by itself",
                    gas=report.apart_gas,
                    store_days=report.store_days,
                ),
            )
        )
    if report.opened:
        rows.append(
            (
                _("Opened"),
                _(
                    "{nodes:number} nodes at their end: {paid:fec} paid, {gas:number} gas",
                    nodes=report.opened,
                    paid=report.paid,
                    gas=report.open_gas,
                ),
            )
        )
    rows += [(_time_word(name), _("{count:number} ms", count=count)) for name, count in milliseconds.items() if count]
    return [
        *rows,
        totals_row(figures),
    ]


def _remarks(report: DailyReport, zeros: int) -> Iterator[str]:
    if zeros:
        yield zeros_remark(zeros)
    if report.too_small:
        yield ngettext(
            "{count:number} sale has a burn share below the least principal of a node, and was left out.",
            "{count:number} sales have a burn share below the least principal of a node, and were left out.",
            report.too_small,
        )


def _time_word(name: str) -> str:
    return {
        "file": _("File read in"),
        "setUp": _("Set up in"),
        "settle": _("Settled in"),
        "open": _("Opened in"),
    }[name]


def _record(report: DailyReport, zeros: int, milliseconds: Mapping[str, int]) -> dict[str, Any]:
    figures = report.figures
    return {
        "programId": report.program_id,
        "sales": report.sales,
        "spend": exact_fec(report.spend),
        "burned": exact_fec(report.burned),
        "stores": report.stores,
        "shoppers": report.shoppers,
        "days": report.days,
        "settlements": report.settlements,
        "newSettlements": report.new_settlements,
        "gas": report.gas,
        "storeDays": report.store_days,
        "apartGas": report.apart_gas,
        "zeros": zeros,
        "tooSmall": report.too_small,
        "opened": report.opened,
        "paid": exact_fec(report.paid),
        "openGas": report.open_gas,
        "milliseconds": dict(milliseconds),
        **totals_record(figures),
    }
