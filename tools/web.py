"""Builds the pages: the charts that they show into `web/src/generated`, then `web/` into `fec/pages/web`.

`python -m tools.web` does both; with `--generate` only the first. All else that they share with the package comes
through `@fec/sdk` (`tools/sdk.py`).
"""

from __future__ import annotations

import argparse
import itertools

from fec import charts, i18n
from fec.charts.theme import THEMES
from tools import sdk

SOURCE = sdk.ROOT / "web"
GENERATED = SOURCE / "src" / "generated"
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
    sdk.generate()
    sdk.write(
        GENERATED,
        {
            f"payout-{i18n.language_tag(locale)}-{size}-{theme}.svg": charts.render("payout", {}, locale, theme, width)
            for locale in i18n.LOCALES
            for (size, width), theme in itertools.product(_WIDTHS.items(), THEMES)
        },
    )


def build() -> None:
    """Checks the types and bundles the pages. Exits if either fails."""
    sdk.run("tsc", "--project", "web")
    sdk.run("vite", "build", "web", "--logLevel", "warn")


if __name__ == "__main__":
    main()
