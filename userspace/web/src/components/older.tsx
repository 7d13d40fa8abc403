// SPDX-License-Identifier: GPL-2.0-or-later
/** Below a list that comes in pages: its next page. */

import { Button } from "./basics";

interface Props {
	/** Asks for it; undefined: there is none. */
	press: (() => void) | undefined;
	text: string;
	id?: string;
}

export function Older({ press, text, id }: Props) {
	return press ? (
		<div class="pager">
			<Button kind="plain" id={id} onPress={press}>
				{text}
			</Button>
		</div>
	) : null;
}
