// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A lane for requests: so many are under way at once, the others wait in order. A browser opens six connections to a robot,
 * and a request that finds none free waits in the browser: what the page leaves free is for the stop.
 */
export class Lane {
	#free: number;
	#waiting: (() => void)[] = [];

	constructor(atOnce: number) {
		this.#free = atOnce;
	}

	/** Rejects without a call of act when the signal comes before its turn. */
	async run<T>(act: () => Promise<T>, signal?: AbortSignal): Promise<T> {
		await this.#enter(signal);
		try {
			return await act();
		} finally {
			const next = this.#waiting.shift();

			if (next) next();
			else this.#free++;
		}
	}

	#enter(signal: AbortSignal | undefined): Promise<void> {
		const late = () => new Error("no turn in time");

		// Such a signal tells no listener any more.
		if (signal?.aborted) return Promise.reject(late());
		if (this.#free > 0) {
			this.#free--;
			return Promise.resolve();
		}
		return new Promise((resolve, reject) => {
			const enter = () => {
				signal?.removeEventListener("abort", leave);
				resolve();
			};
			const leave = () => {
				this.#waiting = this.#waiting.filter((each) => each !== enter);
				reject(late());
			};

			this.#waiting.push(enter);
			signal?.addEventListener("abort", leave);
		});
	}
}
