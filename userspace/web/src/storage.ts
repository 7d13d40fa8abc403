// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the browser keeps for this site, and the lock that all tabs of it share. A browser may forbid the storage, or have no
 * room in it: what is kept then lives in this tab, until it is closed or loaded again, and the page says so.
 */
import { Store } from "./store";

/** The storage cannot be read or written. */
export const forgetful = new Store(false);

const memory = new Map<string, string>();
const PROBE = "oht.probe";

/* Each use may throw, and so may the name itself. */
function attempt<T>(act: (storage: Storage) => T): T | undefined {
	try {
		return act(localStorage);
	} catch {
		forgetful.set(true);
		return undefined;
	}
}

attempt((storage) => {
	storage.setItem(PROBE, "");
	storage.removeItem(PROBE);
});

export function kept(name: string): string | null {
	return memory.get(name) ?? attempt((storage) => storage.getItem(name)) ?? null;
}

export function keep(name: string, text: string): void {
	const done = attempt((storage) => {
		storage.setItem(name, text);
		return true;
	});

	if (done) memory.delete(name);
	else memory.set(name, text);
}

export function forget(name: string): void {
	memory.delete(name);
	attempt((storage) => storage.removeItem(name));
}

/** Another tab has kept or forgotten it. */
export function onKept(name: string, changed: (text: string | null) => void): void {
	addEventListener("storage", (event) => {
		if (event.key === name) changed(event.newValue);
	});
}

/** One tab at a time; each by itself where the browser has no locks, or refuses them. */
export async function alone(name: string, act: () => Promise<void>): Promise<void> {
	let begun = false;
	const once = () => {
		begun = true;
		return act();
	};

	try {
		if (navigator.locks) return await navigator.locks.request(name, once);
	} catch (error) {
		if (begun) throw error;
	}
	await once();
}
