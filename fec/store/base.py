"""What all tables share: one metadata, one way to name constraints, and columns by annotation.

class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[AddressText]
    amount: Mapped[WeiInt | None]
"""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import JSON, MetaData, Table
from sqlalchemy.orm import DeclarativeBase

from fec.store.types import Address, Hash32, Int64, TokenId, Wei

WeiInt = Annotated[int, "wei"]
TokenIdInt = Annotated[int, "token id"]
AddressText = Annotated[str, "address"]
Hash32Text = Annotated[str, "32 bytes"]
JSONValue = Annotated[Any, "JSON"]


class Base(DeclarativeBase):
    """Base of all tables. Plain integers, such as blocks and seconds, have 64 bits."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (the library's way to declare it)
        int: Int64,
        WeiInt: Wei,
        TokenIdInt: TokenId,
        AddressText: Address,
        Hash32Text: Hash32,
        JSONValue: JSON,
    }


def table(model: type[Base]) -> Table:
    """A model's table: statements about it make rows, and no objects."""
    return Base.metadata.tables[model.__tablename__]
