/** Which page is shown: by the last part of the address, with `.html` or without, so that any static host will do. */
import { signal } from "@preact/signals";

export const PAGES = ["index", "pay", "claim", "wallet", "merchant", "transparency"] as const;
export type Page = (typeof PAGES)[number];

export function pageOf(pathname: string): Page {
  const name = pathname.split("/").pop()?.replace(/\.html$/, "") ?? "";
  return PAGES.find((page) => page === name) ?? "index";
}

export const page = signal<Page>(pageOf(location.pathname));

/** A page's address beside this one. */
export function hrefOf(to: Page): string {
  const ending = location.pathname.endsWith(".html") ? ".html" : "";
  return to === "index" && !ending ? "./" : `./${to}${ending}`;
}

/** Goes to a page without loading anything anew. */
export function go(to: Page): void {
  history.pushState(null, "", hrefOf(to));
  page.value = to;
  scrollTo(0, 0);
}

/** A click on a link between pages; one that asks for a new tab or window is left to the browser. */
export function follow(event: MouseEvent, to: Page): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  go(to);
}

addEventListener("popstate", () => (page.value = pageOf(location.pathname)));
