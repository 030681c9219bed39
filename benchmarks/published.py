"""Figures that another checkout has published about itself, beside our rows that do the same job or more.

They are not measured here: they are what the project's own Forge tests recorded after a warm-up payment. Such a
figure leaves out what a transaction costs before its first opcode, 21,000 and call data; ours includes it.
"""

from __future__ import annotations

from dataclasses import dataclass

PROJECT = "base/commerce-payments"


@dataclass(frozen=True)
class Figure:
    """One published figure and one of our rows.

    Attributes:
        name: what was measured, as the project names it.
        gas: the figure.
        row: key of ours; of a row of several, the gas of each is compared.
        undercut: whether ours has to stay below.
    """

    name: str
    gas: int
    row: str
    undercut: bool = True


CHARGE = 165_167
AUTHORIZE = 155_657
CAPTURE = 69_915
REFUND = 80_064

FIGURES = (
    Figure("charge", CHARGE, "Checkout.pay: immediate, shopper has a node"),
    Figure("charge", CHARGE, "Checkout.payWithAuthorization: immediate, shopper has a node, relayed", undercut=False),
    Figure("authorize", AUTHORIZE, "Checkout.pay: with a return window"),
    Figure("authorize", AUTHORIZE, "Checkout.payWithAuthorization: with a return window, relayed", undercut=False),
    Figure("capture", CAPTURE, "Checkout.capture: 1 order, a shopper each", undercut=False),
    Figure("capture", CAPTURE, "Checkout.capture: 50 orders, a shopper each"),
    Figure("refund", REFUND, "Checkout.refund: part"),
    Figure("refund", REFUND, "Checkout.refund: whole"),
)
