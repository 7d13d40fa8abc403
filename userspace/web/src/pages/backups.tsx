// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Can all of it come back? The backups of the robot, what is being done with them, and the way back.
 */
import { useEffect, useState } from "preact/hooks";
import { call, may } from "../api/session";
import type { Backup, JobMade, LongJob } from "../api/types";
import { useAct } from "../components/act";
import { RestoreQuestion, RestoreWaits } from "../components/backup-restore";
import { Badge, Button, Card, Notice, When } from "../components/basics";
import { Job } from "../components/job";
import { confirm, toast } from "../components/overlay";
import { usePaged } from "../components/paged";
import { useRobotClock } from "../components/past-read";
import { Refused } from "../components/refused";
import { Table } from "../components/table";
import { download } from "../download";
import { size, span, time } from "../format";
import { texts } from "../texts";

const t = texts.backups;
const BUSY_MS = 500;
/* Others order jobs, too. */
const IDLE_MS = 10_000;
const OLD_MS = 2 * 86_400_000;
/* Over a slow network: 200 kB a second. */
const DOWNLOAD_LEAST_MS = 60_000;
const DOWNLOAD_BYTES_A_MS = 200;
const EMPTY = {};

const hasEnded = ({ state }: LongJob) => state !== "waiting" && state !== "running";

const nameOf = ({ made, id }: Pick<Backup, "made" | "id">) => t.backupOf(made ? time(made, true) : String(id));

/* ---- jobs ---- */

interface Jobs {
	rows: LongJob[] | undefined;
	again: () => void;
	/** the same as long as no job ends */
	ended: string;
	list: ReturnType<typeof usePaged<LongJob>>;
}

function useJobs(): Jobs {
	const [turn, setTurn] = useState(0);
	const list = usePaged<LongJob>("jobs", turn);
	const again = () => setTurn((n) => n + 1);
	const isBusy = list.rows?.some((job) => !hasEnded(job)) ?? false;

	useEffect(() => {
		const timer = setInterval(() => document.hidden || again(), isBusy ? BUSY_MS : IDLE_MS);

		return () => clearInterval(timer);
	}, [isBusy]);
	return { rows: list.rows, again, ended: list.rows?.filter(hasEnded).map(({ id }) => id).join() ?? "", list };
}

function UnderWay({ job, again }: { job: LongJob; again: () => void }) {
	const act = useAct();
	const kind = t.kinds[job.kind] ?? job.kind;
	const cancel = () =>
		void act.run(async () => {
			await call("DELETE", `jobs/${job.id}`, { body: EMPTY });
			toast(t.cancelled);
			again();
		});

	return (
		<div id="job-under-way" data-job={job.id}>
			<Job
				title={job.state === "waiting" ? t.waits(kind) : t.runs(kind)}
				part={job.progress / 100}
				{...(may("administrator") ? { onCancel: cancel } : {})}
			/>
			<Refused problem={act.problem} id="job-refused" />
		</div>
	);
}

function JobList({ jobs }: { jobs: Jobs }) {
	return (
		<Card title={t.jobs} id="backup-jobs">
			<Table
				id="jobs"
				blocks
				label={t.jobs}
				searchable={false}
				sortable={false}
				pageRows={10}
				rows={jobs.rows?.filter(hasEnded)}
				problem={jobs.list.problem}
				retry={jobs.again}
				rowKey={(job) => job.id}
				empty={t.noJobs}
				columns={[
					{ id: "ended", title: t.ended, cell: (job) => <When iso={job.ended} /> },
					{
						id: "job",
						title: t.job,
						cell: (job) => (
							<>
								{t.kinds[job.kind] ?? job.kind}
								<p class="sub">{t.by(job.by)}</p>
							</>
						),
					},
					{
						id: "result",
						title: t.cameOf,
						cell: (job) => (
							<>
								<Badge tone={job.state === "failed" ? "bad" : job.state === "done" ? "ok" : "none"}>{t.states[job.state] ?? job.state}</Badge>
								<p class="sub">{job.result}</p>
							</>
						),
					},
				]}
			/>
		</Card>
	);
}

/* ---- the backups ---- */

/* What the newest verification since the start has said. */
function Verified({ backup, jobs }: { backup: Backup; jobs: LongJob[] }) {
	const job = jobs.find((one) => one.kind === "verify" && one.backup === backup.id && (one.state === "done" || one.state === "failed"));

	if (backup.damaged) return <Badge tone="bad">{t.damaged}</Badge>;
	if (!job) return <span class="mute">{t.notVerified}</span>;
	return job.state === "done" ? <Badge tone="ok">{t.sound(time(job.ended))}</Badge> : <Badge tone="bad">{t.notSound(time(job.ended))}</Badge>;
}

interface RowActs {
	verify: (backup: Backup) => void;
	take: (backup: Backup) => void;
	restore: (backup: Backup) => void;
	remove: (backup: Backup) => void;
}

function Acts({ backup, acts, taking }: { backup: Backup; acts: RowActs; taking: boolean }) {
	const what = nameOf(backup);

	return (
		<>
			<Button kind="plain" label={t.verifyIt(what)} onPress={() => acts.verify(backup)}>
				{t.verify}
			</Button>
			<Button kind="plain" label={t.downloadIt(what)} onPress={() => acts.take(backup)}>
				{taking ? t.downloading : t.download}
			</Button>
			<Button kind="plain" label={t.restoreIt(what)} onPress={() => acts.restore(backup)}>
				{t.restore}
			</Button>
			<Button kind="plain" label={t.removeIt(what)} onPress={() => acts.remove(backup)}>
				{t.remove}
			</Button>
		</>
	);
}

