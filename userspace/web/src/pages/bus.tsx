// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is the wire healthy, and who uses it? Each cycle of the plan as a picture, what was measured, the plan itself.
 */
import type { LiveBus } from "../api/follow";
import { feed, type Reading, useLive } from "../api/live";
import type { Bus, BusPlan, BusStatistics, Health } from "../api/types";
import { Badge, Card, Facts, Notice, Refusal, Share, Skeleton, useAge } from "../components/basics";
import { ReadAgain } from "../components/read-again";
import { Table } from "../components/table";
import { title, words } from "../format";
import { FULL_BUS_PERCENT } from "../shell/robot";
import { texts } from "../texts";

const t = texts.bus;

type Cycle = Bus["cycles"][number];
type Slot = Cycle["slots"][number];
type Histogram = BusStatistics["histograms"][number];

const ms = (us: number) => `${(us / 1000).toFixed(1)} ms`;
const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
const nameOf = (slot: { name: string | null; address: number }) => (slot.name ? title(slot.name) : t.unit(slot.address));

/* The tone of a module in the picture goes by its place among all, so that it stays when one leaves the plan. */
const toneOf = (address: number) => `slot-${address % 6}`;

function Row({ cycle, cycleUs }: { cycle: Cycle; cycleUs: number }) {
	const said = cycle.slots.map((slot) => `${nameOf(slot)} ${ms(slot.duration_us)}`).join(", ");

	return (
		<div class="cycle" role="img" aria-label={t.cycleSays(cycle.cycle, ms(cycle.busy_us), said)}>
			<span class="number">{cycle.cycle}</span>
			<span class="track">
				{cycle.slots.map((slot) => (
					<i
						key={slot.entry}
						class={toneOf(slot.address)}
						title={`${nameOf(slot)} ${ms(slot.duration_us)}`}
						style={{
							left: `${(slot.start_us / cycleUs) * 100}%`,
							width: `${Math.min(slot.duration_us / cycleUs, 1 - slot.start_us / cycleUs) * 100}%`,
						}}
					/>
				))}
			</span>
			<span class="number">{ms(cycle.busy_us)}</span>
		</div>
	);
}

function Legend({ cycles }: { cycles: Cycle[] }) {
	const seen = new Map<number, Slot>();

	for (const cycle of cycles) for (const slot of cycle.slots) seen.set(slot.address, slot);
	return (
		<ul class="legend">
			{[...seen.values()]
				.sort((a, b) => a.address - b.address)
				.map((slot) => (
					<li key={slot.address}>
						<i class={toneOf(slot.address)} /> {nameOf(slot)}
					</li>
				))}
		</ul>
	);
}

function Cycles({ bus }: { bus: Bus | undefined }) {
	if (!bus) return <Skeleton lines={8} />;
	if (!bus.cycles.length) return <p class="empty">{bus.discovering ? t.searching : t.noPlan}</p>;
	return (
		<>
			<Legend cycles={bus.cycles} />
			<div class="cycles" id="cycles">
				{bus.cycles.map((cycle) => (
					<Row key={cycle.cycle} cycle={cycle} cycleUs={bus.cycle_us} />
				))}
			</div>
			<p class="sub">{t.cycleMeans(ms(bus.cycle_us))}</p>
		</>
	);
}

function Load({ bus }: { bus: Bus | undefined }) {
	const plan = bus?.plan;
	const simulated = useLive<Health>("health").data?.simulated;

	if (!bus || !plan) return <Skeleton lines={6} />;
	return (
		<>
			<Share percent={plan.load_worst * 100} warn={plan.load_worst * 100 > FULL_BUS_PERCENT} />
			{plan.refused ? <Notice tone="warn">{t.refused}</Notice> : null}
			<Facts
				items={[
					[t.loadMean, percent(plan.load_mean)],
					[t.busyWorst, ms(plan.busy_worst_us)],
					[t.stop, plan.stop_us === null ? t.unbounded : ms(plan.stop_us)],
					[t.wait, ms(plan.command_wait_us)],
					[t.missed, `${plan.missed.toFixed(0)} / ${plan.exceeded.toFixed(0)}`],
					[t.given, plan.given.toFixed(0)],
					[t.searched, bus.searched],
					[t.discovery, bus.discovery_ms === null ? "–" : `${bus.discovery_ms.toFixed(0)} ms`],
				]}
			/>
			{simulated && (plan.missed || plan.exceeded) ? (
				<p class="sub" id="missed-means">
					{t.missedMeans}
				</p>
			) : null}
		</>
	);
}

