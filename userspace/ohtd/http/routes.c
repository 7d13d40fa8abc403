// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/api.h"
#include "http/route.h"

#include "auth/password.h"
#include "auth/session.h"
#include "main/log.h"

static const struct ohtd_field login_fields[] = {
	{ "username", OHTD_FIELD_STRING, true, 1, OHTD_USER_NAME_MAX, NULL },
	{ "password", OHTD_FIELD_STRING, true, 1, OHTD_PASSWORD_BYTES_MAX, NULL },
	{ NULL, 0, false, 0, 0, NULL },
};

static const struct ohtd_field refresh_fields[] = {
	{ "refresh_token", OHTD_FIELD_STRING, true, OHTD_REFRESH_BYTES - 1,
	  OHTD_REFRESH_BYTES - 1, NULL },
	{ NULL, 0, false, 0, 0, NULL },
};

static const struct ohtd_field action_fields[] = {
	{ "valid_for_ms", OHTD_FIELD_INTEGER, false, 1, 60000, NULL },
	{ NULL, 0, false, 0, 0, NULL },
};

static const char *const verbs[] = { "disable", "reset_fault", "stop", NULL };

static const struct ohtd_field command_fields[] = {
	{ "verb", OHTD_FIELD_STRING, true, 1, 32, verbs },
	{ "valid_for_ms", OHTD_FIELD_INTEGER, false, 1, 60000, NULL },
	{ NULL, 0, false, 0, 0, NULL },
};

static const char *const kinds[] = { "gap", "stop", "glitch", "reset", "enable", "disable",
				     "control", "opened", "fault", NULL };

static const struct ohtd_field event_fields[] = {
	{ "limit", OHTD_FIELD_INTEGER, false, 1, 200, NULL },
	{ "cursor", OHTD_FIELD_STRING, false, 1, 40, NULL },
	{ "kind", OHTD_FIELD_STRING, false, 1, 32, kinds },
	{ "cause", OHTD_FIELD_STRING, false, 1, 32, NULL },
	{ NULL, 0, false, 0, 0, NULL },
};

static const char *const roles[] = { "viewer", "operator", "supervisor", "administrator", NULL };

static const struct ohtd_field list_fields[] = {
	{ "limit", OHTD_FIELD_INTEGER, false, 1, 200, NULL },
	{ "cursor", OHTD_FIELD_STRING, false, 1, 40, NULL },
	{ NULL, 0, false, 0, 0, NULL },
};

static const struct ohtd_field user_add_fields[] = {
	{ "username", OHTD_FIELD_STRING, true, 1, OHTD_USER_NAME_MAX, NULL },
	{ "password", OHTD_FIELD_STRING, true, OHTD_PASSWORD_BYTES_MIN, OHTD_PASSWORD_BYTES_MAX, NULL },
	{ "role", OHTD_FIELD_STRING, true, 1, 16, roles },
	{ NULL, 0, false, 0, 0, NULL },
};

static const struct ohtd_field setup_fields[] = {
	{ "code", OHTD_FIELD_STRING, true, 1, OHTD_SECRET_BYTES - 1, NULL },
	{ "username", OHTD_FIELD_STRING, true, 1, OHTD_USER_NAME_MAX, NULL },
	{ "password", OHTD_FIELD_STRING, true, OHTD_PASSWORD_BYTES_MIN, OHTD_PASSWORD_BYTES_MAX, NULL },
	{ NULL, 0, false, 0, 0, NULL },
};

static const struct ohtd_field user_change_fields[] = {
	{ "password", OHTD_FIELD_STRING, false, OHTD_PASSWORD_BYTES_MIN, OHTD_PASSWORD_BYTES_MAX, NULL },
	{ "role", OHTD_FIELD_STRING, false, 1, 16, roles },
	{ "disabled", OHTD_FIELD_BOOLEAN, false, 0, 0, NULL },
	{ NULL, 0, false, 0, 0, NULL },
};

static const char *const levels[] = { "error", "warning", "notice", "info", "debug", NULL };

static const struct ohtd_field log_fields[] = {
	{ "limit", OHTD_FIELD_INTEGER, false, 1, 200, NULL },
	{ "cursor", OHTD_FIELD_STRING, false, 1, 40, NULL },
	{ "level", OHTD_FIELD_STRING, false, 1, 16, levels },
	{ "room", OHTD_FIELD_STRING, false, 1, 31, ohtd_log_rooms },
	{ "code", OHTD_FIELD_STRING, false, 1, 31, NULL },
	{ NULL, 0, false, 0, 0, NULL },
};

static const struct ohtd_field log_level_fields[] = {
	{ "level", OHTD_FIELD_STRING, true, 1, 16, levels },
	{ "room", OHTD_FIELD_STRING, false, 1, 31, ohtd_log_rooms },
	{ NULL, 0, false, 0, 0, NULL },
};

