/** What a component shows, and what can be done in it: the same for mini-programs and web pages, which only draw it. */
import type { Random } from "../account";
import { FecError } from "../errors";
import { sentenceOf, say } from "../i18n";
import type { Key } from "../i18n/en";
import type { Language } from "../i18n/language";
import { Keys } from "../keys";
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

export type Act = "make" | "restore" | "kept" | "pay" | "again" | "claim" | "code";

export interface Button {
  act: Act;
  label: string;
  main: boolean;
}

export interface View {
  title: string;
  facts: Fact[];
  notices: Notice[];
  /** The recovery code, while it is to be written down. */
  code: string;
  /** Name of the field for a recovery code; "" while there is none. */
  asks: string;
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

/** What all models share. */
export abstract class Model {
  protected readonly keys: Keys;
  protected readonly reader: Reader;
  protected readonly service: ServiceClient;
  protected readonly payments: Payments;

  constructor(protected readonly options: ModelOptions) {
    const { shop, engine, language } = options;
    const { transport, random, storage, sleep } = engine;
    this.keys = new Keys(storage, random);
    this.reader = new Reader(rpc(shop.rpc, transport), shop.contracts, BigInt(shop.firstBlock ?? 0));
    this.service = new ServiceClient({ url: shop.service, transport, language: () => language });
    this.payments = new Payments({ reader: this.reader, service: this.service, storage, chainId: shop.chainId, sleep });
  }

  /** Reads everything anew and shows it. */
  abstract start(): Promise<void>;

  /** Does what a button says; `text` is what stands in the field. Never throws: what went wrong is shown. */
  async act(act: Act, text = ""): Promise<void> {
    this.show({ title: this.title(), busy: this.say(this.waiting(act)) });
    try {
      if (act === "make") await this.keys.make();
      else if (act === "restore") await this.keys.restore(text);
      else if (act === "kept") await this.keys.keep();
      else if (act !== "again") await this.other(act);
      await this.start();
    } catch (error) {
      await this.failed(error, { title: this.title() });
    }
  }

  protected abstract title(): string;

  /** What is said while a button's act goes on. */
  protected abstract waiting(act: Act): Key;

  protected abstract other(act: Act): Promise<void>;

  /** Shows what went wrong, and a way to look again; if it was about the key, the ways to get one. */
  protected async failed(error: unknown, view: Partial<View> = {}): Promise<void> {
    const asking = error instanceof FecError && error.key.startsWith("key.") ? this.asking() : {};
    this.show({
      ...view,
      ...asking,
      notices: [{ tone: "bad", text: sentenceOf(error, this.options.language) }],
      buttons: [...(asking.buttons ?? []), this.button("again", "pay.lookAgain", !asking.buttons)],
    });
  }

  /** What somebody without a key can do: nothing else is possible before. */
  protected asking(): Partial<View> {
    return { asks: this.say("key.enter"), buttons: [this.button("make", "key.make", true), this.button("restore", "key.enter", false)] };
  }

  /** What is to be said and done before the first payment. Null once somebody has kept a second signer. */
  protected async urging(): Promise<Partial<View> | null> {
    if (!(await this.keys.account())) {
      const wiped = this.options.expected ? [this.notice("bad", "key.wiped")] : [];
      return { ...this.asking(), notices: [...wiped, this.notice("warn", "key.lost")] };
    }
    if (await this.keys.isKept()) return null;
    return {
      code: await this.keys.code(),
      notices: [this.notice("warn", "key.lost"), this.notice("warn", "key.second"), this.notice("plain", "key.codeWhy")],
      buttons: [this.button("kept", "key.kept", true)],
    };
  }

  protected show(view: Partial<View>): void {
    this.options.show({ title: "", facts: [], notices: [], code: "", asks: "", buttons: [], busy: "", ...view });
  }

  protected say(key: Key, values: Record<string, unknown> = {}): string {
    return say(this.options.language, key, values);
  }

  protected notice(tone: Notice["tone"], key: Key, values: Record<string, unknown> = {}): Notice {
    return { tone, text: this.say(key, values) };
  }

  protected button(act: Act, key: Key, main: boolean, values: Record<string, unknown> = {}): Button {
    return { act, label: this.say(key, values), main };
  }

  protected shopName(programId: number): string {
    return this.options.shop.names?.[String(programId)] ?? this.say("shop.program", { program: programId });
  }
}
