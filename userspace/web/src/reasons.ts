// SPDX-License-Identifier: GPL-2.0-or-later
import type { JournalEntry, Reason } from "./api/types";
import { words } from "./format";
import { texts } from "./texts";

/** "A cause of the stop still stands." with its cause or unit, as one sentence. */
export function reasonText(reason: Reason): string {
	const more =
		(reason.cause ? `: ${words(reason.cause)}` : "") + (reason.address ? ` (unit ${reason.address})` : "");

	return more ? `${reason.text.replace(/\.$/, "")}${more}.` : reason.text;
}

/** The actor of an entry, as far as the journal knows. */
export function actorText({ actor }: JournalEntry): string {
	if (!actor) return "";
	if (actor.type === "user") return actor.name ?? "";
	if (actor.type === "local") return texts.safety.uid(actor.uid ?? 0);
	return actor.type === "process" ? texts.safety.process(actor.pid ?? 0) : texts.safety.daemon;
}
