// SPDX-License-Identifier: GPL-2.0-or-later
// Orders that a vehicle must take over, and their updates: what it drives, once, and what it lists.
import { actionIn } from "../lib/vehicle.mjs";
import { waiting } from "./refusals.mjs";

/** Node names in the order in which the vehicle passed them, with the sequence ids, since a mark. */
export function passed(t, mark, orderId) {
	const seen = [];
	for (const { body } of t.link.heard("state", mark)) {
		if (body?.orderId !== orderId) continue;
		const step = `${body.lastNodeId}#${body.lastNodeSequenceId}`;
		if (seen.at(-1) !== step) seen.push(step);
	}
	return seen;
}

const steps = (path, start = 0) => path.map((name, at) => `${name}#${start + 2 * at}`);

/** Has the vehicle passed exactly these, in this order? States may leave a node out only if they are sent too seldom. */
function mustPass(t, mark, orderId, want) {
	const seen = passed(t, mark, orderId).filter((step, at) => at > 0 || want.includes(step));
	t.must(seen.join(" ") === want.join(" "), `it passed ${seen.join(" ")}, and was to pass ${want.join(" ")}`);
}

/** The node and edge names that a state lists. */
const listed = (state) => [...(state.nodeStates ?? []), ...(state.edgeStates ?? [])].sort((a, b) => a.sequenceId - b.sequenceId)
	.map((each) => `${each.nodeId ?? each.edgeId}#${each.sequenceId}${each.released ? "" : "?"}`).join(" ");

/** Send an order twice at @when and see that it is driven once. */
async function once(t, between) {
	const path = await t.vehicle.ready(1);
	const order = t.vehicle.order(path);
	const mark = t.vehicle.send(order);
	if (between === "at once") t.vehicle.send(order);
	await t.vehicle.ended(order.orderId, mark);
	const again = t.link.mark();
	// The vehicle may have an error of its own, which has nothing to do with the order.
	const known = new Set((t.vehicle.state.errors ?? []).map((each) => each.errorType));
	if (between === "later") t.vehicle.send(order);
	const state = await t.vehicle.ask();
	const moved = t.link.heard("state", again).find(({ body }) => body?.driving || body?.nodeStates?.length);
	t.must(!moved, `the order was driven again: ${moved && listed(moved.body)}`);
	mustPass(t, mark, order.orderId, steps(path));
	t.must(state.lastNodeId === path[1], `it stands at ${state.lastNodeId}, not at ${path[1]}`);
	const fresh = state.errors?.find((each) => !known.has(each.errorType) || each.errorReferences?.some(({ referenceValue }) => referenceValue === order.orderId));
	t.must(!fresh, `the same order again is reported as ${fresh?.errorType}`);
}

/** Kill the vehicle, start it, wait until it is there again. */
export async function restart(t) {
	const mark = t.link.mark();
	await t.command("kill");
	await t.command("start");
	const online = await t.link.until("connection", mark, t.times.restart, (body) => body.connectionState === "ONLINE");
	t.must(online, "no ONLINE after a restart");
	return mark;
}

