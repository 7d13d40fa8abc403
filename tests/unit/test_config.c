// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

#include "config/config.h"
#include "config/locals.h"
#include "config/origins.h"
#include "base/log.h"

static char path[] = "/tmp/ohtd-config-XXXXXX";
static struct ohtd_config config;
static char why[512];

static int set_up(void **state)
{
	(void)state;
	strcpy(path + strlen(path) - 6, "XXXXXX");
	close(mkstemp(path));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static int load_bytes(const char *text, size_t bytes)
{
	FILE *f = fopen(path, "w");

	fwrite(text, 1, bytes, f);
	fclose(f);
	*why = 0;
	return ohtd_config_load(&config, path, why, sizeof(why));
}

static int load(const char *text)
{
	return load_bytes(text, strlen(text));
}

/* @expected: what stands behind the file's name */
static void refuse(const char *text, const char *expected)
{
	if (!load(text))
		fail_msg("accepted: %s", text);
	assert_memory_equal(why, path, strlen(path));
	assert_string_equal(why + strlen(path), expected);
	assert_null(strchr(why, '\n'));
}

static void empty_file_means_defaults(void **state)
{
	(void)state;
	assert_int_equal(load("\n"), 0);
	assert_string_equal(config.listen.host, "127.0.0.1");
	assert_int_equal(config.listen.port, 8443);
	assert_int_equal(config.backend, OHTD_BACKEND_KERNEL);
	assert_string_equal(config.device, "/dev/oht0");
	assert_string_equal(config.state_dir, "/var/lib/oht");
	assert_int_equal(config.loops, sysconf(_SC_NPROCESSORS_ONLN) < 2 ? 2 : 4);
	assert_int_equal(config.gateway, 0);
	assert_string_equal(config.gateway_write_from, "");
	assert_int_equal(config.log_level, OHTD_LOG_INFO);
}

static void remarks_stand_behind_any_value(void **state)
{
	(void)state;
	assert_int_equal(load("[paths]  # where\nstate = /var/lib/oht   # the SD card\nweb = /web ; page\n"
			      "socket = /run/s\t# here\n[bus] ;\nbackend = rtu #\n"
			      "tty = /dev/ttyS1 ; the second\nparity = even # as the modules\n"), 0);
	assert_string_equal(config.state_dir, "/var/lib/oht");
	assert_string_equal(config.web_dir, "/web");
	assert_string_equal(config.socket, "/run/s");
	assert_string_equal(config.tty, "/dev/ttyS1");
	assert_int_equal(config.parity, 'E');
	/* Copied from a page, blanks that do not break look the same. */
	assert_int_equal(load("[paths]\nstate\xc2\xa0=\xc2\xa0/var/lib/oht\xc2\xa0# the SD card\nweb = /w\xc2\xa0\n"), 0);
	assert_string_equal(config.state_dir, "/var/lib/oht");
	assert_string_equal(config.web_dir, "/w");
	refuse("[paths]\nstate = # none\n", ":2: state must be an absolute path of less than 256 bytes, not ''");
	refuse("[paths]\nstate # = /x\n", ":2: expected 'key = value', found 'state'");
}

/* A folder that a remark has become a part of would be that of another robot. */
static void remarks_without_a_space_are_no_part_of_a_path(void **state)
{
	static const char *const marks[] = { "#", ";", "\xe2\x80\x83", "\xe2\x80\xaf", "\xe3\x80\x80", "\xe2\x80\x8b" };
	char text[256], said[256], there[64];

	(void)state;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		snprintf(text, sizeof(text), "[paths]\n\nstate = /var/lib%scard\n", marks[i]);
		snprintf(said, sizeof(said), ":3: state = /var/lib%scard: is not there, and has '%s' in it; a remark begins with # or ; "
			 "behind a space", marks[i], marks[i]);
		refuse(text, said);
	}
	refuse("[paths]\nsocket = /run/s#here\n", ":2: socket = /run/s#here: is not there, and has '#' in it; a remark begins with "
	       "# or ; behind a space");
	assert_int_equal(load("[paths]\nstate = /no/such folder\n"), 0);
	snprintf(there, sizeof(there), "%s#b;c", path);
	assert_int_equal(symlink(path, there), 0);
	snprintf(text, sizeof(text), "[paths]\nready_file = %s\n", there);
	assert_int_equal(load(text), 0);
	assert_int_equal(unlink(there), 0);
	assert_string_equal(config.ready_file, there);
}

