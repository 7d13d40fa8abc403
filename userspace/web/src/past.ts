// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The past of signals: a span of time, the columns of an answer as lines, states and text, and the ticks of a time axis.
 */
import type { Past, PastSeries, Signal } from "./api/types";

export interface Span {
	fromMs: number;
	toMs: number;
}

export const SHORTEST_MS = 1000;
/* As long as the coarse columns are kept. */
export const LONGEST_MS = 400 * 86_400_000;

/** The span with what is at a time staying where it is; @factor above 1 shows more. */
export function zoomed({ fromMs, toMs }: Span, aroundMs: number, factor: number): Span {
	const length = Math.min(Math.max((toMs - fromMs) * factor, SHORTEST_MS), LONGEST_MS);
	const share = (aroundMs - fromMs) / (toMs - fromMs);

	return { fromMs: aroundMs - share * length, toMs: aroundMs + (1 - share) * length };
}

export function moved({ fromMs, toMs }: Span, byShare: number): Span {
	const by = (toMs - fromMs) * byShare;

	return { fromMs: fromMs + by, toMs: toMs + by };
}

/* ---- columns ---- */

/** A line with the band of its lowest and greatest values; null for a gap. */
export interface Band {
	/** s since 1970 */
	times: number[];
	low: (number | null)[];
	high: (number | null)[];
	line: (number | null)[];
}

/* Where a column ends: the next one may begin sooner, in another run of the daemon. */
function endOf(t: PastSeries["t"], i: number, stepMs: number): number {
	const end = (t[i] ?? 0) + stepMs;

	return Math.min(end, t[i + 1] ?? end);
}

/** Each column has its width, so that one alone is seen. @isFine: its first and last value say more than its mean. */
export function bandOf({ t, min, max, first, last, mean }: PastSeries, stepMs: number, isFine: boolean): Band {
	const band: Band = { times: [], low: [], high: [], line: [] };
	const push = (ms: number, low: number | null, high: number | null, line: number | null) => {
		band.times.push(ms / 1000);
		band.low.push(low);
		band.high.push(high);
		band.line.push(line);
	};

	for (let i = 0; i < t.length; i++) {
		const low = min[i] ?? null;
		const high = max[i] ?? null;
		const middle = isFine ? null : (mean[i] ?? null);

		push(t[i] ?? 0, low, high, middle ?? first[i] ?? null);
		if (low !== null) push(endOf(t, i, stepMs), low, high, middle ?? last[i] ?? null);
	}
	return band;
}

/** A band, and the line of an earlier one over the same times. Where only the other has a value there is none: undefined is no gap. */
export interface Compared {
	times: number[];
	low: (number | null | undefined)[];
	high: (number | null | undefined)[];
	line: (number | null | undefined)[];
	before: (number | null | undefined)[];
}

/* A gap goes on, a line is not cut. */
const onward = (values: (number | null)[], i: number) => (values[i - 1] === null ? null : undefined);

export function compared(band: Band, before: Band | null, beforeS: number): Compared {
	const all: Compared = { times: [], low: [], high: [], line: [], before: [] };
	const times = before?.times ?? [];
	const line = before?.line ?? [];
	let i = 0;
	let j = 0;

	while (i < band.times.length || j < times.length) {
		const now = band.times[i] ?? Number.POSITIVE_INFINITY;
		const then = (times[j] ?? Number.POSITIVE_INFINITY) + beforeS;
		const isNow = now <= then;

		all.times.push(Math.min(now, then));
		for (const name of ["low", "high", "line"] as const) all[name].push(isNow ? band[name][i] : onward(band[name], i));
		all.before.push(isNow ? onward(line, j) : line[j]);
		if (isNow) i++;
		else j++;
	}
	return all;
}

/** The same as points with their time, so that no peak is lost; NaN for a gap. */
export function pointsOf({ t, min, max, first, last }: PastSeries, stepMs: number): { times: number[]; values: number[] } {
	const times: number[] = [];
	const values: number[] = [];
	const push = (ms: number, value: number | null | undefined) => {
		times.push(ms);
		values.push(value ?? Number.NaN);
	};

	for (let i = 0; i < t.length; i++) {
		const [low, high] = [min[i] ?? null, max[i] ?? null];
		const isRising = (last[i] ?? 0) >= (first[i] ?? 0);

		push(t[i] ?? 0, isRising ? low : high);
		if (low !== high) push((t[i] ?? 0) + stepMs / 2, isRising ? high : low);
	}
	return { times, values };
}

export interface Run extends Span {
	value: number;
}

/** Times with one value. Of a column with several it is one that was not before, so that none is too short to be seen. */
export function runsOf({ t, min, max, first, last }: PastSeries, stepMs: number): Run[] {
	const runs: Run[] = [];
	let before: number | null | undefined;

	for (let i = 0; i < t.length; i++) {
		const value = [max[i], min[i], first[i]].find((v) => v !== before) ?? last[i] ?? null;
		const open = runs[runs.length - 1];
		const fromMs = t[i] ?? 0;
		const toMs = endOf(t, i, stepMs);

		before = last[i];
		if (value === null) continue;
		if (open?.value === value && open.toMs >= fromMs) open.toMs = toMs;
		else runs.push({ fromMs, toMs, value });
	}
	return runs;
}

