// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accounts: which there are, with which role; to add and to change them.
 */
import { useState } from "preact/hooks";
import { ROLES, call, session } from "../api/session";
import type { Role, User } from "../api/types";
import { useAct } from "../components/act";
import { Badge, Button, Card, Refusal } from "../components/basics";
import { Form, type Member, type Values } from "../components/form";
import { useOnce } from "../components/once";
import { Older } from "../components/older";
import { Dialog, confirm, toast } from "../components/overlay";
import { usePaged } from "../components/paged";
import { Table } from "../components/table";
import { Import } from "../components/users-import";
import { Devices } from "../components/users-devices";
import { Waiting, roleChoices } from "../components/users-waiting";
import { Keys, Shown } from "../components/user-keys";
import { time } from "../format";
import { useQuery } from "../router";
import { useStore } from "../store";
import { texts } from "../texts";
import { importTexts } from "../texts-import";

const t = texts.users;
const PASSWORD_BYTES = { min: 8, max: 72 };
const NAME_BYTES = { min: 1, max: 64 };

function Add({ close, done }: { close: () => void; done: () => void }) {
	const members: Member[] = [
		{ name: "username", label: t.name, kind: "text", required: true, ...NAME_BYTES },
		{ name: "role", label: t.role, kind: "choice", choices: roleChoices() },
		{
			name: "password",
			label: t.password,
			kind: "password",
			required: true,
			autocomplete: "new-password",
			...PASSWORD_BYTES,
		},
	];
	const send = async (values: Values) => {
		await call("POST", "users", { body: values });
		toast(t.made(String(values.username)));
		done();
		close();
	};

	return (
		<Dialog title={t.add} id="user-add" onClose={close}>
			<Form id="add" members={members} submit={t.add} onSend={send} onCancel={close} />
		</Dialog>
	);
}

/* A service account: it has no password, but keys. */
function AddService({ close, done }: { close: () => void; done: (made: User) => void }) {
	const members: Member[] = [
		{ name: "username", label: t.name, kind: "text", required: true, ...NAME_BYTES },
		{ name: "role", label: t.role, kind: "choice", choices: roleChoices() },
	];
	const send = async (values: Values) => {
		done(await call<User>("POST", "users", { body: { ...values, service: true } }));
		close();
	};

	return (
		<Dialog title={t.addService} text={t.serviceText} id="service-add" onClose={close}>
			<Form id="service" members={members} submit={t.addService} onSend={send} onCancel={close} />
		</Dialog>
	);
}

function Change({ user, close, done }: { user: User; close: () => void; done: () => void }) {
	const members: Member[] = [
		{ name: "role", label: t.role, kind: "choice", choices: roleChoices(), now: user.role },
		{ name: "disabled", label: t.disable, kind: "boolean", now: user.disabled },
	];
	if (!user.service)
		members.push({
			name: "password",
			label: t.newPassword,
			kind: "password",
			hint: t.keepPassword,
			autocomplete: "new-password",
			...PASSWORD_BYTES,
		});
	const send = async (values: Values) => {
		await call("PATCH", `users/${user.id}`, { body: values });
		toast(t.changed(user.username));
		done();
		close();
	};

	return (
		<Dialog title={t.changeTitle(user.username)} text={t.endsSessions} id="user-change" onClose={close}>
			<Form id="change" members={members} submit={texts.form.send} onSend={send} onCancel={close} />
		</Dialog>
	);
}

/* In place of a password that an administrator would know: the person sets it. */
function Code({ user, close }: { user: User; close: () => void }) {
	const given = useOnce(() => call<{ reset_code: string }>("POST", `users/${user.id}/reset-code`, { body: {} }));

	return (
		<Dialog title={t.codeTitle(user.username)} id="user-code" {...(given.value ? {} : { onClose: close })}>
			{given.problem ? <Refusal problem={given.problem} /> : null}
			{given.value ? <Shown text={t.codeText} secret={given.value.reset_code} done={close} /> : null}
		</Dialog>
	);
}

function Name({ of }: { of: User }) {
	if (!of.service)
		return (
			<>
				{of.username} <span class="mute">{of.full_name}</span>
			</>
		);
	return (
		<>
			{of.username} <Badge tone="none">{of.device ? t.device : t.service}</Badge>
		</>
	);
}

const rank = (role: Role) => ROLES.indexOf(role);

/* The columns by which the daemon sorts have the names of its members. */
const SORTED = ["username", "role", "disabled", "created"];

