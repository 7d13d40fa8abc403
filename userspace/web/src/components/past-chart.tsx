// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The past of one signal: a line with its band, or coloured states. All of a page have the same axis of time.
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Past, PastSeries, Signal } from "../api/types";
import { sentence, span as lengthText, time, unit, words } from "../format";
import { bandOf, columnAt, compared, extremesOf, type Gap, gapsOf, holesOf, isWithin, runsOf, type Run, type Span, type Tick } from "../past";
import { isState, nameOf, numberOf } from "../signals";
import { useTick } from "../store";
import { texts } from "../texts";
import type { Mark } from "./marks";
import { usePlot } from "./place";

const t = texts.history;

/** Beside the picture: history.css has the same. */
export const LEFT_PX = 66;
export const RIGHT_PX = 12;

export interface PastView {
	past: Past;
	span: Span;
	ticks: Tick[];
	marks: Mark[];
	cursorMs: number | null;
	/** the columns of the same span beforeMs earlier */
	before: Past | undefined;
	beforeMs: number;
}

interface PastProps extends PastView {
	signal: Signal;
	series: PastSeries;
	/** the drawing could not be loaded */
	onFail: () => void;
}

function said(signal: Signal, value: number | null | undefined): string {
	if (value === null || value === undefined) return texts.signals.noValue;
	return signal.type === "word" ? words(signal.words?.[value] ?? String(value)) : numberOf(signal, value);
}

export const stamp = (ms: number) => time(new Date(ms).toISOString());

/* ---- a line ---- */

const seriesOf = (past: Past | undefined, { name }: Signal) => past?.series.find(({ signal }) => signal === name);
const lineOf = (series: PastSeries, past: Past) => bandOf(series, past.step_ms, past.level_s < 1);

function LinePicture({ signal, series, past, span, ticks, before, beforeMs, onFail }: PastProps) {
	const [place, setPlace] = useState<HTMLDivElement | null>(null);
	const options = { stepped: signal.type === "integer", leftPx: LEFT_PX, rightPx: RIGHT_PX };
	const plot = usePlot(place, signal, ({ makeBandPlot }, box) => makeBandPlot(box, options), onFail);
	const tick = useTick();
	const earlier = seriesOf(before, signal);
	const draw = () =>
		plot?.draw(
			compared(lineOf(series, past), before && earlier ? lineOf(earlier, before) : null, beforeMs / 1000),
			span.fromMs,
			span.toMs,
			ticks.map(({ ms }) => ms),
		);

	useEffect(draw, [plot, series, earlier, span.fromMs, span.toMs, ticks]);
	useEffect(() => {
		if (plot?.isFaded()) draw();
	}, [tick]);
	return (
		<div
			ref={setPlace}
			class="plot past-plot"
			role="img"
			aria-label={t.picture(nameOf(signal), unit(signal.unit), stamp(span.fromMs), stamp(span.toMs))}
			aria-busy={!plot}
		/>
	);
}

/* ---- states ---- */

const COLOURS = 6;
/* Words of the robot and of the stop in which it cannot work, and those in which it waits for something. */
const TONES: Record<string, string> = { estop: "bad", fault: "bad", stopped: "bad", blocked: "warn", paused: "warn" };
/* A text in its run needs so many pixels. */
const LETTER_PX = 7;
const LEAST_PX = 1.5;

export type RunsProps = Pick<PastProps, "signal" | "series" | "past" | "span"> & { widthPx: number };

export function RunsPicture({ signal, series, past, span, widthPx }: RunsProps) {
	const wide = Math.max(widthPx, 1);
	const place = (ms: number) => ((ms - span.fromMs) / (span.toMs - span.fromMs)) * wide;
	const shown = runsOf(series, past.step_ms).filter(({ fromMs, toMs }) => toMs > span.fromMs && fromMs < span.toMs);
	const rect = (run: Run) => {
		const from = Math.max(place(run.fromMs), 0);
		const width = Math.max(Math.min(place(run.toMs), wide) - from, LEAST_PX);
		const text = said(signal, run.value);
		const kind = signal.type === "boolean" ? `w${run.value}` : (TONES[text] ?? `w${run.value % COLOURS}`);

		return (
			<g key={run.fromMs} class={`run ${kind}`}>
				<rect x={from} y={3} width={width} height={24}>
					<title>{t.gap(stamp(run.fromMs), stamp(run.toMs), text)}</title>
				</rect>
				{width > text.length * LETTER_PX + 8 ? (
					<text x={from + 5} y={20}>
						{text}
					</text>
				) : null}
			</g>
		);
	};

	return (
		<svg
			class="past-runs"
			viewBox={`0 0 ${wide} 30`}
			preserveAspectRatio="none"
			role="img"
			aria-label={t.states(nameOf(signal), stamp(span.fromMs), stamp(span.toMs))}
		>
			{shown.map(rect)}
		</svg>
	);
}

