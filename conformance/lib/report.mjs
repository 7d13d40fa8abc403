// SPDX-License-Identifier: GPL-2.0-or-later
// What a run says: a score for each section, and the evidence of what failed.

const parts = (section) => section.split(".").map(Number);

function bySection(a, b) {
	const [one, two] = [parts(a), parts(b)];
	for (let at = 0; at < Math.max(one.length, two.length); at++) {
		const difference = (one[at] ?? -1) - (two[at] ?? -1);
		if (difference) return difference;
	}
	return 0;
}

function count(rows) {
	const of = (verdict) => rows.filter((row) => row.verdict === verdict).length;
	return { passed: of("pass"), failed: of("fail"), notApplicable: of("not applicable") };
}

/** The score of rows: passed of those that could be judged, in percent. Advice does not count. */
export function score(rows) {
	const { passed, failed, notApplicable } = count(rows.filter((row) => !row.advice));
	const judged = passed + failed;
	return { passed, failed, notApplicable, percent: judged ? Math.floor((1000 * passed) / judged) / 10 : null };
}

/** The result of a run with its scores. */
export function report(result) {
	const sections = [...new Set(result.rows.map((row) => row.section))].sort(bySection);
	return {
		...result, score: score(result.rows),
		sections: sections.map((section) => ({ section, ...score(result.rows.filter((row) => row.section === section)) })),
	};
}

const percent = (value) => (value === null ? "-" : `${value} %`).padStart(7);

/** The report as text. */
export function text(result) {
	const { score: all, sections, rows, version, vehicle } = report(result);
	const lines = [`VDA 5050 ${version}, vehicle ${vehicle}`, "", "section   passed  failed  not applicable   score"];
	const line = (name, { passed, failed, notApplicable, percent: of }) =>
		lines.push(`${name.padEnd(8)}${String(passed).padStart(8)}${String(failed).padStart(8)}${String(notApplicable).padStart(16)} ${percent(of)}`);
	for (const { section, ...of } of sections) line(section, of);
	line("all", all);
	for (const [title, advice] of [["failed", false], ["advice that is not followed (no part of the score)", true]]) {
		const bad = rows.filter((row) => row.verdict === "fail" && row.advice === advice);
		if (!bad.length) continue;
		lines.push("", `${title}:`);
		for (const { id, section, asks, why } of bad) lines.push(`  ${id} (${section}): ${asks}`, `    ${why}`);
	}
	return `${lines.join("\n")}\n`;
}
