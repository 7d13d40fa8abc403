// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A connection to ohtd that comes back: dialling, waiting, silence, commands. It is a WebSocket; where none opens, a stream over
 * HTTP takes its place until one does.
 */
import { CommandRefused, ConnectionLost, comeAgain } from "./ends.js";
import { Stream } from "./stream.js";
import { Subscription } from "./subscription.js";

const VERSION = 1;
const DIAL_MS = 10000;
/* Where there is another way: a proxy may take the connection and hold back what the robot says. */
const HELLO_MS = 5000;
/* So often a socket is tried beside a stream. */
const PROBE_MS = 30000;
const MESSAGE_BYTES_MAX = 4096;
const COMMAND_MS = 10000;
/* The greatest number of doublings that still matter. */
const DOUBLINGS_MAX = 20;

/** @typedef {import("./index.js").ClientOptions} ClientOptions */
/** @typedef {import("./index.js").End} End */

export class Client {
	#options;
	/** @type {any} */
	#socket;
	#epoch = 0;
	#greeted = false;
	/* The next dial is for a stream. */
	#streams = false;
	#attempt = 0;
	/* Counts dials, so that credentials that come late are those of the dial that has asked for them. */
	#dials = 0;
	#started = false;
	/** @type {End | undefined} */
	#ended;
	/** @type {End | undefined} */
	#refused;
	#dialling = false;
	#dialledAt = 0;
	#heardAt = 0;
	#pingedAt = 0;
	#tickedAt = 0;
	#probedAt = 0;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#wait;
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#tick;
	/** @type {Set<Subscription>} */
	#subscriptions = new Set();
	/** @type {Map<number, { resolve: (data: any) => void, reject: (error: Error) => void, timer: any }>} */
	#commands = new Map();
	#id = 0;
	/** @type {Map<string, Set<(event: any) => void>>} */
	#handlers = new Map();

