// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The second factor of the own account: set up by a QR code and a first code, recovery codes, off.
 */
import { useState } from "preact/hooks";
import { call } from "../api/session";
import type { RecoveryCodes, SecondFactor, SecondFactorSecret } from "../api/types";
import { texts } from "../texts";
import { Card, Notice, Refusal } from "./basics";
import { CODE } from "./coded-form";
import { Form, type Member, type Values } from "./form";
import { useOnce } from "./once";
import { toast } from "./overlay";
import { QrCode } from "./qr";
import { Shown } from "./user-keys";

const t = texts.second;

const PASSWORD: Member = {
	name: "password",
	label: texts.login.password,
	kind: "password",
	required: true,
	hint: "",
	secret: true,
	autocomplete: "current-password",
};

const ACTS: Member = {
	name: "act",
	label: t.act,
	kind: "choice",
	choices: [
		{ value: "recovery", label: t.renew },
		{ value: "off", label: t.off },
	],
};

/* Recovery codes open whatever the time is; without any, the clock comes first. */
function clockText(state: SecondFactor, must: boolean): string {
	if (state.state === "on") return t.clock;
	return must ? t.clockMust : t.clockFirst;
}

/**
 * @param done - called when the recovery codes are kept, of an account that must have one
 * @param begun - called when it is on
 */
export function SecondFactorCard({ done, begun }: { done?: () => void; begun?: () => void }) {
	const state = useOnce(() => call<SecondFactor>("GET", "auth/totp"));
	const [drawn, setDrawn] = useState<SecondFactorSecret>();
	const [codes, setCodes] = useState<RecoveryCodes>();
	const draw = async (path: string, values: Values) => {
		setCodes(await call<RecoveryCodes>("POST", path, { body: values }));
		setDrawn(undefined);
		state.again();
	};
	const change = async ({ act, ...body }: Values) => {
		if (act === "recovery") return draw("auth/totp/recovery", body);
		await call("DELETE", "auth/totp", { body });
		toast(t.isOff);
		state.again();
		return undefined;
	};
	let content = null;

	if (codes)
		content = (
			<Shown text={t.codes} secret={codes.recovery_codes.map((one) => one.code).join("\n")} done={done ?? (() => setCodes(undefined))} />
		);
	else if (drawn)
		content = (
			<>
				<p>{t.scan}</p>
				<QrCode rows={drawn.qr} />
				<p>
					<code class="key-text">{drawn.secret}</code>
				</p>
				<Form
					id="second-confirm"
					members={[CODE]}
					submit={t.confirm}
					onSend={async (values) => {
						await draw("auth/totp/confirm", values);
						begun?.();
					}}
					onCancel={() => setDrawn(undefined)}
				/>
			</>
		);
	else if (state.value?.state === "on")
		content = (
			<>
				<p class="sub gap-below">{t.isOn(state.value.recovery_codes)}</p>
				<Form id="second-change" members={[ACTS, PASSWORD, CODE]} submit={texts.form.send} onSend={change} />
			</>
		);
	else if (state.value)
		content = (
			<>
				<p class="sub gap-below">{t.text}</p>
				<Form
					id="second-begin"
					members={[PASSWORD]}
					submit={t.begin}
					onSend={async (values) => setDrawn(await call<SecondFactorSecret>("POST", "auth/totp", { body: values }))}
				/>
			</>
		);
	return (
		<Card title={t.title}>
			{state.problem ? <Refusal problem={state.problem} /> : null}
			{state.value?.clock_kept === false ? <Notice tone="warn">{clockText(state.value, !!done)}</Notice> : null}
			{content}
		</Card>
	);
}
