// SPDX-License-Identifier: GPL-2.0-or-later
// The free way before and behind the robot, src/way.ts: node --test way.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { part } from "./part.mjs";

const { waysOf } = await part("way.ts");

const SLOW_MM = 2000;
const RANGE_MM = 5000;
const FORWARD = 1, BACK = 2;

const ways = (...sensors) => waysOf(sensors.map(([looks, stopMm, freeMm]) => ({ ways: looks, stopMm, freeMm })), SLOW_MM, RANGE_MM);
const state = (stopMm, freeMm) => ways([FORWARD, stopMm, freeMm])[0].state;

test("an obstacle counts in the zone that it is in, and not on its edge", () => {
	assert.deepEqual([4999, 2000, 1999, 1000, 999, 0].map((mm) => state(1000, mm)), ["clear", "clear", "slow", "slow", "stop", "stop"]);
});

test("a stop zone that is longer than the slow zone leaves none to slow down in", () => {
	assert.deepEqual([3000, 2999].map((mm) => state(3000, mm)), ["clear", "stop"]);
	assert.equal(ways([FORWARD, 3000, 4000])[0].slowMm, 3000);
});

test("what is not known counts as an obstacle, also beside a sensor that sees a free way", () => {
	assert.equal(state(null, 4000), "unknown");
	assert.equal(state(1000, null), "unknown");
	assert.equal(ways([FORWARD, 1000, 4000], [FORWARD, 1000, null])[0].state, "unknown");
});

test("the sensor with the least room counts, each for its directions", () => {
	const [forward, back, ...more] = ways([FORWARD, 1000, 4000], [FORWARD | BACK, 2500, 3000], [BACK, 100, 700], [0, 1000, 1]);

	assert.deepEqual([forward.direction, forward.freeMm, forward.stopMm], [1, 3000, 2500]);
	assert.deepEqual([back.direction, back.freeMm, back.stopMm], [-1, 3000, 2500]);
	assert.deepEqual(more, []);
	assert.deepEqual(ways([0, 1000, 1]), [], "no sensor looks along the rail");
});

test("a reading as far as the sensor sees is no obstacle", () => {
	assert.deepEqual([RANGE_MM, RANGE_MM - 1, RANGE_MM - 2].map((mm) => ways([FORWARD, 1000, mm])[0].endless), [true, true, false]);
});
