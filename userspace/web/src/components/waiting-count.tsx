// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many persons wait for an account, and how many devices, behind the name of the page Users.
 */
import { useLive } from "../api/live";
import type { AlertList } from "../api/types";
import { texts } from "../texts";

export function WaitingCount() {
	const waiting = useLive<AlertList>("alerts").data?.items.filter(({ code }) => code === "registration_waiting" || code === "device_waiting");

	if (!waiting?.length) return null;
	return (
		<span class="page-count warn">
			{/* The text begins with the number. */}
			{waiting.reduce((sum, { text }) => sum + Number.parseInt(text, 10), 0)}
			<span class="hidden"> {texts.waiting.wait}</span>
		</span>
	);
}
