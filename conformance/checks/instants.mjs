// SPDX-License-Identifier: GPL-2.0-or-later
// Instant actions: pause, cancellation, requests, hibernation.
import { actionIn, Failed, idle } from "../lib/vehicle.mjs";
import { refused, waiting } from "./refusals.mjs";
import { passed } from "./orders.mjs";

/** Pause, @run, and in any case go on. */
async function paused(t, body) {
	await t.vehicle.act("startPause");
	try {
		await body();
	} finally {
		await t.vehicle.act("stopPause");
	}
}

/** Needs an action of the factsheet. */
async function offered(t, type) {
	t.need(await t.vehicle.offers(type, "INSTANT"), `the factsheet does not offer ${type}`);
}

/** Hibernate, @run, and in any case wake up. */
async function hibernating(t, body) {
	await offered(t, "startHibernation");
	const action = t.vehicle.action("startHibernation");
	const mark = t.vehicle.instant(action);
	try {
		const entry = await t.link.until("connection", mark, t.times.answer, (said) => said.connectionState === "HIBERNATING");
		if (!entry) throw new Failed("startHibernation brings no HIBERNATING");
		await body({ action, mark, at: t.link.log.indexOf(entry) });
	} finally {
		await t.vehicle.wake();
		await t.vehicle.ask();
	}
}

