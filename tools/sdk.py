"""Builds `@fec/sdk`: what it shares with the package into `packages/sdk/src/generated`, then `packages/sdk/dist`.

`python -m tools.sdk` does both; with `--generate` only the first. ABIs and structs, the curve's constants, what people
sign, and the sentences for contracts' errors are the package's own; none of them is written a second time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fec import i18n
from fec.client.custody import CUSTODIAN_NAME, NODES_NAME
from fec.client.orders import CHECKOUT_NAME, COUPON_NAME
from fec.client.settlements import OPEN_AND_CLAIM_GAS, OPEN_GAS
from fec.core import curve
from fec.core.settlement_id import SettlementId
from fec.pages.bundle import CALLED
from fec.protocol import abi, refusals, relays, signing
from fec.protocol.acts import ARGUMENTS, Instruction
from fec.protocol.calls import ContractCall, open_node
from fec.protocol.members import ALL_COINS
from fec.protocol.orders import Invoice, Order
from fec.protocol.relays import RelayedCall
from fec.protocol.settlements import Leaf, ProvenLeaf
from fec.protocol.signing import Domain
from tools import openapi

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "packages" / "sdk"
GENERATED = SOURCE / "src" / "generated"
_ZERO = "0x" + "00" * 20
_ZERO_WORD = "0x" + "00" * 32
#: Numbers of Solidity up to this width are numbers in JavaScript, others BigInts; the same in `src/abi.ts`.
_NUMBER_BITS = 48


def main() -> None:
    """Runs the tool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generate", action="store_true", help="Do not build.")
    generate()
    if not parser.parse_args().generate:
        build()


def generate() -> None:
    """Writes what the SDK shares with the package."""
    files = {"abi.ts": _abis(), "curve.ts": _curve(), "relay.ts": _relay(), "signing.ts": _signing()}
    files |= {"structs.ts": _structs(), "acts.ts": _acts()}
    files |= {f"refusals.{i18n.language_tag(locale)}.json": _refusals(locale) for locale in i18n.LOCALES}
    write(GENERATED, files)
    types()


def write(folder: Path, files: dict[str, str]) -> None:
    """Writes files into a folder; those that are so already are left alone, and what watches them sees nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def types() -> None:
    """Writes the types of the service's API. Exits if it cannot be read."""
    names = ("--root-types", "--root-types-no-schema-prefix")
    run("openapi-typescript", str(openapi.FILE), "--output", str(GENERATED / "api.ts"), *names)


