// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers as people type them: digits, a minus before them, one decimal sign, which is a comma or a point. Nothing groups
 * digits, so 1,234 is a little more than one, and the page says how it was read. JavaScript's own Number() takes a blank for 0,
 * 0x10 for 16 and 1e3 for 1000: no text of a person or of an address goes through it.
 */

/* The hyphen of keyboards, and the minus that texts and some keypads have (U+2212). */
const TYPED = /^[-\u2212]?[0-9]+(?:[.,][0-9]+)?$/;

/** Nothing but blanks and line ends: as if nothing was typed. */
export function isBlank(text: string): boolean {
	return text.trim() === "";
}

/** The number; null for what is none, which a blank is too. Blanks and line ends around it do not count. */
export function numberOf(text: string): number | null {
	const typed = text.trim();

	if (!TYPED.test(typed)) return null;
	const value = Number(typed.replace("\u2212", "-").replace(",", "."));

	return Number.isFinite(value) ? value : null;
}

/** A number as numberOf() reads it again: without an exponent. */
export function textOf(value: number): string {
	const text = String(value);

	return text.includes("e") ? value.toFixed(20).replace(/\.?0+$/, "") : text;
}

const DECIMALS_MAX = 6;

/** So many decimals does a row of numbers need that are this far from each other: one for 2.5. */
export function decimalsOf(step: number): number {
	for (let decimals = 0; decimals < DECIMALS_MAX; decimals++) {
		const units = step * 10 ** decimals;

		// A step is a difference of numbers with a fraction, so it is nearly whole.
		if (Math.round(units) && Math.abs(units - Math.round(units)) < units * 1e-6) return decimals;
	}
	return DECIMALS_MAX;
}
