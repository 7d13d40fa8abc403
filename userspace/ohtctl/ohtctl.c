// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of verbs, and how one is found. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cmd.h"
#include "client.h"
#include "http.h"
#include "names.h"
#include "offline.h"
#include "remote.h"
#include "site.h"

/* For admin, whether ohtd runs or not. */
#define LOCAL_OPTIONS		(CLI_OPT_SOCKET | CLI_OPT_CONFIG)
#define PASSWORD_OPTIONS	(CLI_OPT_STDIN | CLI_OPT_PASSWORD_FILE)
#define EFFORT_OPTIONS		(CLI_OPT_TIMEOUT | CLI_OPT_RETRIES)
#define UNIT_OPTIONS		(EFFORT_OPTIONS | CLI_OPT_ANY_UNIT)
#define TRANSFER_OPTIONS	(CLI_OPT_FC | UNIT_OPTIONS)
#define NAME_OPTIONS		(CLI_OPT_PROFILE | CLI_OPT_DATA)
#define WRITE_OPTIONS		(CLI_OPT_FORCE | NAME_OPTIONS)
/* When a change of the configuration is live, and how long. */
#define CHANGE_OPTIONS		(CLI_OPT_CONFIRM | CLI_OPT_STANDSTILL | CLI_OPT_WAIT)
#define PLAN_OPTIONS		(CLI_OPT_CYCLE | CLI_OPT_BUDGET | CLI_OPT_WHOLE)

