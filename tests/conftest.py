"""For all tests: the environment, catalogs that are compiled, and the order of files."""

from pathlib import Path

import pytest

from tests.fixtures import environment

LOCALES = Path(__file__).resolve().parents[1] / "fec" / "i18n" / "locales"

#: Files that take longest, and the longest of those first: a file is never split between processes, so that one which
#: begins late would end alone. Those that wait for clocks and killed processes leave room for what computes beside.
LONGEST = (
    *("test_kills.py", "test_havoc.py", "test_resume.py", "test_process.py", "test_schema.py", "test_site.py"),
    *("test_spark.py", "test_reports.py", "test_merchant.py", "test_faults.py", "test_checkout_machine.py"),
    *("test_walletconnect.py", "test_documents.py", "test_tour.py", "test_up.py", "test_wheel.py", "test_pay.py"),
    *("test_wallet.py", "test_invoices.py", "test_reorganisation.py", "test_payments.py", "test_bad_input.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))


def pytest_configure(config: pytest.Config) -> None:
    # Before modules are imported: what they read, and the processes that tests start, are clean too.
    environment.clean()
    if not hasattr(config, "workerinput"):
        compile_catalogs()


def compile_catalogs() -> None:
    """Compiles the catalogs if a sentence was changed since."""
    pairs = [(source, source.with_suffix(".mo")) for source in LOCALES.glob("*/LC_MESSAGES/*.po")]
    if any(not made.exists() or made.stat().st_mtime < source.stat().st_mtime for source, made in pairs):
        from tools import messages  # noqa: PLC0415 (slow to import, and seldom needed)

        messages.compile_catalogs()
