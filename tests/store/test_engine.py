"""Opening databases, binding them to a deployment, and the two kinds of transaction."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, MetaData, Table, insert, select, text, update

from fec import store
from fec.chain.deployments import ContractRecord, Deployment
from fec.i18n.errors import DeploymentMissing
from fec.protocol.abi import CONTRACTS
from fec.store.errors import DatabaseInvalid, DatabaseUnreachable, WrongDatabase
from fec.store.types import Int64
from tests.fixtures.databases import PostgreSQL, wheel_binaries

COUNTER = Table("counter", MetaData(), Column("value", Int64))


def deployment(chain_id: int = 31337) -> Deployment:
    record = ContractRecord(
        address="0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", abi=[], txHash="0x" + "00" * 32, blockNumber=1
    )
    return Deployment(chainId=chain_id, contracts=dict.fromkeys(CONTRACTS, record))


def bind_both(engine: Engine, first: Deployment, second: Deployment) -> None:
    """In one transaction."""
    with store.writing(engine) as connection:
        store.bind(connection, first)
        store.bind(connection, second)


@pytest.mark.parametrize("where", ["mysql://localhost/fec", "sqlite://", "nonsense://", "postgresql://fec:x:y/"])
def test_open__no_such_kind__is_refused(where: str) -> None:
    with pytest.raises(DatabaseInvalid, match=r"is neither an SQLite file|is not a database address"):
        store.open_database(where)


def test_open__no_such_folder__says_which(tmp_path: Path) -> None:
    with pytest.raises(
        DatabaseUnreachable, match=r"missing/fec\.sqlite cannot be opened: unable to open database file"
    ):
        store.open_database(tmp_path / "missing" / "fec.sqlite")


def test_open__no_server__hides_the_password(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable, match=r"fec:\*\*\*@/shop") as caught:
        store.open_database(f"postgresql://fec:secret@/shop?host={tmp_path}")
    assert "secret" not in str(caught.value)


def test_open__plain_path__is_an_sqlite_file(tmp_path: Path) -> None:
    engine = store.open_database(str(tmp_path / "shop.sqlite"))
    assert (engine.dialect.name, (tmp_path / "shop.sqlite").exists()) == ("sqlite", True)
    engine.dispose()


def test_bind__again__is_fine(engine: Engine) -> None:
    for _ in range(2):
        with store.writing(engine) as connection:
            store.bind(connection, deployment())


def test_bind__to_another_deployment__is_refused(engine: Engine) -> None:
    with store.writing(engine) as connection:
        store.bind(connection, deployment())
    with (
        store.writing(engine) as connection,
        pytest.raises(WrongDatabase, match=r"on chain 31337, not to .* on chain 1\."),
    ):
        store.bind(connection, deployment(chain_id=1))


def test_bind__incomplete_deployment__is_refused(engine: Engine) -> None:
    with store.writing(engine) as connection, pytest.raises(DeploymentMissing, match="no contract 'FEC'"):
        store.bind(connection, Deployment(chainId=1, contracts={}))


def test_writing__an_error__leaves_nothing(engine: Engine) -> None:
    with pytest.raises(DeploymentMissing):
        bind_both(engine, deployment(), Deployment(chainId=1, contracts={}))
    with store.reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM deployment")).scalar_one() == 0


def test_reading__while_another_commits__sees_one_moment(engine: Engine) -> None:
    count = text("SELECT count(*) FROM deployment")
    with store.reading(engine) as connection:
        before = connection.execute(count).scalar_one()
        with store.writing(engine) as other:
            store.bind(other, deployment())
        assert connection.execute(count).scalar_one() == before


def test_writing__many_at_once__all_commit(engine: Engine) -> None:
    with store.writing(engine) as connection:
        COUNTER.create(connection)
        connection.execute(insert(COUNTER).values(value=0))

    def add() -> None:
        for _ in range(20):
            with store.writing(engine) as connection:
                value = connection.execute(select(COUNTER.c.value).with_for_update()).scalar_one()
                connection.execute(update(COUNTER).values(value=value + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading(engine) as connection:
        assert connection.execute(select(COUNTER.c.value)).scalar_one() == 80


def test_server__from_the_wheel__takes_all_tables() -> None:
    # Where Debian's server is neither there nor to be had, this one is what the tests run on.
    server = PostgreSQL(wheel_binaries())
    try:
        engine = store.open_database(server.start().create(server.migrated))
        store.check_version(engine)
        engine.dispose()
    finally:
        server.stop()
