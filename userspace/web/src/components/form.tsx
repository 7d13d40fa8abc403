// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A form from the description of its members: range and unit beside each member, each fault with the value, and for
 * a change the difference before the form is sent. Typed text stays through refusals and through an ended session.
 */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/problem";
import { isBlank, numberOf } from "../number";
import { useTick } from "../store";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Refusal } from "./basics";

export interface Member {
	name: string;
	label: string;
	kind: "text" | "password" | "number" | "boolean" | "choice";
	required?: boolean;
	/** of a number its range, of a text its bytes */
	min?: number;
	max?: number;
	unit?: string;
	whole?: boolean;
	choices?: { value: string; label: string }[];
	hint?: string;
	autocomplete?: string;
	/** what it is now; a form that has such values is one for changes */
	now?: string | number | boolean;
	/** what it begins with, without being one to compare with */
	start?: string;
	/** typed again after a refusal, as a password that was wrong */
	secret?: boolean;
}

export type Values = Record<string, string | number | boolean>;
type Typed = Record<string, string | boolean>;

const bytes = (text: string) => new TextEncoder().encode(text).length;

function rangeOf({ kind, min, max, unit = "" }: Member): string {
	if (min === undefined || max === undefined) return kind === "number" ? unit : "";
	return texts.form.range(min, max, kind === "number" ? unit : "bytes");
}

/* What stands beside a member's name: its range, and of a number how its decimals are written. */
function besideOf(member: Member): string {
	const range = member.hint ?? rangeOf(member);

	return member.kind === "number" && !member.whole ? [range, texts.form.decimals].filter(Boolean).join(", ") : range;
}

/* The keypads of telephones have a minus in the one for text only. */
function keypadOf({ kind, min, whole }: Member) {
	if (kind !== "number") return undefined;
	if (min === undefined || min < 0) return "text";
	return whole ? "numeric" : "decimal";
}

function faultOfNumber(member: Member, text: string): string | undefined {
	const value = numberOf(text);

	if (value === null) return texts.form.notNumber(text);
	if (member.whole && !Number.isInteger(value)) return texts.form.notWhole(text);
	if (member.min !== undefined && value < member.min) return texts.form.tooLow(text, member.min);
	if (member.max !== undefined && value > member.max) return texts.form.tooHigh(text, member.max);
	return undefined;
}

/* A blank is no number; of a text it may be a part. */
function isEmpty(member: Member, text: string): boolean {
	return member.kind === "number" ? isBlank(text) : !text;
}

/* How a number with a comma was read: whoever means thousands by it sees it before anything is sent. */
function readAs(member: Member, text: string): string | undefined {
	const value = member.kind === "number" && text.includes(",") ? numberOf(text) : null;

	return value === null ? undefined : texts.form.readAs(text.trim(), value);
}

/** The fault of a typed value; undefined for a value that may be sent. */
export function faultOf(member: Member, typed: string | boolean | undefined): string | undefined {
	if (typeof typed === "boolean") return undefined;
	const text = typed ?? "";

	if (isEmpty(member, text)) return member.required ? texts.form.missing : undefined;
	if (member.kind === "number") return faultOfNumber(member, text);
	if (member.kind === "choice") return undefined;
	if (member.min !== undefined && bytes(text) < member.min) return texts.form.tooShort(member.min, bytes(text));
	if (member.max !== undefined && bytes(text) > member.max) return texts.form.tooLong(member.max, bytes(text));
	return undefined;
}

function begin(members: Member[]): Typed {
	return Object.fromEntries(
		members.map((m) => [
			m.name,
			m.kind === "boolean"
				? m.now === true
				: String(m.now ?? m.start ?? (m.kind === "choice" ? (m.choices?.[0]?.value ?? "") : "")),
		]),
	);
}

function shown(member: Member, value: string | number | boolean | undefined): string {
	if (member.kind === "password") return texts.form.secret;
	if (typeof value === "boolean") return value ? texts.form.yes : texts.form.no;
	const choice = member.choices?.find((c) => c.value === value);

	return choice?.label ?? (String(value ?? "") || texts.form.empty);
}

/* The members to send: all that are filled in, or in a change all that differ. */
function changed(members: Member[], typed: Typed): Member[] {
	return members.filter((m) => {
		const value = typed[m.name];

		if (m.now === undefined) return typeof value === "boolean" || !isEmpty(m, value ?? "");
		return typeof m.now === "boolean" ? value !== m.now : String(value) !== String(m.now);
	});
}

function wanted(members: Member[], typed: Typed): Values {
	return Object.fromEntries(
		members.map((m) => [m.name, (m.kind === "number" ? numberOf(String(typed[m.name])) : typed[m.name]) ?? ""]),
	);
}

interface FieldProps {
	member: Member;
	value: string | boolean | undefined;
	fault: string | undefined;
	onInput: (value: string | boolean) => void;
	id: string;
}

