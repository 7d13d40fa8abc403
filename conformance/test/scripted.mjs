// SPDX-License-Identifier: GPL-2.0-or-later
// A vehicle on a line of nodes that keeps to the standard, as the kit reads it. With the name of a fault it does that one thing wrong:
// each fault() is a place where mutants.mjs breaks it.
import mqtt from "mqtt";
import { judge } from "../lib/members.mjs";
import { VERSIONS } from "../lib/versions.mjs";

export const NODES = ["a", "b", "c", "d"];
const ENDED = ["FINISHED", "FAILED"];
const SHEET_ACTIONS = ["cancelOrder", "startPause", "stopPause", "stateRequest", "factsheetRequest", "clearInstantActions", "startHibernation",
	"stopHibernation", "retry", "skipRetry"];
const ORDER_ROWS = [
	"orderId id", "orderUpdateId uint", "nodes list", "nodes[].nodeId id", "nodes[].sequenceId uint", "nodes[].released flag", "nodes[].actions list",
	"edges list", "edges[].edgeId id", "edges[].sequenceId uint", "edges[].released flag", "edges[].actions list",
];
const ACTION_ROWS = ["actionId id", "actionType id"];
const EDGE_MS = 20;
const WORK_MS = 20;
const LIMITS = { nodes: 50, actions: 5, id: 64 };

export class Scripted {
	/** @waitsForBroker: it comes to no third node of an order before the broker was away. */
	constructor({ url, serialNumber, version = "3.0", fault = "", intervalS = 30, minimumS = 0, waitsForBroker = false }) {
		Object.assign(this, { url, serialNumber, dialect: VERSIONS[version], broken: fault, intervalS, minimumS, waitsForBroker });
		// What survives a restart.
		this.disk = { order: null, orderId: "", updateId: 0, cancelled: false, lastNodeId: "a", lastSequence: 0, ids: {}, last: "" };
		this.birth();
	}

	birth() {
		Object.assign(this, { nodes: [], edges: [], actions: [], instants: [], errors: [], driving: false, paused: false, asleep: false,
			mode: "AUTOMATIC", estop: "NONE", field: false, loads: [], charging: false, timers: new Set(), queue: Promise.resolve() });
	}

	fault(name) {
		return this.broken === name;
	}

	get three() {
		return this.dialect.name === "3.0";
	}

	get prefix() {
		return `${this.dialect.interfaceName}/${this.dialect.major}/scripted/${this.serialNumber}/`;
	}

	/** The file that names it to the kit. */
	file() {
		const act = (change) => async () => {
			change();
			if (!this.fault("silent-changes")) this.publishState();
		};
		return {
			version: this.dialect.sent, broker: this.url, manufacturer: "scripted", serialNumber: this.serialNumber, mapId: "hall",
			nodes: NODES.map((nodeId, x) => ({ nodeId, x, y: 0 })), unreachable: "island",
			work: { actionType: "beep", parameters: { tone: 3 } }, fails: { actionType: "jam", parameters: {} },
			commands: {
				kill: async () => this.kill(), start: async () => this.start(), stop: async () => this.stop(),
				manual: act(() => this.manual()), automatic: act(() => { this.mode = "AUTOMATIC"; this.errors = this.errors.filter((each) => each.kind !== "mode"); }),
				estop: act(() => { this.estop = "MANUAL"; }), release: act(() => { this.estop = "NONE"; }),
				fieldOn: act(() => { this.field = true; }), fieldOff: act(() => { this.field = false; }),
				load: act(() => { this.loads = [{ loadId: "box" }]; }), unload: act(() => { this.loads = []; }),
				chargeOn: act(() => { this.charging = true; }), chargeOff: act(() => { this.charging = false; }),
				errorOn: act(() => this.report("own", "bearingHot")), errorOff: act(() => { this.errors = this.errors.filter((each) => each.kind !== "own"); }),
			},
		};
	}

	manual() {
		this.mode = "MANUAL";
		if (this.fault("manual-keeps-order")) return;
		this.clear();
	}

	// ---- life ----

