#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run the self-tests of /dev/oht0, as root, and print what came of them (TAP): run_selftest.sh [-l] [-s] [-d FOLDER] [-t TEST]...
#   -l          print the names of the tests and stop
#   -s          summary: what a program prints goes into files, whose folder is named at the end
#   -d FOLDER   where the programs are (default: beside this script)
#   -t TEST     only this one; may be given more than once
# Harmless: no output rises, nothing is written on the bus, no driver is taken away. These variables allow more, each with 1:
#   OHT_SELFTEST_ENABLE   the outputs rise: nothing may be connected that moves
#   OHT_SELFTEST_WRITE    writes on the bus, to addresses 244 to 247 and to all; counters in sysfs are set to 0
#   OHT_SELFTEST_UNBIND   the driver is taken off its device and put back, the module out of the kernel and back
# On the bus only addresses 244 to 247 are asked: no module may have one. Does nothing while a controller has the device.
# Ends with 0: all have passed, or were skipped in part; 1: one has failed; 4: all were skipped; 2: wrong words.
# A plain POSIX shell is enough.

skipped_code=4
timed_out_code=124

# Where links lead to: the command of the package is one.
here=$(dirname "$(readlink -f "$0")")
folder=$here
summary='' list='' tests=''

fail()
{
	echo "run_selftest.sh: $*" >&2
	exit 2
}

while getopts lsd:t: option; do
	case "$option" in
	l) list=1 ;;
	s) summary=1 ;;
	d) folder=$OPTARG ;;
	t) tests="$tests ${OPTARG#oht:}" ;;
	*) fail "usage: run_selftest.sh [-l] [-s] [-d FOLDER] [-t TEST]..." ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 0 ] || fail "unknown '$1': a test is named with -t"

[ -n "$tests" ] || tests=$(sed -n 's/^oht://p' "$folder/kselftest-list.txt" 2>/dev/null)
[ -n "$tests" ] || fail "no tests in $folder: give -t TEST, or the folder of make install with -d"
for test in $tests; do
	case "$test" in
	*/* | .*) fail "'$test' is no name of a test" ;;
	esac
	[ -x "$folder/$test" ] || fail "there is no test '$test' in $folder"
done
if [ -n "$list" ]; then
	for test in $tests; do
		echo "oht:$test"
	done
	exit 0
fi

limit_s=$(sed -n 's/^timeout=\([0-9][0-9]*\)$/\1/p' "$here/settings" 2>/dev/null)
limit_s=${limit_s:-45}
[ -z "$summary" ] || logs=$(mktemp -d "${TMPDIR:-/tmp}/oht-selftest.XXXXXX") || fail "no folder for the logs"

# One program, for so many seconds: a signal after them, and another one 10 s later.
run_limited()
{
	if command -v timeout >/dev/null; then
		timeout -k 10 "$limit_s" "$folder/$1" </dev/null 2>&1
	else
		"$folder/$1" </dev/null 2>&1
	fi
}

# Its output, or a log of it; sets $code.
run_one()
{
	if [ -n "$summary" ]; then
		run_limited "$1" >"$logs/$1"
		code=$?
		return
	fi
	# The code goes past the pipe.
	exec 4>&1
	code=$({ { run_limited "$1"; echo $? >&3; } | sed 's/^/# /' >&4; } 3>&1)
	exec 4>&-
}

count=0 failed=0 skipped=0
echo "TAP version 13"
# shellcheck disable=SC2086 # one word per test
set -- $tests
echo "1..$#"
for test; do
	count=$((count + 1))
	echo "# selftests: oht: $test"
	run_one "$test"
	case "$code" in
	0)
		echo "ok $count selftests: oht: $test"
		;;
	"$skipped_code")
		skipped=$((skipped + 1))
		echo "ok $count selftests: oht: $test # SKIP"
		;;
	"$timed_out_code" | 137 | 143)
		failed=$((failed + 1))
		echo "not ok $count selftests: oht: $test # TIMEOUT $limit_s seconds"
		;;
	*)
		failed=$((failed + 1))
		echo "not ok $count selftests: oht: $test # exit=$code"
		;;
	esac
done
[ -z "$summary" ] || echo "# what they have printed is in $logs"
[ "$failed" -eq 0 ] || exit 1
[ "$skipped" -lt "$count" ] || exit "$skipped_code"
