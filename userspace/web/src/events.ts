// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The newest events, from several sources in one list. Journal and commands have lists of their own; transitions of the
 * robot, news of modules, and causes of a stop for a connection without a journal are noted here as the channels tell them.
 */
import type { CommandLife, JournalEntry, Module, Robot, Safety } from "./api/types";

type Health = Module["health"];

interface Any {
	/** of the row: what changes, as a command that goes on, keeps its own */
	id: string;
	time: string | null;
}

type OfRobot = Any & { of: "robot"; state: Robot["state"] };
type OfCause = Any & { of: "cause"; text: string };
type OfModule = Any & { of: "module"; address: number; name: string; health: Health; before: Health };

export type Happened =
	| (Any & { of: "stop"; entry: JournalEntry })
	| (Any & { of: "command"; life: CommandLife })
	| OfRobot
	| OfCause
	| OfModule;

export const SHOWN_MAX = 10;
/* It has gone and come back: one that does so again and again must not drive a stop out of the list. */
const OF_MODULE_MAX = 2;

export function ofJournal(entries: JournalEntry[]): Happened[] {
	return entries.map((entry) => ({ of: "stop", id: `stop-${entry.source}-${entry.seq}`, time: entry.time, entry }));
}

/** One row for each command, as the newest of the readings has it. */
export function ofCommands(...oldestFirst: CommandLife[][]): Happened[] {
	const lives = new Map(oldestFirst.flat().map((life) => [life.number, life]));

	return [...lives.values()].map((life) => ({
		of: "command",
		id: `command-${life.number}`,
		time: life.ended ?? life.began ?? life.accepted,
		life,
	}));
}

/* Without a time of day an entry is as old as can be. */
const atMs = ({ time }: Happened) => Date.parse(time ?? "") || 0;

/** All of it, the newest first; of the same time in the order given. */
export function newest(...lists: Happened[][]): Happened[] {
	return lists
		.flat()
		.sort((a, b) => atMs(b) - atMs(a))
		.slice(0, SHOWN_MAX);
}

/** Transitions of the robot and changes of its modules' health, from the first telling on. */
export class Notes {
	#count = 0;
	#robot: OfRobot[] = [];
	#causes: OfCause[] = [];
	/** of the present stop, by their codes */
	#standing = new Set<string>();
	#modules: OfModule[] = [];
	#known: Map<number, Module> | undefined;

	/** The robot is in this state. Returns whether that is news. */
	robot({ state, since }: Pick<Robot, "state" | "since">): boolean {
		const [last, ...before] = this.#robot;
		const isSame = last?.state === state;

		if (isSame && last.time === since) return false;
		// A clock that is set moves the time of a state, and is no transition.
		const happened: OfRobot = { of: "robot", id: isSame ? last.id : `robot-${++this.#count}`, time: since, state };

		this.#robot = [happened, ...(isSame ? before : this.#robot)].slice(0, SHOWN_MAX);
		return true;
	}

	/** The stop is so. Returns whether a cause is news. */
	safety({ state, causes }: Pick<Safety, "state" | "causes">): boolean {
		const now = state === "stopped" ? causes : [];
		const found = now.filter(({ code }) => !this.#standing.has(code)).map(({ text, since }): OfCause => {
			return { of: "cause", id: `cause-${++this.#count}`, time: since, text };
		});

		this.#standing = new Set(now.map(({ code }) => code));
		this.#causes = [...found, ...this.#causes].slice(0, SHOWN_MAX);
		return found.length > 0;
	}

	/** These modules are there, at that time. Returns whether one has another health than before. */
	modules(items: Module[], time: string): boolean {
		const known = this.#known;
		const now = new Map(items.map((module) => [module.address, module]));

		this.#known = now;
		// The first telling is how it is, not what has happened.
		if (!known) return false;
		const changed = [...new Map([...known, ...now]).values()].flatMap(({ address, name }): OfModule[] => {
			const before = known.get(address)?.health ?? "absent";
			const health = now.get(address)?.health ?? "absent";

			return health === before ? [] : [{ of: "module", id: `module-${++this.#count}`, time, address, name, health, before }];
		});

		for (const one of changed) {
			const same = this.#modules.filter(({ address }) => address === one.address).slice(0, OF_MODULE_MAX - 1);

			this.#modules = [one, ...this.#modules.filter((other) => other.address !== one.address || same.includes(other))];
		}
		return changed.length > 0;
	}

	get all(): Happened[] {
		return [...this.#causes, ...this.#robot, ...this.#modules];
	}

	clear(): void {
		this.#robot = [];
		this.#causes = [];
		this.#standing.clear();
		this.#modules = [];
		this.#known = undefined;
	}
}
