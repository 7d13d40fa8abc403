// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What needs a person now? Everything that is not well, the newest first, each with what to do. Below it what was.
 */
import { feed, useLive } from "../api/live";
import { may } from "../api/session";
import type { Alert, AlertList, KeptAlert } from "../api/types";
import { AlertCare, Comments } from "../components/alert-care";
import { AlertNumbers } from "../components/alert-numbers";
import { AlertRules } from "../components/alert-rules";
import { Around } from "../components/around";
import { Badge, Card, type Tone, useAge, When } from "../components/basics";
import { Older } from "../components/older";
import { usePaged } from "../components/paged";
import { KEPT_MS, useSettled, useTimesSettled } from "../components/settled";
import { Table } from "../components/table";
import { Told } from "../components/told";
import { time, words } from "../format";
import { href } from "../router";
import { texts } from "../texts";

const t = texts.alerts;
const TONES: Record<Alert["severity"], Tone> = { emergency: "bad", critical: "bad", warning: "warn" };

const HISTORY_ROWS = 20;

/* The page that has more of it. */
function pageOf({ code, source, address }: Pick<Alert, "code" | "source" | "address">): string {
	if (address !== null) return `/modules/${address}`;
	if (source === "robot") return code === "stop_latched" ? "/safety" : "/drive";
	if (source === "safety") return "/safety";
	if (source === "auth") return "/programs";
	if (source === "configuration") return "/configuration/versions";
	return source === "bus" ? "/bus" : "/system";
}

/* The part, and which of several things of it. */
function sourceOf({ source, subject }: Alert): string {
	return subject === null ? words(source) : `${words(source)}, ${subject}`;
}

/* No other alert that stands has the same. */
function nameOf({ code, address, subject }: Pick<Alert, "code" | "address" | "subject">): string {
	return JSON.stringify([code, address, subject]);
}

/** The same as long as the same alerts stand. */
function nameAll(alerts: Alert[] | undefined): string | undefined {
	return alerts?.map((alert) => `${nameOf(alert)} ${alert.since}`).join();
}

function History({ active }: { active: Alert[] | undefined }) {
	const version = useTimesSettled(nameAll(active), KEPT_MS);
	const list = usePaged<KeptAlert>(`alerts/history?limit=${HISTORY_ROWS}`, version);
	const isActive = (kept: KeptAlert) => active?.some((alert) => nameOf(alert) === nameOf(kept));
	const late = list.rows?.some((row) => row.state === "active" && !isActive(row));

	// It has ended, and the store has not been told of it when it was read.
	useSettled(late ? list.again : null, KEPT_MS, [list.rows]);
	return (
		<Card title={t.history} id="alert-history">
			<Table
				id="kept-alerts"
				blocks
				label={t.history}
				sortable={false}
				rows={list.rows?.filter(({ state }) => state !== "active")}
				problem={list.problem}
				retry={list.again}
				rowKey={(a) => String(a.number)}
				empty={active?.length ? t.historyNoneEnded : t.historyEmpty}
				pager={<Older press={list.older} text={t.older} />}
				columns={[
					{ id: "since", title: t.came, key: (a) => a.since, cell: (a) => <When iso={a.since} /> },
					{
						id: "ended",
						title: t.ended,
						key: (a) => a.ended,
						cell: (a) => (a.ended ? time(a.ended) : t.notKnown),
						nowrap: true,
					},
					{
						id: "severity",
						title: t.severity,
						key: (a) => a.severity,
						cell: (a) => t.severities[a.severity as Alert["severity"]] ?? a.severity,
						nowrap: true,
					},
					{
						id: "text",
						title: t.what,
						key: (a) => a.text,
						cell: (a) => (
							<>
								<a class="row-link" href={href(pageOf(a))}>
									{a.text}
								</a>
								{a.times > 1 ? <span class="mute"> {t.times(a.times)}</span> : null}
								{" "}
								<Around at={a.since} text={a.text} />
								<Comments number={a.number} text={a.text} />
								{a.acknowledged_by ? <p class="sub">{t.seenBy(a.acknowledged_by)}</p> : null}
							</>
						),
					},
				]}
			/>
		</Card>
	);
}

export function Alerts() {
	const reading = useLive<AlertList>("alerts");
	const { items, total_count } = reading.data ?? {};

	return (
		<div class="grid" id="alerts-page">
			<Card title={total_count ? t.count(total_count) : t.title} age={useAge(reading, 0)}>
				<Table
					id="alerts"
					blocks
					label={t.title}
					searchable={false}
					sortable={false}
					rows={items}
					problem={reading.problem}
					retry={() => feed.refresh("alerts")}
					rowKey={nameOf}
					empty={t.none}
					columns={[
						{
							id: "severity",
							title: t.severitySince,
							cell: (a) => (
								<>
									<Badge tone={TONES[a.severity]}>{t.severities[a.severity]}</Badge>
									{a.since ? <When iso={a.since} /> : null}
								</>
							),
							nowrap: true,
						},
						{ id: "source", title: t.source, cell: (a) => sourceOf(a) },
						{
							id: "text",
							title: t.whatToDo,
							head: true,
							cell: (a) => (
								<>
									<a class="row-link" href={href(pageOf(a))}>
										{a.text}
									</a>
									<p class="sub">
										{a.action} <a href={href(`/help/${a.code}`)}>{texts.help.of}</a>
									</p>
									<Around at={a.since} text={a.text} />
									<AlertCare alert={a} />
								</>
							),
						},
					]}
				/>
			</Card>
			<History active={items} />
			<AlertNumbers alerts={nameAll(items)} />
			<AlertRules />
			{may("operator") ? <Told alerts={nameAll(items)} /> : null}
		</div>
	);
}

/** How many there are that are not shelved, beside the name of the page. */
export function AlertCount() {
	const calling = useLive<AlertList>("alerts").data?.items.filter((alert) => !alert.shelved_until) ?? [];

	if (!calling.length) return null;
	return (
		<span class={`page-count ${calling.every((alert) => alert.severity === "warning") ? "warn" : "bad"}`}>
			{calling.length}
			<span class="hidden"> {t.active}</span>
		</span>
	);
}
