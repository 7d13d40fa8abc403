// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the person is: "#/modules/2?search=volt". A link restores the view, so what a view is narrowed to is in it.
 */
import { Store, useStore } from "./store";

export interface Place {
	path: string;
	query: URLSearchParams;
}

/* The address whose event has come; behind a step of the person, it is not yet that of the window. */
let heard = location.hash;

function read(): Place {
	heard = location.hash;
	const [path = "", query = ""] = location.hash.replace(/^#/, "").split("?", 2);

	return { path: path.startsWith("/") ? path : "/", query: new URLSearchParams(query) };
}

export const place = new Store<Place>(read());

addEventListener("hashchange", () => place.set(read()));

export function href(path: string, query?: Record<string, string>): string {
	const text = query ? new URLSearchParams(query).toString() : "";

	return `#${path}${text ? `?${text}` : ""}`;
}

export function go(path: string): void {
	location.hash = href(path);
}

/** What the view is narrowed to, and how to change that without a new step in the history. */
export function useQuery(): [URLSearchParams, (changes: Record<string, string | null>) => void] {
	const { path, query } = useStore(place);

	return [
		query,
		(changes) => {
			// The person has gone elsewhere meanwhile: that stays.
			if (location.hash !== heard) return;
			const next = new URLSearchParams(place.get().query);

			for (const [name, value] of Object.entries(changes))
				if (value) next.set(name, value);
				else next.delete(name);
			history.replaceState(null, "", href(path, Object.fromEntries(next)));
			place.set(read());
		},
	];
}
