// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mission that is driven, those that wait for a person, and the next: all missions with their legs.
 */
import { useRef, useState } from "preact/hooks";
import { call, may } from "../api/session";
import type { Mission, MissionLeg, Robot } from "../api/types";
import { Badge, Button, Card, Facts, Icon, Notice, Refusal, Skeleton, When } from "../components/basics";
import { MissionActs } from "../components/mission-acts";
import { MissionForm } from "../components/mission-form";
import { Errand, ScheduleForm, Schedules } from "../components/mission-schedules";
import { Older } from "../components/older";
import { useOnce, useStations } from "../components/once";
import { type Paged, usePaged } from "../components/paged";
import { Rail } from "../components/rail";
import { Table } from "../components/table";
import { time } from "../format";
import { inOrder, isDriven, legMore, legText, roundText, toneOf, useMissionsVersion, useRobot } from "../missions";
import type { PageProps } from "../pages";
import { useErrorCodes } from "../remedy";
import { go, href } from "../router";
import { texts } from "../texts";

const t = texts.missions;
/* The most that the robot has are 1,000; older ones are asked for. */
const LIST = "missions?limit=200";

function State({ of }: { of: Mission | MissionLeg }) {
	return <Badge tone={toneOf(of.state)}>{t.states[of.state] ?? of.state}</Badge>;
}

/* Why it is held, paused or has failed, in the words of the robot, and what to do. */
function Why({ mission: { reason, reason_text, state } }: { mission: Mission }) {
	const known = useErrorCodes()(reason ?? "");

	if (!reason) return t.stateMeans[state] ? <p class="sub">{t.stateMeans[state]}</p> : null;
	return (
		<div class="gap-above">
			<Notice tone={state === "failed" ? "bad" : "warn"} id="mission-why">
				{reason_text} {known ? <span class="mute">{known.action}</span> : null} <span class="mute">{t.stateMeans[state]}</span>{" "}
				{known ? <a href={href(`/help/${reason}`)}>{texts.help.of}</a> : null}
			</Notice>
		</div>
	);
}

/* How far it is: the leg that is driven or comes next, and the one behind it. */
function Progress({ mission, legs }: { mission: Mission; legs: MissionLeg[] | undefined }) {
	const finished = legs?.filter(({ state }) => state === "finished").length ?? 0;
	const leg = legs?.find(({ place }) => place === mission.leg);
	const next = legs?.find(({ place }) => place === (mission.leg ?? 0) + 1);

	return (
		<>
			<div class="figure word" id="mission-leg">
				{leg ? legText(leg) : legs ? t.legsOf(mission.legs) : <Skeleton width="10em" />}
			</div>
			<p class="sub">
				<State of={mission} />{" "}
				{[
					"",
					mission.leg ? t.legAt(mission.leg, mission.legs) : "",
					roundText(mission),
					leg ? legMore(leg) : "",
					mission.driven_by ? t.inName(mission.driven_by) : "",
				]
					.filter((text, i) => text || !i)
					.join(" · ")}
			</p>
			<progress max={mission.legs} value={finished} aria-label={t.progress(finished, mission.legs)} />
			<p class="sub" id="mission-next">
				{next ? t.nextLeg(legText(next)) : mission.leg ? t.lastLeg : null}
			</p>
		</>
	);
}

interface PresentProps {
	mission: Mission;
	legs: MissionLeg[] | undefined;
	robot: Robot | undefined;
	driven: Mission | undefined;
}

/* The mission that is driven or looked at. */
function Present({ mission, legs, robot, driven }: PresentProps) {
	const stations = useStations();

	return (
		<>
			<Progress mission={mission} legs={legs} />
			{isDriven(mission) && robot ? <Rail robot={robot} draft={null} stations={stations} ways={[]} /> : null}
			<Why mission={mission} />
			<MissionActs mission={mission} legs={legs} robot={robot} driven={driven} gone={() => go("/missions")} />
		</>
	);
}

function Legs({ mission, list }: { mission: Mission; list: Paged<MissionLeg, unknown> }) {
	return (
		<Card title={t.legs} id="mission-legs">
			<Table
				id="legs"
				blocks
				label={t.legsOfMission(mission.name)}
				searchable={false}
				sortable={false}
				rows={list.rows}
				problem={list.problem}
				retry={list.again}
				rowKey={(leg) => leg.place}
				empty=""
				pager={null}
				columns={[
					{
						id: "what",
						title: t.what,
						head: true,
						cell: (leg) => (
							<>
								{`${leg.place}. ${legText(leg)}`}
								<p class="sub">{legMore(leg)}</p>
							</>
						),
					},
					{
						id: "state",
						title: t.state,
						cell: (leg) => (
							<>
								<State of={leg} />
								{leg.reason ? <p class="sub">{leg.reason_text}</p> : null}
							</>
						),
					},
					{
						id: "time",
						title: t.time,
						cell: (leg) => (leg.began ? t.fromTo(time(leg.began), leg.ended ? time(leg.ended) : "") : ""),
					},
				]}
			/>
		</Card>
	);
}

