// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A signal as a line over the last minutes, with its value now and, in words, the lowest and greatest of what is shown.
 */
import { useEffect, useState } from "preact/hooks";
import { SILENCE_MS } from "../api/line";
import type { Signal, SignalReading } from "../api/types";
import { time, unit } from "../format";
import type { Plot, Points } from "../plot";
import { nameOf, numberOf, readings, robotNowMs } from "../signals";
import { useTick } from "../store";
import { texts } from "../texts";
import type { Trace } from "../trace";
import { Badge } from "./basics";
import { usePlot } from "./place";

const t = texts.signals;

/* ---- when is it drawn? ---- */

const draws = new Set<() => void>();
let isAsked = false;

/* All charts in one frame of the browser, at most once in each, and never in a tab that nobody sees. */
function requestDraw(): void {
	if (isAsked || document.hidden || !draws.size) return;
	isAsked = true;
	requestAnimationFrame(() => {
		isAsked = false;
		for (const draw of draws) draw();
	});
}

document.addEventListener("visibilitychange", requestDraw);
readings.subscribe(requestDraw);

/* ---- the picture ---- */

/** The view of a chart: a trace, and the end of the window; null: the robot's present time. */
export interface Sight {
	trace: Trace;
	windowMs: number;
	toMs: number | null;
}

class Drawing {
	#plot: Plot;
	#points: Points = { times: [], values: [] };
	#drawnTo = 0;
	sight: Sight;

	constructor(box: HTMLElement, make: typeof import("../plot").makePlot, signal: Signal, sight: Sight, tell: (at: Point | null) => void) {
		this.sight = sight;
		this.#plot = make(box, {
			stepped: signal.type !== "number",
			words: signal.type === "boolean" ? [t.no, t.yes] : null,
			onPoint: (index) => tell(index === null ? null : this.#pointAt(index)),
		});
	}

	#pointAt(index: number): Point | null {
		const atS = this.#points.times[index];
		const value = this.#points.values[index];

		return atS === undefined || value === undefined || value === null ? null : { atMs: atS * 1000, value };
	}

	/** The next frame draws, whether the time has moved or not. */
	renew(sight: Sight): void {
		this.sight = sight;
		this.#drawnTo = 0;
	}

	draw(name: string, widthPx: number): void {
		const { trace, windowMs, toMs } = this.sight;
		const to = toMs ?? robotNowMs();

		// Less than half a point of the screen is no other picture.
		const isSame = Math.abs(to - this.#drawnTo) < windowMs / Math.max(widthPx, 1) / 2;

		if (isSame && !this.#plot.isFaded()) return;
		const { times, values } = this.#points;

		times.length = values.length = 0;
		// The line comes in from the left: with the point before the window.
		trace.each(name, to - windowMs - SILENCE_MS, to, (atMs, value) => {
			times.push(atMs / 1000);
			values.push(Number.isNaN(value) ? null : value);
		});
		this.#drawnTo = to;
		this.#plot.draw(this.#points, to - windowMs, to);
	}

	resize(): void {
		this.#plot.resize();
		this.#drawnTo = 0;
		requestDraw();
	}

	end(): void {
		this.#plot.end();
	}
}

interface Point {
	atMs: number;
	value: number;
}

interface ChartProps {
	signal: Signal;
	reading: SignalReading | undefined;
	sight: Sight;
	/** the drawing could not be loaded */
	onFail: () => void;
}

function usePicture({ signal, sight, onFail }: ChartProps) {
	const [place, setPlace] = useState<HTMLDivElement | null>(null);
	const [point, setPoint] = useState<Point | null>(null);
	const drawing = usePlot(place, signal, ({ makePlot }, box) => new Drawing(box, makePlot, signal, sight, setPoint), onFail);

	useEffect(() => {
		if (!drawing || !place) return;
		const draw = () => drawing.draw(signal.name, place.clientWidth);

		draws.add(draw);
		return () => void draws.delete(draw);
	}, [drawing]);
	useEffect(() => {
		drawing?.renew(sight);
		requestDraw();
	}, [sight, drawing]);
	// Time goes on also while nothing comes.
	useEffect(requestDraw, [useTick()]);
	return { setPlace, isReady: drawing !== undefined, point };
}

function Now({ signal, reading }: { signal: Signal; reading: SignalReading | undefined }) {
	const value = reading?.value;
	const hasValue = value !== null && value !== undefined && typeof value !== "string";
	const quality = reading && reading.quality !== "good" ? t.quality[reading.quality] : null;

	return (
		<>
			{quality ? <Badge tone={reading?.quality === "none" ? "none" : "warn"}>{quality}</Badge> : null}
			<b class={quality ? "mute" : ""}>{hasValue ? numberOf(signal, Number(value)) : t.noValue}</b>
			{signal.unit ? <small class="mute">{unit(signal.unit)}</small> : null}
		</>
	);
}

export function Chart(props: ChartProps) {
	const { signal, reading, sight } = props;
	const { setPlace, isReady, point } = usePicture(props);
	const name = nameOf(signal);
	const windowS = sight.windowMs / 1000;

	const to = sight.toMs ?? robotNowMs();
	const range = sight.trace.range(signal.name, to - sight.windowMs, to);
	const said = (value: number | undefined) => (value === undefined ? t.noValue : numberOf(signal, value));

	return (
		<section class="chart" data-signal={signal.name} aria-label={t.chartOf(name)}>
			<h3 title={signal.description}>{name}</h3>
			<div class="chart-now">
				<Now signal={signal} reading={reading} />
			</div>
			<div
				ref={setPlace}
				class="plot"
				role="img"
				aria-label={t.picture(name, unit(signal.unit), t.lastOf[windowS] ?? "")}
				aria-busy={!isReady}
			/>
			{point ? (
				<p class="chart-facts chart-point">
					{t.at(time(new Date(point.atMs).toISOString()), numberOf(signal, point.value), unit(signal.unit))}
				</p>
			) : (
				<dl class="chart-facts">
					<div>
						<dt>{t.min}</dt>
						<dd class="chart-min">{said(range?.min)}</dd>
					</div>
					<div>
						<dt>{t.max}</dt>
						<dd class="chart-max">{said(range?.max)}</dd>
					</div>
				</dl>
			)}
		</section>
	);
}
