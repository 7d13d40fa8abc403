// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The chain of the stop as a picture: button a, b -> latch -> relays 1, 2 -> feedback. A dashed line is a way that does
 * not let through; amber is what stops, a grey box with a dashed edge what this connection does not have. Each box says
 * its state in a word.
 */
import { useEffect, useState } from "preact/hooks";
import type { Contact, Safety } from "../api/types";
import { texts } from "../texts";
import { useLiveText } from "./live-text";

type Look = "through" | "off" | "cut" | "wrong" | "absent";

/* Where the boxes are: on a phone they are narrow, so that the words keep their size. */
interface Layout {
	wide: number;
	/** left edge of button, latch, relay, feedback */
	columns: [number, number, number, number];
	box: number;
	latch: number;
	pad: number;
}

const WIDE: Layout = { wide: 640, columns: [4, 190, 364, 526], box: 120, latch: 110, pad: 12 };
const NARROW: Layout = { wide: 344, columns: [1, 91, 181, 265], box: 76, latch: 76, pad: 7 };
const ROWS = [12, 74] as const;
const HIGH = 46;
const MIDDLE = 43;
const SPREAD = 11;

interface BoxProps {
	x: number;
	y: number;
	wide: number;
	pad: number;
	title: string;
	word: string;
	look: Look;
}

function Box({ x, y, wide, pad, title, word, look }: BoxProps) {
	return (
		<g class={`part ${look}`}>
			<rect x={x} y={y} width={wide} height={HIGH} rx="7" />
			<text x={x + pad} y={y + 19} class="part-title">
				{title}
			</text>
			<text ref={useLiveText<SVGTextElement>(word)} x={x + pad} y={y + 36} class="part-word" />
		</g>
	);
}

function Wire({ path, look }: { path: string; look: Look }) {
	return <path class={`wire ${look}`} d={path} />;
}

const contactLook = (contact: Contact): Look =>
	contact === null ? "absent" : contact === "closed" ? "through" : "cut";

const contactWord = (contact: Contact) =>
	contact === null
		? texts.safety.notThere
		: contact === "closed"
			? texts.safety.contactClosed
			: texts.safety.contactOpen;

const outputLook = (level: boolean | null): Look => (level === null ? "absent" : level ? "through" : "off");

const outputWord = (level: boolean | null) =>
	level === null ? texts.safety.notThere : level ? texts.safety.on : texts.safety.low;

/* The feedback contact is closed while the output is high. */
function feedbackOf(level: boolean | null, contact: Contact): { look: Look; word: string } {
	if (contact === null) return { look: "absent", word: texts.safety.notThere };
	if (level !== null && (contact === "closed") !== level) return { look: "wrong", word: texts.safety.disagrees };
	return { look: level ? "through" : "off", word: texts.safety.agrees };
}

const narrow = matchMedia("(max-width: 37.4375em)");

function useLayout(): Layout {
	const [is, setIs] = useState(narrow.matches);

	useEffect(() => {
		const look = () => setIs(narrow.matches);

		narrow.addEventListener("change", look);
		return () => narrow.removeEventListener("change", look);
	}, []);
	return is ? NARROW : WIDE;
}

/* From a box to the next; at the latch both channels meet. */
function wirePath(from: number, fromY: number, to: number, toY: number): string {
	const half = (from + to) / 2;

	return fromY === toY ? `M${from} ${fromY}H${to}` : `M${from} ${fromY}H${half}V${toY}H${to}`;
}

export function Chain({ safety }: { safety: Safety }) {
	const { channels, outputs, feedback, state } = safety;
	const relayName = safety.simulated_outputs ? texts.stop.simulated : texts.safety.relay;
	const { wide, columns, box, latch: latchWide, pad } = useLayout();
	const [button, latchAt, relay, back] = columns;
	const latch: Look = state === "stopped" ? "cut" : state === "unknown" ? "absent" : "through";
	const latchWord =
		state === "unknown" ? texts.safety.notThere : latch === "cut" ? texts.safety.latched : texts.safety.notLatched;
	const lanes = [
		{ number: 1, name: "a", contact: channels.a, level: outputs.enable1, returned: feedback?.enable1 ?? null },
		{ number: 2, name: "b", contact: channels.b, level: outputs.enable2, returned: feedback?.enable2 ?? null },
	].map((lane, i) => {
		const y = ROWS[i] ?? 0;

		return {
			...lane,
			y,
			centre: y + HIGH / 2,
			atLatch: MIDDLE + HIGH / 2 + (i ? SPREAD : -SPREAD),
			back: feedbackOf(lane.level, lane.returned),
		};
	});
	const summary = [
		...lanes.map((l) => `${texts.safety.button} ${l.name} ${contactWord(l.contact)}`),
		`${texts.safety.latch} ${latchWord}`,
		...lanes.map((l) => `${relayName(l.number)} ${outputWord(l.level)}`),
		...lanes.map((l) => `${texts.safety.feedback} ${l.number} ${l.back.word}`),
	].join(", ");

	return (
		<svg class="chain" viewBox={`0 0 ${wide} 132`} role="img" aria-label={summary}>
			{lanes.map((l) => (
				<g key={l.name}>
					<Wire path={wirePath(button + box, l.centre, latchAt, l.atLatch)} look={contactLook(l.contact)} />
					<Wire path={wirePath(latchAt + latchWide, l.atLatch, relay, l.centre)} look={outputLook(l.level)} />
					<Wire path={wirePath(relay + box, l.centre, back, l.centre)} look={l.back.look} />
					<Box
						x={button}
						y={l.y}
						wide={box}
						pad={pad}
						title={`${texts.safety.button} ${l.name}`}
						word={contactWord(l.contact)}
						look={contactLook(l.contact)}
					/>
					<Box
						x={relay}
						y={l.y}
						wide={box}
						pad={pad}
						title={relayName(l.number)}
						word={outputWord(l.level)}
						look={outputLook(l.level)}
					/>
					<Box
						x={back}
						y={l.y}
						wide={Math.min(box, wide - back - 1)}
						pad={pad}
						title={`${texts.safety.feedback} ${l.number}`}
						word={l.back.word}
						look={l.back.look}
					/>
				</g>
			))}
			<Box x={latchAt} y={MIDDLE} wide={latchWide} pad={pad} title={texts.safety.latch} word={latchWord} look={latch} />
		</svg>
	);
}