#define V1 "/api/v1/"

const struct ohtd_route ohtd_routes[] = {
	{ "GET", V1 "health", OHTD_ROLE_NONE, OHTD_ROUTE_RESERVED, 0, NULL, ohtd_api_health,
	  "How the daemon and its bus are" },
	{ "GET", V1 "health/live", OHTD_ROLE_NONE, OHTD_ROUTE_RESERVED, 0, NULL, ohtd_api_health_live,
	  "Is the process answering" },
	{ "GET", V1 "health/ready", OHTD_ROLE_NONE, OHTD_ROUTE_RESERVED, 0, NULL, ohtd_api_health_ready,
	  "Can requests be served" },
	{ "POST", V1 "auth/login", OHTD_ROLE_NONE, OHTD_ROUTE_RESERVED, 1024, login_fields,
	  ohtd_api_login, "Password against tokens" },
	{ "POST", V1 "auth/refresh", OHTD_ROLE_NONE, 0, 1024, refresh_fields, ohtd_api_refresh,
	  "Refresh token against new tokens" },
	{ "POST", V1 "setup", OHTD_ROLE_NONE, 0, 1024, setup_fields, ohtd_api_setup,
	  "Make the first administrator, with the set-up code" },
	{ "GET", V1 "users", OHTD_ROLE_ADMINISTRATOR, 0, 0, list_fields, ohtd_api_users,
	  "Accounts" },
	{ "POST", V1 "users", OHTD_ROLE_ADMINISTRATOR, 0, 1024, user_add_fields, ohtd_api_user_add,
	  "Make an account" },
	{ "PATCH", V1 "users/{id}", OHTD_ROLE_ADMINISTRATOR, 0, 1024, user_change_fields,
	  ohtd_api_user_change, "Change password, role or disabled of an account; ends its sessions" },
	{ "GET", V1 "logs", OHTD_ROLE_SUPERVISOR, 0, 0, log_fields, ohtd_api_logs,
	  "Newest lines of the log, the newest first" },
	{ "PUT", V1 "logs/level", OHTD_ROLE_ADMINISTRATOR, 0, 1024, log_level_fields,
	  ohtd_api_logs_level, "From which level on lines are written" },
	{ "GET", V1 "robot", OHTD_ROLE_VIEWER, 0, 0, NULL, ohtd_api_robot,
	  "State, position, battery" },
	{ "POST", V1 "robot/commands", OHTD_ROLE_OPERATOR, 0, 4096, command_fields,
	  ohtd_api_robot_command, "Command to the robot" },
	{ "GET", V1 "modules", OHTD_ROLE_VIEWER, 0, 0, NULL, ohtd_api_modules,
	  "Modules on the bus" },
	{ "POST", V1 "modules/discover", OHTD_ROLE_OPERATOR, 0, 4096, action_fields,
	  ohtd_api_modules_discover, "Search the bus for modules" },
	{ "GET", V1 "modules/{addr}", OHTD_ROLE_VIEWER, 0, 0, NULL, ohtd_api_module,
	  "One module" },
	{ "GET", V1 "modules/{addr}/registers", OHTD_ROLE_VIEWER, 0, 0, NULL,
	  ohtd_api_module_registers, "Registers of a module, as last read" },
	{ "GET", V1 "safety", OHTD_ROLE_VIEWER, 0, 0, NULL, ohtd_api_safety,
	  "State of the stop" },
	{ "GET", V1 "safety/events", OHTD_ROLE_VIEWER, 0, 0, event_fields,
	  ohtd_api_safety_events, "Journal of the stop, the newest first" },
	{ "GET", V1 "safety/latency", OHTD_ROLE_VIEWER, 0, 0, NULL, ohtd_api_safety_latency,
	  "How long stops took until the outputs were low" },
	{ "POST", V1 "safety/stop", OHTD_ROLE_OPERATOR,
	  OHTD_ROUTE_ANY_BODY | OHTD_ROUTE_EXPIRED_OK | OHTD_ROUTE_RESERVED, 0, NULL,
	  ohtd_api_safety_stop, "Software stop" },
	{ "POST", V1 "safety/reset", OHTD_ROLE_SUPERVISOR, 0, 4096, action_fields,
	  ohtd_api_safety_reset, "Open the latch of the stop; the outputs stay off" },
	{ "POST", V1 "safety/enable", OHTD_ROLE_OPERATOR, 0, 4096, action_fields,
	  ohtd_api_safety_enable, "Outputs on" },
	{ "POST", V1 "safety/self-test", OHTD_ROLE_SUPERVISOR, 0, 4096, action_fields,
	  ohtd_api_safety_self_test, "Look for faults of the stop, while stopped" },
};

const size_t ohtd_route_count = sizeof(ohtd_routes) / sizeof(ohtd_routes[0]);
