// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The values of some signals of the last minutes, in a ring of fixed length: a row for each message, with its time and a
 * number for each signal. A row without a number for a signal is a gap of its line. Before them stands what the robot remembers.
 */
import { SILENCE_MS } from "./api/line";

/** How far back it goes, as long as not more rows come than are told in that time. */
export const KEPT_MS = 300_000;
const ROWS = 3600;
/* A clock that was set back by more than this begins a new picture; by less, the message is left out. */
const SET_BACK_MS = 1000;

/** Points of a line, the oldest first. */
export interface Line {
	times: number[];
	values: number[];
}

export class Trace {
	#times = new Float64Array(ROWS);
	#columns = new Map<string, Float64Array>();
	/** rows that were ever written */
	#written = 0;
	/** what was up to #rememberedTo; rows of that time do not count */
	#remembered = new Map<string, Line>();
	#rememberedTo = 0;

	/** These signals from now on. One that was kept before goes on. */
	choose(names: readonly string[]): void {
		const before = this.#columns;

		this.#columns = new Map(names.map((name) => [name, before.get(name) ?? new Float64Array(ROWS).fill(Number.NaN)]));
	}

	clear(): void {
		this.#written = 0;
		this.#remembered.clear();
	}

	/** The lines up to that time, whatever rows have said of it. */
	remember(lines: Map<string, Line>, toMs: number): void {
		this.#remembered = lines;
		this.#rememberedTo = toMs;
	}

	/** A copy that does not change any more. */
	copy(): Trace {
		const made = new Trace();

		made.#times = this.#times.slice();
		made.#columns = new Map([...this.#columns].map(([name, column]) => [name, column.slice()]));
		made.#written = this.#written;
		made.#remembered = new Map(this.#remembered);
		made.#rememberedTo = this.#rememberedTo;
		return made;
	}

	/** Time of the newest row; undefined: there is none. */
	get newestMs(): number | undefined {
		return this.#written ? this.#times[(this.#written - 1) % ROWS] : undefined;
	}

	/** The rows that are there; never more than the ring has. */
	get rows(): number {
		return Math.min(this.#written, ROWS);
	}

	/** Has the clock been set back, so that a row of this time begins a new picture? */
	isSetBack(atMs: number): boolean {
		return atMs < (this.newestMs ?? atMs) - SET_BACK_MS;
	}

	/** A further row: @numberFor gives the number of a signal, NaN where there is none. */
	push(atMs: number, numberFor: (name: string) => number): void {
		const newest = this.newestMs;

		if (this.isSetBack(atMs)) this.clear();
		else if (newest !== undefined && atMs <= newest) return;
		// Nothing is known of the time in which nothing came.
		else if (newest !== undefined && atMs - newest > SILENCE_MS) this.#write(newest + 1, () => Number.NaN);
		this.#write(atMs, numberFor);
	}

	#write(atMs: number, numberFor: (name: string) => number): void {
		const row = this.#written++ % ROWS;

		this.#times[row] = atMs;
		for (const [name, column] of this.#columns) column[row] = numberFor(name);
	}

	/** Calls @tell with each point of a signal between two times, the oldest first. */
	each(name: string, fromMs: number, toMs: number, tell: (atMs: number, value: number) => void): void {
		const column = this.#columns.get(name);
		const remembered = this.#remembered.get(name);
		const rowsFrom = remembered ? Math.max(fromMs, this.#rememberedTo) : fromMs;

		if (!column) return;
		// Behind the last minutes nothing of it is asked for any more.
		if (remembered && fromMs < this.#rememberedTo)
			remembered.times.forEach((at, i) => {
				if (at >= fromMs && at <= toMs) tell(at, remembered.values[i] ?? Number.NaN);
			});
		for (let i = this.#written - this.rows; i < this.#written; i++) {
			const at = this.#times[i % ROWS] ?? 0;

			if (at >= rowsFrom && at <= toMs) tell(at, column[i % ROWS] ?? Number.NaN);
		}
	}

	/** Lowest and greatest number between two times; null: there is none. */
	range(name: string, fromMs: number, toMs: number): { min: number; max: number } | null {
		let min = Number.POSITIVE_INFINITY;
		let max = Number.NEGATIVE_INFINITY;

		this.each(name, fromMs, toMs, (_at, value) => {
			if (value < min) min = value;
			if (value > max) max = value;
		});
		return min > max ? null : { min, max };
	}
}
