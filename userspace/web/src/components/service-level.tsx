// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For how much of the time the robot served those who ask it, and how well, against the targets of the configuration.
 */
import { call } from "../api/session";
import type { ServiceLevel, ServicePart } from "../api/types";
import { span } from "../format";
import { href, useQuery } from "../router";
import { serviceTexts as t } from "../texts-service";
import { Badge, Button, Card, Refusal, Skeleton } from "./basics";
import { useOnce } from "./once";
import { type Column, Table } from "./table";

type By = ServiceLevel["by"];

const PARTS: By[] = ["day", "week", "month"];
/* The robot says so of answers that took longer than its longest place. */
const BEYOND_MS = 1000;

const percent = (value: number | null) => (value === null ? "–" : `${value.toFixed(3)} %`);
const latency = (ms: number | null) => (ms === null ? "–" : ms > BEYOND_MS ? `> ${BEYOND_MS} ms` : `≤ ${ms} ms`);
const length = (s: number) => (s ? span(s * 1000) : "–");

function nameOf(by: By, { from }: ServicePart): string {
	if (by === "month") return from.slice(0, 7);
	return by === "week" ? t.weekOf(from.slice(0, 10)) : from.slice(0, 10);
}

/* A figure that misses its target says so by shape and colour, too. */
function Judged({ text, good }: { text: string; good: boolean }) {
	return good ? <>{text}</> : <Badge tone="warn">{text}</Badge>;
}

function Verdict({ part }: { part: ServicePart }) {
	if (part.uptime_percent === null) return <Badge tone="none">{t.nothing}</Badge>;
	return part.met ? <Badge tone="ok">{t.met}</Badge> : <Badge tone="warn">{t.notMet}</Badge>;
}

function columnsOf({ by, targets }: ServiceLevel): Column<ServicePart>[] {
	const most = (value: number | null) => value === null || value <= targets.errors_percent;
	const soon = (value: number | null) => value === null || value <= targets.latency_ms;

	return [
		{ id: "from", title: t.when, cell: (p) => nameOf(by, p), head: true, nowrap: true },
		{ id: "met", title: t.verdict, cell: (p) => <Verdict part={p} />, nowrap: true },
		{
			id: "up",
			title: t.up,
			cell: (p) => <Judged text={percent(p.uptime_percent)} good={p.uptime_percent === null || p.uptime_percent >= targets.uptime_percent} />,
			number: true,
			nowrap: true,
		},
		{ id: "down", title: t.down, cell: (p) => length(p.down_s), number: true, nowrap: true, wide: true },
		{ id: "unknown", title: t.unknown, cell: (p) => length(p.unknown_s), number: true, nowrap: true, wide: true },
		{ id: "starts", title: t.starts, cell: (p) => t.startsOf(p.starts, p.cuts), number: true, wide: true },
		{ id: "missed", title: t.missed, cell: (p) => <Judged text={percent(p.missed_percent)} good={most(p.missed_percent)} />, number: true, nowrap: true },
		{ id: "refused", title: t.refused, cell: (p) => <Judged text={percent(p.refused_percent)} good={most(p.refused_percent)} />, number: true, nowrap: true },
		{
			id: "answers",
			title: t.answers,
			cell: (p) => <Judged text={latency(p.requests_p99_ms)} good={soon(p.requests_p99_ms)} />,
			number: true,
			nowrap: true,
			wide: true,
		},
		{
			id: "live",
			title: t.live,
			cell: (p) => <Judged text={latency(p.telemetry_p99_ms)} good={soon(p.telemetry_p99_ms)} />,
			number: true,
			nowrap: true,
			wide: true,
		},
	];
}

function Parts({ told }: { told: ServiceLevel }) {
	const { uptime_percent: uptime, errors_percent: errors, latency_ms: ms } = told.targets;
	const rows = [...told.items].reverse();

	return (
		<>
			<p class="sub gap-below">
				{t.targets(uptime, errors, ms)} {t.sinceUtc} <a href={href("/configuration", { search: "service" })}>{t.toTargets}</a>
			</p>
			<Table
				id="service-parts"
				label={t.title}
				searchable={false}
				sortable={false}
				rows={rows}
				rowKey={(p) => p.from}
				empty={t.none}
				columns={columnsOf(told)}
			/>
		</>
	);
}

export function ServiceLevelCard() {
	const [query, narrowTo] = useQuery();
	const by = PARTS.find((part) => part === query.get("service")) ?? "day";
	const { value, problem, again } = useOnce(() => call<ServiceLevel>("GET", `analytics/service-level?by=${by}`), by);

	return (
		<Card
			title={t.title}
			id="service"
			head={
				<Button kind="plain" id="service-again" onPress={again}>
					{t.again}
				</Button>
			}
		>
			<div class="tools">
				<fieldset class="segments" aria-label={t.by}>
					{PARTS.map((part) => (
						<button key={part} type="button" class="button" data-by={part} aria-pressed={part === by} onClick={() => narrowTo({ service: part === "day" ? null : part })}>
							{t.parts[part]}
						</button>
					))}
				</fieldset>
			</div>
			{problem ? <Refusal problem={problem} retry={again} /> : null}
			{value ? <Parts told={value} /> : problem ? null : <Skeleton lines={8} />}
		</Card>
	);
}
