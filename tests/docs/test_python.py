"""What documents show of Python: the README's example runs on a chain, and every name that a block imports is there."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fec import Anvil, deploy
from fec.chain import deployments
from tests.docs.documents import DOCUMENTS, ROOT

BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
README = ROOT / "README.md"
#: Words that the way in may have.
MOST = 900


def lost(source: str) -> list[str]:
    """Names that a source imports of `fec` and that are not there."""
    missing = []
    for statement in ast.walk(ast.parse(source)):
        if isinstance(statement, ast.ImportFrom) and str(statement.module).partition(".")[0] == "fec":
            module = importlib.import_module(str(statement.module))
            for alias in statement.names:
                if not hasattr(module, alias.name) and not is_module(f"{statement.module}.{alias.name}"):
                    missing.append(f"{statement.module}.{alias.name}")
    return missing


def is_module(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_document__names_that_its_python_imports__are_there(document: Path) -> None:
    assert [name for block in BLOCK.findall(document.read_text()) for name in lost(block)] == []


def test_name__that_is_not_there__is_found() -> None:
    assert lost("from fec import Client, gone\nfrom fec.core import curve, gone") == ["fec.gone", "fec.core.gone"]


def test_readme__its_python__mints_a_node_and_prints_what_is_claimable(tmp_path: Path) -> None:
    [block] = BLOCK.findall(README.read_text())
    with Anvil() as chain:
        deployments.write(deploy(chain.web3, chain.accounts[0]), tmp_path / "deployments" / "31337.json")
        script = block.replace("http://127.0.0.1:8545", chain.url)
        done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1-1 0\n"


def test_readme__is_read_in_a_few_minutes() -> None:
    assert len(README.read_text().split()) <= MOST
