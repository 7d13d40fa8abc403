// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The speed override: shown as the robot has it; opened, chosen on a slider, and then sent.
 */
import { useState } from "preact/hooks";
import type { Robot } from "../api/types";
import { setOverride } from "../drive";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Card, Figure } from "./basics";
import { Refused } from "./refused";

const t = texts.drive;

export function Override({ robot, age, drives }: { robot: Robot; age: number | null; drives: boolean }) {
	const act = useAct();
	const [chosen, choose] = useState<number | null>(null);

	const send = (percent: number) =>
		act.run(async () => {
			await setOverride(percent);
			choose(null);
		});

	return (
		<Card title={t.override} span="" age={age} id="drive-override">
			<div class="override">
				<Figure value={String(robot.override_percent)} unit="%" />
				{!drives || chosen !== null ? null : (
					<Button id="override-open" onPress={() => choose(robot.override_percent)}>
						{t.overrideChange}
					</Button>
				)}
			</div>
			{chosen === null ? null : (
				<>
					<input
						type="range"
						id="override-slider"
						class="slider"
						min={1}
						max={100}
						step={1}
						value={chosen}
						aria-label={t.overrideLabel}
						onInput={(event) => choose(event.currentTarget.valueAsNumber)}
					/>
					<div class="act-row">
						<Button id="override-set" kind="primary" onPress={() => void send(chosen)}>
							{t.overrideSet(chosen)}
						</Button>
						<Button id="override-cancel" onPress={() => choose(null)}>
							{texts.shell.cancel}
						</Button>
					</div>
				</>
			)}
			<Refused problem={act.problem} id="override-problem" />
			<p class="sub">{t.overrideMeans}</p>
		</Card>
	);
}
