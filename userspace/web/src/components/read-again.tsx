// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For what is measured all the time and told by no channel: when it was read, and a button that reads it again.
 */
import { feed, type Reading } from "../api/live";
import { time } from "../format";
import { texts } from "../texts";
import { Button } from "./basics";

const t = texts.readAgain;

/** @reading: of the first of these paths. */
export function ReadAgain({ id, reading, paths }: { id: string; reading: Reading<unknown>; paths: string[] }) {
	const atMs = Date.now() - (performance.now() - reading.at);

	return (
		<>
			{reading.data === undefined ? null : <span class="age">{t.readAt(time(new Date(atMs).toISOString()))}</span>}{" "}
			<Button
				kind="plain"
				id={id}
				onPress={() => {
					for (const path of paths) feed.refresh(path);
				}}
			>
				{t.button}
			</Button>
		</>
	);
}
