"""A table with a column of each type, and nothing else in mind."""

from sqlalchemy import JSON, Boolean, Column, MetaData, Table, Text

from fec.store.types import Address, Hash32, Int64, TokenId, Wei

ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
THINGS = Table(
    "things",
    MetaData(),
    Column("id", Int64, primary_key=True),
    Column("amount", Wei),
    Column("token_id", TokenId),
    Column("account", Address),
    Column("word", Hash32),
    Column("text", Text),
    Column("yes", Boolean),
    Column("list", JSON),
)