export const ORDERS = [
	{
		id: "order.accept", section: "6.1.1", asks: "an order of the node that the vehicle stands on is taken over and is over at once",
		async run(t) {
			const path = await t.vehicle.ready(0);
			const order = t.vehicle.order(path);
			const mark = t.vehicle.send(order);
			const state = await t.vehicle.ended(order.orderId, mark);
			t.must(state.orderUpdateId === 0, `orderUpdateId is ${state.orderUpdateId}`);
		},
	},
	{
		id: "order.drive", section: "6.1.1", asks: "an order of two edges is driven to its end, node by node",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const order = t.vehicle.order(path);
			const mark = t.vehicle.send(order);
			const state = await t.vehicle.ended(order.orderId, mark, 2);
			t.must(state.lastNodeId === path[2] && state.lastNodeSequenceId === 4, `it ended at ${state.lastNodeId}#${state.lastNodeSequenceId}`);
			mustPass(t, mark, order.orderId, steps(path));
		},
	},
	{
		id: "order.first-node", section: "6.1.1", versions: ["3.0"], asks: "the first node of an order is not in nodeStates",
		async run(t) {
			const { order, mark } = await waiting(t);
			const state = t.link.heard("state", mark).find(({ body }) => body?.orderId === order.orderId).body;
			t.must(!state.nodeStates.some((each) => each.sequenceId === 0), `nodeStates are ${listed(state)}`);
		},
	},
	{
		id: "order.lists", section: "6.6.1", asks: "nodeStates and edgeStates list what is ahead, released or planned",
		async run(t) {
			const path = await t.vehicle.ready(3);
			const order = t.vehicle.order(path, { released: 2 });
			const mark = t.vehicle.send(order);
			const first = await t.vehicle.expect("the order is taken over", mark, (state) => state.orderId === order.orderId && state.nodeStates?.length);
			const planned = (state) => listed(state).split(" ").filter((each) => each.endsWith("?")).join(" ");
			const want = [`${order.edges[1].edgeId}#3?`, `${path[2]}#4?`, `${order.edges[2].edgeId}#5?`, `${path[3]}#6?`].join(" ");
			t.must(planned(first) === want, `planned are ${planned(first)}, and were to be ${want}`);
			const end = await t.vehicle.expect("the base is driven", mark, (state) => state.lastNodeId === path[1] && state.lastNodeSequenceId === 2, t.times.drive);
			t.must(listed(end) === want, `behind the base it lists ${listed(end)}`);
		},
	},
	{
		id: "order.decision-point", section: "6.1.2", asks: "the vehicle stops at the last released node and drives nothing planned",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const order = t.vehicle.order(path, { released: 2 });
			const mark = t.vehicle.send(order);
			await t.vehicle.expect("the base is driven", mark, (state) => state.orderId === order.orderId && state.lastNodeId === path[1] && !state.driving, t.times.drive);
			const state = await t.vehicle.ask();
			t.must(!state.driving && state.lastNodeId === path[1], `it drives on to ${state.lastNodeId}`);
			t.must(!passed(t, mark, order.orderId).includes(`${path[2]}#4`), "it has passed a planned node");
		},
	},
	{
		id: "update.stitch", section: "6.1.2", asks: "an update that begins at the last released node is taken over and driven",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const order = t.vehicle.order(path, { released: 2 });
			const mark = t.vehicle.send(order);
			await t.vehicle.expect("the base is driven", mark, (state) => state.orderId === order.orderId && state.lastNodeId === path[1], t.times.drive);
			t.vehicle.send(t.vehicle.order(path.slice(1), { orderId: order.orderId, update: 1, start: 2 }));
			const state = await t.vehicle.ended(order.orderId, mark, 2);
			t.must(state.orderUpdateId === 1 && state.lastNodeSequenceId === 4, `it ended with update ${state.orderUpdateId} at #${state.lastNodeSequenceId}`);
		},
	},
	{
		id: "update.early", section: "6.1.2", asks: "an update before the base is driven is taken over, and each node is passed once",
		async run(t) {
			const path = await t.vehicle.ready(3);
			const order = t.vehicle.order(path.slice(0, 3), { released: 2 });
			const mark = t.vehicle.send(order);
			t.vehicle.send(t.vehicle.order(path.slice(1), { orderId: order.orderId, update: 1, start: 2 }));
			const state = await t.vehicle.expect("the update is driven", mark,
				(body) => body.orderUpdateId === 1 && body.lastNodeId === path[3] && !body.nodeStates?.length, 3 * t.times.drive);
			t.must(state.lastNodeSequenceId === 6, `it ended at #${state.lastNodeSequenceId}`);
			mustPass(t, mark, order.orderId, steps(path));
		},
	},
	{
		id: "update.finished", section: "6.1.2", asks: "an order whose base is over is continued from its last node",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const order = t.vehicle.order(path.slice(0, 2));
			const mark = t.vehicle.send(order);
			await t.vehicle.ended(order.orderId, mark);
			t.vehicle.send(t.vehicle.order(path.slice(1), { orderId: order.orderId, update: 1, start: 2 }));
			const state = await t.vehicle.expect("the continuation is driven", mark, (body) => body.orderUpdateId === 1 && body.lastNodeId === path[2], t.times.drive);
			t.must(state.lastNodeSequenceId === 4, `it ended at #${state.lastNodeSequenceId}`);
		},
	},
	{
		id: "update.jump", section: "6.1.2", asks: "an update id that leaves numbers out is taken over",
		async run(t) {
			const { path, order } = await waiting(t);
			const mark = t.vehicle.send(t.vehicle.order(path, { orderId: order.orderId, update: 7 }));
			const state = await t.vehicle.ended(order.orderId, mark, 2);
			t.must(state.orderUpdateId === 7, `orderUpdateId is ${state.orderUpdateId}`);
		},
	},
	{
		id: "update.drops-horizon", section: "6.1.2", asks: "an update without a horizon removes the planned nodes",
		async run(t) {
			const { path, order } = await waiting(t);
			const mark = t.vehicle.send(t.vehicle.order([path[0]], { orderId: order.orderId, update: 1 }));
			const state = await t.vehicle.expect("the horizon is gone", mark, (body) => body.orderUpdateId === 1 && !body.nodeStates?.length);
			t.must(!state.edgeStates?.length, `edges are left: ${listed(state)}`);
		},
	},
	{
		id: "update.other-horizon", section: "6.1.2", asks: "an update replaces the horizon by another one",
		async run(t) {
			const { path, order } = await waiting(t, 2);
			const mark = t.vehicle.send(t.vehicle.order(path.slice(0, 2), { orderId: order.orderId, update: 1, released: 1 }));
			const state = await t.vehicle.expect("the update is taken over", mark, (body) => body.orderUpdateId === 1);
			t.must(state.nodeStates.filter((each) => each.sequenceId > 0).length === 1, `it lists ${listed(state)}`);
		},
	},
	{
		id: "update.same-place", section: "6.1.2", versions: ["3.0"], asks: "a node of the same name behind the decision point brings new actions for it",
		async run(t) {
			const path = await t.vehicle.ready(1);
			const [first, second] = [t.vehicle.work(), t.vehicle.work()];
			const order = t.vehicle.order([path[0], path[1]], { released: 2, actions: { 2: [first] } });
			const mark = t.vehicle.send(order);
			await t.vehicle.expect("the first action is over", mark, (state) => actionIn(state.actionStates, first.actionId) === "FINISHED", t.times.drive);
			const update = t.vehicle.order([path[1], path[1]], { orderId: order.orderId, update: 1, start: 2, actions: { 2: [first], 4: [second] } });
			const then = t.vehicle.send(update);
			await t.vehicle.expect("the second action is over", then, (state) => actionIn(state.actionStates, second.actionId) === "FINISHED", t.times.drive);
			const again = t.link.heard("state", then).find(({ body }) => !["FINISHED", undefined].includes(actionIn(body?.actionStates, first.actionId)));
			t.must(!again, `the action of the decision point was done again: ${again && actionIn(again.body.actionStates, first.actionId)}`);
		},
	},
	{
		id: "order.loop", section: "6.1.1", asks: "an order that comes back to a node passes it twice, with two sequence ids",
		async run(t) {
			const path = await t.vehicle.ready(1);
			const loop = [path[0], path[1], path[0], path[1]];
			const order = t.vehicle.order(loop);
			const mark = t.vehicle.send(order);
			const state = await t.vehicle.expect("the loop is driven", mark,
				(body) => body.orderId === order.orderId && body.lastNodeSequenceId === 6 && !body.nodeStates?.length, 3 * t.times.drive);
			t.must(state.lastNodeId === path[1], `it ended at ${state.lastNodeId}`);
			mustPass(t, mark, order.orderId, steps(loop));
		},
	},
	{
		id: "order.id-kept", section: "7.8", asks: "orderId and orderUpdateId stay after the end of an order",
		async run(t) {
			const path = await t.vehicle.ready(1);
			const order = t.vehicle.order(path);
			await t.vehicle.ended(order.orderId, t.vehicle.send(order));
			const state = await t.vehicle.ask();
			t.must(state.orderId === order.orderId && state.orderUpdateId === 0, `orderId is "${state.orderId}", update ${state.orderUpdateId}`);
		},
	},
	{
		id: "order.next", section: "6.1.2.1", asks: "a new order is taken over after the end of one",
		async run(t) {
			const path = await t.vehicle.ready(2);
			await t.vehicle.drive(path.slice(0, 2));
			const state = await t.vehicle.drive(path.slice(1));
			t.must(state.lastNodeId === path[2], `it ended at ${state.lastNodeId}`);
		},
	},
	{
		id: "order.twice", section: "6.1.4.5", asks: "an order that comes twice is driven once and not reported",
		run: (t) => once(t, "at once"),
	},
	{
		id: "order.resent", section: "6.1.4.5", asks: "an order that is sent again after its end is not driven again",
		run: (t) => once(t, "later"),
	},
	{
		id: "order.resent-restart", section: "6.1.4.5", asks: "an order that is sent again after a restart of the vehicle is not driven again",
		async run(t) {
			t.has("kill", "start");
			const path = await t.vehicle.ready(1);
			// There and back, so that the vehicle stands where the order begins.
			const loop = [path[0], path[1], path[0]];
			const order = t.vehicle.order(loop);
			await t.vehicle.expect("the order is driven", t.vehicle.send(order),
				(body) => body.orderId === order.orderId && body.lastNodeSequenceId === 4 && !body.nodeStates?.length, 2 * t.times.drive);
			await restart(t);
			await t.vehicle.ask();
			const mark = t.vehicle.send(order);
			await t.vehicle.ask();
			const moved = t.link.heard("state", mark).find(({ body }) => body?.driving || body?.nodeStates?.length);
			t.must(!moved, `the order was driven again after the restart: ${moved && listed(moved.body)}`);
		},
	},
	{
		id: "order.retained", section: "6.1.4.5", asks: "an order that the broker has retained is not driven again after a restart",
		async run(t) {
			t.has("kill", "start");
			const path = await t.vehicle.ready(1);
			const loop = [path[0], path[1], path[0]];
			const order = t.vehicle.order(loop);
			const whole = { ...t.vehicle.header("order"), ...order };
			const mark = t.link.mark();
			t.link.send("order", whole, { retain: true });
			try {
				await t.vehicle.expect("the order is driven", mark,
					(body) => body.orderId === order.orderId && body.lastNodeSequenceId === 4 && !body.nodeStates?.length, 2 * t.times.drive);
				const since = await restart(t);
				await t.vehicle.ask();
				const moved = t.link.heard("state", since).find(({ body }) => body?.driving || body?.nodeStates?.length);
				t.must(!moved, `the retained order was driven again: ${moved && listed(moved.body)}`);
			} finally {
				t.link.forget("order");
			}
		},
	},
	{
		id: "order.restart-keeps", section: "7.8", asks: "orderId of the last order is there after a restart of the vehicle",
		async run(t) {
			t.has("kill", "start");
			const order = t.vehicle.order(await t.vehicle.ready(0));
			await t.vehicle.ended(order.orderId, t.vehicle.send(order));
			await restart(t);
			const state = await t.vehicle.ask();
			t.must(state.orderId === order.orderId, `orderId is "${state.orderId}" after the restart`);
		},
	},
	{
		id: "action.finishes", section: "6.6.9", asks: "an action on a node is done after the node is passed, and ends FINISHED",
		async run(t) {
			const path = await t.vehicle.ready(1);
			const work = t.vehicle.work();
			const order = t.vehicle.order(path, { actions: { 2: [work] } });
			const mark = t.vehicle.send(order);
			await t.vehicle.ended(order.orderId, mark, 1);
			const seen = t.link.heard("state", mark).map(({ body }) => [actionIn(body?.actionStates, work.actionId), body?.lastNodeId]);
			t.must(seen.at(-1)[0] === "FINISHED", `the action is ${seen.at(-1)[0]}`);
			const early = seen.find(([status, node]) => ["INITIALIZING", "RUNNING", "FINISHED"].includes(status) && node !== path[1]);
			t.must(!early, `the action was ${early?.[0]} while the last node was ${early?.[1]}`);
			t.must(seen.some(([status]) => status === "WAITING"), "the action was never WAITING");
		},
	},
	{
		id: "action.blocks", section: "6.2.2", asks: "while a hard action runs the vehicle does not drive, and then goes on",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const work = { ...t.vehicle.work(), blockingType: "HARD" };
			const order = t.vehicle.order(path, { actions: { 2: [work] } });
			const mark = t.vehicle.send(order);
			const state = await t.vehicle.ended(order.orderId, mark, 3);
			t.must(state.lastNodeId === path[2], `it ended at ${state.lastNodeId}`);
			const wrong = t.link.heard("state", mark).find(({ body }) => actionIn(body?.actionStates, work.actionId) === "RUNNING" &&
				(body.driving || body.lastNodeId !== path[1]));
			t.must(!wrong, "it drives while a hard action runs");
		},
	},
	{
		id: "action.planned", section: "6.6.9.1", asks: "actions of planned nodes are listed as WAITING, and go with their nodes",
		async run(t) {
			const path = await t.vehicle.ready(1);
			const work = t.vehicle.work();
			const order = t.vehicle.order(path, { released: 1, actions: { 2: [work] } });
			const mark = t.vehicle.send(order);
			const state = await t.vehicle.expect("the order is taken over", mark, (body) => body.orderId === order.orderId);
			t.must(actionIn(state.actionStates, work.actionId) === "WAITING", `the planned action is ${actionIn(state.actionStates, work.actionId) ?? "not listed"}`);
			const then = t.vehicle.send(t.vehicle.order([path[0]], { orderId: order.orderId, update: 1 }));
			await t.vehicle.expect("the horizon is gone", then, (body) => body.orderUpdateId === 1);
			t.must(actionIn((await t.vehicle.ask()).actionStates, work.actionId) === undefined, "the action of a dropped horizon is still listed");
		},
	},
	{
		id: "action.cleared", section: "7.8", asks: "actions of an order stay listed until a new order is accepted, and then go",
		async run(t) {
			const path = await t.vehicle.ready(1);
			const work = t.vehicle.work();
			const order = t.vehicle.order(path, { actions: { 2: [work] } });
			await t.vehicle.ended(order.orderId, t.vehicle.send(order), 1);
			t.must(actionIn((await t.vehicle.ask()).actionStates, work.actionId), "the action is gone while its order is the last one");
			await t.vehicle.drive([path[1]]);
			t.must(!actionIn((await t.vehicle.ask()).actionStates, work.actionId), "the action is still listed with a new order");
		},
	},
];
