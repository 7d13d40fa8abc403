// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accounts from a CSV file: what it would make, then the accounts, then a code for each person, which is shown once.
 */
import { useEffect, useState } from "preact/hooks";
import { Problem } from "../api/problem";
import { call } from "../api/session";
import type { Imported, ImportedAccount } from "../api/types";
import { texts } from "../texts";
import { importTexts as t } from "../texts-import";
import { asProblem, useAct } from "./act";
import { Button, Notice, Refusal } from "./basics";
import { Dialog } from "./overlay";
import { Table } from "./table";

const BYTES_MAX = 49_152;
/* Where the robot takes no more changes in a second. */
const PAUSE_MS = 1000;
const TRIES = 20;

async function textOf(file: File): Promise<string> {
	if (file.size > BYTES_MAX) throw new Error(t.tooLong(file.name, BYTES_MAX));
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
	} catch {
		throw new Error(t.notUtf8(file.name));
	}
}

const send = (csv: string, dry: boolean) => call<Imported>("POST", `users/import${dry ? "?dry_run=true" : ""}`, { body: { csv } });

/* The robot bounds how many changes come in a second. */
async function drawCode(id: number): Promise<string> {
	for (let i = 1; ; i++) {
		try {
			return (await call<{ reset_code: string }>("POST", `users/${id}/reset-code`, { body: {} })).reset_code;
		} catch (error) {
			if (i === TRIES || !(error instanceof Problem) || error.status !== 429) throw error;
			await new Promise((done) => setTimeout(done, PAUSE_MS));
		}
	}
}

/* One below the other: each has the line of the table that is to be mended. */
function Faults({ problem }: { problem: Problem }) {
	if (!problem.errors.length) return <Refusal problem={problem} />;
	return (
		<Notice tone="warn" id="import-faults" role="alert">
			<ul>
				{problem.errors.map(({ detail }) => (
					<li key={detail}>{detail}</li>
				))}
			</ul>
		</Notice>
	);
}

function Accounts({ id, items, codes }: { id: string; items: ImportedAccount[]; codes?: Map<number, string> | undefined }) {
	return (
		<Table
			id={id}
			label={codes ? t.codes : t.would}
			searchable={false}
			sortable={false}
			pageRows={1000}
			rows={items}
			rowKey={({ line }) => line}
			empty=""
			columns={[
				...(codes ? [] : [{ id: "line", title: t.line, number: true, cell: ({ line }: ImportedAccount) => line }]),
				{
					id: "username",
					title: texts.users.name,
					head: true,
					cell: ({ username, full_name }) => (
						<>
							{username} <span class="mute">{full_name}</span>
						</>
					),
				},
				{ id: "role", title: texts.users.role, cell: ({ role }) => texts.roles[role] ?? role },
				...(codes
					? [
							{
								id: "code",
								title: t.code,
								nowrap: true,
								cell: ({ id: of }: ImportedAccount) => <code>{codes.get(of ?? 0) ?? ""}</code>,
							},
						]
					: []),
			]}
		/>
	);
}

/* While they are there, the page prints nothing else. */
function Codes({ items, close }: { items: ImportedAccount[]; close: () => void }) {
	const [codes, setCodes] = useState(new Map<number, string>());

	useEffect(() => {
		let over = false;
		const drawAll = async () => {
			for (const { id } of items) {
				if (over || id === null) return;
				const code = await drawCode(id).catch(() => t.noCode);

				setCodes((before) => new Map(before).set(id, code));
			}
		};

		void drawAll();
		document.documentElement.classList.add("prints-dialog");
		return () => {
			over = true;
			document.documentElement.classList.remove("prints-dialog");
		};
	}, []);
	return (
		<Dialog title={t.codes} text={t.codesText} id="import-codes" wide>
			<Accounts id="imported-codes" items={items} codes={codes} />
			{codes.size < items.length ? (
				<p class="mute" role="status">
					{t.drawing(codes.size, items.length)}
				</p>
			) : (
				<div class="actions gap-above">
					<Button id="codes-print" kind="primary" onPress={() => print()}>
						{t.print}
					</Button>
					<Button id="codes-kept" onPress={close}>
						{t.kept}
					</Button>
				</div>
			)}
		</Dialog>
	);
}

export function Import({ close, done }: { close: () => void; done: () => void }) {
	const [csv, setCsv] = useState("");
	const [seen, setSeen] = useState<Imported>();
	const [made, setMade] = useState<Imported>();
	const [unread, setUnread] = useState<Problem>();
	const act = useAct();
	const choose = async (input: HTMLInputElement) => {
		const file = input.files?.[0];

		setSeen(undefined);
		setUnread(undefined);
		act.clear();
		if (!file) return;
		try {
			const text = await textOf(file);

			setCsv(text);
			await act.run(async () => setSeen(await send(text, true)));
		} catch (error) {
			setUnread(asProblem(error));
		}
		// The same file can be chosen again when it has been mended.
		input.value = "";
	};
	const make = async () => {
		const answer = await send(csv, false);

		setMade(answer);
		done();
	};
	const problem = unread ?? act.problem;

	if (made) return <Codes items={made.items} close={close} />;
	return (
		<Dialog title={t.title} text={t.text} id="users-import" wide onClose={close}>
			<div class="actions gap-below">
				<label class="button file">
					{t.file}
					<input type="file" id="import-file" accept=".csv,text/csv" onChange={(event) => void choose(event.currentTarget)} />
				</label>
			</div>
			{problem ? <Faults problem={problem} /> : null}
			{seen ? <Accounts id="import-seen" items={seen.items} /> : null}
			<div class="actions gap-above">
				{seen ? (
					<Button id="import-make" kind="primary" onPress={() => void act.run(make)}>
						{act.busy ? t.making : t.make(seen.items.length)}
					</Button>
				) : null}
				<Button onPress={close}>{texts.shell.cancel}</Button>
			</div>
		</Dialog>
	);
}
