"""`make up` as a command: it starts everything, says where, and leaves nothing behind."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_up__interrupted__stops_cleanly_and_was_whole_before() -> None:
    command = [sys.executable, "-m", "demo.up", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        said = ""
        while "Running until interrupted" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        pages = re.findall(r"(http://localhost:\d+/\w+)", said)
        assert [page.rsplit("/", 1)[1] for page in pages] == ["transparency", "wallet", "merchant", "claim", "pay"]
        for page in pages:
            assert '<div id="app">' in httpx.get(page).text
        site = pages[0].rsplit("/", 1)[0]
        [chain] = re.findall(r"Chain 31337 at (http://127\.0\.0\.1:\d+)", said)
        assert len(re.findall(r"0x[0-9a-f]{64}", said)) == 4
        assert httpx.get(f"{site}/readyz").is_success
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, rest
    assert "Stopped" in rest
    for address in (site, chain):
        with pytest.raises(httpx.ConnectError):
            httpx.get(address)