export const INSTANTS = [
	{
		id: "instant.state-request", section: "6.2.3", asks: "stateRequest brings a state, in which it is FINISHED",
		run: (t) => t.vehicle.act("stateRequest"),
	},
	{
		id: "instant.member", section: "6.2.1", asks: "instant actions are read from the list actions, whatever else the file of the vehicle names",
		async run(t) {
			const action = t.vehicle.action("stateRequest");
			const mark = t.link.mark();
			t.link.send("instantActions", { ...t.vehicle.header("instantActions"), actions: [action] });
			await t.vehicle.expect("stateRequest is FINISHED", mark, (state) => t.vehicle.instantStatus(state, action.actionId) === "FINISHED");
		},
	},
	{
		id: "instant.factsheet-request", section: "6.10", asks: "factsheetRequest brings the factsheet, and is FINISHED",
		async run(t) {
			const { mark } = await t.vehicle.act("factsheetRequest");
			t.must(await t.link.until("factsheet", mark, t.times.answer, () => true), "no factsheet came");
		},
	},
	{
		id: "instant.unknown", section: "6.2.1", asks: "an unknown instant action is FAILED and reported with its actionId",
		async run(t) {
			await t.vehicle.rest();
			const action = t.vehicle.action("danceOnTheTable");
			await refused(t, "instant", () => t.vehicle.instant(action), action.actionId);
			const status = t.vehicle.instantStatus(await t.vehicle.ask(), action.actionId);
			t.must(status === "FAILED", `the action is ${status ?? "not listed"}`);
		},
	},
	{
		id: "instant.two", section: "6.2.1", asks: "two instant actions of one message are both listed and done",
		async run(t) {
			const both = [t.vehicle.action("stateRequest"), t.vehicle.action("factsheetRequest")];
			const mark = t.vehicle.instant(...both);
			await t.vehicle.expect("both are FINISHED", mark, (state) => both.every((each) => t.vehicle.instantStatus(state, each.actionId) === "FINISHED"));
		},
	},
	{
		id: "instant.own-list", section: "6.6.9", versions: ["3.0"], asks: "instant actions are in a list of their own",
		async run(t) {
			const { state, action } = await t.vehicle.act("stateRequest");
			t.must(actionIn(state.actionStates, action.actionId) === undefined, "the instant action is in actionStates");
		},
	},
	{
		id: "instant.clear", section: "6.2.3", versions: ["3.0"], asks: "clearInstantActions removes those that are over",
		async run(t) {
			await offered(t, "clearInstantActions");
			const { action } = await t.vehicle.act("stateRequest");
			const clear = t.vehicle.action("clearInstantActions");
			const mark = t.vehicle.instant(clear);
			await t.vehicle.expect("the list is cleared", mark, (state) => t.vehicle.instantStatus(state, action.actionId) === undefined);
		},
	},
	{
		id: "instant.malformed", section: "6.2.1", asks: "the vehicle goes on after instant actions without list, id or type",
		async run(t) {
			await t.vehicle.rest();
			const bad = [{}, { actions: {} }, { actions: [null] }, { actions: [{ actionId: "only-an-id" }] }, { actions: [{ actionType: "stateRequest" }] }];
			for (const each of bad) t.link.send("instantActions", { ...t.vehicle.header("instantActions"), ...each });
			await t.vehicle.ask();
		},
	},
	{
		id: "pause.on-off", section: "6.2.3", asks: "startPause and stopPause are FINISHED, and paused follows",
		async run(t) {
			await t.vehicle.rest();
			const on = await t.vehicle.act("startPause");
			t.must(on.state.paused === true, `paused is ${on.state.paused} after startPause`);
			const off = await t.vehicle.act("stopPause");
			t.must(off.state.paused === false, `paused is ${off.state.paused} after stopPause`);
		},
	},
	{
		id: "pause.again", section: "6.2.3", asks: "a pause in a pause is FINISHED as well",
		async run(t) {
			await t.vehicle.rest();
			await paused(t, () => t.vehicle.act("startPause"));
		},
	},
	{
		id: "pause.holds", section: "6.2.3", asks: "a paused vehicle does not drive, keeps its order, and goes on after stopPause",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const order = t.vehicle.order(path);
			let mark;
			await paused(t, async () => {
				mark = t.vehicle.send(order);
				const state = await t.vehicle.ask();
				t.must(!state.driving && state.lastNodeId === path[0], `it drives in a pause, and is at ${state.lastNodeId}`);
				t.must(state.orderId === order.orderId, "an order in a pause is not taken over");
			});
			const end = await t.vehicle.ended(order.orderId, mark, 2);
			t.must(end.lastNodeId === path[2], `it ended at ${end.lastNodeId}`);
		},
	},
	{
		id: "cancel.idle", section: "6.1.3.2", asks: "cancelOrder without an order is FAILED and reported with its actionId",
		async run(t) {
			await t.vehicle.rest();
			const action = t.vehicle.action("cancelOrder");
			await refused(t, "nothing", () => t.vehicle.instant(action), action.actionId);
			const status = t.vehicle.instantStatus(await t.vehicle.ask(), action.actionId);
			t.must(status === "FAILED", `the action is ${status ?? "not listed"}`);
		},
	},
	{
		id: "cancel.driving", section: "6.1.3", asks: "cancelOrder ends an order while it is driven: FINISHED, nothing left, at rest",
		async run(t) {
			const path = await t.vehicle.ready(3);
			const order = t.vehicle.order(path);
			const mark = t.vehicle.send(order);
			const { state } = await t.vehicle.act("cancelOrder", {}, "FINISHED", t.times.drive);
			t.vehicle.cancelled = true;
			t.must(!state.driving, "it drives while cancelOrder is FINISHED");
			t.must(idle(state), "nodes, edges or actions are left while cancelOrder is FINISHED");
			t.must(!passed(t, mark, order.orderId).includes(`${path[3]}#6`), "the order was driven to its end");
			const later = await t.vehicle.ask();
			t.must(!later.driving && later.lastNodeId === state.lastNodeId, `it drives on after cancelOrder, to ${later.lastNodeId}`);
		},
	},
	{
		id: "cancel.keeps-id", section: "6.1.3", asks: "orderId and orderUpdateId stay after a cancellation",
		async run(t) {
			const { order } = await waiting(t);
			const { state } = await t.vehicle.act("cancelOrder", {}, "FINISHED", t.times.drive);
			t.vehicle.cancelled = true;
			t.must(state.orderId === order.orderId, `orderId is "${state.orderId}"`);
		},
	},
	{
		id: "cancel.waiting", section: "6.1.3", asks: "an order that waits for its horizon is cancelled",
		async run(t) {
			await waiting(t);
			const { state } = await t.vehicle.act("cancelOrder", {}, "FINISHED", t.times.drive);
			t.vehicle.cancelled = true;
			t.must(idle(state), "the horizon is still listed");
		},
	},
	{
		id: "cancel.actions", section: "6.1.3", asks: "actions that wait are FAILED after a cancellation",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const work = t.vehicle.work();
			t.vehicle.send(t.vehicle.order(path, { released: 1, actions: { 4: [work] } }));
			await t.vehicle.act("cancelOrder", {}, "FINISHED", t.times.drive);
			t.vehicle.cancelled = true;
			const status = actionIn((await t.vehicle.ask()).actionStates, work.actionId);
			t.must(status === "FAILED", `the action is ${status ?? "not listed"}`);
		},
	},
	{
		id: "cancel.twice", section: "6.1.3.2", asks: "a second cancelOrder is FAILED",
		async run(t) {
			await waiting(t);
			await t.vehicle.act("cancelOrder", {}, "FINISHED", t.times.drive);
			t.vehicle.cancelled = true;
			await t.vehicle.act("cancelOrder", {}, "FAILED");
		},
	},
	{
		id: "cancel.other-order", section: "6.1.3.2", versions: ["3.0"], asks: "cancelOrder with the id of another order is FAILED, and the order stays",
		async run(t) {
			const { order } = await waiting(t);
			await t.vehicle.act("cancelOrder", { orderId: "order-nobody-knows" }, "FAILED");
			const state = await t.vehicle.ask();
			t.must(state.orderId === order.orderId && state.nodeStates?.length, "the order in hand was cancelled");
			await t.vehicle.act("cancelOrder", { orderId: order.orderId }, "FINISHED", t.times.drive);
		},
	},
	{
		id: "cancel.next", section: "6.1.3.1", asks: "a new order is taken over after a cancellation, from the node where the vehicle stands",
		async run(t) {
			const { path } = await waiting(t);
			await t.vehicle.act("cancelOrder", {}, "FINISHED", t.times.drive);
			const state = await t.vehicle.drive(path.slice(0, 2));
			t.must(state.lastNodeId === path[1], `it ended at ${state.lastNodeId}`);
		},
	},
	{
		id: "hibernate.says", section: "6.2.3", versions: ["3.0"], asks: "startHibernation is FINISHED before the vehicle says HIBERNATING, retained",
		async run(t) {
			await t.vehicle.rest();
			await hibernating(t, async ({ action, mark, at }) => {
				const done = t.link.log.findIndex((entry, place) => place >= mark && entry.topic === "state" && !entry.sent &&
					t.vehicle.instantStatus(entry.body ?? {}, action.actionId) === "FINISHED");
				t.must(done >= 0 && done < at, "no state had the action FINISHED before HIBERNATING");
				const kept = await t.link.retained("connection", t.times.answer);
				t.must(kept?.body?.connectionState === "HIBERNATING", `retained is ${kept?.body?.connectionState ?? "nothing"}`);
			});
		},
	},
	{
		id: "hibernate.silent", section: "6.2.3", versions: ["3.0"], asks: "a hibernating vehicle answers neither orders nor other instant actions",
		async run(t) {
			const path = await t.vehicle.ready(1);
			await hibernating(t, async () => {
				const mark = t.link.mark();
				t.vehicle.send(t.vehicle.order(path));
				t.vehicle.instant(t.vehicle.action("stateRequest"));
				const answer = await t.link.until("state", mark, t.times.settle + 200, () => true);
				t.must(!answer, "it answers while it hibernates");
			});
			const state = await t.vehicle.ask();
			t.must(state.lastNodeId === path[0], `it has driven to ${state.lastNodeId}`);
		},
	},
	{
		id: "hibernate.clears", section: "6.6.7", versions: ["3.0"], asks: "startHibernation clears the order",
		async run(t) {
			await waiting(t);
			await hibernating(t, async () => {});
			t.vehicle.cancelled = true;
			t.must(idle(await t.vehicle.ask()), "the order is still in hand after hibernation");
		},
	},
	{
		id: "retry.offered", section: "6.6.9", versions: ["3.0"], asks: "an action that fails and may be retried is RETRIABLE, and FAILED after skipRetry",
		async run(t) {
			t.need(t.file.fails, "the file names no action that fails (fails)");
			const path = await t.vehicle.ready(1);
			const { actionType, parameters, blockingType = "HARD" } = t.file.fails;
			const bad = { ...t.vehicle.action(actionType, parameters, blockingType), retriable: true };
			const mark = t.vehicle.send(t.vehicle.order(path, { actions: { 2: [bad] } }));
			await t.vehicle.expect("the action is RETRIABLE", mark, (state) => actionIn(state.actionStates, bad.actionId) === "RETRIABLE", t.times.drive);
			const retry = await t.vehicle.act("retry", { actionId: bad.actionId });
			await t.vehicle.expect("the action is RETRIABLE again", retry.mark, (state) => actionIn(state.actionStates, bad.actionId) === "RETRIABLE", t.times.drive);
			await t.vehicle.act("skipRetry", { actionId: bad.actionId });
			const status = actionIn((await t.vehicle.ask()).actionStates, bad.actionId);
			t.must(status === "FAILED", `the action is ${status} after skipRetry`);
		},
	},
];
