// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The signals that somebody has chosen: which there are, which are drawn, and what has come of them. All of it outlives the
 * pages Overview and Drive, so that the page shows the minutes before when it is opened again; it ends with the session.
 */
import { feed, NOTHING, type Reading, signalsPath } from "./api/live";
import { call, session } from "./api/session";
import type { List, Past, Signal, SignalReading } from "./api/types";
import { sentence, title } from "./format";
import { pointsOf } from "./past";
import { forget, keep, kept } from "./storage";
import { Store } from "./store";
import { texts } from "./texts";
import { KEPT_MS, Trace } from "./trace";

export const CHARTS_MAX = 4;
export const WINDOWS_S = [30, 120, KEPT_MS / 1000];
/** What Overview and Drive show beside the charts. */
export const OVERVIEW_SIGNALS = [
	"bus_load_worst_percent",
	"bus_load_percent",
	"distance_1_mm",
	"distance_2_mm",
	"distance_3_mm",
	"distance_4_mm",
];

export type Readings = Record<string, SignalReading | undefined>;

export interface Choice {
	names: string[];
	windowS: number;
}

const KEPT = "oht.signals";
const USUAL: Choice = {
	names: ["position_mm", "speed_mm_s", "battery_v", "bus_load_worst_percent"],
	windowS: WINDOWS_S[1] ?? 120,
};
const NAME_CHARS_MAX = 40;

/* ---- the choice ---- */

/** The signals left out of the kept choice, in words; empty: none. */
export const complaint = new Store("");

/* Anybody may have written there: only what has the form of a choice is taken. */
function read(): Choice | null {
	const text = kept(KEPT);

	if (text === null) return USUAL;
	try {
		const { names, windowS } = JSON.parse(text) as Partial<Choice>;

		if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) return null;
		return {
			names: [...new Set(names)],
			windowS: WINDOWS_S.find((s) => s === windowS) ?? USUAL.windowS,
		};
	} catch {
		return null;
	}
}

const before = read();

if (!before) {
	complaint.set(texts.signals.forgotten);
	forget(KEPT);
}

export const choice = new Store<Choice>(before ?? USUAL);

export function choose(wanted: Choice): void {
	keep(KEPT, JSON.stringify(wanted));
	choice.set(wanted);
}

/** Can a chart show it? Words have no place on an axis. */
export const drawable = (signal: Signal) => signal.type !== "word";

/** Its values are states: they have a duration, and no mean. */
export const isState = ({ type }: Signal) => type === "word" || type === "boolean";

/** Leaves out what this robot does not have, and says so. */
function judge(signals: Signal[]): void {
	const { names, windowS } = choice.get();
	const known = new Set(signals.filter(drawable).map(({ name }) => name));
	const left = names.filter((name) => known.has(name)).slice(0, CHARTS_MAX);
	const unknown = names.filter((name) => !known.has(name));

	if (unknown.length) {
		const shown = unknown.slice(0, CHARTS_MAX).map((name) => name.slice(0, NAME_CHARS_MAX));

		complaint.set(texts.signals.dropped(shown.join(", ")));
	}
	if (left.length === names.length) return;
	choose({ names: left.length ? left : USUAL.names.filter((name) => known.has(name)), windowS });
}

/* ---- names and numbers ---- */

const SUFFIXES = /_(mm_s|mm|v|a|percent|deg_c|us)$/;
const DECIMALS: Record<string, number> = { mm: 0, "mm/s": 0, V: 1, A: 1, "%": 1, degC: 1, us: 0 };

/** The name for people; the unit stands beside the number. */
export function nameOf({ name, unit }: Signal): string {
	const own = unit && name.endsWith(`_${unit.toLowerCase()}`) ? name.slice(0, -unit.length - 1) : name.replace(SUFFIXES, "");

	return sentence(texts.signals.names[name] ?? title(own));
}

/** A number with as many decimals as its unit has, or more if the signal is finer; always the same, so that nothing jumps. */
export function numberOf({ type, unit, decimals }: Signal, value: number): string {
	if (type === "boolean") return value ? texts.signals.yes : texts.signals.no;
	return value.toFixed(type === "integer" ? 0 : decimals > 1 ? decimals : (DECIMALS[unit ?? ""] ?? 1));
}

