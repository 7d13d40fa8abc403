// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the intervals of an analysis come to. The robot tells sums of each interval; shares and means of all of them are made of
 * these sums, and not of the shares of the intervals.
 */
import type { AnalyticsInterval } from "./api/types";

export interface ModuleTotal {
	name: string;
	upS: number;
	downS: number;
	failures: number;
}

export interface Totals {
	distanceM: number;
	movingS: number;
	finished: number;
	failed: number;
	docks: number;
	docked: number;
	usedWh: number;
	chargedWh: number;
	/** energy and cost are at least so much */
	isEnergyIncomplete: boolean;
	/** null: there is no tariff */
	cost: number | null;
	enabledS: number;
	availableS: number;
	/** of the state */
	unknownS: number;
	lengthS: number;
	errors: number;
	exchanges: number;
	/** why moves failed, and how often; the most frequent first */
	reasons: [string, number][];
	/** stops by their cause, the same way */
	stops: [string, number][];
	stopsMissing: number;
	modules: ModuleTotal[];
}

export const lengthS = ({ from, to }: AnalyticsInterval) => (Date.parse(to) - Date.parse(from)) / 1000;

function counted(all: { name: string; count: number }[]): [string, number][] {
	const counts = new Map<string, number>();

	for (const { name, count } of all) counts.set(name, (counts.get(name) ?? 0) + count);
	return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

function modulesOf(items: AnalyticsInterval[]): ModuleTotal[] {
	const modules = new Map<string, ModuleTotal>();

	for (const { name, up_s, down_s, failures } of items.flatMap((item) => item.modules)) {
		const total = modules.get(name) ?? { name, upS: 0, downS: 0, failures: 0 };

		modules.set(name, { name, upS: total.upS + up_s, downS: total.downS + down_s, failures: total.failures + failures });
	}
	return [...modules.values()];
}

export function totalsOf(items: AnalyticsInterval[]): Totals {
	const sum = (of: (item: AnalyticsInterval) => number) => items.reduce((all, item) => all + of(item), 0);

	return {
		distanceM: sum((i) => i.motion.distance_m),
		movingS: sum((i) => i.motion.moving_s),
		finished: sum((i) => i.moves.finished),
		failed: sum((i) => i.moves.failed),
		docks: sum((i) => i.moves.docks),
		docked: sum((i) => i.moves.docks_finished),
		usedWh: sum((i) => i.energy.used_wh),
		chargedWh: sum((i) => i.energy.charged_wh),
		isEnergyIncomplete: items.some((i) => i.energy.incomplete),
		cost: items.some((i) => i.energy.cost === null) ? null : sum((i) => i.energy.cost ?? 0),
		enabledS: sum((i) => i.availability.enabled_s),
		availableS: sum((i) => i.availability.available_s),
		unknownS: sum((i) => i.availability.unknown_s),
		lengthS: sum(lengthS),
		errors: sum((i) => i.bus.errors),
		exchanges: sum((i) => i.bus.exchanges),
		reasons: counted(items.flatMap((i) => i.moves.reasons.map(({ reason, count }) => ({ name: reason, count })))),
		stops: counted(items.flatMap((i) => i.stops.map(({ cause, count }) => ({ name: cause, count })))),
		stopsMissing: sum((i) => i.stops_missing),
		modules: modulesOf(items),
	};
}

/** A share in percent of what is known; null: nothing is. A clock that was set back makes some time twice. */
export function percentOf(partS: number, knownS: number): number | null {
	const wholeS = Math.max(partS, knownS);

	return wholeS > 0 ? (100 * partS) / wholeS : null;
}
