// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In the place of the pages while the account must have a second factor and has none.
 */
import { enrolled, logout } from "../api/session";
import { Button } from "../components/basics";
import { SecondFactorCard } from "../components/second-factor";
import { texts } from "../texts";

const t = texts.second;

export function Enrol() {
	return (
		<div class="enrol" id="enrol">
			<p class="gap-below">{t.must}</p>
			<SecondFactorCard done={enrolled} />
			<Button kind="plain" id="enrol-logout" onPress={logout}>
				{texts.shell.logout}
			</Button>
		</div>
	);
}
