// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way back to a backup: what it does, asked before it is ordered, and the restart that puts it in.
 */
import { useState } from "preact/hooks";
import { useLive } from "../api/live";
import { call } from "../api/session";
import type { Backup, JobMade, Robot } from "../api/types";
import { time } from "../format";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Notice } from "./basics";
import { Dialog, toast } from "./overlay";
import { Refused } from "./refused";
import { Restart } from "./restart";

const t = texts.backups;
/* Of the robot, as POST backups/{id}/restore wants it. */
const STATES = ["safe", "estop", "fault"];

interface Props {
	backup: Backup;
	/** its name in sentences */
	what: string;
	close: () => void;
	/** a job has been ordered */
	done: () => void;
}

export function RestoreQuestion({ backup, what, close, done }: Props) {
	const state = useLive<Robot>("robot").data?.state ?? "unknown";
	const [isOther, setOther] = useState(false);
	const [isClear, setClear] = useState(false);
	const [isWhole, setWhole] = useState(true);
	const act = useAct();
	const restore = () =>
		act.run(async () => {
			const body = { from_another_robot: isOther, not_encrypted: isClear, history: isWhole };

			await call<JobMade>("POST", `backups/${backup.id}/restore`, { body });
			close();
			done();
		});

	return (
		<Dialog title={t.restoreAsk(what)} text={t.restoreText} id="backup-restore" wide onClose={close}>
			<ul class="restore-facts">
				{t.restoreFacts.map((text) => (
					<li key={text}>{text}</li>
				))}
			</ul>
			<label class="check">
				<input type="checkbox" id="restore-other" checked={isOther} onChange={(event) => setOther(event.currentTarget.checked)} />
				{t.otherRobot}
			</label>
			{backup.encrypted ? null : (
				<label class="check">
					<input type="checkbox" id="restore-clear" checked={isClear} onChange={(event) => setClear(event.currentTarget.checked)} />
					{t.notEncrypted}
				</label>
			)}
			{backup.history_bytes === null ? null : (
				<label class="check">
					<input type="checkbox" id="restore-history" checked={isWhole} onChange={(event) => setWhole(event.currentTarget.checked)} />
					{t.history(time(backup.history_from), time(backup.history_to))}
				</label>
			)}
			<Refused problem={act.problem} id="restore-refused" />
			<div class="actions gap-above">
				<Button
					kind="primary"
					id="restore-send"
					why={STATES.includes(state) ? undefined : t.wrongState(texts.state[state] ?? state)}
					onPress={() => void restore()}
				>
					{act.busy ? texts.form.sending : t.restore}
				</Button>
				<Button first onPress={close}>
					{texts.shell.cancel}
				</Button>
			</div>
		</Dialog>
	);
}

/** A restore that has been verified and waits for the next start. */
export function RestoreWaits({ backup, what, mayAct, done }: { backup: Backup; what: string; mayAct: boolean; done: () => void }) {
	const act = useAct();
	const withdraw = () =>
		act.run(async () => {
			await call("DELETE", `backups/${backup.id}/restore`, { body: {} });
			toast(t.withdrawn);
			done();
		});

	return (
		<Notice tone="warn" id="restore-waits" role="status">
			<b>{t.waiting(what)}</b> {t.waitingText}
			<Restart ask={t.restartAsk} text={t.restartText} />
			<Refused problem={act.problem} id="withdraw-refused" />
			<div class="actions gap-above">
				<Button id="restore-withdraw" why={mayAct ? undefined : texts.shell.needs(texts.roles.administrator ?? "")} onPress={() => void withdraw()}>
					{t.withdraw}
				</Button>
			</div>
		</Notice>
	);
}
