// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Items of the configuration, a row each: what it is and has, and the field in which it is changed.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { may } from "../api/session";
import type { ConfigItem } from "../api/types";
import { type Draft, isForAny, labelOf, pointersOf, type Settings, type, undo } from "../config";
import { unit } from "../format";
import { textOf } from "../number";
import { texts } from "../texts";
import { Button } from "./basics";
import { valueText } from "./config-differences";
import { Field, faultOf, type Member } from "./form";

const t = texts.config;

export interface Row {
	item: ConfigItem;
	pointer: string;
	label: string;
	/** what was typed; null: to be removed; undefined: nothing */
	typed: string | null | undefined;
	/** of what was typed, or what the robot has said of the item */
	fault: string | undefined;
}

/** The field for an item, as its row of the schema says. */
export function memberOf(item: ConfigItem, label: string): Member {
	const { min, max, whole } = item;

	if (item.type === "number") return { name: item.pointer, label, kind: "number", required: true, whole, min, max, unit: unit(item.unit) };
	if (item.type === "word") return { name: item.pointer, label, kind: "choice", choices: item.words.map((value) => ({ value, label: value })) };
	return { name: item.pointer, label, kind: "text", required: min > 0, min, max };
}

/** All rows of some items. theirs: what the robot has refused, by pointer, and what was typed there then. */
export function rowsOf({ items, values }: Settings, typed: Draft, looked: boolean, theirs: Map<string, [string, Draft[string] | undefined]>): Row[] {
	return items.flatMap((item) =>
		pointersOf(item, values, typed).map((pointer) => {
			const label = labelOf(items, item, pointer);
			const text = typed[pointer];
			const [said, of] = theirs.get(pointer) ?? [];
			const own = looked && typeof text === "string" ? faultOf(memberOf(item, label), text) : undefined;

			return { item, pointer, label, typed: text, fault: own ?? (of === text ? said : undefined) };
		}),
	);
}

/** Is its value another one than its default? Of what has none: always. */
export function isOther({ item, pointer }: Row, { values }: Settings): boolean {
	return values.get(pointer) !== item.preset;
}

const fieldOf = (pointer: string) => `config${pointer.replaceAll("/", "-")}`;

function rangeOf(item: ConfigItem): string {
	if (item.type === "word") return item.words.join(", ");
	return texts.form.range(item.min, item.max, item.type === "number" ? unit(item.unit) : "bytes");
}

/* What a person has to know before a change. */
function Facts({ row: { item }, isChanged }: { row: Row; isChanged: boolean }) {
	const facts = [
		isChanged ? "" : rangeOf(item),
		item.preset === null ? t.noDefault : t.default(valueText(item, item.preset)),
		item.needs_standstill ? t.standstill : "",
		item.needs_elevation ? t.elevated : "",
		t.role(texts.roles[item.role] ?? item.role),
	];

	return <span class="config-facts">{facts.filter(Boolean).join(" · ")}</span>;
}

function Fault({ text }: { text: string | undefined }) {
	return text ? <div class="config-fault">{text}</div> : null;
}

interface RowProps {
	row: Row;
	settings: Settings;
	/** further acts on it */
	more?: ComponentChildren;
}

function Shown({ row, settings, more }: RowProps) {
	const { item, pointer, label, typed, fault } = row;
	const value = settings.values.get(pointer);
	const text = item.type === "number" && typeof value === "number" ? textOf(value) : String(value ?? "");

	return (
		<div class={`config-row ${typed === null ? "changed" : ""}`} data-pointer={pointer}>
			<div class="config-what">
				<b>{label}</b>
				<p class="sub">{item.summary}</p>
				<Fault text={fault} />
			</div>
			<div class="config-value">
				{typed === null ? <s>{valueText(item, value)}</s> : <b>{valueText(item, value)}</b>}{" "}
				{typed === null ? (
					<span class="config-mark">{t.removed}</span>
				) : item.preset !== null && isOther(row, settings) ? (
					<span class="config-mark">{t.isOther}</span>
				) : null}
				<p class="sub">
					<Facts row={row} isChanged={false} />
				</p>
			</div>
			<div class="config-acts">
				{typed === null ? (
					<Button kind="plain" label={t.undoIt(label)} onPress={() => undo([pointer])}>
						{t.undo}
					</Button>
				) : may(item.role) ? (
					<>
						{more}
						<Button kind="plain" label={t.changeIt(label)} onPress={() => type(pointer, text)}>
							{t.change}
						</Button>
					</>
				) : null}
			</div>
		</div>
	);
}

function Changed({ row, settings }: RowProps) {
	const { item, pointer, label, typed, fault } = row;
	const value = settings.values.get(pointer);
	const preset = item.preset === null ? undefined : item.type === "number" ? textOf(Number(item.preset)) : String(item.preset);
	const box = useRef<HTMLDivElement>(null);

	// Where it was opened by a press; a page that is opened with a draft has its focus somewhere else.
	useEffect(() => {
		if (box.current?.closest(".card")?.contains(document.activeElement)) box.current.querySelector<HTMLElement>("input, select")?.focus();
	}, []);
	return (
		<div class="config-row changed edited" data-pointer={pointer} ref={box}>
			<div class="config-what">
				<Field id={fieldOf(pointer)} member={memberOf(item, label)} value={typed ?? ""} fault={fault} onInput={(text) => type(pointer, String(text))} />
				<p class="sub">
					{value === undefined ? t.isNew : t.now(valueText(item, value))} · <Facts row={row} isChanged />
				</p>
				<p class="sub">{item.summary}</p>
			</div>
			<div class="config-acts">
				{preset !== undefined && preset !== typed ? (
					<Button kind="plain" label={t.useDefaultOf(label)} onPress={() => type(pointer, preset)}>
						{t.useDefault}
					</Button>
				) : null}
				<Button kind="plain" label={t.undoIt(label)} onPress={() => undo([pointer])}>
					{t.undo}
				</Button>
			</div>
		</div>
	);
}

/** @more: further acts on an item, of which there is one for each name. */
export function Items({ rows, settings, more }: { rows: Row[]; settings: Settings; more?: (row: Row) => ComponentChildren }) {
	return (
		<div class="config-items">
			{rows.map((row) =>
				typeof row.typed === "string" ? (
					<Changed key={row.pointer} row={row} settings={settings} />
				) : (
					<Shown key={row.pointer} row={row} settings={settings} more={isForAny(row.item) ? more?.(row) : undefined} />
				),
			)}
		</div>
	);
}
