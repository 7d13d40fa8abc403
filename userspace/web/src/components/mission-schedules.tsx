// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When missions are made of templates, and which of them start by themselves.
 */
import { call, may } from "../api/session";
import type { Mission, MissionBattery, MissionSchedule, Robot } from "../api/types";
import { useWhyNot, whyLine } from "../drive";
import { time } from "../format";
import { change } from "../missions";
import { href } from "../router";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Card } from "./basics";
import { Form, type Member, type Values } from "./form";
import { useOnce } from "./once";
import { confirm, toast } from "./overlay";
import { usePaged } from "./paged";
import { Refused } from "./refused";
import { Table } from "./table";

const t = texts.missions.schedules;
const DAYS: Record<string, string[] | undefined> = {
	all: undefined,
	work: ["mon", "tue", "wed", "thu", "fri"],
	rest: ["sat", "sun"],
};
const MEMBERS: Member[] = [
	{ name: "from", label: t.from, kind: "text", required: true, min: 5, max: 5, hint: t.clock },
	{ name: "until", label: t.until, kind: "text", max: 5, hint: t.untilHint },
	{ name: "every_min", label: t.every, kind: "number", whole: true, min: 5, max: 1439, unit: "min" },
	{ name: "days", label: t.days, kind: "choice", choices: Object.entries(t.dayChoices).map(([value, label]) => ({ value, label })), start: "all" },
];

/** On the page of a template. */
export function ScheduleForm({ template: { id } }: { template: Mission }) {
	const send = async ({ days, ...said }: Values) => {
		await change("POST", "missions/schedules", { ...said, template: id, days: DAYS[String(days)] });
		toast(t.made);
	};

	return (
		<Card title={t.make} id="make-schedule">
			<p class="sub">{t.makeText}</p>
			<Form id="schedule" members={MEMBERS} submit={t.make} onSend={send} />
		</Card>
	);
}

function when({ days, from, until, every_min }: MissionSchedule): string {
	return [until === null ? from : t.window(from, until, every_min ?? 0), days.length < 7 ? days.join(", ") : ""].filter(Boolean).join(" · ");
}

const WITH_OUTPUTS = ["idle", "move", "dock", "paused", "blocked"];

/* Why a schedule cannot be released now. What else stands in the way of a move is asked when a leg begins. */
function useWhyNotRelease(robot: Robot | undefined): string | undefined {
	const whys = useWhyNot(robot)("move");

	return robot && WITH_OUTPUTS.includes(robot.state) ? undefined : whyLine(whys);
}

/** Whether the robot goes to its dock by itself; nothing, where the configuration sets no charge for that. */
export function Errand({ version, robot }: { version: string; robot: Robot | undefined }) {
	const { value } = useOnce(() => call<MissionBattery>("GET", "missions/battery"), version);
	const whyNot = useWhyNotRelease(robot);
	const act = useAct();

	if (!value?.dock_percent) return null;
	const release = async () => {
		if (value.released) await act.run(() => change("DELETE", "missions/battery/release"));
		else if (await confirm(...t.askErrand(value.dock_percent))) await act.run(() => change("POST", "missions/battery/release"));
	};

	return (
		<Card title={t.errand} id="errand">
			<p class="sub">{value.released_by ? t.goesToDock(value.dock_percent, value.charged_percent, value.released_by) : t.staysAway}</p>
			{may("operator") ? (
				<Button id="release-errand" why={value.released ? undefined : whyNot} onPress={() => void release()}>
					{value.released ? t.withdraw : t.releaseErrand}
				</Button>
			) : null}
			<Refused problem={act.problem} id="errand-problem" />
		</Card>
	);
}

/** Below the list of missions; nothing, while there is no schedule. */
export function Schedules({ version, robot }: { version: string; robot: Robot | undefined }) {
	const whyNot = useWhyNotRelease(robot);
	const list = usePaged<MissionSchedule>("missions/schedules", version);
	const act = useAct();

	if (!list.rows?.length) return null;
	const release = async (one: MissionSchedule) => {
		if (one.released) await act.run(() => change("DELETE", `missions/schedules/${one.id}/release`));
		else if (await confirm(...t.askRelease(one.name))) await act.run(() => change("POST", `missions/schedules/${one.id}/release`));
	};
	const drop = async (one: MissionSchedule) => {
		if (await confirm(...t.askDelete(one.name))) await act.run(() => change("DELETE", `missions/schedules/${one.id}`));
	};

	return (
		<Card title={t.title}>
			<Table
				id="schedules"
				blocks
				label={t.title}
				searchable={false}
				sortable={false}
				rows={list.rows}
				problem={list.problem}
				retry={list.again}
				rowKey={(s) => s.id}
				empty=""
				pager={null}
				columns={[
					{
						id: "name",
						title: texts.missions.name,
						head: true,
						cell: (s) => (
							<>
								<a href={href(`/missions/${s.template}`)}>{s.name}</a>
								<p class="sub">{when(s)}</p>
							</>
						),
					},
					{ id: "next", title: t.next, cell: (s) => time(s.next) },
					{ id: "last", title: t.last, cell: (s) => (s.last ? `${time(s.last)}: ${s.last_reason_text ?? t.missionMade}` : "") },
					{ id: "released", title: t.starts, cell: (s) => (s.released_by ? t.releasedBy(s.released_by) : t.waits) },
					{
						id: "acts",
						title: texts.missions.what,
						cell: (s) =>
							may("operator") ? (
								<div class="act-row">
									<Button id={`release-${s.id}`} why={s.released ? undefined : whyNot} onPress={() => void release(s)}>
										{s.released ? t.withdraw : t.release}
									</Button>
									<Button id={`unschedule-${s.id}`} onPress={() => void drop(s)}>
										{texts.missions.delete}
									</Button>
								</div>
							) : null,
					},
				]}
			/>
			<Refused problem={act.problem} id="schedules-problem" />
		</Card>
	);
}
