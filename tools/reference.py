"""Makes the API reference, out/reference: Python from docstrings, contracts from NatSpec, HTTP from OpenAPI.

python -m tools.reference        writes the pages; needs no network
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from eth_utils.abi import abi_to_signature

import fec
from fec.protocol.abi import CONTRACTS
from fec.service.app import openapi_document
from tools.frontend import ROOT, analyse

OUT = ROOT / "out" / "reference"
#: What is described elsewhere: commands by their own help, migrations by the tables of the index.
LEFT_OUT = {"fec.cli", "fec.store.migrations"}
KINDS = {"function": "Functions", "event": "Events", "error": "Errors"}
HOME = """# API reference

- **Python**: `from fec import …`, and each package of `fec`. The command line has its own help: `fec --help`.
- **Contracts**: every function, event and error that a caller's ABI shows.
- **HTTP**: every route of `fec serve`, and what it takes and answers.

Tutorials, guides and what is proven are in the repository's `docs` folder.
"""


def main() -> None:
    """Writes the pages."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        pages = {"index.md": HOME, **python_pages(), **contract_pages(), "http.md": http_page(openapi_document())}
        for name, text in pages.items():
            (folder / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "docs" / name).write_text(text)
        (folder / "mkdocs.yml").write_text(yaml.safe_dump(settings(sorted(pages))))
        shutil.rmtree(OUT, ignore_errors=True)
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "-f", folder / "mkdocs.yml"]
        done = subprocess.run([*map(str, command), "-d", str(OUT)], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"The reference cannot be built:\n{done.stdout}{done.stderr}")
    fetched = {address for page in OUT.rglob("*.html") for address in remote(page.read_text())}
    if fetched:
        sys.exit(f"Pages of the reference would fetch {', '.join(sorted(fetched))}. Leave it out of their settings.")
    sys.stdout.write(f"{OUT / 'index.html'}\n")


def remote(page: str) -> list[str]:
    """What a page would fetch from elsewhere when it is opened: scripts, styles, pictures; not where links lead."""
    return re.findall(r'<(?:script|link|img)\b[^>]*?\b(?:src|href)="(https?://[^"]+)"', page)


def settings(pages: list[str]) -> dict[str, Any]:
    """What MkDocs is told. Fonts and inventories are left out, so that nothing is fetched."""
    options = {
        "docstring_style": "google",
        "filters": ["!^_", "!^logger$"],
        "heading_level": 2,
        "members_order": "source",
        "separate_signature": True,
        "show_root_full_path": True,
        "show_root_heading": True,
        "show_source": False,
        "show_signature_annotations": True,
        "warn_unknown_params": False,
    }
    python = {"paths": [str(ROOT)], "inventories": [], "options": options}
    return {
        "site_name": "FEC",
        "use_directory_urls": False,
        "theme": {"name": "material", "font": False, "features": ["navigation.tabs", "toc.follow"]},
        "markdown_extensions": ["attr_list", "tables", {"toc": {"permalink": True, "toc_depth": 3}}],
        "plugins": ["search", {"mkdocstrings": {"handlers": {"python": python}}}],
        "nav": [
            {"Start": "index.md"},
            *({tab: [page for page in pages if page.startswith(f"{tab.lower()}/")]} for tab in ("Python", "Contracts")),
            {"HTTP": "http.md"},
        ],
    }


def python_pages() -> dict[str, str]:
    """A page for the public names, and one for each package with all of its modules."""
    package = ROOT / "fec"
    names = "".join(f"::: fec.{name}\n\n" for name in sorted(fec.__all__))
    pages = {"python/fec.md": f"# fec\n\n{fec.__doc__ or ''}\n\n{qualified(names)}"}
    for folder in sorted(path.parent for path in package.glob("*/__init__.py")):
        modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sorted(folder.rglob("*.py"))]
        inner = [name.removesuffix(".__init__") for name in modules if not name.endswith("__main__")]
        shown = [name for name in inner if not any(f"{name}.".startswith(f"{out}.") for out in LEFT_OUT)]
        if shown:
            text = "".join(f"::: {name}\n\n" for name in shown)
            pages[f"python/{folder.name}.md"] = f"# fec.{folder.name}\n\n{text}"
    return pages


