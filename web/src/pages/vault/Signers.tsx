/** Who can sign for the open vault: adding a device or another code, removing one after the wait, naming a successor, leaving. */
import { useEffect, useState } from "preact/hooks";
import { acts, withdrawAll, type Act } from "@fec/sdk/vaults";
import { getAddress, isAddress, keccak256, zeroAddress, type Address, type Hex } from "viem";
import { chain, head, now } from "../../chain";
import { sentenceOf } from "../../errors";
import { t } from "../../i18n";
import { date } from "../../i18n/format";
import { custodianContract, logsOf, type Holdings } from "../../reads";
import { Dialog } from "../../ui/Dialog";
import { Button, Field, Notice, Section, Waiting } from "../../ui/parts";
import { Qr } from "../../ui/Qr";
import { checkText, isPasskey, shortened } from "../../ui/text";
import { actOnVault, vault } from "../../vault";

interface Stored {
  signer: Hex;
  hash: Hex;
  /** From when on it can be removed; 0 if nobody has asked. */
  removableFrom: number;
}

/** With who signs here, if the chain knows them: the logs may be a block behind. */
async function signersOf(address: Address, here: Hex | undefined, block: bigint): Promise<Stored[]> {
  const custodian = custodianContract();
  const added = await logsOf(custodian, "SignerAdded", { vault: address }, block);
  const signers = [...new Set([...added.map(({ args }) => args.signer.toLowerCase() as Hex), ...(here ? [here] : [])])];
  const found = await Promise.all(
    signers.map(async (signer) => {
      const hash = keccak256(signer);
      const [stored, from] = await Promise.all([
        chain().readContract({ ...custodian, functionName: "isStoredSigner", args: [address, signer] }),
        chain().readContract({ ...custodian, functionName: "removableFrom", args: [address, hash] }),
      ]);
      return { signer, hash, removableFrom: Number(from), stored };
    }),
  );
  return found.filter(({ stored }) => stored);
}

/** Nodes that leave in one transaction: each may take 200,000 gas. */
const MOST_LEAVING = 50;
type Asked = { title: string; warning: string; acts: Act[] } | "device" | "leave" | "successor";

