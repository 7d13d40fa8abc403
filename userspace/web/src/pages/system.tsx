// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is the box in the cupboard well, and was it? Health with reasons, the service level, the certificate to take along, versions, the log.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { feed, useLive } from "../api/live";
import { call, may } from "../api/session";
import type { Factsheet, Health, LogLine } from "../api/types";
import { useAct } from "../components/act";
import { Badge, Button, Card, Facts, Notice, Refusal, Skeleton, type Tone, useAge } from "../components/basics";
import { CertificateView } from "../components/certificate";
import { useOnce } from "../components/once";
import { OdometerCard } from "../components/odometer";
import { Older } from "../components/older";
import { Restart } from "../components/restart";
import { toast } from "../components/overlay";
import { usePaged } from "../components/paged";
import { ServiceLevelCard } from "../components/service-level";
import { Table } from "../components/table";
import { size, span, time, title, words } from "../format";
import { href, useQuery } from "../router";
import { texts } from "../texts";

const t = texts.system;
const LOG_ROWS = 100;
/* After so many new lines the list is read again, so that it still overlaps with the lines on the page. */
const NEW_ROWS = LOG_ROWS / 2;
const LEVELS: LogLine["level"][] = ["error", "warning", "notice", "info", "debug"];
const LEVEL_TONES: Record<LogLine["level"], Tone> = {
	error: "bad",
	warning: "warn",
	notice: "live",
	info: "none",
	debug: "none",
};

/* A rate since the start of the daemon. The first minute says nothing of a day. */
function written(health: Health, room: Health["store"] | Health["history"]): string {
	if (health.up_s < 60) return t.writtenSoon;
	const megabytes = ((room.written_bytes / health.up_s) * 86400) / 1e6;

	return t.writtenRate(megabytes.toFixed(megabytes < 10 ? 1 : 0), ((room.synchronisations / health.up_s) * 60).toFixed(1));
}

function Room({ disk }: { disk: Health["disk"] }) {
	if (disk.free_bytes === null || disk.size_bytes === null) return <>{t.notMeasured}</>;
	const text = t.free(size(disk.free_bytes), size(disk.size_bytes), ((100 * disk.free_bytes) / disk.size_bytes).toFixed(0));

	return disk.low ? <Badge tone="warn">{text}</Badge> : <>{text}</>;
}

/* The answers that other machines ask for: a watchdog, a proxy, a person with curl. */
const FOR_MACHINES = ["health", "health/live", "health/ready"];

function Links() {
	return (
		<p class="sub gap-above" id="health-links">
			<a href={href("/alerts")}>{texts.alerts.title}</a> · <a href={href("/bus")}>{texts.bus.title}</a> · {t.forMachines}{" "}
			{FOR_MACHINES.map((path) => (
				<span key={path}>
					<a class="mono" href={`/api/v1/${path}`}>
						{path}
					</a>{" "}
				</span>
			))}
		</p>
	);
}

function HealthCard({ health }: { health: Health }) {
	const { bus, store, history, disk, journal, clock } = health;

	return (
		<>
			<div class="figure word" id="health">
				<Badge tone={health.status === "ok" ? "ok" : "warn"}>{health.status === "ok" ? t.well : t.degraded}</Badge>
			</div>
			<ul class="reasons" id="health-reasons">
				{health.reasons.map((r) => (
					<li key={`${r.component} ${r.code} ${r.unit}`}>
						<b>{r.text}</b> {r.unit === null ? "" : t.ofUnit(r.unit)} <span class="mute">{r.action}</span>
						{r.since ? <span class="age"> {texts.overview.since(time(r.since))}</span> : null}
					</li>
				))}
			</ul>
			<Facts
				items={[
					[t.bus, `${bus.present ? t.there : t.gone} · ${bus.backend}`],
					[t.timing, bus.timing === "exact" ? t.exact : t.notGuaranteed],
					[t.hardwareStop, bus.hardware_stop ? texts.form.yes : texts.form.no],
					[t.store, `${words(store.state)} · ${store.writable ? t.writable : t.readOnly}`],
					[t.written, written(health, store)],
					[t.history, `${words(history.state)} · ${size(history.bytes)}`],
					[t.historyWritten, written(health, history)],
					[t.disk, <Room disk={disk} />],
					[t.journal, words(journal.state)],
					[t.clock, `${time(clock.time, true)} · ${clock.synchronised ? t.synchronised : t.notSynchronised}`],
					[t.jumps, String(clock.jumps)],
				]}
			/>
			<Links />
		</>
	);
}

/* Of the modules: what each says of itself. */
function ModuleVersions() {
	const { value, problem, again } = useOnce(() => call<Factsheet>("GET", "robot/factsheet"));
	const known = value?.versions.modules ?? [];

	if (problem) return <Refusal problem={problem} retry={again} />;
	if (!value) return <Skeleton lines={4} />;
	return (
		<div id="module-versions">
			<Facts items={known.map(({ name, firmware, hardware }) => [title(name), t.module(firmware ?? "–", hardware ?? "–")])} />
		</div>
	);
}

function Versions({ health }: { health: Health }) {
	return (
		<>
			<Facts
				items={[
					["ohtd", health.version],
					[t.up, span(health.up_s * 1000)],
					[t.backend, health.bus.backend],
					[t.simulated, health.simulated ? texts.form.yes : texts.form.no],
				]}
			/>
			<ModuleVersions />
			<p class="gap-above">
				<a href="/THIRD-PARTY.txt">{t.licences}</a>
			</p>
		</>
	);
}