def qualified(text: str) -> str:
    """The same with each public name where it is defined, as it is read without being imported."""
    for name, module in fec._WHERE.items():
        text = text.replace(f"::: fec.{name}\n", f"::: {module}.{name}\n")
    return text


def contract_pages() -> dict[str, str]:
    """A page for each contract, and one for the libraries."""
    _, _, output = analyse()
    pages = {}
    for name in CONTRACTS:
        compiled = output["contracts"]
        interface = compiled[f"contracts/interfaces/I{name}.sol"][f"I{name}"]
        # The interface carries the documentation; the contract refers to it.
        about = [str(interface[part].get(key, "")) for part, key in (("userdoc", "notice"), ("devdoc", "details"))]
        page = contract_page(name, compiled[f"contracts/{name}.sol"][name], [text for text in about if text])
        pages[f"contracts/{name}.md"] = "\n".join(page)
    libraries = sorted(source for source in output["contracts"] if source.startswith("contracts/libraries/"))
    texts = [library for source in libraries for library in library_page(output["sources"][source]["ast"])]
    pages["contracts/libraries.md"] = "\n".join(["# Libraries", "", *texts])
    return pages


def contract_page(name: str, compiled: Mapping[str, Any], about: Iterable[str]) -> Iterator[str]:
    """What is said about a contract, and its functions, events and errors, each with what its NatSpec says."""
    user, developer = compiled["userdoc"], compiled["devdoc"]
    yield from (f"# {name}", "")
    for text in about:
        yield from (text, "")
    for kind, heading in KINDS.items():
        yield from (f"## {heading}", "")
        of_kind = [entry for entry in compiled["abi"] if entry["type"] == kind]
        for entry in sorted(of_kind, key=lambda entry: str(entry["name"])):
            signature = abi_to_signature(entry)
            key = "methods" if kind == "function" else f"{kind}s"
            says = {**documented(developer, key, signature), **documented(user, key, signature)}
            variable = developer.get("stateVariables", {}).get(entry["name"], {})
            yield from (f"### {entry['name']}", "", "```solidity", declaration(entry), "```", "")
            yield from (
                str(part) for part in (says.get("notice"), says.get("details", variable.get("details"))) if part
            )
            yield ""
            yield from (f"- `{param}`: {text}" for param, text in says.get("params", {}).items())
            yield from (f"- returns `{param}`: {text}" for param, text in says.get("returns", {}).items())
            yield ""


def documented(says: Mapping[str, Any], key: str, signature: str) -> dict[str, Any]:
    """What a part of the compiler's documentation says of a signature."""
    found = says.get(key, {}).get(signature, {})
    return dict(found[0] if isinstance(found, list) else found)


def declaration(entry: Mapping[str, Any]) -> str:
    """An entry of an ABI as Solidity writes it."""
    inputs = ", ".join(parameter(one) for one in entry["inputs"])
    if entry["type"] != "function":
        return f"{entry['type']} {entry['name']}({inputs})"
    outputs = ", ".join(parameter(one) for one in entry["outputs"])
    mutability = "" if entry["stateMutability"] == "nonpayable" else f" {entry['stateMutability']}"
    return f"function {entry['name']}({inputs}){mutability}" + (f" returns ({outputs})" if outputs else "")


def parameter(one: Mapping[str, Any]) -> str:
    """One parameter: type, name, and whether an event is searched by it."""
    kind = str(one.get("internalType", one["type"])).removeprefix("struct ").removeprefix("enum ")
    return " ".join(part for part in (kind, "indexed" if one.get("indexed") else "", one["name"]) if part)


