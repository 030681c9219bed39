"""What others wrote (files that people hand each other, a node's words) is shown, and neither obeyed nor formatted."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from fec.cli.context import Context, facts, grid
from fec.i18n.readable import readable
from fec.protocol.acts import withdraw
from tests.fixtures.endpoints import Answer, Ask, Call, Profile, ReshapingProxy, error

from .conftest import Shell

#: Overwrites the line above, turns letters around, and looks like a line of ours.
HOSTILE = "\x1b[1A\x1b[2K\r\u202e[red]:warning:\nError: all is well"
SIGNATURE = "0x" + "11" * 65
ADDRESS = "0x" + "11" * 20
MEMBER = {"brand": ADDRESS, "signer": ADDRESS, "salt": "0x" + "ab" * 32}
INVOICE = {
    "programId": 1,
    "orderId": "A-1",
    "amount": "1",
    "currencyReference": "RM 1",
    "expiry": 4_000_000_000,
    "merchantSignature": SIGNATURE,
}
ORDER = {**INVOICE, "customer": ADDRESS, "minPrincipal": "0", "cause": None}
INSTRUCTION = {
    "vault": ADDRESS,
    "signer": ADDRESS,
    "acts": [{"kind": 0, "data": withdraw(ADDRESS, [1], 1).data}],
    "nonce": 0,
    "deadline": 4_000_000_000,
}
#: By command, what each file holds.
FILES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "invoice": (["pay"], INVOICE),
    "payment": (
        ["order", "relay"],
        {"order": ORDER, "payer": ADDRESS, "validAfter": 0, "validBefore": 4_000_000_000, "signature": SIGNATURE},
    ),
    "member": (["custody", "show"], MEMBER),
    "spend": (
        ["custody", "relay"],
        {"kind": "spend", "member": MEMBER, "order": ORDER, "tokenIds": ["1"], "signature": SIGNATURE},
    ),
    "withdrawal": (
        ["custody", "relay"],
        {"kind": "withdrawal", "member": MEMBER, "instruction": INSTRUCTION, "signature": SIGNATURE},
    ),
}


def spoilt(record: Any) -> Iterator[Any]:
    """The record with each of its values, and each of its names, replaced by hostile text in turn."""
    yield HOSTILE
    if isinstance(record, dict):
        for name, value in record.items():
            for changed in spoilt(value):
                yield {**record, name: changed}
            yield {HOSTILE if each == name else each: deepcopy(kept) for each, kept in record.items()}
    elif isinstance(record, list):
        for place, value in enumerate(record):
            for changed in spoilt(value):
                yield [*record[:place], changed, *record[place + 1 :]]


def assert_harmless(said: str) -> None:
    assert readable(said) == said
    assert "\nError: all is well" not in said


@pytest.mark.parametrize("kind", FILES)
def test_file__hostile_text_in_any_place__is_not_obeyed(shell: Shell, tmp_path: Path, kind: str) -> None:
    command, record = FILES[kind]
    path = tmp_path / "file.json"
    for changed in spoilt(record):
        path.write_text(json.dumps(changed))
        result = shell.run(*command, path, "--dry-run" if kind != "member" else "--yes")
        assert_harmless(result.stdout + result.stderr)


@pytest.mark.parametrize("kind", FILES)
def test_file__no_json__is_not_obeyed(shell: Shell, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(HOSTILE)
    result = shell.run(*FILES[kind][0], path)
    assert result.exit_code == 1
    assert_harmless(result.stderr)


def test_node__says_hostile_text__is_not_obeyed(shell: Shell) -> None:
    def refuse(call: Call, ask: Ask) -> Answer:
        asked = call["method"] in ("eth_call", "eth_getLogs")
        return error(call, -32000, HOSTILE, HOSTILE) if asked else ask(call)

    with ReshapingProxy(shell.anvil.url, Profile("", call=refuse)) as proxy:
        result = shell.run("--rpc", proxy.url, "node", "list")
    assert result.exit_code == 1
    assert "all is well" in result.stderr
    assert_harmless(result.stderr)


def test_print__hostile_text_in_lines_and_tables__is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    table = grid("[b]one[/b]", "two")
    table.add_row("[red]\x1b[2K", ":warning:")
    Context().print("[bold]\x1b[1A:smile:", facts([("[i]", "\u202e[/]")]), table)
    said = capsys.readouterr().out
    assert_harmless(said)
    for shown in ("[bold][1A:smile:", "[i]", "[/]", "[b]one[/b]", "[red][2K", ":warning:"):
        assert shown in said
