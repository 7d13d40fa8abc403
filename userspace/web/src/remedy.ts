// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What to do about a refusal or a reason, in the API's own words: GET errors has a remedy for every code.
 */
import { useEffect } from "preact/hooks";
import { send } from "./api/client";
import type { ErrorCode, List } from "./api/types";
import { Store, useStore } from "./store";

const catalogue = new Store<ErrorCode[]>([]);
let asked = false;

function ask(): void {
	if (asked) return;
	asked = true;
	send<List<ErrorCode>>("GET", "errors").then(
		(list) => catalogue.set(list.items),
		() => {
			asked = false;
		},
	);
}

/** Finds the entry of a code; the status tells codes apart that have several meanings. */
export function useErrorCodes(): (code: string, status?: number) => ErrorCode | undefined {
	const entries = useStore(catalogue);

	useEffect(ask, []);
	return (code, status) => {
		const meant = entries.filter((entry) => entry.code === code);

		return (
			meant.find((e) => status !== undefined && e.status === status) ??
			meant.find((e) => e.kind === "reason") ??
			meant[0]
		);
	};
}

/** Finds the remedy for a code. */
export function useRemedies(): (code: string, status?: number) => string | undefined {
	const find = useErrorCodes();

	return (code, status) => find(code, status)?.action;
}