def library_page(tree: Mapping[str, Any]) -> Iterator[str]:
    """A library's functions, from its syntax tree, since no ABI shows what is internal."""
    for contract in tree["nodes"]:
        if contract["nodeType"] != "ContractDefinition":
            continue
        yield from (f"## {contract['name']}", "", text_of(contract), "")
        for node in contract["nodes"]:
            if node["nodeType"] == "FunctionDefinition":
                inputs, outputs = (variables(node[of]) for of in ("parameters", "returnParameters"))
                shown = f"function {node['name']}({inputs}) {node['visibility']} {node['stateMutability']}"
                shown += f" returns ({outputs})" if outputs else ""
                yield from (f"### {node['name']}", "", "```solidity", shown, "```", "", text_of(node), "")


def variables(parameters: Mapping[str, Any]) -> str:
    """A list of parameters of a syntax tree."""
    listed = ((one["typeDescriptions"]["typeString"], one["name"]) for one in parameters["parameters"])
    return ", ".join(" ".join(part for part in (kind.removeprefix("struct "), name) if part) for kind, name in listed)


def text_of(node: Mapping[str, Any]) -> str:
    """What is written above a definition, a tag a line."""
    says = str((node.get("documentation") or {}).get("text", ""))
    lines = [line.strip() for line in says.splitlines()]
    return (
        "\n".join(f"\n- {line}" if line.startswith(("@param", "@return")) else line for line in lines)
        .replace("@notice ", "")
        .replace("@dev ", "\n")
        .replace("@title ", "")
    )


def http_page(document: Mapping[str, Any]) -> str:
    """Routes and schemas of an OpenAPI document."""
    lines = ["# HTTP", "", str(document["info"].get("summary", "")), ""]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            problems = [
                status
                for status, response in operation["responses"].items()
                if "application/problem+json" in response.get("content", {})
            ]
            lines += [f"## {method.upper()} {path}", "", str(operation.get("description", operation["summary"])), ""]
            lines += table(
                ("parameter", "in", "type", "meaning"),
                [
                    (f"`{one['name']}`", one["in"], kind_of(one.get("schema", {})), said(one))
                    for one in operation.get("parameters", [])
                ],
            )
            for content in operation.get("requestBody", {}).get("content", {}).values():
                lines += [f"Takes {kind_of(content['schema'])}.", ""]
            lines += table(
                ("status", "answer", "meaning"),
                [
                    (status, ", ".join(answers(response)), said(response))
                    for status, response in operation["responses"].items()
                    if status not in problems
                ],
            )
            lines += [f"A [Problem](#problem) with {', '.join(problems)}.", ""] if problems else []
    lines += ["## Schemas", ""]
    for name, schema in document["components"]["schemas"].items():
        lines += [f"### {name}", "", said(schema), ""]
        required = schema.get("required", [])
        lines += table(
            ("field", "type", "meaning"),
            [
                (f"`{field}`" + ("" if field in required else " (optional)"), kind_of(one), said(one))
                for field, one in schema.get("properties", {}).items()
            ],
        )
        if "enum" in schema:
            lines += [", ".join(f"`{value}`" for value in schema["enum"]), ""]
    return "\n".join(lines)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """Rows as a table in Markdown; nothing if there are none."""
    if not rows:
        return []
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)] + [""]


def kind_of(schema: Mapping[str, Any]) -> str:
    """A schema's type, with a link if it has a name."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(kind_of(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return str(schema.get("format", schema.get("type", "any")))


def answers(response: Mapping[str, Any]) -> Iterator[str]:
    """What a response may be."""
    for media, content in response.get("content", {}).items():
        yield kind_of(content["schema"]) if content.get("schema") else f"`{media}`"


def said(of: Mapping[str, Any]) -> str:
    """A description on one line."""
    return " ".join(str(of.get("description", "")).split()).replace("|", "\\|")


if __name__ == "__main__":
    main()
