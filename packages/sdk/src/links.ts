/** What stands behind the # of a link. Read by hand: mini-programs have neither URL nor URLSearchParams. */

/** The values by name, the first of each, as application/x-www-form-urlencoded; what is no UTF-8 counts as missing. */
export function fragmentOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const behind = text.includes("#") ? text.slice(text.indexOf("#") + 1) : text;
  for (const part of behind.split("&")) {
    if (!part) continue;
    const [name = "", ...rest] = part.split("=");
    try {
      const [key, value] = [name, rest.join("=")].map((each) => decodeURIComponent(each.replace(/\+/g, " "))) as [string, string];
      if (!found.has(key)) found.set(key, value);
    } catch {
      continue;
    }
  }
  return found;
}

/** A whole number of at most 15 digits; 0 for anything else. */
export function wholeOf(text: string | undefined): number {
  return /^\d{1,15}$/.test(text ?? "") ? Number(text) : 0;
}