function Line({ bus }: { bus: Bus | undefined }) {
	if (!bus) return <Skeleton lines={5} />;
	return (
		<Facts
			items={[
				[t.backend, words(bus.backend)],
				[t.device, bus.device],
				[t.baud, `${bus.baud_bps} bit/s`],
				[t.timing, bus.timing === "exact" ? t.exact : t.notExact],
				[t.transfers, String(bus.transfers)],
			]}
		/>
	);
}

function Bars({ histogram }: { histogram: Histogram }) {
	const most = Math.max(...histogram.buckets.map((bucket) => bucket.count), 1);
	const rows = histogram.buckets.filter((bucket) => bucket.count);

	return (
		<section class="histogram">
			<h3>{histogram.text}</h3>
			{rows.length ? (
				<dl>
					{rows.map((bucket) => (
						<div key={bucket.below_us ?? "more"}>
							<dt>{bucket.below_us === null ? t.more : t.below(bucket.below_us)}</dt>
							<dd>
								<span class="track">
									<i class="slot-3" style={{ left: "0", width: `${(bucket.count / most) * 100}%` }} />
								</span>
								<span class="number">{bucket.count}</span>
							</dd>
						</div>
					))}
				</dl>
			) : (
				<p class="empty">{t.nothingYet}</p>
			)}
		</section>
	);
}

function Plan() {
	const plan = useLive<BusPlan>("bus/plan");

	return (
		<Card title={t.plan} age={useAge(plan, 0)}>
			<Table
				id="plan"
				label={t.plan}
				rows={plan.data?.items}
				problem={plan.problem}
				retry={() => feed.refresh("bus/plan")}
				rowKey={(e) => e.entry}
				empty={t.noPlan}
				columns={[
					{ id: "entry", title: t.entry, key: (e) => e.entry, cell: (e) => e.entry, number: true },
					{ id: "module", title: t.module, key: (e) => nameOf(e), head: true, cell: (e) => nameOf(e) },
					{
						id: "registers",
						title: t.registers,
						key: (e) => e.first,
						cell: (e) => `${e.first} + ${e.count}`,
						wide: true,
					},
					{
						id: "when",
						title: t.when,
						key: (e) => e.period_cycles,
						cell: (e) => t.every(e.period_cycles, e.phase_cycles),
						nowrap: true,
					},
					{ id: "planned", title: t.planned, key: (e) => e.planned_us, cell: (e) => ms(e.planned_us), number: true },
					{
						id: "last",
						title: t.last,
						key: (e) => e.last_us,
						cell: (e) => (e.last_us === null ? "–" : ms(e.last_us)),
						number: true,
					},
					{
						id: "outcome",
						title: t.outcome,
						key: (e) => e.outcome,
						cell: (e) =>
							e.outcome === null ? "–" : <Badge tone={e.outcome === "ok" ? "ok" : "warn"}>{words(e.outcome)}</Badge>,
						wide: true,
						nowrap: true,
					},
				]}
			/>
		</Card>
	);
}

/* The bus as the channel tells it, and its cycles as they were read. */
function useBus(): { bus: Reading<Bus>; age: number | null; read: Reading<Bus> } {
	const read = useLive<Bus>("bus");
	const told = useLive<LiveBus>("bus/live");
	const isNewer = told.data !== undefined && told.at > read.at;
	const data = read.data && isNewer ? ({ ...read.data, ...told.data } as Bus) : read.data;
	const age = useAge(isNewer ? told : read, data?.age_ms);

	return { bus: { ...read, data }, age, read };
}

export function BusPage() {
	const { bus, age, read } = useBus();
	const statistics = useLive<BusStatistics>("bus/statistics");

	if (bus.problem && !bus.data) return <Refusal problem={bus.problem} retry={() => feed.refresh("bus")} />;
	return (
		<div class="grid">
			<Card
				title={t.cycles}
				span="c8"
				age={age}
				head={<ReadAgain id="read-again" reading={read} paths={["bus", "bus/plan", "bus/statistics"]} />}
			>
				<Cycles bus={bus.data} />
			</Card>
			<div class="c4 stack">
				<Card title={t.load} age={age}>
					<Load bus={bus.data} />
				</Card>
				<Card title={t.line} age={age}>
					{bus.data?.error ? <Notice tone="bad">{bus.data.error}</Notice> : null}
					<Line bus={bus.data} />
				</Card>
			</div>
			<Card title={t.measured} id="histograms" age={useAge(statistics, 0)}>
				{statistics.data ? (
					<div class="histograms">
						{statistics.data.histograms.map((histogram) => (
							<Bars key={histogram.name} histogram={histogram} />
						))}
					</div>
				) : (
					<Skeleton lines={4} />
				)}
			</Card>
			<Plan />
		</div>
	);
}
