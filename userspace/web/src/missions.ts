// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the parts of the page Missions share: when missions are read again, and how missions and legs are said.
 */
import type { LiveMissions } from "./api/follow";
import { transport } from "./api/line";
import { useAllLive, useLive } from "./api/live";
import { call } from "./api/session";
import type { Mission, MissionLeg, MissionLegBody, Robot } from "./api/types";
import type { Tone } from "./components/basics";
import { useTurns } from "./components/turns";
import { Store, useStore } from "./store";
import { texts } from "./texts";

const t = texts.missions;

export const LEGS_MAX = 100;
const LIVE = "missions/live";

/** Changes when this page has changed a mission. */
const acts = new Store(0);

/**
 * Another value: missions may have changed. A robot that does not tell the channel is asked every 5 s, and when its command changes, as
 * it does with most changes of a mission. A stream is asked for all channels at once, and a program without this one would refuse all.
 */
export function useMissionsVersion(robot: Robot | undefined): string {
	const told = useAllLive<LiveMissions>(useStore(transport) === "socket" ? [LIVE] : [])[0]?.data;

	return JSON.stringify([useStore(acts), useTurns(LIVE), told ?? [robot?.state, robot?.command?.number, robot?.command?.state]]);
}

export function useRobot(): Robot | undefined {
	return useLive<Robot>("robot").data;
}

/** Sends what changes missions (@revision: only this one of the mission is changed), and has them read again; what the API refuses is thrown. */
export async function change<T>(method: "POST" | "PATCH" | "DELETE", path: string, body?: unknown, revision?: number): Promise<T> {
	try {
		return await call<T>(method, path, {
			...(body === undefined ? {} : { body }),
			...(revision === undefined ? {} : { ifMatch: `"${revision}"` }),
		});
	} finally {
		// After a refusal as well: the mission is in another state than the page shows.
		acts.set(acts.get() + 1);
	}
}

const TONES: Record<Mission["state"] | MissionLeg["state"], Tone> = {
	waiting: "none",
	running: "live",
	paused: "warn",
	held: "warn",
	finished: "ok",
	skipped: "warn",
	failed: "bad",
	cancelled: "none",
	template: "none",
};

/** A state that this page does not know yet wants attention. */
export function toneOf(state: string): Tone {
	return TONES[state as Mission["state"]] ?? "warn";
}

export const isDriven = ({ state }: Mission) => state === "running" || state === "paused";

/* Order of the list. States that are not here are over. */
const ORDER = ["running", "paused", "held", "waiting", "template"];

export function inOrder(missions: Mission[]): Mission[] {
	const rank = ({ state }: Mission) => (ORDER.includes(state) ? ORDER.indexOf(state) : ORDER.length);

	return [...missions].sort((a, b) => rank(a) - rank(b));
}

/** "round 2 of 3"; "" of a mission that is driven once */
export const roundText = ({ round, rounds }: Mission) => (rounds === 1 || rounds === undefined ? "" : t.roundOf(round, rounds));

const bounds = ({ signal, at_least, at_most }: MissionLeg) => t.bounds(signal ?? "", at_least, at_most);

/** "Move to dock" */
export function legText(leg: MissionLeg): string {
	const { kind, station, position_mm, wait_s } = leg;

	if (kind === "move") return t.moveTo(station ?? texts.drive.mm(position_mm ?? 0));
	if (kind === "signal") return t.waitUntil(bounds(leg));
	if (kind === "charge") return t.chargeTo(leg.charge_percent ?? 0);
	if (kind === "write") return t.write(leg.address ?? 0, leg.register_name ?? "", leg.value ?? 0);
	return kind === "wait" ? t.waitFor(wait_s ?? 0) : (t.kinds[kind] ?? kind);
}

/** "at most 0.50 m/s, within 60 s" */
export function legMore(leg: MissionLeg): string {
	const { speed_mm_s, deadline_s, on_failure } = leg;

	return [
		leg.signal && leg.kind !== "signal" ? t.when(bounds(leg)) : "",
		speed_mm_s === null ? "" : texts.drive.atMost(texts.drive.speedOf(speed_mm_s)),
		deadline_s === null ? "" : t.deadline(deadline_s),
		leg.retries ? t.retries(leg.retries) : "",
		on_failure === "fail" ? t.failing : on_failure === "skip" ? t.skipping : "",
	]
		.filter(Boolean)
		.join(", ");
}

/** The verb by which the robot drives a leg; undefined: it does not move for it. */
export function verbOf(kind: MissionLegBody["kind"] | undefined) {
	return kind === "move" || kind === "dock" || kind === "undock" ? kind : undefined;
}
