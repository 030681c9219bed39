/** Who else may claim, for themselves: for single nodes and for all. Found in the logs, checked by the views, revoked here. */
import { useEffect, useState } from "preact/hooks";
import { getAddress, isAddress, zeroAddress, type Address as Account } from "viem";
import { callOf } from "../../actions";
import { acts } from "@fec/sdk/vaults";
import { chain, head } from "../../chain";
import { t } from "../../i18n";
import { nodeName } from "@fec/sdk/nodes";
import { adnContract, logsOf } from "../../reads";
import { Action } from "../../ui/Action";
import { Dialog } from "../../ui/Dialog";
import { Address, Button, Field, Notice, Section } from "../../ui/parts";
import { shortened } from "../../ui/text";

interface Approval {
  spender: Account;
  /** The node, or null for all of them. */
  tokenId: bigint | null;
}

export function Approvals({ owner }: { owner: Account }) {
  const [approvals, setApprovals] = useState<Approval[]>([]);
  const [asked, setAsked] = useState<Approval | "new" | null>(null);
  const block = head.value;

  useEffect(() => {
    if (block) approvalsOf(owner, block.number).then(setApprovals, () => undefined);
  }, [owner, block?.hash]);

  const close = () => setAsked(null);
  return (
    <Section title={t("approvals.title")}>
      {approvals.length === 0 && <p class="fine">{t("approvals.none")}</p>}
      <ul class="rows">
        {approvals.map((each) => (
          <li key={`${each.spender}${each.tokenId}`}>
            <span>
              <Address value={each.spender} /> {each.tokenId === null ? t("approvals.all") : `ADN ${nodeName(each.tokenId)}`}
            </span>
            <Button aria-label={`${t("approvals.revoke")}: ${shortened(each.spender)}`} onClick={() => setAsked(each)}>
              {t("approvals.revoke")}
            </Button>
          </li>
        ))}
      </ul>
      <Button onClick={() => setAsked("new")}>{t("approvals.allowAll")}</Button>
      {asked === "new" && <AllowAll owner={owner} onClose={close} />}
      {asked && asked !== "new" && <Revoke approval={asked} onClose={close} />}
    </Section>
  );
}

async function approvalsOf(owner: Account, block: bigint): Promise<Approval[]> {
  const adn = adnContract();
  const [ones, alls] = await Promise.all([
    logsOf(adn, "ClaimApproval", { owner }, block),
    logsOf(adn, "ClaimApprovalForAll", { owner }, block),
  ]);
  const spenders = [...new Set(alls.map((log) => log.args.spender))];
  const tokens = [...new Set(ones.map((log) => log.args.tokenId))];
  const forAll = await Promise.all(
    spenders.map((spender) => chain().readContract({ ...adn, functionName: "isClaimApprovedForAll", args: [owner, spender] })),
  );
  const forOne = await Promise.all(
    tokens.map(async (tokenId) => {
      // A node that was merged away has no owner, and nobody may claim from it.
      const read = { ...adn, args: [tokenId] } as const;
      const holder = await chain().readContract({ ...read, functionName: "ownerOf" }).catch(() => zeroAddress);
      if (holder !== owner) return zeroAddress;
      return chain().readContract({ ...read, functionName: "getClaimApproved" });
    }),
  );
  return [
    ...spenders.filter((_, index) => forAll[index]).map((spender) => ({ spender, tokenId: null })),
    ...tokens.map((tokenId, index) => ({ spender: forOne[index] ?? zeroAddress, tokenId })).filter((each) => each.spender !== zeroAddress),
  ];
}

function Revoke({ approval, onClose }: { approval: Approval; onClose(): void }) {
  const { spender, tokenId } = approval;
  const call =
    tokenId === null
      ? callOf(adnContract(), "setClaimApprovalForAll", [spender, false])
      : callOf(adnContract(), "setClaimApproval", [spender, false, tokenId]);
  const revoking = [tokenId === null ? acts.approveClaimerForAll(spender, false) : acts.approveClaimer(spender, false, tokenId)];
  return (
    <Dialog title={t("approvals.revoke")} onClose={onClose}>
      <Action plan={{ call, acts: revoking, before: () => [[t("approvals.noLonger"), shortened(spender)]] }} confirm={t("approvals.revoke")} />
    </Dialog>
  );
}

function AllowAll({ owner, onClose }: { owner: Account; onClose(): void }) {
  const [app, setApp] = useState("");
  const known = isAddress(app.trim()) && getAddress(app.trim()) !== owner;
  const plan = known
    ? {
        call: callOf(adnContract(), "setClaimApprovalForAll", [getAddress(app.trim()), true]),
        acts: [acts.approveClaimerForAll(getAddress(app.trim()), true)],
        before: () => [[t("task.mayClaim"), shortened(getAddress(app.trim()))] as [string, string]],
      }
    : null;
  return (
    <Dialog title={t("approvals.allowAll")} onClose={onClose}>
      <Action plan={plan} confirm={t("approvals.allowAll")}>
        <Notice tone="warn">{t("approvals.allWarning")}</Notice>
        <Field label={t("task.app")} hint={t("task.appHint")}>
          <input value={app} onInput={(event) => setApp(event.currentTarget.value)} autocomplete="off" spellcheck={false} placeholder="0x…" />
        </Field>
      </Action>
    </Dialog>
  );
}
