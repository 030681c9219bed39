"""Load on the service, cheap enough not to be measured itself: raw connections, EIP-712 packed by hand, libsecp256k1.

Run in a process of its own, with what to do as JSON on stdin; prints what it saw as JSON. Each connection comes from an
address of its own (127.0.0.0/8), as so many callers do. When an order is captured is read from the service's database,
so that looking costs the service nothing.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import coincurve
import psycopg
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from fec.core.durations import YEAR

_LOOK_SECONDS = 0.02
_DEADLINE = 300
_CAPTURED = (
    "SELECT e.sequence, i.id FROM service_events e JOIN invoices i ON i.number = e.invoice_number "
    "WHERE e.type = 'invoice.captured' AND e.sequence > {since} ORDER BY e.sequence"
)


class Connection(asyncio.Protocol):
    """One kept HTTP/1.1 connection: a request, then its answer."""

    def __init__(self) -> None:
        """Opened by `connected`."""
        self._transport: Any = None
        self._data = b""
        self._length: int | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: Any) -> None:
        """Keeps the way out."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Completes the answer once all of it is there."""
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) >= length and self._answer is not None:
            self._data = b""
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fails what is waited for."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed"))

    async def ask(self, head: bytes, body: bytes = b"") -> Any:
        """The JSON of a good answer. Raises RuntimeError for any other."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        status, found = await self._answer
        if status not in (200, 201, 202):
            raise RuntimeError(f"{head[:80]!r}: {status} {found!r}")
        return json.loads(found)


class Wallets:
    """Shoppers who sign what the service's own documents say; hashes are made by hand from their types."""

    def __init__(self, keys: list[str], order: dict[str, Any], authorization: dict[str, Any]) -> None:
        """Takes the keys, and a document of each kind, of which types and domains are kept."""
        self._keys = [coincurve.PrivateKey(bytes.fromhex(key[2:])) for key in keys]
        self.addresses = [to_checksum_address(keccak(key.public_key.format(False)[1:])[12:]) for key in self._keys]
        self._order, self._authorization = _Kind(order), _Kind(authorization)
        self._to = authorization["message"]["to"]

    def payment(self, invoice: dict[str, Any], place: int) -> bytes:
        """The body that pays an invoice, made by the service, with a shopper's signature."""
        payer = self.addresses[place]
        wei = int(invoice["amount"]) * 10**18
        nonce = self._order.hash(
            {
                "programId": invoice["programId"],
                "orderId": "0x" + invoice["orderId"].encode().ljust(32, b"\0").hex(),
                "amount": wei,
                "currencyReference": "0x" + bytes(32).hex(),
                "expiry": invoice["expiry"],
                "customer": payer,
                "minPrincipal": 0,
                "cause": "0x" + bytes(20).hex(),
            }
        )
        until = invoice["expiry"] + 1
        values = {"from": payer, "to": self._to, "value": wei, "validAfter": 0, "validBefore": until, "nonce": nonce}
        digest = bytes.fromhex(self._authorization.hash(values)[2:])
        signed = self._keys[place].sign_recoverable(digest, hasher=None)
        signature = "0x" + signed[:64].hex() + f"{27 + signed[64]:02x}"
        return (
            f'{{"payer":"{payer}","customer":"{payer}","validAfter":0,"validBefore":{until},"signature":"{signature}"}}'
        ).encode()


class _Kind:
    """Documents of one type, of values that each take one word."""

    def __init__(self, document: dict[str, Any]) -> None:
        name = document["primaryType"]
        self._names = [field["name"] for field in document["types"][name]]
        self._type = _type_hash(name, document["types"][name])
        domain = document["domain"]
        fields = document["types"]["EIP712Domain"]
        parts = [_word(domain[field["name"]], field["type"]) for field in fields]
        self._domain = keccak(_type_hash("EIP712Domain", fields) + b"".join(parts))

    def hash(self, values: dict[str, Any]) -> str:
        words = b"".join(_word(values[name], "") for name in self._names)
        return "0x" + keccak(b"\x19\x01" + self._domain + keccak(self._type + words)).hex()


def _type_hash(name: str, fields: list[dict[str, str]]) -> bytes:
    return keccak(text=f"{name}({','.join(field['type'] + ' ' + field['name'] for field in fields)})")


def _word(value: Any, kind: str) -> bytes:
    if kind == "string":
        return keccak(text=value)
    if isinstance(value, str) and value.startswith("0x"):
        return bytes.fromhex(value[2:]).rjust(32, b"\0")
    return int(value).to_bytes(32)


