"""For all tests: the environment, catalogs that are compiled, and the order of files."""

import gc
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

from tests.fixtures import environment

LOCALES = Path(__file__).resolve().parents[1] / "fec" / "i18n" / "locales"

#: Objects that Python makes before it looks for garbage.
OBJECTS = 20_000
#: Files that take longest, and the longest of those first: a file is never split between processes, so that one which
#: begins late would end alone. Those that wait for clocks and killed processes leave room for what computes beside.
LONGEST = (
    *("test_kills.py", "test_havoc.py", "test_resume.py", "test_process.py", "test_schema.py", "test_site.py"),
    *("test_spark.py", "test_reports.py", "test_merchant.py", "test_faults.py"),
    *("test_walletconnect.py", "test_documents.py", "test_tour.py", "test_up.py", "test_wheel.py", "test_pay.py"),
    *("test_wallet.py", "test_invoices.py", "test_reorganisation.py", "test_payments.py", "test_bad_input.py"),
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests live as long as the process: who looks for garbage need not look at them, nor look as often."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(OBJECTS)
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))


def pytest_configure(config: pytest.Config) -> None:
    # Before modules are imported: what they read, and the processes that tests start, are clean too.
    environment.clean()
    # How long an example takes says how busy the machine is, and nothing of what is tested.
    hypothesis.settings.register_profile(
        "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("unhurried")
    if not hasattr(config, "workerinput"):
        compile_catalogs()


def compile_catalogs() -> None:
    """Compiles the catalogs if a sentence was changed since."""
    pairs = [(source, source.with_suffix(".mo")) for source in LOCALES.glob("*/LC_MESSAGES/*.po")]
    if any(not made.exists() or made.stat().st_mtime < source.stat().st_mtime for source, made in pairs):
        from tools import messages  # noqa: PLC0415 (slow to import, and seldom needed)

        messages.compile_catalogs()
