// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Marks on the axis of time: stops of the journal, and alerts. Both lists come from the newest on, so they are read back to the
 * beginning of the span, and not endlessly.
 */
import { useEffect } from "preact/hooks";
import { useLive } from "../api/live";
import type { Problem } from "../api/problem";
import type { Alert, AlertList, Health, JournalEntry, KeptAlert } from "../api/types";
import { sentence } from "../format";
import type { Span } from "../past";
import { texts } from "../texts";
import type { Tone } from "./basics";
import { type Paged, usePaged } from "./paged";
import { KEPT_MS, useTimesSettled } from "./settled";

export interface Mark {
	id: string;
	atMs: number;
	/** an alert goes on until then */
	endMs: number;
	time: string;
	tone: Tone;
	kind: string;
	text: string;
}

const PART = 200;
const ROWS_MAX = 1000;
const STOPS = `safety/events?kind=stop&limit=${PART}`;
const ALERTS = `alerts/history?limit=${PART}`;

const t = texts.history;
const stopTime = (entry: JournalEntry) => entry.time;
const alertTime = (alert: KeptAlert) => alert.since;

/* Reads older rows until the begin is reached. Returns whether rows are missing. */
function useBackTo<Row>(list: Paged<Row, unknown>, timeOf: (row: Row) => string | null, fromMs: number): boolean {
	const rows = list.rows ?? [];
	const oldest = rows.length ? Date.parse(timeOf(rows[rows.length - 1] as Row) ?? "") : Number.NaN;
	const isShort = list.older !== undefined && oldest > fromMs;
	const isEnough = rows.length >= ROWS_MAX;

	useEffect(() => {
		if (isShort && !isEnough) list.older?.();
	}, [isShort, isEnough, rows.length]);
	return isShort && isEnough;
}

function ofStop(entry: JournalEntry): Mark[] {
	if (!entry.time) return [];
	const text = entry.cause?.text ?? `${sentence(entry.text)}.`;
	const atMs = Date.parse(entry.time);

	return [{ id: `stop-${entry.source}-${entry.seq}`, atMs, endMs: atMs, time: entry.time, tone: "bad", kind: t.stop, text }];
}

/* One that came again soon goes on in its row, whose begin is the first one: of one that is there now, @active knows the last one. */
function ofAlert({ number, since: first, ended, state, severity, text }: KeptAlert, active: Alert[]): Mark[] {
	const time = active.find((alert) => alert.number === number)?.since ?? first;

	if (!time) return [];
	const tone = severity === "warning" ? "warn" : "bad";
	const atMs = Date.parse(time);
	const endMs = state === "active" ? Number.POSITIVE_INFINITY : ended ? Date.parse(ended) : atMs;

	return [{ id: `alert-${number}`, atMs, endMs, time, tone, kind: t.alert, text }];
}

/** Stops and alerts of that span, the newest first, also alerts that began before it and went on; undefined: not read yet. */
export function useMarks({ fromMs, toMs }: Span): { marks: Mark[] | undefined; isShort: boolean; problem: Problem | undefined } {
	const journal = useLive<Health>("health").data?.journal.newest_seq;
	const active = useLive<AlertList>("alerts").data?.items ?? [];
	const changes = active.map(({ code, since }) => `${code} ${since}`).join();
	const stops = usePaged<JournalEntry>(STOPS, journal);
	const alerts = usePaged<KeptAlert>(ALERTS, useTimesSettled(changes, KEPT_MS));
	const isStopsShort = useBackTo(stops, stopTime, fromMs);
	const isAlertsShort = useBackTo(alerts, alertTime, fromMs);

	const all = stops.rows && alerts.rows && [...stops.rows.flatMap(ofStop), ...alerts.rows.flatMap((alert) => ofAlert(alert, active))];

	return {
		marks: all?.filter(({ atMs, endMs }) => endMs >= fromMs && atMs <= toMs).sort((a, b) => b.atMs - a.atMs),
		isShort: isStopsShort || isAlertsShort,
		problem: stops.problem ?? alerts.problem,
	};
}
