"""The service: sales that were paid elsewhere, their settlements, and who may record them."""

import sqlalchemy as sa
from alembic import op

from fec.store.types import Address, Hash32, Int64, TokenId, Wei

revision = "0005"
down_revision = "0004"

_REFUSE = "the log of sales is only added to"


def upgrade() -> None:
    """Makes the tables."""
    op.add_column("api_keys", sa.Column("sales", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "sale_programs",
        sa.Column("program_id", Int64, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("return_window", Int64, nullable=False),
        sa.Column("period", Int64, nullable=False),
        sa.Column("claim_window", Int64, nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("day_bound", Int64, nullable=True),
        sa.Column("approval_above", Int64, nullable=True),
        sa.Column("file_settlements", Int64, nullable=False),
        sa.Column("missing", sa.JSON(), nullable=True),
        sa.CheckConstraint("\"group\" IN ('sale', 'shopper')", name=op.f("ck_sale_programs_group")),
        sa.ForeignKeyConstraint(
            ["program_id"], ["merchants.program_id"], name=op.f("fk_sale_programs_program_id_merchants")
        ),
        sa.PrimaryKeyConstraint("program_id", name=op.f("pk_sale_programs")),
    )
    op.create_table(
        "sale_rates",
        sa.Column("program_id", Int64, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("since", Int64, autoincrement=False, nullable=False),
        sa.Column("rate", Wei(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"], ["sale_programs.program_id"], name=op.f("fk_sale_rates_program_id_sale_programs")
        ),
        sa.PrimaryKeyConstraint("program_id", "currency", "since", name=op.f("pk_sale_rates")),
    )
    op.create_table(
        "sale_batches",
        sa.Column("number", Int64, nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("ref", Hash32(), nullable=False),
        sa.Column("leaves", Int64, nullable=False),
        sa.Column("total", Wei(), nullable=False),
        sa.Column("donations", sa.JSON(), nullable=False),
        sa.Column("action_number", Int64, nullable=False),
        sa.Column("settlement_id", TokenId(), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("created_at", Int64, nullable=False),
        sa.ForeignKeyConstraint(
            ["action_number"], ["actions.number"], name=op.f("fk_sale_batches_action_number_actions")
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["merchants.program_id"], name=op.f("fk_sale_batches_program_id_merchants")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sale_batches")),
        sa.UniqueConstraint("action_number", name=op.f("uq_sale_batches_action_number")),
    )
    op.create_index(op.f("ix_sale_batches_closed"), "sale_batches", ["closed"])
    op.create_index(op.f("ix_sale_batches_program_id_number"), "sale_batches", ["program_id", "number"])
    op.create_table(
        "sales",
        sa.Column("number", Int64, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("order_key", Hash32(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", Int64, nullable=False),
        sa.Column("returned", Int64, nullable=False),
        sa.Column("rate", Wei(), nullable=False),
        sa.Column("value", Wei(), nullable=False),
        sa.Column("paid_by", sa.Text(), nullable=False),
        sa.Column("sold_at", Int64, nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("cause", Address(), nullable=True),
        sa.Column("owner", Address(), nullable=True),
        sa.Column("code_hash", Hash32(), nullable=True),
        sa.Column("code_ends_at", Int64, nullable=True),
        sa.Column("bound_at", Int64, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("due_at", Int64, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("created_at", Int64, nullable=False),
        sa.Column("batch_number", Int64, nullable=True),
        sa.Column("leaf", Int64, nullable=True),
        sa.Column("leaf_principal", Wei(), nullable=True),
        sa.Column("burn_bps", Int64, nullable=True),
        sa.Column("principal", Wei(), nullable=True),
        sa.Column("chain_spend", Wei(), nullable=True),
        sa.Column("own_spend", Wei(), nullable=True),
        sa.CheckConstraint(
            "state IN ('held', 'pending', 'batched', 'settled', 'returned', 'refused', 'lapsed')",
            name=op.f("ck_sales_state"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_number"], ["sale_batches.number"], name=op.f("fk_sales_batch_number_sale_batches")
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["sale_programs.program_id"], name=op.f("fk_sales_program_id_sale_programs")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sales")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_sales_code_hash")),
        sa.UniqueConstraint("id", name=op.f("uq_sales_id")),
        sa.UniqueConstraint("order_key", name=op.f("uq_sales_order_key")),
    )
    op.create_index(op.f("ix_sales_batch_number"), "sales", ["batch_number"])
    op.create_index(op.f("ix_sales_owner"), "sales", ["owner"])
    op.create_index(op.f("ix_sales_program_id_number"), "sales", ["program_id", "number"])
    op.create_index(op.f("ix_sales_program_id_state_due_at"), "sales", ["program_id", "state", "due_at"])
    op.create_table(
        "sale_log",
        sa.Column("number", Int64, nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("sale_number", Int64, nullable=True),
        sa.Column("at", Int64, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"], ["merchants.program_id"], name=op.f("fk_sale_log_program_id_merchants")
        ),
        sa.ForeignKeyConstraint(["sale_number"], ["sales.number"], name=op.f("fk_sale_log_sale_number_sales")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sale_log")),
    )
    op.create_index(op.f("ix_sale_log_program_id_number"), "sale_log", ["program_id", "number"])
    op.create_index(op.f("ix_sale_log_sale_number"), "sale_log", ["sale_number"])
    op.create_table(
        "sale_days",
        sa.Column("program_id", Int64, autoincrement=False, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("day", Int64, autoincrement=False, nullable=False),
        sa.Column("amount", Int64, nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"], ["sale_programs.program_id"], name=op.f("fk_sale_days_program_id_sale_programs")
        ),
        sa.PrimaryKeyConstraint("program_id", "by", "day", name=op.f("pk_sale_days")),
    )
    _only_add_to("sale_log")


def _only_add_to(table: str) -> None:
    """Has the database itself refuse to change or delete what a table has."""
    if op.get_context().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSE}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSE}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
    )
