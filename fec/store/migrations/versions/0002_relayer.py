"""The relayer: who sends, what is asked for, and what was signed for it."""

import sqlalchemy as sa
from alembic import op

from fec.store.types import Address, Hash32, Int64, Wei

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "relay_accounts",
        sa.Column("address", Address(), nullable=False),
        sa.Column("next_nonce", Int64, nullable=False),
        sa.Column("used", Int64, nullable=False),
        sa.Column("moved_at", Int64, nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_relay_accounts")),
    )
    op.create_table(
        "relay_transactions",
        sa.Column("id", Int64, nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("sender", Address(), nullable=False),
        sa.Column("nonce", Int64, nullable=False),
        sa.Column("recipient", Address(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("gas", Int64, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=True),
        sa.Column("transaction_hash", Hash32(), nullable=True),
        sa.Column("block_number", Int64, nullable=True),
        sa.Column("block_hash", Hash32(), nullable=True),
        sa.Column("requested_at", Int64, nullable=False),
        sa.Column("day", Int64, nullable=False),
        sa.Column("purse", sa.Text(), nullable=True),
        sa.Column("offered_gwei", Int64, nullable=False),
        sa.Column("cost_gwei", Int64, nullable=True),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'included', 'final', 'displaced')", name=op.f("ck_relay_transactions_state")
        ),
        sa.ForeignKeyConstraint(
            ["sender"], ["relay_accounts.address"], name=op.f("fk_relay_transactions_sender_relay_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_transactions")),
        sa.UniqueConstraint("request_key", name=op.f("uq_relay_transactions_request_key")),
        sa.UniqueConstraint("sender", "nonce", name=op.f("uq_relay_transactions_sender_nonce")),
    )
    op.create_index(op.f("ix_relay_transactions_sender_state"), "relay_transactions", ["sender", "state"])
    op.create_index(op.f("ix_relay_transactions_sender_day_purse"), "relay_transactions", ["sender", "day", "purse"])
    op.create_table(
        "relay_shares",
        sa.Column("transaction_id", Int64, nullable=False),
        sa.Column("place", Int64, nullable=False),
        sa.Column("purse", sa.Text(), nullable=False),
        sa.Column("gas", Int64, nullable=False),
        sa.Column("gwei", Int64, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["relay_transactions.id"],
            name=op.f("fk_relay_shares_transaction_id_relay_transactions"),
        ),
        sa.PrimaryKeyConstraint("transaction_id", "place", name=op.f("pk_relay_shares")),
    )
    op.create_table(
        "relay_attempts",
        sa.Column("hash", Hash32(), nullable=False),
        sa.Column("transaction_id", Int64, nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("max_fee", Wei(), nullable=False),
        sa.Column("tip", Wei(), nullable=False),
        sa.Column("signed_at", Int64, nullable=False),
        sa.Column("filler", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["relay_transactions.id"],
            name=op.f("fk_relay_attempts_transaction_id_relay_transactions"),
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_relay_attempts")),
    )
    op.create_index(op.f("ix_relay_attempts_transaction_id"), "relay_attempts", ["transaction_id"])
