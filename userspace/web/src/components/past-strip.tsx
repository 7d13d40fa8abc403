// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All that is kept as one strip: the state of the robot, stops, alerts and commands, and as a window what the charts show of it.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Past, PastSeries, Signal } from "../api/types";
import { gapsOf, LONGEST_MS, type Span, zoomed } from "../past";
import { texts } from "../texts";
import { type Mark, thinned } from "./marks";
import { RunsPicture, stamp } from "./past-chart";
import { againMs, pathOf, type RobotClock, usePast } from "./past-read";

const t = texts.history;
export const STRIP_SIGNAL = "state";
const MOVE = 0.5;
const ZOOM = 1.5;
/* So many columns tell on which day it begins; the strip itself begins there. */
const SEARCH_POINTS = 400;

export interface Whole {
	past: Past;
	series: PastSeries;
	span: Span;
}

const iso = (ms: number) => new Date(Math.round(ms)).toISOString();

/** From the first value on to now. Undefined: not read yet, or nothing is kept. */
export function useWhole({ isKnown, nowMs: clock }: RobotClock, widthPx: number): Whole | undefined {
	const newest = useRef(clock);
	const [search, setSearch] = useState("");
	const [nowMs, setNow] = useState(0);
	const found = usePast(search, 0).past?.series[0];
	const fromMs = found?.t.find((_, i) => (found.last[i] ?? null) !== null) ?? undefined;
	const asked = { signals: [STRIP_SIGNAL], from: fromMs === undefined ? null : iso(fromMs), to: null, lastMs: 0, beforeMs: 0 };
	const span = { fromMs: fromMs ?? 0, toMs: nowMs };
	const { past } = usePast(fromMs !== undefined && widthPx > 0 ? pathOf(asked, span, widthPx) : "", nowMs);
	const series = past?.series[0];
	const everyMs = againMs(span);

	newest.current = clock;
	useEffect(() => {
		if (!isKnown) return;
		setNow(newest.current());
		setSearch(`telemetry/history?signals=${STRIP_SIGNAL}&from=${iso(newest.current() - LONGEST_MS)}&points=${SEARCH_POINTS}`);
	}, [isKnown]);
	useEffect(() => {
		const timer = setInterval(() => document.hidden || setNow(newest.current()), everyMs);

		return () => clearInterval(timer);
	}, [everyMs]);
	return past && series && span.toMs > span.fromMs ? { past, series, span } : undefined;
}

interface StripProps {
	whole: Whole;
	signal: Signal;
	/** what the charts show */
	span: Span;
	marks: Mark[];
	widthPx: number;
	nowMs: () => number;
	onSpan: (span: Span) => void;
}

export function PastStrip({ whole, signal, span, marks, widthPx, nowMs, onSpan }: StripProps) {
	const axis = useRef<HTMLDivElement>(null);
	/** what is held, as a time from the begin of the window */
	const held = useRef<number | null>(null);
	// The shown span may be newer than the values that were read.
	const all = { fromMs: whole.span.fromMs, toMs: Math.max(whole.span.toMs, span.toMs) };
	const lengthMs = span.toMs - span.fromMs;
	const percent = (ms: number) => Math.min(Math.max(((ms - all.fromMs) / (all.toMs - all.fromMs)) * 100, 0), 100);
	const put = (ms: number) => {
		// Its end is the present.
		const toMs = ms + lengthMs >= all.toMs ? nowMs() : Math.max(ms, all.fromMs) + lengthMs;

		onSpan({ fromMs: toMs - lengthMs, toMs });
	};
	const timeAt = ({ clientX }: PointerEvent) => {
		const { left, width } = axis.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);

		return all.fromMs + ((clientX - left) / width) * (all.toMs - all.fromMs);
	};
	const letGo = () => {
		held.current = null;
	};
	const keys: Record<string, () => void> = {
		ArrowLeft: () => put(span.fromMs - lengthMs * MOVE),
		ArrowRight: () => put(span.fromMs + lengthMs * MOVE),
		PageUp: () => put(span.fromMs - lengthMs),
		PageDown: () => put(span.fromMs + lengthMs),
		Home: () => put(all.fromMs),
		End: () => put(all.toMs),
		"+": () => onSpan(zoomed(span, span.toMs, 1 / ZOOM)),
		"=": () => onSpan(zoomed(span, span.toMs, 1 / ZOOM)),
		"-": () => onSpan(zoomed(span, span.toMs, ZOOM)),
	};

	return (
		<section class="past-chart strip" id="history-strip" aria-label={t.whole}>
			<div class="past-head">
				<h3>{t.whole}</h3>
				<p class="past-when">{t.since(stamp(all.fromMs))}</p>
			</div>
			<div class="past-picture">
				<RunsPicture signal={signal} series={whole.series} past={whole.past} span={all} widthPx={widthPx} />
				<div
					ref={axis}
					class="strip-axis"
					id="history-window"
					role="slider"
					tabIndex={0}
					aria-label={t.window}
					aria-valuemin={all.fromMs}
					aria-valuemax={all.toMs}
					aria-valuenow={Math.min(Math.max(span.fromMs + lengthMs / 2, all.fromMs), all.toMs)}
					aria-valuetext={t.fromTo(stamp(span.fromMs), stamp(span.toMs))}
					onKeyDown={(event) => {
						const act = event.ctrlKey || event.altKey || event.metaKey ? undefined : keys[event.key];

						if (!act) return;
						event.preventDefault();
						act();
					}}
					onPointerDown={(event) => {
						const ms = timeAt(event);
						const isInside = ms >= span.fromMs && ms <= span.toMs;

						if (event.button !== 0) return;
						event.currentTarget.setPointerCapture(event.pointerId);
						held.current = isInside ? ms - span.fromMs : lengthMs / 2;
						if (!isInside) put(ms - lengthMs / 2);
					}}
					onPointerMove={(event) => {
						if (held.current !== null) put(timeAt(event) - held.current);
					}}
					onPointerUp={letGo}
					onPointerCancel={letGo}
				>
					{gapsOf(whole.past).map(({ fromMs, toMs }) => (
						<i key={fromMs} class="past-gap" style={{ left: `${percent(fromMs)}%`, width: `${percent(toMs) - percent(fromMs)}%` }} />
					))}
					{thinned(marks, all, widthPx).map((mark) => (
						<i key={mark.id} class={`strip-mark tone-${mark.tone}`} style={{ left: `${percent(mark.atMs)}%` }} />
					))}
					<i class="strip-window" style={{ left: `${percent(span.fromMs)}%`, width: `${percent(span.toMs) - percent(span.fromMs)}%` }} />
				</div>
			</div>
		</section>
	);
}
