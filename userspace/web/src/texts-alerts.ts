// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Texts of the page Alerts; texts.ts has them as texts.alerts.
 */
export const alertTexts = {
	title: "Alerts",
	words: "alarm warning fault emergency what is wrong",
	none: "Nothing needs attention.",
	count: (count: number) => (count === 1 ? "1 alert" : `${count} alerts`),
	active: "active",
	severity: "Severity",
	severitySince: "Severity, since",
	severities: { emergency: "Emergency", critical: "Critical", warning: "Warning" },
	what: "What",
	whatToDo: "What it is, and what to do",
	source: "Part",
	history: "What was",
	historyEmpty: "Nothing has needed attention yet.",
	historyNoneEnded: "None of what needed attention has ended yet.",
	older: "Older alerts",
	came: "Came",
	ended: "Ended",
	notKnown: "not known",
	acknowledge: "Acknowledge",
	acknowledgeIt: (text: string) => `Acknowledge: ${text}`,
	seen: (by: string, when: string) => `Acknowledged by ${by}, ${when}`,
	seenBy: (by: string) => `Acknowledged by ${by}`,
	times: (times: number) => `(${times} times)`,
};
