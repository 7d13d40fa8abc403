// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Marks on the axis of time: stops of the journal, alerts, commands, and what else the timeline has. All lists come from the newest on, so
 * they are read back to the beginning of the span, and not endlessly.
 */
import { useEffect } from "preact/hooks";
import type { LiveCommands } from "../api/follow";
import { useLive } from "../api/live";
import type { Problem } from "../api/problem";
import type { Alert, AlertList, CommandLife, Health, JournalEntry, KeptAlert, Robot, TimelineEntry } from "../api/types";
import { commandSaid } from "../drive";
import { sentence } from "../format";
import type { Span } from "../past";
import { useErrorCodes } from "../remedy";
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
const COMMANDS = `robot/commands?limit=${PART}`;
const OTHERS = `timeline?kinds=setting,start,clock&limit=${PART}`;

const t = texts.history;
const stopTime = (entry: JournalEntry) => entry.time;
const alertTime = (alert: KeptAlert) => alert.since;
const commandTime = ({ began, accepted }: CommandLife) => began ?? accepted;
const otherTime = (entry: TimelineEntry) => entry.time;

/* Reads older rows until @backToMs is reached. Returns whether rows since @fromMs are missing. */
function useBackTo<Row>(list: Paged<Row, unknown>, timeOf: (row: Row) => string | null, backToMs: number, fromMs: number): boolean {
	const rows = list.rows ?? [];
	const oldest = rows.length ? Date.parse(timeOf(rows[rows.length - 1] as Row) ?? "") : Number.NaN;
	const isShort = list.older !== undefined && oldest > backToMs;
	const isEnough = rows.length >= ROWS_MAX;

	useEffect(() => {
		if (isShort && !isEnough) list.older?.();
	}, [isShort, isEnough, rows.length]);
	return isShort && isEnough && oldest > fromMs;
}

function ofStop(entry: JournalEntry): Mark[] {
	if (!entry.time) return [];
	const text = entry.cause?.text ?? `${sentence(entry.text)}.`;
	const atMs = Date.parse(entry.time);

	return [{ id: `stop-${entry.source}-${entry.seq}`, atMs, endMs: atMs, time: entry.time, tone: "bad", kind: t.stop, text }];
}

/* An alert that came again soon goes on in its row, whose begin is the first one; @active knows the last begin of a present alert. */
function ofAlert({ number, since: first, ended, state, severity, text }: KeptAlert, active: Alert[]): Mark[] {
	const time = active.find((alert) => alert.number === number)?.since ?? first;

	if (!time) return [];
	const tone = severity === "warning" ? "warn" : "bad";
	const atMs = Date.parse(time);
	const endMs = state === "active" ? Number.POSITIVE_INFINITY : ended ? Date.parse(ended) : atMs;

	return [{ id: `alert-${number}`, atMs, endMs, time, tone, kind: t.alert, text }];
}

/* It is marked where it began, or was taken to wait. That it was done is normal. */
function ofCommand(life: CommandLife, find: ReturnType<typeof useErrorCodes>): Mark[] {
	const time = commandTime(life);

	if (!time) return [];
	const tone = life.state === "failed" || life.state === "retriable" ? "warn" : "none";
	const atMs = Date.parse(time);

	return [{ id: `command-${life.number}`, atMs, endMs: atMs, time, tone, kind: t.command, text: `${commandSaid(life, find)} (${life.by})` }];
}

function ofOther({ time, kind, number, text, who }: TimelineEntry): Mark[] {
	if (!time) return [];
	const atMs = Date.parse(time);

	return [{ id: `${kind}-${number}`, atMs, endMs: atMs, time, tone: "live", kind: t.others[kind] ?? kind, text: who ? `${text} (${who})` : text }];
}

const APART_PX = 6;
const TONES: Tone[] = ["none", "ok", "live", "warn", "bad"];

