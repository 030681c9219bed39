"""The index: settlements, and which nodes are leaves of one."""

import sqlalchemy as sa
from alembic import op

from fec.store.types import Address, Hash32, Int64, TokenId, Wei

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Makes the tables, and the views of nodes anew."""
    op.create_table(
        "settlements",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("settlement_id", TokenId(), nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("period_length", Int64, nullable=False),
        sa.Column("start", Int64, nullable=False),
        sa.Column("first_serial", Int64, nullable=False),
        sa.Column("node_count", Int64, nullable=False),
        sa.Column("total", Wei(), nullable=False),
        sa.Column("root", Hash32(), nullable=False),
        sa.Column("branches", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_settlements")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_settlements_program_id"), "settlements", ["program_id"])
    op.create_index(op.f("ix_settlements_settlement_id"), "settlements", ["settlement_id"], unique=True)
    op.create_table(
        "settlement_refs",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("ref", Hash32(), nullable=False),
        sa.Column("settlement_id", TokenId(), nullable=False),
        sa.Column("payer", Address(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_settlement_refs")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_settlement_refs_program_id_ref"), "settlement_refs", ["program_id", "ref"], unique=True)
    op.create_index(op.f("ix_settlement_refs_settlement_id"), "settlement_refs", ["settlement_id"])
    for name, definition in _VIEWS.items():
        op.execute(f"DROP VIEW {name}")
        op.execute(definition)


_VIEWS = {
    "nodes_latest": "CREATE VIEW nodes_latest AS SELECT version.block_number, version.log_index, "
    "version.token_id, version.owner, version.principal, version.claimed, version.cause, born.program_id, born.serial, "
    "born.period_length, born.start, born.birth_principal, version.cause != 'settle' AS opened, "
    "settlement.settlement_id, born.serial - settlement.first_serial AS leaf_index FROM node_versions AS "
    "version JOIN nodes AS born ON born.token_id = version.token_id LEFT OUTER JOIN settlements AS "
    "settlement ON settlement.block_number = born.block_number AND settlement.log_index = born.log_index "
    "WHERE NOT (EXISTS (SELECT * FROM node_versions AS later WHERE later.token_id = version.token_id AND "
    "(later.block_number, later.log_index) > (version.block_number, version.log_index)))",
    "nodes_finalized": "CREATE VIEW nodes_finalized AS SELECT version.block_number, version.log_index, "
    "version.token_id, version.owner, version.principal, version.claimed, version.cause, born.program_id, born.serial, "
    "born.period_length, born.start, born.birth_principal, version.cause != 'settle' AS opened, "
    "settlement.settlement_id, born.serial - settlement.first_serial AS leaf_index FROM node_versions AS "
    "version JOIN nodes AS born ON born.token_id = version.token_id LEFT OUTER JOIN settlements AS "
    "settlement ON settlement.block_number = born.block_number AND settlement.log_index = born.log_index "
    "WHERE version.block_number <= (SELECT cursor.finalized_block FROM cursor) AND NOT (EXISTS (SELECT * "
    "FROM node_versions AS later WHERE later.token_id = version.token_id AND (later.block_number, "
    "later.log_index) > (version.block_number, version.log_index) AND later.block_number <= (SELECT "
    "cursor.finalized_block FROM cursor)))",
}
