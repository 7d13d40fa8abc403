// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The choice of signals: by unit, narrowed by a search.
 */
import { useState } from "preact/hooks";
import type { Signal } from "../api/types";
import { unit } from "../format";
import { nameOf } from "../signals";
import { texts } from "../texts";
import { Button } from "./basics";
import { Dialog } from "./overlay";

const t = texts.signals;

/* In the order in which the robot tells the units. */
function groupsOf(signals: Signal[]): [string, Signal[]][] {
	const groups = new Map<string, Signal[]>();

	for (const signal of signals) {
		const name = signal.unit ? unit(signal.unit) : t.noUnit;

		groups.set(name, [...(groups.get(name) ?? []), signal]);
	}
	return [...groups].sort(([a], [b]) => Number(a === t.noUnit) - Number(b === t.noUnit));
}

function isFound(signal: Signal, search: string): boolean {
	const text = `${signal.name} ${nameOf(signal)} ${signal.description}`.toLowerCase();

	return search
		.toLowerCase()
		.split(/\s+/)
		.every((word) => text.includes(word));
}

interface PickerProps {
	signals: Signal[];
	chosen: string[];
	most: number;
	onChoose: (names: string[]) => void;
	onClose: () => void;
}

export function SignalPicker({ signals, chosen, most, onChoose, onClose }: PickerProps) {
	// A name of an address or an older version that is no signal has no box to take it out again.
	const [names, setNames] = useState(chosen.filter((name) => signals.some((signal) => signal.name === name)));
	const [search, setSearch] = useState("");
	const isFull = names.length >= most;
	const found = groupsOf(signals.filter((signal) => isFound(signal, search)));
	const toggle = (name: string) =>
		setNames(names.includes(name) ? names.filter((n) => n !== name) : [...names, name].slice(0, most));

	return (
		<Dialog title={t.chooseTitle} id="signal-picker" onClose={onClose} wide>
			<p class="dialog-text" id="signals-chosen" role="status">
				{t.chosen(names.length, most)}
			</p>
			<input
				class="picker-search"
				id="signals-search"
				type="search"
				placeholder={texts.table.search}
				aria-label={t.search}
				value={search}
				onInput={(event) => setSearch(event.currentTarget.value)}
			/>
			<div class="picker">
				{found.length ? null : <p class="empty">{texts.table.none}</p>}
				{found.map(([group, members]) => (
					<fieldset key={group}>
						<legend>{group}</legend>
						{members.map((signal) => (
							<label key={signal.name} class="check" title={signal.description}>
								<input
									type="checkbox"
									name={signal.name}
									checked={names.includes(signal.name)}
									disabled={isFull && !names.includes(signal.name)}
									aria-describedby="signals-chosen"
									onChange={() => toggle(signal.name)}
								/>
								{nameOf(signal)}
							</label>
						))}
					</fieldset>
				))}
			</div>
			<div class="actions">
				<Button
					kind="primary"
					id="signals-show"
					onPress={() => {
						onChoose(names);
						onClose();
					}}
				>
					{t.show}
				</Button>
				<Button id="signals-cancel" onPress={onClose}>
					{texts.shell.cancel}
				</Button>
			</div>
		</Dialog>
	);
}
