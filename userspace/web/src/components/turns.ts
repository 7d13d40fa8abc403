// SPDX-License-Identifier: GPL-2.0-or-later
import { useEffect, useState } from "preact/hooks";
import { SILENCE_MS } from "../api/line";
import { feed } from "../api/live";

/* The page reads things that no channel tells so often. */
const AGAIN_MS = 5000;

/** A number that changes every 5 s while the page is seen, and when it is seen again; not while a channel tells @path. */
export function useTurns(path?: string): number {
	const [turn, setTurn] = useState(0);

	useEffect(() => {
		const isTold = () => path !== undefined && performance.now() - feed.read(path).at < SILENCE_MS;
		const next = () => {
			if (!document.hidden && !isTold()) setTurn((before) => before + 1);
		};
		const timer = setInterval(next, AGAIN_MS);

		document.addEventListener("visibilitychange", next);
		return () => {
			clearInterval(timer);
			document.removeEventListener("visibilitychange", next);
		};
	}, [path]);
	return turn;
}
