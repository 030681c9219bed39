"""A shop's service from the shopper's side: reads an invoice by its link, and hands over a signed payment."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

import click
import requests

from fec.cli import files
from fec.cli.context import Context
from fec.cli.errors import CommandRefused
from fec.cli.params import FILE
from fec.core.amounts import exact_fec
from fec.i18n import _
from fec.i18n.catalogs import current, language_tag
from fec.i18n.errors import FECError, WrongNetwork
from fec.i18n.readable import one_line
from fec.protocol.files import RECORD_ERRORS, Record, reason_of
from fec.protocol.orders import Authorization, Invoice, Order

_TIMEOUT = 30
_POLL_SECONDS = 0.5
#: Seconds until a payment that is on its way is left to itself.
_WAIT_SECONDS = 180


#: Ids of invoices. Anything else would lead to another path of the server.
_IDENTITY = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Link:
    """A link to an invoice at a shop's service."""

    url: str
    """Where the service has it."""
    signed: dict[str, str]
    """What the link itself says of it; empty if it says just where."""

    def __str__(self) -> str:
        """The address."""
        return self.url


class InvoiceType(click.ParamType):
    """A file that holds a signed invoice, or a link to one: what its QR code says, or its address at the service."""

    name = "invoice"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | Link:
        """Reads `a-1.json`, `https://shop.example/pay#…`, `https://shop.example/v1/pay/…`."""
        if isinstance(value, Path | Link):
            return value
        if not value.startswith(("http://", "https://")):
            FILE.convert(value, param, ctx)
            return Path(value)
        try:
            return _link(value)
        except ValueError:
            self.fail(_("{value!r} is not a link to an invoice. Copy it from the QR code.", value=value), param, ctx)


def _link(text: str) -> Link:
    if not text.isprintable():
        raise ValueError(text)
    parts = urlsplit(text)
    fields = {name: values[-1] for name, values in parse_qs(parts.fragment, keep_blank_values=True).items()}
    folder, _slash, last = parts.path.rstrip("/").rpartition("/")
    if last == "pay" and "id" in fields:
        root, number = folder, fields["id"]
    elif folder.endswith(("/v1/pay", "/v1/invoices")) and last:
        root, number = folder.rpartition("/v1/")[0], last
    else:
        raise ValueError(text)
    if _IDENTITY.fullmatch(number) is None:
        raise ValueError(text)
    path = f"{quote(root, safe='/%')}/v1/pay/{number}"
    return Link(urlunsplit((parts.scheme, parts.netloc, path, "", "")), fields if last == "pay" else {})


INVOICE = InvoiceType()


def read(context: Context, place: Path | Link) -> tuple[Invoice, str]:
    """An invoice and its merchant's signature, from a file, a link, or the service that the link leads to.

    What came with a link is what is paid: the service is asked only if the link does not say.
    """
    if isinstance(place, Path):
        return files.read(place, files.INVOICE, files.invoice_from)
    fields = place.signed
    fetched = {} if fields else _call("GET", place.url)
    try:
        found = files.invoice_from(_record_of_link(fields) if fields else fetched)
        chain, checkout = (int(fields["chain"]), fields["checkout"]) if fields else (None, None)
    except RECORD_ERRORS as error:
        raise CommandRefused(
            "{url} is not an invoice. Ask the merchant for the link again. ({reason})",
            url=place.url,
            reason=reason_of(error),
        ) from error
    if chain is not None and chain != context.client.deployment["chainId"]:
        raise WrongNetwork(context.client.deployment["chainId"], chain)
    if checkout is not None and checkout.lower() != context.client.orders.address.lower():
        raise CommandRefused(
            "The invoice is for the Checkout contract {checkout}, not {ours}. Name the deployments file of the shop.",
            checkout=checkout,
            ours=context.client.orders.address,
        )
    return found


def _record_of_link(fields: dict[str, str]) -> Record:
    return {
        "programId": int(fields["program"]),
        "orderId": fields["order"],
        "amount": fields["amount"],
        "currencyReference": fields["reference"],
        "expiry": int(fields["expiry"]),
        "merchantSignature": fields["signature"],
    }


def post(link: Link, order: Order, authorization: Authorization) -> None:
    """Gives a payment to the service that issued the invoice. Raises CommandRefused if it does not take it."""
    body = {
        "payer": authorization.payer,
        "customer": order.customer,
        "minPrincipal": exact_fec(order.min_principal),
        "cause": order.cause,
        "validAfter": authorization.valid_after,
        "validBefore": authorization.valid_before,
        "signature": authorization.signature,
    }
    _call("POST", f"{link.url}/payments", body)


def wait(link: Link) -> dict[str, Any]:
    """The invoice after its payment. Raises CommandRefused if the payment failed or takes too long."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        seen = _call("GET", link.url)
        payment = seen.get("payment") or {}
        # The chain may show the order as paid a moment before the service knows its own transaction.
        if seen.get("status") not in ("open", "expired") and payment.get("state") != "requested":
            return seen
        if payment.get("state") == "failed":
            error = payment.get("error") or {}
            raise CommandRefused("The payment failed, and nothing was paid: {reason}", reason=error.get("sentence"))
        if time.monotonic() > deadline:
            raise CommandRefused(
                "The shop has received the payment, but it is not in a block after {seconds} s. Check its status "
                "before you try again: {url}",
                seconds=_WAIT_SECONDS,
                url=link.url,
            )
        time.sleep(_POLL_SECONDS)


def _call(method: str, url: str, body: Any = None) -> dict[str, Any]:
    try:
        answer = requests.request(
            method,
            url,
            json=body,
            timeout=_TIMEOUT,
            headers={"Accept-Language": language_tag(current())},
        )
        document = _readable(answer.json())
    except requests.JSONDecodeError as error:
        raise _no_service(url, answer.status_code) from error
    except (requests.RequestException, ValueError) as error:  # among the latter, hosts that cannot be
        raise CommandRefused(
            "The shop's service does not answer at {url}: {reason}. Check the link, or try again in a moment.",
            url=url,
            reason=error,
        ) from error
    if not isinstance(document, dict):
        raise _no_service(url, answer.status_code)
    if answer.ok:
        return document
    if "detail" not in document:
        raise _no_service(url, answer.status_code)
    # The service writes it in the reader's language.
    raise CommandRefused(str(document["detail"]))


def _readable(value: Any) -> Any:
    """What a server says, without characters that would rewrite the terminal."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, dict):
        return {_readable(name): _readable(each) for name, each in value.items()}
    return [_readable(each) for each in value] if isinstance(value, list) else value


def _no_service(url: str, status: int) -> FECError:
    return CommandRefused(
        "The server at {url} is not a shop's FEC service (HTTP status {status}). Check the link.",
        url=url,
        status=status,
    )
