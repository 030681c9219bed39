"""What happens to the chain: blocks, other branches, forgotten transactions, time that passes."""

from __future__ import annotations

import random
import threading
from collections import Counter

from fec.chain.anvil import Anvil
from fec.core.durations import DAY, HOUR

#: How deep a branch may be that another one takes the place of.
DEEPEST = 64
#: States that the chain has to keep for it: more than any branch is deep, and than services look back.
STATES = 1_000
#: Between looks for transactions that wait for a block.
_BLOCK_SECONDS = 0.05


class Weather:
    """Changes a chain in a thread of its own. Nothing at or below `floor`, nor deeper than `deepest`, is touched.

    Blocks are made by another one, in turn with it: Anvil, left to make them itself, may put a block that it was at on
    the height of before while it goes back, and from then on has no blocks between that one and the branch.
    """

    def __init__(self, chain: Anvil, seed: int, floor: int, deepest: int = DEEPEST) -> None:
        self.counts: Counter[str] = Counter()
        self.deepest_seen = 0
        self._chain = chain
        self._random = random.Random(seed)
        self._floor = floor
        self._highest = floor
        self._deepest = deepest
        self._stop = threading.Event()
        self._turn = threading.Lock()
        """Held by the thread that makes blocks or takes them away."""
        self._threads = [threading.Thread(target=run, name="weather") for run in (self._run, self._make_blocks)]
        self.failure: BaseException | None = None

    def start(self) -> None:
        self._chain.request("evm_setAutomine", False)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends it: from now on, each transaction gets a block of its own at once."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
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

    def _make_blocks(self) -> None:
        """A block for what waits for one."""
        try:
            while not self._stop.wait(_BLOCK_SECONDS):
                with self._turn:
                    if int(self._chain.request("txpool_status")["pending"], 16):
                        self._chain.mine()
        except BaseException as error:  # noqa: BLE001 (raised where it is waited for)
            self.failure = error

    def _mine(self) -> None:
        with self._turn:
            self._chain.mine(self._random.randint(1, 4))
        self.counts["blocks"] += 1

    def _reorganise(self) -> None:
        """Other blocks of the same height, all of them empty."""
        with self._turn:
            depth = self._depth()
            if depth:
                self._chain.request("anvil_reorg", depth, [])
                self.counts["reorganised"] += 1

    def _shorten(self) -> None:
        """A shorter chain for a moment, then other blocks."""
        with self._turn:
            depth = self._depth()
            if depth:
                self._chain.request("anvil_rollback", depth)
        if depth:
            self._stop.wait(self._random.uniform(0, 0.4))
            with self._turn:
                self._chain.mine(self._random.randint(1, depth + 2))
            self.counts["rolled back"] += 1

    def _forget(self) -> None:
        """The node loses what waits for a block."""
        self._chain.request("anvil_dropAllTransactions")
        self.counts["pool emptied"] += 1

    def _hold(self) -> None:
        """No blocks for a while: transactions wait, then get one together, or are lost."""
        with self._turn:
            self._stop.wait(self._random.uniform(0.2, 2))
            if self._random.random() < 0.3:
                self._forget()
            self._chain.mine()
        self.counts["blocks held"] += 1

    def _pass_time(self) -> None:
        with self._turn:
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
