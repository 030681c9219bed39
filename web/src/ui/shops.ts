import { settings } from "../chain";
import { t } from "../i18n";

/** A merchant's name, if the pages were told it; the program's number otherwise. */
export function shopName(programId: number): string {
  return settings().names[String(programId)] ?? t("shop.program", { program: programId });
}