static void what_a_power_cut_leaves_is_refused(void **state)
{
	(void)state;
	refuse("", ": the file is empty, as after a power cut: restore it");
	assert_int_not_equal(load_bytes("\0\0\0\0", 4), 0);
	assert_non_null(strstr(why, ":1: a zero byte, as a power cut leaves in a file: restore the file"));
	assert_int_not_equal(load_bytes("[http]\nloops = 2\n\0\0", 19), 0);
	assert_non_null(strstr(why, ":3: a zero byte"));
}

static void example_file_says_the_defaults(void **state)
{
	struct ohtd_config defaults;

	(void)state;
	load("\n");
	defaults = config;
	if (ohtd_config_load(&config, SOURCE_DIR "/userspace/etc/ohtd.conf", why, sizeof(why)))
		fail_msg("%s", why);
	assert_memory_equal(&config, &defaults, sizeof(config));
}

static void everything_can_be_set(void **state)
{
	struct ohtd_gateway_rights rights;
	(void)state;
	assert_int_equal(load("# comment\r\n; another\n\n[http]\r\nlisten = [::1]:0\r\n"
			      "names = agv_01. 192.0.2.1 fe80::1\nloops=2\nconnections = 99\n"
			      "trusted_proxies = 127.0.0.1, 10.0.0.0/9 2001:db8::/33\n"
			      "logins_per_s = 1\nchanges_per_s = 2\nqueries_per_s = 0\n"
			      "[paths]\nstate = /s\ndata\t=\t/d\nready_file = /r\n"
			      "[tls]\ncertificate = /c\nkey = /k\n"
			      "[bus]\nbackend = rtu\ntty = /dev/pts/9\nbaud = 19200\n"
			      "parity = even\nstop_bits = 2\nquiet_us = 3000\ntime_factor = 20\n[robot]\nauto_enable = yes\nsimulated = yes\n"
			      "realtime_priority = 0\ncpu = 0\n[log]\nlevel = debug\n"
			      "[gateway]\nlisten = [::]:1502\nwrite_from = ::ffff:192.0.2.1, ::1 FE80:0::2\n"
			      "write_registers = 1:7,247:0xFFFF 2:65535\nidle_s = 1\nfresh_ms = 0\n"), 0);
	assert_string_equal(config.names[0], "agv_01");
	assert_int_equal(config.name_count, 3);
	assert_true(ohtd_config_is_proxy(&config, "127.0.0.1"));
	assert_false(ohtd_config_is_proxy(&config, "127.0.0.2"));
	assert_true(ohtd_config_is_proxy(&config, "10.127.255.255"));
	assert_false(ohtd_config_is_proxy(&config, "10.128.0.0"));
	assert_true(ohtd_config_is_proxy(&config, "2001:db8:7fff::1"));
	assert_false(ohtd_config_is_proxy(&config, "2001:db8:8000::1"));
	assert_false(ohtd_config_is_proxy(&config, "unknown"));
	assert_int_equal(config.gateway, 1);
	assert_string_equal(config.gateway_listen.host, "::");
	assert_int_equal(config.gateway_listen.port, 1502);
	assert_null(ohtd_rights_read_writers(&rights, config.gateway_write_from, NULL));
	assert_int_equal(rights.writers, 3);
	assert_string_equal(rights.writer[2], "fe80::2");
	assert_true(ohtd_rights_has_writer(&rights, "192.0.2.1") && !ohtd_rights_has_writer(&rights, "192.0.2.10"));
	assert_null(ohtd_rights_read_writables(&rights, config.gateway_write_registers, NULL));
	assert_int_equal(rights.writables, 3);
	assert_true(ohtd_rights_has_writable(&rights, 247, 0xffff) && !ohtd_rights_has_writable(&rights, 247, 7));
	assert_int_equal(config.gateway_idle_s, 1);
	assert_int_equal(config.gateway_fresh_ms, 0);
	assert_string_equal(config.listen.host, "::1");
	assert_int_equal(config.listen.port, 0);
	assert_int_equal(config.name_count, 3);
	assert_string_equal(config.names[2], "fe80::1");
	assert_int_equal(config.logins_per_s, 1);
	assert_int_equal(config.changes_per_s, 2);
	assert_int_equal(config.queries_per_s, 0);
	assert_int_equal(config.loops, 2);
	assert_string_equal(config.data_dir, "/d");
	/* The page goes with the program, and not with the tables of a site. */
	assert_string_equal(config.web_dir + strlen(config.web_dir) - 8, "/oht/web");
	assert_int_equal(config.backend, OHTD_BACKEND_RTU);
	assert_string_equal(config.tty, "/dev/pts/9");
	assert_int_equal(config.baud_bps, 19200);
	assert_int_equal(config.parity, 'E');
	assert_int_equal(config.stop_bits, 2);
	assert_int_equal(config.quiet_us, 3000);
	assert_int_equal(config.time_factor, 20);
	assert_int_equal(config.auto_enable, 1);
	assert_int_equal(config.simulated, 1);
	assert_int_equal(config.cpu, 0);
	assert_int_equal(config.log_level, OHTD_LOG_DEBUG);
}

