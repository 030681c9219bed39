"""A shop's sales in a file, paid in any way: the rows checked, kept in a few bytes each, to be settled into nodes."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from fec.i18n import Message
from fec.i18n.errors import InvalidArgument
from fec.protocol.addresses import checked_address
from fec.protocol.bytes32 import from_hex
from fec.protocol.orders import order_key
from fec.replay import files
from fec.replay.history import Columns, RowProblem, check_id, time_of, wei_of
from fec.replay.journal import ID_LENGTH

#: Problems kept in words. All are counted.
_KEPT = 1_000
#: Bytes of what is kept of a sale. No principal has more than 96 bits.
_OWNER, _AMOUNT, _ID = 20, 12, ID_LENGTH
_UNIT = 10**18
_MOST = 1 << 8 * _AMOUNT


@dataclass(frozen=True)
class SaleRules:
    """What a sale has to be. Times in seconds since the epoch."""

    program_id: int
    rates: Mapping[str, int]
    """FEC in wei for one unit of each currency; of files without a currency's column under the empty name."""
    since: int
    """When the program was created."""
    until: int
    """Now, by the chain."""
    own: frozenset[str] = frozenset()
    """The protocol's own contracts, which could never use a node."""
    paid: frozenset[str] = frozenset()
    """Keys of the orders that were paid at Checkout: they have nodes."""


@dataclass
class Problems:
    """What is wrong with rows that are left out."""

    count: int = 0
    listed: list[tuple[int, Message]] = field(default_factory=list)
    """By line, the first thousand."""

    def add(self, line: int, message: Message) -> None:
        """One more."""
        self.count += 1
        if len(self.listed) < _KEPT:
            self.listed.append((line, message))


class Sales:
    """Sales by place in the file, from 0; 60 bytes each, and what tells an order id that comes twice."""

    def __init__(self) -> None:
        """None yet."""
        self.times = array("Q")
        """When, in seconds since the epoch."""
        self.lines = array("Q")
        self.problems = Problems()
        self.zeros = 0
        """Rows for nothing, which are left out."""
        self._owners = bytearray()
        self._amounts = bytearray()
        self._ids = bytearray()
        self._rates = array("H")
        self._known_rates: list[int] = []
        self._places: dict[bytes, int] = {}
        self._alike: dict[str, int] = {}
        self._returns: dict[bytes, list[tuple[int, int, str]]] = {}

    def __len__(self) -> int:
        """How many, those returned since included."""
        return len(self.times)

    def owner(self, place: int) -> bytes:
        """The shopper's account."""
        return bytes(self._owners[place * _OWNER : (place + 1) * _OWNER])

    def amount(self, place: int) -> int:
        """FEC in wei that the sale stands for, less what was returned."""
        return int.from_bytes(self._amounts[place * _AMOUNT : (place + 1) * _AMOUNT], "big")

    def id(self, place: int) -> bytes:
        """What tells the sale from all others of the program, whatever file it stands in."""
        return bytes(self._ids[place * _ID : (place + 1) * _ID])

    def entry(self, place: int) -> bytes:
        """What is kept of the sale once it is settled: its id, and a hash of shopper and amount in its currency."""
        amount = self.amount(place) * _UNIT // self._known_rates[self._rates[place]]
        return self.id(place) + blake2b(self.owner(place) + amount.to_bytes(32, "big"), digest_size=_ID).digest()

    def in_order(self) -> list[int]:
        """Places of all sales, those returned whole included; the oldest first."""
        return sorted(range(len(self)), key=self.times.__getitem__)

    def owners(self) -> set[bytes]:
        """All shoppers' accounts."""
        return {self.owner(place) for place in range(len(self))}

    # ----------------------------------------------------------------- reading

    def add(self, line: int, *, time: int, owner: str, amount: int, rate: int, order_id: str) -> None:
        """One sale, its amount and what one unit of its currency is in wei.

        Raises RowProblem if its order id was there before.
        """
        key = _digest(order_id)
        if (known := self._places.setdefault(key, len(self))) != len(self):
            raise RowProblem(
                Message(
                    "order {order_id!r} is on line {first} already; a sale is settled once, so take one of the two out",
                    order_id=order_id,
                    first=self.lines[known],
                )
            )
        self.times.append(time)
        self.lines.append(line)
        self._owners += from_hex(owner)
        self._amounts += amount.to_bytes(_AMOUNT, "big")
        self._ids += key
        if rate not in self._known_rates:
            self._known_rates.append(rate)
        self._rates.append(self._known_rates.index(rate))

    def add_unnamed(self, line: int, *, time: int, owner: str, amount: int, rate: int) -> None:
        """One sale of a file without order ids: its own follows from what it is, and how many like it were before."""
        what = repr((time, owner, amount))
        number = self._alike[what] = self._alike.get(what, 0) + 1
        self.add(line, time=time, owner=owner, amount=amount, rate=rate, order_id=f"{what} {number}")

    def take_back(self, line: int, amount: int, order_id: str) -> None:
        """Notes what was returned of a sale, wherever in the file that stands."""
        self._returns.setdefault(_digest(order_id), []).append((line, amount, order_id))

    def subtract_returns(self) -> None:
        """Takes returns off their sales, once the whole file is read. A sale of which too much returned is left out."""
        for key, returns in self._returns.items():
            place = self._places.get(key)
            line, _, order_id = returns[-1]
            if place is None:
                self.problems.add(
                    line,
                    Message(
                        "it returns order {order_id!r}, of which this file has no sale; what is settled stays settled",
                        order_id=order_id,
                    ),
                )
                continue
            left = self.amount(place) - sum(amount for _, amount, _ in returns)
            if left < 0:
                self.problems.add(
                    line,
                    Message(
                        "more of order {order_id!r} was returned than the sale on line {first} was for; correct one of "
                        "the two",
                        order_id=order_id,
                        first=self.lines[place],
                    ),
                )
            self._amounts[place * _AMOUNT : (place + 1) * _AMOUNT] = max(left, 0).to_bytes(_AMOUNT, "big")
        self._returns.clear()


