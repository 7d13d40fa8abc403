// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How do I get it there?
 */
import { useState } from "preact/hooks";
import { useLive } from "../api/live";
import { may } from "../api/session";
import type { Robot, Safety, Verb } from "../api/types";
import { Acts } from "../components/acts";
import { Badge, Card, Figure, Notice, Skeleton, type Tone, useAge } from "../components/basics";
import { VerbActs } from "../components/drive-acts";
import { ControlCard } from "../components/drive-control";
import { type Draft, GoTo } from "../components/drive-goto";
import { Jog } from "../components/drive-jog";
import { Location } from "../components/drive-location";
import { ModeCard } from "../components/drive-mode";
import { Override } from "../components/drive-override";
import { Queue } from "../components/drive-queue";
import { useStations } from "../components/once";
import { LiveText } from "../components/live-text";
import { Rail } from "../components/rail";
import { useRecording } from "../components/signals";
import { useWays, Ways } from "../components/way";
import { commandText, type WhyNot, useWhyNot } from "../drive";
import { numberOf } from "../number";
import { reasonText } from "../reasons";
import { useRemedies } from "../remedy";
import { href } from "../router";
import { texts } from "../texts";

const t = texts.drive;

/* The state, the stop and the button itself show it; a toast would lie over what is touched next. */
const seen = () => undefined;

const COMMAND_TONES: Record<string, Tone> = { running: "live", paused: "warn", retriable: "warn" };

function Where({ robot }: { robot: Robot }) {
	const { position_mm, speed_mm_s } = robot;

	return (
		<div class="drive-figures">
			<div>
				<h3>{texts.overview.position}</h3>
				{position_mm === null ? (
					<div class="figure word mute">{texts.overview.positionUnknown}</div>
				) : (
					<Figure value={position_mm.toFixed(0)} unit="mm" />
				)}
			</div>
			<div>
				<h3>{texts.overview.speed}</h3>
				<Figure value={speed_mm_s === null ? "–" : (Math.abs(speed_mm_s) / 1000).toFixed(2)} unit="m/s" />
				<p class="sub">
					<LiveText
						text={
							!speed_mm_s
								? texts.overview.stands
								: speed_mm_s > 0
									? texts.overview.forward
									: texts.overview.backward
						}
					/>
				</p>
			</div>
		</div>
	);
}

function Present({ robot, whyNot, age }: { robot: Robot; whyNot: WhyNot | null; age: number | null }) {
	const { command, position_mm } = robot;
	const kept = robot.state === "paused" || robot.state === "blocked";

	return (
		<Card title={t.command} span="" age={age} id="drive-command">
			<div class={`figure word${command ? "" : " mute"}`} id="command">
				<LiveText text={command ? commandText(command) : t.noCommand} />
			</div>
			{command ? (
				<p class="sub">
					<Badge tone={COMMAND_TONES[command.state] ?? "none"}>
						{t.commandStates[command.state] ?? command.state}
					</Badge>{" "}
					<LiveText
						text={[
							command.position_mm !== null && position_mm !== null
								? t.toGo(command.position_mm - position_mm)
								: "",
							command.speed_mm_s !== null ? t.atMost(t.speedOf(command.speed_mm_s)) : "",
						]
							.filter(Boolean)
							.join(" · ")}
					/>
				</p>
			) : null}
			{whyNot ? (
				<VerbActs
					id="command"
					verbs={["pause", "resume", "stop"]}
					whyNot={whyNot}
					primary={kept ? "resume" : undefined}
					idle={t.stopMeans}
				/>
			) : null}
		</Card>
	);
}

/* Faults and causes are in the list themselves. */
const LISTED = new Set<string>(["in_fault", "stop_cause"]);
const MOVES: Verb[] = ["move", "jog", "home", "dock", "undock"];

