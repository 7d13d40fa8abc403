// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The question for the password, when the API refuses a request because the session is not elevated.
 */
import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { requests } from "../api/client";
import { Problem } from "../api/problem";
import { call, deviceName, elevateBy, isDevice, session } from "../api/session";
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

/* The routes with x-elevation in-plant: a PIN opens them on an enrolled device, and no others. */
const BY_PIN = new Set(["safety/reset", "safety/enable"]);

interface Question {
	answer: (given: boolean) => void;
	byPin: boolean;
}

const asked = new Store<Question | null>(null);

/* True when the session is elevated; false: the person does not want it. */
function ask(byPin: boolean): Promise<boolean> {
	asked.get()?.answer(false);
	return new Promise((resolve) => {
		const question: Question = {
			byPin,
			answer: (given) => {
				// A late answer to a question that was left: another question may stand there by now.
				if (asked.get() === question) asked.set(null);
				resolve(given);
			},
		};

		asked.set(question);
	});
}

type Pad = FunctionComponent<{ done: () => void; usePassword: () => void }>;

/* Until its file is there, and without it, the password is asked for. */
function usePad(wanted: boolean): Pad | undefined {
	const [pad, setPad] = useState<{ pad: Pad }>();

	useEffect(() => {
		if (!wanted) return;
		requests.run(() => import("./pin-pad")).then(
			({ PinPad }) => setPad({ pad: PinPad }),
			() => undefined,
		);
	}, [wanted]);
	return wanted ? pad?.pad : undefined;
}

elevateBy(async (path) => {
	if (!(await ask(BY_PIN.has(path) && Boolean(deviceName())))) throw new Problem(403, { code: "page", detail: texts.elevate.cancelled });
});

export function Elevate() {
	const question = useStore(asked);
	const answer = question?.answer;
	const { state } = useStore(session);
	const [byPassword, setByPassword] = useState(false);
	const Pad = usePad(question?.byPin === true && !byPassword && !isDevice());

	// What one person has begun is not done in the session of the next.
	useEffect(() => {
		if (state === "none") answer?.(false);
	}, [answer, state]);
	useEffect(() => setByPassword(false), [question]);
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
	if (Pad)
		return (
			<Dialog key="pin" title={texts.elevate.pin} text={texts.elevate.pinText} id="elevate" onClose={() => answer(false)}>
				<Pad done={() => answer(true)} usePassword={() => setByPassword(true)} />
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