def build() -> None:
    """Checks the types and bundles the SDK. Exits if either fails."""
    run("tsc", "--project", "packages/sdk")
    done = subprocess.run([shutil.which("node") or "node", "packages/sdk/build.mjs"], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit("The SDK could not be built: packages/sdk/build.mjs failed (see above).")


def run(tool: str, *arguments: str) -> None:
    """Runs one of Node's tools. Exits if it fails."""
    done = subprocess.run([ROOT / "node_modules" / ".bin" / tool, *arguments], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"The build failed: {tool} {' '.join(arguments)} (see above).")


def _literal(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _abis() -> str:
    lines = []
    for name in CALLED:
        entries = [_bare(entry) for entry in abi.load(name)["abi"]]
        lines.append(f"export const {name.lower()}Abi = {_literal(entries)} as const;")
    return "\n".join(lines) + "\n"


def _bare(entry: Any) -> Any:
    """An entry without the compiler's names of types, which are for people."""
    if isinstance(entry, dict):
        return {key: _bare(value) for key, value in entry.items() if key != "internalType"}
    return [_bare(each) for each in entry] if isinstance(entry, list) else entry


def _structs() -> str:
    """Interfaces of the structs that views give, by their names in Solidity."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name in CALLED:
        for entry in abi.load(name)["abi"]:
            for output in entry.get("outputs", ()):
                found.update(_structs_in(output))
    return "".join(_interface(name, fields) for name, fields in sorted(found.items()))


def _interface(name: str, fields: list[dict[str, Any]]) -> str:
    lines = [f"  {each['name']}: {_type(each)};\n" for each in fields]
    return f"export interface {name} {{\n{''.join(lines)}}}\n"


def _structs_in(parameter: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if components := parameter.get("components"):
        yield _struct_name(parameter), components
        for each in components:
            yield from _structs_in(each)


def _struct_name(parameter: dict[str, Any]) -> str:
    name: str = parameter["internalType"]
    return name.removeprefix("struct ").rpartition(".")[2].removesuffix("[]")


def _type(parameter: dict[str, Any]) -> str:
    kind: str = parameter["type"]
    if kind.endswith("[]"):
        return f"readonly {_type({**parameter, 'type': kind[:-2]})}[]"
    if kind == "tuple":
        return _struct_name(parameter)
    if kind.startswith("uint"):
        return "number" if int(kind.removeprefix("uint")) <= _NUMBER_BITS else "bigint"
    return {"bool": "boolean", "string": "string"}.get(kind, "`0x${string}`")


def _curve() -> str:
    growths = ", ".join(f"{growth}n" for growth in curve.GROWTHS)
    return (
        f"export const PERIODS = {curve.PERIODS};\n"
        f"export const FACE_MULTIPLE = {curve.FACE_MULTIPLE}n;\n"
        f"export const FRACTION_BITS = {curve.FRACTION_BITS}n;\n"
        f"export const GROWTHS = [{growths}];\n"
        f"export const FULL_GROWTH = {curve.FULL_GROWTH}n;\n"
    )


def _signing() -> str:
    domain = Domain("", 1, _ZERO)
    invoice = Invoice(1, "", 1, "", 1)
    messages = {
        "Invoice": signing.invoice_message(domain, invoice),
        "Order": signing.order_message(domain, Order(invoice, "0x", _ZERO)),
        "SaleBinding": signing.sale_binding_message(domain, code_hash=_ZERO_WORD, program_id=1, owner=_ZERO),
        "ReceiveWithAuthorization": signing.authorization_message(
            domain, payer=_ZERO, to=_ZERO, value=1, valid_after=0, valid_before=1, nonce=_ZERO_WORD
        ),
        "PermitForAll": signing.permit_for_all_message(
            domain, owner=_ZERO, operator=_ZERO, approved=True, nonce=0, deadline=0
        ),
        "Spend": signing.spend_message(domain, _ZERO, _ZERO_WORD),
        "Acts": signing.acts_message(domain, Instruction(_ZERO, _ZERO, (), 0, 0)),
    }
    types = {kind: fields for message in messages.values() for kind, fields in message.document["types"].items()}
    pay = next(entry for entry in abi.load("Checkout")["abi"] if entry.get("name") == "pay")
    return (
        f"export const CHECKOUT_NAME = {_literal(CHECKOUT_NAME)};\n"
        f"export const COUPON_NAME = {_literal(COUPON_NAME)};\n"
        f"export const CUSTODIAN_NAME = {_literal(CUSTODIAN_NAME)};\n"
        f"export const NODES_NAME = {_literal(NODES_NAME)};\n"
        f"export const DOMAIN_VERSION = {_literal(domain.version)};\n"
        f"export const TYPES = {_literal(types)} as const;\n"
        f"export const PAY = {_literal(_bare(pay))} as const;\n"
    )


def _acts() -> str:
    """Kinds of acts by their names at the contract, and the types of their arguments."""
    kinds = {
        "".join(word.capitalize() for word in kind.name.split("_")): {"number": int(kind), "types": list(types)}
        for kind, types in ARGUMENTS.items()
    }
    return f"export const ACTS = {_literal(kinds)} as const;\nexport const MAX_COINS = {ALL_COINS}n;\n"


def _relay() -> str:
    """How Relay knows calls that open and claim nodes, and the gas that the package gives them."""
    leaf = ProvenLeaf(SettlementId(1, 1, 1, 1, 10**15, 1).settlement_id, 0, Leaf(_ZERO, 10**15), ())
    calls = {"OPEN": open_node(leaf), "OPEN_AND_CLAIM": open_node(leaf, claim=True)}
    kinds = {name: relays.packed(RelayedCall(call, 1))[0] for name, call in calls.items()}
    kinds["CLAIM_FOR"] = relays.packed(RelayedCall(ContractCall("ADN", "claimFor", ([1],)), 1))[0]
    values = {**kinds, "OPEN_GAS": OPEN_GAS, "OPEN_AND_CLAIM_GAS": OPEN_AND_CLAIM_GAS}
    return "".join(f"export const {name} = {value};\n" for name, value in values.items())


def _refusals(locale: str) -> str:
    with i18n.use(locale):
        sentences = {name: i18n._(sentence) for name, sentence in sorted(refusals.sentences().items())}
    return json.dumps(sentences, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    main()