export function Signers({ owner, holdings }: { owner: Address; holdings: Holdings }) {
  const [signers, setSigners] = useState<Stored[]>([]);
  const [asked, setAsked] = useState<Asked | null>(null);
  const block = head.value;
  const here = vault.value?.member.signer.toLowerCase() as Hex | undefined;
  useEffect(() => {
    if (block) signersOf(owner, here, block.number).then(setSigners, () => undefined);
  }, [owner, here, block?.hash]);

  const close = () => setAsked(null);
  return (
    <Section title={t("signers.title")}>
      <p class="fine">{t("signers.why")}</p>
      {signers.length > 0 && !signers.some((each) => each.signer === here) && <Notice tone="warn">{t("passkey.removed")}</Notice>}
      <ul class="rows">
        {signers.map((each) => {
          const mine = each.signer === here;
          const ready = each.removableFrom > 0 && each.removableFrom <= now.value;
          const remove = {
            title: t("signers.remove"),
            warning: mine ? t("signers.removeSelf") : ready ? t("signers.removeNow") : t("signers.removeLater"),
            acts: [mine || ready ? acts.removeSigner(each.signer) : acts.askRemoval(each.signer)],
          };
          const cancel = { title: t("signers.cancel"), warning: t("signers.cancelWhy"), acts: [acts.cancelRemoval(each.signer)] };
          return (
            <li key={each.hash} data-signer={each.signer}>
              <div>
                <b>{isPasskey(each.signer) ? t("signers.passkey", { check: checkText(each.signer) }) : t("signers.account", { account: shortened(each.signer) })}</b>{" "}
                {mine && t("signers.here")}
                {each.removableFrom > 0 && (
                  <>
                    <br />
                    <small>{t("signers.leaving", { date: date(each.removableFrom) })}</small>
                  </>
                )}
              </div>
              {each.removableFrom > 0 && <Button onClick={() => setAsked(cancel)}>{t("signers.cancel")}</Button>}
              {signers.length > 1 && (each.removableFrom === 0 || ready || mine) && (
                <Button aria-label={`${t("signers.remove")}: ${checkText(each.signer)}`} onClick={() => setAsked(remove)}>
                  {t("signers.remove")}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      <div class="buttons">
        <Button onClick={() => setAsked("device")}>{t("signers.addDevice")}</Button>
        <Button onClick={() => setAsked("successor")}>{t("signers.successor")}</Button>
        <Button onClick={() => setAsked("leave")}>{t("leave.title")}</Button>
      </div>
      {asked === "device" && <AddDevice owner={owner} onClose={close} />}
      {asked === "leave" && <Leave holdings={holdings} owner={owner} onClose={close} />}
      {asked === "successor" && <Successor owner={owner} onClose={close} />}
      {asked && typeof asked === "object" && (
        <Dialog title={asked.title} onClose={close}>
          <Signing acts={asked.acts} confirm={asked.title}>
            <p>{asked.warning}</p>
          </Signing>
        </Dialog>
      )}
    </Section>
  );
}

interface SigningProps {
  /** What is signed; null while something is missing. */
  acts: Act[] | null;
  confirm: string;
  children: preact.ComponentChildren;
}

/** One signature over acts, and whether they were done. */
export function Signing({ acts: some, confirm, children }: SigningProps) {
  const [stage, setStage] = useState<"idle" | "busy" | "done">("idle");
  const [problem, setProblem] = useState<string | null>(null);
  const run = async (): Promise<void> => {
    if (!some) return;
    setProblem(null);
    setStage("busy");
    try {
      await actOnVault(some);
      setStage("done");
    } catch (error) {
      setStage("idle");
      setProblem(sentenceOf(error));
    }
  };
  if (stage === "done") return <Notice tone="good">{t("signers.done")}</Notice>;
  return (
    <div class="action">
      {children}
      {problem && <Notice tone="bad">{problem}</Notice>}
      {stage === "busy" ? (
        <Waiting>{t("passkey.asking")}</Waiting>
      ) : (
        <Button kind="main" disabled={!some} onClick={() => void run()}>
          {confirm}
        </Button>
      )}
    </div>
  );
}

function AddDevice({ owner, onClose }: { owner: Address; onClose(): void }) {
  const link = new URL(`#join=${owner}`, new URL("./wallet", location.href)).href;
  return (
    <Dialog title={t("signers.addDevice")} onClose={onClose}>
      <ol>
        <li>{t("signers.scanOther")}</li>
        <li>{t("signers.scanBack")}</li>
      </ol>
      <Qr text={link} label={t("signers.joinQr")} />
      <p class="fine">{link}</p>
    </Dialog>
  );
}

function AddressAsked({ owner, confirm, hint, actsOf, children }: { owner: Address; confirm: string; hint: string; actsOf(to: Address): Act[]; children: preact.ComponentChildren }) {
  const [to, setTo] = useState("");
  const known = isAddress(to.trim()) && to.trim() !== zeroAddress && getAddress(to.trim()) !== owner;
  return (
    <Signing acts={known ? actsOf(getAddress(to.trim())) : null} confirm={confirm}>
      {children}
      <Field label={t("task.to")} hint={hint}>
        <input value={to} onInput={(event) => setTo(event.currentTarget.value)} autocomplete="off" spellcheck={false} placeholder="0x…" />
      </Field>
      {to.trim() !== "" && !known && <Notice tone="warn">{t("task.badAddress")}</Notice>}
    </Signing>
  );
}

function Leave({ holdings, owner, onClose }: { holdings: Holdings; owner: Address; onClose(): void }) {
  const tokens = holdings.nodes.filter((node) => !node.leaf);
  const ids = tokens.slice(0, MOST_LEAVING).map((node) => node.tokenId);
  return (
    <Dialog title={t("leave.title")} onClose={onClose}>
      <AddressAsked owner={owner} confirm={t("leave.go")} hint={t("leave.hint")} actsOf={(to) => withdrawAll(to, ids)}>
        <p>{t("leave.why")}</p>
        <p class="fine">{t("leave.later")}</p>
        {tokens.length > ids.length && <Notice>{t("task.claimInParts", { count: ids.length, all: tokens.length })}</Notice>}
      </AddressAsked>
    </Dialog>
  );
}

function Successor({ owner, onClose }: { owner: Address; onClose(): void }) {
  return (
    <Dialog title={t("signers.successor")} onClose={onClose}>
      <AddressAsked owner={owner} confirm={t("signers.successor")} hint={t("leave.hint")} actsOf={(to) => [acts.nameSuccessor(to)]}>
        <p>{t("signers.successorWhy")}</p>
      </AddressAsked>
    </Dialog>
  );
}
