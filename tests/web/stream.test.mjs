// SPDX-License-Identifier: GPL-2.0-or-later
// oht-client where no WebSocket comes through, against a robot that is played here: node --test stream.test.mjs
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Client, CommandRefused, ConnectionLost } from "../../userspace/web/client/index.js";
import { clock, pass, settle, standStill } from "./standstill.mjs";

const HTTP = "https://robot/api/v1/";
let sockets = [];
let requests = [];

/* A socket of which nothing is heard until somebody says so. */
class Socket {
	constructor() {
		Object.assign(this, { said: [], closed: false });
		sockets.push(this);
	}
	send(text) {
		this.said.push(JSON.parse(text));
	}
	close() {
		this.closed = true;
	}
	hello(epoch = 7) {
		this.onopen?.({});
		this.onmessage?.({ data: JSON.stringify({ type: "hello", version: 1, epoch }) });
	}
	end(code, reason = "") {
		this.onclose?.({ code, reason });
	}
}

/* Sockets that do not open, as under a certificate that the browser does not trust. */
class Closed extends Socket {
	constructor() {
		super();
		queueMicrotask(() => this.end(1006));
	}
}

/* A request, and the robot's side of it. */
class Request {
	constructor(url, options, settled) {
		const { pathname, searchParams } = new URL(url);

		Object.assign(this, { path: pathname, query: Object.fromEntries(searchParams), ...options, settled, told: {} });
		this.signal?.addEventListener("abort", () => this.cut("AbortError"));
	}
	get over() {
		return this.signal.aborted;
	}
	answer(status, headers, body) {
		this.settled.resolve(new Response(body, { status, headers }));
	}
	/* The beginning of a stream. */
	live(type = "text/event-stream") {
		const body = new ReadableStream({
			start: (control) => {
				this.control = control;
			},
		});

		this.answer(200, { "content-type": type }, body);
		this.say(": live\n\n");
		return this;
	}
	json(status, data) {
		this.answer(status, { "content-type": status < 300 ? "application/json" : "application/problem+json" }, JSON.stringify(data));
	}
	say(text) {
		this.control.enqueue(typeof text === "string" ? new TextEncoder().encode(text) : text);
	}
	/* An event, with the id that the daemon would give it. */
	event(type, channel, seq, data, { epoch = 7, ...more } = {}) {
		const numbered = seq !== undefined;

		if (numbered) this.told[channel] = seq;
		const id = `${epoch}-${Object.entries(this.told).map((each) => each.join(":")).join(",")}`;
		const message = { type, channel, ...(numbered && { seq, ts: { utc: "", monotonic_ns: 1 }, data }), ...more };

		return `event: ${channel}\n${numbered ? `id: ${id}\n` : ""}data: ${JSON.stringify(message)}\n\n`;
	}
	async snapshot(seq, data, more = {}) {
		this.say(this.event("snapshot", more.channel ?? "robot", seq, data, { recovered: false, ...more }));
		await settle();
	}
	async update(seq, data, more = {}) {
		this.say(this.event("update", more.channel ?? "robot", seq, data, more));
		await settle();
	}
	/* The last event says why. */
	async end(code) {
		if (code) this.say(`data: ${JSON.stringify({ type: "error", code, detail: "" })}\n\n`);
		this.control.close();
		await settle();
	}
	cut(name = "TypeError") {
		const error = new DOMException("cut", name);

		this.settled.reject(error);
		try {
			this.control?.error(error);
		} catch {
			// It has ended.
		}
	}
}

const fetch = (url, options) =>
	new Promise((resolve, reject) => {
		requests.push(new Request(url, options, { resolve, reject }));
	});

standStill();
beforeEach(() => {
	sockets = [];
	requests = [];
});

/* A client that has dialled, as far as it comes; its events. */
async function make(options = {}) {
	const client = new Client({
		url: "wss://robot/api/v1/ws", http: HTTP, fetch, credentials: { token: "t" }, WebSocket: Closed, random: () => 1, ...options,
	});
	const robot = client.subscribe("robot");
	const events = [];

	for (const name of ["open", "change", "lost", "ended", "refused", "error"]) client.on(name, (event) => events.push([name, event]));
	client.start();
	await settle();
	return { client, robot, events, of: (name) => events.filter(([each]) => each === name).map(([, event]) => event) };
}

/* The same, and the stream has told the robot's state: seq 3. */
async function live(options) {
	const made = await make(options);

	newest().live();
	await newest().snapshot(3, { a: 1, b: 1 });
	return made;
}

const newest = () => requests[requests.length - 1];
const streams = () => requests.filter(({ path }) => path === "/api/v1/stream");

/* ---- which way ---- */

