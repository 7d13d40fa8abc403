// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration: its values by the JSON pointer of each item, and changes that a person has typed and not saved yet. These
 * stay while the person looks at other pages, and are forgotten with the session.
 */
import { Problem } from "./api/problem";
import { call, session } from "./api/session";
import type { ConfigChange, ConfigDifference, ConfigItem, ConfigVersion, List } from "./api/types";
import { sentence, title, unit, words } from "./format";
import { numberOf } from "./number";
import { Store } from "./store";

export type Value = Exclude<ConfigDifference["now"], null>;

/** GET config, or a merge patch of it. */
interface Tree {
	[name: string]: Tree | Value | null;
}

/** Text that was typed for an item, by its pointer; null: the item is to be removed. */
export type Draft = Record<string, string | null>;

export interface Settings {
	items: ConfigItem[];
	values: Map<string, Value>;
	/** ETag of the values; undefined: the robot has not written them down */
	tag: string | undefined;
	/** the version of that tag; undefined: another one became live between two answers */
	live: ConfigVersion | undefined;
	/** time of the answer */
	read: string;
}

/** As they were read last. */
export const settings = new Store<Settings | undefined>(undefined);
/** What there is, on pages too that do not read the values. */
export const described = new Store<ConfigItem[]>([]);
export const draft = new Store<Draft>({});
/** What others have changed while there was a draft. */
export const meanwhile = new Store<ConfigDifference[]>([]);

/* ---- items and their names ---- */

/** Is it a row for any name, as for each station? */
export function isForAny(item: ConfigItem): boolean {
	return item.pointer.includes("*");
}

/** The name that stands for * of the item in a pointer; undefined: it is no pointer of that item. */
export function nameIn(item: ConfigItem, pointer: string): string | undefined {
	const [before = "", after = ""] = item.pointer.split("*");
	const name = pointer.slice(before.length, pointer.length - after.length);

	return pointer === before + name + after && name && !name.includes("/") ? name : undefined;
}

export function pointerOf(item: ConfigItem, name: string): string {
	return item.pointer.replace("*", name);
}

export function itemOf(items: ConfigItem[], pointer: string): ConfigItem | undefined {
	return items.find((item) => (isForAny(item) ? nameIn(item, pointer) !== undefined : item.pointer === pointer));
}

/** The first part of a pointer. */
export function groupOf(pointer: string): string {
	return pointer.split("/")[1] ?? "";
}

