// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mission made or changed: its name and its legs, which are added, removed and moved by buttons and keys.
 */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Limits, Mission, MissionLeg, MissionLegBody, Station } from "../api/types";
import { LEGS_MAX, change, verbOf } from "../missions";
import { numberOf, textOf } from "../number";
import { go } from "../router";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Refusal } from "./basics";
import { moveMembers } from "./drive-goto";
import { Field, type Member, faultOf } from "./form";
import { useStations } from "./once";
import { Dialog } from "./overlay";

const t = texts.missions.form;
const NAME: Member = { name: "name", label: texts.missions.name, kind: "text", required: true, min: 1, max: 64 };
const ROUNDS: Member = { name: "rounds", label: t.rounds, kind: "number", whole: true, min: 0, max: 1_000_000, hint: t.roundsHint };
const TEMPLATE: Member = { name: "template", label: t.template, kind: "boolean" };
const SECONDS = { kind: "number", whole: true, min: 1, max: 86_400, unit: "s" } as const;
const KINDS = Object.entries(texts.missions.kinds).map(([value, label]) => ({ value, label }));

/** A leg as it is typed; each member of MissionLegBody by its name. */
const NAMES = [
	"station",
	"position_mm",
	"wait_s",
	"signal",
	"at_least",
	"at_most",
	"charge_percent",
	"address",
	"register_name",
	"value",
	"deadline_s",
	"retries",
] as const;
type Typed = Record<(typeof NAMES)[number] | "kind" | "speed_mm_s" | "on_failure", string> & { key: number };

let keys = 0;

function typedOf(leg?: MissionLeg): Typed {
	const text = (value: number | string | null | undefined) => (typeof value === "number" ? textOf(value) : (value ?? ""));

	return {
		...(Object.fromEntries(NAMES.map((name) => [name, text(leg?.[name] || null)])) as Record<(typeof NAMES)[number], string>),
		// Nought says something of these.
		...Object.fromEntries((["position_mm", "at_least", "at_most", "value"] as const).map((name) => [name, text(leg?.[name])])),
		key: ++keys,
		kind: leg?.kind ?? "move",
		speed_mm_s: typeof leg?.speed_mm_s === "number" ? textOf(leg.speed_mm_s / 1000) : "",
		on_failure: leg?.on_failure ?? "hold",
	};
}

/* Only members that the kind of the leg takes. */
function membersOf(leg: Typed, stations: Station[], limits: Limits | undefined): Member[] {
	const members: Member[] = [{ name: "kind", label: t.kind, kind: "choice", choices: KINDS }];

	if (leg.kind === "move") {
		// A station that was renamed since stays chosen: the robot looks it up when the leg begins.
		const names = new Set([...stations.map(({ name }) => name), ...(leg.station ? [leg.station] : [])]);
		const move = limits && moveMembers(limits);
		const choices = [{ value: "", label: t.position }, ...[...names].map((name) => ({ value: name, label: name }))];

		members.push({ name: "station", label: t.where, kind: "choice", choices });
		if (!leg.station) members.push(move?.position ?? { name: "position_mm", label: texts.drive.target, kind: "number", required: true });
		members.push(move?.speed ?? { name: "speed_mm_s", label: t.speed, kind: "number" });
	}
	if (leg.kind === "wait") members.push({ name: "wait_s", label: t.wait, required: true, ...SECONDS });
	if (leg.kind === "charge") members.push({ name: "charge_percent", label: t.charge, kind: "number", required: true, min: 1, max: 100, unit: "%" });
	if (leg.kind === "write")
		members.push(
			{ name: "address", label: t.address, kind: "number", required: true, whole: true, min: 1, max: 247 },
			{ name: "register_name", label: t.register, kind: "text", required: true },
			{ name: "value", label: t.value, kind: "number", required: true },
		);
	members.push({ name: "signal", label: t.signal, kind: "text", required: leg.kind === "signal" });
	if (leg.signal)
		members.push({ name: "at_least", label: t.atLeast, kind: "number" }, { name: "at_most", label: t.atMost, kind: "number" });
	if (verbOf(leg.kind as MissionLegBody["kind"]) || leg.kind === "signal" || leg.kind === "charge")
		members.push({ name: "deadline_s", label: t.deadline, hint: t.deadlineHint, ...SECONDS });
	if (leg.kind !== "wait" && leg.kind !== "acknowledge")
		members.push(
			{ name: "retries", label: t.retries, kind: "number", whole: true, min: 0, max: 9 },
			{
				name: "on_failure",
				label: t.fails,
				kind: "choice",
				choices: [
					{ value: "hold", label: t.hold },
					{ value: "skip", label: t.skip },
					{ value: "fail", label: t.fail },
				],
			},
		);
	return members;
}

