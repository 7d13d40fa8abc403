// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The versions of the configuration: who made each and why, what it changed, and the way back to it.
 */
import { useEffect, useState } from "preact/hooks";
import { useLive } from "../api/live";
import { call, may } from "../api/session";
import type { ConfigChange, ConfigTold, ConfigVersion, Robot } from "../api/types";
import { backOver, changing, readSettings, settings } from "../config";
import { time } from "../format";
import { useStore } from "../store";
import { texts } from "../texts";
import { useAct } from "./act";
import { Badge, Button, Card, Refusal, Skeleton, type Tone, When } from "./basics";
import { Differences } from "./config-differences";
import { confirmMember, queryOf, reasonMember, sendChange, standstillMember, toastLive } from "./config-save";
import { Form, type Values } from "./form";
import { Older } from "./older";
import { confirm, Dialog, toast } from "./overlay";
import { usePaged } from "./paged";
import { isMoving } from "./stop";
import { Table } from "./table";

const t = texts.config;
const TONES: Record<string, Tone> = { live: "ok", pending: "warn", waiting: "warn" };
const ROWS = 20;
/* Each one is a request. */
const READ_MAX = 20;

const readVersion = (version: number) => call<ConfigTold>("GET", `config/versions/${version}`);

/* ---- what a version changed ---- */

/* Where the robot tells them: counts of unequal times are compared by the minute. */
const rates = (before: number | null, after: number | null) => (before === null || after === null ? "" : t.aMinute(before, after));

/* What went otherwise since it went live: a figure a line. */
function Effect({ told: { effect, effect_until: until } }: { told: ConfigTold }) {
	if (until) return <p class="dialog-text" id="config-effect">{t.effectUntil(time(until))}</p>;
	if (!effect) return null;
	if (effect.state === "unknown") return <p class="dialog-text" id="config-effect">{t.effectUnknown}</p>;
	return (
		<>
			<p>{t.effectOf(Math.round(effect.before_s), Math.round(effect.after_s), t.effectEnds[effect.state] ?? "")}</p>
			<ul class="config-few" id="config-effect">
				{effect.figures.map(({ figure, unit, before, after, before_per_min, after_per_min }) => (
					<li key={figure} data-figure={figure}>
						{t.figures[figure] ?? figure}: {before ?? t.notKnown} → <b>{after ?? t.notKnown}</b> {unit ?? rates(before_per_min, after_per_min)}
					</li>
				))}
			</ul>
		</>
	);
}

function What({ version: { version, parent }, close }: { version: ConfigVersion; close: () => void }) {
	const [change, setChange] = useState<ConfigTold>();
	const act = useAct();

	useEffect(() => {
		void act.run(async () => setChange(await readVersion(version)));
	}, [version]);
	return (
		<Dialog title={t.whatIn(version)} text={parent === null ? t.firstVersion : undefined} id="config-what" wide onClose={close}>
			{change?.changes.length ? <Differences id="config-changed" label={t.whatIn(version)} changes={change.changes} /> : null}
			{change && !change.changes.length ? <p class="dialog-text">{t.changedNothing}</p> : null}
			{change ? <Effect told={change} /> : null}
			{act.busy ? <Skeleton lines={3} /> : null}
			{act.problem ? <Refusal problem={act.problem} /> : null}
			<div class="actions">
				<Button first onPress={close}>
					{texts.shell.close}
				</Button>
			</div>
		</Dialog>
	);
}

/* ---- the way back ---- */

/* What a return would change: of all that the versions behind it have changed, where it differs now. */
function Would({ version, live }: { version: number; live: number }) {
	const values = useStore(settings)?.values ?? new Map();
	const [later, setLater] = useState<ConfigChange[]>();
	const act = useAct();
	const count = live - version;

	useEffect(() => {
		if (count > READ_MAX) return;
		void act.run(async () => setLater(await Promise.all(Array.from({ length: count }, (_, i) => readVersion(version + 1 + i)))));
	}, [version, count]);
	if (count > READ_MAX) return <p class="dialog-text">{t.backFar(count - 1)}</p>;
	if (act.problem) return <Refusal problem={act.problem} />;
	if (!later) return <Skeleton lines={3} />;
	const changes = backOver(values, later);

	if (!changes.length) return <p class="dialog-text">{t.backNothing}</p>;
	return (
		<>
			<p>{t.backWould}</p>
			<Differences id="config-back-changes" label={t.backWould} changes={changes} />
		</>
	);
}

