// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A list that the daemon pages: the newest part, and older parts on demand. A new path begins anew.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/problem";
import { call } from "../api/session";
import type { List } from "../api/types";
import { asProblem } from "./act";

export interface Paged<Row, More> {
	rows: Row[] | undefined;
	problem: Problem | undefined;
	/** of the newest answer, beside the rows */
	last: (List<Row> & More) | undefined;
	older: (() => void) | undefined;
	again: () => void;
}

interface Loaded<Row, More> {
	path: string;
	rows: Row[];
	last: List<Row> & More;
}

/** The list at that path; `version` says when it is to be read again. Older parts that were asked for are read again with it. */
export function usePaged<Row, More = unknown>(path: string, version: unknown = 0): Paged<Row, More> {
	const [loaded, setLoaded] = useState<Loaded<Row, More>>();
	const [problem, setProblem] = useState<Problem>();
	const [turn, setTurn] = useState(0);
	/** rows: at least so many are wanted; read: number of the newest read, the only one whose answer counts; busy: it has none yet */
	const now = useRef({ path, rows: 0, read: 0, busy: false }).current;

	/* From the beginning, or from the end of what is there on. */
	const read = async (before?: Loaded<Row, More>) => {
		const mine = ++now.read;
		let part = before;

		now.busy = true;
		try {
			do {
				const cursor = part?.last.next_cursor;
				const last = await call<List<Row> & More>("GET", cursor ? `${path}&cursor=${encodeURIComponent(cursor)}` : path);

				part = { path, rows: [...(part?.rows ?? []), ...last.items], last };
			} while (mine === now.read && part.last.next_cursor && part.rows.length < now.rows);
			if (mine !== now.read) return;
			setLoaded(part);
			setProblem(undefined);
		} catch (error) {
			if (mine !== now.read) return;
			setProblem(asProblem(error));
		}
		now.busy = false;
	};

	useEffect(() => {
		if (now.path !== path) Object.assign(now, { path, rows: 0 });
		void read();
		return () => {
			now.read++;
		};
	}, [path, version, turn]);
	const isOfPath = loaded?.path === path;

	return {
		// Until the answer the rows of the path before stand for the new ones.
		rows: isOfPath || !problem ? loaded?.rows : undefined,
		problem,
		last: loaded?.last,
		older:
			isOfPath && loaded.last.next_cursor
				? () => {
						now.rows = loaded.rows.length + 1;
						// A read that is under way goes on to these rows.
						if (!now.busy) void read(loaded);
					}
				: undefined,
		again: () => setTurn(turn + 1),
	};
}