static const struct cli_verb verbs[] = {
	{ "info", "", "what the device is and how its line is set", cmd_info, 0, 0, 0, remote_info },
	{ "status", "", "bus, plan, stop and controller in short", cmd_status, 0, 0, 0, remote_status },
	{ "doctor", "", "kernel, driver, bus, disk, ohtd: what is wrong, what to do", cmd_doctor,
	  CLI_OPT_SOCKET | CLI_OPT_ROOT | CLI_OPT_SECONDS, 0, 0 },
	{ "support", "[FILE]", "what a maker needs to know, in one file, without secrets", cmd_support,
	  CLI_OPT_SOCKET | CLI_OPT_ROOT | CLI_OPT_SECONDS, 0, 1 },
	{ "accept", "[STEP...]", "walk a new robot through a checklist, and go on with it", cmd_accept,
	  CLI_OPT_SOCKET | CLI_OPT_REPORT | CLI_OPT_BY | CLI_OPT_STOP_REPORT, 0, 14, cmd_accept },
	{ "stats", "", "counters, gaps, histograms, how each module stands", cmd_stats, 0, 0, 0 },
	{ "scan", "[--all]", "find modules on units 1..8 and of modules.csv, or 1..247", cmd_scan,
	  CLI_OPT_ALL | CLI_OPT_FORCE | CLI_OPT_TIMEOUT | CLI_OPT_DATA, 0, 0, remote_scan },
	{ "read", "UNIT (ADDRESS [COUNT] | NAME...) [--fc 1..4]", "read registers or coils",
	  cmd_read, TRANSFER_OPTIONS | NAME_OPTIONS, 2, 126, remote_read },
	{ "write", "UNIT (ADDRESS VALUE... | NAME VALUE) [--fc 5|6|15|16]",
	  "write registers or coils", cmd_write,
	  TRANSFER_OPTIONS | WRITE_OPTIONS, 3, 125, remote_write },
	{ "mask", "UNIT ADDRESS AND OR", "change bits of a register", cmd_mask,
	  UNIT_OPTIONS | WRITE_OPTIONS, 4, 4 },
	{ "exchange", "UNIT ADDRESS COUNT WRITE-ADDRESS VALUE...",
	  "write registers, then read, in one go", cmd_exchange,
	  UNIT_OPTIONS | WRITE_OPTIONS, 5, 125 },
	{ "identify", "UNIT [basic | regular | extended]", "what a unit says about itself",
	  cmd_identify, UNIT_OPTIONS | NAME_OPTIONS, 1, 2 },
	{ "raw", "UNIT HEX...", "send a PDU as it stands", cmd_raw,
	  UNIT_OPTIONS | WRITE_OPTIONS, 2, 254 },
	{ "events", "[UNIT ADDRESS [COUNT]]", "repeat the state of the stop or a read, show events",
	  cmd_events,
	  TRANSFER_OPTIONS | NAME_OPTIONS | CLI_OPT_INTERVAL | CLI_OPT_ROUNDS, 0, 3, remote_events },
	{ "watch", "", "the robot on this terminal, as it changes", cmd_watch,
	  CLI_OPT_SOCKET | CLI_OPT_ROUNDS, 0, 0, cmd_watch },
	{ "monitor", "[--safety] [--bus] [--device N] [--count N] | --dump",
	  "what happens to all devices, without opening one", cmd_monitor,
	  CLI_OPT_SAFETY | CLI_OPT_BUS | CLI_OPT_DUMP | CLI_OPT_ROUNDS, 0, 0 },
	{ "plan check", "FILE", "what a cyclic plan would come to", cmd_plan_check, PLAN_OPTIONS, 1, 1 },
	{ "plan load", "FILE", "put a cyclic plan in force", cmd_plan_load, PLAN_OPTIONS, 1, 1 },
	{ "plan clear", "", "end the cyclic plan", cmd_plan_clear, 0, 0, 0 },
	{ "plan watch", "", "show what changes and goes wrong", cmd_plan_watch,
	  CLI_OPT_INTERVAL | CLI_OPT_ROUNDS, 0, 0 },
	/* Behind those of two words: "plan" alone is its status. */
	{ "plan", "[status]", "the cyclic plan and the values it reads", cmd_plan, 0, 0, 1 },
	{ "safety status", "", "the stop in full, with what to do", cmd_safety_status, 0, 0, 0, remote_safety_status },
	{ "safety stop", "", "stop the machine now", cmd_safety_stop, 0, 0, 0, remote_safety_stop },
	{ "safety reset", "", "acknowledge the causes of a stop", cmd_safety_reset,
	  0, 0, 0, remote_safety_reset },
	{ "safety enable", "", "outputs high; without ohtd only while this program runs", cmd_safety_enable,
	  CLI_OPT_DEADMAN, 0, 0, remote_safety_enable },
	{ "safety disable", "", "outputs low, without a stop", cmd_safety_disable,
	  0, 0, 0, remote_safety_disable },
	{ "safety selftest", "", "look for faults of the stop, while stopped", cmd_safety_selftest,
	  0, 0, 0, remote_safety_selftest },
	{ "safety commission", "", "walk through the checklist of the stop, write a report",
	  cmd_safety_commission,
	  CLI_OPT_DEADMAN | CLI_OPT_REPORT | CLI_OPT_BY | CLI_OPT_KEY | CLI_OPT_STEP |
	  CLI_OPT_DRIVE | CLI_OPT_PROFILE | CLI_OPT_DATA, 0, 0 },
	{ "safety telegrams", "", "what the last stop wrote to the bus", cmd_safety_telegrams,
	  0, 0, 0 },
	{ "safety journal", "", "what the kernel keeps of the stop, the oldest first",
	  cmd_safety_journal, CLI_OPT_ROUNDS, 0, 0, remote_journal },
	{ "safety latency", "", "how long stops took until the outputs were low",
	  cmd_safety_latency, 0, 0, 0, remote_safety_latency },
	{ "safety watch", "", "show safety events as they happen", cmd_safety_watch,
	  CLI_OPT_ROUNDS, 0, 0, remote_safety_watch },
	{ "control", "[take | release | take-over REASON | hand-over USER]",
	  "who is in control of the robot", cmd_control, CLI_OPT_SOCKET, 0, 2, cmd_control },
	{ "module", "[list | show U | registers U | read U NAME | write U NAME VALUE | "
	  "ping U | reset U | quarantine U | release U]",
	  "modules and registers as ohtd has them", cmd_module,
	  CLI_OPT_SOCKET, 0, 4, cmd_module },
	{ "profile check", "FILE", "all that is wrong with a register map of your own",
	  cmd_profile_check, CLI_OPT_DATA, 1, 1 },
	{ "profile new", "", "print such a map, with comments, to be changed", cmd_profile_new, 0, 0, 0 },
	{ "bus", "[status | plan | statistics]", "what ohtd has on the bus in each cycle",
	  cmd_bus, CLI_OPT_SOCKET, 0, 1, cmd_bus },
	{ "telemetry", "[SIGNAL...]", "what the signals of the robot say now", cmd_telemetry,
	  CLI_OPT_SOCKET, 0, 64, cmd_telemetry },
	{ "history summary", "SIGNAL...", "lowest, mean and greatest value, time in each state", cmd_history_summary,
	  CLI_OPT_SOCKET | CLI_OPT_FROM | CLI_OPT_TO, 1, 64, cmd_history_summary },
	/* Behind it: other words are names of signals. */
	{ "history", "[SIGNAL...]", "what signals were, or which there are", cmd_history,
	  CLI_OPT_SOCKET | CLI_OPT_FROM | CLI_OPT_TO | CLI_OPT_POINTS | CLI_OPT_CSV, 0, 64, cmd_history },
	{ "timeline", "[TEXT]", "what has happened, 7 days, or what has that text", cmd_timeline,
	  CLI_OPT_SOCKET | CLI_OPT_FROM | CLI_OPT_TO | CLI_OPT_KIND, 0, 1, cmd_timeline },
	{ "analytics", "", "what the robot did: distance, moves, energy, availability", cmd_analytics,
	  CLI_OPT_SOCKET | CLI_OPT_FROM | CLI_OPT_TO | CLI_OPT_BY, 0, 0, cmd_analytics },
	{ "export", "[SIGNAL...]", "all samples of signals: csv, ndjson or mcap", cmd_export,
	  CLI_OPT_SOCKET | CLI_OPT_FROM | CLI_OPT_TO | CLI_OPT_FORMAT | CLI_OPT_OUTPUT | CLI_OPT_CONTINUE,
	  0, 64, cmd_export },
	{ "robot status", "", "state, position and command of the robot", remote_robot_status,
	  CLI_OPT_SOCKET, 0, 0, remote_robot_status },
	{ "robot facts", "", "limits, lengths, kinds of commands, versions", remote_robot_facts,
	  CLI_OPT_SOCKET, 0, 0, remote_robot_facts },
	{ "robot mode", "[automatic | manual | maintenance]", "how the robot may be driven",
	  cmd_robot_mode, CLI_OPT_SOCKET, 0, 1, cmd_robot_mode },
	{ "robot limits", "[reload]", "limits of motion in force, or read their file again",
	  cmd_robot_limits, CLI_OPT_SOCKET, 0, 1, cmd_robot_limits },
	{ "robot move", "[MM]", "drive to a position, or with --station to a place", cmd_robot_move,
	  CLI_OPT_SOCKET | CLI_OPT_APPEND | CLI_OPT_STATION, 0, 1, cmd_robot_move },
	{ "robot stations", "", "named places of the rail", remote_robot_stations, CLI_OPT_SOCKET, 0, 0,
	  remote_robot_stations },
	{ "robot teach", "NAME", "put a station, new or not, where the robot stands", cmd_robot_teach,
	  CLI_OPT_SOCKET, 1, 1, cmd_robot_teach },
	{ "robot interlocks", "", "what would refuse each verb now", remote_robot_interlocks, CLI_OPT_SOCKET,
	  0, 0, remote_robot_interlocks },
	{ "robot commands", "[TEXT]", "the newest commands and how they ended", remote_robot_commands,
	  CLI_OPT_SOCKET, 0, 1, remote_robot_commands },
	{ "robot jog", "MM/S", "drive at a speed until Ctrl-C; below 0: backwards",
	  cmd_robot_jog, CLI_OPT_SOCKET | CLI_OPT_ROUNDS, 1, 1, cmd_robot_jog },
	{ "robot home", "", "drive to the home position", cmd_robot, CLI_OPT_SOCKET | CLI_OPT_APPEND,
	  0, 0, cmd_robot },
	{ "robot dock", "", "drive to the dock", cmd_robot, CLI_OPT_SOCKET | CLI_OPT_APPEND,
	  0, 0, cmd_robot },
	{ "robot undock", "", "leave the dock", cmd_robot, CLI_OPT_SOCKET | CLI_OPT_APPEND,
	  0, 0, cmd_robot },
	{ "robot position", "MM | confirm", "say where the robot is, or that its module is right", cmd_robot_position,
	  CLI_OPT_SOCKET, 1, 1, cmd_robot_position },
	{ "robot override", "PERCENT", "speed of moves and jogs, 1 to 100", cmd_robot_override,
	  CLI_OPT_SOCKET, 1, 1, cmd_robot_override },
	{ "robot pause", "", "come to rest, keep the target", cmd_robot, CLI_OPT_SOCKET, 0, 0,
	  cmd_robot },
	{ "robot resume", "", "go on to the kept target", cmd_robot, CLI_OPT_SOCKET, 0, 0, cmd_robot },
	{ "robot stop", "", "come to rest, drop the target; outputs stay on", cmd_robot,
	  CLI_OPT_SOCKET, 0, 0, cmd_robot },
	{ "robot queue", "", "what waits behind it, the next one first", cmd_robot_queue,
	  CLI_OPT_SOCKET, 0, 0, cmd_robot_queue },
	{ "robot cancel", "NUMBER", "take a command out of the queue", remote_robot_cancel,
	  CLI_OPT_SOCKET, 1, 1, remote_robot_cancel },
	{ "config get", "[ITEM]", "the configuration in force, or a part of it", cmd_config_get,
	  CLI_OPT_SOCKET, 0, 1, cmd_config_get },
	{ "config set", "ITEM VALUE...", "change items; null: the default, or no such station",
	  cmd_config_set, CLI_OPT_SOCKET | CLI_OPT_REASON | CHANGE_OPTIONS, 2, 64, cmd_config_set },
	{ "config check", "ITEM VALUE...", "what set would do, without doing it", cmd_config_set,
	  CLI_OPT_SOCKET | CLI_OPT_REASON, 2, 64, cmd_config_set },
	{ "config diff", "[VERSION | defaults] [VERSION]", "other than the defaults, or changed by a version",
	  cmd_config_diff, CLI_OPT_SOCKET, 0, 2, cmd_config_diff },
	{ "config export", "[FILE]", "what is in force, as a document for import", cmd_config_export, CLI_OPT_SOCKET, 0, 1,
	  cmd_config_export },
	{ "config import", "FILE", "change it to what such a document says", cmd_config_import,
	  CLI_OPT_SOCKET | CLI_OPT_CHECK | CLI_OPT_CALIBRATION | CLI_OPT_REASON | CHANGE_OPTIONS, 1, 1, cmd_config_import },
	{ "config versions", "", "all versions, the newest first", cmd_config_versions, CLI_OPT_SOCKET, 0, 0,
	  cmd_config_versions },
	{ "config show", "VERSION", "a version: what it changed, and its effect", cmd_config_show, CLI_OPT_SOCKET,
	  1, 1, cmd_config_show },
	{ "config rollback", "VERSION", "make a version with the values of that one", cmd_config_rollback,
	  CLI_OPT_SOCKET | CLI_OPT_REASON | CHANGE_OPTIONS, 1, 1, cmd_config_rollback },
	{ "config mark", "VERSION", "that version is the one to go back to: the rescue", cmd_config_mark,
	  CLI_OPT_SOCKET, 1, 1, cmd_config_mark },
	{ "config rescue", "", "go back to the rescue, also without ohtd", cmd_config_rescue,
	  CLI_OPT_SOCKET | CLI_OPT_REASON | CHANGE_OPTIONS | CLI_OPT_CONFIG, 0, 0, cmd_config_rescue },
	{ "config pending", "", "what waits to be confirmed, or for standstill", cmd_config_pending,
	  CLI_OPT_SOCKET, 0, 0, cmd_config_pending },
	{ "config confirm", "", "the pending version stays", cmd_config_confirm, CLI_OPT_SOCKET, 0, 0,
	  cmd_config_confirm },
	{ "config extend", "SECONDS", "the pending version has so long from now on", cmd_config_extend,
	  CLI_OPT_SOCKET, 1, 1, cmd_config_extend },
	{ "config give-up", "", "the pending version returns now; a waiting one is withdrawn", cmd_config_give_up, CLI_OPT_SOCKET, 0, 0,
	  cmd_config_give_up },
	{ "audit list", "[TEXT]", "the newest changes and refusals, or those with a text", cmd_audit_list,
	  CLI_OPT_SOCKET | CLI_OPT_RECORDS | CLI_OPT_FROM | CLI_OPT_TO, 0, 1, cmd_audit_list },
	{ "audit head", "", "the signed checkpoint, proven to continue the one seen last", cmd_audit_head, CLI_OPT_SOCKET,
	  0, 0, cmd_audit_head },
	{ "audit verify", "", "check all records against it, and against the one seen last", cmd_audit_verify, CLI_OPT_SOCKET,
	  0, 0, cmd_audit_verify },
	{ "audit forget", "", "forget the checkpoint seen last", cmd_audit_forget, CLI_OPT_SOCKET, 0, 0, cmd_audit_forget },
	{ "service status", "", "what the robot has driven, and which service is due", cmd_service_status, CLI_OPT_SOCKET, 0, 0,
	  cmd_service_status },
	{ "service done", "WEAR NOTE", "a service was done; of distance, hours or starts", cmd_service_done, CLI_OPT_SOCKET, 2, 2, cmd_service_done },
	{ "mission list", "", "missions, the newest 50", remote_mission_list, CLI_OPT_SOCKET, 0, 0, remote_mission_list },
	{ "mission show", "NUMBER", "one of them, and why it does not go on", remote_mission_show, CLI_OPT_SOCKET, 1, 1, remote_mission_show },
	{ "mission legs", "NUMBER", "its legs, and what became of each", remote_mission_legs, CLI_OPT_SOCKET, 1, 1, remote_mission_legs },
	{ "mission make", "NAME [rounds=N] [template] LEG...", "make one; legs: move=MM, to=STATION, dock, ...",
	  cmd_mission_make, CLI_OPT_SOCKET, 2, 64, cmd_mission_make },
	{ "mission copy", "NUMBER [NAME]", "make one of a template, or like any other one", cmd_mission_copy, CLI_OPT_SOCKET, 1, 2, cmd_mission_copy },
	{ "mission export", "NUMBER [FILE]", "what it is to do, as a file for import", cmd_mission_export, CLI_OPT_SOCKET, 1, 2,
	  cmd_mission_export },
	{ "mission import", "FILE", "make one of such a file", cmd_mission_import, CLI_OPT_SOCKET, 1, 1, cmd_mission_import },
	{ "mission add", "NUMBER LEG...", "put legs behind its last one", cmd_mission_add, CLI_OPT_SOCKET, 2, 64, cmd_mission_add },
	{ "mission release", "NUMBER LEG", "let legs up to this place begin", cmd_mission_release, CLI_OPT_SOCKET, 2, 2, cmd_mission_release },
	{ "mission check", "NUMBER", "what would become of its legs now; nothing is driven", remote_mission_check, CLI_OPT_SOCKET, 1, 1,
	  remote_mission_check },
	{ "mission start", "NUMBER", "drive one that waits", remote_mission_start, CLI_OPT_SOCKET, 1, 1, remote_mission_start },
	{ "mission pause", "NUMBER", "pause it and its motion", remote_mission_pause, CLI_OPT_SOCKET, 1, 1, remote_mission_pause },
	{ "mission resume", "NUMBER", "let one go on that is held or paused", remote_mission_resume, CLI_OPT_SOCKET, 1, 1,
	  remote_mission_resume },
	{ "mission drain", "NUMBER", "hold it behind the leg under way", remote_mission_drain, CLI_OPT_SOCKET, 1, 1, remote_mission_drain },
	{ "mission cancel", "NUMBER", "end it for good, and its motion", remote_mission_cancel, CLI_OPT_SOCKET, 1, 1, remote_mission_cancel },
	{ "mission delete", "NUMBER", "delete one that is not driven", remote_mission_delete, CLI_OPT_SOCKET, 1, 1, remote_mission_delete },
	{ "battery status", "", "what missions make of the charge", remote_battery_status, CLI_OPT_SOCKET, 0, 0, remote_battery_status },
	{ "battery release", "", "a low charge sends the robot to its dock", remote_battery_release, CLI_OPT_SOCKET, 0, 0, remote_battery_release },
	{ "battery withdraw", "", "it waits for a person again", remote_battery_withdraw, CLI_OPT_SOCKET, 0, 0, remote_battery_withdraw },
	{ "schedule list", "", "when missions are made of templates", remote_mission_schedules, CLI_OPT_SOCKET, 0, 0, remote_mission_schedules },
	{ "schedule add", "TEMPLATE HH:MM [WHEN...]", "have missions made; until=, every=, days=, name=", cmd_mission_schedule,
	  CLI_OPT_SOCKET, 2, 6, cmd_mission_schedule },
	{ "schedule release", "NUMBER", "its missions start by themselves", remote_mission_release_schedule, CLI_OPT_SOCKET, 1, 1,
	  remote_mission_release_schedule },
	{ "schedule withdraw", "NUMBER", "they wait for a person again", remote_mission_withdraw_schedule, CLI_OPT_SOCKET, 1, 1,
	  remote_mission_withdraw_schedule },
	{ "schedule delete", "NUMBER", "delete one; its missions stay", remote_mission_unschedule, CLI_OPT_SOCKET, 1, 1, remote_mission_unschedule },
	{ "scenario list", "", "situations for training of a simulated robot", remote_scenario_list, CLI_OPT_SOCKET, 0, 0, remote_scenario_list },
	{ "scenario start", "NAME", "have the simulator make one; a restart ends it", cmd_scenario_start, CLI_OPT_SOCKET, 1, 1, cmd_scenario_start },
	{ "scenario show", "NUMBER", "its steps, and what became of it", remote_scenario_show, CLI_OPT_SOCKET, 1, 1, remote_scenario_show },
	{ "scenario mend", "NUMBER", "mend what it has broken", remote_scenario_mend, CLI_OPT_SOCKET, 1, 1, remote_scenario_mend },
	{ "scenario end", "NUMBER", "end it before it is passed", remote_scenario_end, CLI_OPT_SOCKET, 1, 1, remote_scenario_end },
	{ "alerts acknowledge", "NUMBER", "say that somebody has seen an alert", remote_alerts_acknowledge,
	  CLI_OPT_SOCKET, 1, 1, remote_alerts_acknowledge },
	{ "alerts comment", "NUMBER TEXT", "say something of an alert", cmd_alert_comment, CLI_OPT_SOCKET, 2, 2,
	  cmd_alert_comment },
	{ "alerts comments", "NUMBER", "what people have said of an alert", cmd_alert_comments, CLI_OPT_SOCKET, 1, 1,
	  cmd_alert_comments },
	{ "alerts shelve", "NUMBER MINUTES", "do not call for it for a time; needs --reason", cmd_alert_shelve,
	  CLI_OPT_SOCKET | CLI_OPT_REASON, 2, 2, cmd_alert_shelve },
	{ "alerts unshelve", "NUMBER", "call for it again", cmd_alert_unshelve, CLI_OPT_SOCKET, 1, 1,
	  cmd_alert_unshelve },
	{ "alerts shelves", "", "which alerts are shelved, until when, why", remote_alerts_shelves, CLI_OPT_SOCKET, 0, 0,
	  remote_alerts_shelves },
	{ "alerts history", "[TEXT]", "the newest 50, also what is over", remote_alerts_history, CLI_OPT_SOCKET, 0, 1,
	  remote_alerts_history },
	{ "alerts summary", "", "how many came, in floods or chattering, 7 days", cmd_alert_summary,
	  CLI_OPT_SOCKET | CLI_OPT_FROM | CLI_OPT_TO, 0, 0, cmd_alert_summary },
	{ "alerts rules", "[CODE | add CODE MEMBER VALUE... | set CODE MEMBER VALUE... | delete CODE]",
	  "rules on values; add or set CODE alone names the members", cmd_alert_rules, CLI_OPT_SOCKET, 0, 64, cmd_alert_rules },
	{ "alerts try", "CODE", "which alerts of a rule would have come, 7 days", cmd_alert_try,
	  CLI_OPT_SOCKET | CLI_OPT_FROM | CLI_OPT_TO, 1, 1, cmd_alert_try },
	{ "alerts", "", "what is not well now, the newest first", remote_alerts, CLI_OPT_SOCKET, 0, 0,
	  remote_alerts },
	{ "webhooks list", "", "who is told of alerts elsewhere", remote_webhooks_list, CLI_OPT_SOCKET, 0, 0, remote_webhooks_list },
	{ "webhooks add", "URL [FORMAT [SEVERITY]]", "tell it too; shows the secret, once", cmd_webhooks_add,
	  CLI_OPT_SOCKET, 1, 3, cmd_webhooks_add },
	{ "webhooks test", "NUMBER", "tell it something for a trial", remote_webhooks_test, CLI_OPT_SOCKET, 1, 1,
	  remote_webhooks_test },
	{ "webhooks secret", "NUMBER", "a new secret; the one before signs too", remote_webhooks_secret, CLI_OPT_SOCKET, 1, 1,
	  remote_webhooks_secret },
	{ "webhooks remove", "NUMBER", "tell it no more", remote_webhooks_remove, CLI_OPT_SOCKET, 1, 1, remote_webhooks_remove },
	{ "webhooks log", "", "the newest 50 that were told, wait or are dead", remote_webhooks_log, CLI_OPT_SOCKET, 0, 0,
	  remote_webhooks_log },
	{ "webhooks resend", "NUMBER", "send a delivery once more", remote_webhooks_resend, CLI_OPT_SOCKET, 1, 1,
	  remote_webhooks_resend },
	{ "backup list", "", "backups of ohtd's database, the newest first", remote_backup_list, CLI_OPT_SOCKET, 0, 0, remote_backup_list },
	{ "backup make", "", "make one, and wait for it", cmd_backup_make, CLI_OPT_SOCKET | CLI_OPT_WITH_HISTORY, 0, 0,
	  cmd_backup_make },
	{ "backup verify", "NUMBER", "unpack it and read all of it", cmd_backup_verify, CLI_OPT_SOCKET, 1, 1,
	  cmd_backup_verify },
	{ "backup save", "NUMBER", "fetch its file, to be kept elsewhere", cmd_backup_save,
	  CLI_OPT_SOCKET | CLI_OPT_OUTPUT, 1, 1, cmd_backup_save },
	{ "backup restore", "NUMBER | FILE", "the next start puts it in; FILE: while ohtd is down",
	  cmd_backup_restore, LOCAL_OPTIONS | CLI_OPT_FOREIGN | CLI_OPT_IN_CLEAR | CLI_OPT_NO_HISTORY, 1, 1, cmd_backup_restore },
	{ "backup withdraw", "NUMBER", "take back a restore that waits for the next start", remote_backup_withdraw, CLI_OPT_SOCKET, 1, 1,
	  remote_backup_withdraw },
	{ "backup delete", "NUMBER", "delete it", remote_backup_delete, CLI_OPT_SOCKET, 1, 1, remote_backup_delete },
	{ "jobs cancel", "NUMBER", "end one that waits or runs", remote_jobs_cancel, CLI_OPT_SOCKET, 1, 1, remote_jobs_cancel },
	{ "jobs", "", "what takes longer: backups and restores, the newest first", remote_jobs, CLI_OPT_SOCKET, 0, 0, remote_jobs },
	{ "logs", "", "what ohtd has logged, the oldest first", remote_logs,
	  CLI_OPT_SOCKET | CLI_OPT_LEVEL | CLI_OPT_ROUNDS, 0, 0, remote_logs },
	{ "login", "[USER]", "log in at an ohtd elsewhere, --url", cmd_login, PASSWORD_OPTIONS | CLI_OPT_CODE, 0, 1,
	  cmd_login },
	{ "elevate", "[end]", "give the password again for safety-critical acts, 5 min", cmd_elevate,
	  PASSWORD_OPTIONS | CLI_OPT_CODE, 0, 1, cmd_elevate },
	{ "logout", "", "end that session", cmd_logout, 0, 0, 0, cmd_logout },
	{ "agents", "", "programs at work, what each does, and which is silent", remote_agents, CLI_OPT_SOCKET, 0, 0, remote_agents },
	{ "course list", "", "what a site asks of those who drive, and what is required", remote_course_list, CLI_OPT_SOCKET, 0, 0,
	  remote_course_list },
	{ "course show", "COURSE", "one, with the acts that need it", cmd_course_show, CLI_OPT_SOCKET, 1, 1, cmd_course_show },
	{ "course add", "NAME TITLE [VERBS [DAYS]]", "make one, for a year if not said", cmd_course_add, CLI_OPT_SOCKET, 2, 4,
	  cmd_course_add },
	{ "course require", "COURSE [yes | no]", "refuse its acts without a certificate", cmd_course_require, CLI_OPT_SOCKET, 1, 2,
	  cmd_course_require },
	{ "certificate list", "[ACCOUNT]", "which accounts have passed which course", cmd_certificate_list, CLI_OPT_SOCKET, 0, 1,
	  cmd_certificate_list },
	{ "certificate due", "[DAYS]", "those to renew within 30 days", cmd_certificate_due, CLI_OPT_SOCKET, 0, 1, cmd_certificate_due },
	{ "certificate grant", "ACCOUNT COURSE [EVIDENCE]", "grant one to another account", cmd_certificate_grant,
	  CLI_OPT_SOCKET, 2, 3, cmd_certificate_grant },
	{ "certificate revoke", "NUMBER REASON", "revoke one, or end an override", cmd_certificate_revoke, CLI_OPT_SOCKET, 2, 2,
	  cmd_certificate_revoke },
	{ "certificate ask", "ACCOUNT COURSE REASON [HOURS]", "ask for 8 h without, in an emergency", cmd_certificate_override,
	  CLI_OPT_SOCKET, 3, 4, cmd_certificate_override },
	{ "certificate second", "NUMBER", "be the second person of an override", remote_certificate_confirm, CLI_OPT_SOCKET, 1, 1,
	  remote_certificate_confirm },
	{ "whoami", "", "which user, account or key ohtd takes you for, and its role", remote_whoami, CLI_OPT_SOCKET, 0, 0, remote_whoami },
	{ "foxglove", "", "address for Foxglove and the like, good once, 10 s", cmd_foxglove,
	  0, 0, 0, cmd_foxglove },
	{ "key account", "ACCOUNT", "make an account of programs, of a viewer if not said", cmd_key_account,
	  CLI_OPT_SOCKET | CLI_OPT_ROLE, 1, 1, cmd_key_account },
	{ "key list", "ACCOUNT", "keys of such an account", cmd_key_list, CLI_OPT_SOCKET, 1, 1, cmd_key_list },
	{ "key make", "ACCOUNT NAME [TAGS [ADDRESSES]]", "a key for it; shows the key, once", cmd_key_make,
	  CLI_OPT_SOCKET | CLI_OPT_ROLE, 2, 4, cmd_key_make },
	{ "key rotate", "ACCOUNT ID", "another key that may the same; the one before ends in 24 h", cmd_key_rotate,
	  CLI_OPT_SOCKET, 2, 2, cmd_key_rotate },
	{ "key end", "ACCOUNT ID", "end a key, with its connections", cmd_key_end, CLI_OPT_SOCKET, 2, 2, cmd_key_end },
	{ "user profile", "", "the own profile: name, language, units, zone, theme, views", remote_user_profile, CLI_OPT_SOCKET, 0, 0,
	  remote_user_profile },
	{ "user set", "MEMBER TEXT", "say or, by an empty text, take back one member of it", cmd_user_set, CLI_OPT_SOCKET, 2, 2, cmd_user_set },
	{ "user reset-code", "USER", "give the person a code for a new password, once, 1 h", cmd_user_reset_code,
	  CLI_OPT_SOCKET, 1, 1, cmd_user_reset_code },
	{ "user import", "FILE", "make accounts of a CSV table, all of them or none", cmd_user_import,
	  CLI_OPT_SOCKET | CLI_OPT_CHECK, 1, 1, cmd_user_import },
	{ "user waiting", "", "accounts that persons have asked for", remote_user_waiting, CLI_OPT_SOCKET, 0, 0, remote_user_waiting },
	{ "user approve", "NUMBER", "make such an account, of the wished role if not said", cmd_user_approve,
	  CLI_OPT_SOCKET | CLI_OPT_ROLE, 1, 1, cmd_user_approve },
	{ "user reject", "NUMBER", "make no such account", remote_user_reject, CLI_OPT_SOCKET, 1, 1, remote_user_reject },
	{ "user end-pin", "USER", "take the PIN of an account away", cmd_user_end_pin, CLI_OPT_SOCKET, 1, 1, cmd_user_end_pin },
	{ "user totp", "[begin | confirm CODE | recovery CODE | off CODE | remove USER]", "second factor of the own account",
	  cmd_user_totp, PASSWORD_OPTIONS | CLI_OPT_SOCKET, 0, 2, cmd_user_totp },
	{ "device list", "", "tablets and panels: those that wait, with their six words", remote_device_list, CLI_OPT_SOCKET, 0, 0, remote_device_list },
	{ "device accept", "NUMBER NAME", "let one in, as a viewer if not said", cmd_device_accept, CLI_OPT_SOCKET | CLI_OPT_ROLE, 2, 2,
	  cmd_device_accept },
	{ "device reject", "NUMBER", "reject one for good", remote_device_reject, CLI_OPT_SOCKET, 1, 1, remote_device_reject },
	{ "device remove", "NUMBER", "forget one; its sessions end", remote_device_remove, CLI_OPT_SOCKET, 1, 1, remote_device_remove },
	{ "admin list", "", "accounts of ohtd", cmd_admin_list, LOCAL_OPTIONS, 0, 0, cmd_admin_list },
	{ "admin create", "USER", "make an account, of an administrator if not said otherwise",
	  cmd_admin_create, LOCAL_OPTIONS | PASSWORD_OPTIONS | CLI_OPT_ROLE, 1, 1, cmd_admin_create },
	{ "admin reset", "USER", "give an account a new password, end its sessions",
	  cmd_admin_reset, LOCAL_OPTIONS | PASSWORD_OPTIONS, 1, 1, cmd_admin_reset },
	{ "admin disable", "USER", "let nobody log in with it, end its sessions",
	  cmd_admin_disable, LOCAL_OPTIONS, 1, 1, cmd_admin_disable },
	{ "admin enable", "USER", "the opposite of disable", cmd_admin_enable, LOCAL_OPTIONS, 1, 1,
	  cmd_admin_enable },
	{ "admin cert", "[show | renew | renew-authority | ca | qr]", "certificate of ohtd, its authority",
	  cmd_admin_cert, LOCAL_OPTIONS, 0, 1, cmd_admin_cert },
	{ "admin keys", "[show | rotate]", "keys that sign tokens; rotate logs nobody out", cmd_admin_keys, CLI_OPT_SOCKET, 0, 1,
	  cmd_admin_keys },
	{ "admin restart", "", "end ohtd in order and have it started again",
	  cmd_admin_restart, CLI_OPT_SOCKET | CLI_OPT_AFTER_STOP, 0, 0, cmd_admin_restart },
};

