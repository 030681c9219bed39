"""What the service says of itself is what it does: Schemathesis tries to find a difference, with all its checks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.conftest import ServiceClient

HOOKS = """
import uuid
import schemathesis
from eth_utils.address import to_checksum_address
from hypothesis import strategies as st

schemathesis.openapi.format("address", st.binary(min_size=20, max_size=20).map(to_checksum_address))


@schemathesis.hook
def before_call(context, case, kwargs):
    # A key is used once: the one that is made up first stands for all that follow.
    if case.headers and "Idempotency-Key" in case.headers and case.meta and case.meta.generation.mode.is_positive:
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
"""
#: They never end; they have tests of their own.
STREAMS = "^/v1/(events/stream|pay/.*/events)$"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_openapi__tried_by_schemathesis__holds(live: ServiceClient, tmp_path: Path) -> None:
    # They are put together when they are first asked for, which takes a busy machine longer than Schemathesis waits.
    for path in ("/openapi.json", "/v1/reports/supply", "/v1/reports/flowback"):
        live.get(path)
    (tmp_path / "hooks.py").write_text(HOOKS)
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{live.http.base_url}/openapi.json"),
        *("-H", f"Authorization: {live.headers['Authorization']}", "--checks", "all"),
        *("--exclude-path-regex", STREAMS),
        *("--max-examples", "5", "--continue-on-failure", "--generation-deterministic"),
        # How fast a busy machine is, is not the question.
        *("--request-timeout", "300", "--max-response-time", "300"),
    ]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "hooks",
        "PYTHONPATH": f".{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
    }
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=1_500, check=False
    )
    assert done.returncode == 0, done.stdout
    tried = re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", done.stdout)
    assert tried is not None, done.stdout
    selected, described, tested = map(int, tried.groups())
    assert selected == tested == described - 2
