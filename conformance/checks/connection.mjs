// SPDX-License-Identifier: GPL-2.0-or-later
// The connection topic, the last will, and what happens when vehicle or broker go away.
import { BREAK } from "../lib/link.mjs";
import { waiting } from "./refusals.mjs";
import { passed, restart } from "./orders.mjs";

const POLL_MS = 200;
const isOnline = (body) => body.connectionState === "ONLINE";

/** Kill the vehicle and see what the broker sends for it; then start it, whatever was found. */
async function killed(t, look) {
	t.has("kill", "start");
	await t.vehicle.ask();
	const mark = t.link.mark();
	await t.command("kill");
	try {
		const entry = await t.link.until("connection", mark, t.times.restart, () => true);
		t.must(entry, "the broker sends no last will");
		await look(entry);
	} finally {
		const back = t.link.mark();
		await t.command("start");
		await t.link.until("connection", back, t.times.restart, isOnline);
	}
}

/** Stop the broker and start it; the mark before, and the ONLINE after. */
async function brokerAway(t, meanwhile = async () => {}) {
	t.has("brokerStop", "brokerStart");
	const before = await t.link.retained("connection", t.times.answer);
	const mark = t.link.mark();
	await t.command("brokerStop");
	try {
		await meanwhile();
	} finally {
		await t.command("brokerStart");
		await t.link.connected(t.times.connect);
	}
	t.must(await anew(t, mark, before), "no ONLINE after the broker came back");
}

/** Wait for an ONLINE since @mark. The vehicle may be back before the kit: then it is retained, and another one than @before. */
async function anew(t, mark, before) {
	const end = Date.now() + t.times.restart;
	const isNew = (entry) => entry?.body && isOnline(entry.body) && entry.text !== before?.text;
	while (Date.now() < end) {
		if (t.link.heard("connection", mark).some(isNew) || isNew(await t.link.retained("connection", POLL_MS))) return true;
		await t.link.until("connection", mark, POLL_MS, isOnline);
	}
	return false;
}

/** Did a state before the end of the kit's connection, since @mark, name @node as the last one? */
function ahead(t, mark, node) {
	const log = t.link.log.slice(mark);
	const end = log.findIndex(({ topic }) => topic === BREAK);
	return log.slice(0, end).some(({ topic, sent, body }) => topic === "state" && !sent && body?.lastNodeId === node);
}

/** A row about the last will. */
function will(id, asks, look) {
	return { id: `will.${id}`, section: "6.5", asks, run: (t) => killed(t, (entry) => look(t, entry)) };
}

