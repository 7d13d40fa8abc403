// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A refusal of a command: every reason in the API's words, each with its remedy.
 */
import type { Problem } from "../api/problem";
import { useRemedies } from "../remedy";
import { href } from "../router";
import { texts } from "../texts";
import { Notice } from "./basics";

export function Refused({ problem, id }: { problem: Problem | undefined; id: string }) {
	const remedy = useRemedies();

	if (!problem) return null;
	const codes = problem.errors.length ? problem.errors.map((e) => e.code) : [problem.code];
	const todo = codes.map((code) => remedy(code, problem.status) ?? problem.advice ?? "");

	return (
		<Notice tone={problem.status >= 500 || problem.status === 0 ? "bad" : "warn"} id={id} role="alert">
			{problem.sentence} <span class="mute">{[...new Set(todo)].join(" ")}</span>{" "}
			{codes[0] ? <a href={href(`/help/${codes[0]}`)}>{texts.help.of}</a> : null}
		</Notice>
	);
}
