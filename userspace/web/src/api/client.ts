// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests to /api/v1. Every one passes send(); those that need somebody to be logged in pass call().
 */
import { Store } from "../store";
import { Problem, problemOf } from "./problem";

const API = "/api/v1/";
const TIMEOUT_MS = 15000;
/* A password check waits in a queue. */
const AUTH_TIMEOUT_MS = 70000;

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
	keepalive?: boolean;
	/** wanted of the body; JSON unless said */
	as?: "json" | "text";
}

/** One request as it is: no renewal, no second try. */
export async function send<T>(method: Method, path: string, sending: Sending = {}): Promise<T> {
	const { body, token, keepalive = false } = sending;
	const timeoutMs = sending.timeoutMs ?? (/^(auth\/|setup)/.test(path) ? AUTH_TIMEOUT_MS : TIMEOUT_MS);
	const headers: Record<string, string> = {};
	const started = performance.now();
	let answer: Response;

	if (token) headers.authorization = `Bearer ${token}`;
	if (body !== undefined) headers["content-type"] = "application/json";
	try {
		answer = await fetch(path.startsWith("/") ? path : API + path, {
			method,
			headers,
			keepalive,
			cache: "no-store",
			credentials: "same-origin",
			body: body === undefined ? null : JSON.stringify(body),
			signal: AbortSignal.timeout(timeoutMs),
		});
	} catch {
		sawNone();
		throw Problem.noConnection();
	}
	sawAnswer(performance.now() - started);
	if (!answer.ok) throw await problemOf(answer);
	if (answer.status === 204) return undefined as T;
	return (sending.as === "text" ? answer.text() : answer.json()) as Promise<T>;
}
