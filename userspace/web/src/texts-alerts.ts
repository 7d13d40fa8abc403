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
	severities: { emergency: "Emergency", critical: "Critical", warning: "Warning" },
	what: "What it is, and what to do",
	since: "Since",
	source: "Part",
};
