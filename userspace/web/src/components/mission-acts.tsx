// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The acts of one mission. Lists have none of them: a person opens a mission before the robot moves.
 */
import { useState } from "preact/hooks";
import { may } from "../api/session";
import type { Mission, MissionLeg, Robot } from "../api/types";
import { useWhyNot, whyLine } from "../drive";
import { change, isDriven, verbOf } from "../missions";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button } from "./basics";
import { MissionForm } from "./mission-form";
import { confirm, toast } from "./overlay";
import { Refused } from "./refused";

const t = texts.missions;

type Act = "start" | "pause" | "resume" | "cancel";

/* Which acts a state takes; the first one is what is most likely wanted. */
const ACTS: Record<string, Act[]> = {
	waiting: ["start", "cancel"],
	running: ["pause", "cancel"],
	paused: ["resume", "cancel"],
	held: ["resume", "cancel"],
};

interface MissionActsProps {
	mission: Mission;
	legs: MissionLeg[] | undefined;
	robot: Robot | undefined;
	/** the mission that is driven */
	driven: Mission | undefined;
	/** the mission is deleted */
	gone?: () => void;
}

export function MissionActs({ mission, legs, robot, driven, gone }: MissionActsProps) {
	const { id, name, state } = mission;
	const act = useAct();
	const whyNotVerb = useWhyNot(robot);
	const [form, setForm] = useState<"change" | "copy">();
	const isOver = !(state in ACTS);

	if (!may("operator")) return <p class="sub">{texts.shell.needs(texts.roles.operator ?? "")}</p>;
	/* A leg that the robot would refuse now would hold the mission at once. */
	const whyNot = (what: Act) => {
		if (what !== "start" && !(what === "resume" && state === "held")) return undefined;
		if (driven && driven.id !== id) return t.otherDriven(driven.name);
		const verb = verbOf(legs?.find(({ place }) => place === mission.leg)?.kind);

		return verb && whyLine(whyNotVerb(verb));
	};
	const press = async (what: Act) => {
		if (what === "cancel" && !(await confirm(...t.askCancel(name)))) return;
		// The person starts or resumes the mission as it is shown: one that was held anew since has another revision.
		await act.run(() => change("POST", `missions/${id}/${what}`, undefined, what === "start" || what === "resume" ? mission.revision : undefined));
	};
	const drop = async () => {
		if (!(await confirm(...t.askDelete(name)))) return;
		const done = await act.run(() => change("DELETE", `missions/${id}`));

		if (!done) return;
		toast(t.deleted(name));
		gone?.();
	};

	return (
		<>
			<div class="act-row mission-acts">
				{(ACTS[state] ?? []).map((what, i) => (
					<Button key={what} id={`mission-${what}`} kind={i ? "" : "primary"} why={whyNot(what)} onPress={() => void press(what)}>
						{t[what]}
					</Button>
				))}
				{(state === "waiting" || state === "template") && legs ? (
					<Button id="mission-change" onPress={() => setForm("change")}>
						{t.change}
					</Button>
				) : null}
				{isOver && legs ? (
					<Button id="mission-copy" onPress={() => setForm("copy")}>
						{t.copy}
					</Button>
				) : null}
				{isDriven(mission) ? null : (
					<Button id="mission-delete" onPress={() => void drop()}>
						{t.delete}
					</Button>
				)}
			</div>
			<Refused problem={act.problem} id="mission-problem" />
			{form && legs ? (
				<MissionForm
					{...(form === "change" ? { changed: mission } : {})}
					name={name}
					rounds={mission.rounds}
					legs={legs}
					limits={robot?.limits}
					close={() => setForm(undefined)}
				/>
			) : null}
		</>
	);
}
