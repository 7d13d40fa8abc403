// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The question for the password, when the API refuses a request because the session is not elevated.
 */
import { useEffect } from "preact/hooks";
import { Problem } from "../api/problem";
import { call, elevateBy, isDevice, session } from "../api/session";
import { Store, useStore } from "../store";
import { texts } from "../texts";
import { CodedForm } from "./coded-form";
import { Button, Notice } from "./basics";
import type { Member } from "./form";
import { Dialog } from "./overlay";

const MEMBERS: Member[] = [
	{
		name: "password",
		label: texts.login.password,
		kind: "password",
		required: true,
		hint: "",
		secret: true,
		autocomplete: "current-password",
	},
];

type Answer = (given: boolean) => void;

const asked = new Store<Answer | null>(null);

/* True when the session is elevated; false: the person does not want it. */
function ask(): Promise<boolean> {
	asked.get()?.(false);
	return new Promise((resolve) => {
		const answer: Answer = (given) => {
			// A late answer to a question that was left: another question may stand there by now.
			if (asked.get() === answer) asked.set(null);
			resolve(given);
		};

		asked.set(answer);
	});
}

elevateBy(async () => {
	if (!(await ask())) throw new Problem(403, { code: "page", detail: texts.elevate.cancelled });
});

export function Elevate() {
	const answer = useStore(asked);
	const { state } = useStore(session);

	// What one person has begun is not done in the session of the next.
	useEffect(() => {
		if (state === "none") answer?.(false);
	}, [answer, state]);
	if (!answer) return null;
	if (isDevice())
		return (
			<Dialog title={texts.elevate.title} id="elevate" onClose={() => answer(false)}>
				<Notice tone="warn">{texts.elevate.device}</Notice>
				<div class="actions">
					<Button first onPress={() => answer(false)}>
						{texts.shell.cancel}
					</Button>
				</div>
			</Dialog>
		);
	return (
		<Dialog title={texts.elevate.title} text={texts.elevate.text} id="elevate" onClose={() => answer(false)}>
			<CodedForm
				id="elevation"
				members={MEMBERS}
				submit={texts.elevate.submit}
				busyText={texts.login.busy}
				onSend={async (values) => {
					await call("POST", "auth/elevate", { body: values });
					answer(true);
				}}
				onCancel={() => answer(false)}
			/>
		</Dialog>
	);
}
