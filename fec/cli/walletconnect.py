"""The options by which the pages offer wallet apps elsewhere."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from fec.pages.bundle import RELAY, WalletConnect

F = TypeVar("F", bound=Callable[..., Any])


def walletconnect_options(command: F) -> F:
    """Adds --walletconnect and --walletconnect-relay; the command gets both as one `walletconnect`, or None."""

    @click.option(
        "--walletconnect",
        "wc_project",
        envvar="FEC_WALLETCONNECT",
        metavar="PROJECT_ID",
        help="Offer WalletConnect on the web pages, with this WalletConnect project id [not offered].",
    )
    @click.option(
        "--walletconnect-relay",
        "wc_relay",
        envvar="FEC_WALLETCONNECT_RELAY",
        default=RELAY,
        show_default=True,
        metavar="URL",
        help="Relay to use instead of WalletConnect's own.",
    )
    @functools.wraps(command)
    def joined(*arguments: Any, wc_project: str | None, wc_relay: str, **options: Any) -> Any:
        walletconnect = WalletConnect(wc_project, wc_relay) if wc_project else None
        return command(*arguments, walletconnect=walletconnect, **options)

    return joined  # type: ignore[return-value]
