// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The free way in both directions, as the robot judges it: the sensor with the least room counts, and what is not known counts
 * as an obstacle.
 */

/** One of the safety module's sensors. */
export interface Sensor {
	/** bit 0: it looks forward, bit 1: back */
	ways: number;
	/** an obstacle nearer than this stops the robot; null: not known */
	stopMm: number | null;
	/** to the nearest obstacle; null: not known */
	freeMm: number | null;
}

export interface Way {
	/** 1 forward, -1 back */
	direction: 1 | -1;
	stopMm: number | null;
	/** an obstacle nearer than this slows the robot down; it may be the same as stopMm */
	slowMm: number;
	freeMm: number | null;
	state: "clear" | "slow" | "stop" | "unknown";
	/** the sensor sees no obstacle: freeMm is as far as it sees */
	endless: boolean;
}

/* As in control/travel_way.c: a reading as far as the sensor sees means that it sees nothing. */
const SEES_NOTHING_MM = 1;

const roomOf = ({ stopMm, freeMm }: Sensor) => (stopMm === null || freeMm === null ? Number.NEGATIVE_INFINITY : freeMm - stopMm);

function wayOf(direction: 1 | -1, { stopMm, freeMm }: Sensor, slowZoneMm: number, rangeMm: number): Way {
	const slowMm = Math.max(slowZoneMm, stopMm ?? 0);
	const way = { direction, stopMm, slowMm, freeMm, endless: freeMm !== null && freeMm >= rangeMm - SEES_NOTHING_MM };

	if (stopMm === null || freeMm === null) return { ...way, state: "unknown" };
	return { ...way, state: freeMm < stopMm ? "stop" : freeMm < slowMm ? "slow" : "clear" };
}

/** Of each direction in which a sensor looks. */
export function waysOf(sensors: Sensor[], slowZoneMm: number, rangeMm: number): Way[] {
	return ([1, -1] as const).flatMap((direction) => {
		const bit = direction > 0 ? 1 : 2;
		const [worst] = sensors.filter(({ ways }) => ways & bit).sort((a, b) => roomOf(a) - roomOf(b));

		return worst ? wayOf(direction, worst, slowZoneMm, rangeMm) : [];
	});
}
