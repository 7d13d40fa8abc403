// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What did the robot do today, this week, this month, or in any other span? Sums of each hour, day or shift, and what they come to.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useLive } from "../api/live";
import type { Problem } from "../api/problem";
import { call } from "../api/session";
import type { Analytics, AnalyticsInterval, Health } from "../api/types";
import { asProblem } from "../components/act";
import { type Bar, Bars } from "../components/bars";
import { Button, Card, Facts, Figure, Refusal, Skeleton } from "../components/basics";
import { FreeSpan } from "../components/free-span";
import { useRobotClock } from "../components/past-read";
import { type Column, Table } from "../components/table";
import { span as lengthText, title, words } from "../format";
import { useQuery } from "../router";
import { texts } from "../texts";
import { lengthS, type ModuleTotal, percentOf, type Totals, totalsOf } from "../totals";

const t = texts.analytics;
const DAY_MS = 86_400_000;
/* The robot reads all samples of a month, and gives up after a minute. */
const TIMEOUT_MS = 65_000;

const SPANS: Record<string, { days: number; by: string }> = {
	today: { days: 1, by: "hour" },
	"7": { days: 7, by: "day" },
	"30": { days: 30, by: "day" },
};
const USUAL = "7";

const seconds = (s: number) => lengthText(1000 * s);
const fixed = (value: number | null, decimals: number) => (value === null ? "–" : value.toFixed(decimals));

/* From ten thousand on in thousands. */
function scaled(value: number, unit: string): { value: string; unit: string } {
	return value < 10_000 ? { value: value.toFixed(1), unit } : { value: (value / 1000).toFixed(1), unit: `k${unit}` };
}

/* Nothing at all is known of an interval, and 0 would be a lie. */
const isGone = (item: AnalyticsInterval, unknownS: number) => unknownS > 0 && unknownS >= lengthS(item) - 1;

const plus = (isAtLeast: boolean) => (isAtLeast ? "+" : "");

interface Asked {
	/** of SPANS; null: from @from to @to */
	span: string | null;
	from: string;
	to: string | null;
	by: string;
}

/* A span that has a name is one of whole days of the robot, today included. */
function askedOf(query: URLSearchParams, nowMs: number): Asked {
	const [from, to, by] = [query.get("from"), query.get("to"), query.get("by") ?? ""];
	const named = query.get("span") ?? USUAL;
	const span = SPANS[named] ? named : USUAL;
	const { days, by: usual } = SPANS[span] ?? { days: 7, by: "day" };
	const todayMs = Math.floor((nowMs - 1000) / DAY_MS) * DAY_MS;

	if (from && to) return { span: null, from, to, by: t.at[by] ? by : "day" };
	return { span, from: new Date(todayMs - (days - 1) * DAY_MS).toISOString(), to: null, by: t.at[by] ? by : usual };
}

const pathOf = ({ from, to, by }: Asked) => `analytics/summary?by=${by}&from=${from}${to ? `&to=${to}` : ""}`;

interface Reading {
	told?: Analytics;
	problem?: Problem;
	isBusy: boolean;
	again: () => void;
}

/* Empty: the time of the robot is not known yet. What was told before stands until the answer. */
function useAnalytics(path: string): Reading {
	const [state, setState] = useState<{ told?: Analytics; problem?: Problem; of?: string }>({});
	const [turn, setTurn] = useState(0);
	const wanted = `${path} ${turn}`;

	useEffect(() => {
		const unwanted = new AbortController();
		const { signal } = unwanted;

		if (path)
			call<Analytics>("GET", path, { timeoutMs: TIMEOUT_MS, unwanted: signal }).then(
				(told) => signal.aborted || setState({ told, of: wanted }),
				(error) => signal.aborted || setState(({ told }) => ({ ...(told ? { told } : {}), problem: asProblem(error), of: wanted })),
			);
		return () => unwanted.abort();
	}, [wanted]);
	return { ...state, isBusy: state.of !== wanted, again: () => setTurn(turn + 1) };
}

/* When it begins. */
function labelOf({ from }: AnalyticsInterval, by: string, isOneDay: boolean): string {
	if (by === "day") return from.slice(0, 10);
	return isOneDay ? from.slice(11, 16) : from.slice(0, 16).replace("T", " ");
}

const isOneDay = ({ from, to }: Analytics) => Date.parse(to) - Date.parse(from) <= DAY_MS;

interface PartProps {
	name: string;
	value: string;
	unit?: string;
	sub: string;
	children: ComponentChildren;
}

function Part({ name, value, unit, sub, children }: PartProps) {
	return (
		<div>
			<h3>{name}</h3>
			<Figure value={value} {...(unit ? { unit } : {})} />
			<p class="sub">{sub}</p>
			{children}
		</div>
	);
}

