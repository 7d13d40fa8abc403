// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/catalogue.h"

#include <string.h>

#include "json/member.h"

static const char *const kinds[] = {
	[OHTD_CATALOGUE_PROBLEM] = "problem",
	[OHTD_CATALOGUE_MEMBER] = "member",
	[OHTD_CATALOGUE_REASON] = "reason",
	[OHTD_CATALOGUE_SOCKET] = "socket",
};
OHTD_WORDS_OF(kind_words, kinds);

OHTD_SHAPE_SHARED(ohtd_catalogue_entry, "ErrorCode",
	OHTD_TEXT(ohtd_catalogue_entry, code, .summary = "The word that answers have"),
	OHTD_WORD(ohtd_catalogue_entry, kind, .words = &kind_words,
		  .summary = "problem: of an answer; member: of a member, in errors; reason: of the robot; "
			    "socket: of a WebSocket"),
	OHTD_INTEGER(ohtd_catalogue_entry, status, .flags = OHTD_NULL,
		     .summary = "Status of the answer; null: several have the code"),
	OHTD_TEXT(ohtd_catalogue_entry, cause, .summary = "What has happened"),
	OHTD_TEXT(ohtd_catalogue_entry, action, .summary = "What to do"));

#define P(status_, code_, cause_, action_)	\
	{ code_, OHTD_CATALOGUE_PROBLEM, status_, cause_, action_ }
#define M(code_, cause_, action_)		\
	{ code_, OHTD_CATALOGUE_MEMBER, OHTD_NONE, cause_, action_ }
#define R(code_, cause_, action_)		\
	{ code_, OHTD_CATALOGUE_REASON, OHTD_NONE, cause_, action_ }

#define S(code_, cause_, action_)		\
	{ code_, OHTD_CATALOGUE_SOCKET, OHTD_NONE, cause_, action_ }

