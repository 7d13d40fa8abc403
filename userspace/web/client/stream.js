// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Channels over HTTP (GET stream), for places where no WebSocket comes through. To the client it is one more socket: it tells
 * the same messages, and closes with the same codes and reasons. Commands and the stop are requests of their own.
 */

/* A page that changes closes and opens several channels at once: the stream is asked for once. */
const TOGETHER_MS = 50;
/* The ends that the robot says; every other end is a lost connection. */
const CODES = { shutting_down: 1001, safety_not_taken: 4008, token_revoked: 4401, too_slow: 4408 };
const LOST = 1006;
const TRY_LATER = 1013;
const WHO_ARE_YOU = 4401;
/* The robot knows no such channel or signal, or the role may not hear it: the same question has the same answer. */
const NEVER = 4500;
const REFUSED_FOR_GOOD = new Set([400, 403, 422]);
/* The stream names no version, so the client takes its own. */
const VERSION = 1;

/** @typedef {{ channel: string, filter?: { signals: readonly string[] }, max_rate_hz?: number, since?: { epoch: number, seq: number } }} Request */

/**
 * The query for these channels. A stream has one rate: the lowest. Without any channel the stop is heard: it tells that the
 * robot is there.
 * @param {Request[]} requests
 * @param {string | undefined} ticket
 */
function queryOf(requests, ticket) {
	const query = new URLSearchParams({ channel: requests.map(({ channel }) => channel).join(",") || "safety" });
	const rates = requests.flatMap(({ max_rate_hz }) => max_rate_hz ?? []);

	for (const { filter } of requests) if (filter) query.set("signals", filter.signals.join(","));
	if (rates.length) query.set("max_rate_hz", String(Math.min(...rates)));
	if (ticket) query.set("ticket", ticket);
	return query;
}

/**
 * Last-Event-ID: the newest message of each channel that goes on.
 * @param {Request[]} requests
 */
function placeOf(requests) {
	const places = requests.flatMap(({ channel, since }) => (since ? { channel, ...since } : []));

	return places.length ? `${places[0]?.epoch}-${places.map(({ channel, seq }) => `${channel}:${seq}`).join(",")}` : undefined;
}

/**
 * The fields of an event: its lines are "name: value", a comment is ": text".
 * @param {string} event
 */
function fieldsOf(event) {
	/** @type {Map<string, string>} */
	const fields = new Map();

	for (const line of event.split("\n")) {
		const end = line.indexOf(": ");

		if (end > 0) fields.set(line.slice(0, end), line.slice(end + 2));
	}
	return fields;
}

export class Stream {
	/** @type {((event: any) => void) | null} */
	onopen = null;
	/** @type {((event: any) => void) | null} */
	onmessage = null;
	/** @type {((event: any) => void) | null} */
	onclose = null;
	/** @type {((event: any) => void) | null} */
	onerror = null;
	#options;
	#epoch = 0;
	/* Of the newest request; the ones before are over. */
	#abort = new AbortController();
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#later;

	/** @param {{ base: string, fetch: typeof fetch, given: { token?: string, ticket?: string } | undefined, requests: () => Request[] }} options */
	constructor(options) {
		this.#options = options;
		// The handlers come first.
		queueMicrotask(() => this.#open());
	}

	/** Other channels are wanted, or one of them from its whole state on. */
	ask() {
		this.#later ??= setTimeout(() => this.#open(), TOGETHER_MS);
	}

	/** @param {string} text */
	send(text) {
		const { type, id, command } = JSON.parse(text);

		if (type === "command") this.#post("robot/commands", command, "result", id);
		else if (type === "stop") this.#post("safety/stop", {}, "stopped", id);
	}

	close() {
		this.#abort.abort();
		clearTimeout(this.#later);
	}

	/** @param {object} message */
	#tell(message) {
		this.onmessage?.({ data: JSON.stringify(message) });
	}

	/**
	 * @param {AbortController} abort of the request that has ended
	 * @param {number} code
	 * @param {string} [reason]
	 */
	#end(abort, code, reason = "") {
		if (abort.signal.aborted) return;
		this.close();
		this.onclose?.({ code, reason });
	}

