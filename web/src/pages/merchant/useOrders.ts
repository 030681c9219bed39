/** A merchant's orders as the service tells them, kept up to date by its events. */
import { useEffect, useState } from "preact/hooks";
import { settings } from "../../chain";
import { sentenceOf } from "../../errors";
import type { Invoice, InvoicePage, Payment } from "@fec/sdk/generated/api";
import { call, serviceUrl } from "../../service";

const CHANGES = ["created", "paid", "refunded", "captured", "expired", "reorganised"].map((kind) => `invoice.${kind}`);
const FAILURES = ["payment.failed", "refund.failed", "capture.failed"];
const PAGE = 50;
const WHOLE_PAGE = 200;

export interface Orders {
  items: Invoice[];
  /** Whether the stream of events is open. */
  live: boolean;
  /** Why the latest thing that was asked for failed on the chain. */
  failure: string | null;
  problem: string | null;
  more: (() => void) | null;
}

export function useOrders(): Orders {
  const [items, setItems] = useState<Invoice[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [live, setLive] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const merge = (found: Invoice[]) => setItems((known) => merged(known, found));
  const load = (before: string | null) =>
    call<InvoicePage>("GET", `/v1/invoices?limit=${PAGE}${before ? `&before=${before}` : ""}`).then(
      (page) => {
        merge(page.items);
        setNext(page.next);
        setProblem(null);
      },
      (error: unknown) => setProblem(sentenceOf(error)),
    );

  useEffect(() => {
    const stream = new EventSource(serviceUrl("/v1/events/stream"), { withCredentials: settings().service !== "" });
    // What happened before the stream was open, or while it was broken, is in the list.
    stream.onopen = () => {
      setLive(true);
      void load(null);
    };
    stream.onerror = () => setLive(false);
    const data = <T,>(event: Event) => JSON.parse((event as MessageEvent<string>).data) as T;
    for (const kind of CHANGES) stream.addEventListener(kind, (event) => merge([data<Invoice>(event)]));
    for (const kind of FAILURES)
      stream.addEventListener(kind, (event) => setFailure(data<Pick<Payment, "error">>(event).error?.sentence ?? null));
    return () => stream.close();
  }, []);

  return { items, live, failure, problem, more: next ? () => void load(next) : null };
}

/** The newest first; of each order what was said last. */
export function merged(known: Invoice[], found: Invoice[]): Invoice[] {
  const byId = new Map(known.map((invoice) => [invoice.id, invoice]));
  for (const invoice of found) {
    const before = byId.get(invoice.id);
    if (!before || before.revision <= invoice.revision) byId.set(invoice.id, invoice);
  }
  return [...byId.values()].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
}

const COLUMNS = [
  "orderId",
  "status",
  "createdAt",
  "paidAt",
  "amount",
  "toMerchant",
  "burned",
  "donated",
  "refunded",
  "currencyReference",
  "customer",
  "node",
  "orderKey",
] as const;

/** All orders as CSV: amounts exact, times in ISO 8601. */
export async function ordersAsCsv(): Promise<string> {
  const rows: string[] = [COLUMNS.join(",")];
  let before: string | null = null;
  do {
    const page: InvoicePage = await call<InvoicePage>("GET", `/v1/invoices?limit=${WHOLE_PAGE}${before ? `&before=${before}` : ""}`);
    for (const invoice of page.items) rows.push(COLUMNS.map((name) => cell(name, invoice[name])).join(","));
    before = page.next;
  } while (before);
  return `${rows.join("\r\n")}\r\n`;
}

function cell(name: string, value: string | number | null): string {
  if (value === null) return "";
  const text = name.endsWith("At") ? new Date(Number(value) * 1_000).toISOString() : String(value);
  // Spreadsheets take what begins so for a formula.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
