// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of the disk, of the log of the system, and of who may do what. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli.h"
#include "common/disk_low.h"
#include "doctor.h"
#include "show.h"

#define STATE		"/var/lib/oht"
#define CONFIG		"/etc/oht/ohtd.conf"

/* Of an eMMC (JEDEC 5.1): tenths of its life that are used; 10: 90 to 100 %, 11: more. */
#define WORN_TENTHS	10
/* Its reserve of blocks: 1 normal, 2 most of it used, 3 nearly all. */
#define RESERVE_NORMAL	1

void doctor_look_at_disk(struct doctor *doctor)
{
	static const char mend[] = "apt clean; journalctl --vacuum-size=100M; a smaller /history/size_mib of the configuration";
	char path[PATH_MAX], room[SHOW_NAME_BYTES], least[SHOW_NAME_BYTES];
	uint64_t free_bytes, low_bytes;
	struct statvfs disk;

	doctor_path(doctor, path, STATE);
	if (statvfs(path, &disk)) {
		doctor_unknown(doctor, NULL, "%s cannot be looked at: %s", STATE, strerror(errno));
		return;
	}
	free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	low_bytes = oht_disk_low_bytes((uint64_t)disk.f_blocks * disk.f_frsize);
	show_size((int64_t)free_bytes, room);
	show_size((int64_t)low_bytes, least);
	if (disk.f_flag & ST_RDONLY)
		doctor_wrong(doctor, "dmesg says why; mount -o remount,rw, and look whether the disk is at its end",
			     "the disk of %s can only be read", STATE);
	else if (free_bytes < low_bytes)
		doctor_wrong(doctor, mend, "the disk of %s has %s left, less than %s", STATE, room, least);
	else if (disk.f_files && !disk.f_favail)
		doctor_wrong(doctor, "delete files that are not needed: df -i", "the disk of %s takes no further file", STATE);
	else
		doctor_ok(doctor, "%s free for %s", room, STATE);
}

/* A member of the disk on which the state folder is: of the disk itself, or of the one whose partition it is. */
static int read_of_disk(const struct doctor *doctor, dev_t disk, const char *member, char text[DOCTOR_TEXT_BYTES])
{
	unsigned int high = major(disk), low = minor(disk);
	int result = doctor_read(doctor, text, "/sys/dev/block/%u:%u/device/%s", high, low, member);

	return result ? doctor_read(doctor, text, "/sys/dev/block/%u:%u/../device/%s", high, low, member) : 0;
}

void doctor_look_at_wear(struct doctor *doctor)
{
	char path[PATH_MAX], life[DOCTOR_TEXT_BYTES], reserve[DOCTOR_TEXT_BYTES];
	unsigned int a = 0, b = 0, state = 0;
	struct stat folder;

	doctor_path(doctor, path, STATE);
	if (stat(path, &folder)) {
		doctor_unknown(doctor, NULL, "%s cannot be looked at: %s", STATE, strerror(errno));
		return;
	}
	if (read_of_disk(doctor, folder.st_dev, "life_time", life) || sscanf(life, "%x %x", &a, &b) != 2 || (!a && !b)) {
		doctor_unknown(doctor, "for NVMe: nvme smart-log; an SD card does not say it", "the disk of %s does not say how worn it is", STATE);
		return;
	}
	if (read_of_disk(doctor, folder.st_dev, "pre_eol_info", reserve) || sscanf(reserve, "%x", &state) != 1)
		state = 0;
	if (b > a)
		a = b;
	if (a >= WORN_TENTHS)
		doctor_wrong(doctor, "make a backup, keep it elsewhere, and replace the disk", "the eMMC is at the end of its life: more than %u %% is used",
			     (a - 1) * 10);
	else if (state > RESERVE_NORMAL)
		doctor_wrong(doctor, "make a backup, keep it elsewhere, and replace the disk", "the eMMC has used up most of its reserve of blocks");
	else
		doctor_ok(doctor, "the eMMC says that at most %u %% of its life is used", a * 10);
}

