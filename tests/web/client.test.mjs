// SPDX-License-Identifier: GPL-2.0-or-later
// oht-client against a robot that is played here, on a clock that stands still: node --test client.test.mjs
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Client, CommandRefused, ConnectionLost, comeAgain } from "../../userspace/web/client/index.js";
import { STEP_MS, clock, pass, settle, standStill } from "./standstill.mjs";

let sockets = [];

class Socket {
	constructor(url) {
		Object.assign(this, { url, said: [], closed: false });
		sockets.push(this);
	}
	send(text) {
		this.said.push(JSON.parse(text));
	}
	close() {
		this.closed = true;
	}
	/* ---- the robot's side ---- */
	hello(epoch = 7, version = 1) {
		this.onopen?.({});
		this.tell({ type: "hello", version, epoch });
	}
	tell(message) {
		this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
	}
	end(code, reason = "") {
		this.onclose?.({ code, reason });
	}
	snapshot(seq, data, more = {}) {
		this.tell({ type: "snapshot", channel: "robot", seq, ts: { utc: "", monotonic_ns: 1 }, recovered: false, data, ...more });
	}
	update(seq, data, more = {}) {
		this.tell({ type: "update", channel: "robot", seq, ts: { utc: "", monotonic_ns: 1 }, data, ...more });
	}
	subscribed() {
		return this.said.filter(({ type }) => type === "subscribe");
	}
}

standStill();
beforeEach(() => {
	sockets = [];
});

/* A client that has dialled; its events. */
async function make(options = {}) {
	const client = new Client({ url: "wss://robot/api/v1/ws", credentials: { token: "t" }, WebSocket: Socket, random: () => 1, ...options });
	const events = [];

	for (const name of ["open", "change", "lost", "ended", "refused", "error"]) client.on(name, (event) => events.push([name, event]));
	client.start();
	await settle();
	return { client, events, of: (name) => events.filter(([each]) => each === name).map(([, event]) => event) };
}

const newest = () => sockets[sockets.length - 1];

/* ---- who it is ---- */

test("says who it is, then what it wants", async () => {
	const { client } = await make();

	client.subscribe("robot", { maxRateHz: 5 });
	newest().hello();
	assert.equal(newest().url, "wss://robot/api/v1/ws");
	assert.deepEqual(newest().said, [{ type: "auth", token: "t" }, { type: "subscribe", channel: "robot", max_rate_hz: 5 }]);
	client.subscribe("telemetry", { signals: ["position_mm"] });
	assert.deepEqual(newest().subscribed()[1], { type: "subscribe", channel: "telemetry", filter: { signals: ["position_mm"] } });
});

test("says nothing without credentials, as over the local socket", async () => {
	await make({ credentials: undefined });
	newest().hello();
	assert.deepEqual(newest().said, []);
});

test("takes a ticket, asked for before each connection", async () => {
	let drawn = 0;

	await make({ credentials: async () => ({ ticket: `n${++drawn}` }) });
	newest().hello();
	newest().end(1001);
	await pass(500);
	newest().hello();
	assert.deepEqual(sockets.map(({ said }) => said[0]), [{ type: "auth", ticket: "n1" }, { type: "auth", ticket: "n2" }]);
});

test("constant credentials that are refused end it", async () => {
	const { client, of } = await make();

	newest().hello();
	newest().end(4401, "token_expired");
	await pass(60000);
	assert.equal(sockets.length, 1);
	assert.deepEqual(client.ended, { code: 4401, reason: "token_expired" });
	assert.equal(of("ended").length, 1);
});

test("a function is told of the refusal, and may give others", async () => {
	const asked = [];

	await make({ credentials: ({ refused }) => (asked.push(refused), { token: "t" }) });
	newest().hello();
	newest().end(4401, "token_expired");
	await pass(500);
	newest().hello();
	newest().end(1001);
	await pass(1000);
	assert.deepEqual(asked, [undefined, { code: 4401, reason: "token_expired" }, undefined]);
});

test("null ends it, undefined is asked again, and so is what throws or never comes", async () => {
	const answers = [undefined, "throw", "never", null];
	const { client, of } = await make({
		credentials: () => {
			const answer = answers.shift();

			if (answer === "throw") throw new Error("no login");
			return answer === "never" ? new Promise(() => {}) : answer;
		},
	});

	await pass(30000);
	assert.equal(answers.length, 0);
	assert.equal(sockets.length, 0);
	assert.equal(of("error").length, 1);
	assert.deepEqual(client.ended, { code: 4401, reason: "no_credentials" });
});

test("credentials that come after stop() are not used", async () => {
	let give;
	const { client } = await make({ credentials: () => new Promise((resolve) => (give = resolve)) });

	client.stop();
	give({ token: "t" });
	await pass(60000);
	assert.equal(sockets.length, 0);
});

