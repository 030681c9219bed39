/** Members' files equal what `fec.protocol.members` makes of the same signer and salt. */
import { expect, test } from "vitest";
import { memberId, parseMember } from "../src/members";

const record = {
  brand: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  signer: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
  salt: `0x${"5a".repeat(32)}`,
};

test("a member file gives the id that the brand knows", () => {
  const member = parseMember(JSON.stringify(record));
  expect(member).toEqual(record);
  expect(member && memberId(member)).toBe("0xa2db90b9d6f397cfcd625a2504da7f57652334364d39c628e3ea3b3f726f6df0");
});

test.each(["", "{}", "[]", "null", JSON.stringify({ ...record, salt: "0x5a" }), JSON.stringify({ ...record, signer: "0x12" })])("%s is no member file", (text) => {
  expect(parseMember(text)).toBeNull();
});
