// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files that the page loads when it has nothing else to do.
 */

/* A browser that is never idle loads it all the same. */
const IDLE_MS = 1000;

export function idle(): Promise<void> {
	return new Promise((done) => {
		if ("requestIdleCallback" in window) requestIdleCallback(() => done(), { timeout: IDLE_MS });
		else setTimeout(done, IDLE_MS / 4);
	});
}

/** The drawing of charts. The page is there and of use before this is asked for. */
export async function loadPlot() {
	await idle();
	return import("./plot");
}
