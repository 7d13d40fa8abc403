// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The shown span of the past: the newest minutes or days, or a begin and an end.
 */
import { useState } from "preact/hooks";
import { type Asked, isFollowing } from "../asked";
import { moved, type Span, zoomed } from "../past";
import { texts } from "../texts";
import { Button } from "./basics";
import { FreeSpan } from "./free-span";

const t = texts.history;
const MOVE = 0.5;
const ZOOM = 2;

interface ToolsProps {
	asked: Asked;
	span: Span;
	onAsk: (asked: Asked) => void;
	onSpan: (span: Span) => void;
	onChoose: () => void;
	/** undefined: nothing is drawn */
	onSave: (() => void) | undefined;
}

export function HistoryTools({ asked, span, onAsk, onSpan, onChoose, onSave }: ToolsProps) {
	const follows = isFollowing(asked);
	const [isOpen, setOpen] = useState(false);
	const middle = (span.fromMs + span.toMs) / 2;
	/* At the present it is the end that stays. */
	const around = follows ? span.toMs : middle;
	const glyph = (id: string, label: string, text: string, onPress: () => void) => (
		<Button id={`history-${id}`} label={label} onPress={onPress}>
			<span aria-hidden="true">{text}</span>
		</Button>
	);

	return (
		<>
			<div class="history-tools">
				<fieldset class="segments" aria-label={t.lastSpan}>
					{t.spans.map(([s, text]) => (
						<button
							key={s}
							type="button"
							class="button"
							data-last={s}
							aria-pressed={follows && asked.lastMs === s * 1000}
							onClick={() => onAsk({ ...asked, from: null, to: null, lastMs: s * 1000 })}
						>
							{text}
						</button>
					))}
				</fieldset>
				<span class="history-moves">
					{glyph("earlier", t.earlier, "◀", () => onSpan(moved(span, -MOVE)))}
					{glyph("later", t.later, "▶", () => onSpan(moved(span, MOVE)))}
					{glyph("closer", t.closer, "+", () => onSpan(zoomed(span, around, 1 / ZOOM)))}
					{glyph("wider", t.wider, "−", () => onSpan(zoomed(span, around, ZOOM)))}
				</span>
				<button
					type="button"
					class="button"
					id="history-now"
					title={t.nowHint}
					aria-pressed={follows}
					onClick={() => onAsk({ ...asked, from: null, to: null, lastMs: span.toMs - span.fromMs })}
				>
					{t.now}
				</button>
				<fieldset class="segments" aria-label={t.compare}>
					{t.befores.map(([s, text]) => (
						<button
							key={s}
							type="button"
							class="button"
							data-before={s}
							aria-pressed={asked.beforeMs === s * 1000}
							onClick={() => onAsk({ ...asked, beforeMs: asked.beforeMs === s * 1000 ? 0 : s * 1000 })}
						>
							{text}
						</button>
					))}
				</fieldset>
				<button type="button" class="button" id="history-free" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
					{t.freeSpan}
				</button>
				<Button id="history-choose" onPress={onChoose}>
					{t.choose}
				</Button>
				<Button id="history-save" why={onSave ? undefined : t.nothingToSave} onPress={() => onSave?.()}>
					{t.save}
				</Button>
			</div>
			{isOpen ? <FreeSpan id="history" span={span} onShow={(from, to) => onAsk({ ...asked, from, to })} /> : null}
		</>
	);
}
