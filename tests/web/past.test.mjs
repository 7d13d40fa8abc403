// SPDX-License-Identifier: GPL-2.0-or-later
// Columns of the past as lines and states, and the axis of time, src/past.ts: node --test past.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { part } from "./part.mjs";

process.env.TZ = "Europe/Berlin";
const { bandOf, compared, csvOf, gapsOf, holesOf, runsOf, columnAt, extremesOf, ticksOf, zoomed } = await part("past.ts");

const STEP_MS = 1000;

/* Columns as the robot makes them: of lists of samples, null for a column without one. */
function series(...columns) {
	const of = (pick) => columns.map((samples) => (samples ? pick(samples) : null));

	return {
		t: columns.map((_, i) => i * STEP_MS),
		first: of((s) => s[0]),
		last: of((s) => s[s.length - 1]),
		min: of((s) => Math.min(...s)),
		max: of((s) => Math.max(...s)),
		mean: of((s) => s.reduce((a, b) => a + b) / s.length),
	};
}

const values = (runs) => runs.map(({ value }) => value);

test("the band of a line has each peak, and ends where nothing is kept", () => {
	const { times, low, high, line } = bandOf(series([5, 5], [5, 99, 5], null, [7, -3, 7]), STEP_MS, false);

	assert.deepEqual(times, [0, 1, 1, 2, 2, 3, 4]);
	assert.deepEqual(high, [5, 5, 99, 99, null, 7, 7]);
	assert.deepEqual(low, [5, 5, 5, 5, null, -3, -3]);
	assert.equal(line[4], null);
});

test("a hole is where values were kept and none of them is good", () => {
	const gaps = gapsOf({ gaps: [{ from: new Date(2000).toISOString(), to: new Date(3000).toISOString(), reason: "samples_lost" }] });

	assert.deepEqual(holesOf(series([1], [2], null, null, null, [3], null), gaps, STEP_MS), [{ fromMs: 3000, toMs: 5000 }, { fromMs: 6000, toMs: 7000 }]);
	assert.deepEqual(holesOf(series(), gaps, STEP_MS), []);
});

test("a line of a day before cuts no line of now, and no gap of now is shorter by it", () => {
	const { times, line, high, before } = compared(bandOf(series([5], null, [7]), STEP_MS, false), { times: [-85, -84.9, -83.5], line: [1, null, 2] }, 86.4);

	assert.deepEqual(times.map((s) => Math.round(s * 10) / 10), [0, 1, 1, 1.4, 1.5, 2, 2.9, 3]);
	assert.deepEqual(line, [5, 5, null, null, null, 7, undefined, 7]);
	assert.deepEqual(high, line);
	assert.deepEqual(before, [undefined, undefined, undefined, 1, null, null, 2, undefined]);
	assert.deepEqual(compared(bandOf(series([5]), STEP_MS, false), null, 0).line, [5, 5]);
});

test("a column alone has its width, and one that the next run cuts short has less", () => {
	const cut = { ...series([1], [2]), t: [0, 400] };

	assert.deepEqual(bandOf(series([1]), STEP_MS, false).times, [0, 1]);
	assert.deepEqual(bandOf(cut, STEP_MS, false).times, [0, 0.4, 0.4, 1.4]);
});

test("a state that came and went within a column is seen", () => {
	assert.deepEqual(values(runsOf(series([0], [0, 1, 0], [0]), STEP_MS)), [0, 1, 0]);
	assert.deepEqual(values(runsOf(series([1], [1, 0, 1], [1]), STEP_MS)), [1, 0, 1]);
	assert.deepEqual(values(runsOf(series([3], [3], [3, 5], [5]), STEP_MS)), [3, 5]);
});

test("no state is drawn where nothing is kept", () => {
	const runs = runsOf(series([2], null, null, [2]), STEP_MS);

	assert.deepEqual(runs, [{ fromMs: 0, toMs: 1000, value: 2 }, { fromMs: 3000, toMs: 4000, value: 2 }]);
});

test("a time points at its column, and at none in a gap, before the first or behind the last", () => {
	const at = (ms) => columnAt(series([1], null, [3]), ms, STEP_MS);

	assert.deepEqual([-1, 0, 999, 1000, 2000, 2999, 3000].map(at), [undefined, 0, 0, undefined, 2, 2, undefined]);
	assert.deepEqual(extremesOf(series([1], [9], [3]), { fromMs: 2500, toMs: 9000 }, STEP_MS), { min: 3, max: 3 });
	assert.equal(extremesOf(series(null), { fromMs: 0, toMs: 9000 }, STEP_MS), null);
});

test("a zoom keeps the time that it is around, and stays within a second and the whole past", () => {
	const { fromMs, toMs } = zoomed({ fromMs: 0, toMs: 100_000 }, 25_000, 0.5);

	assert.deepEqual([fromMs, toMs], [12_500, 62_500]);
	assert.equal(zoomed({ fromMs: 0, toMs: 2000 }, 500, 1e-9).toMs - zoomed({ fromMs: 0, toMs: 2000 }, 500, 1e-9).fromMs, 1000);
	assert.ok(zoomed({ fromMs: 0, toMs: 2000 }, 500, 1e99).toMs < 1e12);
});

test("ticks are round times of the place, also on the day on which its clock changes", () => {
	const day = { fromMs: Date.parse("2026-10-24T12:00:00+02:00"), toMs: Date.parse("2026-10-27T12:00:00+01:00") };

	assert.deepEqual(ticksOf(day, 400).map(({ text }) => text), ["10-25", "10-26", "10-27"]);
	assert.deepEqual(
		ticksOf({ fromMs: Date.parse("2026-11-01T23:59:30+01:00"), toMs: Date.parse("2026-11-02T00:01:00+01:00") }, 400).map(({ text }) => text),
		["23:59:30", "11-02", "00:00:30", "00:01:00"],
	);
	for (const lengthMs of [1000, 60_000, 3_600_000, 86_400_000, 30 * 86_400_000, 400 * 86_400_000]) {
		const ticks = ticksOf({ fromMs: day.fromMs, toMs: day.fromMs + lengthMs }, 900);

		assert.ok(ticks.length >= 2 && ticks.length <= 11, `${ticks.length} ticks in ${lengthMs} ms`);
	}
});

test("a file has the columns of the span, words as words, and nothing where nothing is kept", () => {
	const past = { step_ms: STEP_MS, series: [{ signal: "state", ...series([0], [0, 1], null, [0]), mean: [null, null, null, null] }] };

	assert.equal(csvOf(past, { fromMs: 1500, toMs: 3000 }, [{ name: "state", words: ["init", "safe"] }]), [
		"time,signal,first,min,max,last,mean",
		"1970-01-01T00:00:01.000Z,state,init,init,safe,safe,",
		"1970-01-01T00:00:02.000Z,state,,,,,",
		"",
	].join("\n"));
});
