// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events since Overview was first opened that are in no list of the robot. They are noted on every page, so that a person
 * who comes back sees them, and forgotten with the session.
 */
import { feed } from "./api/live";
import { session } from "./api/session";
import type { List, Module, Robot, Safety } from "./api/types";
import { type Happened, Notes } from "./events";
import { robotNowMs } from "./signals";
import { Store } from "./store";

const notes = new Notes();
let ends: (() => void)[] = [];

export const noted = new Store<Happened[]>([]);

function hearRobot(): void {
	const { data } = feed.read<Robot>("robot");

	if (data && notes.robot(data)) noted.set(notes.all);
}

function hearSafety(): void {
	const { data } = feed.read<Safety>("safety");

	if (data && notes.safety(data)) noted.set(notes.all);
}

function hearModules(): void {
	const { data, robotMs } = feed.read<List<Module>>("modules");

	if (data && notes.modules(data.items, new Date(robotMs ?? robotNowMs()).toISOString())) noted.set(notes.all);
}

/** From now on, until the session ends. */
export function note(): void {
	if (ends.length) return;
	for (const [path, hear] of [["robot", hearRobot], ["safety", hearSafety], ["modules", hearModules]] as const) {
		ends.push(feed.subscribe(path, hear));
		hear();
	}
}

session.subscribe(() => {
	// What one person may see the next may not.
	if (session.get().state !== "none") return;
	for (const end of ends) end();
	ends = [];
	notes.clear();
	noted.set([]);
});