/* Each fault with its remedy; then each reason that forbids a motion once, with all that it forbids. */
function Reasons({ robot, safety, whyNot }: { robot: Robot | undefined; safety: Safety | undefined; whyNot: WhyNot }) {
	const remedy = useRemedies();
	const causes = safety?.state === "stopped" ? safety.causes : [];
	const next =
		safety?.state === "stopped" ? safety.why_not_reset : safety?.state === "ready" ? safety.why_not_enable : [];
	const reasons = [...(robot?.faults ?? []), ...next].filter(({ code }) => !LISTED.has(code));
	const wrong = new Map(reasons.map((r) => [reasonText(r), remedy(r.code)]));
	const forbids = new Map<string, { todo: string | undefined; verbs: string[] }>();

	for (const verb of MOVES)
		for (const { text, code } of whyNot(verb)) {
			const entry = forbids.get(text) ?? { todo: code ? remedy(code) : undefined, verbs: [] };

			entry.verbs.push(t.verbs[verb] ?? verb);
			forbids.set(text, entry);
		}
	return (
		<Card title={t.whyNot} span="" id="drive-why" head={<a href={href("/safety")}>{texts.safety.title}</a>}>
			{causes.length || wrong.size || forbids.size ? null : <p class="mute">{t.whyNothing}</p>}
			<ul class="reasons">
				{causes.map((cause) => (
					<li key={cause.code}>
						<b>{cause.text}</b> {cause.action}
					</li>
				))}
				{[...wrong].map(([text, todo]) => (
					<li key={text}>
						<b>{text}</b> {todo}
					</li>
				))}
				{[...forbids].map(([text, { todo, verbs }]) => (
					<li key={text}>
						<b>{text}</b> {todo} <span class="mute">{t.stops(verbs.join(", "))}</span>
					</li>
				))}
			</ul>
		</Card>
	);
}

export function Drive() {
	const robotReading = useLive<Robot>("robot");
	const robot = robotReading.data;
	const age = useAge(robotReading, robot?.age_ms);
	const safety = useLive<Safety>("safety");
	const safetyAge = useAge(safety, safety.data?.age_ms);
	const whyNot = useWhyNot(robot);
	const [draft, setDraft] = useState<Draft | null>(null);
	const stations = useStations();
	const ways = useWays();
	const drives = may("operator");
	const chosen = draft && numberOf(draft.position);

	useRecording();
	const choose = (mm: number | null) =>
		setDraft((before) => (mm === null ? null : { speed: before?.speed ?? "", position: String(mm) }));

	return (
		<div id="drive" class={drives ? "" : "looks"}>
			{drives ? null : (
				<Notice id="drive-viewer">{t.viewer(texts.roles.operator ?? "")}</Notice>
			)}
			{robot?.located === false ? <Location robot={robot} /> : null}
			<Card
				title={t.rail}
				span="drive-rail"
				id="drive-rail"
				age={age}
				head={drives ? <span class="mute small wide-only">{t.railHint}</span> : null}
			>
				{robot ? (
					<div class="drive-where">
						<Where robot={robot} />
						<div>
							<Rail robot={robot} draft={chosen} stations={stations} ways={ways} {...(drives ? { choose } : {})} />
							<Ways ways={ways} />
						</div>
					</div>
				) : (
					<Skeleton lines={4} />
				)}
			</Card>
			<div class="stack drive-left">
				{robot ? <Present robot={robot} whyNot={drives ? whyNot : null} age={age} /> : null}
				{robot && drives ? <GoTo robot={robot} draft={draft} setDraft={setDraft} whyNot={whyNot} /> : null}
			</div>
			<div class="stack drive-middle">
				{robot && drives ? <Jog robot={robot} whyNot={whyNot} /> : null}
				{robot ? <Queue robot={robot} age={age} drives={drives} /> : null}
				<Reasons robot={robot} safety={safety.data} whyNot={whyNot} />
			</div>
			<div class="stack drive-right">
				<ControlCard may={drives} />
				{robot ? <Override robot={robot} age={age} drives={drives} /> : null}
				{drives ? (
					<Card title={t.outputs} age={safetyAge} span="" id="drive-outputs">
						<div class="compact">
							{safety.data ? (
								<Acts safety={safety.data} robot={robot} tell={seen} />
							) : (
								<Skeleton lines={3} />
							)}
						</div>
					</Card>
				) : null}
				{robot ? <ModeCard robot={robot} age={age} /> : null}
			</div>
		</div>
	);
}
