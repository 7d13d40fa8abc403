// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A begin and an end to be typed in.
 */
import { useState } from "preact/hooks";
import { fieldTime } from "../format";
import type { Span } from "../past";
import { texts } from "../texts";
import { Button } from "./basics";

const t = texts.history;

interface FreeSpanProps {
	/** its fields are named after it */
	id: string;
	/** what is in them when it is opened */
	span: Span;
	/** times are those of UTC, not of the person */
	isUtc?: boolean;
	onShow: (from: string, to: string) => void;
}

/* The robot says what is wrong with a span, the page only what is no time. */
export function FreeSpan({ id, span, isUtc = false, onShow }: FreeSpanProps) {
	const shownOf = (ms: number) => (isUtc ? new Date(ms).toISOString().slice(0, 19) : fieldTime(ms));
	const msOf = (text: string) => new Date(isUtc ? `${text}Z` : text).getTime();
	const [shown, setShown] = useState({ from: shownOf(span.fromMs), to: shownOf(span.toMs) });
	const [isWrong, setWrong] = useState(false);
	const field = (name: "from" | "to") => (
		<label class="free-field">
			{isUtc ? t.inUtc(t[name]) : t[name]}
			<input
				id={`${id}-${name}`}
				type="datetime-local"
				step={1}
				value={shown[name]}
				aria-invalid={isWrong}
				onInput={(event) => setShown({ ...shown, [name]: event.currentTarget.value })}
			/>
		</label>
	);

	return (
		<form
			class="free-span"
			aria-label={t.freeSpan}
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				const [from, to] = [msOf(shown.from), msOf(shown.to)];

				setWrong(Number.isNaN(from) || Number.isNaN(to));
				if (!Number.isNaN(from) && !Number.isNaN(to)) onShow(new Date(from).toISOString(), new Date(to).toISOString());
			}}
		>
			{field("from")}
			{field("to")}
			<Button id={`${id}-show`} submit onPress={() => undefined}>
				{t.show}
			</Button>
			{isWrong ? (
				<p class="sub" role="alert">
					{t.noTime}
				</p>
			) : null}
		</form>
	);
}
