// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rail as a picture: robot with direction and the zones in which an obstacle slows or stops it, target, soft limits, dock. A
 * person who may drive chooses a target on it. The choice is a number until it is sent. All is placed in percent, so that the
 * words keep their size.
 */
import { useEffect, useRef } from "preact/hooks";
import type { Robot, Station } from "../api/types";
import { texts } from "../texts";
import type { Way } from "../way";
import { LiveText } from "./live-text";

const t = texts.drive;

/* Of the length between the soft limits, shown beyond each of them. */
const MARGIN = 0.05;
const STEPS_MM = [100, 200, 500, 1000, 2000, 5000, 10000, 20000];
const TICKS_MAX = 8;
/* What a finger can hit; the number field and the keys are finer. */
const DRAG_STEP_MM = 10;
const KEY_STEP_MM = 10;
const FAR_STEP_MM = 500;
/* Below this the readings of a standing robot are not a direction. */
const STANDS_MM_S = 1;

interface Scale {
	min: number;
	max: number;
}

function scaleOf({ limits, position_mm }: Robot): Scale {
	const margin = (limits.soft_max_mm - limits.soft_min_mm) * MARGIN;
	const at = position_mm ?? limits.soft_min_mm;

	return {
		min: Math.min(limits.soft_min_mm - margin, at - margin),
		max: Math.max(limits.soft_max_mm + margin, at + margin),
	};
}

const percent = (mm: number, { min, max }: Scale) => Math.min(Math.max(((mm - min) / (max - min)) * 100, 0), 100);

/* The dock has its word among the ticks: one that is too near gives way. */
function ticksOf({ min, max }: Scale, dock: number): number[] {
	const step = STEPS_MM.find((mm) => (max - min) / mm <= TICKS_MAX) ?? max - min;
	const first = Math.ceil(min / step);

	return Array.from({ length: Math.floor(max / step) - first + 1 }, (_, i) => (first + i) * step).filter(
		(mm) => Math.abs(mm - dock) >= step / 2,
	);
}

interface LabelProps {
	at: number;
	css: string;
	children: string;
}

/* Its place within itself is its place on the rail: so it stays inside at both ends. */
function Label({ at, css, children }: LabelProps) {
	return (
		<span class={`rail-label ${css}`} style={{ left: `${at}%`, transform: `translateX(-${at}%)` }}>
			<LiveText text={children} />
		</span>
	);
}

function Vehicle({ robot, at }: { robot: Robot; at: number }) {
	const speed = robot.speed_mm_s ?? 0;
	const moves = Math.abs(speed) > STANDS_MM_S;

	return (
		<>
			<Label at={at} css="at-robot">
				{`${t.mm(robot.position_mm ?? 0)}${moves ? ` · ${t.speedOf(speed)}` : ""}`}
			</Label>
			<span class="rail-robot" style={{ left: `${at}%` }}>
				<svg viewBox="0 0 24 24" aria-hidden="true">
					{!moves ? (
						<rect x="6" y="6" width="12" height="12" rx="1" />
					) : (
						<path d={speed > 0 ? "M5 4l15 8-15 8z" : "M19 4L4 12l15 8z"} />
					)}
				</svg>
			</span>
		</>
	);
}

/* Above the robot, which is drawn wider than it is and would hide its zones. An obstacle is marked where it is seen. */
function Zones({ way, from, scale }: { way: Way; from: number; scale: Scale }) {
	const { direction, stopMm, slowMm, freeMm, endless } = way;
	const at = (mm: number) => percent(from + direction * mm, scale);
	const band = (kind: "near" | "far", near: number, far: number) => {
		const seen = freeMm === null || freeMm < far;

		return (
			<span
				class={`rail-zone ${kind} ${seen ? "seen" : ""}`}
				style={{ left: `${Math.min(at(near), at(far))}%`, width: `${Math.abs(at(far) - at(near))}%` }}
			/>
		);
	};

	return (
		<>
			{slowMm > (stopMm ?? 0) ? band("far", stopMm ?? 0, slowMm) : null}
			{stopMm !== null ? band("near", 0, stopMm) : null}
			{freeMm !== null && !endless ? <span class="rail-obstacle" style={{ left: `${at(freeMm)}%` }} /> : null}
		</>
	);
}

function describe({ position_mm, speed_mm_s }: Robot): string {
	if (position_mm === null) return t.vehicleUnknown;
	const speed = speed_mm_s ?? 0;
	const how =
		Math.abs(speed) <= STANDS_MM_S
			? texts.overview.stands
			: `${t.speedOf(speed)} ${speed > 0 ? texts.overview.forward : texts.overview.backward}`;

	return t.vehicle(t.mm(position_mm), how);
}

/* Where a pointer goes until it is lifted, also beside the rail; without a place when the browser has taken it away. */
function follow(pointer: number, tell: (ended: boolean, moved: PointerEvent | null) => void): () => void {
	const NAMES = ["pointermove", "pointerup", "pointercancel"] as const;
	const listener = (event: PointerEvent) => {
		if (event.pointerId !== pointer) return;
		if (event.type !== "pointermove") end();
		tell(event.type !== "pointermove", event.type === "pointercancel" ? null : event);
	};
	const end = () => {
		for (const name of NAMES) removeEventListener(name, listener);
	};

	for (const name of NAMES) addEventListener(name, listener);
	return end;
}