	async start() {
		this.birth();
		if (this.fault("forgets-order")) Object.assign(this.disk, { orderId: "", updateId: 0, last: "" });
		if (this.fault("drives-after-restart")) Object.assign(this.disk, { last: "" });
		if (this.fault("numbers-forgotten")) this.disk.ids = {};
		const will = () => ({ topic: `${this.prefix}connection`, qos: this.fault("will-qos") ? 0 : 1, retain: !this.fault("will-not-retained"),
			payload: JSON.stringify({ ...this.header("connection", true), connectionState: this.fault("will-word") ? "BROKEN" : this.dialect.broken }) });
		let first = true;
		this.client = mqtt.connect(this.url, { reconnectPeriod: this.fault("stays-away") ? 0 : 30, will: this.fault("no-will") ? undefined : will() });
		const mine = this.client;
		mine.on("error", () => {});
		mine.on("close", () => {
			this.brokerWent = true;
			if (!this.fault("no-will") && !this.fault("will-kept")) mine.options.will = will();
		});
		mine.on("message", (topic, payload) => this.heard(topic.slice(this.prefix.length), payload.toString()));
		await new Promise((done) => {
			mine.on("connect", () => {
				if (this.fault("order-lost-with-broker") && !first) this.clear();
				first = false;
				mine.subscribe([`${this.prefix}order`, `${this.prefix}instantActions`], { qos: 0 }, () => {
					this.connection("ONLINE");
					this.publishState();
					done();
				});
			});
		});
		this.beat = setInterval(() => this.asleep || this.publishState(), this.intervalS * 1000);
		if (this.fault("no-beat")) clearInterval(this.beat);
	}

	halt() {
		clearInterval(this.beat);
		for (const timer of this.timers) clearTimeout(timer);
		this.timers.clear();
		this.client?.removeAllListeners("message");
	}

	async kill() {
		this.halt();
		await this.client.endAsync(true);
	}

	async stop() {
		this.halt();
		if (!this.fault("no-offline")) this.connection("OFFLINE");
		await this.client.endAsync(this.fault("offline-without-goodbye"));
	}