static void syntax_is_refused_with_its_line(void **state)
{
	(void)state;
	refuse("listen = 1.2.3.4:5\n", ":1: 'listen = 1.2.3.4:5' stands before the first [section]");
	refuse("\n[http\n", ":2: not a section: '[http'");
	refuse("[]\n", ":1: not a section: '[]'");
	refuse("[http]\nlisten\n", ":2: expected 'key = value', found 'listen'");
	refuse("[http]\n= 3\n", ":2: expected 'key = value', found '= 3'");
	refuse("[http]\nlevel\x01 = 3\n", ":2: control byte 0x01");
	refuse("[http]\na = \x1b[31m\n", ":2: control byte 0x1b");
	/* The byte order mark of an editor is skipped in front of all else, and nowhere else. */
	refuse("\xef\xbb\xbf[http]\nport = 8443\n", ":2: unknown key 'port' in section [http]");
	refuse("\n\xef\xbb\xbf[http]\n", ":2: expected 'key = value', found '\xef\xbb\xbf[http]'");
	refuse("\xef\xbb", ":1: expected 'key = value', found '\xef\xbb'");
}

static void nul_byte_and_long_line_are_refused(void **state)
{
	static const char nul[] = "[http]\nlisten = 127.0.0.1:1\0x\n";
	char text[1200];

	(void)state;
	assert_int_equal(load_bytes(nul, sizeof(nul) - 1), -1);
	assert_non_null(strstr(why, ":2: a zero byte"));
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 0;
	refuse(text, ":1: line longer than 1022 bytes");
}

static void unknown_and_repeated_keys_are_refused(void **state)
{
	(void)state;
	refuse("[http]\nport = 8443\n", ":2: unknown key 'port' in section [http]");
	refuse("[htp]\nlisten = 127.0.0.1:1\n", ":2: unknown key 'listen' in section [htp]");
	refuse("[log]\nlevel = info\n[http]\n[log]\nlevel = debug\n",
	       ":5: 'level' was already set in line 2");
}