/* ---- a chart ---- */

/** What of a signal is not there: nothing was kept, or no good value. */
export interface Missing {
	gaps: Gap[];
	holes: Span[];
}

export function missingOf(past: Past, series: PastSeries): Missing {
	const gaps = gapsOf(past);

	return { gaps, holes: holesOf(series, gaps, past.step_ms) };
}

export const reasonOf = ({ reason }: Gap) => t.reasons[reason] ?? words(reason);

function whyMissing({ gaps, holes }: Missing, atMs: number): string {
	const gap = gaps.find((one) => isWithin(one, atMs));

	if (gap) return reasonOf(gap);
	return holes.some((hole) => isWithin(hole, atMs)) ? t.noGood : texts.signals.noValue;
}

const GAPS_DRAWN = 200;

/* What lies over the picture: gaps, holes, marks, and where somebody points. */
function Over({ span, marks, cursorMs, missing }: PastView & { missing: Missing }) {
	const percent = (ms: number) => ((ms - span.fromMs) / (span.toMs - span.fromMs)) * 100;
	const within = (ms: number) => Math.min(Math.max(percent(ms), 0), 100);
	const hatched = (spans: Span[], className: string) =>
		spans
			.slice(-GAPS_DRAWN)
			.map(({ fromMs, toMs }) => (
				<i key={fromMs} class={className} style={{ left: `${within(fromMs)}%`, width: `${within(toMs) - within(fromMs)}%` }} />
			));

	return (
		<div class="past-over">
			{hatched(missing.gaps, "past-gap")}
			{hatched(missing.holes, "past-gap hole")}
			{marks.map(({ id, tone, atMs }) => (
				<i key={id} class={`past-mark tone-${tone}`} style={{ left: `${percent(atMs)}%` }} />
			))}
			{cursorMs === null ? null : <i class="past-cursor" style={{ left: `${percent(cursorMs)}%` }} />}
		</div>
	);
}

/* The line of the time that it is compared with. */
function Before({ signal, before, beforeMs, cursorMs }: PastProps & { cursorMs: number }) {
	const series = seriesOf(before, signal);

	if (!before || !series) return null;
	const i = columnAt(series, cursorMs - beforeMs, before.step_ms);
	const value = i === undefined ? null : (series.mean[i] ?? series.last[i]);

	return <p class="sub past-before">{t.before(lengthText(beforeMs), said(signal, value))}</p>;
}

function Facts(props: PastProps & { missing: Missing }) {
	const { signal, series, past, span, cursorMs, missing } = props;

	if (cursorMs !== null) {
		const i = columnAt(series, cursorMs, past.step_ms);
		const value = i === undefined ? null : (series.mean[i] ?? series.last[i]);
		const at = i === undefined ? whyMissing(missing, cursorMs) : said(signal, isState(signal) ? series.last[i] : value);
		const isOne = i === undefined || series.min[i] === series.max[i];

		return (
			<>
				<p class="past-at">{isOne ? at : t.around(at, said(signal, series.min[i]), said(signal, series.max[i]))}</p>
				<Before {...props} cursorMs={cursorMs} />
			</>
		);
	}
	if (isState(signal)) return null;
	const range = extremesOf(series, span, past.step_ms);

	return (
		<dl class="chart-facts">
			<div>
				<dt>{texts.signals.min}</dt>
				<dd class="chart-min">{said(signal, range?.min)}</dd>
			</div>
			<div>
				<dt>{texts.signals.max}</dt>
				<dd class="chart-max">{said(signal, range?.max)}</dd>
			</div>
		</dl>
	);
}

export function PastChart(props: PastProps & { widthPx: number }) {
	const { signal, series, past, span, widthPx } = props;
	const name = nameOf(signal);
	const missing = useMemo(() => missingOf(past, series), [past, series]);
	// Many states are many elements: not drawn anew because somebody points.
	const runs = useMemo(() => (isState(signal) ? <RunsPicture {...props} /> : null), [signal, series, span.fromMs, span.toMs, widthPx]);

	return (
		<section class={isState(signal) ? "past-chart states" : "past-chart"} data-signal={signal.name} aria-label={texts.signals.chartOf(name)}>
			<div class="past-head">
				<h3 title={sentence(signal.description)}>
					{name} {signal.unit ? <small class="mute">{unit(signal.unit)}</small> : null}
				</h3>
				<Facts {...props} missing={missing} />
			</div>
			<div class="past-picture">
				<Over {...props} missing={missing} />
				{runs ?? <LinePicture {...props} />}
			</div>
		</section>
	);
}
