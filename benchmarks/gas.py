"""Measures and reports receipt gas. `python -m benchmarks.gas --help` lists what it does; docs/assurance/benchmarks.md
says how.

To add rows: a function that sets the scene and returns the call to be measured, and a line in its module's `SCENARIOS`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import yaml  # type: ignore[import-untyped]
from eth_utils.abi import abi_to_signature
from rich.console import Console
from rich.progress import track

from benchmarks import checkout, coupon, custody, mints, nodes, passkeys, peer, relay, rewards, settlements
from benchmarks.floor import total
from benchmarks.lab import GENESIS, Lab, Scenario
from benchmarks.published import FIGURES
from benchmarks.report import Row, beside, tables
from fec.chain.anvil import Anvil
from fec.chain.deploy import STEPS
from fec.i18n.errors import FECError
from fec.protocol import abi

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = ROOT / "benchmarks" / "snapshot.json"
DOCUMENT = ROOT / "docs" / "assurance" / "benchmarks.md"
PIPED_WIDTH = 140  # columns, where there is no terminal to ask
MARKS = ("<!-- Made by `make bench`; not edited by hand. -->\n", "<!-- End of what `make bench` makes. -->\n")
SCENARIOS = (
    *nodes.SCENARIOS,
    *coupon.SCENARIOS,
    *checkout.SCENARIOS,
    *rewards.SCENARIOS,
    *settlements.SCENARIOS,
    *custody.SCENARIOS,
    *passkeys.SCENARIOS,
    *relay.SCENARIOS,
    *peer.SCENARIOS,
    *mints.SCENARIOS,
)

#: Functions that other contracts of the protocol call, measured as part of what people call.
INNER = {
    "FEC.mint(address,uint256)",  # ADN, in claims
    "FEC.burn(address,uint256)",  # ADN, in mints
    "Checkout.onTransferReceived(address,address,uint256,bytes)",  # FEC, in transferAndCall
    "MemberVault.execute(address,bytes)",  # Custodian, in spend and act
    "MemberVault.onERC721Received(address,address,uint256,bytes)",  # ADN, where a spend's node comes to the vault
}


def measure(lab: Lab, scenarios: Iterable[tuple[Scenario, int]]) -> Iterator[tuple[Row, str]]:
    """Plays each scenario on the same ground; gives its row and the contract and signature that were called."""
    for scenario, size in scenarios:
        with lab.scene():
            call = scenario.stage(lab, size)
            gas = lab.send(call)["gasUsed"]
            floor = scenario.floor(bytes.fromhex(lab.data(call)[2:]), size) if scenario.floor else None
        count = size if scenario.shared else 1
        row = Row(call.function, scenario.label(size), count, gas, scenario.targets.get(size), floor, scenario.peer_of)
        yield row, f"{call.contract}.{call.signature}"


def run(console: Console) -> tuple[list[Row], dict[str, str]]:
    """Measures everything on one fresh Anvil; returns the rows and the versions of what they were made with.

    Raises RuntimeError if two rows have one name, or a state-changing function has none.
    """
    plays = [(scenario, size) for scenario in SCENARIOS for size in scenario.sizes]
    # The fork with the precompile for P-256 (EIP-7951).
    with Anvil(timestamp=GENESIS, hardfork="osaka") as chain:
        lab = Lab(chain)
        peer.deploy(lab)
        mints.deploy(lab)
        shown = track(plays, "Measuring", console=console, transient=True)
        measured = list(measure(lab, shown))
        tools = versions(chain)
    rows = [row for row, _ in measured]
    twice = {row.key for row in rows if sum(other.key == row.key for other in rows) > 1}
    if twice:
        raise RuntimeError("\n".join(["More than one row is named", *sorted(twice)]))
    missing = state_changing() - INNER - {signature for _, signature in measured}
    if missing:
        raise RuntimeError("\n".join(["No row measures", *sorted(missing)]))
    return rows, tools


def state_changing() -> set[str]:
    """Every state-changing function of the contracts that a deployment consists of, as `Contract.signature`."""
    return {
        f"{name}.{abi_to_signature(element)}"
        for step in STEPS
        for name in (step.name, *step.children)
        for element in abi.load(name)["abi"]
        if element["type"] == "function" and element["stateMutability"] not in ("view", "pure")
    }


def versions(chain: Anvil) -> dict[str, str]:
    """What the figures depend on: asked of the tools and of the configuration that they read."""
    solidity = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
    package = ROOT / "node_modules" / "@openzeppelin" / "contracts" / "package.json"
    return {
        "Compiler": abi.load("ADN")["compiler"],
        "Optimizer": f"{solidity['optimization_runs']} runs, via IR: {'yes' if solidity['via_ir'] else 'no'}",
        "Compiled for": solidity["evm_version"],
        "Chain": chain.request("web3_clientVersion"),
        "Hard fork": chain.request("anvil_nodeInfo")["hardFork"].lower(),
        "OpenZeppelin": json.loads(package.read_text())["version"],
        peer.NAME: f"{peer.LOCKUP.version} (its own compiled artifacts)",
        mints.SERIES: mints.ERC721A.version,
    }


def snapshot(rows: Sequence[Row], tools: Mapping[str, str]) -> dict[str, Any]:
    """What is committed."""
    return {"tools": dict(tools), "gas": {row.key: row.gas for row in rows}}


def document(rows: Sequence[Row], tools: Mapping[str, str]) -> str:
    """The document, with its tables made anew."""
    before, rest = DOCUMENT.read_text().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    made = "\n\n".join(table.markdown() for table in tables(rows, tools))
    return f"{before}{MARKS[0]}\n{made}\n\n{MARKS[1]}{after}"


def promises_broken(rows: Sequence[Row]) -> list[str]:
    """Rows above their target, below their floor (then the floor is wrong), or not below a peer's."""
    by_key = {row.key: row for row in rows}
    each = {row.key: row.each for row in rows}
    broken = []
    for figure in FIGURES:
        if figure.undercut and each[figure.row] >= figure.gas:
            broken.append(f"{figure.row}: {each[figure.row]:,} is not below {figure.gas:,} of {figure.name}")
    for row in rows:
        if row.target is not None and row.gas > row.target:
            broken.append(f"{row.key}: {row.gas:,} is {row.gas - row.target:,} above its target")
        if row.floor is not None and row.gas < total(row.floor):
            broken.append(f"{row.key}: {row.gas:,} is below the floor of {total(row.floor):,}, so the floor is wrong")
        if row.peer_of is not None and (ours := beside(row, by_key[row.peer_of]))[1] >= ours[0]:
            broken.append(f"{row.peer_of}: {ours[1]:,} is not below {ours[0]:,} of {row.key}")
    return broken


