// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the focus goes when that which has it leaves the page, as a form does that is sent, or a command that a stop has
 * ended: browsers leave it nowhere, and who drives the page by key or hears it begins again at the top. It goes to what
 * was around: the card, the dialog, the page. Nothing there can be pressed by mistake.
 */
const AROUND = ".card, .dialog, main";

/* What had the focus last, and all that is around it. */
let path: Element[] = [];

/** True when nothing of the page has the focus. */
export function isNowhere(): boolean {
	const { activeElement } = document;

	return activeElement === null || activeElement === document.body;
}

/** Puts the focus on something that takes none of its own. */
export function focusAround(place: HTMLElement | null | undefined): void {
	if (!place) return;
	if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
	place.focus({ preventScroll: true });
}

addEventListener("focusin", (event) => {
	path = event.composedPath().filter((one): one is Element => one instanceof Element);
});

new MutationObserver(() => {
	if (!path.length || path[0]?.isConnected || !isNowhere()) return;
	const around = path.find((one): one is HTMLElement => one instanceof HTMLElement && one.isConnected && one.matches(AROUND));

	path = [];
	focusAround(around);
}).observe(document, { childList: true, subtree: true });
