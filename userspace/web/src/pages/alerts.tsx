// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What needs a person now? Everything that is not well, the newest first, each with what to do.
 */
import { feed, useLive } from "../api/live";
import type { Alert, AlertList } from "../api/types";
import { Badge, Card, type Tone, useAge } from "../components/basics";
import { Table } from "../components/table";
import { time, words } from "../format";
import type { Page } from "../pages";
import { href } from "../router";
import { texts } from "../texts";

const t = texts.alerts;
const TONES: Record<Alert["severity"], Tone> = { emergency: "bad", critical: "bad", warning: "warn" };

/* The page that has more of it. */
function pageOf({ code, source, address }: Alert): string {
	if (address !== null) return `/modules/${address}`;
	if (source === "robot") return code === "stop_latched" ? "/safety" : "/drive";
	return source === "bus" ? "/bus" : "/system";
}

function Alerts() {
	const reading = useLive<AlertList>("alerts");
	const { items, total_count } = reading.data ?? {};

	return (
		<div class="grid" id="alerts-page">
			<Card title={total_count ? t.count(total_count) : t.title} age={useAge(reading, 0)}>
				<Table
					id="alerts"
					label={t.title}
					searchable={false}
					sortable={false}
					rows={items}
					problem={reading.problem}
					retry={() => feed.refresh("alerts")}
					rowKey={(a) => `${a.code} ${a.address}`}
					empty={t.none}
					columns={[
						{
							id: "severity",
							title: t.severity,
							cell: (a) => <Badge tone={TONES[a.severity]}>{t.severities[a.severity]}</Badge>,
							nowrap: true,
						},
						{
							id: "text",
							title: t.what,
							head: true,
							cell: (a) => (
								<>
									<a class="row-link" href={href(pageOf(a))}>
										{a.text}
									</a>
									<p class="sub">{a.action}</p>
								</>
							),
						},
						{ id: "since", title: t.since, cell: (a) => (a.since ? time(a.since) : "–") },
						{ id: "source", title: t.source, cell: (a) => words(a.source), wide: true, nowrap: true },
					]}
				/>
			</Card>
		</div>
	);
}

/** How many there are, beside the name of the page. */
function Count() {
	const count = useLive<AlertList>("alerts").data?.total_count;

	if (!count) return null;
	return (
		<span class="page-count">
			{count}
			<span class="hidden"> {t.active}</span>
		</span>
	);
}

export const page: Page = {
	id: "alerts",
	path: "/alerts",
	title: t.title,
	icon: <path d="M6 16v-5a6 6 0 0 1 12 0v5l1.500 2.500h-15zM10 21h4" />,
	order: 25,
	role: "viewer",
	words: t.words,
	component: Alerts,
	count: Count,
};
