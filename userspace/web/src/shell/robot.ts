// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state of the robot as the page shows it everywhere: word, tone, what is too much, and the picture of the tab.
 */
import type { Health, Module, Robot } from "../api/types";
import type { Tone } from "../components/basics";
import { texts } from "../texts";

const TONES: Record<string, Tone> = {
	boot: "none",
	init: "none",
	safe: "none",
	idle: "ok",
	move: "live",
	paused: "warn",
	blocked: "warn",
	dock: "live",
	config: "warn",
	fault: "bad",
	estop: "bad",
	shutdown: "none",
};

/** The kernel accepts no plan whose fullest cycle is fuller. */
export const FULL_BUS_PERCENT = 95;

export interface StateView {
	word: string;
	tone: Tone;
	means: string;
}

export function stateView(robot: Pick<Robot, "state"> | undefined): StateView {
	const state = robot?.state ?? "unknown";

	return {
		word: texts.state[state] ?? state,
		tone: TONES[state] ?? "none",
		means: texts.stateMeans[state] ?? "",
	};
}

const HEALTH_TONES: Record<Module["health"], Tone> = {
	good: "ok",
	degraded: "warn",
	not_polled: "warn",
	quarantined: "warn",
	lost: "bad",
	absent: "bad",
};

/** A health that this page does not know yet wants attention. */
export function healthTone(health: Module["health"]): Tone {
	return HEALTH_TONES[health] ?? "warn";
}

/** The item /robot/name of the configuration; before the log-in, which alone tells it, the name of the machine. */
export function nameOf(robot: Robot | undefined): string {
	return robot ? robot.name : location.hostname;
}

/** The tab tells the state, too, and which page it is. */
export function showInTab(robot: Robot | undefined, online: boolean, page: string): void {
	const { word, tone } = stateView(robot);
	const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
	const wanted = `/icon-${online && robot ? tone : "none"}.svg`;

	document.title = [...(robot ? [online ? word : texts.shell.offline] : []), page, nameOf(robot)].join(" · ");
	if (icon && icon.getAttribute("href") !== wanted) icon.href = wanted;
}

/** What limits this connection, in sentences. */
export function limitsOf(health: Health | undefined): string[] {
	if (!health) return [];
	return [
		...(health.simulated ? [texts.shell.simulated] : []),
		...(health.bus.present ? [] : [texts.shell.busGone(health.bus.error)]),
		...(health.bus.timing === "exact" ? [] : [texts.shell.timing]),
		...(health.bus.hardware_stop ? [] : [texts.shell.noStop]),
		...(health.bus.simulated_outputs ? [texts.shell.simulatedOutputs] : []),
	];
}
