// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values that change by themselves. Components subscribe to a path of the API. The robot tells the paths in TOLD by
 * itself; what is in no channel is asked for once, and again when a channel says so (follow.ts). Only where nothing is told
 * (before the log-in, while the line is lost, or where neither a socket nor a stream comes through) the same paths are
 * asked for again and again: a path that is asked for is also how the page knows that the robot answers.
 */
import type { Command, Stopped } from "oht-client";
import { useEffect, useState } from "preact/hooks";
import { send } from "./client";
import { followOf } from "./follow";
import { Lane } from "./lane";
import { Line, type Subscription } from "./line";
import { Problem } from "./problem";
import { call, isAnswered, session } from "./session";

export interface Reading<T> {
	data: T | undefined;
	/** performance.now() when the data came */
	at: number;
	/** when it was so, in ms of the robot's clock; undefined: it was asked for and not told */
	robotMs?: number | undefined;
	/** performance.now() when a channel has told that it is still so; undefined: none has, or it is told itself */
	keptAt?: number | undefined;
	/** why the newest try failed; the data before stays */
	problem: Problem | undefined;
}

export interface Feed {
	subscribe(path: string, listener: () => void): () => void;
	read<T>(path: string): Reading<T>;
	/** ask now, not at the next turn */
	refresh(path: string): void;
	/** says over the WebSocket that somebody is here; false: there is none */
	ping(): boolean;
	/** sends a command over the WebSocket; undefined: there is none */
	command(body: Command): Promise<void> | undefined;
	/** sends the stop over the WebSocket; undefined: there is none */
	stop(timeoutMs: number): Promise<Stopped> | undefined;
}

/* Twice a second: with the age of an answer no value on the page is older than the second that needs words. */
const PERIOD_MS = 500;
const TIMEOUT_MS = 2000;
/* One poll at a time: those that hang must not take the connections of the browser. */
const polls = new Lane(1);
const OPEN = new Set(["health"]);
/* What an account is told too that must set up a second factor: it may stop the robot. */
const ENROLLING = new Set(["safety"]);
/** The channel that tells each of these paths. */
const TOLD = new Map([
	["safety", "safety"],
	["robot", "robot"],
	["modules", "modules"],
	["health", "system"],
	["alerts", "alerts"],
	["logs", "logs"],
	["bus/live", "bus"],
	["commands/live", "commands"],
	["missions/live", "missions"],
]);
/* A channel tells all of a list, a route only the first 50 if it is not asked for more. */
const QUESTIONS = new Map([["alerts", "alerts?limit=200"]]);
/* No route answers these: new lines of a list that is read page by page, the bus without its long picture, commands and missions by their state. */
const ONLY_TOLD = new Set(["logs", "bus/live", "commands/live", "missions/live"]);
/* What changes with every message of a channel is asked for no more often. */
const AGAIN_MS = 100;
/* As often as a line on a screen can show. */
const SIGNALS_HZ = 10;
const SIGNALS = "telemetry/current?signals=";
/* The same question has the same answer until a channel says otherwise. */
const REFUSED_FOR_GOOD = new Set([403, 404, 409]);
/** Before anything has come. */
export const NOTHING: Reading<never> = { data: undefined, at: 0, problem: undefined };

/** The path of these signals. The robot tells one choice at a time: that of the newest subscriber. */
export function signalsPath(names: readonly string[]): string {
	return SIGNALS + names.join(",");
}

function howTold(path: string): Subscription | undefined {
	const channel = TOLD.get(path);

	if (channel) return { channel };
	if (!path.startsWith(SIGNALS)) return undefined;
	return { channel: "telemetry", signals: path.slice(SIGNALS.length).split(","), maxRateHz: SIGNALS_HZ };
}

class Topic {
	reading: Reading<unknown> = NOTHING;
	listeners = new Set<() => void>();
	timer: ReturnType<typeof setTimeout> | undefined;
	busy = false;
	again = false;
	askedAt = 0;
	/** what the channels said when the newest answer was asked for; undefined: ask again */
	key: string | undefined;
	/** ends the subscriptions to what it follows */
	ends: (() => void)[] = [];
}

