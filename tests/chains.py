"""What tests wait for on a chain."""

import time

from fec.chain import Anvil

PATIENCE = 60


def settle(chain: Anvil) -> None:
    """Waits until blocks have everything that was sent: Anvil answers before it has mined."""
    deadline = time.monotonic() + PATIENCE
    while int(chain.request("txpool_status")["pending"], 16):
        assert time.monotonic() < deadline, f"after {PATIENCE} s still in no block: {chain.request('txpool_inspect')}"
        time.sleep(0.01)
