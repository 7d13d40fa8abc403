// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stopped it, and may it go on?
 */
import { feed, useLive } from "../api/live";
import { call } from "../api/session";
import type { Health, JournalEntry, Latency, Robot, Safety } from "../api/types";
import { useAct } from "../components/act";
import { Acts, whyNot } from "../components/acts";
import { AroundTime } from "../components/around";
import { Badge, Button, Card, Facts, Figure, Refusal, Skeleton, type Tone, useAge } from "../components/basics";
import { Chain } from "../components/chain";
import { Older } from "../components/older";
import { toast } from "../components/overlay";
import { usePaged } from "../components/paged";
import { Table } from "../components/table";
import { nanoseconds, sentence, span, time } from "../format";
import { useQuery } from "../router";
import { actorText } from "../reasons";
import { texts } from "../texts";

const t = texts.safety;
const JOURNAL_ROWS = 50;

const SAFETY_TONES: Record<Safety["state"], Tone> = {
	stopped: "bad",
	ready: "none",
	enabled: "ok",
	unknown: "bad",
};

function Causes({ safety }: { safety: Safety }) {
	if (safety.state !== "stopped") return <p class="mute">{t.noCauses}</p>;
	return (
		<ol class="causes" id="causes">
			{safety.causes.map((cause) => (
				<li key={cause.code}>
					<Badge tone={cause.standing ? "bad" : "none"}>{cause.text}</Badge>
					<p>
						<span class="mute">{cause.standing ? t.standing : t.gone}</span>
						{cause.since ? <span class="mute"> · {time(cause.since)}</span> : null}
					</p>
					<p>
						<b>{t.todo}:</b> {cause.action}
					</p>
				</li>
			))}
		</ol>
	);
}

function SelfTest({ safety }: { safety: Safety }) {
	const act = useAct();
	const test = safety.self_test;
	const age = test ? span(test.age_s * 1000) : "";

	return (
		<>
			<Facts
				items={[
					[
						t.selfTest,
						test ? (
							<Badge tone={test.passed ? "ok" : "bad"}>
								{test.passed ? t.selfTestPassed(age) : t.selfTestFailed(age)}
							</Badge>
						) : (
							t.selfTestNone
						),
					],
					[
						t.proof,
						safety.proof_test_age_s === null ? t.neverPressed : t.proofAge(span(safety.proof_test_age_s * 1000)),
					],
					[t.deadman, safety.deadman_ms ? `${safety.deadman_ms} ms` : t.deadmanOff],
					[t.repeated, String(safety.stops_repeated)],
				]}
			/>
			<ul class="reasons">
				{test?.failed.map((f) => (
					<li key={f.code}>{f.text}</li>
				))}
			</ul>
			<p class="gap-above">
				<Button
					id="self-test"
					why={whyNot("supervisor", safety.state === "stopped", [], t.notStopped)}
					onPress={() =>
						void act.run(async () => {
							const { self_test } = await call<Safety>("POST", "safety/self-test", { body: {} });

							feed.refresh("safety");
							if (self_test) toast(self_test.passed ? t.selfTestDone : t.selfTestFault, self_test.passed ? "ok" : "bad");
						})
					}
				>
					{t.selfTest}
				</Button>
			</p>
			{act.problem ? <Refusal problem={act.problem} /> : null}
		</>
	);
}

/** How long the stop took to those who hear of it. */
function Told({ told: { count, p50_ns, max_ns } }: { told: Latency["told"] }) {
	const within = (ns: number | null) => (ns === null ? undefined : nanoseconds(ns).join(" "));

	return (
		<p class="sub" id="told">
			{t.told(count ?? 0, within(p50_ns), within(max_ns))}
		</p>
	);
}

/* With a percentile is how many stops it needs: of fewer it is the slowest one, and says nothing of its own. */
const PERCENTILES: [keyof Latency["estop_to_low"], string, number][] = [
	["p50_ns", "50 %", 2],
	["p90_ns", "90 %", 10],
	["p99_ns", "99 %", 100],
	["p999_ns", "99.9 %", 1000],
	["max_ns", "max", 2],
];
/* So few are told by the slowest of them. */
const FEW_STOPS = 10;