/** At most one mark for a few pixels, the worst of them, in a picture so wide. @marks: the newest first. */
export function thinned(marks: Mark[], { fromMs, toMs }: Span, widthPx: number): Mark[] {
	const shown = new Map<number, Mark>();

	for (const mark of marks) {
		const place = Math.floor((((mark.atMs - fromMs) / (toMs - fromMs)) * widthPx) / APART_PX);
		const other = shown.get(place);

		if (!other || TONES.indexOf(mark.tone) > TONES.indexOf(other.tone)) shown.set(place, mark);
	}
	return [...shown.values()];
}

export interface Marked {
	/** of all times, the newest first; undefined: not read yet */
	marks: Mark[] | undefined;
	/** some of the span are missing */
	isShort: boolean;
	problem: Problem | undefined;
}

/** Also alerts that began before it and went on. */
export const withinSpan = (marks: Mark[], { fromMs, toMs }: Span) => marks.filter(({ atMs, endMs }) => endMs >= fromMs && atMs <= toMs);

const MINUTE_MS = 60_000;
const minuteOf = (atMs: number) => new Date(Math.floor(atMs / MINUTE_MS) * MINUTE_MS).toISOString();

function ofTransition({ time, number, from, to }: TimelineEntry): Mark[] {
	if (!time) return [];
	const atMs = Date.parse(time);
	const word = (state: string | null) => texts.state[state ?? ""] ?? state ?? "";

	return [{ id: `transition-${atMs}-${number}`, atMs, endMs: atMs, time, tone: "none", kind: t.transition, text: t.became(word(from), word(to)) }];
}

/** Changes of the robot's state in whole minutes around that span, the newest. */
export function useTransitions({ fromMs, toMs }: Span): Marked {
	const state = useLive<Robot>("robot").data?.state;
	const list = usePaged<TimelineEntry>(`timeline?kinds=transition&from=${minuteOf(fromMs)}&to=${minuteOf(toMs + MINUTE_MS)}&limit=${PART}`, state);

	return { marks: list.rows?.flatMap(ofTransition), isShort: list.older !== undefined, problem: list.problem };
}

/* A command that began, ended or waits. */
function commandsKey(told: LiveCommands | undefined): string {
	const { present, waiting = [], ended = [] } = told ?? {};

	return [present, ...waiting, ...ended].map((life) => `${life?.number} ${life?.state}`).join();
}

/** Stops, alerts, commands, versions of the configuration, starts and steps of the clock of that span, and of what was before it back to that time. */
export function useMarks({ fromMs }: Span, wantedMs: number): Marked {
	const backToMs = Math.min(fromMs, wantedMs);
	const find = useErrorCodes();
	const told = useLive<LiveCommands>("commands/live").data;
	const health = useLive<Health>("health").data;
	const journal = health?.journal.newest_seq;
	const active = useLive<AlertList>("alerts").data?.items ?? [];
	const changes = active.map(({ code, since }) => `${code} ${since}`).join();
	const stops = usePaged<JournalEntry>(STOPS, journal);
	const alerts = usePaged<KeptAlert>(ALERTS, useTimesSettled(changes, KEPT_MS));
	const commands = usePaged<CommandLife>(COMMANDS, useTimesSettled(commandsKey(told), KEPT_MS));
	const others = usePaged<TimelineEntry>(OTHERS, `${journal} ${health?.configuration.pending}`);
	const areShort = [
		useBackTo(stops, stopTime, backToMs, fromMs),
		useBackTo(alerts, alertTime, backToMs, fromMs),
		useBackTo(commands, commandTime, backToMs, fromMs),
		useBackTo(others, otherTime, backToMs, fromMs),
	];
	const isThere = stops.rows && alerts.rows && commands.rows && others.rows;
	const all = [
		...(stops.rows ?? []).flatMap(ofStop),
		...(alerts.rows ?? []).flatMap((alert) => ofAlert(alert, active)),
		...(commands.rows ?? []).flatMap((life) => ofCommand(life, find)),
		...(others.rows ?? []).flatMap(ofOther),
	];

	return {
		marks: isThere && all.sort((a, b) => b.atMs - a.atMs),
		isShort: areShort.includes(true),
		problem: stops.problem ?? alerts.problem ?? commands.problem ?? others.problem,
	};
}