class Values implements Feed {
	#topics = new Map<string, Topic>();
	#line = new Line(
		howTold,
		(path, data, robotMs) => this.#tell(path, data, robotMs),
		() => {
			for (const [path, topic] of this.#topics) {
				// Another run of the daemon may say the same of something else.
				topic.key = undefined;
				if (howTold(path) || followOf(path)) this.refresh(path);
			}
		},
	);

	constructor() {
		const wake = () => {
			if (document.hidden) {
				this.#line.rest();
				return;
			}
			this.#line.wake();
			for (const path of this.#topics.keys()) this.refresh(path);
		};

		for (const name of ["visibilitychange", "pageshow", "focus", "online"])
			(name === "visibilitychange" ? document : window).addEventListener(name, wake);
		session.subscribe(() => {
			const { state } = session.get();

			if (state === "open") wake();
			// What one person may see the next may not.
			if (state !== "none") return;
			for (const topic of this.#topics.values()) {
				topic.reading = NOTHING;
				topic.key = undefined;
			}
		});
	}

	subscribe(path: string, listener: () => void): () => void {
		const topic = this.#topics.get(path) ?? new Topic();

		this.#topics.set(path, topic);
		topic.listeners.add(listener);
		if (topic.listeners.size === 1) {
			this.#line.want(path, true);
			topic.ends = (followOf(path)?.of ?? []).map((other) => this.subscribe(other, () => undefined));
			this.refresh(path);
		}
		return () => {
			topic.listeners.delete(listener);
			if (topic.listeners.size > 0) return;
			clearTimeout(topic.timer);
			for (const end of topic.ends) end();
			topic.ends = [];
			topic.key = undefined;
			this.#line.want(path, false);
			// The reading stays for the next subscriber, with its age; but there are too many choices of signals.
			if (path.startsWith(SIGNALS)) this.#topics.delete(path);
		};
	}

	read<T>(path: string): Reading<T> {
		return (this.#topics.get(path)?.reading ?? NOTHING) as Reading<T>;
	}

	refresh(path: string): void {
		const topic = this.#topics.get(path);

		if (!topic?.listeners.size || ONLY_TOLD.has(path)) return;
		topic.again = topic.busy;
		if (!topic.busy) void this.#ask(path, topic);
	}

	ping(): boolean {
		return this.#line.ping();
	}

	command(body: Command): Promise<void> | undefined {
		return this.#line.command(body);
	}

	stop(timeoutMs: number): Promise<Stopped> | undefined {
		return this.#line.stop(timeoutMs);
	}

	#tell(path: string, data: unknown, robotMs: number): void {
		const topic = this.#topics.get(path);

		if (!topic) return;
		topic.reading = { data, at: performance.now(), robotMs, problem: undefined };
		for (const listener of [...topic.listeners]) listener();
		for (const [other, follower] of this.#topics)
			if (follower.listeners.size && followOf(other)?.of.includes(path)) this.#follow(other, follower);
	}

	/* What the channels say that a path follows; undefined: it follows none, or they are silent. */
	#keyOf(path: string): string | undefined {
		const follow = followOf(path);

		if (!follow?.of.every((other) => this.#line.fresh(other))) return undefined;
		return JSON.stringify(follow.key(...follow.of.map((other) => this.read<never>(other).data)));
	}

	#isKept(path: string, topic: Topic): boolean {
		return topic.key !== undefined && topic.key === this.#keyOf(path);
	}

	/* A channel has told: the answer is still so, or is asked for again. */
	#follow(path: string, topic: Topic): void {
		const now = performance.now();

		if (this.#isKept(path, topic)) {
			topic.reading = { ...topic.reading, keptAt: now };
		} else if (topic.busy) {
			topic.again = true;
		} else {
			clearTimeout(topic.timer);
			topic.timer = setTimeout(() => this.#turn(path, topic), Math.max(topic.askedAt + AGAIN_MS - now, 0));
		}
	}

	/* Asks at its turn, unless the line tells this topic, or that it is as it was. */
	#turn(path: string, topic: Topic): void {
		if (this.#line.fresh(path) || this.#isKept(path, topic)) topic.timer = setTimeout(() => this.#turn(path, topic), PERIOD_MS);
		else void this.#ask(path, topic);
	}

	async #ask(path: string, topic: Topic): Promise<void> {
		clearTimeout(topic.timer);
		const isOpen = () => OPEN.has(path) || isAnswered() || (ENROLLING.has(path) && session.get().state === "open");

		if (document.hidden || !isOpen()) {
			topic.timer = setTimeout(() => this.#turn(path, topic), PERIOD_MS);
			return;
		}
		topic.busy = true;
		topic.askedAt = performance.now();
		let key: string | undefined;
		// What a channel tells meanwhile is newer than the answer.
		const isTold = () => topic.reading.robotMs !== undefined && topic.reading.at > topic.askedAt;

		try {
			const ask = OPEN.has(path) ? send : call;

			const data = await polls.run(async () => {
				// The session may have ended while this poll waited.
				if (!isOpen()) throw Problem.noConnection();
				key = this.#keyOf(path);
				return isTold() ? undefined : ask("GET", QUESTIONS.get(path) ?? path, { timeoutMs: TIMEOUT_MS });
			});

			if (!isTold()) topic.reading = { data, at: performance.now(), problem: undefined };
		} catch (error) {
			const problem = error instanceof Problem ? error : Problem.noConnection();

			topic.reading = { ...topic.reading, problem };
			if (!REFUSED_FOR_GOOD.has(problem.status)) key = undefined;
		}
		topic.busy = false;
		if (!topic.listeners.size) return;
		topic.key = key;
		for (const listener of [...topic.listeners]) listener();
		const pause = topic.again ? (followOf(path) ? AGAIN_MS : 0) : PERIOD_MS;

		// A listener may have asked already, or ended the last subscription.
		if (topic.busy || !topic.listeners.size) return;
		// After a second request the page asks once more, even if the channels say that nothing has changed.
		if (topic.again) topic.key = undefined;
		topic.again = false;
		topic.timer = setTimeout(() => this.#turn(path, topic), Math.max(topic.askedAt + pause - performance.now(), 0));
	}
}

export const feed: Feed = new Values();

/** The newest readings of these paths, kept new while the component is there. */
export function useAllLive<T>(paths: readonly string[]): Reading<T>[] {
	const [, draw] = useState(0);

	useEffect(() => {
		const ends = paths.map((path) => feed.subscribe(path, () => draw((n) => n + 1)));

		return () => {
			for (const end of ends) end();
		};
	}, [paths.join()]);
	return paths.map((path) => feed.read<T>(path));
}

/** The newest reading of that path, kept new while the component is there. */
export function useLive<T>(path: string): Reading<T> {
	return useAllLive<T>([path])[0] ?? NOTHING;
}
