// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an address asks of the past: "#/history?signals=state,battery_v&last=3600", or from and to instead of
 * last, and before=86400 for a comparison.
 */
import { numberOf } from "./number";
import { LONGEST_MS, SHORTEST_MS, type Span } from "./past";
import { href } from "./router";

/** What the address asks for. Without begin and end it is the newest lastMs, and follows the present. */
export interface Asked {
	signals: string[];
	/** as written: the robot refuses what is no time */
	from: string | null;
	to: string | null;
	lastMs: number;
	/** compared with the same span so long before; 0: with none */
	beforeMs: number;
}

export const PAST_CHARTS_MAX = 8;
const USUAL_MS = 3_600_000;
/* Of a span in the address: the robot answers no longer one, and none from after the year 2200. */
const ANSWERED_MS = 5 * 366 * 86_400_000;
const LATEST_MS = Date.UTC(2200, 0);
/* A view whose end is so near to the present follows it. */
const FOLLOW_SHARE = 0.01;

export function readAsked(query: URLSearchParams, usual: string[]): Asked {
	const signals = query.get("signals");
	const msOf = (name: string) => Math.round((numberOf(query.get(name) ?? "") ?? 0) * 1000);
	const lastMs = msOf("last");

	return {
		signals: signals === null ? usual : [...new Set(signals.split(",").filter(Boolean))],
		from: query.get("from"),
		to: query.get("to"),
		lastMs: lastMs > 0 ? Math.min(Math.max(lastMs, SHORTEST_MS), LONGEST_MS) : USUAL_MS,
		beforeMs: Math.min(Math.max(msOf("before"), 0), LONGEST_MS),
	};
}

export function writeAsked({ signals, from, to, lastMs, beforeMs }: Asked): Record<string, string | null> {
	return {
		signals: signals.join(",") || null,
		from,
		to,
		last: from === null ? String(lastMs / 1000) : null,
		before: beforeMs ? String(beforeMs / 1000) : null,
	};
}

export const isFollowing = ({ from, to }: Asked) => from === null && to === null;

/** The span to draw. The robot refuses a text that is no time, or no span. */
export function spanOf({ from, to, lastMs }: Asked, nowMs: number): Span {
	const end = to === null ? nowMs : Date.parse(to);
	const toMs = end > 0 && end < LATEST_MS ? end : nowMs;
	const lengthMs = toMs - (from === null ? Number.NaN : Date.parse(from));

	return { fromMs: toMs - (lengthMs > 0 && lengthMs <= ANSWERED_MS ? lengthMs : lastMs), toMs };
}

const iso = (ms: number) => new Date(ms).toISOString();

/** Asks for this span; one that reaches to the present follows it. */
export function withSpan(asked: Asked, { fromMs, toMs }: Span, nowMs: number): Asked {
	const lengthMs = Math.round(Math.min(Math.max(toMs - fromMs, SHORTEST_MS), LONGEST_MS));
	const endMs = Math.round(toMs);

	if (toMs >= nowMs - lengthMs * FOLLOW_SHARE) return { ...asked, from: null, to: null, lastMs: lengthMs };
	return { ...asked, from: iso(endMs - lengthMs), to: iso(endMs) };
}

/** The same so long before; null: nothing is compared. */
export function askedBefore(asked: Asked, { fromMs, toMs }: Span): Asked | null {
	const { beforeMs } = asked;

	return beforeMs ? { ...asked, from: iso(fromMs - beforeMs), to: iso(toMs - beforeMs) } : null;
}

/* What tells most of why a robot has stopped. */
const AROUND = ["state", "safety_state", "position_mm", "speed_mm_s", "battery_v", "bus_load_worst_percent"];
const BEFORE_MS = 30_000;
const AFTER_MS = 10_000;

/** The page of what was around that time. */
export function aroundHref(at: string, signals = AROUND): string {
	const ms = Date.parse(at);

	return href("/history", { signals: signals.join(","), from: iso(ms - BEFORE_MS), to: iso(ms + AFTER_MS) });
}
