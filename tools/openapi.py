"""Writes what the service says of its API into docs/reference/openapi.json, which the pages' types are made from.

`python -m tools.openapi` does it; a test says when it is to be run again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fec.service.app import openapi_document

FILE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "openapi.json"


def text() -> str:
    """The document as it is to be: JSON with a line for each path and each schema, so that changes can be read."""
    document = openapi_document()
    paths = _lines(document.pop("paths"))
    schemas = _lines(document["components"].pop("schemas"))
    rest = [f"{_json(name)}: {_json(value)}" for name, value in document.items() if name != "components"]
    others = [f"{_json(name)}: {_json(value)}" for name, value in document["components"].items()]
    components = ",\n".join([*others, f'"schemas": {{\n{schemas}\n}}'])
    return "{\n" + ",\n".join([*rest, f'"paths": {{\n{paths}\n}}', f'"components": {{\n{components}\n}}']) + "\n}\n"


def _lines(values: dict[str, Any]) -> str:
    return ",\n".join(f"{_json(name)}: {_json(value)}" for name, value in values.items())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    FILE.write_text(text())