def read_sales(path: Path, columns: Columns, rules: SaleRules, *, places: int = 2) -> Sales:
    """Reads a whole file. Rows that cannot be settled are left out, and listed as problems; the others stand.

    `places` are the decimals of amounts that a Parquet file has as doubles. Raises InvalidArgument if the file cannot
    be read or lacks a column, ReplayRefused if pyarrow is missing.
    """
    reader = _Reader(columns, rules)
    for line, cells in files.whole(path, files.cells(path, columns.names, columns.amount, places)):
        try:
            reader.take(line, cells)
        except RowProblem as problem:
            reader.sales.problems.add(line, problem.message)
    reader.sales.subtract_returns()
    return reader.sales


class _Reader:
    """Takes the rows of one file."""

    def __init__(self, columns: Columns, rules: SaleRules) -> None:
        self.sales = Sales()
        self._columns = columns
        self._rules = rules
        self._accounts: dict[str, str] = {}

    def take(self, line: int, cells: Sequence[str | Message]) -> None:
        """One row. Raises RowProblem."""
        texts = []
        for cell in cells:
            if isinstance(cell, Message):
                raise RowProblem(cell)
            texts.append(cell.strip())
        shopper, moment, amount = texts[:3]
        rest = iter(texts[3:])
        order_id = None if self._columns.order_id is None else next(rest)
        rate = self._rate(amount, "" if self._columns.currency is None else next(rest))
        wei = wei_of(amount, rate)
        if wei >= _MOST:
            raise RowProblem(Message("{amount} is more than any node can be made of; check the amount", amount=amount))
        if not wei:
            self.sales.zeros += 1
            return
        if order_id is not None:
            check_id(order_id)
        if wei > 0:
            sale = {"time": self._time(moment), "amount": wei, "rate": rate}
            self._take_sale(line, self._account(shopper), sale, order_id)
        elif order_id is not None:
            self.sales.take_back(line, -wei, order_id)
        else:
            raise RowProblem(
                Message("it is a return, and nothing says of which sale; name the column of order ids with --order-id")
            )

    def _take_sale(self, line: int, owner: str, sale: dict[str, int], order_id: str | None) -> None:
        if order_id is None:
            self.sales.add_unnamed(line, owner=owner, **sale)
            return
        if self._rules.paid and order_key(self._rules.program_id, order_id) in self._rules.paid:
            raise RowProblem(
                Message(
                    "order {order_id!r} was paid at Checkout, and has its node; take the row out", order_id=order_id
                )
            )
        self.sales.add(line, owner=owner, order_id=order_id, **sale)

    def _rate(self, amount: str, currency: str) -> int:
        if not amount:
            raise RowProblem(Message("it has no amount; write what was paid in digits, such as 12.34"))
        if (rate := self._rules.rates.get(currency)) is None:
            raise RowProblem(
                Message(
                    "there is no rate for {currency!r}; add --rate {currency}:FEC, or leave the sale out",
                    currency=currency,
                )
            )
        return rate

    def _time(self, text: str) -> int:
        time, rules = time_of(text), self._rules
        if time > rules.until:
            raise RowProblem(
                Message(
                    "the sale is of {time:date}, and it is {now:date} now; correct the time, or settle it later",
                    time=time,
                    now=rules.until,
                )
            )
        if time < rules.since:
            raise RowProblem(
                Message(
                    "the sale is of {time:date}, before the program was created on {since:date}; leave it out",
                    time=time,
                    since=rules.since,
                )
            )
        return time

    def _account(self, text: str) -> str:
        """A shopper's account, checked once each."""
        if (known := self._accounts.get(text)) is not None:
            return known
        if not text:
            raise RowProblem(Message("its shopper is empty; give the shopper's account, or leave the sale out"))
        try:
            account = checked_address(text)
        except InvalidArgument as error:
            raise RowProblem(error.message) from error
        if not int(account, 16):
            raise RowProblem(Message("the zero address cannot own a node; give the shopper's account"))
        if account in self._rules.own:
            raise RowProblem(
                Message("{account} is one of the protocol's own contracts; give the shopper's account", account=account)
            )
        self._accounts[text] = account
        return account


def _digest(order_id: str) -> bytes:
    return blake2b(order_id.encode(), digest_size=_ID).digest()
