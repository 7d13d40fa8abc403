// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A QR code as the robot answers it: a line for each row, of 1 (dark) and 0.
 */
import { texts } from "../texts";

/* Light modules around the picture. */
const QUIET = 4;

/* Dark on light, whatever the colours of the page are: that is what cameras read. */
export function QrCode({ rows }: { rows: string }) {
	const lines = rows.split("\n");
	const side = lines.length + 2 * QUIET;
	const dark = lines.map((line, y) => line.replace(/./g, (c, x: number) => (c === "1" ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")));

	return (
		<svg id="qr" role="img" aria-label={texts.second.picture} viewBox={`0 0 ${side} ${side}`} width="240" height="240" shape-rendering="crispEdges">
			<path fill="#fff" d={`M0 0h${side}v${side}h-${side}z`} />
			<path fill="#000" d={dark.join("")} />
		</svg>
	);
}