#define VERBS	(sizeof(verbs) / sizeof(verbs[0]))

static const char closing_help[] =
	"\n"
	"Numbers are decimal or 0x hexadecimal, addresses as on the wire (from 0).\n"
	"What stands behind -- is no option.\n"
	"Unit 0 writes to all units; --timeout-ms is then how long the bus is kept quiet.\n"
	"Exit: 0 done, 1 refused or failed, 2 usage, 3 no device or daemon.\n";

static void print_verb(const struct cli_verb *verb, FILE *to)
{
	fprintf(to, "  %-18s %s\n", verb->name, verb->help);
}

static void print_help(FILE *to)
{
	size_t i;

	fprintf(to, "Usage: ohtctl VERB [ARGUMENT...] [OPTION...], more: ohtctl VERB --help\n\n");
	for (i = 0; i < VERBS; i++)
		print_verb(&verbs[i], to);
	fputs("\nCommon options:\n", to);
	cli_print_options(0, to);
	fputs("\nOptions of some verbs:\n", to);
	cli_print_options(UINT64_MAX, to);
	fputs(closing_help, to);
}

/* Has @verb two words, the first of which is @word? */
static bool is_of_group(const struct cli_verb *verb, const char *word)
{
	size_t length = strlen(word);

	return !strncmp(verb->name, word, length) && verb->name[length] == ' ';
}