static void wrong_values_are_refused(void **state)
{
	static const char *const not_one[] = { "0.0.0.0", "::", "::ffff:0.0.0.0", "255.255.255.255", "224.0.0.1", "ff02::1" };

	(void)state;
	refuse("[http]\nlisten = 8443\n",
	       ":2: listen must be ADDRESS:PORT or [IPV6]:PORT, not '8443'");
	refuse("[http]\nlisten = localhost:8443\n",
	       ":2: listen must be ADDRESS:PORT or [IPV6]:PORT, not 'localhost:8443'");
	refuse("[http]\nlisten = ::1:8443\n",
	       ":2: listen must be ADDRESS:PORT or [IPV6]:PORT, not '::1:8443'");
	refuse("[http]\nlisten = 127.0.0.1:65536\n",
	       ":2: listen must be ADDRESS:PORT or [IPV6]:PORT, not '127.0.0.1:65536'");
	refuse("[http]\nlisten = 127.0.0.1:-1\n",
	       ":2: listen must be ADDRESS:PORT or [IPV6]:PORT, not '127.0.0.1:-1'");
	refuse("[http]\nconnections = 7\n", ":2: connections must be 8 to 4096, not '7'");
	refuse("[http]\nconnections = 99999999999999999999\n",
	       ":2: connections must be 8 to 4096, not '99999999999999999999'");
	refuse("[http]\nchanges_per_s = -1\n",
	       ":2: changes_per_s must be 0 to 10000, not '-1'");
	refuse("[http]\nlogins_per_s = 10001\n",
	       ":2: logins_per_s must be 0 to 10000, not '10001'");
	refuse("[http]\nloops = 1x\n", ":2: loops must be 0 to 16, not '1x'");
	refuse("[http]\nloops =\n", ":2: loops must be 0 to 16, not ''");
	refuse("[http]\nnames = a/b\n", ":2: names has 'a/b', which is no name and no address");
	refuse("[http]\nnames = -a\n", ":2: names has '-a', which is no name and no address");
	refuse("[http]\nnames = a..b\n", ":2: names has 'a..b', which is no name and no address");
	refuse("[http]\ntrusted_proxies = proxy.example\n",
	       ":2: trusted_proxies has 'proxy.example', which is no address and no ADDRESS/BITS");
	refuse("[http]\ntrusted_proxies = 10.0.0.0/33\n",
	       ":2: trusted_proxies has '10.0.0.0/33', which is no address and no ADDRESS/BITS");
	refuse("[http]\ntrusted_proxies = ::1/\n",
	       ":2: trusted_proxies has '::1/', which is no address and no ADDRESS/BITS");
	refuse("[bus]\nbackend = usb\n", ":2: backend must be kernel or rtu, not 'usb'");
	refuse("[bus]\nparity = N\n", ":2: parity must be none, even or odd, not 'N'");
	refuse("[bus]\nbaud = 300\n", ":2: baud must be 1200 to 1000000, not '300'");
	refuse("[robot]\nsimulated = maybe\n", ":2: simulated must be yes or no, not 'maybe'");
	refuse("[robot]\nauto_enable = 1\n", ":2: auto_enable must be yes or no, not '1'");
	refuse("[gateway]\nlisten = on\n",
	       ":2: listen must be off, ADDRESS:PORT or [IPV6]:PORT, not 'on'");
	refuse("[gateway]\nwrite_from = 192.0.2.0/24\n",
	       ":2: write_from has '192.0.2.0/24', which is no address of one machine, as 192.0.2.20");
	refuse("[gateway]\nwrite_from = plc.example\n",
	       ":2: write_from has 'plc.example', which is no address of one machine, as 192.0.2.20");
	refuse("[gateway]\nwrite_from = 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 1.1.1.9\n",
	       ":2: write_from has '1.1.1.9', which is one more than 8");
	for (size_t i = 0; i < sizeof(not_one) / sizeof(not_one[0]); i++) {
		char text[96], expected[128];

		snprintf(text, sizeof(text), "[gateway]\nwrite_from = 192.0.2.20,%s\n", not_one[i]);
		snprintf(expected, sizeof(expected), ":2: write_from has '%s', which is no address of one machine, as 192.0.2.20", not_one[i]);
		refuse(text, expected);
	}
	refuse("[gateway]\nidle_s = 0\n", ":2: idle_s must be 1 to 3600, not '0'");
	refuse("[gateway]\nfresh_ms = 10001\n", ":2: fresh_ms must be 0 to 10000, not '10001'");
	refuse("[log]\nlevel = loud\n",
	       ":2: level must be error, warning, notice, info or debug, not 'loud'");
	refuse("[paths]\nstate = var\n",
	       ":2: state must be an absolute path of less than 256 bytes, not 'var'");
}