function Age({ newest }: { newest: Backup | undefined }) {
	const clock = useRobotClock();
	const ageMs = newest?.made ? clock.nowMs() - Date.parse(newest.made) : 0;

	if (!clock.isKnown || ageMs <= OLD_MS) return null;
	return (
		<Notice tone="warn" id="backups-old" role="status">
			{t.isOld(span(ageMs))}
		</Notice>
	);
}

export function Backups() {
	const jobs = useJobs();
	const list = usePaged<Backup>("backups", jobs.ended);
	const [restoring, setRestoring] = useState<Backup>();
	const [isWhole, setWhole] = useState(false);
	const { history } = useRobotClock();
	const [taking, setTaking] = useState<number>();
	const act = useAct();
	const saving = useAct();
	const mayAct = may("administrator");
	const order = (path: string, body: object = EMPTY) =>
		void act.run(async () => {
			await call<JobMade>("POST", path, { body });
			jobs.again();
		});
	const acts: RowActs = {
		verify: ({ id }) => order(`backups/${id}/verify`),
		take: ({ id, bytes }) =>
			void saving.run(async () => {
				setTaking(id);
				const timeoutMs = DOWNLOAD_LEAST_MS + bytes / DOWNLOAD_BYTES_A_MS;

				download(await call<Blob>("GET", `backups/${id}/content`, { as: "blob", timeoutMs }), `${id}.ohtbackup`);
			}),
		restore: setRestoring,
		remove: async (backup) => {
			if (!(await confirm(t.removeAsk(nameOf(backup)), t.removeText, t.remove))) return;
			await act.run(async () => {
				await call("DELETE", `backups/${backup.id}`, { body: EMPTY });
				toast(t.removed);
				list.again();
			});
		},
	};
	const waiting = list.rows?.find(({ restore_waits }) => restore_waits);

	return (
		<div class="grid" id="backups-page">
			<Card title={t.title} id="backup-list">
				<div class="backup-words">
					<Age newest={list.rows?.find(({ made }) => made)} />
					{waiting ? <RestoreWaits backup={waiting} what={nameOf(waiting)} mayAct={mayAct} done={list.again} /> : null}
					<Refused problem={act.problem ?? saving.problem} id="backup-refused" />
					<Button
						kind="primary"
						id="backup-make"
						why={mayAct ? undefined : texts.shell.needs(texts.roles.administrator ?? "")}
						onPress={() => order("backups", { history: isWhole })}
					>
						{t.make}
					</Button>
					{mayAct ? (
						<label class="check">
							<input type="checkbox" id="backup-history" checked={isWhole} onChange={(event) => setWhole(event.currentTarget.checked)} />
							{t.withHistory(history && size(history.bytes))}
						</label>
					) : null}
					{/* Below what was pressed, so that no button moves. */}
					{jobs.rows?.filter((job) => !hasEnded(job)).map((job) => (
						<UnderWay key={job.id} job={job} again={jobs.again} />
					))}
				</div>
				<Table
					id="backups"
					blocks
					label={t.title}
					searchable={false}
					sortable={false}
					rows={list.rows}
					problem={list.problem}
					retry={list.again}
					rowKey={({ id }) => id}
					empty={mayAct ? t.none : t.noneYet}
					columns={[
						{
							id: "made",
							title: t.made,
							cell: (b) => (b.made ? <When iso={b.made} /> : String(b.id)),
						},
						{
							id: "kind",
							title: t.kind,
							cell: (b) => (
								<>
									{b.automatic ? t.nightly : b.by ? t.by(b.by) : t.unknown}
									{b.robot_name ? <p class="sub">{b.robot_name}</p> : null}
								</>
							),
							nowrap: true,
						},
						{
							id: "size",
							title: t.size,
							cell: (b) => (
								<>
									{size(b.bytes)}
									{b.history_bytes === null ? null : <p class="sub">{t.hasHistory(time(b.history_from), time(b.history_to))}</p>}
								</>
							),
							number: true,
						},
						{ id: "encrypted", title: t.encrypted, cell: (b) => (b.encrypted ? texts.form.yes : texts.form.no), wide: true },
						{
							id: "versions",
							title: t.versions,
							cell: (b) => (
								<>
									{b.version ?? t.unknown}
									{b.schema === null ? null : <p class="sub">{t.schema(b.schema)}</p>}
								</>
							),
							wide: true,
						},
						{ id: "verified", title: t.verified, cell: (b) => <Verified backup={b} jobs={jobs.rows ?? []} /> },
						...(mayAct
							? [{ id: "act", title: "", cell: (b: Backup) => <Acts backup={b} acts={acts} taking={saving.busy && taking === b.id} />, number: true }]
							: []),
					]}
				/>
			</Card>
			<JobList jobs={jobs} />
			{restoring ? (
				<RestoreQuestion backup={restoring} what={nameOf(restoring)} close={() => setRestoring(undefined)} done={jobs.again} />
			) : null}
		</div>
	);
}
