// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Texts of accounts from a table, on the page Users.
 */
export const importTexts = {
	button: "Import",
	title: "Accounts from a table",
	text: "A CSV file in UTF-8 whose first line names its columns: username, role, full_name. At most 100 accounts, all of them or none.",
	file: "Choose a file …",
	notUtf8: (name: string) => `${name} is not in UTF-8: save it as CSV, UTF-8.`,
	tooLong: (name: string, max: number) => `${name} is longer than ${max} bytes: divide it.`,
	line: "Line",
	would: "What would be made",
	make: (count: number) => (count === 1 ? "Make 1 account" : `Make ${count} accounts`),
	making: "The accounts are made …",
	codes: "Codes for the persons",
	codesText: "The accounts are made. Each person sets a password by the code, within an hour, at the log-in: I have a code. The codes are shown only now.",
	code: "Code",
	drawing: (done: number, all: number) => `${done} of ${all} codes are drawn.`,
	noCode: "no code: give one on the page Users",
	print: "Print",
	kept: "They are kept",
};
