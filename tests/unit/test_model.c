// SPDX-License-Identifier: GPL-2.0-or-later
/* What the control thread takes from the data files: shipped ones, blocks, and bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "robot/blocks.h"
#include "robot/command.h"
#include "robot/model.h"
#include "scratch.h"

static char error[OHT_ERROR_BYTES];

static struct ohtd_model *load_shipped_model(void)
{
	struct ohtd_model *model = ohtd_model_load(OHT_SOURCE_DATADIR, NULL, error);

	if (!model)
		fail_msg("%s", error);
	return model;
}

static void shipped_data_says_what_it_should(void **state)
{
	struct ohtd_model *model = load_shipped_model();
	const struct ohtd_kind *motor = ohtd_model_by_name(model, "travel_motor");
	const struct ohtd_kind *safety = ohtd_model_by_unit(model, 3);

	(void)state;
	assert_int_equal(model->count, 4);
	assert_int_equal(model->device_id_address, 0x0100);
	assert_int_equal(model->module_type_address, 0x0104);
	assert_int_equal(model->timeout_max_ms, 40);
	assert_ptr_equal(motor, ohtd_model_by_type(model, 4));
	assert_int_equal(motor->lost_ms, 500);
	assert_int_equal(motor->lost_moving_ms, 150);
	assert_int_equal(safety->lost_ms, 100);
	assert_int_equal(motor->plan[OHT_PROFILE_CANONICAL].write_count[OHTD_TELEGRAM_STOP], 2);
	assert_int_equal(motor->plan[OHT_PROFILE_CANONICAL].writes[OHTD_TELEGRAM_STOP][0].address,
			 0x0001);
	assert_int_equal(motor->plan[OHT_PROFILE_CANONICAL].writes[OHTD_TELEGRAM_STOP][1].address,
			 0x0011);
	assert_int_equal(motor->plan[OHT_PROFILE_LEGACY].writes[OHTD_TELEGRAM_STOP][0].address,
			 0x0014);
	assert_int_equal(motor->plan[OHT_PROFILE_LEGACY].writes[OHTD_TELEGRAM_STOP][0].value, 1);
	assert_int_equal(ohtd_model_by_name(model, "dock_location")->probe[0].address, 0xa000);
	assert_null(ohtd_model_by_type(model, 1));
	assert_null(ohtd_model_by_name(model, "lifter"));
	assert_null(ohtd_model_by_unit(model, 6));
	ohtd_model_free(model);
}

/* Each readable register once, nothing else, no gap inside a block, none too long. */
static void check_blocks(const struct oht_regmap *map, const struct ohtd_block *blocks,
			 unsigned int count, unsigned int *seen)
{
	unsigned int i, j, words;

	for (i = 0; i < count; i++) {
		words = 0;
		assert_in_range(blocks[i].words, 1, OHTD_READ_MAX);
		for (j = blocks[i].first; j < blocks[i].first + blocks[i].registers; j++) {
			assert_int_equal(map->reg[j].address, blocks[i].address + words);
			assert_int_not_equal(map->reg[j].access, OHT_ACCESS_WO);
			words += map->reg[j].words;
			seen[j]++;
		}
		assert_int_equal(words, blocks[i].words);
	}
}

static void blocks_cover_every_map(void **state)
{
	struct ohtd_model *model = load_shipped_model();
	const uint8_t marks[OHTD_REGISTERS_MAX] = { 0 };
	struct ohtd_blocks blocks = { 0 };
	unsigned int i, profile, j;

	(void)state;
	for (i = 0; i < model->count; i++)
		for (profile = 0; profile < OHT_PROFILES; profile++) {
			const struct ohtd_plan *plan = &model->kinds[i].plan[profile];
			unsigned int seen[OHTD_REGISTERS_MAX] = { 0 };

			ohtd_blocks_cut(plan->map, plan->signal, OHTD_SIGNALS_POLLED, marks, &blocks);
			assert_true(blocks.polls > 0);
			check_blocks(plan->map, blocks.poll, blocks.polls, seen);
			check_blocks(plan->map, blocks.sweep, blocks.sweeps, seen);
			for (j = 0; j < plan->map->count; j++)
				assert_int_equal(seen[j],
						 plan->map->reg[j].access != OHT_ACCESS_WO);
			for (j = 0; j < OHTD_SIGNALS_POLLED; j++)
				assert_true(plan->signal[j] < (int)plan->map->count);
		}
	ohtd_model_free(model);
}

