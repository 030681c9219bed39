"""A relayer killed at random instants, over and over, sends each request once."""

import random
import sys
import time
from pathlib import Path

from fec import store
from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.client.client import Client
from tests.fixtures.processes import speaking
from tests.relayer import killed

REQUESTS = 40
KILLS = 8
#: A request takes some milliseconds: the instant of death lies anywhere in it.
INSTANTS_MS = 40


def test_kills__at_random_instants__each_request_is_sent_once(
    chain: Anvil, deployment: Deployment, client: Client, database: str, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    instants = random.Random(seed)
    engine = store.open_database(database)
    store.upgrade(engine)
    engine.dispose()
    record = tmp_path / "deployments.json"
    deployments.write(deployment, record)
    receiver = chain.accounts[1].address
    settings = {
        "database": database,
        "url": chain.url,
        "record": str(record),
        "key": chain.accounts[0].key.to_0x_hex(),
        "receiver": receiver,
        "count": REQUESTS,
    }
    for _ in range(KILLS):
        process, printed = speaking(killed.main, **settings)
        with printed:
            for _line in range(instants.randint(1, REQUESTS)):
                printed.readline()
            time.sleep(instants.randrange(INSTANTS_MS) / 1000)
            process.kill()
            process.join()
    process, printed = speaking(killed.main, **settings)
    with printed:
        assert printed.read().splitlines()[-1] == "wait"
    process.join()
    assert process.exitcode == 0
    coupon = client.deployment["contracts"]["FEC"]
    contract = chain.web3.eth.contract(address=coupon["address"], abi=coupon["abi"])  # type: ignore[call-overload]
    logs = contract.events.Transfer.get_logs({"to": receiver}, from_block=0)
    assert sorted(log["args"]["value"] for log in logs) == list(range(1, REQUESTS + 1))
