// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Some answers are in no channel: they depend on the session that asks, or are long and new with every measurement. This table
 * names the channels of each such path, and the members whose change makes the page ask again. Durations of the plan, counters
 * and registers are measured all the time: the page keeps them as read until such a change, or until a person reads them again.
 */
import type { CommandLife, Health, Mission, Module, Robot, Safety } from "./types";

type ModuleList = { items: Module[] };

/** The channel `bus`. */
export interface LiveBus {
	present: boolean;
	error: string | null;
	discovering: boolean;
	discovery_ms: number | null;
	transfers: number;
	plan: { [name: string]: unknown; cycles: number; missed: number; exceeded: number; given: number };
	age_ms: number;
}

/** The channel `commands`. */
export interface LiveCommands {
	present: CommandLife | null;
	waiting: CommandLife[];
	ended: CommandLife[];
}

/** The channel `missions`: those that are not over, those that ended last, and which schedules are released. */
export interface LiveMissions {
	missions: Mission[];
	releases: { schedule: number; released: string; released_by: string }[];
}

/** The newest entries of the journal, and the newest commands. */
export const NEWEST_ENTRIES = "safety/events?limit=10";
export const NEWEST_COMMANDS = "robot/commands?limit=10";

export interface Follow {
	/** paths that the robot tells */
	of: string[];
	/** of their data; another value: ask again */
	key(...told: (never | undefined)[]): unknown;
}

/* Which exchanges there are, without what counts them. */
function planOf(bus: LiveBus | undefined): unknown {
	const { cycles, missed, exceeded, given, ...plan } = bus?.plan ?? {};

	return [bus?.present, bus?.discovering, bus?.discovery_ms, plan];
}

/* All that a module is, without its age. */
function moduleOf(modules: ModuleList | undefined, address: string): unknown {
	const module = modules?.items.find((m) => String(m.address) === address);

	return module && { ...module, age_ms: undefined };
}

const RIGHTS: Follow = { of: ["robot"], key: (robot: Robot | undefined) => robot?.rights_seq };

const FOLLOWS = new Map<string, Follow>([
	["control", RIGHTS],
	["robot/interlocks", RIGHTS],
	[NEWEST_ENTRIES, { of: ["health"], key: (health: Health | undefined) => health?.journal.newest_seq }],
	// The commands from before the channel: the channel tells the rest by itself.
	[NEWEST_COMMANDS, { of: ["commands/live"], key: () => null }],
	// Each second, so that the time that is left is that of the robot, also when a person has given more.
	["config/pending", { of: ["health"], key: (health: Health | undefined) => health?.configuration }],
	// Each stop is in the journal.
	["safety/latency", { of: ["safety"], key: (safety: Safety | undefined) => [safety?.state, safety?.journal_seq] }],
	["bus", { of: ["bus/live"], key: planOf }],
	[
		"bus/plan",
		{
			of: ["bus/live", "modules"],
			key: (bus: LiveBus | undefined, modules: ModuleList | undefined) => [
				planOf(bus),
				modules?.items.map(({ address, name, health }) => [address, name, health]),
			],
		},
	],
	[
		"bus/statistics",
		{ of: ["bus/live"], key: (bus: LiveBus | undefined) => [bus?.present, bus?.plan.missed, bus?.plan.exceeded] },
	],
]);

/** What that path follows; undefined: nothing, or the robot tells it itself. */
export function followOf(path: string): Follow | undefined {
	const address = /^modules\/([^/]+)(\/registers(\/[^/]+)?)?$/.exec(path)?.[1];

	if (address === undefined) return FOLLOWS.get(path);
	return { of: ["modules"], key: (modules: ModuleList | undefined) => moduleOf(modules, address) ?? null };
}
