/** What a component shows, and what can be done in it: the same for mini-programs and web pages, which only draw it. */
import type { Random } from "../account";
import { FecError } from "../errors";
import { sentenceOf, say } from "../i18n";
import type { Key } from "../i18n/en";
import type { Language } from "../i18n/language";
import { Vaults } from "../acting";
import { Keys, newCode, type PrintedCode } from "../keys";
import { Payments, type Storage } from "../payments";
import { Reader, type Contracts } from "../reader";
import { rpc } from "../rpc";
import { ServiceClient, type Transport } from "../service";

/** Where the shop is, as `config.json` of its pages says it. */
export interface Shop {
  chainId: number;
  /** JSON-RPC address that the chain is read at. */
  rpc: string;
  /** Address of the service, without a slash at the end. */
  service: string;
  contracts: Contracts;
  firstBlock?: number;
  /** Merchants' names by program. */
  names?: Record<string, string>;
}

/** What an engine gives: passed in, as each has it in its own way. */
export interface Engine {
  transport: Transport;
  random: Random;
  storage: Storage;
  sleep(milliseconds: number): Promise<void>;
}

export interface Fact {
  label: string;
  value: string;
}

export interface Notice {
  tone: "plain" | "good" | "warn" | "bad";
  text: string;
}

/** What can be pressed. */
export type Press = "make" | "restore" | "kept" | "pay" | "again" | "claim" | "give" | "leave";

/** What is typed in: into which field, what. */
export type Typed = Partial<Record<Field["name"], string>>;

export interface Field {
  name: "code" | "to" | "part";
  label: string;
}

export interface Button {
  act: Press;
  label: string;
  main: boolean;
}

export interface View {
  title: string;
  facts: Fact[];
  notices: Notice[];
  /** The recovery code, while it is to be written down. */
  code: string;
  fields: Field[];
  buttons: Button[];
  /** What is waited for; "" for nothing. */
  busy: string;
}

export interface ModelOptions {
  shop: Shop;
  engine: Engine;
  language: Language;
  /** Called with what is to be shown from now on. */
  show(view: View): void;
  /** The shopper's account as the shop knows it, if it does: without its key, the storage was wiped. */
  expected?: string;
}

const aboutKey = (error: unknown): boolean => error instanceof FecError && (error.key.startsWith("key.") || error.key === "vault.noneByCode");

/** What all models share. */
export abstract class Model {
  protected readonly keys: Keys;
  protected readonly reader: Reader;
  protected readonly service: ServiceClient;
  protected readonly payments: Payments;
  protected readonly vaults: Vaults;
  /** The code that is to be written down, once. */
  private printed: PrintedCode | null = null;

  constructor(protected readonly options: ModelOptions) {
    const { shop, engine, language } = options;
    const { transport, random, storage, sleep } = engine;
    this.reader = new Reader(rpc(shop.rpc, transport), shop.contracts, BigInt(shop.firstBlock ?? 0));
    this.service = new ServiceClient({ url: shop.service, transport, language: () => language });
    this.vaults = new Vaults({ reader: this.reader, service: this.service, chainId: shop.chainId, sleep });
    this.keys = new Keys(storage, random, this.vaults);
    this.payments = new Payments({ reader: this.reader, service: this.service, storage, chainId: shop.chainId, sleep });
  }

  /** Reads everything anew and shows it. */
  abstract start(): Promise<void>;

  /** Does what a button says, with what stands in the fields. Never throws: what went wrong is shown. */
  async act(press: Press, typed: Typed = {}): Promise<void> {
    this.show({ title: this.title(), busy: this.say(this.waiting(press)) });
    try {
      if (press === "make") await this.keys.make();
      else if (press === "restore") await this.keys.restore(typed.code ?? "", this.program());
      else if (press === "kept") await this.keep();
      else if (press !== "again") await this.other(press, typed);
      await this.start();
    } catch (error) {
      await this.failed(error, { title: this.title() });
    }
  }

  protected abstract title(): string;

  /** What is said while something goes on. */
  protected abstract waiting(press: Press): Key;

  protected abstract other(press: Press, typed: Typed): Promise<void>;

  /** The merchant who pays for gas: the first one of the shop's. */
  protected program(): number {
    return Number(Object.keys(this.options.shop.names ?? {})[0] ?? 1);
  }

  private async keep(): Promise<void> {
    if (!this.printed) return;
    await this.keys.secure(this.printed, this.program());
    this.printed = null;
  }

  /** Shows what went wrong, and a way to look again; if it was about the key, the ways to get one. */
  protected async failed(error: unknown, view: Partial<View> = {}): Promise<void> {
    const asking = (await this.keys.signer().catch(() => null)) ? null : this.asking();
    this.show({
      ...view,
      ...(aboutKey(error) && asking),
      notices: [{ tone: "bad", text: sentenceOf(error, this.options.language) }],
      buttons: [...((aboutKey(error) && asking?.buttons) || []), this.button("again", "pay.lookAgain", true)],
    });
  }

  /** What somebody without a key can do: nothing else is possible before. */
  protected asking(): Pick<View, "fields" | "buttons"> {
    return { fields: [{ name: "code", label: this.say("key.enter") }], buttons: [this.button("make", "key.make", true), this.button("restore", "key.enter", false)] };
  }

  /** What is to be said and done before the first payment. Null once a second signer opens the vault. */
  protected async urging(): Promise<Partial<View> | null> {
    if (!(await this.keys.signer())) {
      const wiped = this.options.expected ? [this.notice("bad", "key.wiped")] : [];
      return { ...this.asking(), notices: [...wiped, this.notice("warn", "key.lost")] };
    }
    if (await this.keys.isSecured()) return null;
    this.printed ??= await newCode(this.options.engine.random);
    return {
      code: this.printed.code,
      notices: [this.notice("warn", "key.lost"), this.notice("warn", "key.second"), this.notice("plain", "key.codeWhy")],
      buttons: [this.button("kept", "key.kept", true)],
    };
  }

  protected show(view: Partial<View>): void {
    this.options.show({ title: "", facts: [], notices: [], code: "", fields: [], buttons: [], busy: "", ...view });
  }

  protected say(key: Key, values: Record<string, unknown> = {}): string {
    return say(this.options.language, key, values);
  }

  protected notice(tone: Notice["tone"], key: Key, values: Record<string, unknown> = {}): Notice {
    return { tone, text: this.say(key, values) };
  }

  protected button(act: Press, key: Key, main: boolean, values: Record<string, unknown> = {}): Button {
    return { act, label: this.say(key, values), main };
  }

  protected shopName(programId: number): string {
    return this.options.shop.names?.[String(programId)] ?? this.say("shop.program", { program: programId });
  }
}
