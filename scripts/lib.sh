# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What every script here shares: where things are, and how to say what is wrong. Sourced, never run.

# shellcheck disable=SC2034 # used by those who source this
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/oht
native_arch=$(dpkg --print-architecture)
# The emulated board, and the compiler that builds for it.
board_arch=arm64
board_triplet=aarch64-linux-gnu
# Held by build-image while it reads what the builds have made, and by a build while it replaces that.
image_lock=$top/build/.image.lock

# Another apt on the machine is waited for, and a mirror that fails once is asked again.
apt_patience=(-o DPkg::Lock::Timeout=120 -o Acquire::Retries=5)
# A build that holds a lock for longer than this hangs.
lock_wait_s=1800

# die MESSAGE... : one line saying what is wrong and what to do
die()
{
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

# packages SECTION : the packages of that section, one per line
packages()
{
	awk -v want="[$1]" '
		/^[[:space:]]*(#|$)/ { next }
		/^\[/ { here = ($1 == want); next }
		here { print $1 }' "$top/scripts/packages.txt"
}

# fetch_packages FOLDER PACKAGE... : download the current version of each into FOLDER. Lists that are older than the mirror name
# versions that are gone from it, so that a refusal is followed by new lists and a second attempt.
fetch_packages()
{
	local folder=$1 log
	shift
	log=$folder/apt.log
	if ! (cd "$folder" && apt-get "${apt_patience[@]}" download -q "$@" >"$log" 2>&1) &&
		! { "$top/scripts/install-packages" --update >>"$log" 2>&1 &&
			(cd "$folder" && apt-get "${apt_patience[@]}" download -q "$@" >"$log" 2>&1); }; then
		grep -E '^E:' "$log" | head -n 3 >&2 || true
		die "cannot download $*; check the network, then run scripts/install-packages --update"
	fi
}

# unpack_package NAME ARCH : into the cache, whole or not at all; sets $work, which is to be removed when cut short
unpack_package()
{
	local root=$cache/packages/$1 deb
	mkdir -p "$cache/packages"
	work=$(mktemp -d "$cache/packages/.fetch.XXXXXX")
	fetch_packages "$work" "$1:$2"
	for deb in "$work"/*.deb; do
		dpkg -x "$deb" "$work/root"
	done
	rm -rf "$root"
	mv "$work/root" "$root"
	rm -rf "$work"
}

# depends_on PACKAGE PATTERN : the first dependency of PACKAGE that matches PATTERN, without architecture
depends_on()
{
	apt-cache depends "$1" 2>/dev/null |
		sed -nE 's/^ *\|?Depends: <?([^:<> ]*).*/\1/p' | grep -E -m 1 -- "$2" || true
}

# jobs : how many compilers to run at a time
jobs_count()
{
	printf '%s\n' "${OHT_JOBS:-$(nproc)}"
}

# single FILE COMMAND... : run COMMAND while holding FILE locked, so that two builds do not meet
single()
{
	local lock=$1
	shift
	mkdir -p "$(dirname "$lock")"
	(
		flock -w "$lock_wait_s" 9 || die "$lock has been held for $lock_wait_s s; 'fuser $lock' names who holds it"
		# Without the lock: what outlives this build must not keep it.
		"$@" 9>&-
	) 9>"$lock"
}

# kernel_tree KIND : the folder of the kernel `stock`, `rt`, `newer`, `debug`, `kcsan` or of a release in the cache:
# release (the name of it), build/ (make tree for modules), boot/vmlinuz* or Image, lib/modules. `amd64` and `armhf` have
# only the first two.
kernel_tree()
{
	local tree
	case "$1" in
	debug | kcsan)
		"$top/scripts/build-debug-kernel" "$1" >&2
		;;
	stock | rt | newer | amd64 | armhf)
		[ -e "$cache/kernels/$1/build" ] || "$top/scripts/fetch-kernels" "$1" >&2
		;;
	*)
		for tree in "$cache"/kernels/*/; do
			[ "$(cat "$tree/release" 2>/dev/null)" = "$1" ] || continue
			(cd "$tree" && pwd -P)
			return 0
		done
		die "no kernel '$1' in $cache/kernels; give stock, rt, newer, debug, kcsan, amd64, armhf or a release that is there"
		;;
	esac
	[ -e "$cache/kernels/$1/build" ] || return 1
	(cd "$cache/kernels/$1/" && pwd -P)
}

# kernel_make KIND : what make needs to build for that kernel, a word each. For armhf that is all but the last step:
# Debian's modpost of a 64-bit machine takes the device tables of a 32-bit kernel for wrong.
kernel_make()
{
	case "$1" in
	amd64) printf '%s\n' ARCH=x86 "CROSS_COMPILE=$([ "$native_arch" = amd64 ] || echo x86_64-linux-gnu-)" modules ;;
	armhf) printf '%s\n' ARCH=arm CROSS_COMPILE=arm-linux-gnueabihf- kernel/ tests/guest/ ;;
	*) printf '%s\n' "ARCH=$board_arch" "CROSS_COMPILE=$board_triplet-" modules ;;
	esac
}
