// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How is the robot set, and who set it so? All items as the schema of the robot says, changed together and saved as one version.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { may, ROLES, session } from "../api/session";
import type { ConfigChange, ConfigItem } from "../api/types";
import { type Act, useAct } from "../components/act";
import { Button, Card, Notice, Refusal, Skeleton } from "../components/basics";
import { AsFile } from "../components/config-file";
import { isOther, Items, type Row, rowsOf } from "../components/config-items";
import { NameActs, NewName } from "../components/config-names";
import { Difference, Live, Meanwhile, SaveBar, sendDraft } from "../components/config-save";
import { Versions } from "../components/config-versions";
import { changesOf, type Draft, draft, groupOf, isForAny, itemOf, readSettings, type Settings, settings } from "../config";
import { title } from "../format";
import type { PageProps } from "../pages";
import { go, href, useQuery } from "../router";
import { useStore } from "../store";
import { texts } from "../texts";

const t = texts.config;
const PATH = "/configuration";
const VERSIONS = "versions";

/* These have a page of their own, which tries a rule before it is made. */
const ELSEWHERE = "alert_rules";

const groupsOf = (items: ConfigItem[]) => [...new Set(items.map(({ pointer }) => groupOf(pointer)))].filter((group) => group !== ELSEWHERE);

function Parts({ groups, current }: { groups: string[]; current: string }) {
	const parts = [["", t.all], ...groups.map((group) => [group, title(group)]), [VERSIONS, t.versions]];

	return (
		<nav class="tabs config-parts" aria-label={t.parts}>
			{parts.map(([id, name]) => (
				<a key={id} href={href(id ? `${PATH}/${id}` : PATH)} aria-current={id === current ? "page" : undefined}>
					{name}
				</a>
			))}
		</nav>
	);
}

/* A reader who may change nothing is told which role may. */
function ReadOnly({ items }: { items: ConfigItem[] }) {
	const { role } = useStore(session);
	const lowest = ROLES.find((one) => items.some((item) => item.role === one));

	if (!lowest || may(lowest)) return null;
	return (
		<Notice id="config-read-only">
			{t.readOnly(texts.roles[lowest] ?? lowest, texts.roles[role ?? ""] ?? "")} {texts.shell.askAdministrator}
		</Notice>
	);
}

function isWanted({ item, pointer, label }: Row, search: string): boolean {
	return `${title(groupOf(pointer))} ${label} ${pointer} ${item.summary} ${item.unit ?? ""}`.toLowerCase().includes(search);
}

interface Narrowed {
	search: string;
	differs: boolean;
	narrowTo: ReturnType<typeof useQuery>[1];
}

/* In the address, so that a link restores the view. */
function useNarrowed(): Narrowed {
	const [query, narrowTo] = useQuery();

	return { search: query.get("search") ?? "", differs: query.get("differs") !== null, narrowTo };
}

function Tools() {
	const { search, differs, narrowTo } = useNarrowed();

	return (
		<div class="tools config-tools">
			<label class="check">
				<input
					type="checkbox"
					id="config-differs"
					checked={differs}
					onChange={(event) => narrowTo({ differs: event.currentTarget.checked ? "1" : null })}
				/>
				{t.differs}
			</label>
			<input
				class="push"
				id="config-search"
				type="search"
				placeholder={t.search}
				aria-label={t.search}
				value={search}
				onInput={(event) => narrowTo({ search: event.currentTarget.value })}
			/>
		</div>
	);
}

function Groups({ known, rows, only }: { known: Settings; rows: Row[]; only: string }) {
	const { search, differs, narrowTo } = useNarrowed();
	// Typed and refused values are never out of sight.
	const shown = rows
		.filter(({ pointer }) => !only || groupOf(pointer) === only)
		.filter(
			(row) => row.typed !== undefined || row.fault || (isWanted(row, search.trim().toLowerCase()) && (!differs || isOther(row, known))),
		);
	const isNarrowed = search !== "" || differs;

	return (
		<>
			<div class="stack">
				{groupsOf(known.items)
					.filter((group) => !only || group === only)
					.map((group) => {
						const mine = shown.filter(({ pointer }) => groupOf(pointer) === group);
						const many = known.items.find((item) => isForAny(item) && groupOf(item.pointer) === group);

						if (!mine.length && (isNarrowed || !many)) return null;
						return (
							<Card
								key={group}
								title={title(group)}
								id={`config-${group}`}
								head={many && !isNarrowed && may(many.role) ? <NewName item={many} /> : null}
							>
								<Items rows={mine} settings={known} more={(row) => <NameActs row={row} />} />
							</Card>
						);
					})}
			</div>
			{shown.length || !isNarrowed ? null : (
				<div class="empty">
					<p>{t.noneFound}</p>
					<Button onPress={() => narrowTo({ search: null, differs: null })}>{t.showAll}</Button>
				</div>
			)}
		</>
	);
}

