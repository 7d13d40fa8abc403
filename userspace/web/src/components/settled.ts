// SPDX-License-Identifier: GPL-2.0-or-later
import { useEffect, useRef, useState } from "preact/hooks";

/** The store has an alert that came or ended within this time. */
export const KEPT_MS = 1500;

/** Calls @act once all @values have stayed what they are for so long; null: not. */
export function useSettled(act: (() => void) | null, afterMs: number, values: unknown[]): void {
	const newest = useRef(act);

	newest.current = act;
	useEffect(() => {
		if (!newest.current) return;
		const timer = setTimeout(() => newest.current?.(), afterMs);

		return () => clearTimeout(timer);
	}, [act === null, afterMs, ...values]);
}

/** How often a value has changed and then stayed for so long: also one that is again what it was. */
export function useTimesSettled(value: unknown, afterMs: number): number {
	const [times, setTimes] = useState(0);

	useSettled(() => setTimes((before) => before + 1), afterMs, [value]);
	return times;
}
