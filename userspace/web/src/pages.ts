// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pages. Each file in pages/ that exports `page` is one: a later page adds its file and changes none.
 */
import type { ComponentChildren, ComponentType } from "preact";
import type { Role } from "./api/types";

export interface PageProps {
	/** what follows the page's own path: "2" of "/modules/2" */
	rest: string;
}

export interface Page {
	id: string;
	path: string;
	title: string;
	/** drawn in a square of 24 by lines of the text's colour */
	icon: ComponentChildren;
	/** place in the rail, as in the specification: 10, 20, ... */
	order: number;
	/** lowest role that may see it; null: everybody, also without a log-in */
	role: Role | null;
	/** further words under which the search finds it */
	words: string;
	component: ComponentType<PageProps>;
	/** drawn behind its name: how many things wait there */
	count?: ComponentType;
}

const files = import.meta.glob<{ page?: Page }>("./pages/*.tsx", { eager: true });

export const pages: Page[] = Object.values(files)
	.flatMap((file) => (file.page ? [file.page] : []))
	.sort((a, b) => a.order - b.order);

/** The page of a path, and the rest of the path. */
export function pageOf(path: string): { page: Page; rest: string } | null {
	const page = pages.find((p) => path === p.path || (p.path !== "/" && path.startsWith(`${p.path}/`)));

	return page ? { page, rest: path.slice(page.path.length).replace(/^\//, "") } : null;
}