const struct ohtd_catalogue_entry ohtd_catalogue[] = {
	/* ---- the request ---- */
	P(400, "validation", "A member of the body or query is missing, unknown or out of its limits.",
	  "Look at errors: each names its member. Asking again without a change does not help."),
	P(400, "bad_json", "The body is not one JSON object by RFC 8259.",
	  "Mend the place that detail names; a name must not come twice."),
	P(400, "bad_query", "The query is not name=value in printable ASCII.",
	  "Encode values with %XX."),
	P(400, "bad_request", "The request is not HTTP/1.1.", "Mend the client."),
	P(400, "bad_path", "The path has a control byte, a byte beyond ASCII or an encoded slash.",
	  "Mend the path."),
	P(400, "bad_address", "The unit address in the path is not 1 to 247.",
	  "Write the address as 2 or 0x02."),
	P(400, "bad_id", "The id in the path is not a decimal number above 0.",
	  "Take the id from a list."),
	P(400, "bad_name", "The name in the path has other characters than names have.",
	  "Take the name from a list."),
	P(400, "bad_header", "A header is folded, has a control byte or is there twice.",
	  "Mend the client."),
	P(400, "bad_method", "The method is not in capital letters.", "Mend the client."),
	P(400, "bad_framing", "The head says in more than one way where the request ends.",
	  "Send one Host, and one Content-Length or Transfer-Encoding."),
	P(400, "subprotocol", "The client offers no subprotocol that this WebSocket speaks.",
	  "Offer foxglove.websocket.v1 or foxglove.sdk.v1, or none."),
	P(400, "no_host", "The header Host is missing.", "Send the header Host."),
	P(400, "unexpected_body", "GET and HEAD have no body.", "Leave the body out."),
	P(404, "not_found", "There is nothing at this path, or nothing of this id.",
	  "See openapi.json for the paths, a list for the ids."),
	P(404, "module_not_found", "There is no module at this unit address.",
	  "See GET modules; look for modules with POST modules/discover."),
	P(404, "register_not_found", "The module has no register of this name.",
	  "See GET modules/{unit}/registers for the names."),
	P(405, "method_not_allowed", "The path is there, for other methods.",
	  "Take a method of the header Allow."),
	P(406, "not_acceptable", "The header Accept excludes the only form of the answer.",
	  "Accept application/json, or leave the header out."),
	P(413, "body_too_large", "The body is longer than this route takes.",
	  "Send less; openapi.json has the limits."),
	P(414, "uri_too_long", "The path with its query is longer than 1024 bytes.", "Send less."),
	P(415, "content_type", "The body is not declared as application/json.",
	  "Send the header Content-Type: application/json."),
	P(416, "range_beyond_end", "The header Range begins at the end of the file or behind it.",
	  "Leave the header out; Content-Range of the answer has the length."),
	P(417, "expectation_failed", "The header Expect asks for what is not done.",
	  "Leave the header out."),
	P(421, "wrong_host", "The header Host is none of the names of this machine.",
	  "Add the name to [http] names in ohtd.conf."),
	P(426, "upgrade_required", "There is a WebSocket at this path, and the request does not ask for one.",
	  "Take a WebSocket client: version 13, with Upgrade, Connection and a key of 16 bytes."),
	P(431, "headers_too_large", "The headers have more than 16384 bytes.", "Send fewer."),
	P(431, "too_many_headers", "There are more than 96 headers.", "Send fewer."),
	P(505, "http_version", "Only HTTP/1.1 is spoken.", "Take HTTP/1.1."),
	/* ---- who asks ---- */
	P(422, "unknown_signal", "Something is asked for that is not measured under this name.",
	  "See GET telemetry/signals for the names."),
	P(422, "too_many_runs", "The robot program was started more often in that time than one answer can tell.",
	  "Ask for less time, or export it: GET telemetry/export has no such bound."),
	P(422, "unknown_station", "No station has this name.",
	  "See GET robot/stations for the names."),
	P(422, "verb_member", "A member does not fit the verb of the command.",
	  "See errors: each names its member."),
	P(422, "mission_leg", "A leg of the mission has a member that its kind does not take, or lacks one that it needs.",
	  "Look at errors: each names its member, from /legs/0 on."),
	P(422, "limits_file", "The file with the limits of motion is wrong, and was not taken.",
	  "See errors: each names a line and its value, or two values that do not agree. Mend the file."),
	P(422, "config_contradiction", "Values of the configuration do not agree, each of which is good alone.",
	  "See errors: each names an item. Change the items that belong together in one request."),
	P(400, "request_key_invalid", "The header Idempotency-Key is not a key of 16 to 128 visible characters.",
	  "Send a fresh UUID for each act, and the same one when the act is sent again."),
	P(409, "request_key_runs", "The first request with that Idempotency-Key is still under way.", "Wait, and send the same again."),
	P(409, "request_key_lost", "The answer to the first request with that Idempotency-Key is not known.",
	  "Look whether it was done; if not, send it again with another key."),
	P(422, "request_key_reused", "Another request had that Idempotency-Key.", "Send each act with a key of its own."),
	P(401, "token_missing", "Nobody has logged in.", "Log in with POST auth/login."),
	P(401, "token_invalid", "The access token is not one of this machine.", "Log in again."),
	P(401, "token_expired", "The access token is too old.", "Renew it with POST auth/refresh."),
	P(401, "token_revoked", "The session has been ended.", "Log in again."),
	P(401, "key_invalid", "The robot has no such key: it was never made, it was ended, or a letter is missing.",
	  "Take the key as it was shown once, or have an administrator make another (GET users/{id}/keys)."),
	P(401, "key_expired", "The time of the key is over.", "Have an administrator rotate the key."),
	P(401, "key_disabled", "The service account of the key is disabled.", "Have an administrator enable the account."),
	P(403, "key_address", "The key is not for the address that the request came from.",
	  "Ask from an address of its list, or have a key made for this one."),
	P(403, "key_scope", "The key does not permit this route, module or command.",
	  "Have a key made whose scope has it; GET users/{id}/keys has the scopes."),
	P(403, "key_elevation", "It needs an elevated session, and a key cannot be elevated.",
	  "Have a person do it who can give his password."),
	P(400, "key_in_query", "The query has a key in it, which proxies and logs may have kept.",
	  "Send the key in the header Authorization: Bearer; end this one and make another."),
	P(409, "not_an_agent", "A person's session is no program at work.",
	  "Send the heartbeat with the key of a service account, or over the local socket."),
	P(409, "agent_of_another", "The agent is that of another account or local user.", "Give the program a name of its own; an administrator may take an agent out."),
	P(409, "too_many_agents", "As many agents are there as an account, or the robot, may have.", "Take out those that are not at work with DELETE agents/{name}."),
	P(409, "not_a_service", "Only service accounts have keys.", "Make an account with service: true."),
	P(409, "service_account", "A service account has no password.", "Make a key with POST users/{id}/keys."),
	P(409, "too_many_keys", "As many keys are there as an account, or the robot, may have.",
	  "End one with DELETE users/{id}/keys/{name}."),
	P(401, "ticket_invalid", "The ticket is used, too old, or of another page or address.",
	  "Draw another with POST auth/ticket, and use it once and within 10 s."),
	P(401, "login_refused", "Name or password is wrong.", "Try again; wrong passwords make you wait."),
	P(403, "reset_refused", "The name and the code do not belong together, or the code has ended.",
	  "Type both again; after an hour, five wrong codes, or a change of the account an administrator gives another code."),
	P(409, "account_disabled", "The account is disabled.", "Enable the account first."),
	P(401, "refresh_refused", "The refresh token is not valid any more, or was used twice.",
	  "Log in again."),
	P(403, "role", "The account has not the role that this needs.",
	  "Ask an administrator for the role."),
	P(403, "elevation_required", "It needs an elevated session, and the session is not elevated.",
	  "Give the password with POST auth/elevate, which holds for 5 minutes, and try again; ohtctl at "
	  "the machine needs no session."),
	P(403, "layer", "The robot is in production, where that stays as it is.",
	  "Set /robot/layer to commissioning, change it, and set production again."),
	P(403, "role_above_own", "An account above the own role is not made or changed.",
	  "Ask somebody with that role."),
	P(403, "local_no_role", "The user of the program has no role at the local socket.",
	  "Have an administrator give the user or its group one in /access/local_roles; as shipped only root and the group oht-admin have one."),
	P(403, "local_elevation", "It needs an elevated session, and a local user below administrator has none.",
	  "Log in over HTTPS, or have a local administrator do it."),
	P(403, "setup_code_wrong", "This is not the set-up code.",
	  "Read the code from the console or /run/oht/setup-code."),
	P(403, "setup_code_retired", "The set-up code is used up or too old.",
	  "Start ohtd again: it draws a new code."),
	P(403, "cross_origin", "A page of another machine has made the request.",
	  "Open the page of this machine; a program sends the token in the body, and no Origin."),
	P(403, "password_wrong", "The present password is wrong.",
	  "Try again; wrong passwords make you wait."),
	P(429, "too_many_failures", "Too many log-ins have failed.", "Wait as Retry-After says."),
	P(429, "rate_limited", "The account, or the address, asks for this too often, or for too much at a time.",
	  "Wait as Retry-After says; [http] of ohtd.conf has the limits, docs/audit.md that of lasting changes."),
	P(429, "too_many_exports", "As many exports and backups are on their way as the robot sends at a time, or one to the account.",
	  "Wait until one has ended, as Retry-After says."),
	/* ---- the state of things ---- */
	P(412, "config_changed", "Another version of the configuration is live than If-Match says.",
	  "Look at GET config, and change that."),
	P(409, "config_pending", "A version of the configuration waits for its confirmation.",
	  "Wait until it is confirmed or has returned; GET config/pending says when. Its author or an administrator decides."),
	P(409, "nothing_pending", "No version of the configuration waits for its confirmation.",
	  "It has returned or was confirmed: see GET config/versions."),
	P(409, "old_connection", "The connection is older than the version that is to be confirmed.",
	  "Confirm it over a connection that is opened now."),
	P(409, "config_no_way_back", "The change cannot return by itself, since what is in force is no version that somebody has chosen.",
	  "Make a version that stays first."),
	P(409, "config_no_rescue", "No version of the configuration is marked as the one to go back to.",
	  "Mark one that works (PUT config/versions/{id}/rescue), or go back to a number."),
	P(409, "audit_no_proof", "There is no proof between these two trees.",
	  "from must not be above to, and to not above the size of GET audit/head. If you have seen a checkpoint of more "
	  "records, some were cut off, or an old copy of the database came back."),
	P(409, "audit_removed", "The older tree ends among records that were removed since they were too old.",
	  "Take a checkpoint that is newer; the records from there on can be proven."),
	P(409, "user_exists", "There is such a user already.", "Take another name."),
	P(409, "rule_exists", "There is a rule with this code already.",
	  "Take another code; PUT alert-rules/{name} changes a rule."),
	P(409, "too_many_rules", "As many own rules are there as the robot keeps.",
	  "Delete one with DELETE alert-rules/{name}."),
	P(409, "alert_came_again", "The alert has come another number of times than the request says.",
	  "Look at it with GET alerts, and acknowledge what it is now."),
	P(409, "too_many_comments", "As many comments are there as the robot keeps of an alert.",
	  "See GET alerts/{id}/comments; an alert that comes anew has none."),
	P(409, "alert_not_shelvable", "An emergency, the stop, or a fault of the robot is told as long as it stands.",
	  "Mend its reason; POST alerts/{id}/acknowledge says that somebody has seen it."),
	P(409, "alert_over", "The alert is over: only what stands, or ended seconds ago, can be shelved.",
	  "Shelve it by its newest number when it comes again: see GET alerts."),
	P(409, "too_many_shelves", "As many alerts are shelved as the robot keeps.",
	  "End one with POST alerts/{id}/unshelve: see GET alerts/shelves."),
	P(409, "alert_not_shelved", "The alert is not shelved, or not any more.", "See GET alerts/shelves."),
	P(409, "destination_not_listed", "The webhook leads where ohtd.conf does not allow it to go.",
	  "Add HOST:PORT to destinations in [webhooks] of ohtd.conf and start ohtd again."),
	P(409, "too_many_webhooks", "As many webhooks are there as the robot keeps.",
	  "Delete one with DELETE webhooks/{id}."),
	P(409, "too_many_missions", "As many missions are there as the robot keeps.",
	  "Delete one with DELETE missions/{id}: see GET missions?state=finished."),
	P(409, "mission_differs", "A mission of this external_id, or a leg at this place, is there already and does something else.",
	  "See errors for the member: GET missions/{id}/legs has what is there. An order that does something else needs an id of its own."),
	P(409, "too_many_legs", "The mission would have more legs than a mission may have.",
	  "Make another mission for the rest."),
	P(409, "mission_state", "What was asked does not fit the state of the mission.",
	  "See GET missions/{id}: one that waits is started, one that is held or paused is resumed."),
	P(409, "mission_driven", "A mission is driven, and this cannot be done meanwhile.",
	  "Wait for its end, or POST missions/{id}/cancel: see GET missions?state=running."),
	P(409, "webhook_disabled", "The webhook is switched off, perhaps by its receiver with status 410.",
	  "Switch it on with PUT webhooks/{id}."),
	P(409, "delivery_waits", "The delivery waits already and is sent by itself.",
	  "See due in GET webhook-deliveries."),
	P(412, "rule_changed", "Somebody has changed the rule since.",
	  "Look at it with GET alert-rules/{name}, and try again with its ETag."),
	P(428, "if_match_missing", "The change does not say of which revision it is.",
	  "Send the header If-Match with the ETag of GET alert-rules/{name}."),
	P(409, "last_administrator", "This is the last administrator who can log in.",
	  "Make another administrator first."),
	P(409, "account_changed", "Somebody else has changed the account meanwhile.", "Log in again."),
	P(409, "no_session", "There is no session: the request came over the local socket, or with a key.",
	  "Log in over HTTPS for this."),
	P(409, "setup_done", "There is an administrator already.", "Log in."),
	P(409, "certificate_installed", "The certificate was installed, so it is not made here.",
	  "Replace the files in [tls] of ohtd.conf; ohtd reads them by itself."),
	P(409, "no_supervisor", "Nothing starts the daemon again when it has ended.",
	  "Run it as a service of systemd, or end and start it by hand."),
	P(409, "not_logged_in", "The user to whom control is handed over has no session.",
	  "The user must log in first."),
	P(409, "role_too_low", "The user to whom control is handed over may not drive.",
	  "Hand control over to an operator, a supervisor or an administrator."),
	P(409, "read_only", "The register can only be read.",
	  "See access in GET modules/{unit}/registers."),
	P(409, "no_register_map", "The module has not been identified, so its registers are not known.",
	  "Check the module; POST modules/discover looks again."),
	/* ---- the daemon ---- */
	P(500, "internal", "A defect of ohtd.", "Report it with the request_id and the log."),
	P(500, "certificate_failed", "The certificate could not be made or written.",
	  "Mend what detail says; the certificate before stays in use."),
	P(500, "out_of_memory", "There was no memory for the request.", "Try again."),
	P(503, "busy", "Too much of this is under way.", "Try again as Retry-After says."),
	P(503, "shutting_down", "The daemon ends.", "Try again when it has been started."),
	P(503, "not_ready", "The control thread or the bus is not there yet.", "Try again in a second."),
	P(503, "device_gone", "The device did not confirm: it is not there.",
	  "Check cable and driver; the outputs are low without the device."),
	P(503, "unavailable", "This cannot be done now.", "Try again."),
	P(503, "storage_busy", "Too much is being written.", "Try again as Retry-After says."),
	P(503, "storage_hung", "The disk has not answered for a while.",
	  "Try again; check the disk. The robot can still be stopped."),
	P(503, "storage_read_only", "The disk cannot be written.", "Check the file system."),
	P(503, "storage_failing", "The disk gives errors.", "Check the disk, replace it."),
	P(503, "storage_damaged", "The database is damaged.", "Start ohtd again: it repairs the database."),
	P(503, "offline", "No ohtd runs, and without it there are only accounts.", "Start ohtd."),
	P(504, "no_answer_in_time", "There was no result before the deadline; it may still come.",
	  "Look whether it has been done before asking again."),
	P(504, "expired", "It could not be carried out before valid_for_ms was over, and was dropped.",
	  "Ask again."),
	P(409, "job_runs", "A job of this kind waits or is under way.", "Wait for it: GET jobs."),
	P(409, "job_ended", "The job has ended, or cannot be undone any more.", "See state in GET jobs/{id}."),
	P(409, "no_backup_key", "The file that [backup] key of ohtd.conf names is no key.",
	  "See the log; mend the file, and start ohtd again."),
	P(409, "too_many_backups", "As many backups are kept as may be.", "Delete one."),
	P(507, "storage_full", "There is no room on the disk.", "Make room on the disk."),
	P(502, "refused", "The device did not do it and gave no reason.", "See the log."),
	/* ---- members ---- */
	M("missing", "The member is required.", "Add the member."),
	M("one_of", "Of several members just one must be there.", "Leave the others out."),
	M("type", "The value has another type.", "See openapi.json for the type."),
	M("length", "The text or list is too short or too long.", "Keep to the limits."),
	M("range", "The number is too small or too great.", "Keep to the limits."),
	M("unknown_value", "The word is not one of those allowed.", "Take a word of the list."),
	M("unknown_member", "Such a member is not known here.", "Leave the member out; check its spelling."),
	M("twice", "The member is there twice.", "Send the member once."),
	M("cursor_of_other_query", "This is the next_cursor of another filter, sort or list.",
	  "Ask without cursor, and then with the same filter and sort for each page."),
	M("bad_cursor", "This is no next_cursor of this list.",
	  "Begin without a cursor; take next_cursor as it is."),
	M("differs", "What is there already has another value of it.", "Send what was sent before, or give it an id of its own."),
	M("not_taken", "This verb does not take the member.", "Leave the member out."),
	M("unprintable", "The text has characters that it may not have.", "See detail, and take others."),
	M("unfit", "The value cannot be this: a name, a password, a place that is taken.", "See detail."),
	M("empty", "Nothing is to be changed.", "Name a member to change."),
	M("contradiction", "The value does not agree with another one.", "See detail, and change both together."),
	M("elevation_required", "The value may be changed by an elevated session only.", "Give the password with POST auth/elevate, and try again."),
	M("layer", "The value stays as it is while the robot is in production.", "Set /robot/layer to commissioning first."),
	M("file_line", "The file on the machine is wrong here.", "See detail, and mend the file."),
	/* ---- WebSockets ---- */
	S("authenticated_already", "The client has said before who it is.",
	  "Open another connection for somebody else."),
	S("not_subscribed", "The channel is not subscribed to.", "Subscribe to it."),
	S("auth_timeout", "The client has not said within 2 s who it is.",
	  "Send the message auth as the first one."),
	S("ticket_invalid", "The ticket is used, too old, or of another page or address.",
	  "Draw another with POST auth/ticket, and use it within 10 s."),
	S("safety_not_taken", "The client did not take an event of the stop within 1 s.",
	  "Connect again, and resume; look at the network."),
	S("too_slow", "The client does not read what it has asked for, or does not answer pings.",
	  "Connect again; subscribe to less, or with max_rate_hz."),
	S("too_many_messages", "The client has sent more than 100 messages at once, or 50 in a second.",
	  "Connect again; send less."),
	S("not_text", "The client has sent a binary message.", "Send JSON in text messages."),
	/* ---- the robot ---- */
#define OHTD_WHY(code_, alarm_, severity_, ends_, word_, text_, action_)	R(word_, text_, action_),
#include "robot/whys.def"
};

const size_t ohtd_catalogue_count = sizeof(ohtd_catalogue) / sizeof(ohtd_catalogue[0]);

/* Statuses of a refused command, see command.c. */
static bool is_of_robot(int status)
{
	return status == 409 || status == 502 || status == 503 || status == 504;
}

const struct ohtd_catalogue_entry *ohtd_catalogue_find(int status, const char *code)
{
	for (size_t i = 0; i < ohtd_catalogue_count; i++) {
		const struct ohtd_catalogue_entry *entry = &ohtd_catalogue[i];

		if (strcmp(entry->code, code))
			continue;
		if (entry->kind == OHTD_CATALOGUE_PROBLEM && entry->status == status)
			return entry;
		if (entry->kind == OHTD_CATALOGUE_REASON && is_of_robot(status))
			return entry;
	}
	return NULL;
}

bool ohtd_catalogue_has_detail(const char *code)
{
	for (size_t i = 0; i < ohtd_catalogue_count; i++)
		if (ohtd_catalogue[i].kind != OHTD_CATALOGUE_PROBLEM &&
		    !strcmp(ohtd_catalogue[i].code, code))
			return true;
	return false;
}
