// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers that people type, src/number.ts: node --test number.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { part } from "./part.mjs";

const { decimalsOf, isBlank, numberOf, textOf } = await part("number.ts");

test("digits, a minus and one decimal sign are a number", () => {
	const typed = { 0: 0, "-3500": -3500, "\u221212": -12, "1.5": 1.5, "1,5": 1.5, "007": 7, "1,234": 1.234, " 12 ": 12, "12\r\n": 12, "\u00a07": 7 };

	for (const [text, value] of Object.entries(typed)) assert.equal(numberOf(text), value, JSON.stringify(text));
});

test("nothing else is", () => {
	const refused = ["", " ", "\t\r\n", "\u00a0", "-", "\u2212", "+1", "--1", "1-", "0x10", "0b1", "0o7", "1e3", "1E3", "1.234,5", "1,234,567", "1.2.3",
		"1 000", "1\n2", "1'000", "1_000", ".5", ",5", "5.", "5,", "\uff11\uff12", "\u0661\u0662", "\u00bd", "Infinity", "-Infinity", "NaN",
		"12mm", "null", "true", "9".repeat(400)];

	for (const text of refused) assert.equal(numberOf(text), null, JSON.stringify(text));
});

test("blanks alone are nothing typed", () => {
	assert.deepEqual(["", " ", "\t\n", "\u00a0", "0", "-"].map(isBlank), [true, true, true, true, false, false]);
});

test("what the page writes into a field is read again", () => {
	for (const value of [0, -3500, 12.5, 1e-7, -2.5e-9, 1e20]) assert.equal(numberOf(textOf(value)), value);
});

test("a row of numbers has the decimals of its step", () => {
	assert.deepEqual([1, 25, 2.5, 0.5, 0.25, 0.1, 27.7 - 27.6, 1e-6, 1e-9].map(decimalsOf), [0, 0, 1, 1, 2, 1, 1, 6, 6]);
});
