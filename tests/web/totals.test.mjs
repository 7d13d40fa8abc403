// SPDX-License-Identifier: GPL-2.0-or-later
// What the intervals of an analysis come to, src/totals.ts: node --test totals.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { part } from "./part.mjs";

const { percentOf, totalsOf } = await part("totals.ts");

function hour(at, { cost = null, reasons = [], stops = [], up_s = 3600, failures = 0, ...more } = {}) {
	return {
		from: `2026-07-30T0${at}:00:00.000Z`,
		to: `2026-07-30T0${at + 1}:00:00.000Z`,
		motion: { distance_m: 10, moving_s: 20, unknown_s: 0 },
		moves: { finished: 3, failed: reasons.reduce((sum, { count }) => sum + count, 0), reasons, docks: 1, docks_finished: 1, unknown_s: 0 },
		energy: { used_wh: 5, charged_wh: 1, cost, unknown_s: 0, incomplete: false },
		availability: { enabled_s: 100, available_s: 1800, unknown_s: 0, ...more },
		modules: [{ name: "power", up_s, down_s: 3600 - up_s, failures, unknown_s: 0 }],
		bus: { exchanges: 1000, errors: 1 },
		stops,
		stops_missing: 2,
	};
}

test("reasons and causes are counted over all intervals, the most frequent first", () => {
	const { failed, reasons, stops } = totalsOf([
		hour(0, { reasons: [{ reason: "obstacle", count: 1 }, { reason: "replaced", count: 2 }], stops: [{ cause: "button_a", count: 1 }] }),
		hour(1, { reasons: [{ reason: "obstacle", count: 4 }], stops: [{ cause: "software", count: 1 }, { cause: "button_a", count: 1 }] }),
	]);

	assert.equal(failed, 7);
	assert.deepEqual(reasons, [["obstacle", 5], ["replaced", 2]]);
	assert.deepEqual(stops, [["button_a", 2], ["software", 1]]);
});

test("a module has the times and failures of all intervals", () => {
	const { modules } = totalsOf([hour(0, { up_s: 3000, failures: 2 }), hour(1)]);

	assert.deepEqual(modules, [{ name: "power", upS: 6600, downS: 600, failures: 2 }]);
});

test("there is no cost where one interval has none", () => {
	assert.equal(totalsOf([hour(0, { cost: 1 }), hour(1)]).cost, null);
	assert.equal(totalsOf([hour(0, { cost: 1 }), hour(1, { cost: 2 })]).cost, 3);
});

test("a share is one of the known time, and none without any", () => {
	const { availableS, lengthS, unknownS } = totalsOf([hour(0), hour(1, { available_s: 0, unknown_s: 3600 })]);

	assert.equal(percentOf(availableS, lengthS - unknownS), 50);
	assert.equal(percentOf(0, 0), null);
	// A clock that was set back: the same hour was there twice.
	assert.equal(percentOf(7200, 3600), 100);
});
