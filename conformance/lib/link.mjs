// SPDX-License-Identifier: GPL-2.0-or-later
// The broker as the kit sees it: everything that passes on the vehicle's topics is kept, in order and with its time.
import mqtt from "mqtt";

/** In the log: the kit's own connection ended here, so messages may be missing. */
export const BREAK = "(connection of the kit lost)";

/** A client of MQTT 5, since only that one sees the retained flag of a live message. */
export function dial(url, more = {}) {
	return mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 100, connectTimeout: 5000, ...more });
}

function parsed(text) {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

export class Link {
	/** @prefix is the part of a topic before its name, with the slash. */
	constructor(url, prefix, login = {}) {
		Object.assign(this, { url, prefix, login, log: [], waiting: new Set() });
	}

	/** Wait @ms for the broker, and @answer for what it has retained. */
	async open(ms, answer) {
		this.client = dial(this.url, this.login);
		this.client.on("error", () => {});
		this.client.on("message", (topic, payload, packet) => this.keep(topic, payload, packet));
		this.client.on("close", () => this.log.push({ at: new Date().toISOString(), topic: BREAK, sent: true, text: "" }));
		await this.connected(ms);
		await this.client.subscribeAsync(`${this.prefix}#`, { qos: 2, rap: true, rh: 2, nl: true });
		// What the vehicle has said of its connection before the kit came is its first message.
		const kept = await this.retained("connection", answer);
		if (kept) this.log.unshift({ ...kept, sent: false });
	}

	/** Wait until the broker has taken the connection. */
	async connected(ms) {
		if (this.client.connected) return;
		await new Promise((done, fail) => {
			const timer = setTimeout(() => fail(new Error(`no broker at ${this.url} within ${ms} ms`)), ms);
			this.client.once("connect", () => {
				clearTimeout(timer);
				done();
			});
		});
	}

	keep(topic, payload, { qos, retain }, sent = false) {
		const text = payload.toString();
		const entry = { at: new Date().toISOString(), topic: topic.slice(this.prefix.length), sent, qos, retain, text, body: parsed(text) };
		this.log.push(entry);
		for (const look of [...this.waiting]) look(entry);
	}

	/** Send to the vehicle. A body that is a string or a buffer is sent as it is. */
	send(topic, body, { retain = false } = {}) {
		const text = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
		this.keep(`${this.prefix}${topic}`, text, { qos: 0, retain }, true);
		this.client.publish(`${this.prefix}${topic}`, text, { qos: 0, retain });
	}

	/** The place in the log from which on something is new. */
	mark() {
		return this.log.length;
	}

	/** Messages of the vehicle on a topic, since a mark. */
	heard(topic, since = 0) {
		return this.log.slice(since).filter((entry) => !entry.sent && entry.topic === topic);
	}

	/** The first message of the vehicle on @topic since @since whose body passes @test; null after @ms without one. */
	until(topic, since, ms, test) {
		const passes = (entry) => !entry.sent && entry.topic === topic && entry.body !== undefined && test(entry.body, entry);
		const there = this.log.slice(since).find(passes);
		if (there) return Promise.resolve(there);
		return new Promise((done) => {
			const end = (entry) => {
				clearTimeout(timer);
				this.waiting.delete(look);
				done(entry);
			};
			const look = (entry) => passes(entry) && end(entry);
			const timer = setTimeout(() => end(null), ms);
			this.waiting.add(look);
		});
	}

	/** What a client that subscribes now is told of a topic; null if nothing is retained within @ms. */
	async retained(topic, ms) {
		const client = dial(this.url, this.login);
		client.on("error", () => {});
		try {
			return await new Promise((done) => {
				const timer = setTimeout(() => done(null), ms);
				client.on("message", (_topic, payload, { qos, retain }) => {
					clearTimeout(timer);
					done({ at: new Date().toISOString(), topic, qos, retain, text: payload.toString(), body: parsed(payload.toString()) });
				});
				client.on("connect", () => client.subscribe(`${this.prefix}${topic}`, { qos: 2 }));
			});
		} finally {
			await client.endAsync(true);
		}
	}

	/** Forget a retained message that the kit has sent. */
	forget(topic) {
		this.client.publish(`${this.prefix}${topic}`, "", { retain: true });
	}

	async close() {
		await this.client?.endAsync(true);
	}
}