/* What the energy is counted from costs no request more than the charge. */
static void one_request_reads_charge_voltage_and_current(void **state)
{
	static const char *const names[] = { "battery_voltage", "battery_current", "battery_soc", "cell_voltage_max",
					     "cell_voltage_min" };
	struct ohtd_model *model = load_shipped_model();
	const uint8_t marks[OHTD_REGISTERS_MAX] = { 0 };
	struct ohtd_blocks blocks = { 0 };

	(void)state;
	for (unsigned int profile = 0; profile < OHT_PROFILES; profile++) {
		const struct ohtd_plan *plan = &ohtd_model_by_unit(model, 2)->plan[profile];

		ohtd_blocks_cut(plan->map, plan->signal, OHTD_SIGNALS_POLLED, marks, &blocks);
		assert_int_equal(blocks.polls, 1);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			int place = (int)(oht_regmap_find(plan->map, names[i]) - plan->map->reg);

			assert_true(ohtd_block_has(&blocks.poll[0], &place, 1));
		}
	}
	ohtd_model_free(model);
}

static void marked_registers_stand_alone_or_not_at_all(void **state)
{
	struct ohtd_model *model = load_shipped_model();
	const struct ohtd_plan *plan = &ohtd_model_by_unit(model, 3)->plan[0];
	uint8_t marks[OHTD_REGISTERS_MAX] = { 0 };
	unsigned int seen[OHTD_REGISTERS_MAX] = { 0 };
	struct ohtd_blocks blocks = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < plan->map->count; i++)
		marks[i] = (uint8_t)(i % (OHTD_MARK_SINGLE + 1));
	ohtd_blocks_cut(plan->map, plan->signal, OHTD_SIGNALS_POLLED, marks, &blocks);
	check_blocks(plan->map, blocks.poll, blocks.polls, seen);
	check_blocks(plan->map, blocks.sweep, blocks.sweeps, seen);
	for (i = 0; i < plan->map->count; i++)
		assert_int_equal(seen[i], marks[i] != OHTD_MARK_UNKNOWN &&
					  plan->map->reg[i].access != OHT_ACCESS_WO);
	for (i = 0; i < blocks.sweeps; i++)
		if (!ohtd_mark_joins(marks[blocks.sweep[i].first]))
			assert_int_equal(blocks.sweep[i].registers, 1);
	ohtd_model_free(model);
}

#define SIGNALS "signal,profile,module,register\n"
#define PROBES "module,address,count,when,shows,sight\n"
#define ROW "power,0x14,1,nonzero,canonical,each\n"
#define LED SIGNALS "set_speed_1,canonical,travel_motor,motor1_speed\n" \
	"set_direction_1,canonical,travel_motor,motor1_direction\n" \
	"set_speed_2,canonical,travel_motor,motor2_speed\n" \
	"set_direction_2,canonical,travel_motor,motor2_direction\n"
#define PLAN_HEAD \
	"module,period_cycles,phase_cycles,timeout_us,turnaround_us,loss_action,loss_errors,output\n"

/* A copy of the shipped folder with one file replaced. */
static bool loads_with(const char *file, const char *content)
{
	char dir[] = "/tmp/oht-model-XXXXXX";
	char command[512];
	char path[128];
	struct ohtd_model *model;

	assert_int_equal(scratch_make(dir), 0);
	snprintf(command, sizeof(command), "cp %s/*.csv %s", OHT_SOURCE_DATADIR, dir);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (content)
		scratch_put(dir, file, content);
	else
		unlink(path);
	error[0] = '\0';
	model = ohtd_model_load(dir, NULL, error);
	/* By this the daemon tells what another start may mend. */
	assert_true(model || errno == (content ? EINVAL : ENOENT));
	ohtd_model_free(model);
	assert_int_equal(scratch_remove(dir), 0);
	return model != NULL;
}

