// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A text that changes with the robot, in an element of its own. Translators and extensions replace text nodes, and Preact would go on
 * writing into the node that is no longer in the page: the text would stand still for ever. Such an element is written as a whole,
 * and what stands there is compared with what was written last.
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { Store } from "../store";

/* The page looks as often at texts that have not changed. */
const LOOK_MS = 1000;

/** Something else than the page has written into one of these texts. */
export const altered = new Store(false);

const written = new Map<Element, string>();

function look(node: Element): void {
	if (!node.isConnected || node.textContent !== written.get(node)) altered.set(true);
}

setInterval(() => {
	for (const node of written.keys()) look(node);
}, LOOK_MS);

/** The element with this ref shows this text; it has no other children. */
export function useLiveText<E extends Element>(text: string) {
	const box = useRef<E>(null);

	useLayoutEffect(() => {
		const node = box.current;

		if (!node) return;
		if (written.has(node)) look(node);
		node.textContent = text;
		written.set(node, node.textContent ?? "");
	}, [text]);
	useLayoutEffect(() => {
		const node = box.current;

		return () => {
			if (node) written.delete(node);
		};
	}, []);
	return box;
}

interface LiveTextProps {
	text: string;
	id?: string;
	class?: string;
}

export function LiveText({ text, ...attributes }: LiveTextProps) {
	return <span ref={useLiveText<HTMLSpanElement>(text)} {...attributes} />;
}