export function Field({ member, value, fault, onInput, id }: FieldProps) {
	const notes = `${id}-notes`;

	if (member.kind === "boolean")
		return (
			<div class="field">
				<label class="check">
					<input
						id={id}
						type="checkbox"
						checked={value === true}
						onChange={(event) => onInput(event.currentTarget.checked)}
					/>
					{member.label}
				</label>
			</div>
		);
	return (
		<div class={`field ${fault ? "wrong" : ""}`}>
			<label for={id}>
				{member.label} <span class="range">{besideOf(member)}</span>
			</label>
			{member.kind === "choice" ? (
				<select
					id={id}
					value={String(value)}
					onChange={(event) => onInput(event.currentTarget.value)}
					aria-describedby={notes}
				>
					{member.choices?.map((c) => (
						<option key={c.value} value={c.value}>
							{c.label}
						</option>
					))}
				</select>
			) : (
				<input
					id={id}
					name={member.name}
					type={member.kind === "password" ? "password" : "text"}
					inputMode={keypadOf(member)}
					value={String(value ?? "")}
					autocomplete={member.autocomplete ?? "off"}
					autocapitalize="none"
					spellcheck={false}
					aria-invalid={fault ? "true" : undefined}
					aria-describedby={notes}
					onInput={(event) => onInput(event.currentTarget.value)}
				/>
			)}
			<div class={fault ? "fault" : "fault mute"} id={notes}>
				{fault ?? readAs(member, String(value ?? ""))}
			</div>
		</div>
	);
}

/** Counts down what the API has asked to wait. */
export function useWait(problem: Problem | undefined): number {
	const now = useTick();

	return problem?.retryAt === undefined ? 0 : Math.max(Math.ceil((problem.retryAt - now) / 1000), 0);
}

export interface FormProps {
	id: string;
	members: Member[];
	submit: string;
	busyText?: string;
	/** sends; what it throws is shown in place */
	onSend: (values: Values) => Promise<unknown>;
	onCancel?: () => void;
	/** what that button says, where leaving gives nothing up */
	cancelText?: string;
	/** further faults, of members together */
	check?: (values: Values) => Record<string, string>;
}

export function Form({ id, members, submit, busyText, onSend, onCancel, cancelText, check }: FormProps) {
	const [typed, setTyped] = useState(() => begin(members));
	const [looked, setLooked] = useState(false);
	const act = useAct();
	const wait = useWait(act.problem);
	const box = useRef<HTMLFormElement>(null);
	const own = useId();
	const isChange = members.some((m) => m.now !== undefined);
	const differing = changed(members, typed);
	const faults: Record<string, string | undefined> = {};

	for (const member of members) {
		const theirs = act.problem?.errors.find((e) => e.pointer === `/${member.name}`);

		faults[member.name] = (looked ? faultOf(member, typed[member.name]) : undefined) ?? theirs?.detail;
	}
	if (looked && check) Object.assign(faults, check(typed as Values));
	const forget = () =>
		setTyped((before) => ({
			...before,
			...Object.fromEntries(members.filter((m) => m.secret).map((m) => [m.name, ""])),
		}));
	const known = act.problem?.errors.length && act.problem.errors.every((e) => faults[e.pointer.slice(1)]);

	useEffect(() => {
		if (looked) box.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
	}, [looked, act.problem]);
	return (
		<form
			id={id}
			ref={box}
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				const bad = members.some((m) => faultOf(m, typed[m.name])) || Object.keys(check?.(typed as Values) ?? {}).length;

				setLooked(!!bad);
				if (bad || wait || act.busy || (isChange && !differing.length)) return;
				void act.run(() => onSend(wanted(differing, typed))).then((done) => {
					if (done) setTyped(begin(members));
					else forget();
				});
			}}
		>
			{members.map((member) => (
				<Field
					key={member.name}
					id={`${id}-${member.name}`}
					member={member}
					value={typed[member.name]}
					fault={faults[member.name]}
					onInput={(value) => setTyped((before) => ({ ...before, [member.name]: value }))}
				/>
			))}
			{isChange ? (
				<ul class="changes" id={`${own}-changes`} data-changes={differing.length}>
					{differing.length ? null : <li>{texts.form.noChange}</li>}
					{differing.map((m) => (
						<li key={m.name}>
							{m.label}: {m.now === undefined ? "" : `${shown(m, m.now)} → `}
							<b>{shown(m, typed[m.name])}</b>
						</li>
					))}
				</ul>
			) : null}
			{act.problem && !known ? (
				<div class="field" id={`${id}-problem`}>
					<Refusal problem={act.problem} />
				</div>
			) : null}
			<div class="actions">
				<Button
					submit
					kind="primary"
					id={`${id}-send`}
					onPress={() => undefined}
					why={wait ? texts.form.wait(wait) : undefined}
				>
					{act.busy ? (busyText ?? texts.form.sending) : submit}
				</Button>
				{onCancel ? <Button onPress={onCancel}>{cancelText ?? texts.shell.cancel}</Button> : null}
			</div>
		</form>
	);
}