	later(ms, what) {
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			what();
		}, ms);
		this.timers.add(timer);
	}

	// ---- what it says ----

	header(topic, will = false) {
		const ids = this.disk.ids;
		if (topic === "connection" && !will && this.fault("will-number") && ids[topic]) ids[topic]--;
		if (topic === "connection" && this.fault("header-leaps")) ids[topic] = (ids[topic] ?? 100) - 2;
		ids[topic] = (ids[topic] ?? 0) + (this.fault("header-falls") && topic === "state" && ids[topic] === 5 ? -3 : 1);
		if (this.fault("header-stands") && topic !== "state" && topic !== "connection") ids[topic] = 1;
		const now = new Date(Date.now() - (this.fault("clock-back") ? 1000 * ids[topic] : 0)).toISOString();
		const timestamp = this.fault("local-time") ? now.replace("Z", "+00:00") : now;
		return { headerId: ids[topic], timestamp, version: this.fault("version") ? "1.1.0" : this.dialect.sent, manufacturer: "scripted",
			serialNumber: this.fault("serial") ? "another" : this.serialNumber };
	}

	say(topic, body, options = {}) {
		if (this.client?.connected) this.client.publish(`${this.prefix}${topic}`, JSON.stringify({ ...this.header(topic), ...body }), options);
	}

	connection(connectionState) {
		this.say("connection", { connectionState }, { qos: this.fault("connection-qos") ? 0 : 1, retain: !this.fault("connection-not-retained") });
	}

	publishState() {
		if (this.asleep && !this.fault("answers-in-sleep")) return;
		const shown = ({ kind, ...error }) => (this.fault("no-references") ? { ...error, errorReferences: [] } : error);
		const body = {
			orderId: this.disk.orderId, orderUpdateId: this.disk.updateId, lastNodeId: this.disk.lastNodeId, lastNodeSequenceId: this.disk.lastSequence,
			nodeStates: this.nodes.map(({ nodeId, sequenceId, released }) => ({ nodeId, sequenceId, released })),
			edgeStates: this.edges.map(({ edgeId, sequenceId, released }) => ({ edgeId, sequenceId, released })),
			driving: this.driving, paused: this.paused, operatingMode: this.mode, errors: this.errors.map(shown), loads: this.loads,
			safetyState: { [this.dialect.estop]: this.estop, fieldViolation: this.field },
			[this.dialect.position]: { x: NODES.indexOf(this.disk.lastNodeId), y: 0, theta: 0, mapId: "hall", [this.three ? "localized" : "positionInitialized"]: true },
		};
		const listed = (each) => ({ actionId: each.actionId, actionType: each.actionType, actionStatus: each.status });
		body.actionStates = [...this.actions, ...(this.three && !this.fault("one-list") ? [] : this.instants)].map(listed);
		if (this.three) body.instantActionStates = this.instants.map(listed);
		body[this.dialect.power] = { [this.three ? "stateOfCharge" : "batteryCharge"]: this.fault("charge-130") ? 130 : 80, charging: this.charging };
		if (this.fault("member-missing")) delete body.driving;
		if (this.fault("member-type")) body.lastNodeSequenceId = String(body.lastNodeSequenceId);
		if (this.fault("edges-forgotten")) body.edgeStates = [];
		if (this.fault("hides-horizon")) for (const list of ["nodeStates", "edgeStates"]) body[list] = body[list].filter((each) => each.released);
		if (this.fault("sequence-odd")) for (const each of body.nodeStates) each.sequenceId++;
		if (this.fault("action-changes")) for (const each of body.instantActionStates.slice(0, -1)) each.actionStatus = "FAILED";
		if (this.fault("not-json")) this.client.publish(`${this.prefix}state`, "state: fine");
		const topic = this.fault("topic-name") ? "State" : "state";
		this.say(topic, body, { qos: this.fault("state-qos") ? 1 : 0 });
		if (topic === "State") this.say("state", body);
		const visual = { ...(this.three && !this.fault("visual-member") && { referenceStateHeaderId: this.disk.ids.state }),
			[this.dialect.position]: body[this.dialect.position] };
		this.say("visualization", visual, { qos: this.fault("visual-qos") ? 1 : 0 });
	}

	publishSheet() {
		const three = this.three;
		const size = this.fault("size-zero") ? 0 : 1;
		const actions = [...SHEET_ACTIONS, "beep", "jam"].filter((each) => !(this.fault("no-pause-offered") && each === "startPause"));
		this.say("factsheet", {
			typeSpecification: { ...(!this.fault("sheet-member") && { seriesName: "scripted" }), localizationTypes: ["GRID"], navigationTypes: ["VIRTUAL_LINE_GUIDED"],
				...(three ? { mobileRobotKinematics: "DIFFERENTIAL", mobileRobotClass: "CARRIER", maximumLoadMass: 10 }
					: { agvKinematic: "DIFF", agvClass: "CARRIER", maxLoadMass: 10 }) },
			physicalParameters: three ? { minimumSpeed: 0.1, maximumSpeed: 1, maximumAcceleration: 1, maximumDeceleration: 1, minimumHeight: 1, maximumHeight: 1, width: size, length: size }
				: { speedMin: 0.1, speedMax: 1, accelerationMax: 1, decelerationMax: 1, heightMin: 1, heightMax: 1, width: size, length: size },
			protocolLimits: {
				[this.dialect.strings]: { [this.dialect.idLength]: LIMITS.id },
				[this.dialect.arrays]: { "order.nodes": LIMITS.nodes, "node.actions": LIMITS.actions, "state.instantActionStates": this.fault("limit-exceeded") ? 1 : 5000 },
				timing: { [three ? "minimumOrderInterval" : "minOrderInterval"]: 0, [this.dialect.minInterval]: this.fault("too-fast") ? 60 : this.minimumS, defaultStateInterval: this.intervalS },
			},
			protocolFeatures: { optionalParameters: [], [this.dialect.actions]: actions.map((actionType) => ({
				actionType, actionScopes: ["beep", "jam"].includes(actionType) ? ["NODE", "EDGE"] : [this.fault("scope-word") ? "instant" : "INSTANT"],
				...(three && { pauseAllowed: false, cancelAllowed: true }),
			})) },
			[three ? "mobileRobotGeometry" : "agvGeometry"]: {}, loadSpecification: {},
		}, { retain: !this.fault("sheet-not-retained"), qos: this.fault("sheet-qos") ? 1 : 0 });
	}

	/** Report an error, until an order is accepted. */
	report(kind, errorType, references = {}, errorLevel = "WARNING") {
		const errorReferences = Object.entries(references).filter(([, value]) => value !== undefined)
			.map(([referenceKey, value]) => ({ referenceKey, referenceValue: String(value) }));
		this.errors.push({ kind, errorType, errorLevel: this.fault("level") ? "FATAL" : errorLevel, errorReferences });
	}

	refuse(kind, order, parameter) {
		const { types, level } = this.dialect.errors[kind] ?? this.dialect.errors.order;
		const type = this.fault("error-type") ? "orderError?" : types?.[0] ?? (this.three ? "INVALID_ORDER" : "orderError");
		this.report(kind, type, { orderId: order?.orderId, orderUpdateId: order?.orderUpdateId, parameter, nth: this.errors.length }, level ?? "WARNING");
		if (this.fault("error-vanishes")) this.later(0, () => { this.errors = []; });
		if (!this.fault("silent-errors")) this.publishState();
	}

	// ---- orders ----

	heard(topic, text) {
		let body;
		if (this.fault("dies-of-length") && text.length > 10000) this.halt();
		try {
			body = JSON.parse(text);
		} catch {
			if (this.fault("dies-of-garbage")) this.halt();
			if (topic === "order" && !this.asleep && !this.fault("takes-no-json")) this.refuse("malformed");
			return;
		}
		if (topic === "instantActions") this.instant(body);
		else if (!this.asleep || this.fault("answers-in-sleep")) this.order(body);
	}

	get idle() {
		return !this.nodes.length && !this.edges.length && this.actions.every((each) => ENDED.includes(each.status));
	}

	/** Why an order is refused: a key of the version's errors. "" if it is good, null if it is ignored. */
	judge(order) {
		if (judge(order, ORDER_ROWS).length) return this.fault("takes-malformed") ? "take" : "malformed";
		const actions = [...order.nodes, ...order.edges].flatMap((each) => each.actions);
		if (actions.some((each) => judge(each, [...ACTION_ROWS, "blockingType NONE|SINGLE|SOFT|HARD"]).length)) return this.fault("takes-malformed") ? "take" : "malformed";
		const shape = this.shape(order);
		if (shape) return shape;
		if (order.edges.some((edge) => edge.trajectory) && !this.fault("drops-parameter")) return "parameter";
		if (actions.some((each) => !["beep", "jam"].includes(each.actionType)) && !this.fault("takes-any-action")) return "action";
		const fits = this.fits(order);
		return fits === "" ? this.reach(order) : fits;
	}

	/** Lists, sequence ids and released parts as they have to be, and no longer than the factsheet permits. */
	shape({ nodes, edges, orderId }) {
		const unless = (fault, why = "order") => (this.fault(fault) ? "take" : why);
		if (!nodes.length || edges.length !== nodes.length - 1) return unless("takes-loose-edges");
		const start = nodes[0].sequenceId;
		if (nodes.some(({ sequenceId }, at) => sequenceId !== start + 2 * at) || edges.some(({ sequenceId }, at) => sequenceId !== start + 2 * at + 1))
			return unless("takes-gaps");
		const released = nodes.flatMap((node, at) => (at ? [edges[at - 1].released, node.released] : [node.released]));
		const planned = released.indexOf(false);
		if (planned === 0 || (planned > 0 && released.lastIndexOf(true) > planned) || planned % 2 === 0 && planned > 0) return unless("takes-mixed-base");
		if (nodes.length > LIMITS.nodes || nodes.some((node) => node.actions.length > LIMITS.actions)) return unless("no-limits", "limit");
		return orderId.length > LIMITS.id ? unless("no-limits", "limit") : this.fault("short-ids") && orderId.length === LIMITS.id ? "limit" : "";
	}

	/** Does it fit to the order in hand? */
	fits(order) {
		const { disk } = this;
		const first = order.nodes[0];
		if (this.fault("refuses-all")) return "order";
		if (order.orderId !== disk.orderId || !disk.orderId) {
			if (!this.idle && !this.fault("takes-second-order")) return "other";
			if (this.fault("one-order-only") && disk.lastSequence > 0) return "other";
			if (order.orderUpdateId !== 0 && this.three && !this.fault("takes-first-update")) return "order";
			if (this.mode !== "AUTOMATIC" && !this.fault("drives-in-manual")) return "mode";
			return first.nodeId === disk.lastNodeId || this.fault("starts-anywhere") ? "" : "start";
		}
		if (this.fault("no-early-update") && this.driving) return "stitch";
		if (this.fault("no-continuation") && this.idle && order.orderUpdateId > disk.updateId) return "stitch";
		if (this.fault("counts-updates") && order.orderUpdateId > disk.updateId + 1) return "stitch";
		if (order.orderUpdateId < disk.updateId) return this.fault("takes-outdated") ? "" : "outdated";
		if (disk.cancelled && !this.fault("takes-after-cancel")) return "cancelled";
		if (order.orderUpdateId === disk.updateId) {
			if (this.content(order) === disk.last || !this.three) return this.fault("reports-duplicate") ? "other" : this.twice(order);
			if (disk.last === "" && this.fault("drives-after-restart")) return "";
			return this.fault("ignores-other-content") ? null : "same";
		}
		const end = this.fault("stitches-planned") ? disk.planned : disk.base;
		const good = first.nodeId === end?.nodeId && (first.sequenceId === end.sequenceId || this.fault("stitches-any-sequence"));
		return good || this.fault("stitches-anywhere") ? "" : "stitch";
	}

	/** The same order again, which is ignored. */
	twice(order) {
		if (!this.fault("drives-twice")) return null;
		this.again = this.idle ? null : order;
		return this.idle ? "" : null;
	}

	reach({ nodes }) {
		if (nodes.some((node) => node.nodePosition && node.nodePosition.mapId !== "hall") && !this.fault("takes-any-map")) return "map";
		return nodes.some((node) => !NODES.includes(node.nodeId)) && !this.fault("takes-island") ? "route" : "";
	}

	content({ orderId, orderUpdateId, nodes, edges }) {
		return JSON.stringify([orderId, orderUpdateId, nodes, edges]);
	}

	order(order) {
		const why = this.judge(order);
		if (why === "start" && this.fault("refusal-moves-node")) this.disk.lastNodeId = order.nodes[0].nodeId;
		if (why === null || (why && why !== "take" && this.fault("silent-refusal"))) return;
		if (why === "take") {
			Object.assign(this.disk, { orderId: String(order.orderId), updateId: 0 });
			this.publishState();
			return;
		}
		if (why) {
			if (this.fault("refusal-takes-id")) Object.assign(this.disk, { orderId: order.orderId ?? "", updateId: order.orderUpdateId ?? 0 });
			this.refuse(why, order, why === "parameter" ? "order.edges.trajectory" : undefined);
			return;
		}
		const { disk } = this;
		this.brokerWent = false;
		const update = order.orderId === disk.orderId && order.orderUpdateId > disk.updateId;
		const first = order.nodes[0];
		if (!update) {
			if (!this.fault("keeps-actions")) this.actions = [];
			Object.assign(disk, { lastSequence: first.sequenceId, lastNodeId: first.nodeId });
		} else if (!this.fault("keeps-horizon")) this.dropHorizon();
		if (!this.fault("keeps-errors")) this.errors = this.errors.filter((each) => each.kind === "own");
		const known = new Set(this.actions.map((each) => each.actionId));
		if (this.fault("action-again")) for (const each of this.actions) each.status = "WAITING";
		const fresh = [...order.nodes, ...order.edges].flatMap((each) => each.actions.map((action) => ({ ...action, at: each.sequenceId, status: "WAITING" })));
		const visible = this.fault("hides-planned-actions") ? fresh.filter((each) => order.nodes.find((node) => node.sequenceId === each.at)?.released) : fresh;
		this.actions.push(...visible.filter((each) => !known.has(each.actionId)));
		this.nodes.push(...order.nodes.slice(this.fault("lists-first-node") ? 0 : 1));
		this.edges.push(...order.edges);
		const base = order.nodes.filter((node) => node.released).at(-1);
		Object.assign(disk, { orderId: order.orderId, updateId: order.orderUpdateId, cancelled: false, last: this.content(order), base, planned: order.nodes.at(-1) });
		if (this.fault("lists-first-node") && !order.edges.length) this.nodes = [];
		if (!this.fault(update ? "silent-update" : "silent-order")) this.publishState();
		this.step();
	}

	dropHorizon() {
		const gone = new Set([...this.nodes, ...this.edges].filter((each) => !each.released).map((each) => each.sequenceId));
		this.nodes = this.nodes.filter((each) => each.released);
		this.edges = this.edges.filter((each) => each.released);
		this.actions = this.actions.filter((each) => !gone.has(each.at));
	}

	// ---- driving ----

	/** The next thing to do: the actions of the node where it stands, then the next edge. */
	step() {
		if ((this.paused && !this.fault("drives-in-pause")) || this.driving || this.working || this.mode !== "AUTOMATIC") return;
		const action = this.actions.find((each) => each.status === "WAITING" && each.at <= this.disk.lastSequence && this.releasedAt(each.at));
		if (action && !this.fault("drives-while-working")) return this.work(action);
		if (action) this.work(action);
		const next = this.nodes.find((node) => node.sequenceId > this.disk.lastSequence);
		if (!next?.released && !(next && this.fault("drives-horizon"))) return;
		if (this.fault("action-early")) for (const each of this.actions) each.status = "RUNNING";
		this.driving = true;
		if (!this.fault("silent-driving")) this.publishState();
		this.move(next);
	}

	releasedAt(sequence) {
		return !this.nodes.some((node) => node.sequenceId === sequence && !node.released);
	}

	move(next) {
		const mine = this.disk.orderId;
		this.later(EDGE_MS, () => {
			if (!this.driving || mine !== this.disk.orderId || !this.nodes.length) return;
			if (this.waitsForBroker && next.sequenceId === 4 && !this.brokerWent) return this.move(next);
			if (this.fault("stops-without-broker") && !this.client.connected) return;
			this.arrive(next);
		});
	}

	arrive(node) {
		this.nodes = this.nodes.filter((each) => each.sequenceId > node.sequenceId);
		if (!this.fault("keeps-edges")) this.edges = this.edges.filter((each) => each.sequenceId > node.sequenceId);
		this.disk.lastNodeId = node.nodeId;
		if (!this.fault("sequence-stands")) this.disk.lastSequence = node.sequenceId;
		if (this.fault("forgets-at-end") && !this.nodes.length) this.disk.orderId = "";
		const next = this.nodes[0];
		this.driving = Boolean(next?.released && !this.actions.some((each) => each.status === "WAITING" && each.at <= node.sequenceId));
		if (!this.fault("silent-node") || !this.driving) this.publishState();
		if (this.driving) this.move(next);
		else this.step();
		if (this.again && this.idle) this.order(this.again);
	}

	work(action) {
		action.status = "RUNNING";
		this.working = action;
		if (!this.fault("silent-action")) this.publishState();
		this.later(WORK_MS, () => {
			this.working = null;
			if (action.status !== "RUNNING") return;
			const bad = action.actionType === "jam";
			action.status = bad ? (action.retriable && this.three && !this.fault("no-retry") ? "RETRIABLE" : "FAILED") : "FINISHED";
			this.publishState();
			this.step();
		});
	}

	/** Give the order up. */
	clear() {
		for (const each of this.actions) if (!ENDED.includes(each.status)) each.status = this.fault("cancel-finishes") ? "FINISHED" : "FAILED";
		if (!this.fault("cancel-keeps-nodes")) Object.assign(this, { nodes: [], edges: [] });
		Object.assign(this, { driving: false, working: null });
		this.disk.cancelled = true;
		if (this.fault("cancel-forgets-id")) this.disk.orderId = "";
	}

	// ---- instant actions ----

	instant(body) {
		const list = this.fault("other-list") ? body?.instantActions : body?.actions;
		if (!Array.isArray(list)) return;
		for (const action of list) {
			if (action === null && this.fault("dies-of-null")) this.halt();
			if (judge(action, ACTION_ROWS).length) continue;
			if (this.asleep && !["stopHibernation"].includes(action.actionType) && !this.fault("answers-in-sleep")) continue;
			const mine = { ...action, status: "RUNNING" };
			if (!this.fault("unlisted-instants")) this.instants.push(mine);
			const run = this[`do_${action.actionType}`];
			mine.status = run ? run.call(this, this.parameters(action), mine) : this.unknown(action);
			if (this.fault("one-of-two")) break;
		}
		this.publishState();
		this.step();
	}

	parameters({ actionParameters }) {
		return Object.fromEntries((Array.isArray(actionParameters) ? actionParameters : []).map(({ key, value }) => [key, value]));
	}

	unknown(action) {
		if (this.fault("does-unknown")) return "FINISHED";
		this.report("instant", this.dialect.errors.instant.types?.[0] ?? "instantError", { actionId: action.actionId });
		return "FAILED";
	}

	do_stateRequest() {
		return "FINISHED";
	}

	do_factsheetRequest() {
		if (!this.fault("no-sheet")) this.publishSheet();
		return "FINISHED";
	}

	do_startPause() {
		if (this.paused && this.fault("pause-once")) return "FAILED";
		if (!this.fault("pause-unsaid")) this.paused = true;
		if (!this.fault("drives-in-pause")) this.driving = false;
		return "FINISHED";
	}

	do_stopPause() {
		this.paused = false;
		return "FINISHED";
	}

	do_cancelOrder({ orderId }, action) {
		const other = orderId !== undefined && orderId !== this.disk.orderId && this.three;
		if ((this.idle || other) && !(other && !this.idle && this.fault("cancels-any"))) {
			if (this.fault("cancels-nothing")) return "FINISHED";
			this.report("nothing", this.dialect.errors.nothing.types[0], { actionId: action.actionId });
			return "FAILED";
		}
		if (this.fault("cancel-drives-on")) return "FINISHED";
		this.clear();
		return "FINISHED";
	}

	do_clearInstantActions() {
		if (!this.fault("clears-nothing")) this.instants = this.instants.filter((each) => !ENDED.includes(each.status));
		return "FINISHED";
	}

	do_startHibernation(_parameters, action) {
		if (!this.three) return "FAILED";
		if (!this.fault("sleep-keeps-order")) this.clear();
		action.status = "FINISHED";
		if (!this.fault("sleeps-before")) this.publishState();
		this.asleep = true;
		this.connection(this.fault("sleep-offline") ? "OFFLINE" : "HIBERNATING");
		return "FINISHED";
	}

	do_stopHibernation() {
		if (!this.three) return "FAILED";
		this.asleep = false;
		this.connection("ONLINE");
		return "FINISHED";
	}

	do_retry({ actionId }) {
		const action = this.actions.find((each) => each.actionId === actionId && each.status === "RETRIABLE");
		if (!action) return "FAILED";
		this.work(action);
		return "FINISHED";
	}

	do_skipRetry({ actionId }) {
		const action = this.actions.find((each) => each.actionId === actionId && each.status === "RETRIABLE");
		if (!action) return "FAILED";
		action.status = this.fault("skip-finishes") ? "FINISHED" : "FAILED";
		return "FINISHED";
	}
}
