// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stop. It shares nothing with other requests but the token, as it is: no renewal, no queue, no limit of its own on
 * how often. It counts as done when the answer says so, which the kernel module gives after it has lowered the outputs.
 */
import { send } from "./api/client";
import { feed } from "./api/live";
import { Problem } from "./api/problem";
import { accessToken, session } from "./api/session";
import type { Stopped } from "./api/types";
import { Store } from "./store";

export interface StopState {
	/** sent: under way; done: the relays or the modules have it; failed: no confirmation came */
	phase: "idle" | "sent" | "done" | "failed";
	/** from the press to the confirmation */
	tookMs: number;
	/** both outputs are low; null: this bus has none, and the stop is a message to the modules */
	outputsLow: boolean | null;
	problem: Problem | undefined;
}

const IDLE: StopState = { phase: "idle", tookMs: 0, outputsLow: null, problem: undefined };
const SHOWN_MS = 15000;
const TRY_AGAIN_MS = 250;
const GIVE_UP_MS = 20000;
const TIMEOUT_MS = 3000;

export const stop = new Store<StopState>(IDLE);

let pressed = 0;
let forget: ReturnType<typeof setTimeout> | undefined;

async function once(started: number): Promise<void> {
	const answer = await send<Stopped>("POST", "safety/stop", {
		token: accessToken(),
		timeoutMs: TIMEOUT_MS,
		keepalive: true,
	});
	const { enable1, enable2 } = answer.outputs;

	stop.set({
		phase: "done",
		tookMs: performance.now() - started,
		outputsLow: answer.hardware ? enable1 === false && enable2 === false : null,
		problem: undefined,
	});
}

/* A page that is loading has no token yet; a network may come back. Another refusal stays one. */
function mayHelp(problem: Problem): boolean {
	return problem.status === 0 || problem.status >= 500 || session.get().state === "starting";
}

async function press(mine: number): Promise<void> {
	const started = performance.now();

	for (;;) {
		try {
			await once(started);
			break;
		} catch (error) {
			const problem = error instanceof Problem ? error : Problem.noConnection();

			if (mine !== pressed) return;
			stop.set({ ...IDLE, phase: "failed", problem });
			if (!mayHelp(problem) || performance.now() - started > GIVE_UP_MS) return;
			await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
			if (mine !== pressed) return;
		}
	}
	feed.refresh("safety");
	feed.refresh("robot");
	forget = setTimeout(() => stop.set(IDLE), SHOWN_MS);
}

/** Stops the machine. Every press is sent. */
export function pressStop(): void {
	clearTimeout(forget);
	// The request first: the drawing can wait.
	void press(++pressed);
	stop.set({ ...IDLE, phase: "sent" });
}

export function dismissStop(): void {
	if (stop.get().phase !== "sent") stop.set(IDLE);
}