	/** @param {ClientOptions} options */
	constructor(options) {
		if (!options.WebSocket && !globalThis.WebSocket && !options.http)
			throw new TypeError("there is no WebSocket here: pass one as the option WebSocket, or the option http");
		this.#options = {
			silenceMs: 3000,
			firstWaitMs: 500,
			longestWaitMs: 30000,
			random: Math.random,
			...options,
		};
	}

	/* ---- for callers ---- */

	get connected() {
		return this.#greeted;
	}

	get over() {
		if (!this.#greeted) return undefined;
		return this.#socket instanceof Stream ? "stream" : "socket";
	}

	get epoch() {
		return this.#epoch;
	}

	get ended() {
		return this.#ended;
	}

	/** Dials, or dials at once if it waits; also after an end. */
	start() {
		this.#started = true;
		this.#ended = this.#refused = undefined;
		this.#attempt = 0;
		this.#dial();
	}

	stop() {
		this.#started = false;
		clearTimeout(this.#wait);
		this.#drop(1000);
	}

	/** Somebody looks, or the network is back: a line that has gone silent is given up, and dialled at once. */
	wake() {
		if (!this.#started || this.#ended) return;
		if (this.#greeted && performance.now() - this.#heardAt >= this.#options.silenceMs) this.#drop(1000);
		this.#attempt = 0;
		this.#dial();
	}

	/**
	 * @param {string} channel
	 * @param {import("./index.js").SubscribeOptions} [options]
	 */
	subscribe(channel, options = {}) {
		const made = this.channel(channel, options);

		made.open();
		return made;
	}

	/**
	 * @param {string} channel
	 * @param {import("./index.js").SubscribeOptions} [options]
	 */
	channel(channel, options = {}) {
		return new Subscription(channel, options, {
			say: (subscription, opens) => (opens ? this.#opens(subscription) : this.#closes(subscription)),
			told: (change) => {
				this.#attempt = 0;
				this.#call(options.onChange, change);
				this.#emit("change", change);
			},
		});
	}

	/**
	 * @param {Record<string, unknown>} command
	 * @param {{ timeoutMs?: number }} [options]
	 * @returns {Promise<any>}
	 */
	async command(command, { timeoutMs = COMMAND_MS } = {}) {
		return this.#request({ type: "command", command }, timeoutMs);
	}

	/**
	 * As POST safety/stop, which is not the verb "stop".
	 * @param {{ timeoutMs?: number }} [options]
	 * @returns {Promise<any>}
	 */
	async safetyStop({ timeoutMs = COMMAND_MS } = {}) {
		return this.#request({ type: "stop" }, timeoutMs);
	}

	/**
	 * @param {Record<string, unknown>} message
	 * @param {number} timeoutMs
	 * @returns {Promise<any>}
	 */
	#request(message, timeoutMs) {
		const id = ++this.#id;
		const text = JSON.stringify({ ...message, id });

		if (new TextEncoder().encode(text).length > MESSAGE_BYTES_MAX)
			throw new RangeError(`a command has at most ${MESSAGE_BYTES_MAX} bytes`);
		if (!this.#greeted) throw new ConnectionLost("there is no connection", false);
		this.#socket.send(text);
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.#commands.delete(id);
				reject(new ConnectionLost("no answer in time", true));
			}, timeoutMs);

			this.#commands.set(id, { resolve, reject, timer });
		});
	}

	/** Says only that somebody is here; false: there is no socket to say it on. */
	ping() {
		const can = this.over === "socket";

		if (can) this.#say({ type: "ping" });
		return can;
	}

	/**
	 * @param {string} event
	 * @param {(event: any) => void} handler
	 */
	on(event, handler) {
		const handlers = this.#handlers.get(event) ?? new Set();

		this.#handlers.set(event, handlers.add(handler));
		return () => {
			handlers.delete(handler);
		};
	}

	/* ---- handlers: a fault of one must not stop the line, and must be seen ---- */

	/**
	 * @param {((event: any) => void) | undefined} handler
	 * @param {any} event
	 */
	#call(handler, event) {
		try {
			handler?.(event);
		} catch (error) {
			queueMicrotask(() => {
				throw error;
			});
		}
	}

	/**
	 * @param {string} name
	 * @param {any} event
	 */
	#emit(name, event) {
		for (const handler of [...(this.#handlers.get(name) ?? [])]) this.#call(handler, event);
	}

	/* ---- dialling ---- */

	async #dial() {
		if (!this.#started || this.#ended || this.#socket || this.#dialling) return;
		clearTimeout(this.#wait);
		this.#dialling = true;
		const dial = ++this.#dials;
		const { credentials } = this.#options;
		/** @type {import("./index.js").Credentials | null | undefined} */
		let given;

		try {
			given = typeof credentials === "function" ? await this.#ask(credentials) : credentials;
		} catch (error) {
			this.#emit("error", error);
		}
		if (dial !== this.#dials) return;
		this.#dialling = false;
		if (given === null) this.#end({ code: 4401, reason: "no_credentials" });
		else if (given === undefined && credentials) this.#later();
		else this.#connect(given);
	}

	/**
	 * Credentials that do not come are asked for again.
	 * @param {(asked: { refused: End | undefined }) => any} credentials
	 */
	async #ask(credentials) {
		/** @type {ReturnType<typeof setTimeout> | undefined} */
		let timer;
		const late = new Promise((resolve) => {
			timer = setTimeout(() => resolve(undefined), DIAL_MS);
		});

		try {
			return await Promise.race([credentials({ refused: this.#refused }), late]);
		} finally {
			clearTimeout(timer);
		}
	}

	/** @param {import("./index.js").Credentials | undefined} given */
	#connect(given) {
		const now = performance.now();

		try {
			this.#socket = this.#streams ? this.#newStream(given) : this.#newSocket();
		} catch (error) {
			// A browser that refuses sockets, or no address.
			this.#emit("error", error);
			this.#lost({ code: 1006, reason: "" });
			return;
		}
		const socket = this.#socket;

		this.#dialledAt = this.#heardAt = this.#tickedAt = now;
		this.#pingedAt = 0;
		this.#tick = setInterval(() => this.#look(), this.#options.silenceMs / 4);
		socket.onopen = () => {
			if (given) this.#say({ type: "auth", ...given });
		};
		socket.onmessage = (/** @type {{ data: unknown }} */ { data }) => this.#hear(data);
		socket.onclose = (/** @type {{ code: number, reason: string }} */ { code, reason }) =>
			this.#lost({ code, reason: String(reason ?? "") });
		// An error is always followed by a close.
		socket.onerror = () => {};
	}

	#newSocket() {
		const WebSocket = this.#options.WebSocket ?? globalThis.WebSocket;

		return new WebSocket(this.#options.url);
	}

	/** @param {any} given */
	#newStream(given) {
		const { http = "", fetch } = this.#options;

		return new Stream({
			base: http,
			fetch: (...call) => (fetch ?? globalThis.fetch)(...call),
			given,
			requests: () => [...this.#subscriptions].filter(({ isOpen }) => isOpen).map((each) => each.request(this.#epoch)),
		});
	}

	/** Gives the socket up at once: the close of a dead connection would take minutes. */
	#drop(/** @type {number} */ code, reason = "") {
		const socket = this.#socket;

		this.#dials++;
		this.#dialling = false;
		if (!socket) return;
		socket.onopen = socket.onmessage = socket.onclose = null;
		try {
			socket.close(code === 1000 ? code : undefined);
			if (code !== 1000) socket.terminate?.();
		} catch {
			// It is closing already.
		}
		this.#lost({ code, reason });
	}

	/** @param {End} end */
	#lost(end) {
		const opened = this.#greeted;

		this.#socket = undefined;
		this.#greeted = false;
		clearInterval(this.#tick);
		for (const subscription of this.#subscriptions) subscription.lost();
		for (const { reject, timer } of this.#commands.values()) {
			clearTimeout(timer);
			reject(new ConnectionLost("the connection was lost before the answer came", true));
		}
		this.#commands.clear();
		const again = comeAgain(end.code);

		this.#refused = again === "login" ? end : undefined;
		if (again === "never" || (again === "login" && typeof this.#options.credentials !== "function")) this.#end(end);
		else if (again === "yes" && !opened && this.#turn()) this.#dial();
		else this.#later();
		this.#emit("lost", end);
	}

	/*
	 * What did not open leaves the next dial to the other way. True: that is a stream, and it need not wait, since the robot
	 * itself may be well.
	 */
	#turn() {
		if (this.#options.http === undefined || !this.#started) return false;
		this.#streams = !this.#streams;
		return this.#streams;
	}

	/** @param {End} end */
	#end(end) {
		clearTimeout(this.#wait);
		this.#ended = end;
		this.#emit("ended", end);
	}

	/* Full jitter: clients that a robot has lost at once do not come back at once. */
	#later() {
		const { firstWaitMs, longestWaitMs, random } = this.#options;
		const mostMs = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(this.#attempt++, DOUBLINGS_MAX));

		clearTimeout(this.#wait);
		if (this.#started) this.#wait = setTimeout(() => this.#dial(), random() * mostMs);
	}

	/* A stream is the second best: does a socket come through meanwhile? */
	#probe() {
		/** @type {any} */
		let socket;

		this.#probedAt = performance.now();
		try {
			socket = this.#newSocket();
		} catch {
			return;
		}
		const timer = setTimeout(() => socket.close(), HELLO_MS);

		socket.onerror = () => {};
		socket.onmessage = () => {
			clearTimeout(timer);
			socket.onmessage = null;
			socket.close();
			// What is under way is answered by the stream; the next try comes later.
			if (this.over !== "stream" || this.#commands.size) return;
			this.#streams = false;
			this.#drop(1000, "socket");
			this.#dial();
		};
	}

	/* ---- silence ---- */

	/* A connection that tells channels is never silent; any other is asked. */
	#look() {
		const { silenceMs } = this.#options;
		const now = performance.now();

		// The program itself has slept: what came meanwhile has not been read yet.
		if (now - this.#tickedAt >= silenceMs) this.#heardAt = Math.max(this.#heardAt, now - silenceMs / 2);
		this.#tickedAt = now;
		const silent = now - this.#heardAt >= silenceMs;
		const isStream = this.#socket instanceof Stream;
		const told = isStream || [...this.#subscriptions].some(({ at }) => at > 0);

		if (!this.#greeted) {
			if (now - this.#dialledAt >= (this.#options.http === undefined ? DIAL_MS : HELLO_MS)) this.#drop(1006, "no_hello");
		} else if (silent && (told || (this.#pingedAt && now - this.#pingedAt >= silenceMs))) {
			this.#drop(1006, "silence");
		} else if (silent && !this.#pingedAt) {
			this.#pingedAt = now;
			this.ping();
		} else if (isStream && now - this.#probedAt >= PROBE_MS) {
			this.#probe();
		}
	}

	/* ---- messages ---- */

	/** @param {object} message */
	#say(message) {
		this.#socket?.send(JSON.stringify(message));
	}

	/** @param {unknown} data */
	#hear(data) {
		let message;

		this.#heardAt = performance.now();
		this.#pingedAt = 0;
		try {
			message = JSON.parse(/** @type {string} */ (data));
		} catch {
			message = undefined;
		}
		if (message === null || typeof message !== "object") this.#drop(1006, "not_json");
		else this.#take(message);
	}

	/** @param {any} message */
	#take(message) {
		if (message.type === "hello") this.#greet(message);
		else if (message.type === "result" || message.type === "stopped") this.#answered(message);
		else if (message.type === "error" && this.#commands.has(message.id)) this.#answered({ id: message.id, status: 400, data: message });
		else if (message.type === "error") this.#emit("refused", message);
		else if (message.type === "pong") this.#attempt = 0;
		else if (typeof message.channel === "string") this.#follow(message);
	}

	/** @param {{ version: number, epoch: number }} hello */
	#greet({ version, epoch }) {
		if (version !== VERSION) {
			this.#started = false;
			this.#drop(1000);
			this.#end({ code: 1002, reason: "unknown_version" });
			return;
		}
		// Another run of the daemon counts anew.
		if (epoch !== this.#epoch) for (const subscription of this.#subscriptions) subscription.seq = 0;
		this.#epoch = epoch;
		// A stream that goes on in another run says hello again.
		if (this.#greeted) return;
		this.#greeted = true;
		this.#probedAt = performance.now();
		// A stream was asked for its channels when it was dialled.
		if (!(this.#socket instanceof Stream))
			for (const subscription of this.#subscriptions) if (subscription.isOpen) this.#want(subscription);
		this.#emit("open", { epoch });
	}

	/** @param {import("./index.js").ChannelMessage} message */
	#follow(message) {
		for (const subscription of this.#subscriptions) {
			if (!subscription.isOpen || subscription.channel !== message.channel) continue;
			// A gap is never drawn over.
			if (!subscription.take(message, this.#epoch)) this.#want(subscription);
			return;
		}
	}

	/** @param {{ id: number, status: number, data: any }} result */
	#answered({ id, status, data }) {
		const waiting = this.#commands.get(id);

		if (!waiting) return;
		this.#commands.delete(id);
		clearTimeout(waiting.timer);
		if (status === 200) waiting.resolve(data);
		else waiting.reject(new CommandRefused(status, data ?? {}));
	}

	/* ---- subscriptions: a connection has one to a channel, the newest ---- */

	/** @param {Subscription} subscription */
	#opens(subscription) {
		for (const other of this.#subscriptions) {
			if (other === subscription || other.channel !== subscription.channel) continue;
			other.isOpen = false;
			other.lost();
			this.#subscriptions.delete(other);
			// Its place counts in an epoch that may pass unseen.
			other.seq = 0;
		}
		this.#subscriptions.add(subscription);
		this.#want(subscription);
	}

	/**
	 * Asks for what is behind its newest message, or for its whole state. A stream is asked for all channels at once.
	 * @param {Subscription} subscription
	 */
	#want(subscription) {
		if (this.#socket instanceof Stream) this.#socket.ask();
		else if (this.#greeted) this.#say(subscription.request(this.#epoch));
	}

	/** @param {Subscription} subscription */
	#closes(subscription) {
		if (this.#socket instanceof Stream) this.#socket.ask();
		else if (this.#greeted) this.#say({ type: "unsubscribe", channel: subscription.channel });
	}
}