function One({ id, missions, robot, version }: { id: string; missions: Mission[]; robot: Robot | undefined; version: string }) {
	const read = useOnce(() => call<Mission>("GET", `missions/${encodeURIComponent(id)}`), version);
	const list = usePaged<MissionLeg>(`missions/${encodeURIComponent(id)}/legs`, version);
	const newest = useRef<Mission>();
	const whoWhen = (who: string, iso: string) => t.whoWhen(who, time(iso));

	// It stays through an answer that does not come, and with it what is typed in its form.
	if (read.value || read.problem?.status === 404) newest.current = read.value;
	const mission = newest.current;

	return (
		<>
			<div class="crumbs">
				<a class="button plain" href={href("/missions")}>
					<Icon>
						<path d="M15 5l-7 7 7 7" />
					</Icon>
					{t.all}
				</a>
				{mission ? <h2>{mission.name}</h2> : null}
			</div>
			{read.problem ? <Refusal problem={read.problem} retry={read.again} /> : null}
			{mission ? (
				<div class="grid">
					<Card title={t.facts} span="c8" id="mission">
						<Present mission={mission} legs={list.rows} robot={robot} driven={missions.find(isDriven)} />
					</Card>
					<Card title={t.times} span="c4" id="mission-facts">
						<Facts
							items={[
								[t.madeBy, whoWhen(mission.made_by, mission.made)],
								[t.began, mission.began ? whoWhen(mission.driven_by ?? "", mission.began) : t.notYet],
								[t.newest, time(mission.changed)],
								[t.ended, mission.ended ? time(mission.ended) : t.notYet],
							]}
						/>
					</Card>
					<Legs mission={mission} list={list} />
					{mission.state === "template" && may("operator") ? <ScheduleForm template={mission} /> : null}
				</div>
			) : read.problem ? null : (
				<Skeleton lines={4} />
			)}
		</>
	);
}

/* Of the mission that is driven: nothing is read where none is. */
function Driven({ mission, robot, version }: { mission: Mission; robot: Robot | undefined; version: string }) {
	const list = usePaged<MissionLeg>(`missions/${mission.id}/legs`, version);

	return <Present mission={mission} legs={list.rows} robot={robot} driven={mission} />;
}

function Board({ list, robot, version }: { list: Paged<Mission, unknown>; robot: Robot | undefined; version: string }) {
	const [adding, setAdding] = useState(false);
	const driven = list.rows?.find(isDriven);
	const add = (
		<Button id="add-mission" kind="primary" onPress={() => setAdding(true)}>
			{t.add}
		</Button>
	);

	return (
		<div class="grid">
			<Card
				title={t.drivenNow}
				id="mission-now"
				head={driven ? <a href={href(`/missions/${driven.id}`)}>{driven.name}</a> : null}
			>
				{driven ? (
					<Driven key={driven.id} mission={driven} robot={robot} version={version} />
				) : (
					<p class="mute">{list.rows ? t.noneDriven : <Skeleton />}</p>
				)}
			</Card>
			<Card title={t.title}>
				<Table
					id="missions"
					blocks
					label={t.title}
					sortable={false}
					tools={may("operator") ? add : null}
					rows={list.rows && inOrder(list.rows)}
					problem={list.problem}
					retry={list.again}
					rowKey={(m) => m.id}
					rowClass={() => "can"}
					empty={
						<>
							<p>{t.none}</p>
							<p class="sub">{t.noneAct}</p>
						</>
					}
					pager={<Older press={list.older} text={t.older} />}
					columns={[
						{
							id: "name",
							title: t.name,
							key: (m) => m.name,
							head: true,
							cell: (m) => (
								<a class="row-link" href={href(`/missions/${m.id}`)}>
									{m.name}
								</a>
							),
						},
						{
							id: "state",
							title: t.state,
							key: (m) => `${t.states[m.state] ?? m.state} ${m.reason_text ?? ""}`,
							cell: (m) => (
								<>
									<State of={m} />
									{m.reason ? <p class="sub">{m.reason_text}</p> : null}
								</>
							),
						},
						{ id: "leg", title: t.leg, cell: (m) => (m.leg ? t.legOf(m.leg, m.legs) : t.legsOf(m.legs)), nowrap: true },
						{ id: "changed", title: t.newest, cell: (m) => <When iso={m.changed} /> },
						{ id: "by", title: t.by, key: (m) => m.driven_by ?? m.made_by, cell: (m) => m.driven_by ?? m.made_by, wide: true },
					]}
				/>
			</Card>
			<Schedules version={version} robot={robot} />
			<Errand version={version} robot={robot} />
			{adding ? <MissionForm limits={robot?.limits} close={() => setAdding(false)} /> : null}
		</div>
	);
}

export function Missions({ rest }: PageProps) {
	const robot = useRobot();
	const version = `${useMissionsVersion(robot)} ${rest}`;
	const list = usePaged<Mission>(LIST, version);

	if (rest) return <One key={rest} id={rest} missions={list.rows ?? []} robot={robot} version={version} />;
	return <Board list={list} robot={robot} version={version} />;
}
