// SPDX-License-Identifier: GPL-2.0-or-later
// A vehicle behind its broker: orders and instant actions for it, and what it says of them.
import { randomUUID } from "node:crypto";

/** A check that the vehicle has not passed. */
export class Failed extends Error {}

/** A check that this vehicle, its factsheet or its file gives no occasion for. */
export class NotApplicable extends Error {}

const ENDED = ["FINISHED", "FAILED"];

/** The state of an action in a state message. */
export function actionIn(list, id) {
	return list?.find((each) => each?.actionId === id)?.actionStatus;
}

/** Has the vehicle nothing left to drive or do? */
export function idle(state) {
	return !state.nodeStates?.length && !state.edgeStates?.length && (state.actionStates ?? []).every((each) => ENDED.includes(each.actionStatus));
}

export class Vehicle {
	constructor(link, file, dialect, times) {
		Object.assign(this, { link, file, dialect, times, ids: { order: 0, instantActions: 0 }, sheet: null });
	}

	header(topic) {
		const { manufacturer, serialNumber } = this.file;
		return { headerId: this.ids[topic]++, timestamp: new Date().toISOString(), version: this.file.version, manufacturer, serialNumber };
	}

	/** The last state that the vehicle has sent. */
	get state() {
		return this.link.heard("state").at(-1)?.body ?? {};
	}

	// ---- what the kit sends ----

	node(name) {
		return this.file.nodes.find((node) => node.nodeId === name) ?? { nodeId: name };
	}

	edge(from, to) {
		return this.file.edges?.find((edge) => edge.from === from && edge.to === to)?.edgeId ?? `${from}-${to}`;
	}

	/** The position of a node, if the vehicle's nodes have one. */
	position(name, more = {}) {
		const { x, y, theta, mapId = this.file.mapId } = this.node(name);
		if (x === undefined) return undefined;
		const deviation = this.dialect.deviation(this.file.deviation ?? 0.5);
		const turn = theta === undefined ? {} : { theta, allowedDeviationTheta: Math.PI };
		return { x, y, ...turn, mapId, allowedDeviationXY: deviation, ...more };
	}

	/**
	 * An order along @path. @released nodes of it belong to the base (all), @start is the sequence id of the first one, @actions has
	 * those of a node or an edge by its sequence id.
	 */
	order(path, { orderId = randomUUID(), update = 0, start = 0, released = path.length, actions = {}, more = {} } = {}) {
		const nodes = path.map((nodeId, at) => {
			const nodePosition = this.position(nodeId);
			return { nodeId, sequenceId: start + 2 * at, released: at < released, ...(nodePosition && { nodePosition }),
				actions: actions[start + 2 * at] ?? [] };
		});
		const edges = path.slice(1).map((to, at) => ({
			edgeId: this.edge(path[at], to), sequenceId: start + 2 * at + 1, released: at + 1 < released, ...this.ends(path[at], to),
			actions: actions[start + 2 * at + 1] ?? [],
		}));
		return { orderId, orderUpdateId: update, nodes, edges, ...more };
	}

	/** Ends of an edge, which only version 2 names. */
	ends(from, to) {
		return this.dialect.name === "3.0" ? {} : { startNodeId: from, endNodeId: to };
	}

	/** Send an order; returns the mark before it. */
	send(order) {
		const mark = this.link.mark();
		this.link.send("order", { ...this.header("order"), ...order });
		return mark;
	}

	action(actionType, parameters = {}, blockingType = "NONE") {
		const actionParameters = Object.entries(parameters).map(([key, value]) => ({ key, value }));
		return { actionType, actionId: randomUUID(), blockingType, actionParameters };
	}

	/** Send instant actions; returns the mark before them. */
	instant(...actions) {
		const mark = this.link.mark();
		this.link.send("instantActions", { ...this.header("instantActions"), [this.file.instantList ?? "actions"]: actions });
		return mark;
	}

	/** The action of the vehicle's file that takes a while on a node. */
	work() {
		const { work } = this.file;
		if (!work) throw new NotApplicable("the file names no action that takes a while (work)");
		return this.action(work.actionType, work.parameters, work.blockingType ?? "HARD");
	}

	// ---- what the vehicle says ----

	instantStatus(state, id) {
		return actionIn(state[this.dialect.instants], id);
	}