const typedIn = (leg: Typed, { name }: Member) => leg[name as keyof Typed] as string;

/* Speeds are typed in m/s, as on the page Drive. A speed that is not edited keeps its decimals. */
const speedOf = (metres: number) => Number((metres * 1000).toFixed(6));

/* The body of the request for a leg. */
function bodyOf(leg: Typed, members: Member[]): Record<string, string | number> {
	const filled = members.flatMap((member) => {
		const text = typedIn(leg, member);
		const value = member.kind === "number" ? numberOf(text) : text;

		return value === null || value === "" ? [] : [[member.name, member.name === "speed_mm_s" ? speedOf(Number(value)) : value]];
	});

	return Object.fromEntries(filled);
}

interface LegProps {
	leg: Typed;
	at: number;
	last: number;
	members: Member[];
	faultAt: (member: Member) => string | undefined;
	type: (changes: Partial<Typed>) => void;
	move: (by: number) => void;
	remove: () => void;
}

function Leg({ leg, at, last, members, faultAt, type, move, remove }: LegProps) {
	const act = (label: string, sign: string, press: () => void, can: boolean) => (
		<button type="button" class="icon-button" aria-label={label} aria-disabled={can ? undefined : "true"} onClick={() => can && press()}>
			{sign}
		</button>
	);

	return (
		<fieldset
			class="leg"
			id={`leg-${at + 1}`}
			onKeyDown={(event) => {
				const by = event.altKey ? (event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0) : 0;

				// There it opens the choice.
				if (!by || event.target instanceof HTMLSelectElement) return;
				event.preventDefault();
				move(by);
			}}
		>
			<legend>{t.number(at + 1)}</legend>
			<div class="leg-acts">
				{act(t.up(at + 1), "▲", () => move(-1), at > 0)}
				{act(t.down(at + 1), "▼", () => move(1), at < last)}
				{act(t.remove(at + 1), "✕", remove, last > 0)}
			</div>
			<div class="leg-fields">
				{members.map((member) => (
					<Field
						key={member.name}
						id={`leg-${at + 1}-${member.name}`}
						member={member}
						value={typedIn(leg, member)}
						fault={faultAt(member)}
						onInput={(value) => type({ [member.name]: String(value) })}
					/>
				))}
			</div>
		</fieldset>
	);
}

interface MissionFormProps {
	/** undefined: a new mission is made */
	changed?: Mission;
	/** what it begins with */
	name?: string;
	rounds?: number;
	legs?: MissionLeg[];
	limits: Limits | undefined;
	close: () => void;
}