test("a socket that says hello is the way", async () => {
	const { client } = await make({ WebSocket: Socket });

	sockets[0].hello();
	await pass(2000);
	assert.equal(client.over, "socket");
	assert.equal(requests.length, 0);
	sockets[0].end(1006);
	assert.equal(client.over, undefined);
	await pass(500);
	assert.deepEqual([sockets.length, requests.length], [2, 0]);
});

const MUTE = class extends Socket {};
const THROWS = class {
	constructor() {
		throw new Error("refused");
	}
};

for (const [what, WebSocket, afterMs] of [["does not open", Closed, 0], ["throws", THROWS, 0], ["says no hello", MUTE, 5500]])
	test(`a socket that ${what} makes way for a stream, at once`, async () => {
		const { client, robot, of } = await make({ WebSocket });

		await pass(afterMs);
		assert.equal(requests.length, 1);
		assert.deepEqual([newest().path, newest().method, newest().query], ["/api/v1/stream", "GET", { channel: "robot" }]);
		assert.deepEqual(newest().headers, { authorization: "Bearer t" });
		assert.equal(client.over, undefined, "nothing has been told yet");
		newest().live();
		await newest().snapshot(3, { a: 1, b: 1 });
		await newest().update(4, { b: 2 });
		assert.deepEqual([client.over, client.epoch, robot.state], ["stream", 7, { a: 1, b: 2 }]);
		assert.deepEqual(of("open"), [{ epoch: 7 }]);
		assert.deepEqual(of("change").map(({ seq, recovered, epoch }) => [seq, recovered, epoch]), [[3, false, 7], [4, undefined, 7]]);
	});

test("a refused log-in is no reason for another way", async () => {
	const asked = [];
	const { client } = await make({ WebSocket: Socket, credentials: ({ refused }) => (asked.push(refused?.reason), { token: "t" }) });

	sockets[0].onopen({});
	sockets[0].end(4401, "token_expired");
	await pass(500);
	assert.deepEqual([asked, sockets.length, requests.length], [[undefined, "token_expired"], 2, 0]);
	client.stop();
});

test("without the option http there are sockets only", async () => {
	await make({ http: undefined });
	await pass(60000);
	assert.ok(sockets.length > 3);
	assert.equal(requests.length, 0);
});

test("where neither opens, both are tried in each round, and rounds wait longer and longer", async () => {
	const { client } = await make();
	const rounds = [];

	for (let round = 1; round <= 4; round++) {
		assert.deepEqual([sockets.length, requests.length], [round, round]);
		newest().cut();
		await settle();
		const before = clock.now;

		while (requests.length === round) await pass(50);
		rounds.push(clock.now - before);
	}
	assert.deepEqual(rounds, [500, 1000, 2000, 4000]);
	client.stop();
	assert.equal(newest().over, true);
	await pass(60000);
	assert.equal(requests.length, 5);
});

test("beside a stream a socket is tried, and taken without a gap", async () => {
	const kinds = [Closed, Closed, Socket];
	const { client, robot } = await live({
		WebSocket: function make() {
			return new (kinds.shift() ?? Socket)();
		},
	});

	for (let seq = 4; client.over === "stream" && seq < 100; seq++) {
		await pass(1000);
		await newest().update(seq, { b: seq });
		if (sockets.length === 3) sockets[2].hello();
	}
	assert.equal(newest().over, true, "the stream's connection is free");
	assert.equal(sockets[2].closed, true);
	await settle();
	sockets[3].hello();
	assert.equal(client.over, "socket");
	assert.deepEqual(sockets[3].said, [{ type: "auth", token: "t" }, { type: "subscribe", channel: "robot", since: { epoch: 7, seq: robot.seq } }]);
});

/* ---- channels ---- */

test("channels that are opened and closed together are one request, and the others go on", async () => {
	const { client, robot } = await live();
	const [first] = requests;
	const safety = client.subscribe("safety");

	client.subscribe("telemetry", { signals: ["position_mm", "battery_v"], maxRateHz: 10 });
	client.subscribe("modules", { maxRateHz: 20 }).close();
	await newest().update(4, { b: 4 });
	assert.equal(requests.length, 1);
	await pass(50);
	assert.equal(requests.length, 2);
	assert.deepEqual([first.over, newest().over], [true, false]);
	assert.deepEqual(newest().query, { channel: "robot,safety,telemetry", signals: "position_mm,battery_v", max_rate_hz: "10" });
	assert.equal(newest().headers["last-event-id"], "7-robot:4");
	newest().live();
	await newest().snapshot(9, { s: 1 }, { channel: "safety" });
	await newest().snapshot(4, {}, { recovered: true });
	await newest().update(5, { b: 5 });
	assert.deepEqual([robot.state, robot.recovered, safety.state], [{ a: 1, b: 5 }, true, { s: 1 }]);
	robot.close();
	await pass(50);
	assert.deepEqual([newest().query.channel, newest().headers["last-event-id"]], ["safety,telemetry", "7-safety:9"]);
});

