// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Light, dark, or as the system has it. What was chosen in this browser is kept by it; without such a choice the profile decides.
 */
import { keep, kept } from "../storage";
import { Store } from "../store";

export type Theme = "auto" | "light" | "dark";

const KEPT = "oht.theme";

function read(): Theme {
	const wanted = kept(KEPT);

	return wanted === "light" || wanted === "dark" ? wanted : "auto";
}

export const theme = new Store<Theme>(read());

function show(): void {
	const wanted = theme.get();

	if (wanted === "auto") delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = wanted;
}

export function setTheme(wanted: Theme): void {
	keep(KEPT, wanted);
	theme.set(wanted);
	show();
}

/** What the profile says, in a browser in which nothing was chosen. */
export function showTheme(wanted: Theme): void {
	if (kept(KEPT)) return;
	theme.set(wanted);
	show();
}

show();
