// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keys of a service account: which there are, what they may; to make, rotate and end them. A key is shown once.
 */
import { useState } from "preact/hooks";
import { call } from "../api/session";
import type { Key, KeyWithSecret, List, User } from "../api/types";
import { time } from "../format";
import { texts } from "../texts";
import { useAct } from "./act";
import { Badge, Button, Notice, Refusal } from "./basics";
import { Form, type Member, type Values } from "./form";
import { useOnce } from "./once";
import { Dialog, confirm, toast } from "./overlay";
import { Table } from "./table";

const t = texts.keys;
const DAYS_PRESET = 90;
const NAME_BYTES = { min: 1, max: 64 };

const MEMBERS: Member[] = [
	{ name: "name", label: t.name, kind: "text", required: true, ...NAME_BYTES },
	{ name: "tags", label: t.tags, kind: "text", hint: t.tagsHint },
	{ name: "addresses", label: t.addresses, kind: "text", hint: t.addressesHint },
	{
		name: "expires_in_days",
		label: t.days,
		kind: "number",
		whole: true,
		min: 1,
		max: 365,
		unit: "d",
		start: String(DAYS_PRESET),
	},
];

/* "Robot, Metrics" -> ["Robot", "Metrics"] */
const listOf = (text: unknown) =>
	String(text ?? "")
		.split(",")
		.map((word) => word.trim())
		.filter(Boolean);

function bodyOf(values: Values) {
	return {
		name: values.name,
		tags: listOf(values.tags),
		addresses: listOf(values.addresses),
		...(values.expires_in_days ? { expires_in_days: values.expires_in_days } : {}),
	};
}

/* It stays until the person says that it is kept: no other answer ever has it. */
export function Shown({ text, secret, done }: { text: string; secret: string; done: () => void }) {
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(secret);
			toast(t.copied);
		} catch {
			toast(t.notCopied, "warn");
		}
	};

	return (
		<Notice tone="warn" id="key-shown">
			<p>{text}</p>
			<p>
				<code class="key-text">{secret}</code>
			</p>
			<div class="actions">
				<Button kind="primary" id="key-copy" onPress={() => void copy()}>
					{t.copy}
				</Button>
				<Button id="key-kept" onPress={done}>
					{t.kept}
				</Button>
			</div>
		</Notice>
	);
}

/** What a key is for. Each list bounds one thing, and an empty one bounds nothing. */
export function scopeOf(key: Key): string {
	const bounds: [string[], (words: string) => string][] = [
		[key.verbs, t.onlyVerbs],
		[key.modules, t.onlyModules],
		[key.addresses, t.onlyFrom],
	];
	const said = bounds.flatMap(([words, say]) => (words.length ? [say(words.join(", "))] : []));

	return [key.tags.join(", ") || t.all, ...said].join("; ");
}

/** Until when a key lets in. */
export function Until({ of }: { of: Key }) {
	if (of.exposed) return <Badge tone="bad">{t.exposed}</Badge>;
	if (of.expires && Date.parse(of.expires) <= Date.now()) return <Badge tone="warn">{t.expired}</Badge>;
	return <>{time(of.expires, true)}</>;
}

export const lastUsed = ({ last_used }: Key) => (last_used ? time(last_used) : t.never);

/** False: the person does not want it. What the API refuses is thrown. */
export async function endKey(path: string, { id, name }: Key): Promise<boolean> {
	if (!(await confirm(...t.askEnd(name)))) return false;
	await call("DELETE", `${path}/${id}`);
	return true;
}

export function Keys({ user, close }: { user: User; close: () => void }) {
	const path = `users/${user.id}/keys`;
	const list = useOnce(() => call<List<Key>>("GET", path));
	const [making, setMaking] = useState(false);
	const [shown, setShown] = useState<KeyWithSecret>();
	const act = useAct();

	const make = async (values: Values) => {
		setShown(await call<KeyWithSecret>("POST", path, { body: bodyOf(values) }));
		setMaking(false);
		list.again();
	};
	const rotate = async (key: Key) => {
		if (!(await confirm(...t.askRotate(key.name)))) return;
		await act.run(async () => setShown(await call<KeyWithSecret>("POST", `${path}/${key.id}/rotate`, { body: {} })));
		list.again();
	};
	const end = async (key: Key) => {
		await act.run(() => endKey(path, key));
		list.again();
	};

	return (
		<Dialog title={t.title(user.username)} text={t.text} id="user-keys" wide {...(shown ? {} : { onClose: close })}>
			{act.problem ? <Refusal problem={act.problem} /> : null}
			{shown ? <Shown text={t.once(shown.name)} secret={shown.secret} done={() => setShown(undefined)} /> : null}
			{making ? (
				<Form id="key" members={MEMBERS} submit={t.make} onSend={make} onCancel={() => setMaking(false)} />
			) : (
				<Table
					id="keys"
					blocks
					searchable={false}
					label={t.title(user.username)}
					rows={list.value?.items}
					problem={list.problem}
					retry={list.again}
					rowKey={(key) => key.id}
					rowClass={() => "can"}
					empty={t.none}
					columns={[
						{ id: "name", title: t.name, key: (key) => key.name, cell: (key) => key.name, head: true },
						{ id: "scope", title: t.scope, key: scopeOf, cell: scopeOf },
						{ id: "used", title: t.used, key: (key) => key.last_used ?? "", cell: lastUsed },
						{ id: "expires", title: t.expires, key: (key) => key.expires ?? "", cell: (key) => <Until of={key} /> },
						{
							id: "act",
							title: "",
							number: true,
							cell: (key) => (
								<>
									<Button kind="plain" label={t.askRotate(key.name)[0]} onPress={() => void rotate(key)}>
										{t.rotate}
									</Button>
									<Button kind="plain" label={t.askEnd(key.name)[0]} onPress={() => void end(key)}>
										{t.end}
									</Button>
								</>
							),
						},
					]}
				/>
			)}
			{making || shown ? null : (
				<div class="actions">
					<Button kind="primary" id="key-make" onPress={() => setMaking(true)}>
						{t.make}
					</Button>
					<Button id="keys-close" onPress={close}>
						{t.close}
					</Button>
				</div>
			)}
		</Dialog>
	);
}
