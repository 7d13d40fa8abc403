// SPDX-License-Identifier: GPL-2.0-or-later
// The lane of requests of the page, src/api/lane.ts: node --test lane.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { part } from "./part.mjs";

const { Lane } = await part("api/lane.ts");

const settle = async () => {
	for (let i = 0; i < 10; i++) await Promise.resolve();
};

/* A lane of one place, which is taken until free() is called. */
function taken() {
	const lane = new Lane(1);
	const ran = [];
	let free;
	const held = new Promise((resolve) => {
		free = resolve;
	});

	lane.run(() => held);
	return { free, run: (name, signal) => lane.run(async () => ran.push(name), signal), ran };
}

test("requests have their turns in order", async () => {
	const { free, run, ran } = taken();
	const all = [run(1), run(2, new AbortController().signal), run(3)];

	await settle();
	assert.deepEqual(ran, []);
	free();
	await Promise.all(all);
	assert.deepEqual(ran, [1, 2, 3]);
});

test("a request that is aborted while it waits has no turn, and takes none from others", async () => {
	const { free, run, ran } = taken();
	const abort = new AbortController();
	const left = run(1, abort.signal);
	const next = run(2);

	abort.abort();
	await assert.rejects(left, /no turn/);
	free();
	await next;
	await run(3);
	assert.deepEqual(ran, [2, 3]);
});

test("a request that is aborted before it waits has no turn", async () => {
	const { free, run, ran } = taken();
	const left = run(1, AbortSignal.abort()).catch((error) => error);

	free();
	assert.match(String(await left), /no turn/);
	await run(2);
	assert.deepEqual(ran, [2]);
});

test("a request that is aborted before it comes is not made in a free lane either", async () => {
	const lane = new Lane(1);
	const ran = [];

	await assert.rejects(
		lane.run(async () => ran.push(1), AbortSignal.abort()),
		/no turn/,
	);
	await lane.run(async () => ran.push(2));
	assert.deepEqual(ran, [2]);
});

test("a request that fails gives its place to the next", async () => {
	const lane = new Lane(1);
	const failed = lane.run(() => Promise.reject(new Error("refused")));
	const next = lane.run(async () => "done");

	await assert.rejects(failed, /refused/);
	assert.equal(await next, "done");
});