function Back({ version, live, close }: { version: number; live: number; close: () => void }) {
	const moves = isMoving(useLive<Robot>("robot").data);
	const goBack = ({ reason, ...when }: Values) =>
		changing(async () => {
			const made = await sendChange("POST", `config/versions/${version}/rollback${queryOf(when)}`, reason ? { reason } : {});

			toastLive(made, when.confirm_within_s, t.backDone(version, made.version));
			close();
			await readSettings(made.changes.map(({ pointer }) => pointer));
		});

	return (
		<Dialog title={t.backTo(version)} text={t.backText} id="config-back" wide onClose={close}>
			<Would key={live} version={version} live={live} />
			<Form id="back" members={[reasonMember(), confirmMember(false), standstillMember(moves)]} submit={t.backTo(version)} onSend={goBack} onCancel={close} />
		</Dialog>
	);
}

/* ---- the list ---- */

export function Versions() {
	const known = useStore(settings);
	const list = usePaged<ConfigVersion>(`config/versions?limit=${ROWS}`, known?.tag);
	const [looking, setLooking] = useState<ConfigVersion>();
	const [going, setGoing] = useState<number>();
	const act = useAct();
	const mark = async (version: number) => {
		if (!(await confirm(t.rescueAsk(version), t.rescueText, t.rescueMark))) return;
		await act.run(async () => {
			await call<ConfigVersion>("PUT", `config/versions/${version}/rescue`);
			toast(t.rescueDone(version));
			list.again();
		});
	};
	const live = known?.live?.version;

	return (
		<Card title={t.versions} id="config-versions">
			{act.problem ? <Refusal problem={act.problem} /> : null}
			<Table
				id="versions"
				blocks
				label={t.versions}
				searchable={false}
				sortable={false}
				rows={list.rows}
				problem={list.problem}
				retry={list.again}
				rowKey={(v) => v.version}
				empty={t.noVersions}
				pager={<Older press={list.older} text={t.older} />}
				columns={[
					{
						id: "version",
						title: t.version,
						head: true,
						cell: (v) => (
							<>
								{v.version} {v.state === "past" ? null : <Badge tone={TONES[v.state] ?? "none"}>{t.states[v.state] ?? v.state}</Badge>}{" "}
								{v.rescue ? <Badge tone="none">{t.rescue}</Badge> : null}
							</>
						),
					},
					{ id: "when", title: t.when, cell: (v) => <When iso={v.created} /> },
					{
						id: "author",
						title: t.author,
						cell: (v) => (
							<>
								{v.author}
								<p class="sub">{v.reason ?? t.noReason}</p>
							</>
						),
					},
					{
						id: "act",
						title: "",
						cell: (v) => (
							<>
								<Button kind="plain" label={t.whatOf(v.version)} onPress={() => setLooking(v)}>
									{t.what}
								</Button>
								{may("supervisor") && live !== undefined && v.version !== live && v.state !== "waiting" ? (
									<Button kind="plain" label={t.backTo(v.version)} onPress={() => setGoing(v.version)}>
										{t.back}
									</Button>
								) : null}
								{may("administrator") && v.state !== "pending" && v.state !== "waiting" && !v.rescue ? (
									<Button kind="plain" label={t.rescueMarkIt(v.version)} onPress={() => void mark(v.version)}>
										{t.rescueMark}
									</Button>
								) : null}
							</>
						),
					},
				]}
			/>
			{looking ? <What version={looking} close={() => setLooking(undefined)} /> : null}
			{going !== undefined && live !== undefined ? <Back version={going} live={live} close={() => setGoing(undefined)} /> : null}
		</Card>
	);
}