function SetLevel() {
	const act = useAct();
	const [level, setLevel] = useState<LogLine["level"]>("info");

	return (
		<div class="set-level">
			<select
				id="set-level"
				aria-label={t.writeFrom}
				value={level}
				onChange={(event) => setLevel(event.currentTarget.value as LogLine["level"])}
			>
				{LEVELS.map((l) => (
					<option key={l} value={l}>
						{t.levels[l]}
					</option>
				))}
			</select>
			<Button
				id="write-from"
				why={may("administrator") ? undefined : texts.shell.needs(texts.roles.administrator ?? "")}
				onPress={() =>
					void act.run(async () => {
						const done = await call<{ old: string; new: string }>("PUT", "logs/level", { body: { level } });

						toast(t.levelSet(done.old, done.new));
					})
				}
			>
				{t.writeFrom}
			</Button>
			{act.problem ? <Refusal problem={act.problem} /> : null}
		</div>
	);
}

interface Told {
	lines: LogLine[];
	left_out: number;
}

/* The lines that have come behind those of the list, the newest first; what was left out is read with the list again. */
function useNewLines(rows: LogLine[] | undefined, wanted: (line: LogLine) => boolean, again: () => void): LogLine[] {
	const now = useRef<{ kept: LogLine[]; seen?: number; take: () => void }>({ kept: [], take: () => undefined }).current;
	const [, draw] = useState(0);
	const newest = rows?.[0]?.seq ?? 0;

	now.take = () => {
		const told = feed.read<Told>("logs").data;
		const first = told?.lines[0];

		if (!told || !first) return;
		const seen = now.seen ?? newest;
		const before = now.kept.filter((l) => l.seq > newest);
		const all = [...told.lines.filter((l) => l.seq > seen && wanted(l)), ...before];
		const parts = (lines: LogLine[]) => Math.floor(lines.length / NEW_ROWS);
		// Another run of the daemon counts anew.
		const anew = first.seq < seen;

		now.seen = first.seq;
		now.kept = anew ? [] : all.slice(0, LOG_ROWS);
		if (told.left_out || anew || parts(all) > parts(before)) again();
		draw((n) => n + 1);
	};
	// Not by the newest reading when the page is drawn: two messages may come before that.
	useEffect(() => feed.subscribe("logs", () => now.take()), []);
	return rows ? now.kept.filter((l) => l.seq > newest && wanted(l)) : [];
}

function Log() {
	const [query, narrowTo] = useQuery();
	const level = query.get("level") ?? "";
	const known = LEVELS.some((l) => l === level);
	const list = usePaged<LogLine, { lost: number }>(`logs?limit=${LOG_ROWS}${known ? `&level=${level}` : ""}`);

	const fresh = useNewLines(
		list.rows,
		(line) => !known || LEVELS.indexOf(line.level) <= LEVELS.indexOf(level as LogLine["level"]),
		list.again,
	);

	return (
		<Card
			title={t.log}
			head={
				<Button kind="plain" id="log-again" onPress={list.again}>
					{t.readAgain}
				</Button>
			}
		>
			{list.last?.lost ? <Notice tone="warn">{t.lost(list.last.lost)}</Notice> : null}
			<Table
				id="log"
				label={t.log}
				sortable={false}
				rows={list.rows && [...fresh, ...list.rows]}
				problem={list.problem}
				retry={list.again}
				rowKey={(l) => l.seq}
				tools={
					<>
						<select
							id="level"
							aria-label={t.level}
							value={level}
							onChange={(event) => narrowTo({ level: event.currentTarget.value || null })}
						>
							<option value="">{t.allLevels}</option>
							{LEVELS.map((l) => (
								<option key={l} value={l}>
									{t.levelFrom(t.levels[l] ?? l)}
								</option>
							))}
						</select>
						<SetLevel />
					</>
				}
				empty={
					<>
						<p>{t.logEmpty}</p>
						{level ? <Button onPress={() => narrowTo({ level: null })}>{texts.table.clear}</Button> : null}
					</>
				}
				pager={<Older press={list.older} text={t.older} id="log-older" />}
				columns={[
					{ id: "time", title: t.time, key: (l) => l.time, cell: (l) => time(l.time), nowrap: true },
					{
						id: "level",
						title: t.level,
						key: (l) => l.level,
						cell: (l) => <Badge tone={LEVEL_TONES[l.level] ?? "none"}>{t.levels[l.level] ?? l.level}</Badge>,
						nowrap: true,
					},
					{ id: "room", title: t.room, key: (l) => l.room, cell: (l) => l.room, wide: true },
					{
						id: "code",
						title: t.code,
						key: (l) => l.code,
						cell: (l) => <span class="mono">{l.code}</span>,
						wide: true,
						nowrap: true,
					},
					{ id: "text", title: t.text, key: (l) => l.text, cell: (l) => l.text },
				]}
			/>
		</Card>
	);
}

export function System() {
	const health = useLive<Health>("health");
	const age = useAge(health, health.data ? 0 : null);

	if (!health.data && health.problem)
		return <Refusal problem={health.problem} retry={() => feed.refresh("health")} />;
	return (
		<div class="grid" id="system">
			<Card title={t.health} span="c4" age={age}>
				{health.data ? <HealthCard health={health.data} /> : <Skeleton lines={8} />}
			</Card>
			<Card title={t.certificate} span="c4">
				<CertificateView />
			</Card>
			<Card title={t.versions} span="c4" age={age}>
				{health.data ? <Versions health={health.data} /> : <Skeleton lines={4} />}
				<Restart />
			</Card>
			<ServiceLevelCard />
			<OdometerCard />
			{may("supervisor") ? <Log /> : null}
		</div>
	);
}
