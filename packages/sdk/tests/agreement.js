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
  for (const each of vectors.vaults) {
    const memberId = sdk.memberIdOf(each.signer, each.salt);
    same("memberId", [sdk.signerHash(each.signer), memberId], [each.signerHash, each.memberId]);
    same("vault", sdk.vaultAddress(each.custodian, each.implementation, memberId, each.brand), each.vault);
    const [nodes, acts, friend, fec] = [each.nodes.map(BigInt), sdk.acts, each.friend, sdk.WEI_PER_FEC];
    const made = [
      acts.withdraw(friend, nodes, BigInt(12) * fec),
      acts.withdrawPart(nodes[0], fec, friend),
      acts.claim(nodes),
      acts.open({ settlementId: BigInt(7), index: 3, principal: fec, proof: [sdk.hexOf(new Uint8Array(32).fill(112))] }),
      acts.split(nodes[1], [fec, BigInt(2) * fec]),
      acts.merge(nodes),
      acts.approveClaimer(friend, true, nodes[0]),
      acts.approveClaimerForAll(friend, false),
      acts.addSigner(each.signer),
      acts.askRemoval(each.signer),
      acts.cancelRemoval(each.signer),
      acts.removeSigner(each.signer),
      acts.nameSuccessor(friend),
    ];
    same("acts", made, each.acts.map(({ kind, data }) => ({ kind, data })));
    const instruction = { vault: each.vault, signer: each.signer, acts: made, nonce: BigInt(each.nonce), deadline: each.deadline };
    same("actsHash", sdk.hashTypedData(sdk.actsData(instruction, each.chainId, each.custodian)), each.actsHash);
    same("actCall", sdk.actCall({ vault: each.vault, brand: each.brand, salt: each.salt, signer: each.signer }, instruction, "0x1234"), each.actCall);
    same("spendHash", sdk.hashTypedData(sdk.spendData(each.vault, each.orderHash, each.chainId, each.custodian)), each.spendHash);
  }
  for (const [at, { chainId, custodian, vault, friend, nonce, deadline, operatorHash }] of vectors.vaults.entries()) {
    const permit = { owner: vault, operator: custodian, approved: at === 0, nonce: BigInt(nonce), deadline };
    same("operatorHash", sdk.hashTypedData(sdk.operatorData(permit, chainId, friend)), operatorHash);
  }
  for (const { verifier, x, y, signer, assertions } of vectors.passkeys) {
    const given = assertions.map((each) => Object.assign({}, each, { clientDataJSON: sdk.hexOf(sdk.utf8Of(each.clientDataJSON)) }));
    same("passkey", sdk.passkeySigner(verifier, { x: BigInt(x), y: BigInt(y) }), signer);
    same("assertions", given.map(sdk.webauthnSignature), assertions.map(({ encoded }) => encoded));
    same("recovered", sdk.recoveredKey(given[0], given[1]), { x: BigInt(x), y: BigInt(y) });
    given.forEach((each) => sdk.checkAssertion(each, each.challenge, "localhost"));
  }
  return found;
}
