// SPDX-License-Identifier: GPL-2.0-or-later
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/problem";
import { call } from "../api/session";
import type { List, Station } from "../api/types";
import { asProblem } from "./act";

const RETRY_MS = 1000;

/** What no channel tells: read once, again on demand, and when `version` changes. An answer that a later read overtakes does not count. */
export function useOnce<T>(read: () => Promise<T>, version: unknown = 0): { value?: T; problem?: Problem; again: () => void } {
	const [state, setState] = useState<{ value?: T; problem?: Problem }>({});
	const [turn, setTurn] = useState(0);

	useEffect(() => {
		let over = false;

		read().then(
			(value) => over || setState({ value }),
			(error) => over || setState({ problem: asProblem(error) }),
		);
		return () => {
			over = true;
		};
	}, [turn, version]);
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
