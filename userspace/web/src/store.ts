// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A value that changes, and components that are drawn again when it does.
 */
import { useEffect, useState } from "preact/hooks";

export class Store<T> {
	#value: T;
	#listeners = new Set<() => void>();

	constructor(value: T) {
		this.#value = value;
	}

	get(): T {
		return this.#value;
	}

	set(value: T): void {
		if (Object.is(value, this.#value)) return;
		this.#value = value;
		for (const listener of [...this.#listeners]) listener();
	}

	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}
}

/** The value of a store, in a component. */
export function useStore<T>(store: Store<T>): T {
	const [value, setValue] = useState(() => store.get());

	useEffect(() => {
		const look = () => setValue(() => store.get());

		look();
		return store.subscribe(look);
	}, [store]);
	return value;
}

const TICK_MS = 250;
const tick = new Store(0);
let ticking: ReturnType<typeof setInterval> | undefined;
let tickUsers = 0;

/** Draws the component again four times a second: ages grow without an answer. */
export function useTick(): number {
	const [now, setNow] = useState(() => performance.now());

	useEffect(() => {
		tickUsers++;
		ticking ??= setInterval(() => tick.set(tick.get() + 1), TICK_MS);
		const end = tick.subscribe(() => setNow(performance.now()));

		return () => {
			end();
			if (--tickUsers === 0) {
				clearInterval(ticking);
				ticking = undefined;
			}
		};
	}, []);
	return now;
}