	/** Wait for a state with @test since @mark. Fails with @what. */
	async expect(what, mark, test, ms = this.times.answer) {
		const entry = await this.link.until("state", mark, ms, (body) => typeof body === "object" && body !== null && test(body));
		if (!entry) throw new Failed(`${what}: no such state within ${ms} ms`);
		return entry.body;
	}

	/** Do an instant action and wait for one of its ends. */
	async act(type, parameters, want = "FINISHED", ms = this.times.answer) {
		const action = this.action(type, parameters);
		const mark = this.instant(action);
		const state = await this.expect(`${type} is ${want}`, mark, (body) => ENDED.includes(this.instantStatus(body, action.actionId)), ms);
		const status = this.instantStatus(state, action.actionId);
		if (status !== want) throw new Failed(`${type} is ${status}, not ${want}`);
		return { state, action, mark };
	}

	/** A state that the vehicle sends after everything that was sent to it so far. */
	async ask() {
		if (this.times.settle) await new Promise((done) => setTimeout(done, this.times.settle));
		return (await this.act("stateRequest")).state;
	}

	/** Wait until the vehicle has ended an order and all of its actions. */
	async ended(orderId, mark, edges = 1) {
		return this.expect(`order ${orderId} ends`, mark, (state) => state.orderId === orderId && idle(state) && !state.driving,
			this.times.drive * Math.max(1, edges));
	}

	// ---- getting it ready ----

	/** The names of @edges + 1 nodes along the line, the first one where the vehicle stands; null if the line ends before. */
	ahead(from, edges) {
		const names = this.file.nodes.map((node) => node.nodeId);
		const at = names.indexOf(from);
		if (at < 0) throw new Failed(`the vehicle stands at "${from}", which its file does not know`);
		if (at + edges < names.length) return names.slice(at, at + edges + 1);
		return at - edges >= 0 ? names.slice(at - edges, at + 1).reverse() : null;
	}

	/** No order, no pause, no error of an order; returns the state. */
	async rest() {
		if (this.link.heard("connection").at(-1)?.body?.connectionState === "HIBERNATING") await this.wake();
		let state = await this.ask();
		if (state.paused) state = (await this.act("stopPause")).state;
		if (!idle(state)) {
			await this.act("cancelOrder", {}, "FINISHED", this.times.drive);
			state = await this.ask();
		}
		if (!state.lastNodeId) state = await this.drive([this.file.home ?? this.file.nodes[0].nodeId]);
		else if (state.errors?.length || this.cancelled) state = await this.drive([state.lastNodeId]);
		this.cancelled = false;
		return state;
	}

	async wake() {
		const mark = this.link.mark();
		this.instant(this.action("stopHibernation"));
		const entry = await this.link.until("connection", mark, this.times.restart, (body) => body.connectionState === "ONLINE");
		if (!entry) throw new Failed("stopHibernation brings no ONLINE");
	}

	/** Drive along a path and wait for its end. */
	async drive(path, more) {
		const order = this.order(path, more);
		return this.ended(order.orderId, this.send(order), path.length - 1);
	}

	/** The vehicle at rest, with a way of @edges ahead of it; returns the names of its nodes. */
	async ready(edges = 0) {
		const { lastNodeId } = await this.rest();
		const path = this.ahead(lastNodeId, edges);
		if (path) return path;
		const names = this.file.nodes.map((node) => node.nodeId);
		if (edges >= names.length) throw new NotApplicable(`the file names ${names.length} nodes, and ${edges + 1} are needed`);
		const at = names.indexOf(lastNodeId);
		await this.drive(names.slice(0, at + 1).reverse());
		return names.slice(0, edges + 1);
	}

	/** Its factsheet, asked for once. */
	async factsheet() {
		if (this.sheet) return this.sheet;
		const mark = this.link.mark();
		this.instant(this.action("factsheetRequest"));
		const entry = await this.link.until("factsheet", mark, this.times.answer, () => true);
		if (!entry) throw new NotApplicable("the vehicle sends no factsheet, which a check of its own judges");
		this.sheet = entry.body;
		return this.sheet;
	}

	/** Does the factsheet name an action, for a scope? */
	async offers(type, scope) {
		const list = (await this.factsheet()).protocolFeatures?.[this.dialect.actions] ?? [];
		return list.some((each) => each.actionType === type && (!scope || each.actionScopes?.includes(scope)));
	}
}
