// SPDX-License-Identifier: GPL-2.0-or-later
// Orders that a vehicle must refuse: with which error, and what it keeps.
import { randomUUID } from "node:crypto";
import { Failed } from "../lib/vehicle.mjs";

const sameOrder = (a, b) => a.orderId === b.orderId && a.orderUpdateId === b.orderUpdateId;

/** Does an error answer to @kind, as the version names it? */
function answers(error, wanted) {
	return (!wanted.types || wanted.types.includes(error.errorType)) && (!wanted.level || error.errorLevel === wanted.level);
}

function said(errors) {
	return errors?.length ? errors.map((each) => `${each.errorType} ${each.errorLevel}`).join(", ") : "none";
}

const key = (error) => JSON.stringify([error.errorType, error.errorLevel, error.errorReferences]);

/**
 * Send what must be refused, and wait for the error. @reference: a value that a reference of the error must have (3.0 names one for
 * each type). Returns the error and the state after it.
 */
export async function refused(t, kind, send, reference) {
	const wanted = t.dialect.errors[kind];
	const before = await t.vehicle.ask();
	const known = new Set((before.errors ?? []).map(key));
	const fresh = (state) => (state.errors ?? []).filter((each) => !known.has(key(each)));
	const mark = await send();
	const entry = await t.link.until("state", mark, t.times.answer, (state) => fresh(state).some((each) => answers(each, wanted)));
	const state = await t.vehicle.ask();
	if (!sameOrder(state, before)) throw new Failed(`the order was taken over: ${state.orderId} update ${state.orderUpdateId}`);
	const type = `${wanted.types?.join(" or ") ?? "an error"}${wanted.level ? ` of level ${wanted.level}` : ""}`;
	if (!entry) throw new Failed(`${type} was to be reported; errors are: ${said(state.errors)}`);
	const error = fresh(entry.body).find((each) => answers(each, wanted));
	if (reference !== undefined && t.dialect.name === "3.0") {
		const found = (error.errorReferences ?? []).some((each) => String(each.referenceValue).includes(String(reference)));
		if (!found) throw new Failed(`${error.errorType} has no reference to ${reference}: ${JSON.stringify(error.errorReferences ?? [])}`);
	}
	return { error, state, before };
}

/** A check of one malformed order: @spoil changes a good order of two nodes. */
function malformed(id, asks, kind, spoil) {
	return {
		id: `refuse.${id}`, section: "6.1.4.1", asks,
		async run(t) {
			const order = t.vehicle.order(await t.vehicle.ready(1));
			const bad = structuredClone(order);
			const text = spoil(bad);
			await refused(t, kind, () => (typeof text === "string" ? sendText(t, text) : t.vehicle.send(bad)),
				kind === "order" ? order.orderId : undefined);
		},
	};
}

function sendText(t, text) {
	const mark = t.link.mark();
	t.link.send("order", text);
	return mark;
}

/** An order whose base is driven and whose horizon is awaited: active for as long as a check needs. */
export async function waiting(t, edges = 2) {
	const path = await t.vehicle.ready(edges);
	const order = t.vehicle.order(path, { released: 1 });
	const mark = t.vehicle.send(order);
	await t.vehicle.expect("the order is taken over", mark, (state) => state.orderId === order.orderId && state.nodeStates?.length > 0);
	return { path, order, mark };
}

/** Is @order still the order in hand, with its horizon? */
async function kept(t, order) {
	const state = await t.vehicle.ask();
	t.must(state.orderId === order.orderId && state.nodeStates?.length > 0, `the order in hand was lost: ${state.orderId}, ${state.nodeStates?.length} nodes left`);
}

