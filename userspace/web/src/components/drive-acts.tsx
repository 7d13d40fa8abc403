// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Acts side by side, with one line below them: why the one that was touched cannot be done now, or how it was refused.
 */
import { useState } from "preact/hooks";
import type { Verb } from "../api/types";
import { type WhyNot, command, whyLine } from "../drive";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button } from "./basics";
import { Refused } from "./refused";

const t = texts.drive;

/** The line below acts. It has its room from the beginning, so that nothing moves when it speaks. */
export function WhyLine({ text, id }: { text: string | undefined; id: string }) {
	return (
		<p class="why-line" id={id} role="status">
			{text}
		</p>
	);
}

interface VerbActsProps {
	id: string;
	verbs: Verb[];
	whyNot: WhyNot;
	primary?: Verb | undefined;
	/** members of each command beside its verb */
	more?: Record<string, unknown> | undefined;
	/** what the line says while there is nothing to explain */
	idle?: string;
}

/** Verbs that need nothing beside themselves. */
export function VerbActs({ id, verbs, whyNot, primary, more, idle }: VerbActsProps) {
	const act = useAct();
	const [asked, setAsked] = useState<Verb>();

	return (
		<>
			<div class="act-row">
				{verbs.map((verb) => (
					<Button
						key={verb}
						id={`${id}-${verb}`}
						kind={verb === primary ? "primary" : ""}
						why={whyLine(whyNot(verb))}
						onWhy={() => setAsked(verb)}
						onPress={() => {
							setAsked(undefined);
							void act.run(() => command({ verb, ...more }));
						}}
					>
						{t.verbs[verb]}
					</Button>
				))}
			</div>
			<Refused problem={act.problem} id={`${id}-problem`} />
			<WhyLine
				id={`${id}-why`}
				text={asked && whyNot(asked).length ? `${t.verbs[asked]}: ${whyLine(whyNot(asked))}` : idle}
			/>
		</>
	);
}
