/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs, one per file. Each gets the words behind its name and returns enum cli_exit.
 *
 * Owns:     nothing.
 * Contexts: the program's one thread, called once by ohtctl_run().
 * Locks:    none.
 */
#ifndef OHTCTL_CMD_H
#define OHTCTL_CMD_H

#include <stdint.h>

struct cli;

int cmd_info(struct cli *cli, int count, char **arguments);
int cmd_accept(struct cli *cli, int count, char **arguments);
int cmd_doctor(struct cli *cli, int count, char **arguments);
int cmd_support(struct cli *cli, int count, char **arguments);
int cmd_stats(struct cli *cli, int count, char **arguments);
int cmd_status(struct cli *cli, int count, char **arguments);
int cmd_scan(struct cli *cli, int count, char **arguments);
int cmd_read(struct cli *cli, int count, char **arguments);
int cmd_write(struct cli *cli, int count, char **arguments);
int cmd_mask(struct cli *cli, int count, char **arguments);
int cmd_events(struct cli *cli, int count, char **arguments);
int cmd_exchange(struct cli *cli, int count, char **arguments);
int cmd_identify(struct cli *cli, int count, char **arguments);
int cmd_plan(struct cli *cli, int count, char **arguments);
int cmd_plan_check(struct cli *cli, int count, char **arguments);
int cmd_plan_load(struct cli *cli, int count, char **arguments);
int cmd_plan_clear(struct cli *cli, int count, char **arguments);
int cmd_plan_watch(struct cli *cli, int count, char **arguments);
int cmd_monitor(struct cli *cli, int count, char **arguments);
int cmd_raw(struct cli *cli, int count, char **arguments);
int cmd_watch(struct cli *cli, int count, char **arguments);
int cmd_safety_status(struct cli *cli, int count, char **arguments);
int cmd_safety_stop(struct cli *cli, int count, char **arguments);
int cmd_safety_reset(struct cli *cli, int count, char **arguments);
int cmd_safety_enable(struct cli *cli, int count, char **arguments);
int cmd_safety_disable(struct cli *cli, int count, char **arguments);
int cmd_safety_selftest(struct cli *cli, int count, char **arguments);
int cmd_safety_commission(struct cli *cli, int count, char **arguments);
int cmd_safety_telegrams(struct cli *cli, int count, char **arguments);
int cmd_safety_journal(struct cli *cli, int count, char **arguments);
int cmd_safety_latency(struct cli *cli, int count, char **arguments);
int cmd_safety_watch(struct cli *cli, int count, char **arguments);

int cmd_control(struct cli *cli, int count, char **arguments);
int cmd_module(struct cli *cli, int count, char **arguments);
int cmd_profile_check(struct cli *cli, int count, char **arguments);
int cmd_profile_new(struct cli *cli, int count, char **arguments);
int cmd_bus(struct cli *cli, int count, char **arguments);
int cmd_telemetry(struct cli *cli, int count, char **arguments);
int cmd_export(struct cli *cli, int count, char **arguments);
int cmd_history_summary(struct cli *cli, int count, char **arguments);
int cmd_history(struct cli *cli, int count, char **arguments);
int cmd_analytics(struct cli *cli, int count, char **arguments);
int cmd_alert_rules(struct cli *cli, int count, char **arguments);
int cmd_alert_comment(struct cli *cli, int count, char **arguments);
int cmd_alert_comments(struct cli *cli, int count, char **arguments);
int cmd_alert_shelve(struct cli *cli, int count, char **arguments);
int cmd_alert_unshelve(struct cli *cli, int count, char **arguments);
int cmd_service_status(struct cli *cli, int count, char **arguments);
int cmd_service_done(struct cli *cli, int count, char **arguments);
int cmd_mission_make(struct cli *cli, int count, char **arguments);
int cmd_mission_add(struct cli *cli, int count, char **arguments);
int cmd_mission_release(struct cli *cli, int count, char **arguments);
int cmd_mission_copy(struct cli *cli, int count, char **arguments);
int cmd_mission_export(struct cli *cli, int count, char **arguments);
int cmd_mission_schedule(struct cli *cli, int count, char **arguments);
int cmd_mission_import(struct cli *cli, int count, char **arguments);
int cmd_scenario_start(struct cli *cli, int count, char **arguments);
int cmd_webhooks_add(struct cli *cli, int count, char **arguments);
int cmd_alert_summary(struct cli *cli, int count, char **arguments);
int cmd_timeline(struct cli *cli, int count, char **arguments);
int cmd_alert_try(struct cli *cli, int count, char **arguments);
int cmd_robot(struct cli *cli, int count, char **arguments);
int cmd_robot_move(struct cli *cli, int count, char **arguments);
int cmd_robot_mode(struct cli *cli, int count, char **arguments);
int cmd_robot_limits(struct cli *cli, int count, char **arguments);
int cmd_audit_list(struct cli *cli, int count, char **arguments);
int cmd_audit_head(struct cli *cli, int count, char **arguments);
int cmd_audit_verify(struct cli *cli, int count, char **arguments);
int cmd_audit_forget(struct cli *cli, int count, char **arguments);

