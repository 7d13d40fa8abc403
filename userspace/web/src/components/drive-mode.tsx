// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the robot may be driven: the mode, and for supervisors another one.
 */
import { feed } from "../api/live";
import { call, may } from "../api/session";
import type { Robot } from "../api/types";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Card } from "./basics";
import { LiveText } from "./live-text";
import { Refused } from "./refused";

const t = texts.drive;
const OFFERED: Robot["mode"][] = ["automatic", "manual", "maintenance"];

export function ModeCard({ robot, age }: { robot: Robot; age: number | null }) {
	const act = useAct();
	const choose = (mode: Robot["mode"]) =>
		act.run(async () => {
			await call("PUT", "robot/mode", { body: { mode } });
			feed.refresh("robot");
		});

	return (
		<Card title={t.mode} age={age} span="" id="drive-mode">
			<div class="figure word" id="mode" role="status">
				<LiveText text={t.modes[robot.mode] ?? robot.mode} />
			</div>
			<p class="sub">
				<LiveText text={t.modeMeans[robot.mode] ?? ""} />
			</p>
			{may("supervisor") ? (
				<p class="act-row">
					{OFFERED.filter((mode) => mode !== robot.mode).map((mode) => (
						<Button key={mode} id={`mode-${mode}`} onPress={() => void choose(mode)}>
							{t.modes[mode]}
						</Button>
					))}
				</p>
			) : null}
			<Refused problem={act.problem} id="mode-problem" />
		</Card>
	);
}
