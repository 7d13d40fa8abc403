// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All records of the audit, and whether they continue those that this browser has seen before.
 */
import { useEffect, useState } from "preact/hooks";
import type { AuditRecord } from "../api/types";
import { useAct } from "../components/act";
import { OpenRecord, Result } from "../components/audit-record";
import { Badge, Button, Card, Refusal, Skeleton, When } from "../components/basics";
import { Older } from "../components/older";
import { usePaged } from "../components/paged";
import { useSettled } from "../components/settled";
import { Table } from "../components/table";
import { fieldTime, time } from "../format";
import { useQuery } from "../router";
import { useStore } from "../store";
import { texts } from "../texts";
import { finding, newest, type Told, witness } from "../witness";

const t = texts.audit;
const ROWS = 50;
const TYPING_MS = 300;
/* As the route and the address have them. */
const FILTERS = ["text", "who", "act", "object", "result", "from", "to"] as const;
const TIMES: readonly string[] = ["from", "to"];

type Filter = (typeof FILTERS)[number];

/* ---- the checkpoint ---- */

function CheckpointSays({ told }: { told: Told }) {
	const found = useStore(finding);
	const { checkpoint, before, signature } = told;
	const [tone, word, text] = found
		? (["bad", t.fitsNot, t.asTold(checkpoint.size)] as const)
		: before
			? ([
					"ok",
					t.fits,
					before.size === checkpoint.size
						? t.same(checkpoint.size, time(before.at, true))
						: t.goesOn(checkpoint.size, before.size, time(before.at, true)),
				] as const)
			: (["none", t.first, t.begins(checkpoint.size)] as const);

	return (
		<>
			<p id="audit-says" data-size={checkpoint.size}>
				<Badge tone={tone}>{word}</Badge> {text} <span class="mute">{t.signatures[signature]}</span>
			</p>
			<details>
				<summary>{t.note}</summary>
				<pre class="mono">{told.note}</pre>
			</details>
		</>
	);
}

function Newest({ onRead }: { onRead: () => void }) {
	const told = useStore(newest);
	const act = useAct();
	const read = () => void act.run(witness);

	useEffect(read, []);
	return (
		<Card
			title={t.checkpoint}
			id="audit-checkpoint"
			head={
				<>
					{told ? <span class="age">{texts.readAgain.readAt(time(told.at))}</span> : null}{" "}
					<Button
						kind="plain"
						id="audit-read"
						onPress={() => {
							read();
							onRead();
						}}
					>
						{texts.readAgain.button}
					</Button>
				</>
			}
		>
			{act.problem ? <Refusal problem={act.problem} retry={read} /> : null}
			{told ? <CheckpointSays told={told} /> : act.problem ? null : <Skeleton lines={2} />}
		</Card>
	);
}

/* ---- the records ---- */

/* Where a record is narrowed to one value. Until typing pauses the address stays as it is. */
function Field({ name, label, hint }: { name: Filter; label?: string; hint: string | undefined }) {
	const [query, narrowTo] = useQuery();
	const [typed, setTyped] = useState<string>();
	const isTime = TIMES.includes(name);
	const kept = query.get(name) ?? "";
	const keptMs = Date.parse(kept);
	const shown = typed ?? (isTime ? (Number.isNaN(keptMs) ? "" : fieldTime(keptMs)) : kept);
	const narrow = () => {
		narrowTo({ [name]: typed && isTime ? new Date(typed).toISOString() : (typed ?? null) });
		setTyped(undefined);
	};

	useSettled(typed === undefined ? null : narrow, TYPING_MS, [typed]);
	return (
		<label class="audit-field">
			{label ? <span>{label}</span> : null}
			<input
				id={`audit-${name}`}
				type={isTime ? "datetime-local" : "search"}
				step={isTime ? 1 : undefined}
				placeholder={hint}
				aria-label={label ? undefined : hint}
				autocapitalize="none"
				spellcheck={false}
				value={shown}
				onInput={(event) => setTyped(event.currentTarget.value)}
			/>
		</label>
	);
}

function Records({ turn }: { turn: number }) {
	const [query, narrowTo] = useQuery();
	const wanted = FILTERS.flatMap((name) => {
		const value = query.get(name);

		return value ? [`&${name}=${encodeURIComponent(value)}`] : [];
	});
	const list = usePaged<AuditRecord>(`audit?limit=${ROWS}${wanted.join("")}`, turn);
	const [open, setOpen] = useState<AuditRecord>();

	return (
		<Card title={t.list} id="audit-records">
			<div class="audit-tools">
				<Field name="text" hint={t.search} />
				<details open={FILTERS.slice(1).some((name) => query.get(name))}>
					<summary>{t.filters}</summary>
					<div class="audit-filters">
						{FILTERS.slice(1).map((name) => (
							<Field key={name} name={name} label={t[name as Exclude<Filter, "text">]} hint={t.hints[name]} />
						))}
					</div>
				</details>
			</div>
			<Table
				id="audit"
				blocks
				label={t.list}
				searchable={false}
				sortable={false}
				rows={list.rows}
				problem={list.problem}
				retry={list.again}
				rowKey={(r) => r.number}
				empty={
					wanted.length ? (
						<>
							<p>{t.none}</p>
							<Button onPress={() => narrowTo(Object.fromEntries(FILTERS.map((name) => [name, null])))}>{t.showAll}</Button>
						</>
					) : (
						t.noneYet
					)
				}
				pager={<Older press={list.older} text={t.older} id="audit-older" />}
				columns={[
					{ id: "time", title: t.time, cell: (r) => <When iso={r.time} /> },
					{ id: "who", title: t.who, cell: (r) => r.who ?? <span class="mute">{t.nobody}</span> },
					{
						id: "what",
						title: t.what,
						cell: (r) => (
							<>
								<button type="button" class="record" aria-label={`${r.words}: ${t.open(r.number)}`} onClick={() => setOpen(r)}>
									{r.words}
								</button>
								<p class="sub">{r.words === r.act ? r.object : [r.act, r.object].filter(Boolean).join(": ")}</p>
							</>
						),
					},
					{ id: "result", title: t.result, cell: (r) => <Result result={r.result} /> },
					{ id: "from", title: t.address, cell: (r) => r.from ?? t.notThere, wide: true },
				]}
			/>
			{open ? <OpenRecord record={open} close={() => setOpen(undefined)} /> : null}
		</Card>
	);
}

export function Audit() {
	const [turn, setTurn] = useState(0);

	return (
		<div class="grid" id="audit-page">
			<Newest onRead={() => setTurn(turn + 1)} />
			<Records turn={turn} />
		</div>
	);
}
