// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ways in: log in, log in again over the page that is kept, and the first start of a robot that has no account.
 */
import { useEffect, useState } from "preact/hooks";
import { send } from "../api/client";
import { type Reading, feed } from "../api/live";
import { Problem } from "../api/problem";
import { ROLES, deviceName, isDevice, isOnItsOwn, login, logout, session } from "../api/session";
import type { Health } from "../api/types";
import { Button, Notice, Shape } from "../components/basics";
import { CodedForm } from "../components/coded-form";
import { Form, type Member, type Values } from "../components/form";
import { Dialog } from "../components/overlay";
import { later } from "../later";
import { href } from "../router";
import { Store, useStore } from "../store";
import { texts } from "../texts";
import { limitsOf, nameOf } from "./robot";

const t = texts.ask;
const Device = later(async () => (await import("./device")).Device);
const NAME_MAX_BYTES = 64;
const PASSWORD_BYTES = { min: 8, max: 72 };

/* By a code from an administrator; the new password logs in at once. */
async function resetPassword({ username, reset_code, password }: Values): Promise<void> {
	await send("POST", "auth/reset", { body: { username, reset_code, password } });
	await login(String(username), String(password));
}

/* The answer is the same whether there is such an account. */
function Ask({ close }: { close: () => void }) {
	const [asked, setAsked] = useState(0);
	const members: Member[] = [
		nameMember(t.name),
		{ name: "full_name", label: t.fullName, kind: "text", max: 128, hint: "", autocomplete: "name" },
		{
			name: "role",
			label: t.role,
			kind: "choice",
			choices: ROLES.map((role) => ({ value: role, label: `${texts.roles[role]}: ${texts.roleMeans[role]}` })),
		},
		{ name: "note", label: t.note, kind: "text", max: 256, hint: t.noteHint },
		...FRESH,
	];
	const send_ = async ({ again: _, ...body }: Values) => {
		const filled = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== ""));

		setAsked((await send<{ id: number }>("POST", "auth/register", { body: filled })).id);
	};

	if (asked)
		return (
			<Notice tone="" id="asked" role="status">
				{t.asked(asked)}
			</Notice>
		);
	return <Form id="ask" members={members} submit={t.submit} check={same} onSend={send_} onCancel={close} />;
}

function LoginForm({ user, onAsk }: { user: string; onAsk?: (() => void) | undefined }) {
	const members: Member[] = [
		{
			name: "username",
			label: texts.login.name,
			kind: "text",
			required: true,
			hint: "",
			autocomplete: "username",
			start: user,
		},
		{
			name: "password",
			label: texts.login.password,
			kind: "password",
			required: true,
			hint: "",
			autocomplete: "current-password",
			secret: true,
		},
	];

	const [code, setCode] = useState(false);
	return (
		<>
			{code ? (
				<Form id="reset" members={resetMembers(user)} submit={texts.login.reset} check={same} onSend={resetPassword} />
			) : (
				<CodedForm
					id="login"
					members={members}
					submit={texts.login.submit}
					busyText={texts.login.busy}
					onSend={(values: Values) => login(String(values.username), String(values.password), values.code)}
				/>
			)}
			<Button kind="plain" id="with-code" onPress={() => setCode(!code)}>
				{code ? texts.login.title : texts.login.haveCode}
			</Button>
			{onAsk ? (
				<Button kind="plain" id="ask-account" onPress={onAsk}>
					{t.ask}
				</Button>
			) : null}
		</>
	);
}

/** Over the page, which is kept as it is. */
export function LoginAgain() {
	const { state, user } = useStore(session);

	if (state !== "ended") return null;
	return (
		<Dialog title={texts.login.endedTitle} text={texts.login.endedText} id="login-again">
			{isDevice() ? <Device rest="" /> : <LoginForm user={user} />}
			<Button kind="plain" onPress={logout}>
				{texts.login.other}
			</Button>
		</Dialog>
	);
}

