/** Whether an account can take a node. A contract is asked before anything is signed; the same check as the package's. */
import { encodeFunctionData, parseAbi, toFunctionSelector, zeroAddress, type Address } from "viem";
import { chain, settings } from "./chain";
import { isUnreachable } from "./errors";

const RECEIVER = parseAbi(["function onERC721Received(address, address, uint256, bytes) returns (bytes4)"]);
const SELECTOR = toFunctionSelector("onERC721Received(address,address,uint256,bytes)");
/** Less than what Checkout gives a mint at capture. */
const HOOK_GAS = 300_000n;

export async function takesNodes(account: Address): Promise<boolean> {
  const code = await chain().getCode({ address: account });
  if (!code) return true;
  const { ADN, Checkout } = settings().contracts;
  const data = encodeFunctionData({ abi: RECEIVER, functionName: "onERC721Received", args: [Checkout, zeroAddress, 1n, "0x"] });
  try {
    const answer = await chain().call({ account: ADN, to: account, data, gas: HOOK_GAS });
    return answer.data?.slice(0, SELECTOR.length) === SELECTOR;
  } catch (error) {
    if (isUnreachable(error)) throw error;
    return false;
  }
}