export function Users() {
	const sort = useQuery()[0].get("sort") ?? "";
	const known = SORTED.includes(sort.replace(/^-/, ""));
	const list = usePaged<User>(`users?limit=200${known ? `&sort=${sort}` : ""}`);
	const [adding, setAdding] = useState(false);
	const [importing, setImporting] = useState(false);
	const [addingService, setAddingService] = useState(false);
	const [changing, setChanging] = useState<User>();
	const [codeOf, setCodeOf] = useState<User>();
	const [keysOf, setKeysOf] = useState<User>();
	const act = useAct();
	const me = useStore(session).user;
	const takeAway = async (user: User) => {
		const s = texts.second;

		if (!(await confirm(s.takeAway, s.askTake(user.username), s.takeAway))) return;
		await act.run(async () => {
			await call("DELETE", `users/${user.id}/totp`);
			toast(s.taken(user.username));
		});
		list.again();
	};
	const remove = async (user: User) => {
		if (!(await confirm(...t.askRemove(user.username)))) return;
		await act.run(async () => {
			await call("DELETE", `users/${user.id}`);
			toast(t.removed(user.username));
		});
		list.again();
	};

	return (
		<div class="grid">
			<Waiting done={list.again} />
			<Devices done={list.again} />
			<Card title={t.title}>
				{act.problem ? <Refusal problem={act.problem} /> : null}
				<Table
					id="users"
					blocks
					label={t.title}
					sorted
					tools={
						<>
							<Button id="add-user" kind="primary" onPress={() => setAdding(true)}>
								{t.add}
							</Button>
							<Button id="add-service" onPress={() => setAddingService(true)}>
								{t.addService}
							</Button>
							<Button id="import-users" onPress={() => setImporting(true)}>
								{importTexts.button}
							</Button>
						</>
					}
					rows={list.rows}
					problem={list.problem}
					retry={list.again}
					rowKey={(u) => u.id}
					rowClass={() => "can"}
					empty={t.none}
					pager={<Older press={list.older} text={texts.table.next} />}
					columns={[
						{ id: "username", title: t.name, key: (u) => `${u.username} ${u.full_name}`, cell: (u) => <Name of={u} />, head: true },
						{
							id: "role",
							title: t.role,
							key: (u) => rank(u.role),
							cell: (u) => (
								<>
									{texts.roles[u.role] ?? u.role} <span class="mute wide-only">{texts.roleMeans[u.role]}</span>
								</>
							),
						},
						{
							id: "disabled",
							title: t.state,
							key: (u) => (u.disabled ? 1 : 0),
							cell: (u) => <Badge tone={u.disabled ? "warn" : "ok"}>{u.disabled ? t.disabled : t.active}</Badge>,
							nowrap: true,
						},
						{
							id: "created",
							title: t.created,
							key: (u) => u.created,
							cell: (u) => time(u.created, true),
							wide: true,
							nowrap: true,
						},
						{
							id: "act",
							title: "",
							cell: (u) => (
								<>
									<Button kind="plain" label={t.changeTitle(u.username)} onPress={() => setChanging(u)}>
										{t.change}
									</Button>
									{u.second_factor ? (
										<Button kind="plain" onPress={() => void takeAway(u)}>
											{texts.second.takeAway}
										</Button>
									) : null}
									{u.service && !u.device ? (
										<Button kind="plain" label={texts.keys.title(u.username)} onPress={() => setKeysOf(u)}>
											{t.keys}
										</Button>
									) : null}
									{u.service ? null : (
										<Button kind="plain" label={`${t.giveCode}: ${u.username}`} onPress={() => setCodeOf(u)}>
											{t.giveCode}
										</Button>
									)}
									{u.username === me ? null : (
										<Button kind="plain" label={`${t.remove}: ${u.username}`} onPress={() => void remove(u)}>
											{t.remove}
										</Button>
									)}
								</>
							),
							number: true,
						},
					]}
				/>
				{importing ? <Import close={() => setImporting(false)} done={list.again} /> : null}
				{adding ? <Add close={() => setAdding(false)} done={list.again} /> : null}
				{addingService ? (
					<AddService
						close={() => setAddingService(false)}
						done={(made) => {
							list.again();
							setKeysOf(made);
						}}
					/>
				) : null}
				{keysOf ? <Keys user={keysOf} close={() => setKeysOf(undefined)} /> : null}
				{codeOf ? <Code user={codeOf} close={() => setCodeOf(undefined)} /> : null}
				{changing ? <Change user={changing} close={() => setChanging(undefined)} done={list.again} /> : null}
			</Card>
		</div>
	);
}
