// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values of the configuration as people read them, and old beside new.
 */
import type { ConfigDifference, ConfigItem } from "../api/types";
import { described, itemOf, nameAt, type Value } from "../config";
import { unit } from "../format";
import { textOf } from "../number";
import { useStore } from "../store";
import { texts } from "../texts";
import { Scroll } from "./basics";

const t = texts.config;
const FEW = 3;

/** With its unit; the words for nothing where nothing stands. */
export function valueText(item: ConfigItem | undefined, value: Value | null | undefined): string {
	if (value === null || value === undefined) return t.notThere;
	if (value === "") return texts.form.empty;
	return [typeof value === "number" ? textOf(value) : String(value), unit(item?.unit ?? null)].filter(Boolean).join(" ");
}

/** As many of the differences as a banner has room for, a line each. */
export function FewDifferences({ id, changes }: { id: string; changes: ConfigDifference[] }) {
	const items = useStore(described);

	return (
		<ul class="config-few" id={id}>
			{changes.slice(0, FEW).map(({ pointer, before, now }) => {
				const item = itemOf(items, pointer);

				return (
					<li key={pointer} data-pointer={pointer}>
						{nameAt(items, pointer)}: {valueText(item, before)} → <b>{valueText(item, now)}</b>
					</li>
				);
			})}
			{changes.length > FEW ? <li>{t.further(changes.length - FEW)}</li> : null}
		</ul>
	);
}

export function Differences({ id, label, changes }: { id: string; label: string; changes: ConfigDifference[] }) {
	const items = useStore(described);

	return (
		<Scroll css="differences">
			<table id={id} aria-label={label}>
				<thead>
					<tr>
						<th scope="col">{t.item}</th>
						<th scope="col">{t.before}</th>
						<th scope="col">{t.after}</th>
					</tr>
				</thead>
				<tbody>
					{changes.map(({ pointer, before, now }) => {
						const item = itemOf(items, pointer);

						return (
							<tr key={pointer} data-pointer={pointer}>
								<th scope="row">{nameAt(items, pointer)}</th>
								<td class="mute">{valueText(item, before)}</td>
								<td>
									<b>{valueText(item, now)}</b>
								</td>
							</tr>
						);
					})}
				</tbody>
			</table>
		</Scroll>
	);
}
