// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The question for the PIN on an enrolled device: digits that are hit with gloves on.
 */
import { useState } from "preact/hooks";
import { Problem } from "../api/problem";
import { call } from "../api/session";
import { keptKey, prove } from "../device-key";
import { pinTexts as t } from "../texts-pin";
import { useAct } from "./act";
import { Button, Refusal } from "./basics";

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"];
const MOST = 10;
const LEAST = 6;

export function PinPad({ done, usePassword }: { done: () => void; usePassword: () => void }) {
	const [pin, setPin] = useState("");
	const act = useAct();
	const send = async () => {
		const key = await keptKey();

		if (!key) throw new Problem(0, { code: "page", detail: t.gone });
		await call("POST", "auth/elevate/pin", { body: { pin, ...(await prove(key)) } });
	};

	return (
		<form
			id="pin"
			onSubmit={(event) => {
				event.preventDefault();
				if (pin.length < LEAST || act.busy) return;
				void act.run(send).then((good) => {
					setPin("");
					if (good) done();
				});
			}}
		>
			{/* The keyboard of the system stays away: it would cover the digits. */}
			<input
				id="pin-digits"
				type="password"
				inputMode="none"
				autocomplete="off"
				aria-label={t.pin}
				maxLength={MOST}
				value={pin}
				onInput={(event) => {
					const digits = event.currentTarget.value.replace(/\D/g, "");

					// Where the PIN stays the same nothing is drawn anew, and the letter would stand there.
					event.currentTarget.value = digits;
					setPin(digits);
				}}
			/>
			<div class="pin-pad">
				{DIGITS.map((digit) => (
					<button key={digit} type="button" class="button" onClick={() => setPin((before) => (before + digit).slice(0, MOST))}>
						{digit}
					</button>
				))}
				<button type="button" class="button" id="pin-back" onClick={() => setPin((before) => before.slice(0, -1))}>
					{t.back}
				</button>
				<button type="submit" class="button primary" id="pin-send" aria-disabled={pin.length < LEAST ? "true" : undefined}>
					{t.send}
				</button>
			</div>
			{act.problem ? <Refusal problem={act.problem} /> : null}
			<Button kind="plain" id="pin-password" onPress={usePassword}>
				{t.password}
			</Button>
		</form>
	);
}
