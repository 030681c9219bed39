/**
 * Whatever the SDK computes otherwise than `fec`, as sentences: none, if all is well. ES2018 and no engine's extras, as
 * it runs in every engine that the SDK is for.
 */
function disagreements(sdk, vectors) {
  const found = [];
  const same = (what, actual, expected) => {
    const [one, other] = [actual, expected].map((value) => JSON.stringify(value, (_, each) => (typeof each === "bigint" ? each.toString() : each)));
    if (one !== other) found.push(`${what}: ${one}, not ${other}`);
  };
  for (const each of vectors.payments) {
    const invoice = sdk.parseLink(each.link);
    const choices = { customer: each.payer, minPrincipal: BigInt(each.minPrincipal), cause: each.cause };
    const account = sdk.accountOf(each.key);
    const authorization = sdk.authorization(invoice, choices, account.address, each.coupon);
    same("payer", account.address, each.payer);
    same("orderKey", sdk.orderKeyOf(invoice), each.orderKey);
    same("invoiceHash", sdk.hashTypedData(sdk.invoiceData(invoice)), each.invoiceHash);
    same("orderHash", sdk.hashTypedData(sdk.orderData(invoice, choices)), each.orderHash);
    same("authorizationHash", sdk.hashTypedData(authorization), each.authorizationHash);
    same("signature", account.signTypedData(authorization), each.signature);
    same("signer", sdk.recover(each.invoiceHash, invoice.signature), each.signer);
    same("encodedOrder", sdk.encodedOrder(invoice, choices), each.encodedOrder);
  }
  for (const { text, key, hash, signature } of vectors.texts) {
    same("text", sdk.hashText(text), hash);
    same("signed text", sdk.accountOf(key).signText(text), signature);
  }
  for (const { link, checkout, owner, hash, binding } of vectors.claims) {
    const code = sdk.parseCode(link);
    same("code", sdk.hashOf(code.code), hash);
    same("binding", sdk.hashTypedData(sdk.bindingOf(code, owner, checkout)), binding);
  }
  for (const { settlementId, packed, owner, root, records, openings } of vectors.settlements) {
    const leaves = sdk.leavesOf(BigInt(settlementId), packed, owner);
    same("leaves", leaves.map(sdk.recordOf), records);
    same("read again", records.map(sdk.leafOfRecord), leaves);
    same("proven", leaves.map((leaf) => sdk.proves(root, leaf)), leaves.map(() => true));
    same("openings", [false, true].map((claim) => sdk.keccak(sdk.openings(leaves, { claim }))), openings);
  }
  for (const { principal, k, released, id, name } of vectors.curve) {
    same("released", sdk.released(BigInt(principal), k).toString(), released);
    same("birth", [sdk.decodeId(BigInt(id)).birthPrincipal.toString(), sdk.nodeName(BigInt(id))], [principal, name]);
  }
  for (const { wei, exact, plain } of vectors.amounts) {
    same("amount", [sdk.exactFec(BigInt(wei)), sdk.plain(BigInt(wei)), sdk.parseFec(plain).toString()], [exact, plain, wei]);
  }
  for (const address of vectors.addresses) same("checksum", sdk.addressOf(address.toLowerCase()), address);
  for (const { data, name, values } of vectors.refusals) {
    const refusal = sdk.refusalIn(data);
    same("refusal", [refusal.name, Object.values(refusal.values).map(String)], [name, values]);
  }
  return found;
}