static void bad_files_are_refused_in_one_line(void **state)
{
	static const struct {
		const char *file;
		const char *content;
		const char *complaint;
	} cases[] = {
		{ "plan.csv", NULL, "plan.csv" },
		{ "plan.csv", PLAN_HEAD, "'power' is missing" },
		{ "plan.csv", PLAN_HEAD "engine,1,0,20000,1750,none,4,\n", "'engine'" },
		{ "plan.csv", PLAN_HEAD "safety,1,0,20000,1750,none,4,\n"
		  "safety,1,0,20000,1750,none,4,\n",
		  "given twice" },
		{ "plan.csv", PLAN_HEAD "safety,2,0,20000,1750,none,4,\n", "not the poll period" },
		{ "plan.csv", PLAN_HEAD "dock_location,4,4,35000,1750,none,4,\n", "'4'" },
		{ "plan.csv", PLAN_HEAD "safety,1,0,999,500,none,4,\n", "'999'" },
		{ "plan.csv", PLAN_HEAD "safety,1,0,20001,1750,none,4,\n", "'20001'" },
		{ "plan.csv", PLAN_HEAD "safety,1,0,20000,20001,none,4,\n", "'20001'" },
		{ "plan.csv", PLAN_HEAD "safety,1,0,20000,1750,estop,4,\n", "'estop'" },
		{ "plan.csv", PLAN_HEAD "safety,1,0,20000,1750,stop,0,\n", "must be 1" },
		{ "plan.csv", PLAN_HEAD "safety,1,0,20000,1750,stop,256,\n", "'256'" },
		{ "plan.csv", PLAN_HEAD "travel_motor,2,0,5000,1750,none,6,set_speed_3\n",
		  "'set_speed_3'" },
		{ "plan.csv", PLAN_HEAD "power,2,0,5000,1750,none,6,set_speed_1\n",
		  "signals.csv has no" },
		{ "plan.csv", PLAN_HEAD "travel_motor,2,0,5000,1750,none,6,set_speed_1\n"
		  "travel_motor,2,1,5000,1750,none,6,set_speed_1\n", "given twice" },
		{ "plan.csv", PLAN_HEAD "travel_motor,0,0,5000,1750,none,6,set_speed_1\n",
		  "every 1 to 8 cycles" },
		{ "plan.csv", PLAN_HEAD "travel_motor,9,0,5000,1750,none,6,set_speed_1\n",
		  "every 1 to 8 cycles" },
		{ "plan.csv", PLAN_HEAD "travel_motor,2,2,5000,1750,none,6,set_speed_1\n", "'2'" },
		{ "plan.csv", PLAN_HEAD "travel_motor,2,0,25001,1750,none,6,set_speed_1\n",
		  "'25001'" },
		{ "plan.csv", PLAN_HEAD "power,20,2,30000,1750,none,2,\n"
		  "safety,1,0,20000,1750,stop,4,\n"
		  "travel_motor,1,0,25000,1750,none,6,\ndock_location,4,1,35000,1750,none,9,\n",
		  "no row writes output 'set_speed_1'" },
		{ "signals.csv", NULL, "signals.csv" },
		{ "signals.csv", SIGNALS "set_speed_1,canonical,travel_motor,motor1_actual_speed\n",
		  "not a writable register" },
		{ "signals.csv", SIGNALS "set_speed_1,canonical,travel_motor,motor1_enable\n",
		  "not a writable register" },
		{ "signals.csv", SIGNALS "set_speed_1,canonical,travel_motor,motor3_speed\n",
		  "'motor3_speed'" },
		{ "signals.csv", SIGNALS "set_speed_1,canonical,travel_motor,motor1_control_mode\n",
		  "does not take 0" },
		{ "signals.csv", SIGNALS "set_speed_1,canonical,travel_motor,motor1_speed\n"
		  "set_speed_1,common,travel_motor,motor1_speed\n", "twice" },
		{ "signals.csv", SIGNALS "set_speed_1,canonical,travel_motor,motor1_speed\n"
		  "set_speed_1,legacy,power,charger_voltage_setpoint\n",
		  "another module is the drive" },
		{ "signals.csv", SIGNALS "set_speed_1,common,travel_motor,motor1_speed\n",
		  "'motor1_speed'" },
		{ "signals.csv", SIGNALS "set_speed_1,canonical,travel_motor,motor1_speed\n"
		  "set_direction_1,canonical,travel_motor,motor1_direction\n"
		  "set_speed_2,canonical,travel_motor,motor2_speed\n"
		  "set_direction_2,canonical,travel_motor,motor2_direction\n"
		  "set_speed_1,legacy,travel_motor,speed_target\n",
		  "'set_speed_1' without 'set_direction_1' in profile legacy" },
		{ "signals.csv", SIGNALS "set_speed_1,canonical,travel_motor,motor1_speed\n",
		  "signals.csv has no such register" },
		{ "signals.csv", "signal,profile,module\n", "register" },
		{ "signals.csv", "signal,profile,module,register\nx,common,power,battery_soc\n",
		  "'x'" },
		{ "signals.csv",
		  "signal,profile,module,register\nbattery_percent,new,power,battery_soc\n",
		  "'new'" },
		{ "signals.csv",
		  "signal,profile,module,register\nbattery_percent,common,engine,battery_soc\n",
		  "'engine'" },
		{ "signals.csv",
		  "signal,profile,module,register\nbattery_percent,common,power,fuel\n",
		  "'fuel'" },
		{ "signals.csv",
		  "signal,profile,module,register\n"
		  "battery_percent,common,power,reset_error_command\n",
		  "reset_error_command" },
		{ "signals.csv",
		  "signal,profile,module,register\nbattery_percent,common,power,battery_soc\n"
		  "battery_percent,legacy,power,battery_soc\n",
		  "twice" },
		{ "signals.csv", LED "tag_id,legacy,dock_location,rfid_tag_id\n", "tag_present" },
		{ "signals.csv", LED "tag_present,legacy,dock_location,rfid_read_status\n",
		  "tag_id" },
		{ "signals.csv", LED "tag_id,legacy,dock_location,rfid_tag_id\n"
		  "tag_present,legacy,dock_location,proximity_1\n", "one request" },
		{ "loss.csv", "module,lost_ms,lost_moving_ms,escalate_ms\npower,1000,1000,0\n",
		  "safety" },
		{ "loss.csv", "module,lost_ms,lost_moving_ms,escalate_ms\npower,5,5,0\n", "'5'" },
		{ "loss.csv", "module,lost_ms,lost_moving_ms,escalate_ms\npower,-1,5,0\n", "'-1'" },
		{ "probes.csv", PROBES "power,0x14,0,nonzero,canonical,each\n", "'0'" },
		{ "probes.csv", PROBES "power,0x14,9,nonzero,canonical,each\n", "'9'" },
		{ "probes.csv", PROBES "power,0x14,1,zero,canonical,each\n", "'zero'" },
		{ "probes.csv", PROBES "power,0x14,1,nonzero,common,each\n", "'common'" },
		{ "probes.csv", PROBES "power,0x14,1,nonzero,canonical,often\n", "'often'" },
		/* What both profiles have may be a setting or a measurement of either. */
		{ "probes.csv", PROBES "safety,0x40,4,falling,legacy,each\n", "'each'" },
		{ "probes.csv", PROBES "travel_motor,0x0D,4,nonzero,legacy,each\n", "'each'" },
		{ "probes.csv", PROBES ROW ROW ROW ROW ROW, "more than 4" },
		{ "telegrams.csv",
		  "telegram,profile,module,register,value\nstop,canonical,power,battery_soc,0\n",
		  "battery_soc" },
		{ "telegrams.csv",
		  "telegram,profile,module,register,value\n"
		  "stop,canonical,travel_motor,motor1_enable,2\n",
		  "'2'" },
		{ "telegrams.csv",
		  "telegram,profile,module,register,value\n"
		  "go,canonical,travel_motor,motor1_enable,1\n",
		  "'go'" },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (loads_with(cases[i].file, cases[i].content))
			fail_msg("accepted: %s", cases[i].content);
		if (!strstr(error, cases[i].complaint) || strchr(error, '\n'))
			fail_msg("'%s' does not say %s", error, cases[i].complaint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_data_says_what_it_should),
		cmocka_unit_test(blocks_cover_every_map),
		cmocka_unit_test(one_request_reads_charge_voltage_and_current),
		cmocka_unit_test(marked_registers_stand_alone_or_not_at_all),
		cmocka_unit_test(bad_files_are_refused_in_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
