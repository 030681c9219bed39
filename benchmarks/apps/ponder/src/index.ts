import { readFileSync } from "node:fs";
import { event as table } from "ponder:schema";
import { ponder } from "ponder:registry";

const plan = JSON.parse(readFileSync(process.env.PEER_PLAN!, "utf8"));
const asText = (_: string, value: unknown) => (typeof value === "bigint" ? value.toString() : value);

for (const { name, events } of plan.contracts) {
    for (const signature of events) {
        (ponder.on as any)(`${name}:${signature}`, async ({ event, context }: any) => {
            await context.db.insert(table).values({
                id: event.id,
                block: event.block.number,
                transaction: event.transaction.hash,
                contract: event.log.address,
                name: signature,
                arguments: JSON.parse(JSON.stringify(event.args ?? {}, asText)),
            });
        });
    }
}