export function MissionForm({ changed, name: nameBefore = "", rounds: roundsBefore, legs: legsBefore, limits, close }: MissionFormProps) {
	const [name, setName] = useState(nameBefore);
	const [rounds, setRounds] = useState(textOf(roundsBefore ?? 1));
	const [template, setTemplate] = useState(false);
	const [legs, setLegs] = useState(() => (legsBefore ?? [undefined]).map(typedOf));
	const [looked, setLooked] = useState(false);
	const act = useAct();
	const stations = useStations();
	const box = useRef<HTMLFormElement>(null);
	const focused = useRef<Element | null>(null);
	const members = legs.map((leg) => membersOf(leg, stations, limits));
	const last = legs.length - 1;
	/* What the robot has refused stands at its member until the next try. */
	const theirs = (pointer: string) => act.problem?.errors.find((e) => e.pointer === pointer)?.detail;
	const faults = [faultOf(NAME, name), faultOf(ROUNDS, rounds), ...legs.flatMap((leg, i) => (members[i] ?? []).map((m) => faultOf(m, typedIn(leg, m))))];

	const edit = (next: Typed[]) => {
		act.clear();
		setLegs(next);
	};
	const move = (at: number, by: number) => {
		const next = [...legs];
		const [leg] = next.splice(at, 1);

		if (!leg || at + by < 0 || at + by > last) return;
		next.splice(at + by, 0, leg);
		focused.current = document.activeElement;
		edit(next);
	};
	const remove = (at: number) => {
		focused.current = box.current?.querySelector("#mission-add-leg") ?? null;
		edit(legs.filter((_, i) => i !== at));
	};
	const send = () =>
		act.run(async () => {
			const more = { ...(rounds.trim() ? { rounds: numberOf(rounds) } : {}), ...(template ? { template } : {}) };
			const body = { name, ...more, legs: legs.map((leg, i) => bodyOf(leg, members[i] ?? [])) };
			const made = await change<Mission>(changed ? "PATCH" : "POST", changed ? `missions/${changed.id}` : "missions", body, changed?.revision);

			// Its page shows what was done.
			close();
			go(`/missions/${made.id}`);
		});

	// The place of a leg in the page changes with its place in the mission, and takes the focus away.
	useLayoutEffect(() => {
		if (focused.current instanceof HTMLElement) focused.current.focus();
		focused.current = null;
	}, [legs]);
	useLayoutEffect(() => {
		if (looked) box.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
	}, [looked, act.problem]);
	const title = changed ? texts.missions.changeTitle(nameBefore) : texts.missions.add;

	return (
		<Dialog title={title} text={changed ? undefined : texts.missions.addText} id="mission-form" wide onClose={close}>
			<form
				ref={box}
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					const bad = faults.some(Boolean);

					setLooked(bad);
					if (!bad && !act.busy) void send();
				}}
			>
				<Field
					id="mission-name"
					member={NAME}
					value={name}
					fault={(looked ? faults[0] : undefined) ?? theirs("/name")}
					onInput={(value) => setName(String(value))}
				/>
				<Field
					id="mission-rounds"
					member={ROUNDS}
					value={rounds}
					fault={(looked ? faults[1] : undefined) ?? theirs("/rounds")}
					onInput={(value) => setRounds(String(value))}
				/>
				{changed ? null : (
					<Field id="mission-template" member={TEMPLATE} value={template} fault={undefined} onInput={(value) => setTemplate(value === true)} />
				)}
				{legs.map((leg, i) => (
					<Leg
						key={leg.key}
						leg={leg}
						at={i}
						last={last}
						members={members[i] ?? []}
						faultAt={(member) => (looked ? faultOf(member, typedIn(leg, member)) : undefined) ?? theirs(`/legs/${i}/${member.name}`)}
						type={(changes) => edit(legs.map((other) => (other === leg ? { ...leg, ...changes } : other)))}
						move={(by) => move(i, by)}
						remove={() => remove(i)}
					/>
				))}
				<p class="field">
					<Button
						id="mission-add-leg"
						why={legs.length < LEGS_MAX ? undefined : t.most(LEGS_MAX)}
						onPress={() => edit([...legs, typedOf()])}
					>
						{t.addLeg}
					</Button>{" "}
					<span class="sub">{t.keys}</span>
				</p>
				{act.problem ? (
					<div class="field" id="mission-form-problem">
						<Refusal problem={act.problem} />
					</div>
				) : null}
				<div class="actions">
					<Button submit kind="primary" id="mission-send" onPress={() => undefined}>
						{act.busy ? texts.form.sending : changed ? texts.form.send : t.make}
					</Button>
					<Button onPress={close}>{texts.shell.cancel}</Button>
				</div>
			</form>
		</Dialog>
	);
}
