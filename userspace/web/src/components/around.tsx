// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way from what has happened to the values around it.
 */
import type { ComponentChildren } from "preact";
import { aroundHref } from "../asked";
import { texts } from "../texts";

const t = texts.history;

/** The time of a row as that way. */
export function AroundTime({ at, children }: { at: string | null; children: ComponentChildren }) {
	if (at === null) return <>{children}</>;
	return (
		<a class="row-link" href={aroundHref(at)} title={t.aroundIt}>
			{children}
		</a>
	);
}

/** @text: what has happened, for those who hear one link without its row. */
export function Around({ at, text }: { at: string | null; text: string }) {
	if (at === null) return null;
	return (
		<a class="row-link around" href={aroundHref(at)} aria-label={t.aroundThis(text)}>
			{t.aroundIt}
		</a>
	);
}