/* What the robot has said of items, with what was typed there when it said it: of another text it says nothing. */
function theirsOf(act: Act, sent: Draft): Map<string, [string, Draft[string] | undefined]> {
	return new Map(act.problem?.errors.map(({ pointer, detail }) => [pointer, [detail, sent[pointer]]]));
}

function Loaded({ known, rest, onRead }: { known: Settings; rest: string; onRead: () => void }) {
	const typed = useStore(draft);
	const [looked, setLooked] = useState(false);
	const [sent, setSent] = useState<Draft>({});
	const [checked, setChecked] = useState<{ change: ConfigChange; tag: string | undefined }>();
	const act = useAct();
	const box = useRef<HTMLFormElement>(null);
	const rows = rowsOf(known, typed, looked, theirsOf(act, sent)).filter(({ pointer }) => groupOf(pointer) !== ELSEWHERE);
	const faulty = rows.filter(({ fault }) => fault).length;
	const groups = groupsOf(known.items);
	const review = () => {
		const wrong = rowsOf(known, typed, true, new Map()).filter(({ fault }) => fault);

		setLooked(wrong.length > 0);
		act.clear();
		// The field that is refused may be in a part that is not shown.
		if (wrong.some(({ pointer }) => rest && groupOf(pointer) !== rest)) go(PATH);
		if (wrong.length || !changesOf(known, typed).length) return;
		setSent(typed);
		void act.run(async () => setChecked({ change: await sendDraft(known.tag), tag: known.tag }));
	};

	useEffect(() => {
		if (faulty) box.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
	}, [looked, act.problem]);
	useEffect(() => {
		if (!Object.keys(typed).length) act.clear();
	}, [typed]);
	const isAtItems = act.problem?.errors.length && act.problem.errors.every(({ pointer }) => itemOf(known.items, pointer));

	return (
		<>
			<Live onRead={onRead} />
			<ReadOnly items={known.items} />
			<Meanwhile />
			<Parts groups={groups} current={rest} />
			{rest === VERSIONS ? (
				<div class="stack">
					<Versions />
					<AsFile />
				</div>
			) : (
				<Tools />
			)}
			<form
				ref={box}
				id="config-form"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					review();
				}}
			>
				{rest === VERSIONS ? null : <Groups known={known} rows={rows} only={groups.includes(rest) ? rest : ""} />}
				{Object.keys(typed).length ? (
					<div class="config-foot">
						{faulty ? (
							<Notice tone="warn" id="config-faults" role="alert">
								{t.faults(faulty)}
							</Notice>
						) : null}
						{act.problem && !isAtItems ? (
							<div id="config-refused">
								<Refusal problem={act.problem} />
							</div>
						) : null}
						<SaveBar count={changesOf(known, typed).length} busy={act.busy} onReview={review} />
					</div>
				) : null}
			</form>
			{checked ? (
				<Difference
					checked={checked.change}
					tag={checked.tag}
					close={() => setChecked(undefined)}
					onOutdated={(error) => void act.run(() => Promise.reject(error))}
				/>
			) : null}
		</>
	);
}

export function Configuration({ rest }: PageProps) {
	const known = useStore(settings);
	const { run, problem } = useAct();
	const read = () => void run(() => readSettings());

	useEffect(() => {
		const look = () => {
			if (!document.hidden) read();
		};

		look();
		document.addEventListener("visibilitychange", look);
		return () => document.removeEventListener("visibilitychange", look);
	}, []);
	return (
		<div id="configuration">
			{problem ? <Refusal problem={problem} retry={read} /> : null}
			{known ? <Loaded known={known} rest={rest} onRead={read} /> : problem ? null : <Skeleton lines={8} />}
		</div>
	);
}