static bool is_group(const char *word)
{
	for (size_t i = 0; i < VERBS; i++)
		if (is_of_group(&verbs[i], word))
			return true;
	return false;
}

static void print_group(const char *word, FILE *to)
{
	for (size_t i = 0; i < VERBS; i++)
		if (is_of_group(&verbs[i], word))
			print_verb(&verbs[i], to);
}

static void print_verb_help(const struct cli_verb *verb, FILE *to)
{
	fprintf(to, "Usage: ohtctl %s%s%s\n%s\n", verb->name, *verb->arguments ? " " : "",
		verb->arguments, verb->help);
	if (cli_options_of(verb)) {
		fputs("\nOptions:\n", to);
		cli_print_options(cli_options_of(verb), to);
	}
	if (is_group(verb->name)) {
		fputs("\nFurther verbs:\n", to);
		print_group(verb->name, to);
	}
	fputs("\nCommon options:\n", to);
	cli_print_options(0, to);
}

/* How many of the words name this verb; 0 if they do not. */
static int match(const struct cli_verb *verb, int count, char **words)
{
	const char *space = strchr(verb->name, ' ');
	size_t length = space ? (size_t)(space - verb->name) : strlen(verb->name);

	if (strlen(words[0]) != length || strncmp(verb->name, words[0], length))
		return 0;
	if (!space)
		return 1;
	return count > 1 && !strcmp(space + 1, words[1]) ? 2 : 0;
}

