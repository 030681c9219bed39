"""A peer on the same chain: Ponder (npm), with an application that keeps each event of these contracts, decoded.

Its application is benchmarks/apps/ponder; its packages are those of the lock file beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import requests
from psycopg.sql import SQL, Identifier

from benchmarks.peer import CACHE
from fec.chain import deployments
from fec.chain.deployments import Deployment
from fec.protocol import abi
from fec.protocol.abi import CONTRACTS

NAME = "Ponder into PostgreSQL"
APP = Path(__file__).resolve().parent / "apps" / "ponder"
#: Blocks behind the last event: Ponder calls a block of a chain that it does not know final once 30 lie behind it.
BLOCKS_BEHIND = 64
SCHEMA = "peer"
DEADLINE = 1_800  # seconds
TICKS = os.sysconf("SC_CLK_TCK")


def install() -> Path:
    """A folder with the application and its packages, installed if need be. Raises RuntimeError if npm fails."""
    folder, lock = CACHE / "ponder", "package-lock.json"
    ready = folder / "node_modules" / lock
    if not ready.exists() or ready.read_bytes() != (APP / lock).read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(APP, folder)
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("npm is needed to fetch Ponder; run `make setup`.")
        done = subprocess.run([npm, "ci", "--ignore-scripts"], cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"`npm ci` failed in {folder}: {done.stderr.strip()[-500:]}")
        shutil.copy(APP / lock, ready)
    return folder


@dataclass(frozen=True)
class Indexed:
    """What one run took, from when Ponder was up until its backfill was done. Memory in MiB."""

    events: int
    seconds: float
    cpu_seconds: float
    peak_mib: int
    loaded_mib: int


def run(url: str, deployment: Deployment, last_block: int, database: str) -> Indexed:
    """Indexes up to a block. Raises RuntimeError if Ponder ends or takes too long."""
    folder = install()
    plan = folder / "plan.json"
    plan.write_text(json.dumps(_plan(url, deployment, last_block)))
    port = _free_port()
    environment = {
        **os.environ,
        "PEER_PLAN": str(plan),
        "PEER_DATABASE": database,
        "PONDER_TELEMETRY_DISABLED": "true",
        "NODE_NO_WARNINGS": "1",
    }
    command = ["node_modules/.bin/ponder", "start", "--schema", SCHEMA, "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    try:
        _until(process, f"http://127.0.0.1:{port}/health")
        began, cpu_began, loaded = time.perf_counter(), _cpu_seconds(process), _peak_mib(process)
        _until(process, f"http://127.0.0.1:{port}/ready")
        seconds, cpu = time.perf_counter() - began, _cpu_seconds(process) - cpu_began
        peak = _peak_mib(process)
    finally:
        process.terminate()
        process.wait()
    with psycopg.connect(database) as connection:
        counted = connection.execute(SQL("SELECT count(*) FROM {}.event").format(Identifier(SCHEMA))).fetchone()
    return Indexed(counted[0] if counted else 0, seconds, cpu, peak, loaded)


def _plan(url: str, deployment: Deployment, last_block: int) -> dict[str, Any]:
    contracts = []
    for name in CONTRACTS:
        events = [entry for entry in abi.load(name)["abi"] if entry["type"] == "event"]
        contracts.append(
            {
                "name": name,
                "address": deployments.contract(deployment, name)["address"],
                "abi": events,
                "events": [event["name"] for event in events],
            }
        )
    return {"chainId": deployment["chainId"], "rpc": url, "block": last_block, "contracts": contracts}


def _until(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(requests.RequestException):
            if requests.get(url, timeout=5).ok:
                return
        time.sleep(0.05)
    raise RuntimeError(f"Ponder does not answer {url}; it ended with {process.poll()}.")


def _cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _peak_mib(process: subprocess.Popen[bytes]) -> int:
    return int(Path(f"/proc/{process.pid}/status").read_text().partition("VmHWM:")[2].split()[0]) >> 10


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
