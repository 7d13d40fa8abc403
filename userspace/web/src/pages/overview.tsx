// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Can it work, and what is it doing?
 */
import { useLive } from "../api/live";
import type { List, Module, Robot, Safety } from "../api/types";
import { Age, Badge, Card, Figure, Share, Skeleton, useAge } from "../components/basics";
import { Chain } from "../components/chain";
import { LastEvents } from "../components/events";
import { LiveText } from "../components/live-text";
import { useStations } from "../components/once";
import { Rail } from "../components/rail";
import { Signals, useRecording } from "../components/signals";
import { useWays, Ways } from "../components/way";
import { time, title } from "../format";
import { reasonText } from "../reasons";
import { href } from "../router";
import { FULL_BUS_PERCENT, healthTone, stateView } from "../shell/robot";
import { readings } from "../signals";
import { useStore } from "../store";
import { texts } from "../texts";

const LOW_BATTERY_PERCENT = 20;

/* What forbids the next step: to reset while stopped, to enable while ready. */
function blocking(robot: Robot | undefined, safety: Safety | undefined): string[] {
	const reasons =
		safety?.state === "stopped" ? safety.why_not_reset : safety?.state === "ready" ? safety.why_not_enable : [];

	return [...new Set([...(robot?.faults ?? []), ...reasons].map(reasonText))];
}

function StateCard({ robot, safety }: { robot: Robot | undefined; safety: Safety | undefined }) {
	const { word, tone, means } = stateView(robot);
	const causes = safety?.state === "stopped" ? safety.causes : [];

	if (!robot) return <Skeleton lines={3} />;
	return (
		<>
			<div class="figure word" id="state">
				<Badge tone={tone}>{word}</Badge>
			</div>
			<p class="sub">
				<LiveText text={`${means} ${robot.since ? texts.overview.since(time(robot.since)) : ""}`} />
			</p>
			<ul class="reasons" id="reasons">
				{causes.map((cause) => (
					<li key={cause.code}>
						<b>{cause.text}</b> <span class="mute">{cause.action}</span>
					</li>
				))}
				{blocking(robot, safety).map((text) => (
					<li key={text}>{text}</li>
				))}
			</ul>
		</>
	);
}

function Battery({ percent }: { percent: number | null }) {
	if (percent === null) return <Figure value="–" />;
	return <Share percent={percent} warn={percent < LOW_BATTERY_PERCENT} />;
}

function Strip({ modules, receivedAgo }: { modules: Module[]; receivedAgo: number }) {
	return (
		<div class="strip" id="module-strip">
			{modules.map((m) => {
				const age = m.age_ms === null ? null : m.age_ms + receivedAgo;

				return (
					<a
						key={m.address}
						href={href(`/modules/${m.address}`)}
						class={healthTone(m.health) === "ok" ? "" : healthTone(m.health)}
					>
						<b>{title(m.name)}</b>
						<Badge tone={healthTone(m.health)}>{texts.health[m.health] ?? m.health}</Badge> <Age ms={age} />
					</a>
				);
			})}
		</div>
	);
}

/* How much of its fullest cycle the wire is busy. */
function BusLoad() {
	const reading = useStore(readings);
	const age = useAge(reading, 0);
	const worst = reading.data?.bus_load_worst_percent;
	const mean = reading.data?.bus_load_percent;
	const percent = worst?.quality === "good" ? Number(worst.value) : null;

	return (
		<Card title={texts.signals.bus} span="c2 half" id="bus-load" age={age} head={<a href={href("/bus")}>{texts.bus.title}</a>}>
			{!reading.data ? (
				<Skeleton lines={2} />
			) : percent === null ? (
				<Figure value="–" />
			) : (
				<>
					<Share percent={percent} warn={percent > FULL_BUS_PERCENT} />
					{mean?.quality === "good" ? <p class="sub">{texts.signals.busMean(Number(mean.value).toFixed(0))}</p> : null}
				</>
			)}
		</Card>
	);
}

export function Overview() {
	const robot = useLive<Robot>("robot");
	const safety = useLive<Safety>("safety");
	const modules = useLive<List<Module>>("modules");
	const robotAge = useAge(robot, robot.data?.age_ms);
	const safetyAge = useAge(safety, safety.data?.age_ms);
	const modulesAge = useAge(modules, modules.data ? 0 : null);
	const stations = useStations();
	const ways = useWays();
	const recording = useRecording();
	const position = robot.data?.position_mm;
	const speed = robot.data?.speed_mm_s;

	return (
		<div class="grid" id="overview">
			<Card title={texts.overview.rail} id="overview-rail" age={robotAge} head={<a href={href("/drive")}>{texts.drive.title}</a>}>
				{robot.data ? (
					<>
						<Rail robot={robot.data} draft={null} stations={stations} ways={ways} />
						<Ways ways={ways} />
					</>
				) : (
					<Skeleton lines={4} />
				)}
			</Card>
			<Card title={texts.overview.state} span="c4" age={robotAge}>
				<StateCard robot={robot.data} safety={safety.data} />
			</Card>
			<Card title={texts.overview.battery} span="c2 half" age={robotAge}>
				{robot.data ? <Battery percent={robot.data.battery_percent} /> : <Skeleton lines={2} />}
			</Card>
			<Card title={texts.overview.position} span="c2 half" age={robotAge}>
				{!robot.data ? (
					<Skeleton lines={2} />
				) : position === null || position === undefined ? (
					<div class="figure word mute">{texts.overview.positionUnknown}</div>
				) : (
					<Figure value={position.toFixed(0)} unit="mm" />
				)}
			</Card>
			<Card title={texts.overview.speed} span="c2 half" age={robotAge}>
				{robot.data ? (
					<>
						<Figure value={speed === null || speed === undefined ? "–" : (speed / 1000).toFixed(2)} unit="m/s" />
						<p class="sub">
							<LiveText
								text={
									!speed
										? texts.overview.stands
										: speed > 0
											? texts.overview.forward
											: texts.overview.backward
								}
							/>
						</p>
					</>
				) : (
					<Skeleton lines={2} />
				)}
			</Card>
			<BusLoad />
			<Card title={texts.overview.chain} span="c7" age={safetyAge} head={<a href={href("/safety")}>{texts.safety.title}</a>}>
				{safety.data ? <Chain safety={safety.data} /> : <Skeleton lines={4} />}
			</Card>
			<Card title={texts.overview.modules} span="c5" age={modulesAge} head={<a href={href("/modules")}>{texts.overview.all}</a>}>
				{modules.data ? (
					<Strip modules={modules.data.items} receivedAgo={modulesAge ?? 0} />
				) : (
					<Skeleton lines={4} />
				)}
			</Card>
			<LastEvents age={robotAge} />
			<Signals {...recording} />
		</div>
	);
}