static void registers_of_the_gateway_are_checked(void **state)
{
	static const char *const bad[] = {
		"7", "0:7", "248:7", "2:65536", "2:0x10000", "2:", ":7", "2:7x", "-2:7", "2:-7", "2:0x", "2;7",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[96], expected[128];

		snprintf(text, sizeof(text), "[gateway]\nwrite_registers = 2:1 %s\n", bad[i]);
		snprintf(expected, sizeof(expected),
			 ":2: write_registers has '%s', which is not UNIT:REGISTER, as 1:7 or 2:0x4D", bad[i]);
		refuse(text, expected);
	}
}

static void roles_of_local_users_are_checked(void **state)
{
	static const struct {
		const char *text, *part, *why;
	} bad[] = {
		{ "1=viewer 1001", "1001", "which is not USER=ROLE, @GROUP=ROLE or *=ROLE, as 1001=operator" },
		{ "=viewer", "=viewer", "which is not USER=ROLE, @GROUP=ROLE or *=ROLE, as 1001=operator" },
		{ "@=viewer", "@=viewer", "which is not USER=ROLE, @GROUP=ROLE or *=ROLE, as 1001=operator" },
		{ "-1=viewer", "-1=viewer", "which is not USER=ROLE, @GROUP=ROLE or *=ROLE, as 1001=operator" },
		{ "4294967295=viewer", "4294967295=viewer", "which is not USER=ROLE, @GROUP=ROLE or *=ROLE, as 1001=operator" },
		{ "42949672960=viewer", "42949672960=viewer", "which is not USER=ROLE, @GROUP=ROLE or *=ROLE, as 1001=operator" },
		{ "a/b=viewer", "a/b=viewer", "which is not USER=ROLE, @GROUP=ROLE or *=ROLE, as 1001=operator" },
		{ "abcdefghijklmnopqrstuvwxyz0123456=viewer", "abcdefghijklmnopqrstuvwxyz0123456=viewer",
		  "which is not USER=ROLE, @GROUP=ROLE or *=ROLE, as 1001=operator" },
		{ "ros=pilot", "ros=pilot", "whose role is not none, viewer, operator, supervisor or administrator" },
		{ "ros=", "ros=", "whose role is not none, viewer, operator, supervisor or administrator" },
		{ "ros=viewer,ros=operator", "ros=operator", "of which there is an entry in front of it" },
		{ "*=viewer *=none", "*=none", "of which there is an entry in front of it" },
		{ "0=viewer", "0=viewer", "but root is always administrator" },
		{ "root=none", "root=none", "but root is always administrator" },
		{ "1=viewer 2=viewer 3=viewer 4=viewer 5=viewer 6=viewer 7=viewer 8=viewer 9=viewer 10=viewer 11=viewer 12=viewer 13=viewer "
		  "14=viewer 15=viewer 16=viewer 17=viewer", "17=viewer", "which is one more than 16" },
	};
	struct ohtd_config_locals locals;
	struct ohtd_part part;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *found = ohtd_config_locals_read(&locals, bad[i].text, &part);

		assert_non_null(found);
		assert_string_equal(found, bad[i].why);
		assert_true(part.has);
		assert_int_equal(part.bytes, strlen(bad[i].part));
		assert_memory_equal(part.text, bad[i].part, part.bytes);
	}
}

