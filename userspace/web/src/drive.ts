// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the parts of the page Drive share: why an act cannot be done now, and how one is sent.
 */
import { link } from "./api/client";
import { feed, useLive } from "./api/live";
import { call } from "./api/session";
import type { CommandLife, List, Reason, Robot, Verb, VerbInterlocks } from "./api/types";
import { sentence, words } from "./format";
import { reasonText } from "./reasons";
import { stateView } from "./shell/robot";
import { useStore } from "./store";
import { texts } from "./texts";

const t = texts.drive;

/** A command as people call it: "Move to 14200 mm". */
export function commandText({ verb, position_mm }: { verb: string; position_mm: number | null }): string {
	return verb === "move" && position_mm !== null ? t.moveTo(t.mm(position_mm)) : (t.verbs[verb] ?? verb);
}

/** How far it is, and why it ended: @find knows the words of a reason. */
export function commandSaid(life: CommandLife, find: (code: string) => { cause: string } | undefined): string {
	const state = texts.events.commandIs(commandText(life), t.commandStates[life.state] ?? words(life.state));
	const why = (code: string) => texts.events.endedBy[code] ?? find(code)?.cause ?? `${sentence(words(code))}.`;

	return life.reason ? `${state} ${why(life.reason)}` : state;
}

/** Why something cannot be; the code leads to its remedy. */
export interface Why {
	text: string;
	code?: string;
}

/** What stands in the way of a verb. */
export type WhyNot = (verb: Verb) => Why[];

/* That the state is wrong says less than the state itself. */
function whyOf(verb: Verb, reason: Reason, robot: Robot): Why {
	if (reason.code !== "wrong_state") return { text: reasonText(reason), code: reason.code };
	return { text: t.states[robot.state] ?? t.idle[verb] ?? t.inState(stateView(robot).word) };
}

export function useWhyNot(robot: Robot | undefined): WhyNot {
	const { online } = useStore(link);
	const interlocks = useLive<List<VerbInterlocks>>("robot/interlocks").data;

	return (verb) => {
		if (!online || !robot) return [{ text: t.offline }];
		const told = interlocks?.items.find((item) => item.verb === verb)?.why_not ?? [];
		const whys = told.map((reason) => whyOf(verb, reason, robot));

		return [...new Map(whys.map((why) => [why.text, why])).values()];
	};
}

/** In one line. */
export function whyLine(whys: Why[]): string | undefined {
	return whys.map(({ text }) => text).join(" ") || undefined;
}

/** Known obstacles to a verb that is to wait; the robot's present act is none. */
export function laterWhyNot(whyNot: WhyNot): WhyNot {
	return (verb) => whyNot(verb).filter(({ text, code }) => text === t.offline || code === "control_held" || code === "role");
}

/** Takes a command out of the queue; what the API refuses is thrown. */
export async function dropQueued(number: number): Promise<void> {
	await call("DELETE", `robot/commands/${number}`);
	feed.refresh("robot");
}

/** Moves and jogs get so much of their speed; what the API refuses is thrown. */
export async function setOverride(percent: number): Promise<void> {
	await call("PUT", "robot/override", { body: { percent } });
	for (const path of ["robot", "control"]) feed.refresh(path);
}

/** Sends a command; what the API refuses is thrown. */
export async function command(body: { verb: Verb; [member: string]: unknown }): Promise<void> {
	await call("POST", "robot/commands", { body });
	for (const path of ["robot", "robot/interlocks", "control"]) feed.refresh(path);
}