/**
 * cmd_audit_witness() - compare the audit with what this computer has seen of it, as "audit head" does
 * @cli: logged in; nothing is written to its output
 *
 * A robot that gives no checkpoint is no finding: who has logged in may not read it, or the robot has no audit.
 *
 * Return: lines of text with what was found, to be freed; NULL: the audit goes on from there.
 */
char *cmd_audit_witness(const struct cli *cli);

int cmd_config_get(struct cli *cli, int count, char **arguments);
int cmd_config_set(struct cli *cli, int count, char **arguments);
int cmd_config_diff(struct cli *cli, int count, char **arguments);
int cmd_config_export(struct cli *cli, int count, char **arguments);
int cmd_config_import(struct cli *cli, int count, char **arguments);
int cmd_config_show(struct cli *cli, int count, char **arguments);
int cmd_config_versions(struct cli *cli, int count, char **arguments);
int cmd_robot_teach(struct cli *cli, int count, char **arguments);
int cmd_config_pending(struct cli *cli, int count, char **arguments);
int cmd_config_confirm(struct cli *cli, int count, char **arguments);
int cmd_config_extend(struct cli *cli, int count, char **arguments);
int cmd_config_give_up(struct cli *cli, int count, char **arguments);
int cmd_config_rescue(struct cli *cli, int count, char **arguments);
int cmd_config_mark(struct cli *cli, int count, char **arguments);
int cmd_config_rollback(struct cli *cli, int count, char **arguments);
int cmd_robot_queue(struct cli *cli, int count, char **arguments);
int cmd_robot_position(struct cli *cli, int count, char **arguments);
int cmd_robot_override(struct cli *cli, int count, char **arguments);
int cmd_robot_jog(struct cli *cli, int count, char **arguments);

int cmd_login(struct cli *cli, int count, char **arguments);
int cmd_elevate(struct cli *cli, int count, char **arguments);
int cmd_logout(struct cli *cli, int count, char **arguments);
int cmd_foxglove(struct cli *cli, int count, char **arguments);

int cmd_backup_make(struct cli *cli, int count, char **arguments);
int cmd_backup_verify(struct cli *cli, int count, char **arguments);
int cmd_backup_save(struct cli *cli, int count, char **arguments);
int cmd_backup_restore(struct cli *cli, int count, char **arguments);

int cmd_admin_list(struct cli *cli, int count, char **arguments);
int cmd_admin_create(struct cli *cli, int count, char **arguments);
int cmd_admin_reset(struct cli *cli, int count, char **arguments);
int cmd_admin_disable(struct cli *cli, int count, char **arguments);
int cmd_admin_enable(struct cli *cli, int count, char **arguments);
int cmd_admin_cert(struct cli *cli, int count, char **arguments);
int cmd_admin_keys(struct cli *cli, int count, char **arguments);
int cmd_admin_restart(struct cli *cli, int count, char **arguments);
/* The number of an account by its name; 0 or an exit code after a complaint. */
int cmd_admin_find(struct cli *cli, const char *name, int64_t *id);
int cmd_key_account(struct cli *cli, int count, char **arguments);
int cmd_key_list(struct cli *cli, int count, char **arguments);
int cmd_key_make(struct cli *cli, int count, char **arguments);
int cmd_key_rotate(struct cli *cli, int count, char **arguments);
int cmd_key_end(struct cli *cli, int count, char **arguments);

int cmd_course_show(struct cli *cli, int count, char **arguments);
int cmd_course_add(struct cli *cli, int count, char **arguments);
int cmd_course_require(struct cli *cli, int count, char **arguments);
int cmd_certificate_list(struct cli *cli, int count, char **arguments);
int cmd_certificate_due(struct cli *cli, int count, char **arguments);
int cmd_certificate_grant(struct cli *cli, int count, char **arguments);
int cmd_certificate_revoke(struct cli *cli, int count, char **arguments);
int cmd_certificate_override(struct cli *cli, int count, char **arguments);

int cmd_user_set(struct cli *cli, int count, char **arguments);
int cmd_device_accept(struct cli *cli, int count, char **arguments);
int cmd_user_end_pin(struct cli *cli, int count, char **arguments);
int cmd_user_totp(struct cli *cli, int count, char **arguments);
int cmd_user_approve(struct cli *cli, int count, char **arguments);
int cmd_user_reset_code(struct cli *cli, int count, char **arguments);
int cmd_user_import(struct cli *cli, int count, char **arguments);

#endif /* OHTCTL_CMD_H */