test("a channel that is opened while the stream is dialled is not forgotten", async () => {
	const { client } = await make();

	client.subscribe("safety");
	await pass(50);
	assert.deepEqual([requests.length, newest().query.channel], [2, "robot,safety"]);
});

test("without a channel the stop is heard, so that silence means something", async () => {
	const { robot, of } = await make();

	robot.close();
	await pass(50);
	assert.equal(newest().query.channel, "safety");
	newest().live();
	await newest().snapshot(1, {}, { channel: "safety" });
	assert.equal(of("open").length, 1);
	await pass(4000);
	assert.deepEqual(of("lost").at(-1), { code: 1006, reason: "silence" });
});

test("a gap is never drawn over: the channel is asked for whole", async () => {
	const { client, robot } = await live();

	await newest().update(6, { b: 6 });
	assert.deepEqual(robot.state, { a: 1, b: 1 });
	await pass(50);
	assert.deepEqual([requests.length, newest().headers["last-event-id"]], [2, undefined]);
	newest().live();
	await newest().snapshot(8, { a: 8 });
	assert.deepEqual([robot.state, client.over], [{ a: 8 }, "stream"]);
});

test("events may come in any pieces", async () => {
	const { robot, of } = await make();

	newest().live();
	const bytes = new TextEncoder().encode(
		newest().event("snapshot", "robot", 1, { a: "é\n\n: x" }, { recovered: false }) + newest().event("update", "robot", 2, { b: "ü" }),
	);

	for (const byte of bytes) newest().say(Uint8Array.of(byte));
	for (let i = 0; i < 50; i++) await settle();
	assert.deepEqual(robot.state, { a: "é\n\n: x", b: "ü" });
	assert.deepEqual(of("lost").map(({ reason }) => reason), [""], "of the socket alone");
});

/* ---- going on ---- */

test("a lost stream goes on behind the last event", async () => {
	const { client, robot } = await live();

	await newest().update(4, { b: 4 });
	newest().cut();
	await settle();
	await pass(500);
	assert.deepEqual([requests.length, sockets.length], [2, 1], "what has worked is dialled first");
	assert.equal(newest().headers["last-event-id"], "7-robot:4");
	newest().live();
	await newest().snapshot(4, {}, { recovered: true });
	await newest().update(5, { b: 5 });
	assert.deepEqual([robot.state, robot.recovered, client.over], [{ a: 1, b: 5 }, true, "stream"]);
});

test("another run of the daemon is another count", async () => {
	const { client, robot, of } = await live();

	await newest().end("shutting_down");
	assert.deepEqual(of("lost").at(-1), { code: 1001, reason: "shutting_down" });
	await pass(500);
	newest().live().say(newest().event("resync", "robot"));
	await newest().snapshot(1, { a: 9 }, { epoch: 8 });
	assert.deepEqual([robot.state, client.epoch], [{ a: 9 }, 8]);
	assert.deepEqual(of("change").map(({ type }) => type), ["snapshot", "resync", "snapshot"]);
	client.subscribe("safety");
	await pass(50);
	assert.equal(newest().headers["last-event-id"], "8-robot:1");
});

/* ---- ends ---- */

for (const [code, number] of [["safety_not_taken", 4008], ["too_slow", 4408], ["something_new", 1006], ["", 1006]])
	test(`a stream that ends with "${code}" comes again`, async () => {
		const { of } = await live();

		await newest().end(code);
		assert.deepEqual(of("lost").at(-1), { code: number, reason: code });
		await pass(500);
		assert.equal(requests.length, 2);
	});

test("the end of the session asks for another log-in", async () => {
	const asked = [];
	const { of } = await live({ credentials: ({ refused }) => (asked.push(refused), { token: `t${asked.length}` }) });

	await newest().end("token_revoked");
	assert.deepEqual(of("lost").at(-1), { code: 4401, reason: "token_revoked" });
	await pass(500);
	assert.deepEqual(asked, [undefined, undefined, { code: 4401, reason: "token_revoked" }]);
	assert.equal(newest().headers.authorization, "Bearer t3");
});

test("a token that is refused asks for another, or ends it", async () => {
	const { client, of } = await make();

	newest().json(401, { code: "token_expired" });
	await pass(60000);
	assert.deepEqual(client.ended, { code: 4401, reason: "token_expired" });
	assert.deepEqual([of("ended").length, requests.length], [1, 1]);
});

for (const status of [400, 403, 422])
	test(`a question that the robot refuses (${status}) is told, and is not asked again`, async () => {
		const { client, of } = await make();

		newest().json(status, { type: "about:blank", status, code: "role", detail: "no" });
		await pass(60000);
		assert.deepEqual(of("refused"), [{ type: "error", status, code: "role", detail: "no" }]);
		assert.deepEqual([client.ended, requests.length], [{ code: 4500, reason: "role" }, 1]);
	});

