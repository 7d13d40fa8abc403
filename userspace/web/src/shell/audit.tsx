// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * On every page: what this browser has found as a witness of the audit, until an administrator takes note of it.
 */
import { may, session } from "../api/session";
import { useAct } from "../components/act";
import { Button, Notice, Refusal } from "../components/basics";
import { confirm } from "../components/overlay";
import { time } from "../format";
import { href } from "../router";
import { useStore } from "../store";
import { texts } from "../texts";
import { finding, takeNote } from "../witness";

const t = texts.audit;

export function AuditWord() {
	const found = useStore(finding);
	const { state } = useStore(session);
	const act = useAct();
	const note = async () => {
		if (await confirm(t.takeNoteAsk, t.takeNoteText, t.takeNote)) await act.run(takeNote);
	};

	// What could not be read of the checkpoint that follows.
	if (!found) return act.problem ? <Refusal problem={act.problem} /> : null;
	if (state !== "open") return null;
	return (
		<Notice
			tone={found.kind === "removed" ? "warn" : "bad"}
			id="audit-finding"
			role="alert"
			action={
				may("administrator") ? (
					<Button id="audit-note" onPress={() => void note()}>
						{t.takeNote}
					</Button>
				) : null
			}
		>
			<b>{t.found[found.kind](found.had, time(found.since, true), found.has)}</b> {t.todo[found.kind]}{" "}
			{may("administrator") ? <a href={href("/audit")}>{t.toAudit}</a> : t.administrator}
		</Notice>
	);
}
