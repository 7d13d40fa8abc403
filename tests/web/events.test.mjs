// SPDX-License-Identifier: GPL-2.0-or-later
// The list of what has happened last, src/events.ts: node --test events.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { part } from "./part.mjs";

const { Notes, SHOWN_MAX, newest, ofCommands, ofJournal } = await part("events.ts");

const at = (second) => `2026-11-25T10:00:${String(second).padStart(2, "0")}.000Z`;
const entry = (seq, second) => ({ source: 1, seq, kind: "stop", time: second === null ? null : at(second) });
const life = (number, more) => ({ number, verb: "move", state: "running", accepted: at(1), began: null, ended: null, ...more });
const module = (address, health) => ({ address, name: `unit_${address}`, health });
const ids = (happened) => happened.map(({ id }) => id);

/* What became of each module, the newest first. */
const healths = (notes) => notes.all.filter(({ of }) => of === "module").map((m) => [m.address, m.before, m.health]);

test("all sources are in one list, the newest first", () => {
	const notes = new Notes();

	notes.robot({ state: "estop", since: at(20) });
	assert.deepEqual(ids(newest(ofJournal([entry(8, 30), entry(7, 10)]), notes.all, ofCommands([life(3, { ended: at(25) })]))),
		["stop-1-8", "command-3", "robot-1", "stop-1-7"]);
});

test("of the same time the order of the sources stays, and what has no time is last", () => {
	assert.deepEqual(ids(newest(ofJournal([entry(9, null), entry(8, 5), entry(7, 5)]), ofCommands([life(1, { began: at(5) })]))),
		["stop-1-8", "stop-1-7", "command-1", "stop-1-9"]);
});

test("the list is short, and the oldest are left out", () => {
	const entries = Array.from({ length: 30 }, (_, i) => entry(30 - i, 30 - i));
	const shown = newest(ofJournal(entries));

	assert.equal(shown.length, SHOWN_MAX);
	assert.deepEqual([shown[0].id, shown.at(-1).id], ["stop-1-30", `stop-1-${31 - SHOWN_MAX}`]);
});

test("a command has one row, of its newest reading, at the time of what it did last", () => {
	const before = [life(4), life(3, { state: "finished", began: at(2), ended: at(3) })];
	const [running] = newest(ofCommands(before, [life(4, { began: at(9) })]));

	assert.deepEqual([running.id, running.time], ["command-4", at(9)]);
	const rows = newest(ofCommands(before, [life(4, { state: "failed", reason: "cancelled", began: at(9), ended: at(12) })]));

	assert.deepEqual(rows.map(({ id, time, life: { state } }) => [id, time, state]),
		[["command-4", at(12), "failed"], ["command-3", at(3), "finished"]]);
});

test("each transition of the robot is noted once", () => {
	const notes = new Notes();

	assert.equal(notes.robot({ state: "safe", since: at(1) }), true);
	assert.equal(notes.robot({ state: "safe", since: at(1) }), false);
	notes.robot({ state: "estop", since: at(2) });
	notes.robot({ state: "safe", since: at(3) });
	assert.deepEqual(newest(notes.all).map(({ state, time }) => [state, time]),
		[["safe", at(3)], ["estop", at(2)], ["safe", at(1)]]);
});

test("a clock that is set is no transition", () => {
	const notes = new Notes();

	notes.robot({ state: "idle", since: at(1) });
	assert.equal(notes.robot({ state: "idle", since: at(40) }), true);
	assert.deepEqual(notes.all.map(({ id, time }) => [id, time]), [["robot-1", at(40)]]);
});

test("each cause of a stop is noted once, and again with the next stop", () => {
	const notes = new Notes();
	const cause = (code, second) => ({ code, text: code, since: at(second), standing: true, action: "" });

	notes.safety({ state: "stopped", causes: [cause("software", 1)] });
	assert.equal(notes.safety({ state: "stopped", causes: [cause("software", 1)] }), false);
	notes.safety({ state: "stopped", causes: [cause("software", 1), cause("button", 2)] });
	assert.equal(notes.safety({ state: "ready", causes: [] }), false);
	notes.safety({ state: "stopped", causes: [cause("software", 5)] });
	assert.deepEqual(newest(notes.all).map(({ text, time }) => [text, time]),
		[["software", at(5)], ["button", at(2)], ["software", at(1)]]);
});

test("how the modules are at first is not news", () => {
	const notes = new Notes();

	assert.equal(notes.modules([module(2, "good"), module(5, "lost")], at(1)), false);
	assert.equal(notes.modules([module(2, "good"), module(5, "lost")], at(2)), false);
	assert.deepEqual(healths(notes), []);
});

test("a module that is lost, goes or comes is news, with what it was before", () => {
	const notes = new Notes();

	notes.modules([module(2, "good"), module(5, "good")], at(1));
	assert.equal(notes.modules([module(2, "degraded"), module(5, "good")], at(2)), true);
	notes.modules([module(2, "degraded")], at(3));
	notes.modules([module(2, "degraded"), module(7, "good")], at(4));
	assert.deepEqual(healths(notes), [[7, "absent", "good"], [5, "good", "absent"], [2, "good", "degraded"]]);
});

test("a module that comes and goes all the time leaves room for others", () => {
	const notes = new Notes();

	notes.modules([module(2, "good"), module(5, "good")], at(0));
	notes.modules([module(2, "lost"), module(5, "good")], at(1));
	for (let second = 2; second < 30; second++) notes.modules([module(2, "lost"), module(5, second % 2 ? "good" : "lost")], at(second));
	assert.deepEqual(healths(notes), [[5, "lost", "good"], [5, "good", "lost"], [2, "good", "lost"]]);
	assert.deepEqual(newest(notes.all).map(({ time }) => time), [at(29), at(28), at(1)]);
});

test("the notes of one session are not those of the next", () => {
	const notes = new Notes();

	notes.robot({ state: "safe", since: at(1) });
	notes.modules([module(2, "good")], at(1));
	notes.modules([module(2, "lost")], at(2));
	notes.clear();
	assert.deepEqual(notes.all, []);
	assert.equal(notes.modules([module(2, "good")], at(3)), false);
});
