import { onchainTable } from "ponder";

export const event = onchainTable("event", (t) => ({
    id: t.text().primaryKey(),
    block: t.bigint().notNull(),
    transaction: t.hex().notNull(),
    contract: t.hex().notNull(),
    name: t.text().notNull(),
    arguments: t.json().notNull(),
}));
