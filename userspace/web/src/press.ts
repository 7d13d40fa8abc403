// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What counts as a press, for every button, link and form of the page. To a browser a key that is held presses again and
 * again, and a double click presses twice: the first press opens a question, and the next one would answer it. The stop is
 * the exception: nothing stands in its way.
 */

/* Of a tap to the one before: not every browser counts taps as it counts clicks. */
const SECOND_MS = 400;
const NEAR_PX = 24;

const STOP = "#stop";
const PRESSED = "button, a, [role=option]";

function isOn(event: Event, selector: string): boolean {
	return event.target instanceof Element && event.target.closest(selector) !== null;
}

let before: MouseEvent | undefined;

function isSecond(event: MouseEvent): boolean {
	const last = before;

	before = event;
	if (event.detail > 1) return true;
	return (
		last !== undefined &&
		event.timeStamp - last.timeStamp < SECOND_MS &&
		Math.hypot(event.clientX - last.clientX, event.clientY - last.clientY) < NEAR_PX
	);
}

addEventListener(
	"keydown",
	(event) => {
		if (event.repeat && event.key === "Enter" && !isOn(event, STOP)) event.preventDefault();
	},
	true,
);

addEventListener(
	"click",
	(event) => {
		// By key or by a program a click has no place.
		if (!event.isTrusted || event.detail === 0 || !isSecond(event) || isOn(event, STOP) || !isOn(event, PRESSED)) return;
		event.preventDefault();
		event.stopImmediatePropagation();
	},
	true,
);
