// SPDX-License-Identifier: GPL-2.0-or-later
// A clock that stands still, for the tests of oht-client: it goes on by pass() alone.
import { afterEach, beforeEach, mock } from "node:test";

export const STEP_MS = 50;
export const clock = { now: 0 };

/* What has been said is heard: promises, and streams, which take several turns. */
export async function settle() {
	for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}

export async function pass(ms) {
	for (let left = ms; left > 0; left -= STEP_MS) {
		clock.now += STEP_MS;
		mock.timers.tick(STEP_MS);
		await settle();
	}
}

export function standStill() {
	beforeEach(() => {
		clock.now = 1000;
		mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
		mock.method(performance, "now", () => clock.now);
	});
	afterEach(() => {
		mock.timers.reset();
		mock.restoreAll();
	});
}
