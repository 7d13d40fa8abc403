// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many persons wait for an account, behind the name of the page Users.
 */
import { useLive } from "../api/live";
import type { AlertList } from "../api/types";
import { texts } from "../texts";

export function WaitingCount() {
	const waiting = useLive<AlertList>("alerts").data?.items.find(({ code }) => code === "registration_waiting");

	if (!waiting) return null;
	return (
		<span class="page-count warn">
			{/* The text begins with the number. */}
			{Number.parseInt(waiting.text, 10)}
			<span class="hidden"> {texts.waiting.title}</span>
		</span>
	);
}
