// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The line to the robot: the client of oht-client, by the paths that the page knows. It is a WebSocket, or a stream over HTTP
 * where none opens. fresh() tells whether messages still come.
 */
import { Client, CommandRefused, type Command, type Stopped, type Subscription as Followed, type SubscribeOptions } from "oht-client";
import { Store } from "../store";
import { link } from "./client";
import { Problem } from "./problem";
import { accessToken, isAnswered, session } from "./session";

/** A message comes at least twice a second: the longest silence that is none. */
export const SILENCE_MS = 1600;

/** How the robot tells a path of the API: the channel, and what of it. */
export interface Subscription extends Pick<SubscribeOptions, "signals" | "maxRateHz"> {
	channel: string;
}

const URL = `wss://${location.host}/api/v1/ws`;
const HTTP = "/api/v1/";
/* A socket and a stream have 5 s each to open. */
const ASKED_MS = 6000;

/**
 * By what the values come.
 * socket:    a WebSocket
 * stream:    messages over HTTP
 * asked:     neither opens, and the page asks for them
 * resting:   nothing: a page that nobody sees leaves its connection to others
 * undefined: not known yet
 */
export type Transport = "socket" | "stream" | "asked" | "resting" | undefined;

export const transport = new Store<Transport>(undefined);

type State = Record<string, unknown>;

/* A refusal in the words of the robot; else there is no connection. */
function problemOf(error: unknown): Problem {
	if (!(error instanceof CommandRefused)) return Problem.noConnection();
	return new Problem(error.status, { code: error.code, detail: error.message, errors: error.errors });
}

/** The stop over a connection that is dialled for it. */
export function stopOverOwnLine(token: string, timeoutMs: number): Promise<Stopped> {
	const client = new Client({ url: URL, credentials: { token } });

	return new Promise<Stopped>((resolve, reject) => {
		const fail = (error?: unknown) => reject(problemOf(error));

		setTimeout(fail, timeoutMs);
		client.on("lost", () => fail());
		client.on("open", () => client.safetyStop({ timeoutMs }).then(resolve, fail));
		client.start();
	}).finally(() => client.stop());
}

/** A listener: is called with a path, its whole state, and its moment in ms of the robot's clock. */
type Told = (path: string, data: unknown, robotMs: number) => void;

export class Line {
	#client: Client;
	/** by the path that each tells */
	#followed = new Map<string, Followed<State>>();
	/** the token of the newest attempt: once refused, it is not tried again */
	#tried: string | undefined;
	/** until the page says that neither transport opens */
	#giveUp: ReturnType<typeof setTimeout> | undefined;
	#how: (path: string) => Subscription | undefined;
	#told: Told;

	constructor(how: (path: string) => Subscription | undefined, told: Told, lost: () => void) {
		this.#how = how;
		this.#told = told;
		this.#client = new Client({
			url: URL,
			http: HTTP,
			credentials: ({ refused }) => this.#credentials(refused !== undefined),
			firstWaitMs: 250,
			longestWaitMs: 8000,
		});
		this.#client.on("open", () => this.#opened());
		this.#client.on("lost", () => {
			this.#giveUp ??= setTimeout(() => transport.set("asked"), ASKED_MS);
			lost();
		});
		let before = link.get().online;

		link.subscribe(() => {
			const { online } = link.get();

			// The robot answers again: there is nothing more to wait for.
			if (online && !before) this.#client.wake();
			before = online;
		});
		session.subscribe(() => {
			const { state } = session.get();

			if (isAnswered()) this.#client.start();
			else if (state !== "starting") this.#end(undefined);
			// What one person may see the next may not.
			if (state === "none") for (const followed of this.#followed.values()) followed.forget();
		});
	}

	/** A first listener wants a path, or the last one left. */
	want(path: string, wanted: boolean): void {
		const followed = this.#followed.get(path) ?? (wanted ? this.#add(path) : undefined);

		if (!followed) return;
		if (wanted) {
			followed.open();
			this.#client.wake();
			return;
		}
		followed.close();
		// There are too many filters to keep the state of each.
		if (this.#how(path)?.signals) this.#followed.delete(path);
	}

	/** Is the path told now, so that nobody has to ask? */
	fresh(path: string): boolean {
		return this.#followed.get(path)?.fresh(SILENCE_MS) ?? false;
	}

	wake(): void {
		if (transport.get() !== "resting") this.#client.wake();
		else if (isAnswered()) this.#client.start();
	}

	/** The page is hidden. A stream holds one of the few connections of the browser, which the stop of another tab may need. */
	rest(): void {
		if (this.#client.over === "stream") this.#end("resting");
	}

	/** Sends a command, as POST robot/commands has it; undefined while there is no line that can be relied on. */
	command(body: Command): Promise<void> | undefined {
		if (this.#client.over !== "socket" || !this.fresh("robot")) return undefined;
		return this.#client.command(body).then(
			() => undefined,
			(error) => {
				throw problemOf(error);
			},
		);
	}

	/** Sends the stop; undefined: there is no socket, and a stream would send the same request as the page itself. */
	stop(timeoutMs: number): Promise<Stopped> | undefined {
		if (this.#client.over !== "socket") return undefined;
		return this.#client.safetyStop({ timeoutMs }).catch((error) => {
			throw problemOf(error);
		});
	}

	/** Says only that somebody is here; false: there is no line to say it on. */
	ping(): boolean {
		return this.#client.ping();
	}

	#opened(): void {
		this.#forgive();
		transport.set(this.#client.over);
		if (!link.get().online) link.set({ online: true, lostAt: 0, tookMs: null });
		if (document.hidden) this.rest();
	}

	#end(how: Transport): void {
		this.#client.stop();
		this.#forgive();
		transport.set(how);
	}

	#forgive(): void {
		clearTimeout(this.#giveUp);
		this.#giveUp = undefined;
	}

	/* A connection has one subscription to a channel: the newest takes the place of the one before. */
	#add(path: string): Followed<State> | undefined {
		const how = this.#how(path);

		if (!how) return undefined;
		for (const [other, { channel }] of this.#followed) if (channel === how.channel) this.#followed.delete(other);
		const { channel, ...options } = how;
		const followed: Followed<State> = this.#client.channel(channel, {
			...options,
			onChange: (change) => {
				if (change.type !== "resync") this.#told(path, change.state, Date.parse(change.ts.utc));
			},
		});

		this.#followed.set(path, followed);
		return followed;
	}

	#credentials(refused: boolean): { token: string } | undefined {
		const token = accessToken();
		const wanted = [...this.#followed.values()].some(({ isOpen }) => isOpen);

		if (!token || !wanted || !isAnswered() || (refused && token === this.#tried)) return undefined;
		this.#tried = token;
		return { token };
	}
}
