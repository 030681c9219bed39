// A wallet app: WalletConnect's own client on the wallet's side. It signs with a real key, sends to a real chain, and does what
// it is told by lines of JSON, `[name, ...arguments]`, each answered by a line.
import { createInterface } from "node:readline";
import { SignClient } from "@walletconnect/sign-client";
import { createWalletClient, http, isHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const { RELAY, RPC, KEYS, CHAIN } = process.env;
const accounts = KEYS.split(",").map(privateKeyToAccount);
const chain = {
  id: Number(CHAIN),
  name: "test",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [RPC] } },
};
const metadata = { name: "Wallet app", description: "", url: "https://wallet.example", icons: [] };
const client = await SignClient.init({ relayUrl: RELAY, projectId: "wallet", metadata, telemetryEnabled: false, logger: "silent" });
const DECLINED = { code: 5000, message: "User rejected." };
let declines = false;
let home = CHAIN;
let agreed = 0;
let asked = [];

const inChain = (account) => `eip155:${home}:${account.address}`;
const sessions = () => client.session.getAll();

client.on("session_proposal", async ({ id, params }) => {
  if (declines) return client.reject({ id, reason: DECLINED });
  const { methods, events } = params.optionalNamespaces.eip155;
  const chains = [`eip155:${home}`];
  await client.approve({ id, namespaces: { eip155: { methods, events, chains, accounts: [inChain(accounts[0])] } } });
  agreed++;
});

client.on("session_request", async ({ id, topic, params: { request } }) => {
  asked.push(request.method);
  const answer = declines
    ? { error: DECLINED }
    : await perform(request).then(
        (result) => ({ result }),
        (error) => ({ error: { code: -32000, message: error.shortMessage ?? error.message } }),
      );
  await client.respond({ topic, response: { id, jsonrpc: "2.0", ...answer } });
});

async function perform({ method, params }) {
  const by = (address) => accounts.find((each) => each.address.toLowerCase() === address.toLowerCase());
  if (method === "eth_sendTransaction") {
    const [{ from, to, data }] = params;
    return createWalletClient({ account: by(from), chain, transport: http(RPC) }).sendTransaction({ to, data });
  }
  if (method === "eth_signTypedData_v4") return by(params[0]).signTypedData(JSON.parse(params[1]));
  if (method === "personal_sign") return by(params[1]).signMessage({ message: isHex(params[0]) ? { raw: params[0] } : params[0] });
  if (method === "wallet_switchEthereumChain") return null;
  throw new Error(`${method} is not for this wallet`);
}

const deeds = {
  pair: ([uri]) => client.pair({ uri }),
  live: ([chainId]) => (home = chainId),
  decline: ([value]) => (declines = value),
  asked: () => asked.splice(0),
  agreed: () => agreed,
  count: () => sessions().length,
  emit: ([name, data]) => client.emit({ topic: sessions().at(-1).topic, chainId: `eip155:${CHAIN}`, event: { name, data } }),
  use: ([index]) => {
    const { topic, namespaces } = sessions().at(-1);
    return client.update({ topic, namespaces: { eip155: { ...namespaces.eip155, accounts: [inChain(accounts[index])] } } });
  },
  leave: () =>
    Promise.all(sessions().map(({ topic }) => client.disconnect({ topic, reason: { code: 6000, message: "User disconnected." } }))),
};

const say = (answer) => console.log(JSON.stringify(answer));
createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const [name, ...values] = JSON.parse(line);
    const found = await deeds[name](values);
    say(Array.isArray(found) || typeof found === "number" ? found : null);
  })
  .on("close", () => process.exit());
say("ready");