/** The place of the column of that time; undefined: there is none with a value. */
export function columnAt({ t, last }: PastSeries, atMs: number, stepMs: number): number | undefined {
	let low = 0;
	let high = t.length;

	while (low < high) {
		const middle = (low + high) >> 1;

		if ((t[middle] ?? 0) <= atMs) low = middle + 1;
		else high = middle;
	}
	const i = low - 1;

	return i >= 0 && atMs < endOf(t, i, stepMs) && (last[i] ?? null) !== null ? i : undefined;
}

/** Lowest and greatest value within a span; null: there is none. */
export function extremesOf({ t, min, max }: PastSeries, { fromMs, toMs }: Span, stepMs: number): { min: number; max: number } | null {
	let least = Number.POSITIVE_INFINITY;
	let most = Number.NEGATIVE_INFINITY;

	for (let i = 0; i < t.length; i++) {
		if ((t[i] ?? 0) > toMs || endOf(t, i, stepMs) < fromMs) continue;
		least = Math.min(least, min[i] ?? least);
		most = Math.max(most, max[i] ?? most);
	}
	return least > most ? null : { min: least, max: most };
}

/* ---- what is not there ---- */

export interface Gap extends Span {
	reason: string;
}

/** Where nothing is kept. */
export function gapsOf({ gaps }: Past): Gap[] {
	return gaps.map(({ from, to, reason }) => ({ fromMs: Date.parse(from ?? ""), toMs: Date.parse(to ?? ""), reason }));
}

export const isWithin = ({ fromMs, toMs }: Span, ms: number) => ms >= fromMs && ms < toMs;

/** Where a signal has no good value, though values were kept: columns of null that are in no gap. */
export function holesOf({ t, last }: PastSeries, gaps: Gap[], stepMs: number): Span[] {
	const holes: Span[] = [];

	for (let i = 0; i < t.length; i++) {
		const fromMs = t[i] ?? 0;
		const toMs = endOf(t, i, stepMs);
		const open = holes[holes.length - 1];

		if ((last[i] ?? null) !== null || gaps.some((gap) => isWithin(gap, (fromMs + toMs) / 2))) continue;
		if (open?.toMs === fromMs) open.toMs = toMs;
		else holes.push({ fromMs, toMs });
	}
	return holes;
}

/* ---- the axis ---- */

const DAY_MS = 86_400_000;
const STEPS_MS = [
	...[100, 200, 500],
	...[1, 2, 5, 10, 15, 30].map((s) => s * 1000),
	...[1, 2, 5, 10, 15, 30].map((min) => min * 60_000),
	...[1, 2, 3, 6, 12].map((h) => h * 3_600_000),
	...[1, 2, 7, 14, 30, 60, 120].map((d) => d * DAY_MS),
];
const TICK_PX = 84;

export interface Tick {
	ms: number;
	text: string;
}

const pad = (n: number) => String(n).padStart(2, "0");

function tickText(at: Date, stepMs: number): string {
	const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}`;

	if (stepMs < 1000) return `${clock}:${pad(at.getSeconds())}.${Math.floor(at.getMilliseconds() / 100)}`;
	// The beginning of a day is known by its date.
	if (stepMs >= DAY_MS || (clock === "00:00" && !at.getSeconds())) return `${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
	return stepMs < 60_000 ? `${clock}:${pad(at.getSeconds())}` : clock;
}

/** Round times of the day, so many that their texts have room. */
export function ticksOf({ fromMs, toMs }: Span, widthPx: number): Tick[] {
	const most = Math.max(widthPx / TICK_PX, 1);
	const stepMs = STEPS_MS.find((ms) => (toMs - fromMs) / ms <= most) ?? 240 * DAY_MS;
	const midnight = new Date(fromMs);
	const ticks: Tick[] = [];
	const push = (ms: number) => ticks.push({ ms, text: tickText(new Date(ms), stepMs) });

	midnight.setHours(0, 0, 0, 0);
	if (stepMs < DAY_MS) {
		const first = Math.ceil((fromMs - midnight.getTime()) / stepMs);

		for (let ms = midnight.getTime() + first * stepMs; ms <= toMs; ms += stepMs) push(ms);
		return ticks;
	}
	const every = stepMs / DAY_MS;
	const today = Math.floor((midnight.getTime() - midnight.getTimezoneOffset() * 60_000) / DAY_MS);

	// A day has 23 or 25 hours when the clock of the place changes. Counted from one day on, ticks stay where they are in a move.
	for (let day = every - (today % every); ; day += every) {
		const ms = new Date(midnight.getFullYear(), midnight.getMonth(), midnight.getDate() + day).getTime();

		if (ms > toMs) return ticks;
		if (ms >= fromMs) push(ms);
	}
}

/* ---- a file ---- */

const MEMBERS = ["first", "min", "max", "last", "mean"] as const;

/** The columns of a span, in the form that `ohtctl history --csv` has. */
export function csvOf({ series, step_ms }: Past, { fromMs, toMs }: Span, signals: Signal[]): string {
	const lines = [["time", "signal", ...MEMBERS].join()];

	for (const one of series) {
		const texts = signals.find(({ name }) => name === one.signal)?.words;

		one.t.forEach((begin, i) => {
			const ms = begin ?? 0;

			if (ms >= toMs || endOf(one.t, i, step_ms) <= fromMs) return;
			const values = MEMBERS.map((member) => one[member][i] ?? null).map((value) => (value === null ? "" : (texts?.[value] ?? value)));

			lines.push([new Date(ms).toISOString(), one.signal, ...values].join());
		});
	}
	return `${lines.join("\n")}\n`;
}
