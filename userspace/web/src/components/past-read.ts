// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The present time of the robot, and the columns of a span: read anew when the span changes, and while it reaches to now.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useLive } from "../api/live";
import type { Problem } from "../api/problem";
import { call } from "../api/session";
import type { Health, Past } from "../api/types";
import { type Asked, isFollowing, spanOf } from "../asked";
import type { Span } from "../past";
import { asProblem } from "./act";

/* The person still zooms or moves. */
const SETTLE_MS = 120;
const AGAIN_LEAST_MS = 2000;
const AGAIN_MOST_MS = 30_000;
/* So many times does a picture move on while its whole span goes by. */
const MOVES = 300;
const POINTS_MAX = 2000;
const WIDTH_STEP_PX = 50;

export interface RobotClock {
	/** what it shows now */
	nowMs: () => number;
	isKnown: boolean;
	history: Health["history"] | undefined;
}

export function useRobotClock(): RobotClock {
	const { data, at, robotMs } = useLive<Health>("health");
	const told = robotMs ?? Date.parse(data?.clock.time ?? "");
	const ahead = useRef(Number.NaN);

	if (!Number.isNaN(told)) ahead.current = told - at;
	return {
		nowMs: () => (Number.isNaN(ahead.current) ? Date.now() : performance.now() + ahead.current),
		isKnown: data !== undefined,
		history: data?.history,
	};
}

/** When there is more of a span that goes on. */
export const againMs = ({ fromMs, toMs }: Span) => Math.min(Math.max((toMs - fromMs) / MOVES, AGAIN_LEAST_MS), AGAIN_MOST_MS);

/** The span that is asked for. While it reaches to the present it goes on, and each @version of it has more values. */
export function useSpan(asked: Asked, clock: RobotClock): { span: Span; version: number } {
	// The present at which it was asked for: a later one would ask once more.
	const askedAtMs = useMemo(clock.nowMs, [clock.isKnown, asked]);
	const [tick, setTick] = useState({ askedAtMs, ms: askedAtMs });
	const nowMs = tick.askedAtMs === askedAtMs ? tick.ms : askedAtMs;
	const newest = useRef(clock);
	const span = spanOf(asked, nowMs);
	const goesOn = isFollowing(asked) || span.toMs > nowMs;
	const everyMs = againMs(span);

	newest.current = clock;
	useEffect(() => {
		if (!goesOn) return;
		const timer = setInterval(() => document.hidden || setTick({ askedAtMs, ms: newest.current.nowMs() }), everyMs);

		return () => clearInterval(timer);
	}, [goesOn, everyMs, askedAtMs]);
	return { span, version: goesOn ? nowMs : 0 };
}

export function pathOf(asked: Asked, span: Span, widthPx: number): string {
	const steps = Math.ceil((widthPx * Math.min(devicePixelRatio, 2)) / WIDTH_STEP_PX);
	const query = new URLSearchParams({ signals: asked.signals.join(","), points: String(Math.min(steps * WIDTH_STEP_PX, POINTS_MAX)) });
	const follows = isFollowing(asked);

	if (follows) query.set("from", new Date(Math.round(span.fromMs)).toISOString());
	if (asked.from !== null) query.set("from", asked.from);
	if (asked.to !== null) query.set("to", asked.to);
	return `telemetry/history?${query}`;
}

export interface PastReading {
	past: Past | undefined;
	problem: Problem | undefined;
	isBusy: boolean;
	again: () => void;
}

/** The columns at that path; empty: none are wanted. What was read before stands until the answer. @version: read again. */
export function usePast(path: string, version: number): PastReading {
	const [past, setPast] = useState<Past>();
	const [problem, setProblem] = useState<Problem>();
	const [isBusy, setBusy] = useState(false);
	const [turn, setTurn] = useState(0);
	/** number of the newest read, the only one whose answer counts */
	const reads = useRef(0);
	const changedAt = useRef(Number.NEGATIVE_INFINITY);

	const read = async () => {
		const mine = reads.current;

		try {
			const told = await call<Past>("GET", path);

			if (mine !== reads.current) return;
			setPast(told);
			setProblem(undefined);
		} catch (error) {
			if (mine !== reads.current) return;
			setProblem(asProblem(error));
		}
		setBusy(false);
	};

	useEffect(() => {
		setBusy(path !== "");
		if (!path) {
			setPast(undefined);
			setProblem(undefined);
		}
		return () => {
			reads.current++;
		};
	}, [path, version, turn]);
	useEffect(() => {
		// One touch is answered at once; while somebody drags, what has not settled is not read.
		const isMoving = performance.now() - changedAt.current < SETTLE_MS;
		const timer = path ? setTimeout(() => void read(), isMoving ? SETTLE_MS : 0) : undefined;

		changedAt.current = performance.now();
		return () => clearTimeout(timer);
	}, [path, version, turn]);
	return { past, problem, isBusy, again: () => setTurn(turn + 1) };
}
