// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What waits behind the present command, and how one of it is taken out.
 */
import type { Robot } from "../api/types";
import { commandText, dropQueued } from "../drive";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Card } from "./basics";
import { Refused } from "./refused";

const t = texts.drive;

type Queued = Robot["queue"][number];

function more({ speed_mm_s, by }: Queued): string {
	return [speed_mm_s !== null ? t.atMost(t.speedOf(speed_mm_s)) : "", by].filter(Boolean).join(" · ");
}

export function Queue({ robot, age, drives }: { robot: Robot; age: number | null; drives: boolean }) {
	const act = useAct();

	return (
		<Card title={t.queue} span="" age={age} id="drive-queue">
			{robot.queue.length ? (
				<ol class="queue">
					{robot.queue.map((one) => (
						<li key={one.number} id={`queued-${one.number}`}>
							<span class="queue-words">
								<b>{commandText(one)}</b> <span class="mute">{more(one)}</span>
							</span>
							{drives ? (
								<Button
									id={`queued-${one.number}-drop`}
									label={t.queueDrop(commandText(one))}
									onPress={() => void act.run(() => dropQueued(one.number))}
								>
									✕
								</Button>
							) : null}
						</li>
					))}
				</ol>
			) : (
				<p class="mute">{t.queueEmpty}</p>
			)}
			<Refused problem={act.problem} id="queue-problem" />
			<p class="sub">{t.queueMeans}</p>
		</Card>
	);
}
