// SPDX-License-Identifier: GPL-2.0-or-later
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/problem";
import { call } from "../api/session";
import type { List, Station } from "../api/types";
import { asProblem } from "./act";

const RETRY_MS = 1000;

/** What does not change while the page is open: read once, again on demand. */
export function useOnce<T>(read: () => Promise<T>): { value?: T; problem?: Problem; again: () => void } {
	const [state, setState] = useState<{ value?: T; problem?: Problem }>({});
	const [turn, setTurn] = useState(0);

	useEffect(() => {
		read().then(
			(value) => setState({ value }),
			(error) => setState({ problem: asProblem(error) }),
		);
	}, [turn]);
	return { ...state, again: () => setTurn(turn + 1) };
}

/** What no place of the page can say is missing: after a failure it is read again until it is there. */
export function useUntilRead<T>(read: () => Promise<T>): T | undefined {
	const { value, problem, again } = useOnce(read);

	useEffect(() => {
		if (!problem) return;
		const timer = setTimeout(again, RETRY_MS);

		return () => clearTimeout(timer);
	}, [problem]);
	return value;
}

/** The named positions of the rail; none until they are read. */
export function useStations(): Station[] {
	return useUntilRead(() => call<List<Station>>("GET", "robot/stations"))?.items ?? [];
}
