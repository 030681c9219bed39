"""The service: merchants and their keys, invoices, what was asked of the chain, and every change as an event."""

import sqlalchemy as sa
from alembic import op

from fec.store.types import Address, Hash32, Int64, TokenId, Wei

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "merchants",
        sa.Column("program_id", Int64, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Int64, nullable=False),
        sa.PrimaryKeyConstraint("program_id", name=op.f("pk_merchants")),
    )
    op.create_table(
        "reconcile_cursor",
        sa.Column("id", Int64, autoincrement=False, nullable=False),
        sa.Column("block_number", Int64, nullable=False),
        sa.Column("block_hash", Hash32(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_reconcile_cursor_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconcile_cursor")),
    )
    op.create_table(
        "sign_in_nonces",
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("expires_at", Int64, nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_sign_in_nonces")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", Int64, nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", Int64, nullable=False),
        sa.Column("revoked_at", Int64, nullable=True),
        sa.CheckConstraint("role IN ('cashier', 'manager', 'accountant')", name=op.f("ck_api_keys_role")),
        sa.ForeignKeyConstraint(
            ["program_id"], ["merchants.program_id"], name=op.f("fk_api_keys_program_id_merchants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_keys_hash")),
    )
    op.create_index(op.f("ix_api_keys_program_id"), "api_keys", ["program_id"])
    op.create_table(
        "idempotency_records",
        sa.Column("program_id", Int64, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", Hash32(), nullable=False),
        sa.Column("status", Int64, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", Int64, nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"], ["merchants.program_id"], name=op.f("fk_idempotency_records_program_id_merchants")
        ),
        sa.PrimaryKeyConstraint("program_id", "key", name=op.f("pk_idempotency_records")),
    )
    op.create_table(
        "invoices",
        sa.Column("number", Int64, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("order_key", Hash32(), nullable=False),
        sa.Column("amount", Wei(), nullable=False),
        sa.Column("currency_reference", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("expiry", Int64, nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("created_at", Int64, nullable=False),
        sa.Column("revision", Int64, nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("payer", Address(), nullable=True),
        sa.Column("customer", Address(), nullable=True),
        sa.Column("paid_at", Int64, nullable=True),
        sa.Column("return_deadline", Int64, nullable=True),
        sa.Column("burn_bps", Int64, nullable=True),
        sa.Column("refunded", Wei(), nullable=False),
        sa.Column("token_id", TokenId(), nullable=True),
        sa.Column("to_merchant", Wei(), nullable=True),
        sa.Column("burned", Wei(), nullable=True),
        sa.Column("donated", Wei(), nullable=True),
        sa.Column("cause", Address(), nullable=True),
        sa.Column("returned", Wei(), nullable=True),
        sa.CheckConstraint(
            "status IN ('open', 'expired', 'paid', 'captured', 'refunded')", name=op.f("ck_invoices_status")
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["merchants.program_id"], name=op.f("fk_invoices_program_id_merchants")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_invoices")),
        sa.UniqueConstraint("id", name=op.f("uq_invoices_id")),
        sa.UniqueConstraint("order_key", name=op.f("uq_invoices_order_key")),
    )
    op.create_index(op.f("ix_invoices_program_id_number"), "invoices", ["program_id", "number"])
    op.create_index(op.f("ix_invoices_closed_status_expiry"), "invoices", ["closed", "status", "expiry"])
    op.create_table(
        "sign_in_sessions",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("address", Address(), nullable=False),
        sa.Column("expires_at", Int64, nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"], ["merchants.program_id"], name=op.f("fk_sign_in_sessions_program_id_merchants")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_sign_in_sessions")),
    )
    op.create_table(
        "strikes",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("open", Int64, nullable=False),
        sa.Column("failures", Int64, nullable=False),
        sa.Column("failed_at", Int64, nullable=False),
        sa.Column("until", Int64, nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_strikes")),
    )
    op.create_table(
        "actions",
        sa.Column("number", Int64, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("invoice_number", Int64, nullable=True),
        sa.Column("digest", Hash32(), nullable=True),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("relay_id", Int64, nullable=True),
        sa.Column("relay_place", Int64, nullable=True),
        sa.Column("transaction_hash", Hash32(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("busy_until", Int64, nullable=False),
        sa.Column("created_at", Int64, nullable=False),
        sa.CheckConstraint("state IN ('requested', 'sent', 'done', 'failed')", name=op.f("ck_actions_state")),
        sa.ForeignKeyConstraint(
            ["invoice_number"], ["invoices.number"], name=op.f("fk_actions_invoice_number_invoices")
        ),
        sa.ForeignKeyConstraint(["program_id"], ["merchants.program_id"], name=op.f("fk_actions_program_id_merchants")),
        sa.ForeignKeyConstraint(
            ["relay_id"], ["relay_transactions.id"], name=op.f("fk_actions_relay_id_relay_transactions")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_actions")),
        sa.UniqueConstraint("id", name=op.f("uq_actions_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_actions_request_key")),
    )
    op.create_index(op.f("ix_actions_invoice_number_kind"), "actions", ["invoice_number", "kind"])
    op.create_index(op.f("ix_actions_program_id_kind_number"), "actions", ["program_id", "kind", "number"])
    op.create_index(op.f("ix_actions_state"), "actions", ["state"])
    op.create_table(
        "service_events",
        sa.Column("sequence", Int64, nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("invoice_number", Int64, nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", Int64, nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_number"], ["invoices.number"], name=op.f("fk_service_events_invoice_number_invoices")
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["merchants.program_id"], name=op.f("fk_service_events_program_id_merchants")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_service_events")),
    )
    op.create_index(op.f("ix_service_events_invoice_number_sequence"), "service_events", ["invoice_number", "sequence"])
    op.create_index(op.f("ix_service_events_program_id_sequence"), "service_events", ["program_id", "sequence"])
    op.create_table(
        "capture_claims",
        sa.Column("order_key", Hash32(), nullable=False),
        sa.Column("action_number", Int64, nullable=False),
        sa.ForeignKeyConstraint(
            ["action_number"], ["actions.number"], name=op.f("fk_capture_claims_action_number_actions")
        ),
        sa.PrimaryKeyConstraint("order_key", name=op.f("pk_capture_claims")),
    )
    op.create_index(op.f("ix_capture_claims_action_number"), "capture_claims", ["action_number"])