/* ---- state ---- */

test("makes the state from snapshot and changes", async () => {
	const { client, of } = await make();
	const robot = client.subscribe("robot");

	newest().hello();
	newest().snapshot(3, { a: 1, b: { c: 1 } });
	newest().update(4, { b: { d: 2 } });
	newest().update(7, { a: 9 }, { conflated: 2 });
	assert.deepEqual(robot.state, { a: 9, b: { d: 2 } });
	assert.deepEqual(of("change").map(({ seq, recovered, conflated }) => [seq, recovered, conflated]), [[3, false, 0], [4, undefined, 0], [7, undefined, 2]]);
	assert.deepEqual(of("change")[1].changed, { b: { d: 2 } });
	assert.equal(of("change")[1].epoch, 7);
});

for (const [what, seq, more] of [["missing", 5, {}], ["told twice", 3, {}], ["conflated too few", 6, { conflated: 1 }], ["older", 1, {}]])
	test(`a message that does not follow (${what}) is not drawn over`, async () => {
		const { client, of } = await make();
		const robot = client.subscribe("robot");

		newest().hello();
		newest().snapshot(3, { a: 1 });
		newest().update(seq, { a: 2 }, more);
		assert.deepEqual(robot.state, { a: 1 });
		assert.deepEqual(newest().subscribed()[1], { type: "subscribe", channel: "robot" });
		// What is still under way of the subscription before does not count.
		newest().update(seq + 1, { a: 3 });
		newest().snapshot(9, { a: 4 });
		assert.deepEqual(robot.state, { a: 4 });
		assert.equal(of("change").length, 2);
	});

test("an update before any snapshot is none", async () => {
	const { client } = await make();
	const robot = client.subscribe("robot");

	newest().hello();
	newest().update(1, { a: 1 });
	assert.equal(robot.state, undefined);
});

test("a channel that nobody has asked for, or no more, tells nothing", async () => {
	const { client, of } = await make();
	const robot = client.subscribe("robot");

	newest().hello();
	newest().tell({ type: "snapshot", channel: "nonsense", seq: 1, data: {}, recovered: false });
	newest().snapshot(1, { a: 1 });
	robot.close();
	newest().update(2, { a: 2 });
	assert.equal(of("change").length, 1);
	assert.deepEqual(newest().said.at(-1), { type: "unsubscribe", channel: "robot" });
	robot.open();
	assert.deepEqual(newest().said.at(-1).since, { epoch: 7, seq: 1 });
});

test("the newest subscription to a channel takes the place of the one before", async () => {
	const { client } = await make();
	const first = client.subscribe("robot");
	const second = client.subscribe("robot", { maxRateHz: 1 });

	newest().hello();
	newest().snapshot(1, { a: 1 });
	assert.deepEqual([first.isOpen, first.state, second.state], [false, undefined, { a: 1 }]);
	assert.equal(newest().subscribed().length, 1);
});

/* ---- resume ---- */

async function lostWith(seq) {
	const made = await make();
	const robot = made.client.subscribe("robot");

	newest().hello();
	newest().snapshot(seq, { a: 1, b: 1 });
	newest().end(1006);
	await pass(500);
	return { ...made, robot };
}

test("goes on behind the last message, and says recovered: yes", async () => {
	const { robot, of } = await lostWith(3);

	newest().hello();
	assert.deepEqual(newest().subscribed(), [{ type: "subscribe", channel: "robot", since: { epoch: 7, seq: 3 } }]);
	newest().snapshot(3, {}, { recovered: true });
	newest().update(4, { b: 2 });
	assert.deepEqual(robot.state, { a: 1, b: 2 });
	assert.deepEqual(of("change").map(({ recovered }) => recovered), [false, true, undefined]);
	assert.equal(robot.recovered, true);
});

test("resync is told, and recovered: no", async () => {
	const { robot, of } = await lostWith(3);

	newest().hello();
	newest().tell({ type: "resync", channel: "robot" });
	assert.equal(robot.state, undefined);
	newest().snapshot(200, { a: 5 });
	assert.deepEqual(robot.state, { a: 5 });
	assert.deepEqual(of("change").map(({ type, recovered }) => [type, recovered]), [["snapshot", false], ["resync", undefined], ["snapshot", false]]);
});

test("another epoch is another count: nothing is gone on from", async () => {
	const { robot } = await lostWith(3);

	newest().hello(8);
	assert.deepEqual(newest().subscribed(), [{ type: "subscribe", channel: "robot" }]);
	newest().snapshot(1, { a: 5 });
	assert.deepEqual([robot.state, robot.recovered], [{ a: 5 }, false]);
});

test("recovered without a state is asked for whole", async () => {
	const { client } = await make();
	const robot = client.subscribe("robot");

	newest().hello();
	newest().snapshot(3, {}, { recovered: true });
	assert.equal(robot.state, undefined);
	assert.equal(newest().subscribed().length, 2);
});

