// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the time that is seen comes to: lowest, mean and greatest value of each signal, and how long it was in each state.
 */
import { useState } from "preact/hooks";
import { call } from "../api/session";
import type { PastSummary, Signal, SignalSummary } from "../api/types";
import { span as lengthText, unit, words } from "../format";
import type { Span } from "../past";
import { isState, nameOf, numberOf } from "../signals";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Card } from "./basics";
import { stamp } from "./past-chart";
import { Refused } from "./refused";
import { Table } from "./table";

const t = texts.history;

interface Named {
	signal: Signal;
	found: SignalSummary;
}

interface State {
	id: string;
	signal: string;
	state: string;
	timeS: number;
	/** of the time that is known; null: this is what is not known */
	share: number | null;
	times: number | null;
}

function statesOf({ signal, found }: Named): State[] {
	const name = nameOf(signal);
	const textOf = (value: string) => (signal.type === "boolean" ? texts.signals[value === "true" ? "yes" : "no"] : words(value));
	const states = found.states.map(({ value, time_s, times }) => ({
		id: `${signal.name} ${value}`,
		signal: name,
		state: textOf(value),
		timeS: time_s,
		share: time_s / found.known_s,
		times,
	}));

	return found.unknown_s ? [...states, { id: signal.name, signal: name, state: t.unknown, timeS: found.unknown_s, share: null, times: null }] : states;
}

function States({ rows }: { rows: State[] }) {
	return (
		<Table
			id="states"
			label={t.inStates}
			searchable={false}
			sortable={false}
			rows={rows}
			rowKey={({ id }) => id}
			empty=""
			columns={[
				{ id: "signal", title: t.signal, cell: (row) => row.signal },
				{ id: "state", title: t.state, head: true, cell: (row) => row.state },
				{ id: "time", title: t.time, number: true, cell: (row) => lengthText(row.timeS * 1000), nowrap: true },
				{ id: "share", title: t.share, number: true, cell: (row) => (row.share === null ? "" : `${(row.share * 100).toFixed(1)} %`), nowrap: true },
				{ id: "times", title: t.times, number: true, wide: true, cell: (row) => row.times ?? "" },
			]}
		/>
	);
}

function Numbers({ rows }: { rows: Named[] }) {
	const column = (id: "min" | "mean" | "max" | "last", wide = false) => ({
		id,
		title: t.figures[id],
		number: true,
		wide,
		cell: ({ signal, found }: Named) => {
			const value = found[id];

			return value === null ? "–" : numberOf({ ...signal, type: "number" }, value);
		},
	});

	return (
		<Table
			id="figures"
			label={t.summary}
			searchable={false}
			sortable={false}
			rows={rows}
			rowKey={({ signal }) => signal.name}
			empty=""
			columns={[
				{ id: "signal", title: t.signal, head: true, cell: ({ signal }) => `${nameOf(signal)}${signal.unit ? ` (${unit(signal.unit)})` : ""}` },
				column("min"),
				column("mean"),
				column("max"),
				column("last", true),
				{ id: "unknown", title: t.unknown, wide: true, cell: ({ found }) => (found.unknown_s ? lengthText(found.unknown_s * 1000) : "–"), nowrap: true },
			]}
		/>
	);
}

function Figures({ told, signals }: { told: PastSummary; signals: Signal[] }) {
	const all = told.items.flatMap((found) => signals.filter(({ name }) => name === found.signal).map((signal): Named => ({ signal, found })));
	const numbers = all.filter(({ signal }) => !isState(signal));
	const states = all.filter(({ signal }) => isState(signal)).flatMap(statesOf);

	return (
		<>
			{numbers.length ? <Numbers rows={numbers} /> : null}
			{states.length ? <States rows={states} /> : null}
		</>
	);
}

export function PastSummaryCard({ names, signals, span }: { names: string[]; signals: Signal[]; span: Span }) {
	const [told, setTold] = useState<PastSummary>();
	const act = useAct();
	const read = async () => {
		const query = new URLSearchParams({
			signals: names.join(","),
			from: new Date(Math.round(span.fromMs)).toISOString(),
			to: new Date(Math.round(span.toMs)).toISOString(),
		});

		setTold(await call<PastSummary>("GET", `telemetry/summary?${query}`));
	};

	return (
		<Card title={t.summary} id="history-summary">
			<p class="sub">{told ? t.fromTo(stamp(Date.parse(told.from)), stamp(Date.parse(told.to))) : t.summaryHint}</p>
			<Refused problem={act.problem} id="summary-refused" />
			{told ? <Figures told={told} signals={signals} /> : null}
			<div class="actions">
				<Button id="sum-up" why={names.length ? undefined : t.noSignals} onPress={() => void act.run(read)}>
					{told ? t.sumUpAgain : t.sumUp}
				</Button>
			</div>
		</Card>
	);
}
