"""The deployment that a database belongs to: one database holds one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Connection, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from fec.chain import deployments
from fec.chain.deployments import Deployment
from fec.protocol.abi import INDEXED
from fec.store.base import AddressText, Base
from fec.store.errors import WrongDatabase


class DeploymentRecord(Base):
    """The one row that says whose database this is."""

    __tablename__ = "deployment"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chain_id: Mapped[int]
    fec: Mapped[AddressText]
    adn: Mapped[AddressText]
    checkout: Mapped[AddressText]
    custodian: Mapped[AddressText]
    first_block: Mapped[int]
    """Before it none of the contracts was there."""


def bind(connection: Connection, deployment: Deployment) -> None:
    """Makes the database that of a deployment, in the caller's transaction, which writes.

    Raises WrongDatabase if it belongs to another, DeploymentMissing if a contract is not recorded.
    """
    wanted = _row(deployment)
    # Of two processes that start together, one comes second and finds the other's row.
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(insert(DeploymentRecord).values(wanted).on_conflict_do_nothing())
    found = connection.execute(select(DeploymentRecord.__table__)).mappings().one()
    if dict(found) != wanted:
        raise WrongDatabase(
            "The database belongs to FEC at {found_fec} on chain {found_chain}, not to FEC at {wanted_fec} on chain "
            "{wanted_chain}. Name another database, or the right deployments file.",
            found_fec=found["fec"],
            found_chain=found["chain_id"],
            wanted_fec=wanted["fec"],
            wanted_chain=wanted["chain_id"],
        )


def _row(deployment: Deployment) -> dict[str, Any]:
    records = {name: deployments.contract(deployment, name) for name in INDEXED}
    return {
        "id": 1,
        "chain_id": deployment["chainId"],
        "first_block": min(record["blockNumber"] for record in records.values()),
        **{name.lower(): record["address"] for name, record in records.items()},
    }
