"""The index: the chain's events, and how things stood after each."""

import sqlalchemy as sa
from alembic import op

from fec.store.types import Address, Hash32, Int64, TokenId, Wei

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables and views."""
    op.create_table(
        "alliance_versions",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("alliance_id", Int64, nullable=True),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_alliance_versions")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_alliance_versions_program_id_block_number_log_index"),
        "alliance_versions",
        ["program_id", "block_number", "log_index"],
    )
    op.create_table(
        "blocks",
        sa.Column("number", Int64, autoincrement=False, nullable=False),
        sa.Column("hash", Hash32(), nullable=False),
        sa.Column("timestamp", Int64, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_blocks")),
    )
    op.create_table(
        "claims",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("token_id", TokenId(), nullable=False),
        sa.Column("recipient", Address(), nullable=False),
        sa.Column("amount", Wei(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_claims")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_claims_recipient"), "claims", ["recipient"])
    op.create_index(op.f("ix_claims_token_id"), "claims", ["token_id"])
    op.create_table(
        "coin_transfers",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("sender", Address(), nullable=True),
        sa.Column("recipient", Address(), nullable=True),
        sa.Column("amount", Wei(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_coin_transfers")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_coin_transfers_recipient"), "coin_transfers", ["recipient"])
    op.create_index(op.f("ix_coin_transfers_sender"), "coin_transfers", ["sender"])
    op.create_table(
        "cursor",
        sa.Column("id", Int64, autoincrement=False, nullable=False),
        sa.Column("next_block", Int64, nullable=False),
        sa.Column("block_hash", Hash32(), nullable=True),
        sa.Column("finalized_block", Int64, nullable=False),
        sa.Column("incomplete_at", Int64, nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_cursor_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cursor")),
    )
    op.create_table(
        "deployment",
        sa.Column("id", Int64, autoincrement=False, nullable=False),
        sa.Column("chain_id", Int64, nullable=False),
        sa.Column("fec", Address(), nullable=False),
        sa.Column("adn", Address(), nullable=False),
        sa.Column("checkout", Address(), nullable=False),
        sa.Column("custodian", Address(), nullable=False),
        sa.Column("first_block", Int64, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_deployment_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.create_table(
        "events",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("transaction_hash", Hash32(), nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "member_versions",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("vault", Address(), nullable=False),
        sa.Column("brand", Address(), nullable=False),
        sa.Column("member_id", Hash32(), nullable=False),
        sa.Column("enrolled", sa.Boolean(), nullable=False),
        sa.Column("deployed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_member_versions")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_member_versions_brand"), "member_versions", ["brand"])
    op.create_index(
        op.f("ix_member_versions_vault_block_number_log_index"),
        "member_versions",
        ["vault", "block_number", "log_index"],
    )
    op.create_table(
        "node_transfers",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("token_id", TokenId(), nullable=False),
        sa.Column("sender", Address(), nullable=True),
        sa.Column("recipient", Address(), nullable=True),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_node_transfers")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_node_transfers_token_id"), "node_transfers", ["token_id"])
    op.create_table(
        "node_versions",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("token_id", TokenId(), nullable=False),
        sa.Column("owner", Address(), nullable=True),
        sa.Column("principal", Wei(), nullable=False),
        sa.Column("claimed", Wei(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", "token_id", name=op.f("pk_node_versions")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_node_versions_owner"), "node_versions", ["owner"])
    op.create_index(
        op.f("ix_node_versions_token_id_block_number_log_index"),
        "node_versions",
        ["token_id", "block_number", "log_index"],
    )
    op.create_table(
        "nodes",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("token_id", TokenId(), nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("serial", Int64, nullable=False),
        sa.Column("period_length", Int64, nullable=False),
        sa.Column("start", Int64, nullable=False),
        sa.Column("birth_principal", Wei(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", "token_id", name=op.f("pk_nodes")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_nodes_program_id_serial"), "nodes", ["program_id", "serial"])
    op.create_index(op.f("ix_nodes_token_id"), "nodes", ["token_id"], unique=True)
    op.create_table(
        "order_versions",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("order_key", Hash32(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("refunded", Wei(), nullable=False),
        sa.Column("token_id", TokenId(), nullable=True),
        sa.Column("to_merchant", Wei(), nullable=True),
        sa.Column("burned", Wei(), nullable=True),
        sa.Column("donated", Wei(), nullable=True),
        sa.Column("cause", Address(), nullable=True),
        sa.Column("returned", Wei(), nullable=True),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_order_versions")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_order_versions_order_key_block_number_log_index"),
        "order_versions",
        ["order_key", "block_number", "log_index"],
    )
    op.create_table(
        "orders",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("order_key", Hash32(), nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("customer", Address(), nullable=False),
        sa.Column("payer", Address(), nullable=False),
        sa.Column("amount", Wei(), nullable=False),
        sa.Column("currency_reference", sa.String(), nullable=False),
        sa.Column("terms_version", Int64, nullable=False),
        sa.Column("burn_bps", Int64, nullable=False),
        sa.Column("paid_at", Int64, nullable=False),
        sa.Column("return_deadline", Int64, nullable=True),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_orders")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_orders_customer"), "orders", ["customer"])
    op.create_index(op.f("ix_orders_order_key"), "orders", ["order_key"], unique=True)
    op.create_index(op.f("ix_orders_program_id"), "orders", ["program_id"])
    op.create_table(
        "program_versions",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("program_id", Int64, autoincrement=False, nullable=False),
        sa.Column("operator", Address(), nullable=False),
        sa.Column("issuer", Address(), nullable=True),
        sa.Column("period_length", Int64, nullable=False),
        sa.Column("origin", Int64, nullable=False),
        sa.Column("quota", Wei(), nullable=False),
        sa.Column("burned", Wei(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", "program_id", name=op.f("pk_program_versions")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_program_versions_program_id_block_number_log_index"),
        "program_versions",
        ["program_id", "block_number", "log_index"],
    )
    op.create_table(
        "refunds",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("order_key", Hash32(), nullable=False),
        sa.Column("amount", Wei(), nullable=False),
        sa.Column("refunded", Wei(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_refunds")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_refunds_order_key"), "refunds", ["order_key"])
    op.create_table(
        "reward_batch_versions",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("batch_id", Int64, nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("funder", Address(), nullable=False),
        sa.Column("root", Hash32(), nullable=False),
        sa.Column("amount", Wei(), nullable=False),
        sa.Column("left", Wei(), nullable=False),
        sa.Column("deadline", TokenId(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_reward_batch_versions")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_reward_batch_versions_batch_id_block_number_log_index"),
        "reward_batch_versions",
        ["batch_id", "block_number", "log_index"],
    )
    op.create_table(
        "rewards",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("shopper", Address(), nullable=False),
        sa.Column("token_id", TokenId(), nullable=False),
        sa.Column("amount", Wei(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("batch_id", Int64, nullable=True),
        sa.Column("batch_index", TokenId(), nullable=True),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_rewards")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_rewards_program_id"), "rewards", ["program_id"])
    op.create_index(op.f("ix_rewards_shopper"), "rewards", ["shopper"])
    op.create_table(
        "spends",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("vault", Address(), nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("amount", Wei(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_spends")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_spends_vault"), "spends", ["vault"])
    op.create_table(
        "terms_versions",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("program_id", Int64, nullable=False),
        sa.Column("version", Int64, nullable=False),
        sa.Column("signer", Address(), nullable=False),
        sa.Column("treasury", Address(), nullable=False),
        sa.Column("return_window", Int64, nullable=False),
        sa.Column("donation_bps", Int64, nullable=False),
        sa.Column("min_claim", Wei(), nullable=False),
        sa.Column("tiers", sa.JSON(), nullable=False),
        sa.Column("causes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_terms_versions")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_terms_versions_program_id_block_number_log_index"),
        "terms_versions",
        ["program_id", "block_number", "log_index"],
    )
    op.create_table(
        "totals_versions",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("supply", Wei(), nullable=False),
        sa.Column("burned", Wei(), nullable=False),
        sa.Column("outstanding", Wei(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_totals_versions")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "withdrawals",
        sa.Column("block_number", Int64, autoincrement=False, nullable=False),
        sa.Column("log_index", Int64, autoincrement=False, nullable=False),
        sa.Column("vault", Address(), nullable=False),
        sa.Column("recipient", Address(), nullable=False),
        sa.Column("token_ids", sa.JSON(), nullable=False),
        sa.Column("amount", Wei(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_withdrawals")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_withdrawals_vault"), "withdrawals", ["vault"])
    for definition in _VIEWS:
        op.execute(definition)


_VIEWS = (
    "CREATE VIEW nodes_latest AS SELECT version.block_number, version.log_index, version.token_id, "
    "version.owner, version.principal, version.claimed, version.cause, born.program_id, born.serial, "
    "born.period_length, born.start, born.birth_principal  FROM node_versions AS version JOIN nodes AS born ON "
    "born.token_id = version.token_id  WHERE NOT (EXISTS (SELECT * FROM node_versions AS later WHERE "
    "later.token_id = version.token_id AND (later.block_number, later.log_index) > (version.block_number, "
    "version.log_index)))",
    "CREATE VIEW nodes_finalized AS SELECT version.block_number, version.log_index, version.token_id, "
    "version.owner, version.principal, version.claimed, version.cause, born.program_id, born.serial, "
    "born.period_length, born.start, born.birth_principal  FROM node_versions AS version JOIN nodes AS born ON "
    "born.token_id = version.token_id  WHERE version.block_number <= (SELECT cursor.finalized_block FROM "
    "cursor) AND NOT (EXISTS (SELECT * FROM node_versions AS later WHERE later.token_id = version.token_id AND "
    "(later.block_number, later.log_index) > (version.block_number, version.log_index) AND later.block_number "
    "<= (SELECT cursor.finalized_block FROM cursor)))",
    "CREATE VIEW programs_latest AS SELECT version.block_number, version.log_index, version.program_id, "
    "version.operator, version.issuer, version.period_length, version.origin, version.quota, version.burned, "
    "version.closed  FROM program_versions AS version  WHERE NOT (EXISTS (SELECT * FROM program_versions AS "
    "later WHERE later.program_id = version.program_id AND (later.block_number, later.log_index) > "
    "(version.block_number, version.log_index)))",
    "CREATE VIEW programs_finalized AS SELECT version.block_number, version.log_index, version.program_id, "
    "version.operator, version.issuer, version.period_length, version.origin, version.quota, version.burned, "
    "version.closed  FROM program_versions AS version  WHERE version.block_number <= (SELECT "
    "cursor.finalized_block FROM cursor) AND NOT (EXISTS (SELECT * FROM program_versions AS later WHERE "
    "later.program_id = version.program_id AND (later.block_number, later.log_index) > (version.block_number, "
    "version.log_index) AND later.block_number <= (SELECT cursor.finalized_block FROM cursor)))",
    "CREATE VIEW terms_latest AS SELECT version.block_number, version.log_index, version.program_id, "
    "version.version, version.signer, version.treasury, version.return_window, version.donation_bps, "
    "version.min_claim, version.tiers, version.causes  FROM terms_versions AS version  WHERE NOT (EXISTS "
    "(SELECT * FROM terms_versions AS later WHERE later.program_id = version.program_id AND "
    "(later.block_number, later.log_index) > (version.block_number, version.log_index)))",
    "CREATE VIEW terms_finalized AS SELECT version.block_number, version.log_index, version.program_id, "
    "version.version, version.signer, version.treasury, version.return_window, version.donation_bps, "
    "version.min_claim, version.tiers, version.causes  FROM terms_versions AS version  WHERE "
    "version.block_number <= (SELECT cursor.finalized_block FROM cursor) AND NOT (EXISTS (SELECT * FROM "
    "terms_versions AS later WHERE later.program_id = version.program_id AND (later.block_number, "
    "later.log_index) > (version.block_number, version.log_index) AND later.block_number <= (SELECT "
    "cursor.finalized_block FROM cursor)))",
    "CREATE VIEW alliances_latest AS SELECT version.block_number, version.log_index, version.program_id, "
    "version.alliance_id  FROM alliance_versions AS version  WHERE NOT (EXISTS (SELECT * FROM "
    "alliance_versions AS later WHERE later.program_id = version.program_id AND (later.block_number, "
    "later.log_index) > (version.block_number, version.log_index)))",
    "CREATE VIEW alliances_finalized AS SELECT version.block_number, version.log_index, version.program_id, "
    "version.alliance_id  FROM alliance_versions AS version  WHERE version.block_number <= (SELECT "
    "cursor.finalized_block FROM cursor) AND NOT (EXISTS (SELECT * FROM alliance_versions AS later WHERE "
    "later.program_id = version.program_id AND (later.block_number, later.log_index) > (version.block_number, "
    "version.log_index) AND later.block_number <= (SELECT cursor.finalized_block FROM cursor)))",
    "CREATE VIEW orders_latest AS SELECT version.block_number, version.log_index, version.order_key, "
    "version.status, version.refunded, version.token_id, version.to_merchant, version.burned, version.donated, "
    "version.cause, version.returned, born.program_id, born.order_id, born.customer, born.payer, born.amount, "
    "born.currency_reference, born.terms_version, born.burn_bps, born.paid_at, born.return_deadline  FROM "
    "order_versions AS version JOIN orders AS born ON born.order_key = version.order_key  WHERE NOT (EXISTS "
    "(SELECT * FROM order_versions AS later WHERE later.order_key = version.order_key AND (later.block_number, "
    "later.log_index) > (version.block_number, version.log_index)))",
    "CREATE VIEW orders_finalized AS SELECT version.block_number, version.log_index, version.order_key, "
    "version.status, version.refunded, version.token_id, version.to_merchant, version.burned, version.donated, "
    "version.cause, version.returned, born.program_id, born.order_id, born.customer, born.payer, born.amount, "
    "born.currency_reference, born.terms_version, born.burn_bps, born.paid_at, born.return_deadline  FROM "
    "order_versions AS version JOIN orders AS born ON born.order_key = version.order_key  WHERE "
    "version.block_number <= (SELECT cursor.finalized_block FROM cursor) AND NOT (EXISTS (SELECT * FROM "
    "order_versions AS later WHERE later.order_key = version.order_key AND (later.block_number, "
    "later.log_index) > (version.block_number, version.log_index) AND later.block_number <= (SELECT "
    "cursor.finalized_block FROM cursor)))",
    "CREATE VIEW reward_batches_latest AS SELECT version.block_number, version.log_index, version.batch_id, "
    'version.program_id, version.funder, version.root, version.amount, version."left", version.deadline, '
    "version.reason  FROM reward_batch_versions AS version  WHERE NOT (EXISTS (SELECT * FROM "
    "reward_batch_versions AS later WHERE later.batch_id = version.batch_id AND (later.block_number, "
    "later.log_index) > (version.block_number, version.log_index)))",
    "CREATE VIEW reward_batches_finalized AS SELECT version.block_number, version.log_index, version.batch_id, "
    'version.program_id, version.funder, version.root, version.amount, version."left", version.deadline, '
    "version.reason  FROM reward_batch_versions AS version  WHERE version.block_number <= (SELECT "
    "cursor.finalized_block FROM cursor) AND NOT (EXISTS (SELECT * FROM reward_batch_versions AS later WHERE "
    "later.batch_id = version.batch_id AND (later.block_number, later.log_index) > (version.block_number, "
    "version.log_index) AND later.block_number <= (SELECT cursor.finalized_block FROM cursor)))",
    "CREATE VIEW members_latest AS SELECT version.block_number, version.log_index, version.vault, "
    "version.brand, version.member_id, version.enrolled, version.deployed  FROM member_versions AS version "
    "WHERE NOT (EXISTS (SELECT * FROM member_versions AS later WHERE later.vault = version.vault AND "
    "(later.block_number, later.log_index) > (version.block_number, version.log_index)))",
    "CREATE VIEW members_finalized AS SELECT version.block_number, version.log_index, version.vault, "
    "version.brand, version.member_id, version.enrolled, version.deployed  FROM member_versions AS version "
    "WHERE version.block_number <= (SELECT cursor.finalized_block FROM cursor) AND NOT (EXISTS (SELECT * FROM "
    "member_versions AS later WHERE later.vault = version.vault AND (later.block_number, later.log_index) > "
    "(version.block_number, version.log_index) AND later.block_number <= (SELECT cursor.finalized_block FROM "
    "cursor)))",
    "CREATE VIEW totals_latest AS SELECT version.block_number, version.log_index, version.supply, "
    "version.burned, version.outstanding  FROM totals_versions AS version  WHERE NOT (EXISTS (SELECT * FROM "
    "totals_versions AS later WHERE (later.block_number, later.log_index) > (version.block_number, "
    "version.log_index)))",
    "CREATE VIEW totals_finalized AS SELECT version.block_number, version.log_index, version.supply, "
    "version.burned, version.outstanding  FROM totals_versions AS version  WHERE version.block_number <= "
    "(SELECT cursor.finalized_block FROM cursor) AND NOT (EXISTS (SELECT * FROM totals_versions AS later WHERE "
    "(later.block_number, later.log_index) > (version.block_number, version.log_index) AND later.block_number "
    "<= (SELECT cursor.finalized_block FROM cursor)))",
)