export const CONNECTION = [
	{
		id: "connection.retained", section: "6.5", asks: "a client that comes later is told ONLINE, retained and with QoS 1",
		async run(t) {
			const kept = await t.link.retained("connection", t.times.answer);
			t.must(kept, "nothing is retained on the topic connection");
			t.must(kept.body?.connectionState === "ONLINE", `connectionState is ${kept.body?.connectionState}`);
			t.must(kept.qos === 1, `the message has QoS ${kept.qos}`);
		},
	},
	will("sent", "a vehicle that is killed leaves its last will behind", (t, entry) =>
		t.must(entry.body.connectionState === t.dialect.broken, `the last will says ${entry.body.connectionState}, not ${t.dialect.broken}`)),
	will("retained", "the last will is retained", async (t) => {
		const kept = await t.link.retained("connection", t.times.answer);
		t.must(kept?.body?.connectionState === t.dialect.broken, `retained is ${kept?.body?.connectionState ?? "nothing"}`);
	}),
	will("qos", "the last will has QoS 1", (t, entry) => t.must(entry.qos === 1, `it has QoS ${entry.qos}`)),
	{
		id: "connection.online", section: "6.5", asks: "a vehicle that starts says ONLINE, retained and with QoS 1",
		async run(t) {
			t.has("kill", "start");
			const mark = await restart(t);
			const online = t.link.heard("connection", mark).find(({ body }) => isOnline(body));
			t.must(online.qos === 1, `ONLINE has QoS ${online.qos}`);
			t.must(online.retain, "ONLINE is not retained");
		},
	},
	{
		id: "connection.will-first", section: "7.2", asks: "ONLINE has a higher header id than the last will that was laid down before it",
		async run(t) {
			t.has("kill", "start");
			const mark = await restart(t);
			const online = t.link.heard("connection", mark).find(({ body }) => isOnline(body ?? {})).body;
			await killed(t, ({ body }) => t.must(online.headerId > body.headerId, `ONLINE has the header id ${online.headerId}, the last will has ${body.headerId}`));
		},
		advice: true,
	},
	{
		id: "connection.offline", section: "6.5", asks: "a vehicle that is stopped says OFFLINE, retained, and leaves no last will",
		async run(t) {
			t.has("stop", "start");
			await t.vehicle.ask();
			const mark = t.link.mark();
			await t.command("stop");
			let kept;
			try {
				t.must(await t.link.until("connection", mark, t.times.restart, (body) => body.connectionState === "OFFLINE"), "no OFFLINE");
				kept = await t.link.retained("connection", t.times.answer);
			} finally {
				const back = t.link.mark();
				await t.command("start");
				await t.link.until("connection", back, t.times.restart, isOnline);
			}
			t.must(kept?.body?.connectionState === "OFFLINE", `retained is ${kept?.body?.connectionState ?? "nothing"}`);
			const broken = t.link.heard("connection", mark).some(({ body }) => body?.connectionState === t.dialect.broken);
			t.must(!broken, "the last will was sent although the vehicle said OFFLINE");
		},
	},
	{
		id: "connection.restart-header", section: "7.2", advice: true, asks: "header ids of states go on over a restart",
		async run(t) {
			t.has("kill", "start");
			const before = await t.vehicle.ask();
			await restart(t);
			const after = await t.vehicle.ask();
			t.must(after.headerId > before.headerId, `header id ${after.headerId} comes after ${before.headerId}`);
		},
	},
	{
		id: "broker.back", section: "4.1", asks: "the vehicle comes back by itself after the broker was away, and answers",
		async run(t) {
			await brokerAway(t);
			await t.vehicle.ask();
		},
	},
	{
		id: "broker.order-kept", section: "4.1", asks: "the vehicle keeps its order while the broker is away",
		async run(t) {
			t.has("brokerStop", "brokerStart");
			const { order } = await waiting(t);
			await brokerAway(t);
			const state = await t.vehicle.ask();
			t.must(state.orderId === order.orderId && state.nodeStates?.length, `the order is lost: "${state.orderId}", ${state.nodeStates?.length} nodes`);
		},
	},
	{
		id: "broker.drives-on", section: "4.1", asks: "the vehicle drives on to the last released node while the broker is away, and no further",
		async run(t) {
			t.has("brokerStop", "brokerStart");
			const path = await t.vehicle.ready(3);
			const order = t.vehicle.order(path, { released: 3 });
			const mark = t.vehicle.send(order);
			await t.vehicle.expect("the order is taken over", mark, (state) => state.orderId === order.orderId);
			await brokerAway(t);
			t.need(!ahead(t, mark, path[2]), "the vehicle had driven the base before the broker went");
			const end = Date.now() + 2 * t.times.drive;
			let state = await t.vehicle.ask();
			while (state.lastNodeId !== path[2] && Date.now() < end) state = await t.vehicle.ask();
			t.must(state.lastNodeId === path[2], `it stands at ${state.lastNodeId}, not at ${path[2]}`);
			t.must(!passed(t, mark, order.orderId).includes(`${path[3]}#6`), "it has passed a planned node");
		},
	},
	{
		id: "broker.kills", section: "4.1", asks: "the vehicle comes back each time when the broker is killed again and again",
		async run(t) {
			t.has("brokerStop", "brokerStart");
			for (let kill = 0; kill < t.kills; kill++) await brokerAway(t);
			await t.vehicle.ask();
		},
	},
	{
		id: "will.anew", section: "6.5", asks: "the last will of a second connection is made for that connection, not kept from the first one",
		async run(t) {
			t.has("brokerStop", "brokerStart", "kill", "start");
			await t.vehicle.ask();
			const first = t.link.mark();
			await t.vehicle.ask();
			const old = t.link.heard("state", first)[0].body.timestamp;
			await brokerAway(t);
			await killed(t, (entry) => t.must(entry.body.timestamp >= old,
				`the last will is of ${entry.body.timestamp}, and the connection began after ${old}`));
		},
	},
];