export const REFUSALS = [
	malformed("no-json", "an order that is no JSON is refused", "malformed", () => "{ this is no order"),
	malformed("half", "an order that is cut in the middle is refused", "malformed", (order) => JSON.stringify(order).slice(0, -20)),
	malformed("no-order-id", "an order without orderId is refused", "malformed", (order) => { delete order.orderId; }),
	malformed("no-update-id", "an order without orderUpdateId is refused", "malformed", (order) => { delete order.orderUpdateId; }),
	malformed("no-nodes", "an order without nodes is refused", "malformed", (order) => { delete order.nodes; }),
	malformed("no-edges", "an order without the list of edges is refused", "malformed", (order) => { delete order.edges; }),
	malformed("type-update", "an orderUpdateId that is a text is refused", "malformed", (order) => { order.orderUpdateId = "0"; }),
	malformed("negative-update", "a negative orderUpdateId is refused", "malformed", (order) => { order.orderUpdateId = -1; }),
	malformed("type-released", "released as a text is refused", "malformed", (order) => { order.nodes[1].released = "true"; }),
	malformed("type-nodes", "nodes that are an object are refused", "malformed", (order) => { order.nodes = { ...order.nodes }; }),
	malformed("no-node-id", "a node without nodeId is refused", "malformed", (order) => { delete order.nodes[1].nodeId; }),
	malformed("no-sequence", "an edge without sequenceId is refused", "malformed", (order) => { delete order.edges[0].sequenceId; }),
	malformed("blocking-type", "a blockingType that the standard does not have is refused", "malformed",
		(order) => { order.nodes[1].actions = [{ actionType: "beep", actionId: randomUUID(), blockingType: "LOUD", actionParameters: [] }]; }),
	malformed("empty", "an order with no node in it is refused", "order", (order) => { order.nodes = []; order.edges = []; }),
	malformed("edge-missing", "an order with an edge too few is refused", "order", (order) => { order.edges = []; }),
	malformed("edge-more", "an order with an edge too many is refused", "order", (order) => { order.edges.push({ ...order.edges[0], sequenceId: 3 }); }),
	malformed("sequence-gap", "sequence ids with a gap are refused", "order", (order) => { order.nodes[1].sequenceId = 4; }),
	malformed("sequence-twice", "a sequence id that is there twice is refused", "order", (order) => { order.nodes[1].sequenceId = 0; }),
	malformed("first-planned", "an order whose first node is not released is refused", "order",
		(order) => { for (const each of [...order.nodes, ...order.edges]) each.released = false; }),
	malformed("edge-ahead", "a released edge to a node that is not is refused", "order", (order) => { order.nodes[1].released = false; }),
	{
		id: "refuse.released-after-planned", section: "6.1.1", asks: "a released part behind one that is not is refused",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const order = t.vehicle.order(path);
			order.edges[0].released = false;
			order.nodes[1].released = false;
			await refused(t, "order", () => t.vehicle.send(order), order.orderId);
		},
	},
	{
		id: "refuse.parameter", section: "6.1.4.2", asks: "an optional field that the factsheet does not support is refused and named",
		async run(t) {
			const rows = (await t.vehicle.factsheet()).protocolFeatures?.optionalParameters ?? [];
			t.need(!rows.some((row) => String(row.parameter).includes("trajectory")), "the vehicle supports trajectories");
			const order = t.vehicle.order(await t.vehicle.ready(1));
			order.edges[0].trajectory = { degree: 1, knotVector: [0, 0, 1, 1], controlPoints: [{ x: 0, y: 0 }, { x: 1, y: 0 }] };
			await refused(t, "parameter", () => t.vehicle.send(order), "trajectory");
		},
	},
	...["node", "edge"].map((where, at) => ({
		id: `refuse.action-${where}`, section: "6.1.4.3", asks: `an order with an unknown action on ${where === "node" ? "a node" : "an edge"} is refused`,
		async run(t) {
			const path = await t.vehicle.ready(1);
			const order = t.vehicle.order(path, { actions: { [at === 0 ? 2 : 1]: [t.vehicle.action("danceOnTheTable", {}, "NONE")] } });
			await refused(t, "action", () => t.vehicle.send(order), order.orderId);
		},
	})),
	{
		id: "refuse.action-scope", section: "6.1.4.3", asks: "an order with an instant action on a node is refused",
		async run(t) {
			t.need(!(await t.vehicle.offers("cancelOrder", "NODE")), "the vehicle offers cancelOrder on nodes");
			const path = await t.vehicle.ready(1);
			const order = t.vehicle.order(path, { actions: { 2: [t.vehicle.action("cancelOrder", {}, "NONE")] } });
			await refused(t, "action", () => t.vehicle.send(order), order.orderId);
		},
	},
	{
		id: "refuse.action-planned", section: "6.1.4.3", asks: "an unknown action on a planned node is refused as well",
		async run(t) {
			const path = await t.vehicle.ready(1);
			const order = t.vehicle.order(path, { released: 1, actions: { 2: [t.vehicle.action("danceOnTheTable", {}, "NONE")] } });
			await refused(t, "action", () => t.vehicle.send(order), order.orderId);
		},
	},
	{
		id: "refuse.outdated", section: "6.1.4.4", asks: "a lower orderUpdateId is refused, and the order goes on",
		async run(t) {
			const { path, order } = await waiting(t);
			const update = t.vehicle.order(path, { orderId: order.orderId, update: 4, released: 1 });
			const mark = t.vehicle.send(update);
			await t.vehicle.expect("an update without anything new is taken over", mark, (state) => state.orderUpdateId === 4);
			const late = t.vehicle.order(path, { orderId: order.orderId, update: 2 });
			await refused(t, "outdated", () => t.vehicle.send(late), order.orderId);
			await kept(t, order);
		},
	},
	{
		id: "refuse.same-update", section: "6.1.4.5", versions: ["3.0"], asks: "another content with the same update id is refused",
		async run(t) {
			const { path, order } = await waiting(t);
			await refused(t, "same", () => t.vehicle.send(t.vehicle.order(path, { orderId: order.orderId, released: 2 })), order.orderId);
			await kept(t, order);
		},
	},
	{
		id: "refuse.other-active", section: "6.1.4.6", asks: "another order is refused while one waits for its horizon",
		async run(t) {
			const { path, order } = await waiting(t);
			const other = t.vehicle.order([path[0]]);
			await refused(t, "other", () => t.vehicle.send(other), other.orderId);
			await kept(t, order);
		},
	},
	{
		id: "refuse.other-driving", section: "6.1.4.6", asks: "another order is refused while one is driven, which comes to its end",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const order = t.vehicle.order(path);
			const other = t.vehicle.order([path[0]]);
			const mark = t.vehicle.send(order);
			t.vehicle.send(other);
			const types = t.dialect.errors.other;
			await t.vehicle.expect("the refusal of the other order", mark, (state) => state.errors?.some((each) => answers(each, types)), t.times.answer);
			const state = await t.vehicle.ended(order.orderId, mark, 2);
			t.must(state.lastNodeId === path[2], `the first order ended at ${state.lastNodeId}, not at ${path[2]}`);
		},
	},
	{
		id: "refuse.first-update", section: "6.1.2", asks: "a new order that begins with an update id above 0 is refused",
		versions: ["3.0"],
		async run(t) {
			const path = await t.vehicle.ready(1);
			const order = t.vehicle.order(path, { update: 3 });
			await refused(t, "stitch", () => t.vehicle.send(order));
		},
	},
	{
		id: "refuse.start", section: "6.1.4.7", asks: "an order that begins at a node elsewhere is refused",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const order = t.vehicle.order([path[2], path[1]]);
			await refused(t, "start", () => t.vehicle.send(order), order.orderId);
		},
	},
	{
		id: "refuse.start-unknown", section: "6.1.4.7", asks: "an order that begins at a node far away and unknown is refused",
		async run(t) {
			const path = await t.vehicle.ready(1);
			const order = t.vehicle.order(["node-nobody-knows", path[1]]);
			if (t.vehicle.position(path[1])) order.nodes[0].nodePosition = t.vehicle.position(path[1], { x: 1e6, y: 1e6 });
			await refused(t, "start", () => t.vehicle.send(order), order.orderId);
		},
	},
	{
		id: "refuse.route", section: "6.1.4.8", asks: "an order with a node that cannot be reached is refused",
		async run(t) {
			t.need(t.file.unreachable, "the file names no node that cannot be reached (unreachable)");
			const path = await t.vehicle.ready(0);
			const order = t.vehicle.order([path[0], t.file.unreachable]);
			await refused(t, "route", () => t.vehicle.send(order), order.orderId);
		},
	},
	{
		id: "refuse.mode", section: "6.1.4.9", asks: "an order is refused while people drive the vehicle",
		async run(t) {
			t.has("manual", "automatic");
			const path = await t.vehicle.ready(0);
			const mark = t.link.mark();
			await t.command("manual");
			try {
				await t.vehicle.expect("operating mode MANUAL", mark, (state) => state.operatingMode === "MANUAL", t.times.restart);
				const order = t.vehicle.order(path);
				await refused(t, "mode", () => t.vehicle.send(order), order.orderId);
			} finally {
				const back = t.link.mark();
				await t.command("automatic");
				await t.vehicle.expect("operating mode AUTOMATIC", back, (state) => state.operatingMode === "AUTOMATIC", t.times.restart);
			}
		},
	},
	{
		id: "refuse.map", section: "6.1.4.10", versions: ["3.0"], asks: "an order on a map that the vehicle does not know is refused",
		async run(t) {
			const path = await t.vehicle.ready(1);
			t.need(t.vehicle.position(path[1]), "the nodes of the file have no position");
			const order = t.vehicle.order(path);
			order.nodes[1].nodePosition.mapId = "map-nobody-knows";
			await refused(t, "map", () => t.vehicle.send(order), order.orderId);
		},
	},
	{
		id: "refuse.after-cancel", section: "6.1.3.1", asks: "an update of a cancelled order is refused",
		async run(t) {
			const { path, order } = await waiting(t);
			await t.vehicle.act("cancelOrder", {}, "FINISHED", t.times.drive);
			t.vehicle.cancelled = true;
			const update = t.vehicle.order(path, { orderId: order.orderId, update: 1 });
			await refused(t, "cancelled", () => t.vehicle.send(update), order.orderId);
		},
	},
	{
		id: "refuse.stitch-planned", section: "6.1.2", asks: "an update that begins at the last planned node, not at the last released one, is refused",
		async run(t) {
			const { path, order } = await waiting(t);
			const update = t.vehicle.order([path[2], path[1]], { orderId: order.orderId, update: 1, start: 4 });
			await refused(t, "stitch", () => t.vehicle.send(update));
			await kept(t, order);
		},
	},
	{
		id: "refuse.stitch-sequence", section: "6.1.2", asks: "an update whose first node has another sequence id is refused",
		async run(t) {
			const { path, order } = await waiting(t);
			const update = t.vehicle.order(path, { orderId: order.orderId, update: 1, start: 2 });
			await refused(t, "stitch", () => t.vehicle.send(update));
			await kept(t, order);
		},
	},
	{
		id: "refuse.stitch-finished", section: "6.1.2", asks: "an update of a finished order that begins elsewhere is refused",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const order = t.vehicle.order(path.slice(0, 2));
			await t.vehicle.ended(order.orderId, t.vehicle.send(order));
			const update = t.vehicle.order([path[2], path[1]], { orderId: order.orderId, update: 1, start: 2 });
			await refused(t, "stitch", () => t.vehicle.send(update));
		},
	},
	{
		id: "refuse.reordered", section: "6.1.2", asks: "of two updates in the wrong order the later one is refused, and taken over after the first",
		async run(t) {
			const { path, order } = await waiting(t);
			const first = t.vehicle.order(path.slice(0, 2), { orderId: order.orderId, update: 1 });
			const second = t.vehicle.order(path.slice(1), { orderId: order.orderId, update: 2, start: 2 });
			await refused(t, "stitch", () => t.vehicle.send(second));
			const mark = t.vehicle.send(first);
			t.vehicle.send(second);
			const state = await t.vehicle.expect("both updates are driven", mark,
				(body) => body.orderUpdateId === 2 && body.lastNodeId === path[2] && !body.nodeStates?.length, 2 * t.times.drive);
			t.must(state.lastNodeSequenceId === 4, `the last node has sequence id ${state.lastNodeSequenceId}, not 4`);
		},
	},
	{
		id: "refuse.keeps", section: "6.1.4", asks: "a refusal is reported until an order is accepted, and then no longer",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const order = t.vehicle.order([path[2], path[1]]);
			const { error } = await refused(t, "start", () => t.vehicle.send(order));
			const later = await t.vehicle.ask();
			t.must(later.errors?.some((each) => each.errorType === error.errorType), `${error.errorType} is gone before an order was accepted`);
			const state = await t.vehicle.drive([path[0]]);
			t.must(!state.errors?.some((each) => each.errorType === error.errorType), `${error.errorType} stays after an order was accepted`);
		},
	},
	{
		id: "refuse.last-node", section: "6.6.2", asks: "a refused order changes neither lastNodeId nor the lists of nodes and edges",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const { state, before } = await refused(t, "start", () => t.vehicle.send(t.vehicle.order([path[2], path[1]])));
			t.must(state.lastNodeId === before.lastNodeId && state.lastNodeSequenceId === before.lastNodeSequenceId,
				`lastNodeId was ${before.lastNodeId} and is ${state.lastNodeId}`);
			t.must(!state.nodeStates?.length && !state.edgeStates?.length, "nodes of the refused order are listed");
		},
	},
	{
		id: "refuse.garbage", section: "6.1.4.1", asks: "the vehicle goes on after bytes, deep nesting, null and lists instead of an order",
		async run(t) {
			await t.vehicle.ready(0);
			const garbage = [Buffer.from([0, 255, 254, 1, 2]), "", "null", "[]", "0", '"order"', "[".repeat(5000), `{"a":${"[".repeat(2000)}${"]".repeat(2000)}}`];
			for (const text of garbage) {
				t.link.send("order", text);
				t.link.send("instantActions", text);
			}
			await t.vehicle.ask();
		},
	},
	{
		id: "refuse.huge", section: "7.1.2", asks: "the vehicle goes on after an order of 1,000 nodes and one with an id of 10,000 characters",
		async run(t) {
			const path = await t.vehicle.ready(1);
			const there = Array.from({ length: 1000 }, (_, at) => path[at % 2]);
			t.vehicle.send(t.vehicle.order(there, { released: 1 }));
			t.vehicle.send(t.vehicle.order([path[0]], { orderId: "x".repeat(10000) }));
			await t.vehicle.ask();
			await t.vehicle.rest();
		},
	},
];
