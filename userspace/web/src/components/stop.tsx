// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stop button and what it says. It is above everything else of the page and takes no part in locks or dialogs.
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Reading, useLive } from "../api/live";
import { useStore } from "../store";
import { session } from "../api/session";
import type { Robot, Safety } from "../api/types";
import { dismissStop, pressStop, stop } from "../stop";
import { texts } from "../texts";
import { Button, Notice, STALE_MS, useAge } from "./basics";
import { LiveText } from "./live-text";

/* Below this the drive's own noise is not a movement. */
const STANDS_MM_S = 1;
/* A click that comes so soon after a touch is the end of that touch. */
const CLICK_MS = 700;

export function isMoving(robot: Robot | undefined): boolean {
	return (
		robot !== undefined &&
		(robot.state === "move" || robot.state === "dock" || Math.abs(robot.speed_mm_s ?? 0) > STANDS_MM_S)
	);
}

/** What the relays say, in words. */
export function outputsText(reading: Reading<Safety>, age: number | null): string {
	const safety = reading.data;

	if (!safety || age === null || age > STALE_MS) return texts.stop.unknown;
	const { enable1, enable2 } = safety.outputs;
	if (enable1 === null && enable2 === null) return texts.stop.none;
	const level = enable1 === false && enable2 === false ? texts.stop.low : texts.stop.on;

	return safety.simulated_outputs ? texts.stop.simulated(level) : level;
}

function line(idle: string): string {
	const { phase, tookMs, outputsLow } = stop.get();

	if (phase === "sent") return texts.stop.sent;
	if (phase === "failed") return texts.stop.failed;
	if (phase === "idle") return idle;
	if (outputsLow === null) return texts.stop.doneMessage(tookMs);
	return outputsLow ? texts.stop.done(tookMs) : texts.stop.notLow;
}

/* Into these a person types. Sliders, radio buttons, checkboxes and selections are no text fields. */
const TEXT_INPUTS = new Set(["text", "search", "password", "number", "email", "url", "tel"]);

function inTextField(target: EventTarget | null): boolean {
	if (target instanceof HTMLInputElement) return TEXT_INPUTS.has(target.type);
	return target instanceof HTMLElement && (target.isContentEditable || target.tagName === "TEXTAREA");
}

/** Esc and Space stop while the robot moves, wherever the focus is outside a text field; they do nothing else then. */
function useStopKeys(moving: boolean): void {
	// Not after the next frame: from the moment in which the page says that the robot moves.
	useLayoutEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			if (!moving || (event.key !== "Escape" && event.key !== " ") || inTextField(event.target)) return;
			event.preventDefault();
			event.stopImmediatePropagation();
			if (!event.repeat) pressStop();
		};

		addEventListener("keydown", onKey, true);
		return () => removeEventListener("keydown", onKey, true);
	}, [moving]);
}

export function StopButton() {
	const { phase, tookMs, outputsLow } = useStore(stop);
	const safety = useLive<Safety>("safety");
	const robot = useLive<Robot>("robot").data;
	const age = useAge(safety, safety.data?.age_ms);
	const touched = useRef(-CLICK_MS);

	useStopKeys(isMoving(robot));
	return (
		<>
			<button
				type="button"
				id="stop"
				class={`stop phase-${phase}`}
				data-phase={phase}
				title={texts.stop.hint}
				aria-describedby="stop-line"
				onPointerDown={(event) => {
					if (event.button !== 0) return;
					// At the touch, not when the finger is lifted.
					touched.current = performance.now();
					pressStop();
				}}
				onClick={() => {
					// By key or by a screen reader: no touch came before.
					if (performance.now() - touched.current > CLICK_MS) pressStop();
				}}
			>
				<LiveText class="stop-word" text={texts.stop.label} />
				<LiveText class="stop-line" id="stop-line" text={line(outputsText(safety, age))} />
			</button>
			<span class="hidden" role="status">
				<LiveText
					text={
						phase !== "done" || outputsLow === false
							? ""
							: outputsLow === null
								? texts.stop.saidMessage(tookMs)
								: texts.stop.said(tookMs)
					}
				/>
			</span>
		</>
	);
}

/** A stop without a confirmation is the loudest thing on the page. */
export function StopAlarm() {
	const { phase, outputsLow, problem, more } = useStore(stop);
	const { state } = useStore(session);

	if (phase !== "failed" && !(phase === "done" && outputsLow === false)) return null;
	return (
		<Notice
			tone="bad"
			id="stop-alarm"
			role="alert"
			action={
				<Button kind="plain" onPress={dismissStop}>
					{texts.shell.dismiss}
				</Button>
			}
		>
			<b>{phase === "failed" ? texts.stop.failedTitle : texts.stop.notLowTitle}</b>{" "}
			{problem && (state === "open" || problem.status !== 401) ? `${problem.sentence} ` : ""}
			{problem?.status === 401 && state !== "open" ? texts.stop.logIn : texts.stop.failedAdvice}
			{more ? ` ${texts.stop[more]}` : ""}
		</Notice>
	);
}
