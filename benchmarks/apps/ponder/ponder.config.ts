import { readFileSync } from "node:fs";
import { createConfig } from "ponder";

// What `benchmarks.ponder` wrote: the chain, the contracts and the highest block.
const plan = JSON.parse(readFileSync(process.env.PEER_PLAN!, "utf8"));

export default createConfig({
    database: { kind: "postgres", connectionString: process.env.PEER_DATABASE! },
    chains: { shop: { id: plan.chainId, rpc: plan.rpc, pollingInterval: 1_000 } },
    contracts: Object.fromEntries(
        plan.contracts.map(({ name, address, abi }: any) => [
            name,
            { chain: "shop", address, abi, startBlock: 0, endBlock: plan.block },
        ]),
    ),
});
