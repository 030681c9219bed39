"""The service: where events are sent, rewards that shoppers can take, and members whose vaults are kept."""

import sqlalchemy as sa
from alembic import op

from fec.store.types import Address, Hash32, Int64, Wei

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "webhook_endpoints",
        sa.Column("number", Int64, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.JSON(), nullable=True),
        sa.Column("secret_version", Int64, nullable=False),
        sa.Column("previous_until", Int64, nullable=True),
        sa.Column("cursor", Int64, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("failures", Int64, nullable=False),
        sa.Column("failing_since", Int64, nullable=True),
        sa.Column("next_attempt_at", Int64, nullable=False),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("leased_until", Int64, nullable=False),
        sa.Column("created_at", Int64, nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"], ["merchants.program_id"], name=op.f("fk_webhook_endpoints_program_id_merchants")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_webhook_endpoints")),
        sa.UniqueConstraint("id", name=op.f("uq_webhook_endpoints_id")),
    )
    op.create_index(op.f("ix_webhook_endpoints_program_id_number"), "webhook_endpoints", ["program_id", "number"])
    op.create_index(
        op.f("ix_webhook_endpoints_enabled_next_attempt_at"), "webhook_endpoints", ["enabled", "next_attempt_at"]
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("number", Int64, nullable=False),
        sa.Column("endpoint_number", Int64, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sequence", Int64, nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("attempted_at", Int64, nullable=False),
        sa.Column("duration_ms", Int64, nullable=False),
        sa.Column("status", Int64, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_number"],
            ["webhook_endpoints.number"],
            name=op.f("fk_webhook_attempts_endpoint_number_webhook_endpoints"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_webhook_attempts")),
    )
    op.create_index(
        op.f("ix_webhook_attempts_endpoint_number_number"), "webhook_attempts", ["endpoint_number", "number"]
    )
    op.create_index(op.f("ix_webhook_attempts_attempted_at"), "webhook_attempts", ["attempted_at"])
    op.create_table(
        "reward_batches",
        sa.Column("number", Int64, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("root", Hash32(), nullable=False),
        sa.Column("total", Wei(), nullable=False),
        sa.Column("count", Int64, nullable=False),
        sa.Column("deadline", Int64, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("action_number", Int64, nullable=False),
        sa.Column("created_at", Int64, nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"], ["merchants.program_id"], name=op.f("fk_reward_batches_program_id_merchants")
        ),
        sa.ForeignKeyConstraint(
            ["action_number"], ["actions.number"], name=op.f("fk_reward_batches_action_number_actions")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_reward_batches")),
        sa.UniqueConstraint("id", name=op.f("uq_reward_batches_id")),
        sa.UniqueConstraint("action_number", name=op.f("uq_reward_batches_action_number")),
    )
    op.create_index(op.f("ix_reward_batches_program_id_number"), "reward_batches", ["program_id", "number"])
    op.create_table(
        "reward_entries",
        sa.Column("batch_number", Int64, autoincrement=False, nullable=False),
        sa.Column("position", Int64, autoincrement=False, nullable=False),
        sa.Column("shopper", Address(), nullable=False),
        sa.Column("amount", Wei(), nullable=False),
        sa.Column("proof", sa.JSON(), nullable=False),
        sa.Column("action_number", Int64, nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_number"], ["reward_batches.number"], name=op.f("fk_reward_entries_batch_number_reward_batches")
        ),
        sa.ForeignKeyConstraint(
            ["action_number"], ["actions.number"], name=op.f("fk_reward_entries_action_number_actions")
        ),
        sa.PrimaryKeyConstraint("batch_number", "position", name=op.f("pk_reward_entries")),
    )
    op.create_index(op.f("ix_reward_entries_shopper"), "reward_entries", ["shopper"])
    op.create_table(
        "brand_members",
        sa.Column("number", Int64, nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("member_id", Hash32(), nullable=False),
        sa.Column("vault", Address(), nullable=False),
        sa.Column("action_number", Int64, nullable=False),
        sa.Column("created_at", Int64, nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"], ["merchants.program_id"], name=op.f("fk_brand_members_program_id_merchants")
        ),
        sa.ForeignKeyConstraint(
            ["action_number"], ["actions.number"], name=op.f("fk_brand_members_action_number_actions")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_brand_members")),
        sa.UniqueConstraint("program_id", "member_id", name=op.f("uq_brand_members_program_id_member_id")),
    )
    op.create_index(op.f("ix_brand_members_member_id"), "brand_members", ["member_id"])