static void print_group_help(const char *word, FILE *to)
{
	fprintf(to, "Usage: ohtctl %s VERB [ARGUMENT...] [OPTION...], more: ohtctl %s VERB --help\n\n",
		word, word);
	print_group(word, to);
}

static int unknown_verb(struct cli *cli, int count, char **words)
{
	char list[256] = "";
	size_t used = 0;

	if (!is_group(words[0]))
		return cli_fail(cli, CLI_USAGE, "unknown verb '%s', see ohtctl --help", words[0]);
	if (cli->help && count == 1) {
		print_group_help(words[0], cli->out);
		return CLI_DONE;
	}
	for (size_t i = 0; i < VERBS && used < sizeof(list); i++)
		if (is_of_group(&verbs[i], words[0]))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
						 used ? ", " : "", strchr(verbs[i].name, ' ') + 1);
	return count > 1 ? cli_fail(cli, CLI_USAGE, "%s needs one of %s: '%s'", words[0], list, words[1]) :
			   cli_fail(cli, CLI_USAGE, "%s needs one of %s", words[0], list);
}

static int run_verb(struct cli *cli, int count, char **arguments)
{
	const struct cli_verb *verb = cli->verb;
	int result;

	if (cli->help) {
		print_verb_help(verb, cli->out);
		return CLI_DONE;
	}
	result = cli_check_options(cli);
	if (result)
		return result;
	if (count < verb->arguments_min || count > verb->arguments_max)
		return cli_fail(cli, CLI_USAGE, "%s arguments, usage: ohtctl %s%s%s",
				count < verb->arguments_min ? "too few" : "too many", verb->name,
				*verb->arguments ? " " : "", verb->arguments);
	result = (cli_names_ohtd(cli) && verb->remote ? verb->remote : verb->run)(cli, count, arguments);
	site_close();
	http_end();
	names_free();
	oht_dev_close(cli->dev);
	return result;
}