static void pages_elsewhere_are_checked(void **state)
{
	static const char *const bad[] = {
		"*", "null", "panel.example", "https://", "https://*.example", "https://panel.example/", "https://panel.example:443", "https://panel.example:0",
		"https://panel.example:65536", "https://panel.example:08", "https://Panel.example", "https://anna@panel.example", "https://-a", "https://a.",
		"https://[::1", "https://[]", "http://localhost:80", "wss://panel.example", "https://panel.example:8443:1", "https://panel.example:999999",
		"https://a b",
	};
	static const char good[] = "https://panel.example, https://192.0.2.7:8443 https://[fe80::1]:1 http://localhost:5173";
	struct ohtd_part part;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_non_null(ohtd_config_origins_check(bad[i], &part));
		assert_true(part.has && part.bytes);
	}
	assert_string_equal(ohtd_config_origins_check("http://panel.example", &part), "whose page anybody on the way could change: http is for localhost only");
	assert_string_equal(ohtd_config_origins_check("https://a https://b https://c https://d https://e https://f https://g https://h https://i", &part),
			    "which is one more than 8");
	assert_memory_equal(part.text, "https://i", part.bytes);
	assert_null(ohtd_config_origins_check("", &part));
	assert_null(ohtd_config_origins_check(good, &part));
	assert_true(ohtd_config_origins_has(good, "https://192.0.2.7:8443", 22));
	assert_false(ohtd_config_origins_has(good, "https://192.0.2.7:844", 21));
	assert_false(ohtd_config_origins_has(good, "https://192.0.2.7:84430", 23));
	assert_false(ohtd_config_origins_has(good, "", 0));
	assert_false(ohtd_config_origins_has("", "null", 4));
}

/* @text: entries. The user 1001 has the group 50 and the further groups 60 and 70. */
static enum ohtd_role role_by(const char *text, uid_t uid)
{
	static const gid_t groups[] = { 60, 70 };
	const struct ohtd_config_peer peer = { .uid = uid, .gid = 50, .groups = groups, .group_count = 2 };
	struct ohtd_config_locals locals;

	assert_null(ohtd_config_locals_read(&locals, text, NULL));
	ohtd_config_locals_find(&locals);
	return ohtd_config_locals_role(&locals, &peer);
}

static void a_user_decides_before_groups_and_these_before_all_others(void **state)
{
	(void)state;
	assert_int_equal(role_by("", 1001), OHTD_ROLE_NONE);
	assert_int_equal(role_by("", 0), OHTD_ROLE_ADMINISTRATOR);
	assert_int_equal(role_by("*=none @0=none", 0), OHTD_ROLE_ADMINISTRATOR);
	assert_int_equal(role_by("@70=supervisor @50=viewer 1001=operator", 1001), OHTD_ROLE_OPERATOR);
	assert_int_equal(role_by("@70=supervisor 1001=none *=viewer", 1001), OHTD_ROLE_NONE);
	assert_int_equal(role_by("@60=viewer,@70=supervisor @50=operator", 1001), OHTD_ROLE_SUPERVISOR);
	assert_int_equal(role_by("@50=operator", 1001), OHTD_ROLE_OPERATOR);
	assert_int_equal(role_by("@60=none *=operator", 1001), OHTD_ROLE_NONE);
	assert_int_equal(role_by("@80=administrator 1002=administrator 50=administrator", 1001), OHTD_ROLE_NONE);
	assert_int_equal(role_by("1002=administrator *=viewer", 1001), OHTD_ROLE_VIEWER);
	/* Names of this machine, which each has; a name without an id is no user, root least of all. */
	assert_int_equal(role_by("bin=operator", 2), OHTD_ROLE_OPERATOR);
	assert_int_equal(role_by("no-such-user=administrator @no-such-group=administrator", 1001), OHTD_ROLE_NONE);
	assert_int_equal(role_by("@root=administrator *=viewer", 1001), OHTD_ROLE_VIEWER);
}