void doctor_look_at_log(struct doctor *doctor)
{
	if (doctor_exists(doctor, "/var/log/journal"))
		doctor_ok(doctor, "the journal of the system is on the disk");
	else if (doctor_exists(doctor, "/run/log/journal"))
		doctor_wrong(doctor, "mkdir /var/log/journal; systemctl restart systemd-journald",
			     "the journal of the system is in memory: a reboot loses what came before it");
	else
		doctor_unknown(doctor, NULL, "no journal of systemd is here");
}

/* One file or folder that must not let others in, as far as it is there. False after a finding. */
static bool is_closed(struct doctor *doctor, const char *file, mode_t others)
{
	char path[PATH_MAX], action[DOCTOR_TEXT_BYTES];
	struct stat found;

	doctor_path(doctor, path, "%s", file);
	if (stat(path, &found) || !(found.st_mode & others))
		return true;
	snprintf(action, sizeof(action), "chmod %s %s; it may have been copied: docs/operations.md",
		 S_ISDIR(found.st_mode) ? "0700" : others == S_IWOTH ? "o-w" : "0600", file);
	doctor_wrong(doctor, action, "others may %s %s: mode %04o", others == S_IWOTH ? "change" : "use", file, found.st_mode & 07777U);
	return false;
}

/* Groups and user of the packages. False after a finding. */
static bool has_accounts(struct doctor *doctor)
{
	static const char *const groups[] = { "oht", "oht-watch", "oht-admin" };

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (doctor_account(doctor, "group", groups[i]) < 0) {
			doctor_wrong(doctor, "apt install --reinstall ohtctl", "there is no group %s", groups[i]);
			return false;
		}
	if (doctor_account(doctor, "passwd", "oht") < 0) {
		doctor_wrong(doctor, "apt install --reinstall ohtctl", "there is no user oht");
		return false;
	}
	return true;
}

/* A file that is there belongs to oht. False after a finding. */
static bool is_owned(struct doctor *doctor, const char *file, bool by_group)
{
	char path[PATH_MAX];
	struct stat found;
	int64_t wanted = doctor_account(doctor, by_group ? "group" : "passwd", "oht");

	doctor_path(doctor, path, "%s", file);
	if (stat(path, &found) || wanted == (by_group ? found.st_gid : found.st_uid))
		return true;
	if (by_group)
		doctor_wrong(doctor, "udevadm trigger /sys/class/oht/oht0; is /lib/udev/rules.d/60-oht.rules there?", "%s does not belong to the group oht", file);
	else
		doctor_wrong(doctor, "chown -R oht:oht " STATE, "%s does not belong to the user oht", file);
	return false;
}

void doctor_look_at_permissions(struct doctor *doctor)
{
	static const char *const keys[] = { "token.key", "token.keys", "totp.key", "audit.key", "ca.key", "server.key" };
	char file[PATH_MAX];
	bool is_right;

	if (!doctor_exists(doctor, "/etc/oht") && !doctor_exists(doctor, STATE)) {
		doctor_unknown(doctor, NULL, "neither /etc/oht nor %s is there: the packages are not installed", STATE);
		return;
	}
	if (!has_accounts(doctor))
		return;
	is_right = is_owned(doctor, STATE, false);
	is_right &= is_owned(doctor, doctor->cli->device, true);
	is_right &= is_closed(doctor, doctor->cli->device, S_IRWXO);
	is_right &= is_closed(doctor, CONFIG, S_IWOTH);
	is_right &= is_closed(doctor, STATE, S_IRWXG | S_IRWXO);
	doctor_path(doctor, file, STATE "/.");
	if (is_right && doctor_exists(doctor, STATE) && access(file, R_OK | X_OK)) {
		doctor_unknown(doctor, "run it as root", "the keys in %s cannot be looked at: %s", STATE, strerror(errno));
		return;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(file, sizeof(file), STATE "/%s", keys[i]);
		is_right &= is_closed(doctor, file, S_IRWXG | S_IRWXO);
	}
	if (is_right)
		doctor_ok(doctor, "device, configuration, state folder and keys are closed to other accounts");
}
