// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ways in: log in, log in again over the page that is kept, and the first start of a robot that has no account.
 */
import { useEffect } from "preact/hooks";
import { send } from "../api/client";
import { type Reading, feed } from "../api/live";
import { Problem } from "../api/problem";
import { login, logout, session } from "../api/session";
import type { Health } from "../api/types";
import { Button, Notice, Shape } from "../components/basics";
import { Form, type Member, type Values } from "../components/form";
import { Dialog } from "../components/overlay";
import { href } from "../router";
import { Store, useStore } from "../store";
import { texts } from "../texts";
import { limitsOf, nameOf } from "./robot";

const NAME_MAX_BYTES = 64;
const PASSWORD_BYTES = { min: 8, max: 72 };

function LoginForm({ user }: { user: string }) {
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

	return (
		<Form
			id="login"
			members={members}
			submit={texts.login.submit}
			busyText={texts.login.busy}
			onSend={(values: Values) => login(String(values.username), String(values.password))}
		/>
	);
}

/** Over the page, which is kept as it is. */
export function LoginAgain() {
	const { state, user } = useStore(session);

	if (state !== "ended") return null;
	return (
		<Dialog title={texts.login.endedTitle} text={texts.login.endedText} id="login-again">
			<LoginForm user={user} />
			<Button kind="plain" onPress={logout}>
				{texts.login.other}
			</Button>
		</Dialog>
	);
}

const SETUP_MEMBERS: Member[] = [
	{ name: "code", label: texts.setup.code, kind: "text", required: true, hint: "" },
	{
		name: "username",
		label: texts.setup.name,
		kind: "text",
		required: true,
		min: 1,
		max: NAME_MAX_BYTES,
		hint: "",
		autocomplete: "username",
	},
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

/* Between the account and its first session health asks for no set-up any more: the form stays until both are done. */
const settingUp = new Store(false);

async function setUp({ code, username, password }: Values): Promise<void> {
	settingUp.set(true);
	try {
		await send("POST", "setup", { body: { code, username, password } });
		await login(String(username), String(password));
	} catch (error) {
		// Somebody else was first: the login takes the place of this form.
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
				check={(values): Record<string, string> =>
					values.password && values.again && values.password !== values.again ? { again: texts.setup.same } : {}
				}
			/>
		</>
	);
}

/** In the place of the pages while there is no session. */
export function WayIn({ health }: { health: Reading<Health> }) {
	const { state } = useStore(session);
	const busy = useStore(settingUp);
	const first = busy || health.data?.setup_required === true;

	useEffect(() => feed.refresh("health"), []);
	if (state === "starting" || (!health.data && !health.problem)) return <main class="way-in" id="content" />;
	return (
		<main class="way-in" id="content" tabIndex={-1}>
			<section class="card way-in-card" aria-labelledby="way-in-title">
				<h1 id="way-in-title">{first ? texts.setup.title : texts.login.title}</h1>
				<p class="sub gap-below">{nameOf(undefined)}</p>
				{health.problem && !health.data ? (
					<div class="field">
						<Notice tone="bad">{texts.login.unreachable}</Notice>
					</div>
				) : null}
				{first ? <Setup /> : <LoginForm user="" />}
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
