// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stop. It shares nothing with other requests but the token, as it is: no renewal, no queue, no limit of its own on
 * how often. It counts as done when the answer says so, which the kernel module gives after it has lowered the outputs.
 *
 * It goes over the WebSocket that is open, since a browser has few connections for requests and those may be taken, by other
 * tabs too. Without an answer at once it goes as a request and over a WebSocket of its own as well: a stop may come twice.
 */
import type { Stopped } from "oht-client";
import { send } from "./api/client";
import { stopOverOwnLine } from "./api/line";
import { feed } from "./api/live";
import { Problem } from "./api/problem";
import { accessToken, session } from "./api/session";
import type { Safety } from "./api/types";
import { Store } from "./store";

export interface StopState {
	/** sent: under way; done: the relays or the modules have it; failed: no confirmation came */
	phase: "idle" | "sent" | "done" | "failed";
	/** from the press to the confirmation */
	tookMs: number;
	/** both outputs are low; null: this bus has none, and the stop is a message to the modules */
	outputsLow: boolean | null;
	problem: Problem | undefined;
	/** failed: the page sends it again by itself, gave up, or does neither because the robot refused it */
	more: "again" | "gaveUp" | null;
}

const IDLE: StopState = { phase: "idle", tookMs: 0, outputsLow: null, problem: undefined, more: null };
const SHOWN_MS = 15000;
const TRY_AGAIN_MS = 250;
const GIVE_UP_MS = 20000;
const TIMEOUT_MS = 3000;
/* Without an answer for so long the WebSocket is not relied on. */
const LINE_MS = 50;
/* A person is told by then. */
const CONFIRM_MS = 2000;

export const stop = new Store<StopState>(IDLE);

let pressed = 0;
/** ends the watch for the end of the newest confirmation */
let endWatch: () => void = () => undefined;

/* The first that confirms; else why not, where one of them knows. */
function first(ways: Promise<Stopped>[]): Promise<Stopped> {
	return Promise.any(ways).catch(({ errors }: AggregateError) => {
		throw errors.find((error) => error instanceof Problem && error.status !== 0) ?? errors[0];
	});
}

function otherWays(): Promise<Stopped>[] {
	const token = accessToken();
	const request = send<Stopped>("POST", "safety/stop", { token, timeoutMs: TIMEOUT_MS, keepalive: true, urgent: true });

	return token ? [request, stopOverOwnLine(token, TIMEOUT_MS)] : [request];
}

async function ask(): Promise<Stopped> {
	const told = feed.stop(TIMEOUT_MS);

	if (!told) return first(otherWays());
	const confirmed = await Promise.race([
		told.then(
			() => true,
			() => false,
		),
		new Promise<false>((resolve) => setTimeout(() => resolve(false), LINE_MS)),
	]);

	return confirmed ? told : first([told, ...otherWays()]);
}

async function once(started: number): Promise<void> {
	const answer = await ask();
	const { enable1, enable2 } = answer.outputs;

	stop.set({
		phase: "done",
		tookMs: performance.now() - started,
		outputsLow: answer.hardware ? enable1 === false && enable2 === false : null,
		problem: undefined,
		more: null,
	});
}

/* A page that is loading has no token yet; a network may come back. Another refusal stays one. */
function mayHelp(problem: Problem): boolean {
	return problem.status === 0 || problem.status >= 500 || session.get().state === "starting";
}

function failed(problem: Problem, more: StopState["more"]): StopState {
	return { ...IDLE, phase: "failed", problem, more };
}

/*
 * The confirmation is shown for a while, or until the robot is no longer stopped. A message that is older than the confirmation may
 * come behind it, so the page must have seen the robot stopped before.
 */
function watchConfirmation(): void {
	const forget = () => {
		endWatch();
		stop.set(IDLE);
	};
	const timer = setTimeout(forget, SHOWN_MS);
	let seen = false;
	const unsubscribe = feed.subscribe("safety", () => {
		const isStopped = feed.read<Safety>("safety").data?.state === "stopped";

		if (seen && !isStopped) forget();
		seen ||= isStopped;
	});

	endWatch();
	endWatch = () => {
		clearTimeout(timer);
		unsubscribe();
	};
}

async function press(mine: number): Promise<void> {
	const started = performance.now();

	setTimeout(() => {
		if (mine === pressed && stop.get().phase === "sent") stop.set(failed(Problem.noConnection(), "again"));
	}, CONFIRM_MS);
	for (;;) {
		try {
			await once(started);
			break;
		} catch (error) {
			const problem = error instanceof Problem ? error : Problem.noConnection();

			if (mine !== pressed) return;
			const more = !mayHelp(problem) ? null : performance.now() - started > GIVE_UP_MS ? "gaveUp" : "again";

			stop.set(failed(problem, more));
			if (more !== "again") return;
			await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
			if (mine !== pressed) return;
		}
	}
	if (mine === pressed) watchConfirmation();
	feed.refresh("safety");
	feed.refresh("robot");
}

/** Stops the machine. Every press is sent. */
export function pressStop(): void {
	endWatch();
	// The request first: the drawing can wait.
	void press(++pressed);
	stop.set({ ...IDLE, phase: "sent" });
}

export function dismissStop(): void {
	if (stop.get().phase !== "sent") stop.set(IDLE);
}
