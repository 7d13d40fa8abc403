// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A bar for each interval of time. The figures themselves are in a table: the picture says where the most is.
 */
import { texts } from "../texts";

const t = texts.analytics;

export interface Bar {
	key: string;
	/** when, as the table says it */
	label: string;
	/** from the ground up; the second is what went wrong */
	parts: number[];
	/** nothing is known of that time */
	isUnknown: boolean;
}

const heightOf = ({ parts }: Bar) => parts.reduce((sum, part) => sum + part, 0);

export function Bars({ name, bars, most, text }: { name: string; bars: Bar[]; most?: number; text: (value: number) => string }) {
	const highest = bars.reduce<Bar | undefined>((best, bar) => (best && heightOf(best) >= heightOf(bar) ? best : bar), undefined);
	const top = most ?? (highest ? heightOf(highest) : 0);
	const said = highest && heightOf(highest) > 0 ? t.most(name, text(heightOf(highest)), highest.label) : t.none(name);

	return (
		<>
			<div class="bars" role="img" aria-label={said}>
				{bars.map((bar) => (
					<span key={bar.key} class={bar.isUnknown ? "bar-unknown" : ""} title={`${bar.label}: ${bar.isUnknown ? t.notKnown : text(heightOf(bar))}`}>
						{bar.parts.map((part, i) => (
							<i key={i} class={i ? "bar-bad" : ""} style={{ height: `${top > 0 ? (100 * part) / top : 0}%` }} />
						))}
					</span>
				))}
			</div>
			<div class="bars-axis" aria-hidden="true">
				<span>{bars[0]?.label}</span>
				<span>{bars.length > 1 ? bars[bars.length - 1]?.label : ""}</span>
			</div>
		</>
	);
}