/** Bars on a scale of the longest: how far the slow ones are from the usual one. All of them are upper ends of buckets. */
function Distribution({ latency }: { latency: Latency["estop_to_low"] }) {
	const longest = latency.max_ns ?? 0;

	const count = latency.count ?? 0;

	if (!count) return <p class="mute">{latency.count === 0 ? t.latencyNotYet : t.latencyNone}</p>;
	const isFew = count < FEW_STOPS;
	const [value, unit] = nanoseconds((isFew ? latency.max_ns : latency.p50_ns) ?? 0);

	return (
		<>
			<Figure before={t.atMost} value={value} unit={unit} />
			<p class="sub">{isFew ? t.allStops(count) : t.halfOfStops(count)}</p>
			<dl class="bars">
				{PERCENTILES.filter(([, , least]) => count >= least).map(([name, label]) => {
					const ns = latency[name] ?? 0;

					return (
						<div key={name}>
							<dt>{label}</dt>
							<dd>
								<i style={{ width: `${longest ? Math.max((ns / longest) * 100, 1) : 0}%` }} />
							</dd>
							<dd class="num">≤ {nanoseconds(ns).join(" ")}</dd>
						</div>
					);
				})}
			</dl>
		</>
	);
}

function Journal() {
	const [query, narrowTo] = useQuery();
	const kind = query.get("kind") ?? "";
	const health = useLive<Health>("health").data;
	const list = usePaged<JournalEntry>(
		`safety/events?limit=${JOURNAL_ROWS}${kind in texts.kinds ? `&kind=${kind}` : ""}`,
		health?.journal.newest_seq,
	);

	return (
		<Card title={t.journal} id="journal">
			<Table
				id="events"
				label={t.journal}
				sortable={false}
				rows={list.rows}
				problem={list.problem}
				retry={list.again}
				rowKey={(e) => `${e.source}-${e.seq}`}
				tools={
					<select
						id="kind"
						aria-label={t.kind}
						value={kind}
						onChange={(event) => narrowTo({ kind: event.currentTarget.value || null })}
					>
						<option value="">{t.allKinds}</option>
						{Object.entries(texts.kinds).map(([value, text]) => (
							<option key={value} value={value}>
								{text}
							</option>
						))}
					</select>
				}
				empty={
					kind ? (
						<>
							<p>{t.journalFiltered}</p>
							<Button onPress={() => narrowTo({ kind: null })}>{t.showAll}</Button>
						</>
					) : health?.journal.state === "none" ? (
						texts.overview.noJournal
					) : (
						t.journalEmpty
					)
				}
				pager={<Older press={list.older} text={t.older} />}
				columns={[
					{ id: "time", title: t.time, key: (e) => e.time, cell: (e) => <AroundTime at={e.time}>{time(e.time, true)}</AroundTime>, nowrap: true },
					{ id: "kind", title: t.kind, key: (e) => e.kind, cell: (e) => texts.kinds[e.kind] ?? e.kind },
					{
						id: "what",
						title: t.what,
						key: (e) => e.text,
						cell: (e) => (
							<>
								{sentence(e.text)}
								{e.cause ? <span class="mute"> {e.cause.text}</span> : null}
							</>
						),
					},
					{ id: "state", title: t.state, key: (e) => e.to, cell: (e) => `${e.from} → ${e.to}`, wide: true, nowrap: true },
					{
						id: "low",
						title: t.toLow,
						cell: (e) => (e.edge_to_low_ns === null ? "" : nanoseconds(e.edge_to_low_ns).join(" ")),
						number: true,
					},
					{ id: "who", title: t.who, key: actorText, cell: actorText, wide: true },
				]}
			/>
		</Card>
	);
}

export function SafetyPage() {
	const reading = useLive<Safety>("safety");
	const robot = useLive<Robot>("robot").data;
	const latency = useLive<Latency>("safety/latency");
	const age = useAge(reading, reading.data?.age_ms);
	const safety = reading.data;

	if (!safety && reading.problem) return <Refusal problem={reading.problem} retry={() => feed.refresh("safety")} />;
	return (
		<div class="grid" id="safety">
			<Card
				title={t.chain}
				span="c7"
				age={age}
				head={
					safety ? (
						<span id="safety-state">
							<Badge tone={SAFETY_TONES[safety.state]}>{texts.safetyState[safety.state] ?? safety.state}</Badge>
						</span>
					) : null
				}
			>
				{safety ? <Chain safety={safety} /> : <Skeleton lines={5} />}
			</Card>
			<Card title={t.goOn} span="c5" age={age}>
				{safety ? <Acts safety={safety} robot={robot} /> : <Skeleton lines={5} />}
			</Card>
			<Card title={t.causes} span="c5" age={age}>
				{safety ? <Causes safety={safety} /> : <Skeleton lines={3} />}
			</Card>
			<Card title={t.checks} span="c4" age={age}>
				{safety ? <SelfTest safety={safety} /> : <Skeleton lines={4} />}
			</Card>
			<Card title={t.latency} span="c3" age={useAge(latency, latency.data ? 0 : null)}>
				{latency.data ? <Distribution latency={latency.data.estop_to_low} /> : <Skeleton lines={4} />}
				{latency.data?.told.count ? <Told told={latency.data.told} /> : null}
			</Card>
			<Journal />
		</div>
	);
}
