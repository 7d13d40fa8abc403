// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Views of the page History that the person has saved: opened from a list, saved under a name. They are with the account, not with the browser.
 */
import { useState } from "preact/hooks";
import { profile, readProfile, saveView } from "../profile";
import { go } from "../router";
import { useStore } from "../store";
import { profileTexts as t } from "../texts-profile";
import { Button } from "./basics";
import { Form, type Values } from "./form";
import { useOnce } from "./once";
import { Dialog, toast } from "./overlay";

/* As the profile takes it. */
const NAME_BYTES = { min: 1, max: 64 };

function SaveDialog({ query, onClose }: { query: string; onClose: () => void }) {
	return (
		<Dialog title={t.saveTitle} text={t.saveText} id="save-view" onClose={onClose}>
			<Form
				id="view"
				members={[{ name: "name", label: t.viewName, kind: "text", required: true, ...NAME_BYTES }]}
				submit={t.save}
				onCancel={onClose}
				onSend={async ({ name }: Values) => {
					await saveView({ name: String(name), query });
					toast(t.saved(String(name)));
					onClose();
				}}
			/>
		</Dialog>
	);
}

/** @query: of the address of what is shown now */
export function SavedViews({ query }: { query: string }) {
	useOnce(readProfile);
	const views = useStore(profile)?.views ?? [];
	const [isSaving, setSaving] = useState(false);

	return (
		<>
			{views.length ? (
				<select
					id="open-view"
					aria-label={t.open}
					value=""
					onChange={(event) => {
						const view = views.find(({ name }) => name === event.currentTarget.value);

						if (view) go(`/history?${view.query}`);
					}}
				>
					<option value="">{t.choose}</option>
					{views.map(({ name }) => (
						<option key={name} value={name}>
							{name}
						</option>
					))}
				</select>
			) : null}
			<Button kind="plain" id="save-view-open" onPress={() => setSaving(true)}>
				{t.saveView}
			</Button>
			{isSaving ? <SaveDialog query={query} onClose={() => setSaving(false)} /> : null}
		</>
	);
}
