// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Items of which there is one for each name, as stations: added, renamed and removed as changes that are saved later. A station
 * can also be put where the robot stands, which is live at once.
 */
import { useState } from "preact/hooks";
import { useLive } from "../api/live";
import { call } from "../api/session";
import type { ConfigChange, ConfigItem, Robot } from "../api/types";
import { changing, draft, groupOf, labelled, labelOfValue, nameIn, pointerOf, readSettings, settings, type, undo } from "../config";
import { title } from "../format";
import { textOf } from "../number";
import { useStore } from "../store";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button } from "./basics";
import { valueText } from "./config-differences";
import { memberOf, type Row } from "./config-items";
import { Form, type Member, type Values } from "./form";
import { Dialog, toast } from "./overlay";
import { Refused } from "./refused";

const t = texts.config;
const NAME = /^[a-z0-9_]{1,40}$/;
const STATION = "/stations/*/position_mm";

/** A fault of a name that is to be a new one, at its member. */
function faultsOf(item: ConfigItem, { name }: Values): Record<string, string> {
	const pointer = pointerOf(item, String(name));
	const typed = draft.get()[pointer];

	if (!name) return {};
	if (!NAME.test(String(name))) return { name: t.nameWrong(String(name)) };
	return typeof typed === "string" || (typed === undefined && settings.get()?.values.has(pointer)) ? { name: t.nameTaken(String(name)) } : {};
}

const NAME_MEMBER: Member = { name: "name", label: t.name, kind: "text", required: true, hint: t.nameHint };

interface DialogProps {
	item: ConfigItem;
	close: () => void;
}

function Add({ item, close }: DialogProps) {
	const value = { ...memberOf(item, labelOfValue(item)), name: "value" };
	const add = async (values: Values) => {
		type(pointerOf(item, String(values.name)), typeof values.value === "number" ? textOf(values.value) : String(values.value));
		close();
	};

	return (
		<Dialog title={t.addTo(title(groupOf(item.pointer)))} text={t.addText} id="config-add" onClose={close}>
			<Form id="new-name" members={[NAME_MEMBER, value]} submit={t.add} onSend={add} onCancel={close} check={(values) => faultsOf(item, values)} />
		</Dialog>
	);
}

function Rename({ row: { item, pointer, label, typed }, close }: { row: Row; close: () => void }) {
	const before = nameIn(item, pointer) ?? "";
	const value = settings.get()?.values.get(pointer);
	const rename = async ({ name }: Values) => {
		const text = typed ?? (typeof value === "number" ? textOf(value) : String(value));

		// A name that the robot has is to be removed; one that is a change itself is forgotten.
		if (value === undefined) undo([pointer]);
		else type(pointer, null);
		type(pointerOf(item, String(name)), text);
		close();
	};

	return (
		<Dialog title={t.renameIt(label)} id="config-rename" onClose={close}>
			<Form
				id="rename"
				members={[{ ...NAME_MEMBER, now: before }]}
				submit={t.rename}
				onSend={rename}
				onCancel={close}
				check={(values) => (values.name === before ? {} : faultsOf(item, values))}
			/>
		</Dialog>
	);
}

/** @name: of a station that is there; undefined: of a new one, and it is asked for. */
function Teach({ item, name, close }: DialogProps & { name: string | undefined }) {
	const position = useLive<Robot>("robot").data?.position_mm;
	const act = useAct();
	const isKnown = typeof position === "number";
	const teach = (station: string) =>
		changing(async () => {
			const made = await labelled(() => call<ConfigChange>("POST", `robot/stations/${station}/teach`, { body: {} }));
			const pointer = pointerOf(item, station);

			// The values typed for it would take it away from there again.
			undo([pointer]);
			toast(t.taught(station, made.version));
			close();
			await readSettings([pointer]);
		});

	return (
		<Dialog
			title={name ? t.teachAsk(name) : t.teachNew}
			text={isKnown ? t.teachText(valueText(item, Math.round(position))) : t.teachUnknown}
			id="config-teach"
			onClose={close}
		>
			{name ? (
				<>
					{act.problem ? (
						<div class="field">
							<Refused problem={act.problem} id="teach-refused" />
						</div>
					) : null}
					<div class="actions">
						<Button kind="primary" id="teach-send" onPress={() => void act.run(() => teach(name))}>
							{act.busy ? texts.form.sending : t.teachDo}
						</Button>
						<Button first onPress={close}>
							{texts.shell.cancel}
						</Button>
					</div>
				</>
			) : (
				<Form
					id="teach"
					members={[NAME_MEMBER]}
					submit={t.teachDo}
					onSend={(values) => teach(String(values.name))}
					onCancel={close}
					check={(values) => faultsOf(item, values)}
				/>
			)}
		</Dialog>
	);
}

/** What can be done with one name. */
export function NameActs({ row }: { row: Row }) {
	const { item, pointer, label } = row;
	const name = nameIn(item, pointer) ?? "";
	const [open, setOpen] = useState<"rename" | "teach">();
	const close = () => setOpen(undefined);

	return (
		<>
			{item.pointer === STATION ? (
				<Button kind="plain" label={t.teachIt(name)} onPress={() => setOpen("teach")}>
					{t.teach}
				</Button>
			) : null}
			<Button kind="plain" label={t.renameIt(name)} onPress={() => setOpen("rename")}>
				{t.rename}
			</Button>
			<Button kind="plain" label={t.removeIt(name)} onPress={() => type(pointer, null)}>
				{t.remove}
			</Button>
			{open === "rename" ? <Rename row={{ ...row, label: name || label }} close={close} /> : null}
			{open === "teach" ? <Teach item={item} name={name} close={close} /> : null}
		</>
	);
}

/** Where a further name is given. */
export function NewName({ item }: { item: ConfigItem }) {
	const [open, setOpen] = useState<"add" | "teach">();
	const close = () => setOpen(undefined);

	// Names that are typed are names that are taken.
	useStore(draft);
	return (
		<>
			{item.pointer === STATION ? (
				<Button kind="plain" id="config-teach-new" onPress={() => setOpen("teach")}>
					{t.teachNew}
				</Button>
			) : null}
			<Button id="config-add-name" onPress={() => setOpen("add")}>
				{t.add}
			</Button>
			{open === "add" ? <Add item={item} close={close} /> : null}
			{open === "teach" ? <Teach item={item} name={undefined} close={close} /> : null}
		</>
	);
}
