/** The curve as a picture: alike for all nodes but for how far they have come. */
import { face, PERIODS, periodWhenReleased, released } from "@fec/sdk/curve";
import { t } from "../i18n";
import { fec, number } from "../i18n/format";

const WIDTH = 300;
const HEIGHT = 96;
const PAD = 4;
/** Any principal will do: the shape is the same. */
const UNIT = 10n ** 18n;
const FINE = 10_000n;

const x = (k: number) => PAD + (k * (WIDTH - 2 * PAD)) / PERIODS;
const y = (k: number) => HEIGHT - PAD - (Number((released(UNIT, k) * FINE) / face(UNIT)) / Number(FINE)) * (HEIGHT - 2 * PAD);

function pathTo(last: number): string {
  return Array.from({ length: last + 1 }, (_, k) => `${k ? "L" : "M"}${x(k).toFixed(1)} ${y(k).toFixed(1)}`).join("");
}

const WHOLE = pathTo(PERIODS);
export const PRINCIPAL_BACK = periodWhenReleased(UNIT, UNIT);
export const HALF_BACK = periodWhenReleased(UNIT, face(UNIT) / 2n);

/** A node's curve, filled up to the period that it is in. */
export function Curve({ period }: { period: number }) {
  return (
    <svg class="curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t("curve.label", { period, periods: PERIODS })}>
      <line class="grid" x1={x(PRINCIPAL_BACK)} x2={x(PRINCIPAL_BACK)} y1={y(PRINCIPAL_BACK)} y2={HEIGHT - PAD} />
      <line class="grid" x1={x(HALF_BACK)} x2={x(HALF_BACK)} y1={y(HALF_BACK)} y2={HEIGHT - PAD} />
      {period > 0 && <path class="done" d={`${pathTo(period)}L${x(period).toFixed(1)} ${HEIGHT - PAD}L${PAD} ${HEIGHT - PAD}Z`} />}
      <path class="line" d={WHOLE} />
      <circle class="mark" cx={x(period)} cy={y(period)} r="4" />
    </svg>
  );
}

/** The four milestones of a principal, by the curve itself. Stands wherever payback is shown. */
export function Milestones({ principal }: { principal: bigint }) {
  const amount = (from: number, to: number) => fec(released(principal, to) - released(principal, from));
  const rows = [
    [t("curve.period", { period: 1 }), t("curve.pays", { amount: amount(0, 1) })],
    [t("curve.period", { period: PRINCIPAL_BACK }), t("curve.burnedBack", { amount: fec(principal) })],
    [t("curve.period", { period: HALF_BACK }), t("curve.halfBack", { amount: fec(face(principal) / 2n) })],
    [t("curve.period", { period: PERIODS }), t("curve.paysLast", { amount: amount(PERIODS - 1, PERIODS), face: fec(face(principal)) })],
  ] as const;
  return (
    <div>
      <ol class="milestones">
        {rows.map(([when, what]) => (
          <li key={when}>
            <b>{when}</b>
            <span>{what}</span>
          </li>
        ))}
      </ol>
      <p class="fine">{t("curve.honest")}</p>
    </div>
  );
}

/** The shape in one sentence, where there is no room for the milestones. */
export function Shape() {
  return (
    <p class="fine">
      {t("curve.shape", { back: number(PRINCIPAL_BACK), half: number(HALF_BACK), periods: number(PERIODS) })} {t("curve.honest")}
    </p>
  );
}

/** What a payment burns and what comes back, in two lines, where the button has to be on the first screen. */
export function PayBack({ burned, face }: { burned: bigint; face: bigint }) {
  const places = { burned: fec(burned), face: fec(face), back: number(PRINCIPAL_BACK), half: number(HALF_BACK), periods: number(PERIODS) };
  return <p class="fine">{t("pay.sum", places)}</p>;
}
