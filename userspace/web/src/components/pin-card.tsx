// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The PIN of the own account, on My account.
 */
import { call } from "../api/session";
import type { Pin } from "../api/types";
import { texts } from "../texts";
import { pinTexts as t } from "../texts-pin";
import { useAct } from "./act";
import { Button, Card, Refusal } from "./basics";
import { CodedForm } from "./coded-form";
import type { Values } from "./form";
import { useOnce } from "./once";
import { toast } from "./overlay";

export function PinCard() {
	const now = useOnce(() => call<Pin>("GET", "auth/pin"));
	const act = useAct();
	const problem = act.problem ?? now.problem;
	const set = async ({ again: _, ...body }: Values) => {
		await call("PUT", "auth/pin", { body });
		toast(t.done);
		now.again();
	};
	const end = async () => {
		if (await act.run(() => call("DELETE", "auth/pin"))) toast(t.ended);
		now.again();
	};

	return (
		<Card title={t.title} id="pin-card">
			<p class="sub gap-below">{t.text}</p>
			{problem ? <Refusal problem={problem} /> : null}
			{now.value?.state === "on" ? (
				<div class="actions">
					<span id="pin-state">{t.isSet(now.value.tries_left)}</span>
					<Button id="pin-end" onPress={() => void end()}>
						{t.end}
					</Button>
				</div>
			) : null}
			<CodedForm
				id="pin-set"
				members={[
					{ name: "password", label: texts.account.oldPassword, kind: "password", required: true, hint: "", secret: true, autocomplete: "current-password" },
					{ name: "pin", label: t.pin, kind: "password", required: true, hint: t.pinHint, secret: true, autocomplete: "off" },
					{ name: "again", label: t.again, kind: "password", required: true, hint: "", secret: true, autocomplete: "off" },
				]}
				submit={t.set}
				check={(values): Record<string, string> => (values.pin && values.again && values.pin !== values.again ? { again: t.same } : {})}
				onSend={set}
			/>
		</Card>
	);
}