test("forget() is for another person: neither state nor place", async () => {
	const { robot } = await lostWith(3);

	robot.forget();
	newest().hello();
	assert.deepEqual(newest().subscribed(), [{ type: "subscribe", channel: "robot" }]);
});

/* ---- ends ---- */

for (const code of [1002, 1003, 1007, 1009, 3500, 3999, 4500, 4999])
	test(`${code} is the end`, async () => {
		const { client, of } = await make({ credentials: () => ({ token: "t" }) });

		newest().hello();
		newest().end(code, "why");
		await pass(60000);
		assert.equal(sockets.length, 1);
		assert.deepEqual(client.ended, { code, reason: "why" });
		assert.deepEqual(of("lost"), of("ended"));
		client.start();
		await settle();
		assert.equal(sockets.length, 2);
		assert.equal(client.ended, undefined);
	});

for (const code of [1000, 1001, 1005, 1006, 1011, 3000, 3499, 4000, 4008, 4408, 4429, 4499])
	test(`${code} comes again`, async () => {
		const { client } = await make();

		newest().hello();
		newest().end(code);
		await pass(500);
		assert.equal(sockets.length, 2);
		assert.equal(client.ended, undefined);
		assert.equal(comeAgain(code), "yes");
	});

test("a protocol of another version is the end", async () => {
	const { client } = await make();

	newest().hello(7, 2);
	await pass(60000);
	assert.deepEqual([sockets.length, client.ended?.reason], [1, "unknown_version"]);
});

test("after stop() nothing comes again", async () => {
	const { client } = await make();

	newest().hello();
	client.stop();
	client.wake();
	await pass(60000);
	assert.deepEqual([sockets.length, sockets[0].closed, client.connected], [1, true, false]);
});

/* ---- waits ---- */

test("waits are a random part of a limit that doubles up to the longest", async () => {
	const limits = [];
	const { client } = await make({ random: () => 1, longestWaitMs: 4000 });

	for (let i = 0; i < 5; i++) {
		const before = clock.now;

		newest().end(1006);
		while (sockets.length === i + 1) await pass(STEP_MS);
		limits.push(clock.now - before);
	}
	assert.deepEqual(limits, [500, 1000, 2000, 4000, 4000]);
	client.stop();
	const full = await make({ random: () => 0 });
	newest().end(1006);
	await pass(STEP_MS);
	assert.equal(sockets.length, 8, "jitter is full: the wait may be none");
	full.client.stop();
});

test("the limit begins anew only when the robot has told something", async () => {
	const { client } = await make();

	client.subscribe("robot");
	for (let i = 0; i < 3; i++) {
		newest().hello();
		newest().end(4408);
		await pass(500 * 2 ** i);
	}
	newest().hello();
	newest().snapshot(1, { a: 1 });
	newest().end(1006);
	await pass(500);
	assert.equal(sockets.length, 5);
});

test("wake() dials at once, and once", async () => {
	const { client } = await make();

	newest().end(1006);
	client.wake();
	client.wake();
	client.start();
	await settle();
	assert.equal(sockets.length, 2);
	await pass(60000);
	assert.ok(sockets.length > 2, "a robot that does not say hello is given up");
});

test("a constructor that throws is told, and tried again", async () => {
	const { of } = await make({
		WebSocket: class {
			constructor() {
				throw new Error("refused");
			}
		},
	});

	await pass(500);
	assert.equal(of("error").length, 2);
	assert.equal(of("lost").length, 2);
});

/* ---- silence ---- */

test("a half-open connection is given up", async () => {
	const { client, of } = await make();

	client.subscribe("robot");
	newest().hello();
	newest().snapshot(1, { a: 1 });
	await pass(2000);
	newest().update(2, {});
	await pass(2500);
	assert.equal(of("lost").length, 0);
	await pass(1000);
	assert.deepEqual(of("lost"), [{ code: 1006, reason: "silence" }]);
	assert.equal(sockets[0].closed, true);
	// Nothing that the old one says now is taken.
	sockets[0].update(3, { a: 3 });
	await pass(500);
	assert.equal(sockets.length, 2);
	newest().hello();
	assert.deepEqual(newest().subscribed()[0].since, { epoch: 7, seq: 2 });
});

test("where nothing is told a ping asks, and its answer counts", async () => {
	const { of } = await make();

	newest().hello();
	await pass(3500);
	assert.deepEqual(newest().said.at(-1), { type: "ping" });
	newest().tell({ type: "pong" });
	await pass(3500);
	assert.equal(of("lost").length, 0);
	await pass(4000);
	assert.equal(of("lost").length, 1);
});

