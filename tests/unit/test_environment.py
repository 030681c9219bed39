"""The suite wherever it runs: in any language, in any time zone, whatever `fec` is told there."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {
    "COLUMNS": "40",
    "FEC_LANG": "ms",
    "FEC_PRIVATE_KEY": "not a key",
    "FEC_RPC": "http://127.0.0.1:1",
    "FORCE_COLOR": "1",
    "LANG": "zh_CN.UTF-8",
    "LC_MESSAGES": "zh_TW.UTF-8",
    "TZ": "Asia/Kuala_Lumpur",
}
#: What people read, with and without a chain: of the command line, of the index, of reports.
SAMPLE = (
    "tests/cli/test_coupon.py::test_balance__of_another__is_theirs",
    "tests/cli/test_curve.py::test_curve__for_people__says_its_shape_first",
    "tests/indexer/test_cli.py::test_run__without_the_extra__says_what_to_install",
    "tests/reports/test_cli.py::test_report__what_cannot_be__is_refused_in_a_sentence",
    "tests/unit/test_environment.py::test_environment__of_tests_and_their_processes__is_english_and_utc",
)
LOOK = """
import json, os, time
names = sorted(name for name in os.environ if name.startswith(("FEC_", "LANG", "LC_")) or name == "TZ")
print(json.dumps([{name: os.environ[name] for name in names}, time.localtime(0).tm_hour]))
"""


def test_environment__of_tests_and_their_processes__is_english_and_utc() -> None:
    seen = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True).stdout
    assert json.loads(seen) == [{"LC_ALL": "C.UTF-8", "TZ": "UTC"}, 0]
    assert time.localtime(0).tm_hour == 0


def test_suite__started_elsewhere__passes() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:ape_test", "-p", "no:cacheprovider", *SAMPLE]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | ELSEWHERE, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout
