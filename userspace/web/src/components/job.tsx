// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Work that takes long: what it is, how far it is, how long it has taken, and a way out where there is one.
 */
import { useEffect, useState } from "preact/hooks";
import { span } from "../format";
import { useTick } from "../store";
import { texts } from "../texts";
import { Button } from "./basics";

interface JobProps {
	title: string;
	/** 0 to 1; unknown: that it goes on is all that is known */
	part?: number;
	onCancel?: () => void;
}

export function Job({ title, part, onCancel }: JobProps) {
	const [started, setStarted] = useState(0);
	const now = useTick();

	useEffect(() => setStarted(performance.now()), []);
	return (
		<div class="job" role="status">
			<div class="job-head">
				<b>{title}</b>
				<span class="mute">{span(started ? Math.max(now - started, 0) : 0)}</span>
			</div>
			<progress {...(part === undefined ? {} : { value: part })} aria-label={title} />
			{onCancel ? <Button onPress={onCancel}>{texts.shell.cancel}</Button> : null}
		</div>
	);
}