class Load:
    """Counters and shoppers of several shops."""

    def __init__(self, asked: dict[str, Any]) -> None:
        """Takes where the service is, the keys of its merchants, the shoppers, and how much to do."""
        self._asked = asked
        self._tokens = list(asked["keys"].values())
        self._count = self._orders = 0
        self._connections: list[Connection] = []
        self._captured: dict[str, asyncio.Future[None]] = {}
        self.keys: list[str] = []
        """Of the orders whose payment was accepted."""

    async def connect(self) -> None:
        """Opens the connections, and learns what is signed from one invoice that nobody pays."""
        loop = asyncio.get_running_loop()
        for place in range(self._asked["at_once"]):
            source = (f"127.0.{1 + place // 200}.{1 + place % 200}", 0)
            _, made = await loop.create_connection(Connection, "127.0.0.1", self._asked["port"], local_addr=source)
            self._connections.append(made)
        self._invoice = await self.invoice(self._connections[0])
        path = f"/v1/pay/{self._invoice['id']}/authorization?payer={'0x' + '11' * 20}&customer={'0x' + '11' * 20}"
        found = await self._connections[0].ask(_head("GET", path))
        self._wallets = Wallets(self._asked["shoppers"], found["order"], found["authorization"])

    async def invoice(self, connection: Connection) -> Any:
        """Makes an invoice, of the merchants in turn."""
        self._count += 1
        body = b'{"orderId":"%s %d","amount":"10","expiresIn":%d}' % (
            self._asked["name"].encode(),
            self._count,
            YEAR,
        )
        token = self._tokens[self._count % len(self._tokens)]
        return await connection.ask(_head("POST", "/v1/invoices", token), body)

    async def sale(self, connection: Connection) -> Any:
        """Records a sale that was paid elsewhere, of the merchants and shoppers in turn."""
        self._count += 1
        customer = self._wallets.addresses[self._count % len(self._wallets.addresses)]
        body = b'{"orderId":"%s %d","amount":"12.50","paidBy":"cash","customer":"%s"}' % (
            self._asked["name"].encode(),
            self._count,
            customer.encode(),
        )
        token = self._tokens[self._count % len(self._tokens)]
        return await connection.ask(_head("POST", "/v1/sales", token), body)

    async def quote(self, connection: Connection) -> Any:
        """Asks for a quote, of the shoppers in turn."""
        self._count += 1
        customer = self._wallets.addresses[self._count % len(self._wallets.addresses)]
        return await connection.ask(_head("GET", f"/v1/pay/{self._invoice['id']}/quote?customer={customer}"))

    async def order(self, connection: Connection) -> None:
        """An order from the invoice to the event that says that it is captured."""
        await (await self.pay(connection))

    async def pay(self, connection: Connection) -> asyncio.Future[None]:
        """Has an order paid; gives what ends when it is captured."""
        self._orders += 1
        shopper = self._orders % len(self._wallets.addresses)
        invoice = await self.invoice(connection)
        captured = self._captured[invoice["id"]] = asyncio.get_running_loop().create_future()
        body = self._wallets.payment(invoice, shopper)
        await connection.ask(_head("POST", f"/v1/pay/{invoice['id']}/payments"), body)
        self.keys.append(invoice["orderKey"])
        return captured

    async def closed(self, act: Callable[[Connection], Awaitable[Any]], seconds: float) -> dict[str, Any]:
        """Does something on every connection again and again; what was begun is brought to its end."""
        ms: list[float] = []
        began, cpu = time.perf_counter(), time.process_time()

        async def worker(connection: Connection) -> None:
            while time.perf_counter() - began < seconds:
                start = time.perf_counter()
                await act(connection)
                ms.append(1000 * (time.perf_counter() - start))

        async with asyncio.timeout(_DEADLINE):
            await asyncio.gather(*map(worker, self._connections))
        return _seen(ms, time.perf_counter() - began, time.process_time() - cpu)

    async def open(self, seconds: float, rate: int) -> dict[str, Any]:
        """Orders at an even rate, whether or not what came before is done: nobody keeps a connection meanwhile."""
        ms: list[float] = []
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in self._connections:
            free.put_nowait(connection)
        began, cpu = time.perf_counter(), time.process_time()

        async def one(due: float) -> None:
            connection = await free.get()
            captured = await self.pay(connection)
            free.put_nowait(connection)
            await captured
            ms.append(1000 * (time.perf_counter() - due))

        async with asyncio.timeout(_DEADLINE), asyncio.TaskGroup() as tasks:
            for number in range(int(seconds * rate)):
                due = began + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.create_task(one(due))
        return _seen(ms, time.perf_counter() - began, time.process_time() - cpu)

    async def watch(self) -> None:
        """Looks into the database for orders that are captured."""
        read = _reader(self._asked["database"])
        since = max((row[0] for row in read(0)), default=0)
        while True:
            for number, identity in read(since):
                since = number
                waiting = self._captured.pop(identity, None)
                if waiting is not None:
                    waiting.set_result(None)
            await asyncio.sleep(_LOOK_SECONDS)


def _reader(database: str) -> Callable[[int], list[Any]]:
    if database.startswith("sqlite"):
        file = sqlite3.connect(database.removeprefix("sqlite:///"), timeout=60)
        return lambda since: file.execute(_CAPTURED.format(since=since)).fetchall()
    server = psycopg.connect(database, autocommit=True)
    return lambda since: server.execute(_CAPTURED.format(since=since).encode()).fetchall()


def _head(method: str, path: str, token: str | None = None) -> bytes:
    bearer = "" if token is None else f"Authorization: Bearer {token}\r\n"
    return f"{method} {path} HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n{bearer}".encode()


def _seen(ms: list[float], seconds: float, cpu: float) -> dict[str, Any]:
    return {"ms": ms, "seconds": seconds, "cpu_ms": 1000 * cpu / len(ms)}


async def run(asked: dict[str, Any]) -> dict[str, Any]:
    """Connects, does what is asked for, and says how long each took."""
    load = Load(asked)
    await load.connect()
    act = {"invoice": load.invoice, "quote": load.quote, "order": load.order, "sale": load.sale}[asked["what"]]
    watching = asyncio.create_task(load.watch()) if asked["what"] == "order" else None
    await asyncio.sleep(0)
    if asked.get("rate"):
        seen = await load.open(asked["seconds"], asked["rate"])
    else:
        seen = await load.closed(act, asked["seconds"])
    if watching is not None:
        watching.cancel()
    return {**seen, "keys": load.keys}


def main() -> None:
    """Does what stdin says."""
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)


if __name__ == "__main__":
    main()
