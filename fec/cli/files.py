"""What people hand each other as files: invoices, signed payments, members, signed instructions. JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from fec.cli.context import Context
from fec.cli.errors import CommandRefused
from fec.core.amounts import exact_fec
from fec.i18n import N_, _
from fec.i18n.errors import InvalidArgument
from fec.i18n.parsing import parse_fec
from fec.protocol.acts import Act, Instruction
from fec.protocol.addresses import checked_address
from fec.protocol.bytes32 import from_bytes32, to_bytes32
from fec.protocol.files import RECORD_ERRORS, Record, read_record, reason_of, write_new, write_new_parts
from fec.protocol.members import Member, signer_bytes, signer_text
from fec.protocol.orders import Authorization, Invoice, Order

T = TypeVar("T")


def write(record: Record, path: Path) -> None:
    """Writes a new file. Raises CommandRefused if there is one of that name already."""
    try:
        write_new(json.dumps(record, indent=1) + "\n", path)
    except FileExistsError as error:
        raise _exists(path) from error


def write_lines(records: Iterable[Record], path: Path) -> int:
    """Writes a new file of JSON, one record a line; the number of lines. Raises as `write` does."""
    written = 0

    def lines() -> Iterator[str]:
        nonlocal written
        for record in records:
            yield json.dumps(record) + "\n"
            written += 1

    try:
        write_new_parts(lines(), path)
    except FileExistsError as error:
        raise _exists(path) from error
    return written


def write_or_print(context: Context, record: Record, out: Path | None, what: str) -> None:
    """Writes something signed to a file, or prints it."""
    if out is None:
        click.echo(json.dumps(record, indent=1))
        return
    write(record, out)
    context.show({**record, "file": str(out)}, _("{what}: {file}", what=what, file=out))


def _exists(path: Path) -> CommandRefused:
    return CommandRefused("The file {path} already exists. Choose another name, or move the file.", path=path)


#: What to say of a file that is not what it should be.
INVOICE = N_("{path} is not an invoice. Ask the merchant for the file again. ({reason})")
PAYMENT = N_("{path} is not a signed payment. Ask the payer for the file again. ({reason})")
MEMBER = N_("{path} is not a member file. Give the file that `fec custody member` wrote. ({reason})")
LEAF = N_("{path} is not the file of a settled node. Make it again with `fec node proof --out FILE`. ({reason})")
INSTRUCTION = N_("{path} is not a signed instruction. Ask the member for the file again. ({reason})")


def read(path: Path, otherwise: str, build: Callable[[Record], T]) -> T:
    """Reads a file of a kind. Raises CommandRefused, with the sentence `otherwise`, if it is not of that kind."""
    try:
        return build(read_record(path))
    except RECORD_ERRORS as error:
        raise CommandRefused(otherwise, path=path, reason=reason_of(error)) from error


def invoice_record(invoice: Invoice, signature: str) -> Record:
    """An invoice with its merchant's signature."""
    return {
        "programId": invoice.program_id,
        "orderId": invoice.order_id,
        "amount": exact_fec(invoice.amount),
        "currencyReference": invoice.currency_reference,
        "expiry": invoice.expiry,
        "merchantSignature": signature,
    }


def invoice_from(record: Record) -> tuple[Invoice, str]:
    """An invoice and its merchant's signature."""
    invoice = Invoice(
        program_id=_count(record["programId"]),
        # Bytes that are no text for people are shown in hex: control characters would rewrite the terminal.
        order_id=from_bytes32(to_bytes32(record["orderId"])),
        amount=parse_fec(record["amount"]),
        currency_reference=from_bytes32(to_bytes32(record["currencyReference"])),
        expiry=_count(record["expiry"]),
    )
    return invoice, _hex(record["merchantSignature"])


def order_record(order: Order) -> Record:
    """An order: the invoice and the shopper's choices."""
    return {
        **invoice_record(order.invoice, order.merchant_signature),
        "customer": order.customer,
        "minPrincipal": exact_fec(order.min_principal),
        "cause": order.cause,
    }


def order_from(record: Record) -> Order:
    """An order."""
    invoice, signature = invoice_from(record)
    cause = record["cause"]
    return Order(
        invoice,
        signature,
        customer=checked_address(record["customer"]),
        min_principal=parse_fec(record["minPrincipal"]),
        cause=None if cause is None else checked_address(cause),
    )


def payment_record(order: Order, authorization: Authorization) -> Record:
    """An order and its payer's authorization."""
    return {
        "order": order_record(order),
        "payer": authorization.payer,
        "validAfter": authorization.valid_after,
        "validBefore": authorization.valid_before,
        "signature": authorization.signature,
    }


def payment_from(record: Record) -> tuple[Order, Authorization]:
    """An order and its payer's authorization."""
    authorization = Authorization(
        checked_address(record["payer"]),
        _count(record["validAfter"]),
        _count(record["validBefore"]),
        _hex(record["signature"]),
    )
    return order_from(record["order"]), authorization


def member_record(member: Member) -> Record:
    """Who a member is."""
    return {"brand": member.brand, "signer": member.signer, "salt": member.salt}


def member_from(record: Record) -> Member:
    """Who a member is."""
    signer = signer_text(signer_bytes(record["signer"]))
    member = Member(checked_address(record["brand"]), signer, _hex(record["salt"]))
    to_bytes32(member.salt)
    return member


def instruction_record(instruction: Instruction) -> Record:
    """What a signer signs: acts as the contract takes them."""
    return {
        "vault": instruction.vault,
        "signer": instruction.signer,
        "acts": [{"kind": act.kind, "data": act.data} for act in instruction.acts],
        "nonce": instruction.nonce,
        "deadline": instruction.deadline,
    }


def instruction_from(record: Record) -> Instruction:
    """What a signer signs."""
    return Instruction(
        vault=checked_address(record["vault"]),
        signer=signer_text(signer_bytes(record["signer"])),
        acts=tuple(Act(_count(act["kind"]), _hex(act["data"])) for act in record["acts"]),
        nonce=_count(record["nonce"]),
        deadline=_count(record["deadline"]),
    )


def _count(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise InvalidArgument("{value!r} is not a whole number.", value=value)
    return value


def _hex(value: str) -> str:
    bytes.fromhex(value.removeprefix("0x"))
    return value
