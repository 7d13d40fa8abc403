// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The free way before and behind the robot in words, and where its numbers come from: limits are read once, the thresholds of
 * the safety module again when that module changes, distances are signals.
 */
import { useAllLive, useLive } from "../api/live";
import { call } from "../api/session";
import type { LimitsInForce, List, Module, Register } from "../api/types";
import { readings } from "../signals";
import { useStore } from "../store";
import { texts } from "../texts";
import { type Way, waysOf } from "../way";
import { Badge } from "./basics";
import { useUntilRead } from "./once";

const t = texts.drive;

const SENSORS = [1, 2, 3, 4];

function limitOf({ items, profile }: LimitsInForce, name: string): number {
	return items.find((item) => item.name === name && (item.profile === "common" || item.profile === profile))?.value ?? 0;
}

/** The free way in each direction; empty until all of it has been told. */
export function useWays(): Way[] {
	const limits = useUntilRead(() => call<LimitsInForce>("GET", "robot/limits"));
	const module = useLive<List<Module>>("modules").data?.items.find(({ name }) => name === "safety");
	const distances = useStore(readings).data;
	const looking = limits ? SENSORS.filter((n) => limitOf(limits, `distance_${n}_ways`)) : [];
	const zones = useAllLive<Register>(
		module ? looking.map((n) => `modules/${module.address}/registers/zone_threshold_${n}`) : [],
	);

	if (!limits || !distances || !zones.every(({ data, problem }) => data || problem)) return [];
	const sensors = looking.map((n, i) => {
		const distance = distances[`distance_${n}_mm`];
		const zone = zones[i]?.data?.value;

		return {
			ways: limitOf(limits, `distance_${n}_ways`),
			stopMm: typeof zone === "number" ? zone : null,
			freeMm: distance?.quality === "good" ? Number(distance.value) : null,
		};
	});

	return waysOf(sensors, limitOf(limits, "slow_zone_mm"), limitOf(limits, "distance_range_mm"));
}

/** "Forward: 4.1 m free", with where it slows down and stops. */
export function Ways({ ways }: { ways: Way[] }) {
	return (
		<ul class="ways" id="ways">
			{ways.map((way) => (
				<li key={way.direction}>
					<Badge tone={way.state === "clear" ? "none" : "warn"}>
						{t.wayAhead(way.direction > 0 ? t.forward : t.back, t.ways[way.state](way.freeMm ?? 0, way.endless))}
					</Badge>{" "}
					<span class="mute">{way.stopMm === null ? "" : `· ${t.zones(way.slowMm, way.stopMm)}`}</span>
				</li>
			))}
		</ul>
	);
}
