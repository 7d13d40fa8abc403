// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl profile check, profile new: register maps that a user puts beside the built-in ones. */
#include "cmd.h"

#include <string.h>

#include <json-c/json.h>

#include "cli.h"
#include "common/modmap.h"
#include "show.h"

/* A file that is wrong from end to end is not told to its end. */
#define COMPLAINTS_MAX	1000

static const char template[] =
	"# Registers of modules, beside those that ohtd knows. Lines that begin with # are comments.\n"
	"#\n"
	"# 1. Change the rows below; one row is one value.\n"
	"# 2. ohtctl profile check THIS-FILE says all that is wrong.\n"
	"# 3. Put the file into the folder profiles of ohtd's state (/var/lib/oht/profiles/NAME.csv),\n"
	"#    restart ohtd, and look at ohtctl module registers UNIT.\n"
	"#\n"
	"# profile        canonical, legacy, or common: the layout of the module (ohtctl module list)\n"
	"# module         power, safety, travel_motor, dock_location, or system: all of them\n"
	"# address        of the first word, 0 to 0xFFFF, as on the wire; free in the built-in map\n"
	"# name           a-z, 0-9 and _, once in a module\n"
	"# label, unit, description    for people\n"
	"# access         RO, RW, or WO: a command, which is never read\n"
	"# type           u16, i16, bool, bits: one word; u32, i32, string: two, the low word first\n"
	"# scale          value = raw x scale: 0.1, 1, 0.001; 1 for bool, bits and string\n"
	"# min, max       raw numbers, or empty; a write outside is refused\n"
	"# default        raw, or empty; what the simulator begins with\n"
	"# write_level    none for RO; else supervisor or administrator, or operator for what only stops\n"
	"# safety_critical    yes: a write needs an elevated session\n"
	"# motion         yes: a write can move the robot; it is refused\n"
	"# history        empty, or the name of the signal that it is: then its values are kept and drawn,\n"
	"#                and rules and exports know it; the column may be left out\n"
	"# none           empty, or up to 4 numbers as on the wire (0xFFFF 0x8000) by which the module says that\n"
	"#                it has no value; the column may be left out\n"
	"# fault          empty, or which values are a fault of the module, for which the robot stops or a person\n"
	"#                should look: stop 1-65535, of bits alert 0x52 stop 0x2D; the column may be left out\n"
	"profile,module,address,name,label,access,type,scale,unit,min,max,default,write_level,"
	"safety_critical,motion,description,history,none,fault\n"
	"common,power,0x0150,fan_speed,Fan speed,RO,u16,1,rpm,0,6000,0,none,no,no,Of the charger.,fan_rpm,,\n"
	"common,power,0x0151,fan_limit,Fan limit,RW,u16,1,rpm,0,6000,3000,supervisor,no,no,"
	"The fan stays below.,,,\n"
	"legacy,travel_motor,0x0180,oil_temperature,Oil temperature,RO,i16,0.1,degC,-400,1500,,none,"
	"no,no,Of the gearbox.,oil_deg_c,0x7FFF 0x8000,\n"
	"legacy,travel_motor,0x0181,oil_fault,Oil fault,RO,u16,1,,,,0,none,no,no,0=none 1=hot 2=no oil.,,,alert 1 stop 2\n";

struct check {
	struct oht_complaints complaints;
	struct cli *cli;
	struct json_object *list;	/* NULL: they are printed */
	unsigned int count;
};

static void take(struct oht_complaints *complaints, const char *line)
{
	struct check *check = (struct check *)complaints;

	if (check->count++ >= COMPLAINTS_MAX)
		return;
	if (check->list)
		json_object_array_add(check->list, json_object_new_string(line));
	else
		fprintf(check->cli->out, "%s\n", line);
}

static int show_verdict(struct check *check, const char *path, size_t registers, bool good)
{
	const char *s = check->count == 1 ? "" : "s";
	struct cli *cli = check->cli;
	struct json_object *object;

	if (!cli->json && good && check->count) {
		fprintf(cli->out, "%s: %zu registers, %u complaint%s; ohtd would use it\n", path, registers, check->count, s);
		return CLI_DONE;
	}
	if (!cli->json && good) {
		fprintf(cli->out, "%s: %zu registers, nothing is wrong\n", path, registers);
		return CLI_DONE;
	}
	if (!cli->json)
		return cli_fail(cli, CLI_FAILED, "%s: %u complaint%s; ohtd would not use it", path,
				check->count, s);
	object = json_object_new_object();
	show_add_text(object, "file", path);
	show_add_bool(object, "good", good);
	show_add_number(object, "registers", (int64_t)registers);
	show_add_number(object, "count", check->count);
	json_object_object_add(object, "complaints", check->list);
	show_json(cli, object);
	return good ? CLI_DONE : CLI_FAILED;
}

int cmd_profile_check(struct cli *cli, int count, char **arguments)
{
	struct check check = { .complaints.take = take, .cli = cli };
	char error[OHT_ERROR_BYTES];
	struct oht_modmap *map;
	size_t registers;
	bool good;

	(void)count;
	/* A map of its own, which what is checked changes. */
	if (oht_modmap_load(cli->data_dir, &map, error))
		return cli_fail(cli, CLI_FAILED, "%s; --data names the directory of modules.csv", error);
	if (cli->json)
		check.list = json_object_new_array();
	good = !oht_modmap_add(map, arguments[0], &check.complaints, &registers, error);
	oht_modmap_free(map);
	return show_verdict(&check, arguments[0], registers, good);
}

int cmd_profile_new(struct cli *cli, int count, char **arguments)
{
	struct json_object *object;

	(void)count;
	(void)arguments;
	if (!cli->json) {
		fputs(template, cli->out);
		return CLI_DONE;
	}
	object = json_object_new_object();
	show_add_text(object, "template", template);
	show_json(cli, object);
	return CLI_DONE;
}
