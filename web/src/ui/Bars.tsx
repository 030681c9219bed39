/** Amounts over time, as bars; the same numbers stand beside them as text. */
import { fec } from "../i18n/format";

const FINE = 1_000n;

export interface Bar {
  label: string;
  amount: bigint;
}

export function Bars({ bars, caption }: { bars: Bar[]; caption: string }) {
  const most = bars.reduce((highest, bar) => (bar.amount > highest ? bar.amount : highest), 1n);
  return (
    <table class="bars">
      <caption>{caption}</caption>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.label}>
            <th scope="row">{bar.label}</th>
            <td class="bar" aria-hidden="true">
              <svg viewBox="0 0 1000 10" preserveAspectRatio="none">
                <rect width={Number((bar.amount * FINE) / most)} height="10" />
              </svg>
            </td>
            <td class="number">{fec(bar.amount)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
