/** A QR code, drawn here: nothing of it leaves the browser. */
import { useEffect, useState } from "preact/hooks";

export function Qr({ text, label }: { text: string; label: string }) {
  const [code, setCode] = useState<{ size: number; path: string } | null>(null);
  useEffect(() => {
    let current = true;
    void import("uqr").then(({ encode }) => {
      const { size, data } = encode(text, { border: 4 });
      const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
      if (current) setCode({ size, path });
    });
    return () => {
      current = false;
    };
  }, [text]);
  if (!code) return null;
  return (
    <div class="qr">
      <svg viewBox={`0 0 ${code.size} ${code.size}`} role="img" aria-label={label} data-text={text} shape-rendering="crispEdges">
        <path d={code.path} />
      </svg>
    </div>
  );
}
