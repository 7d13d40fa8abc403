// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the values do not come over a WebSocket: the page says so, why that usually is, and what to do. Browsers do not tell a page why
 * a socket does not open; iOS refuses each one under a certificate that it does not trust.
 */
import { link } from "../api/client";
import { type Transport, transport } from "../api/line";
import { call } from "../api/session";
import type { Certificate } from "../api/types";
import { Button, Notice } from "../components/basics";
import { useOnce } from "../components/once";
import { href } from "../router";
import { Store, useStore } from "../store";
import { texts } from "../texts";

const t = texts.transport;

/* Until the page is loaded again, or another transport is taken. */
const dismissed = new Store<Transport>(undefined);

function Advice() {
	const authority = useOnce(() => call<Certificate>("GET", "system/certificate")).value?.authority;

	if (!authority) return null;
	return (
		<>
			<a id="transport-ca" href="/ca.crt" download={`oht-ca-${location.hostname}.crt`}>
				{t.ca}
			</a>
			{" · "}
			<a href={href("/system")}>{t.install}</a>
		</>
	);
}

export function TransportNotice() {
	const how = useStore(transport);
	const { online } = useStore(link);
	const gone = useStore(dismissed);

	if (!online || (how !== "stream" && how !== "asked") || how === gone) return null;
	return (
		<Notice
			tone={how === "asked" ? "warn" : ""}
			id="transport"
			role="status"
			action={
				<Button kind="plain" id="transport-dismiss" onPress={() => dismissed.set(how)}>
					{texts.shell.dismiss}
				</Button>
			}
		>
			<b>{t.title[how]}</b> {t.text[how]} <Advice />
		</Notice>
	);
}
