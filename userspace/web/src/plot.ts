// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The drawing of one line over time, by uPlot, and of one with its band. Only this file knows uPlot; it is loaded when the
 * first chart is there, after the page.
 */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { time } from "./format";
import { decimalsOf } from "./number";
import type { Compared } from "./past";

/** Numbers of a line, null for a gap; the same arrays are filled again and again. */
export interface Points {
	/** s since 1970 */
	times: number[];
	values: (number | null)[];
}

export interface PlotOptions {
	/** a value stays until the next one: whole numbers, yes and no */
	stepped: boolean;
	/** of a value that is yes or no: its words */
	words: [string, string] | null;
	/** where somebody points: the place in the points, null for nowhere */
	onPoint: (index: number | null) => void;
}

export interface Plot {
	draw(points: Points, fromMs: number, toMs: number): void;
	/** Have the colours of the page changed since it was drawn? */
	isFaded(): boolean;
	resize(): void;
	end(): void;
}

/* Charts of one page share the time at which somebody points. */
const SYNC = "oht";
const TICKS_S = [5, 10, 15, 30, 60, 120, 300];
const TICK_SPACE_PX = 70;
const DIGIT_PX = 7;
const AXIS_PX = 14;
/* A standing value with its noise is a calm line, not a mountain range. */
const LEAST_MARGIN = 0.5;

interface Colours {
	line: string;
	text: string;
	grid: string;
	band: string;
}

/* The canvas knows no tokens: the style sheet gives them to four properties of the box, the browser works them out. */
function coloursOf(box: HTMLElement): Colours {
	const { stroke, fill, color, stopColor } = getComputedStyle(box);

	return { line: stroke, text: fill, grid: color, band: stopColor };
}

function isOther(a: Colours, b: Colours): boolean {
	return a.line !== b.line || a.text !== b.text || a.grid !== b.grid || a.band !== b.band;
}

const sizeOf = (box: HTMLElement) => ({ width: Math.max(box.clientWidth, 50), height: Math.max(box.clientHeight, 50) });

function rangeOf(min: number | null, max: number | null): [number, number] {
	if (min === null || max === null) return [0, 1];
	const margin = Math.max((max - min) * 0.1, Math.max(Math.abs(min), Math.abs(max)) * 0.01, LEAST_MARGIN);

	return [min - margin, max + margin];
}

function numbersOf(splits: number[]): string[] {
	const [first = 1, second] = splits;
	const decimals = decimalsOf(Math.abs(second === undefined ? first : second - first));

	return splits.map((v) => v.toFixed(decimals));
}

export function makePlot(box: HTMLElement, { stepped, words, onPoint }: PlotOptions): Plot {
	let colours = coloursOf(box);
	const empty: uPlot.AlignedData = [[], []];
	const axis: uPlot.Axis = {
		font: getComputedStyle(box).font,
		stroke: () => colours.text,
		grid: { stroke: () => colours.grid, width: 1 },
		ticks: { show: false },
	};
	const plot = new uPlot(
		{
			...sizeOf(box),
			legend: { show: false },
			// Room for half of a time below the right edge.
			padding: [8, 26, 0, 0],
			cursor: {
				y: false,
				drag: { x: false, y: false },
				sync: { key: SYNC },
				points: { size: 7, fill: () => colours.line, stroke: () => colours.line },
			},
			scales: {
				x: { time: true },
				y: words ? { range: () => [-0.15, 1.15] } : { range: (_u, min, max) => rangeOf(min, max) },
			},
			axes: [
				{
					...axis,
					space: TICK_SPACE_PX,
					incrs: TICKS_S,
					size: 28,
					gap: 7,
					values: (_u, splits) => splits.map((s) => time(new Date(s * 1000).toISOString()).slice(-8)),
				},
				{
					...axis,
					space: 28,
					gap: 4,
					...(words ? { splits: () => [0, 1] } : {}),
					size: (_u, values) => AXIS_PX + DIGIT_PX * Math.max(4, ...(values ?? []).map((v) => String(v).length)),
					values: (_u, splits) => (words ? splits.map((v) => words[v] ?? "") : numbersOf(splits)),
				},
			],
			series: [
				{},
				{
					stroke: () => colours.line,
					width: 1.5,
					points: { show: false },
					...(stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
				},
			],
			hooks: { setCursor: [(u) => onPoint(u.cursor.idx ?? null)] },
		},
		empty,
		box,
	);

	return {
		draw({ times, values }, fromMs, toMs) {
			colours = coloursOf(box);
			plot.batch(() => {
				plot.setData([times, values], false);
				plot.setScale("x", { min: fromMs / 1000, max: toMs / 1000 });
			});
		},
		isFaded: () => isOther(coloursOf(box), colours),
		resize: () => plot.setSize(sizeOf(box)),
		end: () => plot.destroy(),
	};
}

export interface BandOptions {
	/** a value stays until the next one */
	stepped: boolean;
	/** width of the axis of values: charts below each other share their axis of time */
	leftPx: number;
	rightPx: number;
}

export interface BandPlot {
	draw(rows: Compared, fromMs: number, toMs: number, ticksMs: number[]): void;
	isFaded(): boolean;
	resize(): void;
	end(): void;
}

/**
 * A line with the band of its lowest and greatest values, and a dashed one of an earlier time. It has grid lines of time, and no
 * texts of it.
 */
export function makeBandPlot(box: HTMLElement, { stepped, leftPx, rightPx }: BandOptions): BandPlot {
	let colours = coloursOf(box);
	let ticksS: number[] = [];
	const axis: uPlot.Axis = {
		font: getComputedStyle(box).font,
		stroke: () => colours.text,
		grid: { stroke: () => colours.grid, width: 1 },
		ticks: { show: false },
	};
	const line: uPlot.Series = {
		points: { show: false },
		...(stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
	};
	const edge: uPlot.Series = { stroke: () => colours.band, width: 1, points: { show: false } };
	const plot = new uPlot(
		{
			...sizeOf(box),
			legend: { show: false },
			padding: [6, rightPx, 6, 0],
			cursor: { show: false },
			scales: { x: { time: true }, y: { range: (_u, min, max) => rangeOf(min, max) } },
			axes: [
				{ ...axis, size: 0, gap: 0, splits: () => ticksS, values: (_u, splits) => splits.map(() => "") },
				{ ...axis, space: 24, gap: 4, size: leftPx, values: (_u, splits) => numbersOf(splits) },
			],
			series: [
				{},
				edge,
				edge,
				{ ...line, stroke: () => colours.text, width: 1, dash: [4, 3] },
				{ ...line, stroke: () => colours.line, width: 1.5 },
			],
			bands: [{ series: [1, 2], fill: () => colours.band }],
		},
		[[], [], [], [], []],
		box,
	);

	return {
		draw({ times, high, low, line: now, before }, fromMs, toMs, ticksMs) {
			colours = coloursOf(box);
			ticksS = ticksMs.map((ms) => ms / 1000);
			plot.batch(() => {
				plot.setData([times, high, low, before, now], false);
				plot.setScale("x", { min: fromMs / 1000, max: toMs / 1000 });
			});
		},
		isFaded: () => isOther(coloursOf(box), colours),
		resize: () => plot.setSize(sizeOf(box)),
		end: () => plot.destroy(),
	};
}
