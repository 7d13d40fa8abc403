// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A move to a position: chosen on the rail or typed, looked at, and then sent.
 */
import { useState } from "preact/hooks";
import type { Limits, Robot } from "../api/types";
import { type WhyNot, command, laterWhyNot, whyLine } from "../drive";
import { numberOf } from "../number";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Card } from "./basics";
import { VerbActs, WhyLine } from "./drive-acts";
import { Field, type Member, faultOf } from "./form";
import { Refused } from "./refused";

const t = texts.drive;

/** The chosen goal that is not sent yet, as it is typed. */
export interface Draft {
	position: string;
	speed: string;
}

/** What a move needs, as it is typed. */
export function moveMembers({ soft_min_mm, soft_max_mm, speed_mm_s }: Limits): { position: Member; speed: Member } {
	const fastest = speed_mm_s / 1000;

	return {
		position: {
			name: "position_mm",
			label: t.target,
			kind: "number",
			required: true,
			min: soft_min_mm,
			max: soft_max_mm,
			unit: "mm",
		},
		speed: {
			name: "speed_mm_s",
			label: t.limitSpeed,
			kind: "number",
			min: 0.01,
			max: fastest,
			hint: t.limitSpeedHint(fastest.toFixed(2)),
		},
	};
}

interface GoToProps {
	robot: Robot;
	draft: Draft | null;
	setDraft: (draft: Draft | null) => void;
	whyNot: WhyNot;
}

/** Members that say when: at once, or behind what is under way. */
type When = { queue?: "append" };

function Chosen({ robot, draft, setDraft, whyNot, when }: GoToProps & { draft: Draft; when: When }) {
	const act = useAct();
	const [asked, setAsked] = useState(false);
	const { position, speed } = moveMembers(robot.limits);
	const theirs = (pointer: string) => act.problem?.errors.find((e) => e.pointer === pointer)?.detail;
	const faults = [faultOf(position, draft.position), faultOf(speed, draft.speed)];
	const mm = numberOf(draft.position);
	const metres = numberOf(draft.speed);
	const why = whyLine(whyNot("move"));

	const way = faults[0] || mm === null ? "" : robot.position_mm === null ? t.wayUnknown : t.way(mm - robot.position_mm);

	const send = () =>
		act.run(async () => {
			await command({
				verb: "move",
				position_mm: mm,
				...when,
				...(metres === null ? {} : { speed_mm_s: Math.round(metres * 1000) }),
			});
			setDraft(null);
		});

	return (
		<form
			id="go-to"
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				if (!why && !faults.some(Boolean) && mm !== null && !act.busy) void send();
			}}
		>
			<div class="field-row">
				<Field
					id="go-to-position"
					member={position}
					value={draft.position}
					fault={(draft.position ? faults[0] : undefined) ?? theirs("/position_mm")}
					onInput={(value) => setDraft({ ...draft, position: String(value) })}
				/>
				<Field
					id="go-to-speed"
					member={speed}
					value={draft.speed}
					fault={faults[1] ?? theirs("/speed_mm_s")}
					onInput={(value) => setDraft({ ...draft, speed: String(value) })}
				/>
			</div>
			<WhyLine id="go-to-way" text={(asked && why) || way} />
			<div class="act-row">
				<Button
					submit
					kind="primary"
					id="go-to-send"
					why={why ?? faults[0] ?? faults[1]}
					onWhy={() => setAsked(true)}
					onPress={() => undefined}
				>
					{act.busy ? t.sending : t.verbs.move}
				</Button>
				<Button id="go-to-cancel" onPress={() => setDraft(null)}>
					{texts.shell.cancel}
				</Button>
			</div>
			<Refused problem={act.problem} id="go-to-problem" />
		</form>
	);
}

/* Only while something is under way behind which a command can wait. */
function ChooseWhen({ then, choose }: { then: boolean; choose: (then: boolean) => void }) {
	return (
		<fieldset class="choice" id="go-when">
			<legend class="hidden">{t.queueWhen}</legend>
			{[false, true].map((value) => (
				<label key={String(value)}>
					<input
						type="radio"
						name="go-when"
						id={value ? "go-then" : "go-now"}
						checked={then === value}
						onChange={() => choose(value)}
					/>
					<span>{value ? t.queueThen : t.queueNow}</span>
				</label>
			))}
		</fieldset>
	);
}

export function GoTo(props: GoToProps) {
	const { robot, draft, setDraft } = props;
	const [chosenThen, choose] = useState(false);
	const runs = robot.command !== null && robot.command.verb !== "jog";
	const then = runs && chosenThen;
	const when: When = then ? { queue: "append" } : {};
	const whyNot = then ? laterWhyNot(props.whyNot) : props.whyNot;

	return (
		<Card title={t.goTo} span="" id="drive-goto">
			{runs ? <ChooseWhen then={then} choose={choose} /> : null}
			{draft ? (
				<Chosen {...props} draft={draft} whyNot={whyNot} when={when} />
			) : (
				<p class="act-row first">
					<Button id="go-to-open" kind="primary" onPress={() => setDraft({ position: "", speed: "" })}>
						{t.choose}
					</Button>
				</p>
			)}
			<VerbActs id="go" verbs={["home", "dock", "undock"]} whyNot={whyNot} more={when} />
		</Card>
	);
}