const FRESH: Member[] = [
	{
		name: "password",
		label: texts.setup.password,
		kind: "password",
		required: true,
		...PASSWORD_BYTES,
		autocomplete: "new-password",
	},
	{
		name: "again",
		label: texts.setup.again,
		kind: "password",
		required: true,
		hint: "",
		autocomplete: "new-password",
	},
];

const nameMember = (label: string, start?: string): Member => ({
	name: "username",
	label,
	kind: "text",
	required: true,
	min: 1,
	max: NAME_MAX_BYTES,
	hint: "",
	autocomplete: "username",
	...(start ? { start } : {}),
});

const codeMember = (name: string, label: string): Member => ({ name, label, kind: "text", required: true, hint: "" });

const resetMembers = (user: string): Member[] => [
	nameMember(texts.login.name, user),
	codeMember("reset_code", texts.login.code),
	...FRESH,
];

const SETUP_MEMBERS: Member[] = [codeMember("code", texts.setup.code), nameMember(texts.setup.name), ...FRESH];

const same = (values: Values): Record<string, string> =>
	values.password && values.again && values.password !== values.again ? { again: texts.setup.same } : {};

/* Between the account and its first session health asks for no set-up any more: the form stays until both are done. */
const settingUp = new Store(false);

async function setUp({ code, username, password }: Values): Promise<void> {
	settingUp.set(true);
	try {
		await send("POST", "setup", { body: { code, username, password } });
		await login(String(username), String(password));
	} catch (error) {
		// Another person was first: the login takes the place of this form.
		if (error instanceof Problem && error.code === "setup_done") feed.refresh("health");
		throw error;
	} finally {
		settingUp.set(false);
	}
}

function Setup() {
	return (
		<>
			<p>{texts.setup.intro}</p>
			<p class="sub gap-below">{texts.setup.codeWhere}</p>
			<Form
				id="setup"
				members={SETUP_MEMBERS}
				submit={texts.setup.submit}
				onSend={setUp}
				check={same}
			/>
		</>
	);
}

/** In the place of the pages while there is no session. */
export function WayIn({ health }: { health: Reading<Health> }) {
	const { state } = useStore(session);
	const busy = useStore(settingUp);
	const first = busy || health.data?.setup_required === true;
	const [asking, setAsking] = useState(false);
	const [byKey, setByKey] = useState(isOnItsOwn());
	const ask = health.data?.registration ? () => setAsking(true) : undefined;
	const enrolled = deviceName() !== null;

	useEffect(() => feed.refresh("health"), []);
	if (state === "starting" || (!health.data && !health.problem)) return <main class="way-in" id="content" />;
	return (
		<main class="way-in" id="content" tabIndex={-1}>
			<section class="card way-in-card" aria-labelledby="way-in-title">
				<h1 id="way-in-title">
					{first ? texts.setup.title : byKey ? texts.login.thisDevice : asking ? t.ask : texts.login.title}
				</h1>
				<p class="sub gap-below">{nameOf(undefined)}</p>
				{health.problem && !health.data ? (
					<div class="field">
						<Notice tone="bad">{texts.login.unreachable}</Notice>
					</div>
				) : null}
				{first ? (
					<Setup />
				) : byKey ? (
					<Device rest={enrolled ? "" : "new"} />
				) : asking ? (
					<Ask close={() => setAsking(false)} />
				) : (
					<LoginForm user="" onAsk={ask} />
				)}
				{!first && !asking && (byKey || enrolled || health.data?.devices) ? (
					<Button kind="plain" id="by-key" onPress={() => setByKey(!byKey)}>
						{byKey ? texts.login.byName : enrolled ? texts.login.goOn : texts.login.enrol}
					</Button>
				) : null}
			</section>
			<ul class="limits">
				{limitsOf(health.data).map((text) => (
					<li key={text}>
						<Shape tone="none" /> {text}
					</li>
				))}
				<li>
					<a id="to-api" href={href("/api")}>
						{texts.login.api}
					</a>
				</li>
			</ul>
		</main>
	);
}
