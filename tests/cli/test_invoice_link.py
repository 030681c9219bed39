"""What a link, a file or another shop's server says is made harmless before it reaches a terminal or a path."""

from typing import Any

import click
import pytest

from fec.cli import files
from fec.cli.invoice_link import INVOICE, Link, _readable

#: Clears the line above, and writes over it.
REWRITES = "\x1b[1A\x1b[2Kpaid\r"


def record(**changes: Any) -> dict[str, Any]:
    plain = {"programId": 2, "orderId": "A-1", "amount": "1", "currencyReference": "", "expiry": 1}
    return {**plain, "merchantSignature": "0x" + "11" * 65, **changes}


@pytest.mark.parametrize("text", [REWRITES, "\u202e1-A", "a\x07b"])
def test_invoice_from__characters_that_rewrite_a_terminal__are_shown_in_hex(text: str) -> None:
    invoice, _ = files.invoice_from(record(orderId=text, currencyReference=text))
    padded = "0x" + text.encode().ljust(32, b"\0").hex()
    assert (invoice.order_id, invoice.currency_reference) == (padded, padded)


def test_invoice_from__text_for_people__stays_as_it_is() -> None:
    invoice, _ = files.invoice_from(record(orderId="A-1", currencyReference="RM 1.25 ¥"))
    assert (invoice.order_id, invoice.currency_reference) == ("A-1", "RM 1.25 ¥")


def test_readable__what_a_server_says__has_no_control_characters() -> None:
    said = _readable({"detail": f"No.{REWRITES}\nYes.", "list": [REWRITES, 1, None]})
    assert said == {"detail": "No.[1A[2Kpaid Yes.", "list": ["[1A[2Kpaid", 1, None]}


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.example/pay#id=..",
        "https://shop.example/pay#id=../../admin",
        "https://shop.example/pay#id=a%2Fb",
        "https://shop.example/v1/pay/a%20b",
        f"https://shop.example/{REWRITES}/pay#id=abc",
    ],
)
def test_link__id_that_is_none__is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        INVOICE.convert(text, None, None)


def test_link__id__becomes_part_of_the_path() -> None:
    link = INVOICE.convert("https://shop.example/a%20b/pay#id=Ab-9_z", None, None)
    assert isinstance(link, Link)
    assert link.url == "https://shop.example/a%20b/v1/pay/Ab-9_z"
