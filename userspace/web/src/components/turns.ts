// SPDX-License-Identifier: GPL-2.0-or-later
import { useEffect, useState } from "preact/hooks";

/* What no channel tells is read again so often. */
const AGAIN_MS = 5000;

/** A number that changes every 5 s while the page is seen, and when it is seen again. */
export function useTurns(): number {
	const [turn, setTurn] = useState(0);

	useEffect(() => {
		const next = () => {
			if (!document.hidden) setTurn((before) => before + 1);
		};
		const timer = setInterval(next, AGAIN_MS);

		document.addEventListener("visibilitychange", next);
		return () => {
			clearInterval(timer);
			document.removeEventListener("visibilitychange", next);
		};
	}, []);
	return turn;
}
