/** Where everything begins: what this is, in four sentences, and the ways on. */
import { t, type Key } from "../i18n";
import { follow, hrefOf, type Page } from "../router";
import { Curve, Milestones } from "../ui/Curve";

const THOUSAND = 1_000n * 10n ** 18n;
const WAYS = [
  ["wallet", "nav.wallet", "home.wallet"],
  ["transparency", "nav.transparency", "home.transparency"],
  ["merchant", "nav.merchant", "home.merchant"],
] as const satisfies [Page, Key, Key][];

export function Home() {
  return (
    <main>
      <h1>{t("home.title")}</h1>
      <p class="lead">{t("home.lead")}</p>
      <div class="card payback">
        <Curve period={0} />
        <Milestones principal={THOUSAND} />
      </div>
      <ul class="ways">
        {WAYS.map(([to, name, about]) => (
          <li key={to}>
            <a class="card" href={hrefOf(to)} onClick={(event) => follow(event, to)}>
              <b>{t(name)}</b>
              <span>{t(about)}</span>
            </a>
          </li>
        ))}
      </ul>
    </main>
  );
}