/** NaN unless the reading is good: a gap. */
function drawnOf(reading: SignalReading | undefined): number {
	return reading?.quality === "good" && typeof reading.value !== "string" ? Number(reading.value ?? Number.NaN) : Number.NaN;
}

/* ---- what has come ---- */

/** Rows of all chosen signals. */
export const trace = new Trace();

/* How much the robot's clock is ahead of performance.now(), by the messages that took the shortest way. */
let aheadMs = Number.NaN;
/* A late message says little; many say that the robot's clock runs slower than ours. */
const FOLLOW_SHARE = 0.005;

/** What the robot's clock shows now, as far as it has been heard. */
export function robotNowMs(): number {
	const now = performance.now() + aheadMs;

	return Number.isNaN(now) ? Date.now() : Math.max(now, trace.newestMs ?? 0);
}

function hear(robotMs: number, atMs: number): void {
	const ahead = robotMs - atMs;

	if (Number.isNaN(aheadMs) || trace.isSetBack(robotMs)) aheadMs = ahead;
	else aheadMs = Math.max(ahead, aheadMs + (ahead - aheadMs) * FOLLOW_SHARE);
}

/* An answer says only when each value was measured: the newest of these times is near the answer's own. */
function newestTime(readings: Readings): number {
	return Math.max(...Object.values(readings).map((reading) => Date.parse(reading?.time ?? "") || 0));
}

/** The newest readings of what is chosen, and of OVERVIEW_SIGNALS. */
export const readings = new Store<Reading<Readings>>(NOTHING);

/* A point of the widest window is more. */
const REMEMBERED_STEP_MS = 250;

/* Reads the values from before the page came. Without them the lines begin now; the page History names the fault of the history. */
async function remember(names: readonly string[], isWanted: () => boolean): Promise<void> {
	const from = new Date(robotNowMs() - KEPT_MS).toISOString();
	const query = new URLSearchParams({ signals: names.join(","), from, step_ms: String(REMEMBERED_STEP_MS) });
	const past = await call<Past>("GET", `telemetry/history?${query}`).catch(() => undefined);
	const times = past?.series[0]?.t ?? [];
	const lastMs = times[times.length - 1];

	if (!past || !lastMs || !isWanted()) return;
	trace.remember(new Map(past.series.map((one) => [one.signal, pointsOf(one, past.step_ms)])), lastMs + past.step_ms);
}

/** Keeps the newest readings and records the chosen ones, until the returned function is called. */
export function record(names: readonly string[]): () => void {
	const path = signalsPath([...new Set([...names, ...OVERVIEW_SIGNALS])]);
	let before: Readings | undefined;
	let isOver = false;

	trace.choose(names);
	const end = feed.subscribe(path, () => {
		const reading = feed.read<Readings>(path);
		const { data, at, robotMs } = reading;

		readings.set(reading);
		// A refusal leaves the data before: nothing new has come.
		if (!data || data === before) return;
		const isFirst = !before;

		before = data;
		// An answer to a request has no time of its own, and must not be older than the channel's values.
		const when = robotMs ?? (Number.isNaN(aheadMs) ? newestTime(data) : at + aheadMs);

		if (!when) return;
		hear(when, at);
		trace.push(when, (name) => drawnOf(data[name]));
		// Not sooner: the clock of the robot is known now.
		if (isFirst && names.length) void remember(names, () => !isOver);
	});

	return () => {
		isOver = true;
		end();
	};
}

/** Which signals there are; read anew with each session. */
export const registry = new Store<Signal[] | null>(null);

export async function readRegistry(): Promise<void> {
	if (registry.get()) return;
	const { items } = await call<List<Signal>>("GET", "telemetry/signals");

	judge(items);
	registry.set(items);
}

session.subscribe(() => {
	// What one person may see the next may not.
	if (session.get().state !== "none") return;
	trace.clear();
	readings.set(NOTHING);
	registry.set(null);
});
