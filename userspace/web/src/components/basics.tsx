// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The small parts that every page is made of.
 */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Reading } from "../api/live";
import type { Problem } from "../api/problem";
import { span, time } from "../format";
import { useTick } from "../store";
import { texts } from "../texts";
import { LiveText } from "./live-text";

/* The age from which on a value says its age, and the age from which on a value counts as old. */
const SAY_MS = 1000;
export const STALE_MS = 3000;

export type Tone = "ok" | "live" | "none" | "warn" | "bad";

/* A shape of its own for each meaning, so that no colour is needed to tell them apart. */
const SHAPES: Record<Tone, ComponentChildren> = {
	ok: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
	live: <path d="M2.5 1l8.5 5-8.5 5z" fill="currentColor" />,
	none: <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="2" />,
	warn: <path d="M6 .8L11.8 11H.2z" fill="currentColor" />,
	bad: <path d="M3.6.3h4.8l3.3 3.3v4.8l-3.3 3.3H3.6L.3 8.4V3.6z" fill="currentColor" />,
};

export function Shape({ tone }: { tone: Tone }) {
	return (
		<svg viewBox="0 0 12 12" aria-hidden="true">
			{SHAPES[tone]}
		</svg>
	);
}

/** A state: word, colour and shape. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
	return (
		<span class={`badge tone-${tone}`}>
			<Shape tone={tone} />
			{typeof children === "string" ? <LiveText text={children} /> : <span>{children}</span>}
		</span>
	);
}

export function Icon({ children }: { children: ComponentChildren }) {
	return (
		<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
			{children}
		</svg>
	);
}

/** How old a value is now: its age in the answer, and the time since the answer. */
export function useAge(reading: Reading<unknown>, ageMs: number | null | undefined): number | null {
	const now = useTick();

	if (reading.data === undefined || ageMs === null || ageMs === undefined || ageMs < 0) return null;
	return ageMs + Math.max(now - Math.max(reading.at, reading.keptAt ?? 0), 0);
}

/** The age in words, where it is worth saying. */
export function Age({ ms }: { ms: number | null }) {
	if (ms === null || ms <= SAY_MS) return null;
	return <LiveText class="age" text={texts.age.old(span(ms))} />;
}

interface CardProps {
	title: string;
	span?: string;
	age?: number | null;
	/** at the right end of the head */
	head?: ComponentChildren;
	id?: string;
	children: ComponentChildren;
}

export function Card({ title, span: columns = "c12", age = null, head, id, children }: CardProps) {
	const name = useId();

	return (
		<section
			class={`card ${columns} ${age !== null && age > STALE_MS ? "stale" : ""}`}
			id={id}
			aria-labelledby={name}
		>
			<header>
				<h2 id={name}>{title}</h2>
				<Age ms={age} />
				{head ? <span class="push">{head}</span> : null}
			</header>
			{children}
		</section>
	);
}

/** A headline figure with its unit. */
/** @before: a word in front of it. */
export function Figure({ before, value, unit }: { before?: string; value: string; unit?: string }) {
	return (
		<div class="figure">
			{before ? <small>{before} </small> : null}
			<LiveText text={value} />
			{unit ? <small> {unit}</small> : null}
		</div>
	);
}

/** A share as a figure with a bar below. */
export function Share({ percent, warn }: { percent: number; warn: boolean }) {
	return (
		<>
			<Figure value={percent.toFixed(0)} unit="%" />
			<div class={`meter ${warn ? "warn" : ""}`}>
				<i style={{ width: `${Math.min(Math.max(percent, 0), 100)}%` }} />
			</div>
		</>
	);
}

export function Facts({ items }: { items: [string, ComponentChildren][] }) {
	return (
		<dl class="facts">
			{items.map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{typeof value === "string" ? <LiveText text={value} /> : value}</dd>
				</div>
			))}
		</dl>
	);
}

interface ButtonProps {
	children: ComponentChildren;
	onPress: () => void;
	id?: string;
	kind?: "primary" | "plain" | "";
	/** why it cannot be pressed now; it is shown below the button */
	why?: string | undefined;
	/** shows the reason somewhere else, when the button is touched, pointed at or reached by key */
	onWhy?: () => void;
	submit?: boolean;
	label?: string;
	/** has the focus when its dialog opens */
	first?: boolean;
}

/** A button that can say why not. It stays reachable by key, so that the reason is. */
export function Button({ children, onPress, id, kind = "", why, onWhy, submit = false, label, first }: ButtonProps) {
	const reason = useId();
	const tell = why ? onWhy : undefined;

	return (
		<span class="act">
			{/* Another button in the same place is another element: a press that began on this one does not end on that one. */}
			<button
				key={id ?? label}
				type={submit ? "submit" : "button"}
				id={id}
				class={`button ${kind}`}
				aria-disabled={why ? "true" : undefined}
				aria-describedby={why ? reason : undefined}
				aria-label={label}
				data-first={first}
				title={why}
				onFocus={tell}
				onPointerEnter={tell}
				onClick={(event) => {
					if (why) event.preventDefault();
					else if (!submit) onPress();
					tell?.();
				}}
			>
				{children}
			</button>
			{why ? (
				<span class={onWhy ? "hidden" : "why"} id={reason}>
					{why}
				</span>
			) : null}
		</span>
	);
}

interface ScrollProps {
	css?: string;
	/** has nothing in it that takes the focus: keys reach it by itself */
	bare?: boolean;
	children: ComponentChildren;
}

/** What may be wider than the screen. */
export function Scroll({ css = "", bare = true, children }: ScrollProps) {
	return (
		<div class={`scroll ${css}`} tabIndex={bare ? 0 : undefined}>
			{children}
		</div>
	);
}

export function Skeleton({ width = "100%", lines = 1 }: { width?: string; lines?: number }) {
	return (
		<span aria-hidden="true">
			{Array.from({ length: lines }, (_, i) => (
				<span key={i} class="skeleton" style={{ width, marginTop: i ? "10px" : "0" }} />
			))}
		</span>
	);
}

interface NoticeProps {
	tone?: "warn" | "bad" | "";
	id?: string;
	role?: "alert" | "status";
	children: ComponentChildren;
	action?: ComponentChildren;
}

export function Notice({ tone = "", id, role, children, action }: NoticeProps) {
	return (
		<div class={`notice ${tone}`} id={id} role={role}>
			{tone ? <Shape tone={tone} /> : null}
			<div class="grow">{children}</div>
			{action}
		</div>
	);
}

/** A refusal in the API's own words, and what to do. */
export function Refusal({ problem, retry }: { problem: Problem; retry?: () => void }) {
	return (
		<Notice
			tone={problem.status >= 500 || problem.status === 0 ? "bad" : "warn"}
			role="alert"
			action={
				retry ? (
					<Button kind="plain" onPress={retry}>
						{texts.table.retry}
					</Button>
				) : null
			}
		>
			{problem.sentence} {problem.advice ? <span class="mute">{problem.advice}</span> : null}
		</Notice>
	);
}

/** Date and time of day: one below the other on a phone. */
export function When({ iso }: { iso: string | null }) {
	return (
		<div class="event-time">
			{time(iso).split(" ").map((part) => (
				<span key={part}>{part} </span>
			))}
		</div>
	);
}
