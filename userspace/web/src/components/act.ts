// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An act that a button starts: under way once at a time, its refusal kept to be shown in place.
 */
import { useState } from "preact/hooks";
import { Problem } from "../api/problem";

export interface Act {
	busy: boolean;
	problem: Problem | undefined;
	run: (act: () => Promise<unknown>) => Promise<boolean>;
	clear: () => void;
}

export function asProblem(error: unknown): Problem {
	if (error instanceof Problem) return error;
	return new Problem(0, { code: "page", detail: error instanceof Error ? error.message : String(error) });
}

export function useAct(): Act {
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState<Problem>();

	return {
		busy,
		problem,
		clear: () => setProblem(undefined),
		run: async (act) => {
			if (busy) return false;
			setBusy(true);
			setProblem(undefined);
			try {
				await act();
				return true;
			} catch (error) {
				setProblem(asProblem(error));
				return false;
			} finally {
				setBusy(false);
			}
		},
	};
}
