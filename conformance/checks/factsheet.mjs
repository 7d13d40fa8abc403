// SPDX-License-Identifier: GPL-2.0-or-later
// The factsheet, and what it promises.
import { refused } from "./refusals.mjs";

/** A limit of the factsheet, or not applicable if there is none. Only limits that a message can reach. */
async function limit(t, part, name, most = 20000) {
	const value = (await t.vehicle.factsheet()).protocolLimits?.[t.dialect[part]]?.[name];
	t.need(value > 0 && value < most, `the factsheet has no limit ${name} that can be tried`);
	return value;
}

export const FACTSHEET = [
	{
		id: "factsheet.retained", section: "6.10", asks: "the factsheet is retained for a client that comes later",
		async run(t) {
			await t.vehicle.factsheet();
			const kept = await t.link.retained("factsheet", t.times.answer);
			t.must(kept?.body?.typeSpecification, "no factsheet is retained");
		},
	},
	{
		id: "factsheet.actions", section: "6.2.3", versions: ["3.0"], asks: "the factsheet offers cancelOrder, startPause and stopPause",
		async run(t) {
			for (const type of ["cancelOrder", "startPause", "stopPause"]) t.must(await t.vehicle.offers(type, "INSTANT"), `${type} is not offered`);
		},
	},
	{
		id: "factsheet.scopes", section: "7.10", asks: "actions of the factsheet have only scopes and blocking types that the standard has",
		async run(t) {
			const three = t.dialect.name === "3.0";
			const scopes = ["INSTANT", "NODE", "EDGE", ...(three ? ["ZONE"] : [])];
			const blocking = ["NONE", "SOFT", "HARD", ...(three ? ["SINGLE"] : [])];
			for (const each of (await t.vehicle.factsheet()).protocolFeatures?.[t.dialect.actions] ?? []) {
				t.must(each.actionScopes?.length && each.actionScopes.every((one) => scopes.includes(one)), `${each.actionType} has the scopes ${each.actionScopes}`);
				t.must((each.blockingTypes ?? []).every((one) => blocking.includes(one)), `${each.actionType} has the blocking types ${each.blockingTypes}`);
			}
		},
	},
	{
		id: "factsheet.identity", section: "7.10", asks: "the speeds and sizes of the factsheet can be those of a vehicle",
		async run(t) {
			const physical = (await t.vehicle.factsheet()).physicalParameters ?? {};
			const [low, high] = t.dialect.name === "3.0" ? ["minimumSpeed", "maximumSpeed"] : ["speedMin", "speedMax"];
			t.must(physical[high] > 0 && physical[low] <= physical[high], `${low} is ${physical[low]}, ${high} is ${physical[high]}`);
			t.must(physical.width > 0 && physical.length > 0, `it is ${physical.width} m wide and ${physical.length} m long`);
		},
	},
	{
		id: "limit.nodes", section: "7.10", asks: "an order with more nodes than the factsheet permits is refused",
		async run(t) {
			const most = await limit(t, "arrays", "order.nodes", 5000);
			const path = await t.vehicle.ready(1);
			const long = Array.from({ length: most + 1 }, (_, at) => path[at % 2]);
			await refused(t, "limit", () => t.vehicle.send(t.vehicle.order(long, { released: 1 })));
		},
	},
	{
		id: "limit.actions", section: "7.10", asks: "a node with more actions than the factsheet permits is refused",
		async run(t) {
			const most = await limit(t, "arrays", "node.actions", 1000);
			const path = await t.vehicle.ready(1);
			const actions = Array.from({ length: most + 1 }, () => t.vehicle.work());
			await refused(t, "limit", () => t.vehicle.send(t.vehicle.order(path, { actions: { 2: actions } })));
		},
	},
	{
		id: "limit.id", section: "7.10", asks: "an order whose id is longer than the factsheet permits is refused",
		async run(t) {
			const most = await limit(t, "strings", t.dialect.idLength);
			const path = await t.vehicle.ready(0);
			await refused(t, "limit", () => t.vehicle.send(t.vehicle.order(path, { orderId: "i".repeat(most + 1) })));
		},
	},
	{
		id: "limit.id-fits", section: "7.10", asks: "an order whose id is as long as the factsheet permits is taken over",
		async run(t) {
			const most = await limit(t, "strings", t.dialect.idLength);
			const path = await t.vehicle.ready(0);
			await t.vehicle.drive(path, { orderId: "i".repeat(most) });
		},
	},
	{
		id: "limit.sent", section: "7.10", passive: true, asks: "the vehicle's own states keep to the lengths of its factsheet",
		async run(t) {
			const lengths = (await t.vehicle.factsheet()).protocolLimits?.[t.dialect.arrays] ?? {};
			for (const [name, most] of Object.entries(lengths)) {
				const [topic, list] = name.split(".");
				if (topic !== "state" || !(most > 0)) continue;
				const over = t.link.heard("state").find(({ body }) => body?.[list]?.length > most);
				t.must(!over, `${list} has ${over?.body[list].length} entries, ${most} are permitted`);
			}
		},
	},
	{
		id: "limit.state-interval", section: "6.6", passive: true, asks: "states do not come faster than the factsheet says",
		async run(t) {
			const least = (await t.vehicle.factsheet()).protocolLimits?.timing?.[t.dialect.minInterval];
			t.need(least > 0, "the factsheet has no shortest interval of states");
			const times = t.link.heard("state").map(({ body }) => Date.parse(body?.timestamp));
			const at = times.findIndex((time, place) => place > 0 && time - times[place - 1] >= 0 && time - times[place - 1] < least * 1000 - 1);
			t.must(at < 0, `two states are ${times[at] - times[at - 1]} ms apart, ${least * 1000} ms are the least`);
		},
	},
];
