"""What happens to the chain: blocks, other branches, forgotten transactions, time that passes."""

from __future__ import annotations

import random
import threading
from collections import Counter

from fec.chain import Anvil
from fec.exceptions import RPCFailed
from tests.service.conftest import DAY, HOUR

#: How deep a branch may be that another one takes the place of.
DEEPEST = 64


class Weather:
    """Changes a chain in a thread of its own. Nothing at or below `floor`, nor deeper than `deepest`, is touched."""

    def __init__(self, chain: Anvil, seed: int, floor: int, deepest: int = DEEPEST) -> None:
        self.counts: Counter[str] = Counter()
        self.deepest_seen = 0
        self._chain = chain
        self._random = random.Random(seed)
        self._floor = floor
        self._highest = floor
        self._deepest = deepest
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="weather")
        self.failure: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends it: from now on, each transaction gets a block of its own at once."""
        self._stop.set()
        self._thread.join()
        self._chain.request("evm_setAutomine", True)
        self._chain.mine()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._random.uniform(0.1, 1.5)):
                act = self._random.choices(
                    (self._mine, self._reorganise, self._shorten, self._forget, self._hold, self._pass_time),
                    weights=(6, 5, 4, 2, 3, 2),
                )[0]
                act()
        except BaseException as error:  # noqa: BLE001 (raised where it is waited for)
            self.failure = error

    def _mine(self) -> None:
        self._chain.mine(self._random.randint(1, 4))
        self.counts["blocks"] += 1

    def _reorganise(self) -> None:
        """Other blocks of the same height, all of them empty."""
        depth = self._depth()
        if depth:
            self._chain.request("anvil_reorg", depth, [])
            self.counts["reorganised"] += 1

    def _shorten(self) -> None:
        """A shorter chain for a moment, then other blocks."""
        depth = self._depth()
        if depth:
            try:
                self._chain.request("anvil_rollback", depth)
            except RPCFailed:
                # Seen once, "Resource not found", while blocks came: then this branch stays as it is.
                self.counts["rollbacks refused"] += 1
                return
            self._stop.wait(self._random.uniform(0, 0.4))
            self._chain.mine(self._random.randint(1, depth + 2))
            self.counts["rolled back"] += 1

    def _forget(self) -> None:
        """The node loses what waits for a block."""
        self._chain.request("anvil_dropAllTransactions")
        self.counts["pool emptied"] += 1

    def _hold(self) -> None:
        """No blocks for a while: transactions wait, then get one together, or are lost."""
        self._chain.request("evm_setAutomine", False)
        self._stop.wait(self._random.uniform(0.2, 2))
        if self._random.random() < 0.3:
            self._forget()
        self._chain.request("evm_setAutomine", True)
        self._chain.mine()
        self.counts["blocks held"] += 1

    def _pass_time(self) -> None:
        self._chain.request("evm_increaseTime", self._random.randint(HOUR, 3 * DAY))
        self._chain.mine()
        self.counts["time passed"] += 1

    def _depth(self) -> int:
        """Small ones mostly, as on real chains; never below what was final once."""
        head = self._chain.web3.eth.block_number
        self._highest = max(self._highest, head)
        most = min(head - self._floor, self._deepest - (self._highest - head))
        if most < 1:
            return 0
        depth = self._random.randint(1, min(most, 3)) if self._random.random() < 0.6 else self._random.randint(1, most)
        self.deepest_seen = max(self.deepest_seen, depth + self._highest - head)
        return depth
