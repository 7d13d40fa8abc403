// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Light, dark, or as the system has it. Kept by the browser.
 */
import { Store } from "../store";

export type Theme = "auto" | "light" | "dark";

const KEPT = "oht.theme";

function read(): Theme {
	const kept = localStorage.getItem(KEPT);

	return kept === "light" || kept === "dark" ? kept : "auto";
}

export const theme = new Store<Theme>(read());

function show(): void {
	const wanted = theme.get();

	if (wanted === "auto") delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = wanted;
}

export function setTheme(wanted: Theme): void {
	localStorage.setItem(KEPT, wanted);
	theme.set(wanted);
	show();
}

show();