function Figures({ told, totals }: { told: Analytics; totals: Totals }) {
	const bars = (parts: (item: AnalyticsInterval) => number[], unknownS: (item: AnalyticsInterval) => number): Bar[] =>
		told.items.map((item) => ({
			key: item.from,
			label: labelOf(item, told.by, isOneDay(told)),
			parts: parts(item),
			isUnknown: isGone(item, unknownS(item)),
		}));
	const used = scaled(totals.usedWh, "Wh");
	const charged = scaled(totals.chargedWh, "Wh");
	const cost = totals.cost === null ? t.noTariff : t.cost(totals.cost.toFixed(2), told.currency ?? "");

	return (
		<div class="analytics-figures">
			<Part name={t.distance} {...scaled(totals.distanceM, "m")} sub={t.moving(seconds(totals.movingS))}>
				<Bars name={t.distance} text={(m) => `${m.toFixed(1)} m`} bars={bars((i) => [i.motion.distance_m], (i) => i.motion.unknown_s)} />
			</Part>
			<Part name={t.moves} value={String(totals.finished)} sub={t.movesMean(totals.failed, totals.docked, totals.docks)}>
				<Bars name={t.moves} text={String} bars={bars((i) => [i.moves.finished, i.moves.failed], (i) => i.moves.unknown_s)} />
			</Part>
			<Part name={t.energy} value={used.value + plus(totals.isEnergyIncomplete)} unit={used.unit} sub={`${t.charged(charged.value, charged.unit)}, ${cost}`}>
				<Bars name={t.energy} text={(wh) => `${wh.toFixed(1)} Wh`} bars={bars((i) => [i.energy.used_wh], (i) => i.energy.unknown_s)} />
			</Part>
			<Part
				name={t.available}
				value={fixed(percentOf(totals.availableS, totals.lengthS - totals.unknownS), 1)}
				unit="%"
				sub={t.enabled(seconds(totals.enabledS))}
			>
				<Bars
					name={t.available}
					most={100}
					text={(percent) => `${percent.toFixed(1)} %`}
					bars={bars((i) => [i.availability.available_percent ?? 0], (i) => i.availability.unknown_s)}
				/>
			</Part>
		</div>
	);
}

function Intervals({ told }: { told: Analytics }) {
	const c = t.columns;
	const number = (id: string, name: string, cell: (i: AnalyticsInterval) => string, wide = false): Column<AnalyticsInterval> => ({
		id,
		title: name,
		cell,
		number: true,
		nowrap: true,
		wide,
	});
	const known = (i: AnalyticsInterval, unknownS: number, text: string) => (isGone(i, unknownS) ? "–" : text);
	const cost = told.tariff_per_kwh === null ? [] : [number("cost", `${c.cost} ${told.currency ?? ""}`, (i) => known(i, i.energy.unknown_s, fixed(i.energy.cost, 2)), true)];

	return (
		<Card title={t.each[told.by] ?? told.by} id="analytics-each">
			<Table
				id="intervals"
				label={t.each[told.by] ?? told.by}
				searchable={false}
				sortable={false}
				// The newest first: a phone shows it without scrolling.
				rows={[...told.items].reverse()}
				rowKey={(i) => i.from}
				empty={t.nothing}
				columns={[
					{ id: "from", title: t.at[told.by] ?? told.by, cell: (i) => labelOf(i, told.by, isOneDay(told)), head: true, nowrap: true },
					number("distance", c.distance, (i) => known(i, i.motion.unknown_s, i.motion.distance_m.toFixed(1))),
					number("finished", c.finished, (i) => String(i.moves.finished)),
					number("failed", c.failed, (i) => String(i.moves.failed), true),
					number("docks", c.docks, (i) => `${i.moves.docks_finished}/${i.moves.docks}`, true),
					number("used", c.used, (i) => known(i, i.energy.unknown_s, `${i.energy.used_wh.toFixed(1)}${plus(i.energy.incomplete)}`)),
					...cost,
					number("enabled", c.enabled, (i) => known(i, i.availability.enabled_unknown_s, seconds(i.availability.enabled_s)), true),
					number("available", c.available, (i) => fixed(i.availability.available_percent, 1), true),
					number("errors", c.errors, (i) => fixed(i.bus.per_million, 1), true),
					number("stops", c.stops, (i) => String(i.stops.reduce((sum, { count }) => sum + count, 0)), true),
					number("unknown", c.unknown, (i) => (i.availability.unknown_s > 1 ? seconds(i.availability.unknown_s) : "–"), true),
				]}
			/>
		</Card>
	);
}

