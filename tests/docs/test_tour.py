"""docs/tutorial/shop.md, word for word: its blocks one after another in one shell, with every process real."""

import json
import os
import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: For all of it, on a busy machine.
PATIENCE = 900
#: What the tour leaves to be looked at, before its last block ends the processes.
LOOK = """
fec balance $SHOPPER --json > out/tour/shopper.json
fec balance $SHOP --json > out/tour/shop.json
fec node list $SHOPPER --json > out/tour/nodes.json
fec order show 2/A-1 --json > out/tour/order.json
curl -sf -H 'Content-Type: application/json' -d \
    '{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["'$SHOPPER'","latest"]}' $FEC_RPC > out/tour/gas.json
"""


def blocks(text: str) -> list[str]:
    """The shell blocks of a page."""
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


def free_ports(count: int) -> list[str]:
    listeners = [socket.socket() for _ in range(count)]
    for listener in listeners:
        listener.bind(("127.0.0.1", 0))
    ports = [str(listener.getsockname()[1]) for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the tour was taken, and what it printed."""
    folder = tmp_path_factory.mktemp("tour")
    (folder / "examples").symlink_to(ROOT / "examples")
    *steps, end = blocks((ROOT / "docs" / "tutorial" / "shop.md").read_text())
    script = "\n".join(["set -euo pipefail", "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT", *steps, LOOK, end])
    hidden = ("FEC_", "LC_", "LANG")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"
    ports = dict(zip(("FEC_PORT", "HOOK_PORT"), free_ports(2), strict=True))
    process = subprocess.Popen(
        ["/bin/bash", "-c", script],
        cwd=folder,
        env={**environment, "PATH": path, **ports},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        printed, complaints = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
    log = folder / "out" / "tour" / "serve.log"
    assert process.returncode == 0, f"{complaints}\n{printed}\n{log.read_text() if log.exists() else ''}"
    (folder / "printed").write_text(printed)
    return folder


def left(folder: Path, name: str) -> Any:
    return json.loads((folder / "out" / "tour" / name).read_text())


def test_tour__order__is_paid_refunded_in_part_and_captured(toured: Path) -> None:
    order = left(toured, "order.json")
    assert (order["status"], order["amount"], order["refunded"], order["held"]) == ("captured", "250", "50", "0")
    assert (order["capture"]["toMerchant"], order["capture"]["burned"]) == ("180", "20")
    invoice = left(toured, "captured.json")
    assert (invoice["status"], invoice["refunded"], invoice["burned"], invoice["node"]) == (
        "captured",
        "50",
        "20",
        "2-1",
    )


def test_tour__coins__add_up(toured: Path) -> None:
    assert left(toured, "shop.json")["balance"] == "180"
    assert left(toured, "shopper.json")["balance"] == "800"
    [node] = left(toured, "nodes.json")["nodes"]
    assert (node["principal"], node["face"]) == ("20", "200")


def test_tour__shopper__never_had_any_gas_coin(toured: Path) -> None:
    assert left(toured, "gas.json")["result"] == "0x0"
    assert left(toured, "order.json")["payer"] == left(toured, "shopper.json")["account"]


def test_tour__webhooks__came_once_each_and_in_order(toured: Path) -> None:
    lines = (toured / "out" / "tour" / "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["sequence"] for event in events] == sorted({event["sequence"] for event in events})
    invoices = [event["type"] for event in events if event["type"].startswith("invoice.")]
    assert invoices == ["invoice.created", "invoice.paid", "invoice.refunded", "invoice.captured"]


def test_tour__what_it_prints__has_the_shape_and_a_clean_check(toured: Path) -> None:
    printed = (toured / "printed").read_text()
    assert "The burned amount is back in period 55, half of the total in period 86" in printed
    assert "✓ 0 differences at block" in printed


def test_blocks__of_a_page__are_those_of_the_shell() -> None:
    text = "# A\n\n```sh\none\n```\nx\n```python\ntwo\n```\n\n## C\n\n```sh\nthree\n```\n"
    assert blocks(text) == ["one\n", "three\n"]
