// SPDX-License-Identifier: GPL-2.0-or-later
// What makes a vehicle send a state. The kit asks for nothing here: the change itself must bring the message.
import { actionIn } from "../lib/vehicle.mjs";
import { waiting } from "./refusals.mjs";

/** A row whose change is made by a command of the vehicle's file, and taken back by another one. */
function byCommand(id, asks, [on, off], test, versions) {
	return {
		id: `trigger.${id}`, section: "6.6", asks, ...(versions && { versions }),
		async run(t) {
			t.has(on, off);
			await t.vehicle.rest();
			const was = await t.vehicle.ask();
			const mark = t.link.mark();
			await t.command(on);
			try {
				await t.vehicle.expect(`a state after "${on}"`, mark, (state) => test(state, t, was));
			} finally {
				const back = t.link.mark();
				await t.command(off);
				await t.vehicle.expect(`a state after "${off}"`, back, (state) => !test(state, t, was));
			}
		},
	};
}

export const TRIGGERS = [
	{
		id: "trigger.order", section: "6.6", asks: "an order brings a state",
		async run(t) {
			const order = t.vehicle.order(await t.vehicle.ready(0));
			await t.vehicle.expect("a state with the order", t.vehicle.send(order), (state) => state.orderId === order.orderId);
		},
	},
	{
		id: "trigger.update", section: "6.6", asks: "an update of an order brings a state",
		async run(t) {
			const { path, order } = await waiting(t);
			const mark = t.vehicle.send(t.vehicle.order(path, { orderId: order.orderId, update: 1, released: 1 }));
			await t.vehicle.expect("a state with the update", mark, (state) => state.orderUpdateId === 1);
		},
	},
	{
		id: "trigger.refusal", section: "6.6", asks: "an error that comes brings a state",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const order = t.vehicle.order([path[2], path[1]]);
			await t.vehicle.expect("a state with the error", t.vehicle.send(order), (state) => state.errors?.length > 0);
		},
	},
	{
		id: "trigger.driving", section: "6.6", asks: "driving brings a state when it begins and when it ends",
		async run(t) {
			const path = await t.vehicle.ready(1);
			const order = t.vehicle.order(path);
			const mark = t.vehicle.send(order);
			await t.vehicle.expect("a state with driving", mark, (state) => state.orderId === order.orderId && state.driving, t.times.answer);
			await t.vehicle.expect("a state without driving at the end", mark, (state) => state.orderId === order.orderId && !state.driving &&
				state.lastNodeId === path[1], t.times.drive);
		},
	},
	{
		id: "trigger.node", section: "6.6", asks: "each node that is passed brings a state",
		async run(t) {
			const path = await t.vehicle.ready(2);
			const order = t.vehicle.order(path);
			const mark = t.vehicle.send(order);
			for (const at of [1, 2]) {
				await t.vehicle.expect(`a state with ${path[at]}`, mark, (state) => state.orderId === order.orderId &&
					state.lastNodeId === path[at] && state.lastNodeSequenceId === 2 * at && state.nodeStates?.length === 2 - at, t.times.drive);
			}
		},
	},
	{
		id: "trigger.paused", section: "6.6", versions: ["3.0"], asks: "a pause brings a state when it begins and when it ends",
		async run(t) {
			await t.vehicle.rest();
			for (const [type, paused] of [["startPause", true], ["stopPause", false]]) {
				const mark = t.vehicle.instant(t.vehicle.action(type));
				await t.vehicle.expect(`a state after ${type}`, mark, (state) => state.paused === paused);
			}
		},
	},
	{
		id: "trigger.action", section: "6.6", asks: "each change of an action brings a state",
		async run(t) {
			const path = await t.vehicle.ready(1);
			const work = t.vehicle.work();
			const mark = t.vehicle.send(t.vehicle.order(path, { actions: { 2: [work] } }));
			for (const status of ["WAITING", "RUNNING", "FINISHED"]) {
				await t.vehicle.expect(`a state with the action ${status}`, mark, (state) => actionIn(state.actionStates, work.actionId) === status, t.times.drive);
			}
		},
	},
	{
		id: "trigger.instant", section: "6.6", asks: "an instant action brings a state in which it is listed",
		async run(t) {
			const action = t.vehicle.action("factsheetRequest");
			const mark = t.vehicle.instant(action);
			await t.vehicle.expect("a state with the action", mark, (state) => t.vehicle.instantStatus(state, action.actionId));
		},
	},
	byCommand("mode", "a change of the operating mode brings a state", ["manual", "automatic"], (state) => state.operatingMode !== "AUTOMATIC"),
	byCommand("emergency-stop", "an emergency stop brings a state", ["estop", "release"], (state, t) => state.safetyState?.[t.dialect.estop] !== "NONE"),
	byCommand("field", "a violated protective field brings a state", ["fieldOn", "fieldOff"], (state) => state.safetyState?.fieldViolation),
	byCommand("load", "a load that comes brings a state", ["load", "unload"], (state) => state.loads?.length > 0),
	byCommand("charging", "charging brings a state", ["chargeOn", "chargeOff"], (state, t) => state[t.dialect.power]?.charging),
	byCommand("error", "an error of the vehicle itself brings a state, and so does its end", ["errorOn", "errorOff"],
		(state, _t, was) => (state.errors?.length ?? 0) > (was.errors?.length ?? 0)),
	{
		id: "trigger.interval", section: "6.6", asks: "a state comes by itself at least every 30 s, or as often as the factsheet says",
		async run(t) {
			let seconds = 30;
			try {
				seconds = (await t.vehicle.factsheet()).protocolLimits?.timing?.defaultStateInterval || 30;
			} catch {
				// A check of its own judges that.
			}
			await t.vehicle.rest();
			const mark = t.link.mark();
			await t.vehicle.expect("a state that nobody asked for", mark, () => true, Math.min(seconds, 30) * 1000 + t.times.answer);
		},
	},
	{
		id: "trigger.manual-clears", section: "6.6.7", asks: "operating mode MANUAL clears the order and keeps its id",
		async run(t) {
			t.has("manual", "automatic");
			const { order } = await waiting(t);
			const mark = t.link.mark();
			await t.command("manual");
			try {
				const state = await t.vehicle.expect("MANUAL with no order left", mark, (body) => body.operatingMode === "MANUAL" && !body.nodeStates?.length);
				t.must(!state.edgeStates?.length, "edges are left");
				t.must(state.orderId === order.orderId, `orderId is "${state.orderId}"`);
			} finally {
				const back = t.link.mark();
				await t.command("automatic");
				await t.vehicle.expect("AUTOMATIC", back, (body) => body.operatingMode === "AUTOMATIC");
				t.vehicle.cancelled = true;
			}
		},
	},
];