static void contradictions_are_refused(void **state)
{
	(void)state;
	/* A list without an entry is none. */
	assert_int_equal(load("[gateway]\nwrite_from = ,\nwrite_registers = , ,\n"), 0);
	assert_string_equal(config.gateway_write_from, "");
	refuse("[gateway]\nwrite_from = ,\nwrite_registers = 1:7\n", ":3: 'write_registers' needs 'write_from' beside it");
	refuse("[gateway]\nwrite_from = ::1\n", ":2: 'write_from' needs 'write_registers' beside it");
	refuse("[gateway]\nwrite_registers = 1:7\n",
	       ":2: 'write_registers' needs 'write_from' beside it");
	refuse("[bus]\nbackend = rtu\n", ":2: backend = rtu needs 'tty'");
	refuse("[bus]\ntty = /dev/ttyS0\n", ":2: 'tty' contradicts backend = kernel");
	refuse("[bus]\nbaud = 9600\nbackend = kernel\n",
	       ":2: 'baud' contradicts backend = kernel");
	refuse("[bus]\nbackend = rtu\ntty = /dev/ttyS0\ndevice = /dev/oht0\n",
	       ":4: 'device' contradicts backend = rtu");
	refuse("[tls]\ncertificate = /c\n", ":2: 'certificate' needs 'key' beside it");
	refuse("[tls]\nkey = /k\n", ":2: 'key' needs 'certificate' beside it");
	refuse("[bus]\ntime_factor = 2\n", ":2: time_factor = 2 needs simulated = yes in [robot]");
	refuse("[robot]\nclock = /c\n", ":2: clock needs simulated = yes in [robot]");
	refuse("[robot]\nsimulated = yes\nclock = c\n",
	       ":3: clock must be an absolute path of less than 256 bytes, not 'c'");
	refuse("[bus]\noutputs = yes\n", ":2: outputs must be none or simulated, not 'yes'");
	refuse("[bus]\noutputs = simulated\n", ":2: 'outputs' contradicts backend = kernel");
	refuse("[bus]\nbackend = rtu\ntty = /dev/ttyS0\noutputs = simulated\n",
	       ":4: outputs = simulated needs simulated = yes in [robot]");
	refuse("[robot]\nsimulated = no\n[bus]\ntime_factor = 20\n",
	       ":4: time_factor = 20 needs simulated = yes in [robot]");
}

static void a_real_robot_spares_its_card(void **state)
{
	static const struct {
		const char *text;
		unsigned int flush_s;
	} files[] = {
		{ "\n", 10 }, { "[history]\nflush_s = 1\n", 7 }, { "[history]\nflush_s = 6\n", 7 }, { "[history]\nflush_s = 7\n", 7 },
		{ "[history]\nflush_s = 60\n", 60 }, { "[history]\nflush_s = 1\n[robot]\nsimulated = yes\n", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(load(files[i].text), 0);
		assert_int_equal(ohtd_config_flush_s(&config), files[i].flush_s);
	}
}

static void files_that_cannot_be_read_are_refused(void **state)
{
	(void)state;
	assert_int_equal(ohtd_config_load(&config, "/nonexistent/x", why, sizeof(why)), -1);
	assert_string_equal(why, "/nonexistent/x: No such file or directory");
	assert_int_equal(ohtd_config_load(&config, "/tmp", why, sizeof(why)), -1);
	assert_string_equal(why, "/tmp:1: Is a directory");
	/* Opens, and its first byte cannot be read: no fault of the text, so the caller must hear which one. */
	assert_int_equal(ohtd_config_load(&config, "/proc/self/mem", why, sizeof(why)), -1);
	assert_int_equal(errno, EIO);
	assert_string_equal(why, "/proc/self/mem:1: Input/output error");
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(empty_file_means_defaults),
		CASE(remarks_stand_behind_any_value),
		CASE(remarks_without_a_space_are_no_part_of_a_path),
		CASE(what_a_power_cut_leaves_is_refused),
		CASE(example_file_says_the_defaults),
		CASE(everything_can_be_set),
		CASE(syntax_is_refused_with_its_line),
		CASE(nul_byte_and_long_line_are_refused),
		CASE(unknown_and_repeated_keys_are_refused),
		CASE(wrong_values_are_refused),
		CASE(registers_of_the_gateway_are_checked),
		CASE(pages_elsewhere_are_checked), CASE(roles_of_local_users_are_checked), CASE(a_user_decides_before_groups_and_these_before_all_others),
		CASE(contradictions_are_refused),
		CASE(a_real_robot_spares_its_card),
		CASE(files_that_cannot_be_read_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
