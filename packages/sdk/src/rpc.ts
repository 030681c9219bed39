/** JSON-RPC over a transport that is passed in. */
import { FecError, Unreachable } from "./errors";
import { jsonOf, type Transport } from "./service";

/** One call, as EIP-1193 has it. */
export type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** What a node refused. */
export class RpcError extends FecError {
  constructor(
    readonly code: number,
    message: string,
    readonly data: unknown,
  ) {
    super("error.other", { reason: message.slice(0, 200) });
    this.name = "RpcError";
  }
}

/** Asks a node. Throws Unreachable if it does not answer, RpcError for what it refuses. */
export function rpc(url: string, transport: Transport): Ask {
  let id = 0;
  return async (method, params) => {
    id += 1;
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    const headers = { "Content-Type": "application/json" };
    const answer = await transport({ url, method: "POST", headers, body }).catch((error: unknown) => {
      throw new Unreachable(error);
    });
    const found = jsonOf(answer) as { result?: unknown; error?: { code?: number; message?: string; data?: unknown } } | null;
    if (found?.error) throw new RpcError(found.error.code ?? 0, found.error.message ?? "", found.error.data);
    if (found?.result === undefined) throw new Unreachable(answer.status);
    return found.result;
  };
}