interface RailProps {
	robot: Robot;
	/** chosen and not sent yet */
	draft: number | null;
	stations: Station[];
	ways: Way[];
	/** none: this person may only look */
	choose?: (mm: number | null) => void;
}

export function Rail({ robot, draft, stations, ways, choose }: RailProps) {
	const box = useRef<HTMLDivElement>(null);
	const end = useRef<() => void>();
	const { limits, command, position_mm } = robot;
	const scale = scaleOf(robot);
	const target = command?.position_mm ?? null;
	const here = position_mm === null ? null : percent(position_mm, scale);
	const clamp = (mm: number) => Math.min(Math.max(mm, limits.soft_min_mm), limits.soft_max_mm);

	const at = (event: PointerEvent) => {
		const { left, width } = box.current?.getBoundingClientRect() ?? { left: 0, width: 1 };
		const mm = scale.min + ((event.clientX - left) / width) * (scale.max - scale.min);

		return clamp(Math.round(mm / DRAG_STEP_MM) * DRAG_STEP_MM);
	};
	const start = Math.round(clamp(draft ?? target ?? position_mm ?? limits.soft_min_mm));
	const keys: Record<string, number> = {
		ArrowRight: start + KEY_STEP_MM,
		ArrowUp: start + KEY_STEP_MM,
		ArrowLeft: start - KEY_STEP_MM,
		ArrowDown: start - KEY_STEP_MM,
		PageUp: start + FAR_STEP_MM,
		PageDown: start - FAR_STEP_MM,
		Home: limits.soft_min_mm,
		End: limits.soft_max_mm,
	};
	const slider = choose
		? {
				role: "slider" as const,
				tabIndex: 0,
				"aria-label": t.railLabel,
				"aria-valuemin": limits.soft_min_mm,
				"aria-valuemax": limits.soft_max_mm,
				"aria-valuenow": start,
				"aria-valuetext": draft === null ? t.noTarget : t.mm(draft),
				onKeyDown: (event: KeyboardEvent) => {
					const wanted = keys[event.key];

					if (wanted === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
					event.preventDefault();
					choose(clamp(wanted));
				},
				onPointerDown: (event: PointerEvent) => {
					if (event.button !== 0 || end.current) return;
					end.current = follow(event.pointerId, (ended, moved) => {
						if (ended) end.current = undefined;
						// A finger that turns out to scroll the page has chosen nothing.
						choose(moved ? at(moved) : draft);
					});
					choose(at(event));
				},
			}
		: { role: "img" as const, "aria-label": describe(robot) };

	useEffect(() => () => end.current?.(), []);
	return (
		<div class={`railway ${choose ? "can-choose" : ""}`} id="railway" ref={box} {...slider}>
			<span class="rail-track" />
			<span class="rail-beyond" style={{ left: 0, width: `${percent(limits.soft_min_mm, scale)}%` }} />
			<span class="rail-beyond" style={{ left: `${percent(limits.soft_max_mm, scale)}%`, right: 0 }} />
			{ticksOf(scale, limits.dock_position_mm).map((mm, i) => (
				<span key={mm} class={`rail-tick ${i % 2 ? "minor" : ""}`} style={{ left: `${percent(mm, scale)}%` }}>
					{t.metres(mm)}
				</span>
			))}
			<span class="rail-dock" style={{ left: `${percent(limits.dock_position_mm, scale)}%` }}>
				{t.dock}
			</span>
			{stations
				.filter(({ position_mm: mm }) => mm !== limits.dock_position_mm && mm >= scale.min && mm <= scale.max)
				.map(({ name, position_mm: mm }) => (
					<span
						key={name}
						class="rail-station"
						title={`${name} · ${t.mm(mm)}`}
						style={{ left: `${percent(mm, scale)}%` }}
					/>
				))}
			{target !== null && here !== null ? (
				<span
					class="rail-way"
					style={{
						left: `${Math.min(here, percent(target, scale))}%`,
						width: `${Math.abs(here - percent(target, scale))}%`,
					}}
				/>
			) : null}
			{target !== null ? (
				<>
					<span class="rail-target" style={{ left: `${percent(target, scale)}%` }} />
					{draft === null ? (
						<Label at={percent(target, scale)} css="at-target">
							{t.mm(target)}
						</Label>
					) : null}
				</>
			) : null}
			{position_mm !== null
				? ways.map((way) => <Zones key={way.direction} way={way} from={position_mm} scale={scale} />)
				: null}
			{here !== null ? <Vehicle robot={robot} at={here} /> : null}
			{draft !== null ? (
				<>
					<span class="rail-target chosen" style={{ left: `${percent(draft, scale)}%` }} />
					<Label at={percent(draft, scale)} css="at-target chosen">
						{t.mm(draft)}
					</Label>
				</>
			) : null}
			<Label at={percent(limits.soft_min_mm, scale)} css="at-limit">
				{t.limit(t.mm(limits.soft_min_mm))}
			</Label>
			<Label at={percent(limits.soft_max_mm, scale)} css="at-limit">
				{t.limit(t.mm(limits.soft_max_mm))}
			</Label>
		</div>
	);
}
