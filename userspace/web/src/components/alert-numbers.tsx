// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The usual numbers of an alert system: how many, when too many at once, which ones most.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/problem";
import { call } from "../api/session";
import type { AlertSummary } from "../api/types";
import { time } from "../format";
import { texts } from "../texts";
import { asProblem } from "./act";
import { Card, Facts, Refusal } from "./basics";
import { KEPT_MS, useTimesSettled } from "./settled";

const t = texts.alerts;
/* Of each list so many are shown here. */
const SHOWN = 5;

function lasts(seconds: number): string {
	if (seconds < 600) return `${Math.round(seconds)} s`;
	return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/* The first of a list, and how many there are beside these. */
function some<Item>(items: Item[], total: number, none: string, show: (item: Item) => ComponentChildren): ComponentChildren {
	if (!items.length) return <span class="mute">{none}</span>;
	return (
		<>
			{items.slice(0, SHOWN).map((item, i) => (
				<p key={i}>{show(item)}</p>
			))}
			{total > SHOWN ? <p class="mute">{t.numbersMore(total - SHOWN)}</p> : null}
		</>
	);
}

function at({ code, address, subject }: { code: string; address: number | null; subject: string | null }): string {
	if (subject !== null) return `${code}, ${subject}`;
	return address === null ? code : t.numbersAt(code, address);
}

/** Read again when the alerts have changed and there was time to write that. @alerts: names those that are there. */
export function AlertNumbers({ alerts }: { alerts: string | undefined }) {
	const [numbers, setNumbers] = useState<AlertSummary>();
	const [problem, setProblem] = useState<Problem>();
	const version = useTimesSettled(alerts, 2 * KEPT_MS);

	useEffect(() => {
		let wanted = true;

		call<AlertSummary>("GET", "alerts/summary").then(
			(answer) => {
				if (!wanted) return;
				setNumbers(answer);
				setProblem(undefined);
			},
			(error: unknown) => {
				if (wanted) setProblem(asProblem(error));
			},
		);
		return () => {
			wanted = false;
		};
	}, [version]);
	if (!numbers && !problem) return null;
	return (
		<Card title={t.numbers} id="alert-numbers">
			{problem ? <Refusal problem={problem} /> : null}
			{numbers ? (
				<Facts
					items={[
						[t.numbersCame, `${numbers.count}, ${t.numbersTimes(numbers.times)}`],
						[t.numbersRate, numbers.per_hour.toFixed(2)],
						[
							t.numbersFloods,
							some(numbers.floods, numbers.flood_total, t.numbersFloodsNone, (flood) => (
								<>
									{time(flood.from)}: {t.numbersFlood(flood.count, flood.first_code)}
								</>
							)),
						],
						[t.numbersFrequent, some(numbers.frequent, 0, t.numbersNone, (tally) => t.numbersOf(tally.code, tally.count))],
						[
							t.numbersLongest,
							some(numbers.longest, 0, t.numbersNone, (tally) => t.numbersFor(tally.code, lasts(tally.standing_s))),
						],
						[
							t.numbersStanding,
							some(numbers.standing, numbers.standing_total, t.numbersNone, (item) => (
								<>
									{at(item)}, {time(item.since)}
								</>
							)),
						],
						[
							t.numbersChattering,
							some(numbers.chattering, numbers.chattering_total, t.numbersNone, (item) =>
								`${at(item)}, ${t.numbersTimes(item.times)}`,
							),
						],
					]}
				/>
			) : null}
		</Card>
	);
}
