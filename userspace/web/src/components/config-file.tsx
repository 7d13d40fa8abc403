// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration as a file: to be kept, and to be put into this robot or another one.
 */
import { useEffect, useState } from "preact/hooks";
import { useLive } from "../api/live";
import { call, may } from "../api/session";
import type { ConfigChange, Robot } from "../api/types";
import { changing, readSettings } from "../config";
import { download } from "../download";
import { fieldTime } from "../format";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Card, Notice, Refusal, Skeleton } from "./basics";
import { Differences } from "./config-differences";
import { confirmMember, queryOf, reasonMember, sendChange, Standstill, standstillMember, toastLive } from "./config-save";
import { Form, type Values } from "./form";
import { Dialog } from "./overlay";
import { isMoving } from "./stop";

const t = texts.config;

interface Chosen {
	name: string;
	document: unknown;
}

/* To be checked, or with a query to be put into the robot. It is meant for the version that is shown. */
function sendDocument({ document }: Chosen, isCalibrated: boolean, query?: Values): Promise<ConfigChange> {
	const path = query ? "config/import" : "config/import/check";
	const asked = { ...query, ...(isCalibrated ? { calibration: true } : {}) };

	return sendChange("POST", `${path}${queryOf(asked)}`, document);
}

function Import({ file, close }: { file: Chosen; close: () => void }) {
	const moves = isMoving(useLive<Robot>("robot").data);
	const [isCalibrated, setCalibrated] = useState(false);
	const [checked, setChecked] = useState<ConfigChange>();
	const act = useAct();
	const save = (query: Values) =>
		changing(async () => {
			const made = await sendDocument(file, isCalibrated, query);

			toastLive(made, query.confirm_within_s, t.saved(made.version));
			close();
			await readSettings(made.changes.map(({ pointer }) => pointer));
		});

	useEffect(() => {
		setChecked(undefined);
		void act.run(async () => setChecked(await sendDocument(file, isCalibrated)));
	}, [isCalibrated]);
	return (
		<Dialog title={t.importOf(file.name)} text={t.importText} id="config-import" wide onClose={close}>
			<label class="check">
				<input
					type="checkbox"
					id="import-calibration"
					checked={isCalibrated}
					onChange={(event) => setCalibrated(event.currentTarget.checked)}
				/>
				{t.importCalibration}
			</label>
			{act.problem ? <Refusal problem={act.problem} /> : checked ? null : <Skeleton lines={3} />}
			{checked?.changes.length ? (
				<>
					<Differences id="import-changes" label={t.differenceTitle} changes={checked.changes} />
					<Standstill checked={checked} />
					<Form
						id="import"
						members={[
							reasonMember(),
							confirmMember(checked.needs_standstill),
							...(checked.needs_standstill ? [standstillMember(moves)] : []),
						]}
						submit={t.importDo}
						onSend={save}
						onCancel={close}
					/>
				</>
			) : (
				<>
					{checked ? <p class="dialog-text">{t.importNothing}</p> : null}
					<div class="actions">
						<Button first onPress={close}>
							{texts.shell.close}
						</Button>
					</div>
				</>
			)}
		</Dialog>
	);
}

export function AsFile() {
	const [file, setFile] = useState<Chosen>();
	const [wrong, setWrong] = useState<string>();
	const act = useAct();
	const save = () =>
		void act.run(async () => {
			const kept = await call<Blob>("GET", "config/export", { as: "blob" });

			download(kept, `oht-configuration-${fieldTime(Date.now()).replaceAll(":", "-")}.json`);
		});
	const choose = async (input: HTMLInputElement) => {
		const [chosen] = input.files ?? [];

		if (!chosen) return;
		setWrong(undefined);
		try {
			setFile({ name: chosen.name, document: JSON.parse(await chosen.text()) });
		} catch {
			setWrong(t.importUnread(chosen.name));
		}
		// The same file can be chosen again when it has been mended.
		input.value = "";
	};

	return (
		<Card title={t.asFile} id="config-file">
			<p>{t.asFileText}</p>
			{act.problem ? <Refusal problem={act.problem} /> : null}
			{wrong ? (
				<Notice tone="warn" id="import-wrong" role="alert">
					{wrong}
				</Notice>
			) : null}
			<div class="actions gap-above">
				<Button id="config-export" onPress={save}>
					{t.exportDo}
				</Button>
				{may("supervisor") ? (
					<label class="button file">
						{t.importChoose}
						<input type="file" id="import-file" accept=".json,application/json" onChange={(event) => void choose(event.currentTarget)} />
					</label>
				) : null}
			</div>
			{file ? <Import file={file} close={() => setFile(undefined)} /> : null}
		</Card>
	);
}
