// SPDX-License-Identifier: GPL-2.0-or-later
import { useEffect, useState } from "preact/hooks";

/** The store has an alert that came or ended within this time. */
export const KEPT_MS = 1500;

/** How often a value has changed and then stayed for so long: also one that is again what it was. */
export function useSettled(value: unknown, after_ms: number): number {
	const [times, setTimes] = useState(0);

	useEffect(() => {
		const timer = setTimeout(() => setTimes((before) => before + 1), after_ms);

		return () => clearTimeout(timer);
	}, [value, after_ms]);
	return times;
}
