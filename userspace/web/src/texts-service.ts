// SPDX-License-Identifier: GPL-2.0-or-later
/* The service level, on the page System. */
export const serviceTexts = {
	title: "Service level",
	by: "Divided by",
	parts: { day: "Day", week: "Week", month: "Month" } as Record<string, string>,
	weekOf: (day: string) => `week of ${day}`,
	sinceUtc: "Days, weeks and months are in UTC.",
	targets: (uptime: number, errors: number, latency: number) =>
		`Targets: up for at least ${uptime} % of the known time; at most ${errors} % of the cycles missed and of the requests refused; 99 of 100 answers and messages of live data within ${latency} ms.`,
	toTargets: "Change the targets",
	when: "When",
	up: "Up",
	down: "Down",
	unknown: "Not known",
	starts: "Starts",
	startsOf: (starts: number, cuts: number) => (cuts ? `${starts} (${cuts} after a crash)` : String(starts)),
	missed: "Missed",
	refused: "Refused",
	answers: "Answers",
	live: "Live data",
	verdict: "Targets",
	met: "met",
	notMet: "not met",
	nothing: "nothing known",
	none: "No day is known yet.",
	again: "Read again",
};
