// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests to /api/v1. Every one passes send(); those that need somebody to be logged in pass call().
 */
import { Store } from "../store";
import { Lane } from "./lane";
import { Problem, problemOf } from "./problem";

const API = "/api/v1/";
const TIMEOUT_MS = 15000;
/* A password check waits in a queue. */
const AUTH_TIMEOUT_MS = 70000;
/* Of the six connections of a browser, one of them for polls (live.ts). A stream (line.ts) and the stop have one each. */
const AT_ONCE = 4;

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Link {
	online: boolean;
	/** performance.now() when it was lost */
	lostAt: number;
	/** how long the last answer took */
	tookMs: number | null;
}

/** Is there an answer at all? Known from every request. */
export const link = new Store<Link>({ online: true, lostAt: 0, tookMs: null });

function sawAnswer(tookMs: number): void {
	link.set({ online: true, lostAt: 0, tookMs });
}

function sawNone(): void {
	const before = link.get();

	if (before.online) link.set({ online: false, lostAt: performance.now(), tookMs: null });
}

addEventListener("offline", sawNone);

export interface Sending {
	body?: unknown;
	token?: string | null;
	timeoutMs?: number;
	/** the answer is not wanted any more: the request ends with its connection, so that the robot stops working for it */
	unwanted?: AbortSignal;
	keepalive?: boolean;
	/** the ETag of what is changed */
	ifMatch?: string;
	/** hears the ETag of a good answer; undefined: it has none */
	onTag?: (tag: string | undefined) => void;
	/** a stop: waits for no other request of the page */
	urgent?: boolean;
	/** wanted of the body; JSON unless said */
	as?: "json" | "text" | "blob";
}

/** All that the page asks for but the stop, files of further pages included. */
export const requests = new Lane(AT_ONCE);

/* AbortSignal.timeout() is younger than the tablets on the machines. */
function timeout(ms: number, unwanted: AbortSignal | undefined): { signal: AbortSignal; clear: () => void } {
	const abort = new AbortController();
	const end = () => abort.abort();
	const timer = setTimeout(end, ms);

	unwanted?.addEventListener("abort", end);
	return {
		signal: abort.signal,
		clear: () => {
			clearTimeout(timer);
			unwanted?.removeEventListener("abort", end);
		},
	};
}

/** One request as it is: no renewal, no second try. The time to wait for its turn counts. */
export async function send<T>(method: Method, path: string, sending: Sending = {}): Promise<T> {
	const { body, token, keepalive = false, urgent = false } = sending;
	const headers: Record<string, string> = {};
	const { signal, clear } = timeout(
		sending.timeoutMs ?? (/^(auth\/|setup)/.test(path) ? AUTH_TIMEOUT_MS : TIMEOUT_MS),
		sending.unwanted,
	);

	if (token) headers.authorization = `Bearer ${token}`;
	if (sending.ifMatch) headers["if-match"] = sending.ifMatch;
	if (body !== undefined) headers["content-type"] = "application/json";
	const exchange = async () => {
		const started = performance.now();
		const answer = await fetch(path.startsWith("/") ? path : API + path, {
			method,
			headers,
			keepalive,
			cache: "no-store",
			credentials: "same-origin",
			body: body === undefined ? null : JSON.stringify(body),
			signal,
		});

		sawAnswer(performance.now() - started);
		if (!answer.ok) throw await problemOf(answer);
		sending.onTag?.(answer.headers.get("etag") ?? undefined);
		if (answer.status === 204) return undefined as T;
		return (await answer[sending.as ?? "json"]()) as T;
	};

	try {
		return await (urgent ? exchange() : requests.run(exchange, signal));
	} catch (error) {
		if (error instanceof Problem) throw error;
		if (!sending.unwanted?.aborted) sawNone();
		throw Problem.noConnection();
	} finally {
		clear();
	}
}