test("a program that has slept does not take that for silence", async () => {
	const { client, of } = await make();

	client.subscribe("robot");
	newest().hello();
	newest().snapshot(1, { a: 1 });
	clock.now += 600000;
	await pass(STEP_MS * 20);
	assert.equal(of("lost").length, 0);
	await pass(3000);
	assert.equal(of("lost").length, 1);
});

test("a robot that does not say hello is given up", async () => {
	const { of } = await make();

	await pass(11000);
	assert.deepEqual(of("lost"), [{ code: 1006, reason: "no_hello" }]);
});

for (const text of ["{", "null", "7", '"hello"', ""])
	test(`what is no message (${text}) ends the connection, not the program`, async () => {
		const { of } = await make();

		newest().hello();
		newest().tell(text || " ");
		assert.deepEqual(of("lost"), [{ code: 1006, reason: "not_json" }]);
		await pass(500);
		assert.equal(sockets.length, 2);
	});

test("types that are not known are left alone", async () => {
	const { of } = await make();

	newest().hello();
	for (const message of [{}, { type: "news" }, { type: "result", id: 99, status: 200 }, { type: "update", channel: 5 }, []]) newest().tell(message);
	assert.equal(of("lost").length, 0);
});

/* ---- commands ---- */

test("results come by their id, also in another order", async () => {
	const { client } = await make();

	newest().hello();
	const one = client.command({ verb: "stop" });
	const two = client.command({ verb: "move", position_mm: 1 });
	const [first, second] = newest().said.slice(-2);

	assert.deepEqual(first, { type: "command", id: first.id, command: { verb: "stop" } });
	newest().tell({ type: "result", id: second.id, status: 409, data: { status: 409, code: "refused", detail: "no", errors: [{ pointer: "", code: "x", detail: "y" }] } });
	newest().tell({ type: "result", id: first.id, status: 200, data: { state: "finished" } });
	assert.deepEqual(await one, { state: "finished" });
	const refusal = await two.catch((error) => error);

	assert.ok(refusal instanceof CommandRefused);
	assert.deepEqual([refusal.status, refusal.code, refusal.message, refusal.errors.length], [409, "refused", "no", 1]);

	// What is no command at all is an error with its id.
	const bad = client.command({ verb: "jump" }).catch((error) => error);

	newest().tell({ type: "error", id: newest().said.at(-1).id, code: "validation", detail: "no such verb" });
	assert.deepEqual([(await bad).status, (await bad).code, (await bad).message], [400, "validation", "no such verb"]);
});

test("the stop is a message of its own, answered or refused by its id", async () => {
	const { client } = await make();

	newest().hello();
	const one = client.safetyStop();
	const two = client.safetyStop().catch((error) => error);
	const [, first, second] = newest().said;

	assert.deepEqual(first, { type: "stop", id: first.id });
	newest().tell({ type: "result", id: second.id, status: 403, data: { code: "role", detail: "no" } });
	newest().tell({ type: "stopped", id: first.id, status: 200, data: { state: "stopped" } });
	assert.deepEqual(await one, { state: "stopped" });
	assert.ok((await two) instanceof CommandRefused);
});

test("a command without a connection is not sent, one that loses it may have been", async () => {
	const { client } = await make();
	const early = await client.command({ verb: "stop" }).catch((error) => error);

	newest().hello();
	const under = client.command({ verb: "stop" }).catch((error) => error);
	const late = client.command({ verb: "stop" }, { timeoutMs: 100 }).catch((error) => error);

	await pass(150);
	newest().end(1006);
	for (const [error, sent] of [[early, false], [await under, true], [await late, true]]) {
		assert.ok(error instanceof ConnectionLost);
		assert.equal(error.sent, sent);
	}
});

test("a command that is too long for the robot does not end the connection", async () => {
	const { client } = await make();

	newest().hello();
	const said = newest().said.length;

	await assert.rejects(client.command({ verb: "stop", id: "é".repeat(2100) }), RangeError);
	assert.equal(newest().said.length, said);
});

test("a refusal of a message is told", async () => {
	const { of } = await make();

	newest().hello();
	newest().tell({ type: "error", code: "role", detail: "the channel needs a higher role" });
	assert.equal(of("refused")[0].code, "role");
});

test("a handler that throws holds up no other", async () => {
	const { client, of } = await make();
	const thrown = [];

	mock.method(globalThis, "queueMicrotask", (what) => thrown.push(what));
	client.subscribe("robot", { onChange: () => { throw new Error("mine"); } });
	newest().hello();
	newest().snapshot(1, { a: 1 });
	assert.equal(of("change").length, 1);
	assert.throws(thrown[0], /mine/);
});

test("without a WebSocket it says so", () => {
	const kept = globalThis.WebSocket;

	try {
		globalThis.WebSocket = undefined;
		assert.throws(() => new Client({ url: "wss://robot" }), TypeError);
	} finally {
		globalThis.WebSocket = kept;
	}
});
