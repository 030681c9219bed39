"""A local chain of one's own: starts and stops Anvil."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from functools import cache
from types import TracebackType
from typing import Any

from eth_account import Account
from eth_account.hdaccount import ETHEREUM_DEFAULT_PATH
from eth_account.signers.local import LocalAccount
from web3.types import RPCEndpoint

from fec.chain.rpc import connect
from fec.i18n.errors import AnvilFailed, AnvilMissing, RPCFailed

#: Anvil's default mnemonic, known to everybody: never hold anything of worth with it.
MNEMONIC = "test test test test test test test test test test test junk"
DEFAULT_CHAIN_ID = 31337

_LISTENING = re.compile(r"Listening on (\S+:\d+)")
_LINES_KEPT = 20


class Anvil:
    """A running Anvil; use it as a context manager, or call `start` and `stop`.

    `port` 0 takes a free one. `timestamp` is the genesis time in seconds since the epoch; `block_time` the seconds
    between blocks (none: a block for each transaction); `gas_limit` that of a block. With `past_states` the state after
    each block can be read later; without, long runs are faster. A number keeps so many, all in memory. Left to itself,
    Anvil has ever fewer there once it has 500, and contracts have no code when it goes back to a state from its disk.
    `log` gets each line that Anvil prints; without it nothing is printed.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        chain_id: int = DEFAULT_CHAIN_ID,
        timestamp: int | None = None,
        block_time: int | None = None,
        accounts: int = 10,
        gas_limit: int | None = None,
        hardfork: str = "prague",
        past_states: bool | int = True,
        log: Callable[[str], object] | None = None,
        start_timeout: int = 120,
    ) -> None:
        """Takes the options; starts nothing yet."""
        options = {
            "port": port,
            "chain-id": chain_id,
            "accounts": accounts,
            "hardfork": hardfork,
            "timestamp": timestamp,
            "block-time": block_time,
            "gas-limit": gas_limit,
        }
        self._options = [f"--{name}={value}" for name, value in options.items() if value is not None]
        if past_states is not True:
            self._options.append(f"--prune-history={past_states}" if past_states else "--prune-history")
        self._account_count = accounts
        self._log = log
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[str] | None = None
        self._lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._url: str | None = None
        self._settled = threading.Event()

    def __enter__(self) -> Anvil:
        """Starts it."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops it."""
        self.stop()

    def start(self) -> Anvil:
        """Starts Anvil and waits until it answers.

        Raises AnvilMissing if there is no such binary, AnvilFailed with what Anvil said if it does not come up.
        """
        binary = shutil.which("anvil")
        if binary is None:
            raise AnvilMissing(
                "The program `anvil` is not on the PATH. `make setup` installs it into .venv/bin; "
                "elsewhere it comes with Foundry, or in npm's package @foundry-rs/anvil."
            )
        self._process = subprocess.Popen(
            [binary, *self._options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        if not self._settled.wait(self._start_timeout) or self._url is None:
            self.stop()
            raise AnvilFailed(
                "Anvil did not start. Correct what it says, and start it again:\n{said}", said="\n".join(self._lines)
            )
        self.web3 = connect(self._url)
        if self._log is None:
            self.request("anvil_setLoggingEnabled", False)
        return self

    def stop(self) -> None:
        """Stops it, if it runs."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def url(self) -> str:
        """Where it answers. Raises AnvilFailed before `start`."""
        if self._url is None:
            raise AnvilFailed("Anvil has not been started. Call `start` first.")
        return self._url

    @property
    def accounts(self) -> list[LocalAccount]:
        """The accounts that hold its coin, with their keys; the same ones on each start."""
        return list(_accounts(self._account_count))

    @property
    def now(self) -> int:
        """Timestamp of the latest block, in seconds since the epoch."""
        return self.web3.eth.get_block("latest")["timestamp"]

    def travel_to(self, timestamp: int) -> None:
        """Mines a block at `timestamp`, in seconds since the epoch, which must lie after the latest block."""
        self.request("evm_setNextBlockTimestamp", timestamp)
        self.mine()

    def mine(self, blocks: int = 1) -> None:
        """Mines empty blocks."""
        self.request("anvil_mine", hex(blocks))

    def request(self, method: str, *params: Any) -> Any:
        """Any JSON-RPC call, Anvil's own included. Raises RPCFailed if it is refused."""
        response = self.web3.provider.make_request(RPCEndpoint(method), params)
        if "error" in response:
            raise RPCFailed(
                "Anvil refused {method}: {reason}. Check the method and its parameters.",
                method=method,
                reason=response["error"],
            )
        return response.get("result")

    def _read(self, process: subprocess.Popen[str]) -> None:
        """Reads what Anvil prints, so that it never waits for a reader, and finds the port it took."""
        if process.stdout is None:
            raise AssertionError("started with a pipe")
        for line in process.stdout:
            text = line.rstrip()
            self._lines.append(text)
            if self._log is not None:
                self._log(text)
            if match := _LISTENING.search(text):
                self._url = f"http://{match[1]}"
                self._settled.set()
        self._settled.set()


@cache
def _accounts(count: int) -> tuple[LocalAccount, ...]:
    """The first accounts of Anvil's mnemonic. Kept: to derive them takes longer than most calls of the chain."""
    Account.enable_unaudited_hdwallet_features()
    prefix = ETHEREUM_DEFAULT_PATH.rpartition("/")[0]
    return tuple(Account.from_mnemonic(MNEMONIC, account_path=f"{prefix}/{index}") for index in range(count))
