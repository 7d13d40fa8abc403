// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A list that the daemon pages: the newest part, and older parts on demand. A new path begins anew.
 */
import { useEffect, useState } from "preact/hooks";
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

/** The list at that path; `version` says when it is to be read again. */
export function usePaged<Row, More = unknown>(path: string, version: unknown = 0): Paged<Row, More> {
	const [rows, setRows] = useState<Row[]>();
	const [last, setLast] = useState<List<Row> & More>();
	const [problem, setProblem] = useState<Problem>();
	const [turn, setTurn] = useState(0);

	const read = (cursor: string | null, before: Row[], gone: () => boolean) =>
		call<List<Row> & More>("GET", cursor ? `${path}&cursor=${encodeURIComponent(cursor)}` : path).then(
			(list) => {
				if (gone()) return;
				setRows([...before, ...list.items]);
				setLast(list);
				setProblem(undefined);
			},
			(error) => gone() || setProblem(asProblem(error)),
		);

	useEffect(() => {
		let gone = false;

		void read(null, [], () => gone);
		return () => {
			gone = true;
		};
	}, [path, version, turn]);
	return {
		rows,
		problem,
		last,
		older: last?.next_cursor ? () => void read(last.next_cursor, rows ?? [], () => false) : undefined,
		again: () => setTurn(turn + 1),
	};
}
