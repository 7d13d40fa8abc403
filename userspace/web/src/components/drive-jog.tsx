// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Jog: two large buttons that are held, by finger, mouse or key.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Robot } from "../api/types";
import { type WhyNot, whyLine } from "../drive";
import { beginJog, endJog, jog } from "../jog";
import { useStore } from "../store";
import { texts } from "../texts";
import { Card } from "./basics";
import { WhyLine } from "./drive-acts";
import { Refused } from "./refused";

const t = texts.drive;

const SPEEDS_MM_S = [20, 50, 100, 250, 500, 1000];
const FIRST_MM_S = 100;

interface HoldProps {
	direction: -1 | 1;
	speed_mm_s: number;
	why: string | undefined;
	onWhy: () => void;
}

function Hold({ direction, speed_mm_s, why, onWhy }: HoldProps) {
	const { phase, direction: held } = useStore(jog);
	const mine = phase !== "off" && held === direction;
	/* A press elsewhere takes the focus from this button: that ends only what a key holds here. */
	const byKey = useRef(false);
	const name = direction > 0 ? t.forward : t.back;

	return (
		<button
			type="button"
			id={direction > 0 ? "jog-forward" : "jog-back"}
			class={`jog ${mine ? phase : ""}`}
			aria-disabled={why ? "true" : undefined}
			aria-describedby="jog-why"
			title={why}
			onFocus={why ? onWhy : undefined}
			onContextMenu={(event) => event.preventDefault()}
			onPointerDown={(event) => {
				if (event.button !== 0) return;
				if (why) return onWhy();
				// A finger is bound to what it touches first: then nothing would tell that it has left the button.
				if (event.currentTarget.hasPointerCapture(event.pointerId))
					event.currentTarget.releasePointerCapture(event.pointerId);
				byKey.current = false;
				beginJog(direction * speed_mm_s, { pointer: event.pointerId });
			}}
			onPointerLeave={() => endJog("release")}
			onKeyDown={(event) => {
				const to = { ArrowLeft: -1, ArrowRight: 1, Enter: direction }[event.key];

				if (!to) return;
				event.preventDefault();
				if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
				if (why) return onWhy();
				byKey.current = true;
				beginJog(to * speed_mm_s, { key: event.key });
			}}
			onBlur={() => {
				if (byKey.current) endJog("blur");
				byKey.current = false;
			}}
		>
			<svg viewBox="0 0 24 24" aria-hidden="true">
				<path d={direction > 0 ? "M7 4l11 8-11 8z" : "M17 4L6 12l11 8z"} />
			</svg>
			<span>{name}</span>
			<small>{mine ? (phase === "asked" ? t.jogAsked : t.jogMoving) : t.speedOf(speed_mm_s)}</small>
		</button>
	);
}

export function Jog({ robot, whyNot }: { robot: Robot; whyNot: WhyNot }) {
	const { phase, ended, problem } = useStore(jog);
	const [wanted, setWanted] = useState(FIRST_MM_S);
	const [asked, setAsked] = useState(false);
	const speeds = SPEEDS_MM_S.filter((mm_s) => mm_s <= robot.limits.jog_mm_s);
	const speed = speeds.includes(wanted) ? wanted : (speeds[0] ?? robot.limits.jog_mm_s);
	// While it is held the robot moves, and that is no reason against itself.
	const why = phase === "off" ? whyLine(whyNot("jog")) : undefined;
	const said = ended && t.jogEnded[ended] ? `${t.jogEnded[ended]} ${t.jogAnew}` : "";

	useEffect(() => () => endJog("left"), []);
	return (
		<Card title={t.jog} span="" id="drive-jog">
			<div class="jog-pair">
				<Hold direction={-1} speed_mm_s={speed} why={why} onWhy={() => setAsked(true)} />
				<Hold direction={1} speed_mm_s={speed} why={why} onWhy={() => setAsked(true)} />
			</div>
			<fieldset class="choice">
				<legend class="hidden">{t.jogSpeed}</legend>
				{speeds.map((mm_s) => (
					<label key={mm_s}>
						<input
							type="radio"
							name="jog-speed"
							checked={mm_s === speed}
							onChange={() => setWanted(mm_s)}
						/>
						<span>{t.speedOf(mm_s)}</span>
					</label>
				))}
			</fieldset>
			<Refused problem={ended === "refused" ? problem : undefined} id="jog-problem" />
			<WhyLine id="jog-why" text={(asked && why) || said} />
			<p class="sub">
				{t.jogKeys} {t.jogExpires(robot.jog_expiry_ms)}
			</p>
		</Card>
	);
}