function Modules({ modules }: { modules: ModuleTotal[] }) {
	const mean = (s: number, failures: number) => (failures ? seconds(s / failures) : "–");

	return (
		<Card title={t.modules} span="c6" id="analytics-modules">
			<Table
				id="module-figures"
				label={t.modules}
				searchable={false}
				sortable={false}
				rows={modules}
				rowKey={(m) => m.name}
				empty={t.noModules}
				columns={[
					{ id: "name", title: t.module, cell: (m) => title(m.name), head: true },
					{ id: "up", title: t.up, cell: (m) => fixed(percentOf(m.upS, m.upS + m.downS), 2), number: true },
					{ id: "failures", title: t.failures, cell: (m) => m.failures, number: true },
					{ id: "mtbf", title: t.mtbf, cell: (m) => mean(m.upS, m.failures), number: true, wide: true },
					{ id: "mttr", title: t.mttr, cell: (m) => mean(m.downS, m.failures), number: true, wide: true },
				]}
			/>
		</Card>
	);
}

function Counts({ id, name, items, empty, note }: { id: string; name: string; items: [string, number][]; empty: string; note?: string }) {
	return (
		<Card title={name} span="c3" id={id}>
			{items.length ? <Facts items={items} /> : <p class="empty">{empty}</p>}
			{note ? <p class="sub">{note}</p> : null}
		</Card>
	);
}

function Head({ told, totals }: { told: Analytics; totals: Totals }) {
	const minute = (iso: string) => iso.slice(0, 16).replace("T", " ");

	return (
		<>
			<p class="sub" id="analytics-span">
				{t.shown(minute(told.from), minute(told.to), told.by)} {totals.unknownS > 1 ? t.unknown(seconds(totals.unknownS)) : t.allKnown} {totals.isEnergyIncomplete ? t.energyIncomplete : ""}
			</p>
			<Figures told={told} totals={totals} />
		</>
	);
}

function More({ told, totals }: { told: Analytics; totals: Totals }) {
	const ended = totals.finished + totals.failed ? [[t.finished, totals.finished] as [string, number], ...totals.reasons] : [];
	const journal = useLive<Health>("health").data?.journal.state;
	const named = (items: [string, number][]) => items.map(([name, count]): [string, number] => [words(name), count]);

	return (
		<>
			<Intervals told={told} />
			<Modules modules={totals.modules} />
			<Counts id="analytics-ended" name={t.ended} items={named(ended)} empty={t.noMoves} />
			<Counts
				id="analytics-stops"
				name={t.stops}
				items={named(totals.stops)}
				empty={journal === "none" ? texts.overview.noJournal : t.noStops}
				{...(totals.stopsMissing ? { note: t.stopsMissing(totals.stopsMissing) } : {})}
			/>
		</>
	);
}

interface ToolsProps {
	asked: Asked;
	onAsk: (changes: Record<string, string | null>) => void;
	onAgain: () => void;
}

function Tools({ asked, onAsk, onAgain }: ToolsProps) {
	const [isOpen, setOpen] = useState(asked.span === null);
	const span = { fromMs: Date.parse(asked.from), toMs: asked.to ? Date.parse(asked.to) : Date.parse(asked.from) + DAY_MS };

	return (
		<>
			<div class="tools">
				<fieldset class="segments" aria-label={t.span}>
					{t.spans.map(([id, text]) => (
						<button
							key={id}
							type="button"
							class="button"
							data-span={id}
							aria-pressed={asked.span === id}
							onClick={() => onAsk({ span: id, from: null, to: null })}
						>
							{text}
						</button>
					))}
				</fieldset>
				<fieldset class="segments" aria-label={t.by}>
					{Object.entries(t.at).map(([by, text]) => (
						<button key={by} type="button" class="button" data-by={by} aria-pressed={asked.by === by} onClick={() => onAsk({ by })}>
							{text}
						</button>
					))}
				</fieldset>
				<button type="button" class="button" id="analytics-free" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
					{texts.history.freeSpan}
				</button>
				<Button id="analytics-again" onPress={onAgain}>
					{t.again}
				</Button>
			</div>
			{isOpen && Number.isFinite(span.fromMs) && Number.isFinite(span.toMs) ? (
				<FreeSpan id="analytics" span={span} isUtc onShow={(from, to) => onAsk({ span: null, from, to })} />
			) : null}
		</>
	);
}

export function AnalyticsPage() {
	const [query, narrowTo] = useQuery();
	const clock = useRobotClock();
	const asked = askedOf(query, clock.nowMs());
	const { told, problem, isBusy, again } = useAnalytics(clock.isKnown ? pathOf(asked) : "");

	const totals = useMemo(() => told && totalsOf(told.items), [told]);

	return (
		<div class="grid" id="analytics">
			<Card title={t.did}>
				<Tools asked={asked} onAsk={narrowTo} onAgain={again} />
				{problem ? <Refusal problem={problem} retry={again} /> : null}
				<div aria-busy={isBusy && !problem}>{told && totals ? <Head told={told} totals={totals} /> : problem ? null : <Skeleton lines={8} />}</div>
			</Card>
			{told && totals ? <More told={told} totals={totals} /> : null}
		</div>
	);
}
