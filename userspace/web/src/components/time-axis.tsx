// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The axis of time below the charts: its ticks, marks of stops, alerts and commands, and the keys.
 */
import type { Ref } from "preact";
import { moved, type Span, type Tick, zoomed } from "../past";
import type { Mark } from "./marks";
import { texts } from "../texts";
import { Shape } from "./basics";
import { stamp } from "./past-chart";

const t = texts.history;
const STEP = 0.01;
const MOVE = 0.5;
const ZOOM = 1.5;

interface AxisProps {
	place: Ref<HTMLDivElement>;
	span: Span;
	ticks: Tick[];
	marks: Mark[];
	cursorMs: number | null;
	/** what is there, in words */
	reading: string;
	onPoint: (atMs: number | null) => void;
	onSpan: (span: Span) => void;
}

export function TimeAxis({ place, span, ticks, marks, cursorMs, reading, onPoint, onSpan }: AxisProps) {
	const length = span.toMs - span.fromMs;
	const percent = (ms: number) => `${((ms - span.fromMs) / length) * 100}%`;
	const middle = span.fromMs + length / 2;
	const at = cursorMs ?? middle;
	const point = (ms: number) => onPoint(Math.min(Math.max(ms, span.fromMs), span.toMs));
	const keys: Record<string, () => void> = {
		ArrowLeft: () => point(at - length * STEP),
		ArrowRight: () => point(at + length * STEP),
		Home: () => point(span.fromMs),
		End: () => point(span.toMs),
		PageUp: () => onSpan(moved(span, -MOVE)),
		PageDown: () => onSpan(moved(span, MOVE)),
		"+": () => onSpan(zoomed(span, at, 1 / ZOOM)),
		// The same key without Shift.
		"=": () => onSpan(zoomed(span, at, 1 / ZOOM)),
		"-": () => onSpan(zoomed(span, at, ZOOM)),
		Delete: () => onPoint(null),
	};

	return (
		<div
			ref={place}
			class="time-axis"
			id="time-axis"
			role="slider"
			tabIndex={0}
			aria-label={t.axis}
			aria-valuemin={span.fromMs}
			aria-valuemax={span.toMs}
			aria-valuenow={at}
			aria-valuetext={cursorMs === null ? t.nowhere : reading}
			onKeyDown={(event) => {
				const act = event.ctrlKey || event.altKey || event.metaKey ? undefined : keys[event.key];

				if (!act) return;
				event.preventDefault();
				act();
			}}
		>
			{ticks.map(({ ms, text }) => (
				<span key={ms} class="tick" style={{ left: percent(ms) }}>
					{text}
				</span>
			))}
			{marks.map((mark) => (
				<span key={mark.id} class={`mark tone-${mark.tone}`} style={{ left: percent(mark.atMs) }} title={`${stamp(mark.atMs)}: ${mark.text}`}>
					<Shape tone={mark.tone} />
				</span>
			))}
			{cursorMs === null ? null : <i class="past-cursor" style={{ left: percent(cursorMs) }} />}
		</div>
	);
}
