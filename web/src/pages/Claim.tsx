/** Claiming a sale with the code of a receipt: opens from its QR code. The code stands behind the #, which no server sees. */
import { useEffect, useState } from "preact/hooks";
import { serialized } from "@fec/sdk/typed-data";
import type { Address as Account, Hex } from "viem";
import { settings } from "../chain";
import { bindingOf, parseCode, type ClaimCode } from "@fec/sdk/claim";
import { memberId, parseMember, type Member } from "@fec/sdk/members";
import { sentenceOf } from "../errors";
import type { Claimed } from "@fec/sdk/generated/api";
import { t } from "../i18n";
import { date, parseFec } from "../i18n/format";
import { vaultOf } from "../reads";
import { call } from "../service";
import { Confirm } from "../ui/Action";
import { Connect } from "../ui/Connect";
import { Shape } from "../ui/Curve";
import { Address, Fact, Facts, Fec, Field, Notice, Waiting } from "../ui/parts";
import { shopName } from "../ui/shops";
import { isVault, signHere, vault as openedVault } from "../vault";
import { account, ask } from "../wallet";
import { Secure, useSecured } from "./vault/Secure";

export default function Claim() {
  const [fragment, setFragment] = useState(location.hash);
  useEffect(() => {
    const changed = () => setFragment(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  const code = parseCode(fragment);
  return (
    <main class="pay">
      {code ? (
        <Found key={code.code} code={code} />
      ) : (
        <>
          <h1>{t("claim.title")}</h1>
          <Notice title={fragment ? t("claim.brokenTitle") : t("claim.emptyTitle")}>{fragment ? t("claim.broken") : t("claim.empty")}</Notice>
        </>
      )}
    </main>
  );
}

function Found({ code }: { code: ClaimCode }) {
  const [sale, setSale] = useState<Claimed | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { chainId, service } = settings();
  const owner = account.value;
  const here = code.chainId === chainId && service !== null;

  useEffect(() => {
    if (!here) return;
    call<Claimed>("POST", "/v1/claims", { code: code.code, ...(owner && { owner }) }).then(
      (found) => (setSale(found), setProblem(null)),
      (error: unknown) => setProblem(sentenceOf(error)),
    );
  }, [owner]);

  return (
    <>
      <h1>{t("claim.at", { shop: shopName(code.programId) })}</h1>
      {!here && <Notice tone="bad">{t("claim.elsewhere")}</Notice>}
      {problem && <Notice tone="bad">{problem}</Notice>}
      {here && !sale && !problem && <Waiting>{t("claim.looking")}</Waiting>}
      {sale && <Told sale={sale} code={code} owner={owner} onBound={setSale} />}
    </>
  );
}

interface ToldProps {
  sale: Claimed;
  code: ClaimCode;
  owner: Account | null;
  onBound(sale: Claimed): void;
}

function Told({ sale, code, owner, onBound }: ToldProps) {
  const [vault, setVault] = useState<Vault | null>(null);
  const isSecured = useSecured();
  const mine = sale.owner !== null && (sale.owner === owner || sale.owner === vault?.address);
  const free = sale.owner === null && (sale.state === "pending" || sale.state === "held");
  return (
    <>
      <p class="ask">
        <span class="amount big">
          {sale.currency} {sale.amount}
        </span>
      </p>
      <Notice tone={mine ? "good" : "plain"}>{sale.sentence}</Notice>
      <Facts>
        <Fact label={t("claim.sold")}>{date(sale.soldAt)}</Fact>
        <Fact label={t("claim.value")}>
          <Fec wei={parseFec(sale.value) ?? 0n} />
        </Fact>
        {sale.expected && (
          <Fact label={t("claim.expected")} strong>
            <Fec wei={parseFec(sale.expected) ?? 0n} />
          </Fact>
        )}
        <Fact label={t("claim.settles")}>{date(sale.settlesAt)}</Fact>
        {free && <Fact label={t("claim.ends")}>{date(sale.endsAt)}</Fact>}
      </Facts>
      <Connect />
      {free && owner && (!isVault(owner) || isSecured) && <Bind code={code} signer={owner} owner={owner} onBound={onBound} />}
      {isVault(owner) && isSecured === false && <Secure />}
      {free && owner && !isVault(owner) && <ForVault code={code} signer={owner} vault={vault} onFound={setVault} onBound={onBound} />}
      {mine && sale.owner === owner && (
        <p>
          <a href="./wallet">{t("paid.toWallet")}</a>
        </p>
      )}
      <Shape />
    </>
  );
}

interface Vault {
  address: Account;
  member: Member;
}

interface ForVaultProps {
  code: ClaimCode;
  signer: Account;
  vault: Vault | null;
  onFound(vault: Vault | null): void;
  onBound(sale: Claimed): void;
}

/** For a member whose nodes a brand keeps: their file says where the vault is, and their key signs. */
function ForVault({ code, signer, vault, onFound, onBound }: ForVaultProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const look = async (file: File | undefined): Promise<void> => {
    setProblem(null);
    onFound(null);
    if (!file) return;
    try {
      const member = parseMember(await file.text());
      if (!member) setProblem(t("claim.noMember"));
      else onFound({ address: await vaultOf(member.brand, memberId(member)), member });
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return (
    <details class="card">
      <summary>{t("claim.vaultTitle")}</summary>
      <Field label={t("claim.memberFile")} hint={t("claim.memberFileHint")}>
        <input type="file" accept=".json,application/json" onChange={(event) => void look(event.currentTarget.files?.[0])} />
      </Field>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {vault && (
        <>
          <Facts>
            <Fact label={t("claim.vault")}>
              <Address value={vault.address} />
            </Fact>
          </Facts>
          {vault.member.signer === signer ? (
            <Bind code={code} signer={signer} owner={vault.address} member={vault.member} onBound={onBound} />
          ) : (
            <Notice tone="warn">{t("claim.otherKey", { key: vault.member.signer })}</Notice>
          )}
        </>
      )}
    </details>
  );
}

interface BindProps {
  code: ClaimCode;
  /** Who signs: the owner, or the key of the member whose vault the owner is. */
  signer: Account;
  owner: Account;
  member?: Member;
  onBound(sale: Claimed): void;
}

function Bind({ code, signer, owner, member, onBound }: BindProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const bind = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      const data = bindingOf(code, owner, settings().contracts.Checkout);
      const open = isVault(owner) ? openedVault.value?.member : undefined;
      const who = open ?? member;
      const revealed = who ? { brand: who.brand, signer: who.signer, salt: who.salt } : {};
      const signature = open ? await signHere(data) : await ask<Hex>("eth_signTypedData_v4", [signer, serialized(data)]);
      onBound(await call<Claimed>("POST", "/v1/claims/bindings", { code: code.code, owner, signature, ...revealed }));
    } catch (error) {
      setProblem(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="action">
      {problem && <Notice tone="bad">{problem}</Notice>}
      {busy ? (
        <Waiting>{isVault(owner) ? t("passkey.asking") : t("action.signInWallet")}</Waiting>
      ) : (
        <Confirm label={member ? t("claim.signVault") : t("claim.sign")} ready onConfirm={() => void bind()} onFault={setProblem} />
      )}
      <p class="fine">{member ? t("claim.whyVault") : t("claim.why")}</p>
    </div>
  );
}
