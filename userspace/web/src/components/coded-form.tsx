// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A form that takes a password, and behind the right one the code of the second factor, where there is one to ask for.
 */
import { useEffect, useState } from "preact/hooks";
import { Problem } from "../api/problem";
import { texts } from "../texts";
import { Form, type FormProps, type Member, type Values } from "./form";

export const CODE: Member = {
	name: "code",
	label: texts.second.code,
	kind: "text",
	required: true,
	hint: "",
	secret: true,
	autocomplete: "one-time-code",
};

export function CodedForm({ onSend, ...form }: FormProps) {
	const [known, setKnown] = useState<Values>();
	const id = `${form.id}-second`;

	useEffect(() => {
		if (known) document.getElementById(`${id}-code`)?.focus();
	}, [known]);
	if (known)
		return (
			<Form
				key="second"
				{...form}
				id={id}
				members={[CODE]}
				onSend={async ({ code }) => {
					await onSend({ ...known, code: code ?? "" });
					setKnown(undefined);
				}}
				onCancel={() => setKnown(undefined)}
			/>
		);
	return (
		<Form
			{...form}
			onSend={async (values) => {
				try {
					await onSend(values);
				} catch (error) {
					if (!(error instanceof Problem && error.code === "code_required")) throw error;
					setKnown(values);
				}
			}}
		/>
	);
}