	#headers() {
		const { given } = this.#options;

		return given?.token ? { authorization: `Bearer ${given.token}` } : undefined;
	}

	/* ---- channels ---- */

	async #open() {
		const { base, fetch, given, requests } = this.#options;

		if (this.#abort.signal.aborted) return;
		this.close();
		const abort = new AbortController();
		const wanted = requests();
		const place = placeOf(wanted);

		this.#abort = abort;
		this.#later = undefined;
		try {
			const answer = await fetch(`${base}stream?${queryOf(wanted, given?.ticket)}`, {
				method: "GET",
				headers: { ...this.#headers(), ...(place && { "last-event-id": place }) },
				cache: "no-store",
				signal: abort.signal,
			});

			if (!answer.ok) await this.#refused(answer, abort);
			else if (!answer.body || !answer.headers.get("content-type")?.startsWith("text/event-stream")) this.#end(abort, LOST, "not_events");
			else await this.#read(answer.body.getReader(), abort);
		} catch {
			this.#end(abort, LOST);
		}
	}

	/**
	 * @param {Response} answer
	 * @param {AbortController} abort
	 */
	async #refused(answer, abort) {
		const { status, headers } = answer;
		const isProblem = headers.get("content-type")?.startsWith("application/problem+json");
		// Another answer is not the robot's, but that of a machine in between.
		const problem = isProblem ? await answer.json() : {};
		const reason = String(problem.code ?? `http_${status}`);

		if (isProblem && status === 401) return this.#end(abort, WHO_ARE_YOU, reason);
		if (!isProblem || !REFUSED_FOR_GOOD.has(status)) return this.#end(abort, status === 429 || status === 503 ? TRY_LATER : LOST, reason);
		if (!abort.signal.aborted) this.#tell({ ...problem, type: "error" });
		this.#end(abort, NEVER, reason);
	}

	/**
	 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
	 * @param {AbortController} abort
	 */
	async #read(reader, abort) {
		const decoder = new TextDecoder();
		let text = "";

		for (;;) {
			const { done, value } = await reader.read();

			if (done) return this.#end(abort, LOST);
			const events = (text + decoder.decode(value, { stream: true })).split("\n\n");

			text = events.pop() ?? "";
			for (const event of events) {
				if (abort.signal.aborted) return;
				this.#hear(fieldsOf(event), abort);
			}
		}
	}

	/**
	 * @param {Map<string, string>} fields
	 * @param {AbortController} abort
	 */
	#hear(fields, abort) {
		const data = fields.get("data");
		const id = fields.get("id");

		if (data === undefined) return;
		if (!fields.has("event")) {
			const { code } = JSON.parse(data);

			this.#end(abort, CODES[/** @type {keyof typeof CODES} */ (code)] ?? LOST, code);
			return;
		}
		if (id !== undefined) this.#count(Number.parseInt(id, 10));
		this.onmessage?.({ data });
	}

	/* The run of the daemon is in each id: the first one is its hello. */
	#count(/** @type {number} */ epoch) {
		if (epoch === this.#epoch) return;
		this.#epoch = epoch;
		this.#tell({ type: "hello", version: VERSION, epoch });
	}

	/* ---- commands ---- */

	/**
	 * @param {string} path
	 * @param {unknown} body
	 * @param {string} type of the message that answers
	 * @param {number} id
	 */
	async #post(path, body, type, id) {
		const { base, fetch } = this.#options;

		try {
			const answer = await fetch(base + path, {
				method: "POST",
				headers: { ...this.#headers(), "content-type": "application/json" },
				body: JSON.stringify(body),
				cache: "no-store",
			});
			const data = await answer.json();

			this.#tell({ type: answer.ok ? type : "result", id, status: answer.status, data });
			// The token is too old: the next one is asked for.
			if (answer.status === 401) this.#end(this.#abort, WHO_ARE_YOU, String(data.code));
		} catch {
			this.#end(this.#abort, LOST);
		}
	}
}
