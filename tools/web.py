"""Builds the pages: what they share with the package into `web/src/generated`, then `web/` into `fec/pages/web`.

`python -m tools.web` does both; with `--generate` only the first. ABIs, the curve's constants and its picture, what
people sign, and the sentences for contracts' errors are the package's own; none of them is written a second time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from fec import charts, i18n
from fec.charts.theme import THEMES
from fec.client.orders import CHECKOUT_NAME, COUPON_NAME
from fec.core import curve
from fec.pages.bundle import CALLED
from fec.protocol import abi, refusals, signing
from fec.protocol.orders import Invoice, Order
from fec.protocol.signing import Domain
from tools import openapi

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "web"
GENERATED = SOURCE / "src" / "generated"
_ZERO = "0x" + "00" * 20
#: Widths of the payout curve's picture, on a phone and elsewhere.
_WIDTHS = {"narrow": 320, "wide": 880}


def main() -> None:
    """Runs the tool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generate", action="store_true", help="Do not build.")
    generate()
    if not parser.parse_args().generate:
        build()


def generate() -> None:
    """Writes what the pages share with the package."""
    GENERATED.mkdir(parents=True, exist_ok=True)
    files = {"abi.ts": _abis(), "curve.ts": _curve(), "signing.ts": _signing()}
    for locale in i18n.LOCALES:
        tag = i18n.language_tag(locale)
        files[f"refusals.{tag}.json"] = _refusals(locale)
        for (size, width), theme in itertools.product(_WIDTHS.items(), THEMES):
            files[f"payout-{tag}-{size}-{theme}.svg"] = charts.render("payout", {}, locale, theme, width)
    for name, text in files.items():
        path = GENERATED / name
        # Left alone when nothing changed, so that what watches it sees nothing either.
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    types()


def types() -> None:
    """Writes the types of the service's API. Exits if it cannot be read."""
    names = ("--root-types", "--root-types-no-schema-prefix")
    _run("openapi-typescript", str(openapi.FILE), "--output", str(GENERATED / "api.ts"), *names)


def build() -> None:
    """Checks the types and bundles the pages. Exits if either fails."""
    _run("tsc", "--project", "web")
    _run("vite", "build", "web", "--logLevel", "warn")


def _run(tool: str, *arguments: str) -> None:
    done = subprocess.run([ROOT / "node_modules" / ".bin" / tool, *arguments], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"The pages could not be built: {tool} {' '.join(arguments)} failed (see above).")


def _literal(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _abis() -> str:
    lines = []
    for name in CALLED:
        # The compiler's names of types are for people, and nobody here reads them.
        entries = [_bare(entry) for entry in abi.load(name)["abi"]]
        lines.append(f"export const {name.lower()}Abi = {_literal(entries)} as const;")
    return "\n".join(lines) + "\n"


def _bare(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {key: _bare(value) for key, value in entry.items() if key != "internalType"}
    return [_bare(each) for each in entry] if isinstance(entry, list) else entry


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
        "SaleBinding": signing.sale_binding_message(domain, code_hash="0x" + "00" * 32, program_id=1, owner=_ZERO),
        "ReceiveWithAuthorization": signing.authorization_message(
            domain, payer=_ZERO, to=_ZERO, value=1, valid_after=0, valid_before=1, nonce="0x" + "00" * 32
        ),
    }
    types = {kind: message.document["types"][kind] for kind, message in messages.items()}
    types["EIP712Domain"] = messages["Invoice"].document["types"]["EIP712Domain"]
    return (
        f"export const CHECKOUT_NAME = {_literal(CHECKOUT_NAME)};\n"
        f"export const COUPON_NAME = {_literal(COUPON_NAME)};\n"
        f"export const DOMAIN_VERSION = {_literal(domain.version)};\n"
        f"export const TYPES = {_literal(types)} as const;\n"
    )


def _refusals(locale: str) -> str:
    with i18n.use(locale):
        sentences = {name: i18n._(sentence) for name, sentence in sorted(refusals.sentences().items())}
    return json.dumps(sentences, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    main()