/* "jog_mm_s" of mm/s: "jog" */
function withoutUnit(name: string, of: string | null): string {
	const suffix = of ? `_${of.replace("1/", "per_").replace("/", "_")}` : "";

	return suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

/* Of names that are short in a pointer. */
const LONG: Record<string, string> = { accel: "acceleration", decel: "deceleration" };

function plainLabel({ pointer, unit: of }: ConfigItem): string {
	return sentence(
		pointer
			.split("/")
			.slice(2)
			.map((name) =>
				words(withoutUnit(name, of))
					.split(" ")
					.map((word) => LONG[word] ?? word)
					.join(" "),
			)
			.join(", "),
	);
}

/** Of an item for any name, what its value is: "Position". */
export function labelOfValue(item: ConfigItem): string {
	return sentence(plainLabel(item).replace("*, ", ""));
}

/** The name of an item for people. Where two items differ by their units only, the unit is a part of it. */
export function labelOf(items: ConfigItem[], item: ConfigItem, pointer: string): string {
	const name = isForAny(item) ? nameIn(item, pointer) : undefined;

	if (name) return plainLabel(item).replace("*,", `${name}:`);
	const isTwice = items.filter((other) => plainLabel(other) === plainLabel(item) && groupOf(other.pointer) === groupOf(pointer)).length > 1;

	return isTwice && item.unit ? `${plainLabel(item)} (${unit(item.unit)})` : plainLabel(item);
}

/** "Motion: Stop" of /motion/stop_mm_s2; an item of an older release has its pointer only. */
export function nameAt(items: ConfigItem[], pointer: string): string {
	const item = itemOf(items, pointer);

	return item ? `${title(groupOf(pointer))}: ${labelOf(items, item, pointer)}` : pointer;
}

/** What @act throws names each item by its label, too. */
export async function labelled<T>(act: () => Promise<T>): Promise<T> {
	try {
		return await act();
	} catch (error) {
		if (error instanceof Problem)
			for (const fault of error.errors) if (itemOf(described.get(), fault.pointer)) fault.label = nameAt(described.get(), fault.pointer);
		throw error;
	}
}

/** Of an item, those that are there or are to be there: one, or one for each name. */
export function pointersOf(item: ConfigItem, values: Map<string, Value>, typed: Draft): string[] {
	if (!isForAny(item)) return [item.pointer];
	return [...new Set([...values.keys(), ...Object.keys(typed)])].filter((pointer) => nameIn(item, pointer) !== undefined);
}

/* ---- changes ---- */

/** The typed text as a value of the API; null: it is none, as a blank is no number. */
export function typedValue(item: ConfigItem, text: string): Value | null {
	return item.type === "number" ? numberOf(text) : text;
}

/** What a draft would change. What is no value changes nothing: null in a patch would be the default. */
export function changesOf({ items, values }: Settings, typed: Draft): ConfigDifference[] {
	return Object.entries(typed).flatMap(([pointer, text]) => {
		const item = itemOf(items, pointer);
		const before = values.get(pointer) ?? null;
		const now = item && text !== null ? typedValue(item, text) : null;

		if (!item || now === before || (now === null && text !== null)) return [];
		return [{ pointer, before, now }];
	});
}

/* Without a prototype any name may be that of a member. */
const emptyTree = (): Tree => Object.create(null);

export function patchOf(changes: ConfigDifference[]): Tree {
	const patch = emptyTree();

	for (const { pointer, now } of changes) {
		const names = pointer.slice(1).split("/");
		const last = names.pop() ?? "";
		let at = patch;

		for (const name of names) {
			const inner = at[name] ?? emptyTree();

			at[name] = inner;
			at = inner as Tree;
		}
		at[last] = now;
	}
	return patch;
}

function differences(before: Map<string, Value>, now: Map<string, Value>): ConfigDifference[] {
	return [...new Set([...before.keys(), ...now.keys()])]
		.filter((pointer) => before.get(pointer) !== now.get(pointer))
		.map((pointer) => ({ pointer, before: before.get(pointer) ?? null, now: now.get(pointer) ?? null }));
}

/** What a return would change to the values in front of these versions, the oldest of which is the first. */
export function backOver(values: Map<string, Value>, versions: ConfigChange[]): ConfigDifference[] {
	const then = new Map(values);

	for (const { changes } of [...versions].reverse())
		for (const { pointer, before } of changes)
			if (before === null) then.delete(pointer);
			else then.set(pointer, before);
	return differences(values, then);
}

/* ---- reading ---- */

function flat(tree: Tree, at = ""): [string, Value][] {
	return Object.entries(tree).flatMap(([name, inner]): [string, Value][] => {
		if (inner === null) return [];
		return typeof inner === "object" ? flat(inner, `${at}/${name}`) : [[`${at}/${name}`, inner]];
	});
}

let reads = 0;
let underWay = 0;

export async function describe(): Promise<void> {
	if (!described.get().length) described.set((await call<List<ConfigItem>>("GET", "config/schema")).items);
}

/** A change by this page, which reads what has become of it by itself. */
export async function changing<T>(act: () => Promise<T>): Promise<T> {
	underWay++;
	try {
		return await act();
	} finally {
		underWay--;
	}
}

/** Reads it again if it was read and this page is not changing it now. */
export async function refresh(): Promise<void> {
	if (settings.get() && !underWay) await readSettings();
}

/** Reads all of it. What has changed since the last time is noted as changed by others, but for the items in own. */
export async function readSettings(own: string[] = []): Promise<void> {
	const mine = ++reads;
	let tag: string | undefined;
	const [tree, schema, versions] = await Promise.all([
		call<Tree>("GET", "config", {
			onTag: (heard) => {
				tag = heard;
			},
		}),
		call<List<ConfigItem>>("GET", "config/schema"),
		call<List<ConfigVersion>>("GET", "config/versions?limit=1"),
	]);
	const before = settings.get();
	const [newest] = versions.items;
	const values = new Map(flat(tree));

	if (mine !== reads) return;
	if (before && Object.keys(draft.get()).length) {
		const theirs = differences(before.values, values).filter(({ pointer }) => !own.includes(pointer));

		if (theirs.length) meanwhile.set(theirs);
	}
	described.set(schema.items);
	settings.set({
		items: schema.items,
		values,
		tag,
		live: newest && tag === `"${newest.version}"` ? newest : undefined,
		read: new Date().toISOString(),
	});
}

export function type(pointer: string, text: string | null): void {
	draft.set({ ...draft.get(), [pointer]: text });
}

/** Forgets what was typed for these items; without items, for all. */
export function undo(pointers: string[] = Object.keys(draft.get())): void {
	draft.set(Object.fromEntries(Object.entries(draft.get()).filter(([pointer]) => !pointers.includes(pointer))));
	if (!Object.keys(draft.get()).length) meanwhile.set([]);
}

session.subscribe(() => {
	// What one person has typed the next does not save.
	if (session.get().state !== "none") return;
	reads++;
	settings.set(undefined);
	undo();
});
