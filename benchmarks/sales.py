"""Sales that the service takes in a second: rows of files of 100,000, and single requests beside invoices.

`python -m benchmarks.sales --help` lists what it does; docs/reference/service.md has what it measured.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Sequence
from typing import Any

import click
import requests
from rich.console import Console
from rich.table import Table

from benchmarks.service import BACKENDS, DEADLINE, WIDTH, Stand, cpu_seconds, stand_of
from benchmarks.stand import SECRET
from fec import store
from fec.service.http.keys import KeyRing
from fec.service.models import Role

_RATE = "100"


def set_up(stand: Stand) -> None:
    """Has all programs take sales, and gives keys that may record them."""
    engine = store.open_database(stand.database)
    ring = KeyRing(engine, SECRET)
    for program in stand.open["programs"]:
        key = stand.keys[str(program)] = ring.add_key(program, Role.MANAGER, "", sales=True).token
        for path, body in (
            ("sales/settings", {"currency": "MYR"}),
            ("sales/rates", {"currency": "MYR", "since": 0, "rate": _RATE}),
        ):
            _post(stand, key, path, json=body)
    engine.dispose()


def file_of(rows: int, shoppers: Sequence[str]) -> bytes:
    """A file of sales, half of them of shoppers who are not known yet."""
    now, name = int(time.time()), secrets.token_hex(4)
    lines = (
        f"{name} {row},{row % 500 + 1}.90,{now},{shoppers[row % len(shoppers)] if row % 2 else ''}"
        for row in range(rows)
    )
    return "\n".join(["orderId,amount,soldAt,customer", *lines, ""]).encode()


def send_file(stand: Stand, rows: int, shoppers: Sequence[str]) -> tuple[float, float]:
    """Seconds by the clock, and of the service's computing, for a file. Raises RuntimeError unless all is recorded."""
    key, body = next(iter(stand.keys.values())), file_of(rows, shoppers)
    began, cpu = time.perf_counter(), _cpu(stand)
    told = _post(stand, key, "sale-files", data=body)
    seconds, computing = time.perf_counter() - began, _cpu(stand) - cpu
    if told["recorded"] != rows:
        raise RuntimeError(f"{told['recorded']} of {rows} rows were recorded: {told['problems'][:3]}")
    return seconds, computing


def _cpu(stand: Stand) -> float:
    return sum(map(cpu_seconds, stand.processes))


def _post(stand: Stand, key: str, path: str, **more: object) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"} | ({"Content-Type": "text/csv"} if "data" in more else {})
    url = f"http://127.0.0.1:{stand.ports[0]}/v1/{path}"
    answer = requests.post(url, headers=headers, timeout=DEADLINE, **more)  # type: ignore[arg-type] # as it takes them
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


@click.command()
@click.option("--rows", default=100_000, show_default=True, help="Of each file.")
@click.option("--files", default=3, show_default=True)
@click.option("--seconds", default=10.0, show_default=True, help="For single requests.")
@click.option("--at-once", default=64, show_default=True, help="Single requests under way at once.")
@click.option("--backend", "backends", multiple=True, type=click.Choice(BACKENDS), default=BACKENDS, show_default=True)
def main(*, rows: int, files: int, seconds: float, at_once: int, backends: Sequence[str]) -> None:
    """Measures one process of the service: SQLite with synchronous=FULL, PostgreSQL with fsync, on a disk."""
    table = Table("", "A second", "p50 ms", "p99 ms", "Own ms each")
    for backend in backends:
        with stand_of(None, backend, 1, None) as stand:
            set_up(stand)
            shoppers = [f"0x{secrets.token_hex(20)}" for _ in range(1_000)]
            send_file(stand, 1_000, shoppers)
            took = sorted(send_file(stand, rows, shoppers) for _ in range(files))
            seconds_of_file, computing = took[len(took) // 2]
            rate = f"{rows / seconds_of_file:,.0f}"
            table.add_row(f"rows of a file, {backend}", rate, "", "", f"{1000 * computing / rows:.2f}")
            for what in ("invoice", "sale"):
                stand.measure(what, seconds=1, at_once=8)
                timed = stand.measure(what, seconds=seconds, at_once=at_once)
                figures = (f"{timed.rate:,.0f}", *(f"{timed.percentile(each):,.0f}" for each in (50, 99)))
                table.add_row(f"single {what}s, {backend}", *figures, f"{timed.own_ms:.2f}")
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)


if __name__ == "__main__":
    main()
