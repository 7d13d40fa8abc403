// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Texts of forms and their fields; texts.ts has them as texts.form.
 */
export const formTexts = {
	send: "Save",
	sending: "Saving …",
	noChange: "Nothing is changed yet.",
	range: (min: number, max: number, unit: string) => `${min} to ${max}${unit ? ` ${unit}` : ""}`,
	tooLow: (value: string, min: number) => `${value} is below ${min}.`,
	tooHigh: (value: string, max: number) => `${value} is above ${max}.`,
	notNumber: (value: string) => `“${value}” is not a number: digits, with a minus before them and one comma or point at most.`,
	decimals: "decimals as 0.5 or 0,5",
	readAs: (text: string, value: number) => `${text} is read as ${value}.`,
	notWhole: (value: string) => `${value} is not a whole number.`,
	tooShort: (min: number, has: number) => `Must have at least ${min} bytes, has ${has}.`,
	tooLong: (max: number, has: number) => `Can have at most ${max} bytes, has ${has}.`,
	missing: "This is needed.",
	wait: (seconds: number) => `Again in ${seconds} s.`,
	yes: "yes",
	no: "no",
	secret: "new",
	empty: "empty",
};
