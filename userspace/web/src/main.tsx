// SPDX-License-Identifier: GPL-2.0-or-later
import { render } from "preact";
import "./tokens.css";
import "./lists.css";
import "./base.css";
import "./over.css";
import "./shell.css";
import "./pages.css";
import "./bus.css";
import "./drive.css";
import "./signals.css";
import "./history.css";
import "./analytics.css";
import "./config.css";
import "./records.css";
import "./focus";
import "./press";
import { resume } from "./api/session";
import { Shell } from "./shell/shell";

const AGAIN_MS = 1000;

/* The robot may be starting while the page does; a session that is kept is worth waiting for. */
function begin(): void {
	resume().catch(() => setTimeout(begin, AGAIN_MS));
}

const app = document.getElementById("app");

if (app) render(<Shell />, app);
begin();