/* The verb of a group that shows what there is; a group's word alone means that one. NULL: the group has none. */
static const struct cli_verb *status_of(const char *group)
{
	static const char *const shows[] = { "status", "list", "get" };

	for (size_t show = 0; show < sizeof(shows) / sizeof(shows[0]); show++)
		for (size_t i = 0; i < VERBS; i++)
			if (is_of_group(&verbs[i], group) && !strcmp(strchr(verbs[i].name, ' ') + 1, shows[show]))
				return &verbs[i];
	return NULL;
}

static int find_and_run(struct cli *cli, int count, char **words)
{
	size_t i;
	int used;

	for (i = 0; i < VERBS; i++) {
		used = match(&verbs[i], count, words);
		if (!used)
			continue;
		/* Of a group that says something by itself, another word is no argument. */
		if (count > used && !verbs[i].arguments_max && is_group(verbs[i].name))
			break;
		cli->verb = &verbs[i];
		return run_verb(cli, count - used, words + used);
	}
	cli->verb = count == 1 && !cli->help ? status_of(words[0]) : NULL;
	return cli->verb ? run_verb(cli, 0, words + 1) : unknown_verb(cli, count, words);
}

static const char *environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

int ohtctl_run(int argc, char **argv, FILE *out, FILE *err)
{
	struct cli cli = {
		.out = out,
		.err = err,
		.device = environment("OHT_DEVICE", OHT_DEFAULT_DEVICE),
		.data_dir = environment("OHT_DATA", NULL),
		.socket = CLIENT_DEFAULT_SOCKET,
		.config = OFFLINE_DEFAULT_CONFIG,
	};
	int count = argc - 1;
	char **words = argv + 1;

	cli_default_options(&cli);
	if (cli_parse_options(&cli, &count, words))
		return CLI_USAGE;
	if (cli.version) {
		fprintf(out, "ohtctl %s, ABI version %u\n", OHT_VERSION, oht_abi_version());
		return CLI_DONE;
	}
	if (count)
		return find_and_run(&cli, count, words);
	print_help(cli.help ? out : err);
	return cli.help ? CLI_DONE : CLI_USAGE;
}
