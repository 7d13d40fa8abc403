// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The robot does not know where it is: both places, and for supervisors which one is right.
 */
import { feed } from "../api/live";
import { call, may } from "../api/session";
import type { Robot } from "../api/types";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Notice } from "./basics";
import { LiveText } from "./live-text";
import { Refused } from "./refused";

const t = texts.drive;

function mmText(mm: number | null): string {
	return mm === null ? "–" : `${mm.toFixed(0)} mm`;
}

export function Location({ robot }: { robot: Robot }) {
	const { expected_mm, read_mm } = robot;
	const act = useAct();
	const say = (body: { confirm: boolean } | { position_mm: number }) =>
		act.run(async () => {
			await call("POST", "robot/position", { body });
			feed.refresh("robot");
		});

	return (
		<Notice id="drive-location" tone="warn" role="alert">
			<b>{t.notLocated}</b>{" "}
			<LiveText text={t.notLocatedPlaces(mmText(expected_mm), mmText(read_mm))} /> {t.notLocatedMeans}
			{may("supervisor") ? (
				<p class="act-row">
					{read_mm === null ? null : (
						<Button id="location-read" onPress={() => void say({ confirm: true })}>
							{t.locationRead}
						</Button>
					)}
					{expected_mm === null ? null : (
						<Button id="location-expected" onPress={() => void say({ position_mm: expected_mm })}>
							{t.locationExpected}
						</Button>
					)}
				</p>
			) : null}
			<Refused problem={act.problem} id="location-problem" />
		</Notice>
	);
}