for (const [what, answer, code, reason] of [
	["a full robot", (request) => request.json(503, { code: "busy" }), 1013, "busy"],
	["a robot that is asked too often", (request) => request.json(429, { code: "rate_limited" }), 1013, "rate_limited"],
	["a proxy that refuses", (request) => request.answer(403, { "content-type": "text/html" }, "<p>"), 1006, "http_403"],
	["a proxy without a robot", (request) => request.answer(502, {}, ""), 1006, "http_502"],
	["a proxy that answers itself", (request) => request.live("text/html"), 1006, "not_events"],
	["no network", (request) => request.cut(), 1006, ""],
	["an end that is no message", (request) => request.live().say("data: {\n\n"), 1006, ""],
])
	test(`${what} is no end: it comes again`, async () => {
		const { client, of } = await make();

		answer(newest());
		await settle();
		assert.deepEqual(of("lost").at(-1), { code, reason });
		await pass(500);
		assert.deepEqual([requests.length, sockets.length, client.ended], [2, 2, undefined]);
	});

test("a stream that a proxy holds back is given up", async () => {
	const { client, of } = await make();

	newest().live();
	await pass(5500);
	assert.deepEqual(of("lost").at(-1), { code: 1006, reason: "no_hello" });
	assert.equal(requests[0].over, true);
	await pass(500);
	assert.equal(sockets.length, 2);
	newest().live();
	await newest().snapshot(1, { a: 1 });
	assert.equal(client.over, "stream");
	await pass(4000);
	assert.deepEqual(of("lost").at(-1), { code: 1006, reason: "silence" });
});

test("after stop() nothing is heard, and start() goes on", async () => {
	const { client, robot, of } = await live();
	const first = newest();

	client.stop();
	assert.equal(first.over, true);
	assert.deepEqual(of("lost").at(-1), { code: 1000, reason: "" });
	await pass(60000);
	assert.deepEqual([requests.length, robot.state], [1, { a: 1, b: 1 }]);
	client.start();
	await settle();
	assert.deepEqual([newest().headers["last-event-id"], sockets.length], ["7-robot:3", 1]);
});

/* ---- commands ---- */

test("commands and the stop are requests with the token", async () => {
	const { client } = await live();
	const move = client.command({ verb: "move", position_mm: 5 });
	const refused = client.command({ verb: "dock" }).catch((error) => error);
	const stop = client.safetyStop();
	const [, first, second, third] = requests;

	assert.deepEqual([first, second, third].map(({ path, method, body }) => [path, method, body]), [
		["/api/v1/robot/commands", "POST", '{"verb":"move","position_mm":5}'],
		["/api/v1/robot/commands", "POST", '{"verb":"dock"}'],
		["/api/v1/safety/stop", "POST", "{}"],
	]);
	assert.deepEqual(first.headers, { authorization: "Bearer t", "content-type": "application/json" });
	third.json(200, { state: "stopped" });
	second.json(409, { status: 409, code: "refused", detail: "no", errors: [{ pointer: "", code: "x", detail: "y" }] });
	first.json(200, { state: "running" });
	assert.deepEqual([await move, await stop], [{ state: "running" }, { state: "stopped" }]);
	const refusal = await refused;

	assert.ok(refusal instanceof CommandRefused);
	assert.deepEqual([refusal.status, refusal.code, refusal.errors.length], [409, "refused", 1]);
	assert.equal(client.over, "stream");
	assert.equal(client.ping(), false, "a stream has nothing to say it on");
});

test("a command that no answer comes to may have been carried out", async () => {
	const { client } = await live();
	const error = client.command({ verb: "dock" }).catch((each) => each);

	newest().cut();
	assert.ok((await error) instanceof ConnectionLost);
	assert.equal((await error).sent, true);
	await pass(500);
	assert.equal(streams().length, 2);
});

test("a command with a token that is too old is refused, and the next has another", async () => {
	let drawn = 0;
	const { client } = await live({ credentials: () => ({ token: `t${++drawn}` }) });
	const error = client.command({ verb: "dock" }).catch((each) => each);

	newest().json(401, { code: "token_expired", detail: "too old" });
	assert.deepEqual([(await error).status, (await error).code], [401, "token_expired"]);
	await pass(500);
	assert.equal(newest().headers.authorization, `Bearer t${drawn}`);
	assert.ok(drawn > 2);
});

test("a ticket goes into the address, once for each stream", async () => {
	let drawn = 0;

	await live({ credentials: async () => ({ ticket: `n${++drawn}` }) });
	assert.deepEqual([newest().query.ticket, newest().headers.authorization], [`n${drawn}`, undefined]);
});