def drift(committed: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Where two snapshots differ, one line each."""
    lines = []
    for key in [*committed["tools"], *(key for key in found["tools"] if key not in committed["tools"])]:
        was, now = committed["tools"].get(key), found["tools"].get(key)
        if was != now:
            lines.append(f"{key}: was {was}, is {now}")
    for key in [*committed["gas"], *(key for key in found["gas"] if key not in committed["gas"])]:
        was, now = committed["gas"].get(key), found["gas"].get(key)
        if was is None or now is None:
            lines.append(f"{key}: {'is new' if was is None else 'is not measured any more'}")
        elif was != now:
            lines.append(f"{key}: was {was:,}, is {now:,} ({now - was:+,})")
    return lines


@click.command()
@click.option(
    "--check", is_flag=True, help="Fail if a figure differs from what is committed, naming which and by how much."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON instead of tables.")
@click.option("--write", is_flag=True, help="Write benchmarks/snapshot.json and docs/assurance/benchmarks.md.")
def main(*, check: bool, as_json: bool, write: bool) -> None:
    """Measures receipt gas of every state-changing function on a fresh Anvil, and of a peer beside it."""
    try:
        rows, tools = run(Console(stderr=True))
    except (RuntimeError, FECError) as error:
        raise click.ClickException(str(error)) from error
    found = snapshot(rows, tools)
    if write:
        SNAPSHOT.write_text(json.dumps(found, indent=2) + "\n")
        DOCUMENT.write_text(document(rows, tools))
    if as_json:
        click.echo(json.dumps(found, indent=2))
    elif not check:
        console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
        for table in tables(rows, tools):
            console.print(table.rich())
    problems = promises_broken(rows)
    if check:
        problems += drift(json.loads(SNAPSHOT.read_text()), found)
        if document(rows, tools) != DOCUMENT.read_text():
            problems.append(f"{DOCUMENT.relative_to(ROOT)}: its tables are not what was measured")
    if problems:
        raise click.ClickException(
            "\n".join([*problems, "If this is meant, run `make bench` and commit what it writes."])
        )


if __name__ == "__main__":
    main()
