#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The API of ohtd with nothing but curl: recipes.sh RECIPE... < password
#
#   robot    what the robot does            stop     stop it: latched, outputs low
#   follow   its live data, until Ctrl-C    reset    open the latch; role supervisor
#                                           enable   take control, switch the outputs on
#
# OHT_URL (https://localhost:8443), OHT_CA (ca.crt, from OHT_URL/ca.crt) and OHT_USER (operator) say where and who. The
# password is one line of standard input. A refusal is printed, with its code and what is in the way, and ends with 22.
set -euo pipefail

api=${OHT_URL:-https://localhost:8443}/api/v1
ca=${OHT_CA:-ca.crt}
user=${OHT_USER:-operator}

# ask METHOD PATH [curl's options]: with the token, which everybody could read among the arguments of a program
ask()
{
	local method=$1 path=$2
	shift 2
	curl --silent --show-error --fail-with-body --cacert "$ca" --request "$method" \
		--header @<(printf 'Authorization: Bearer %s\n' "$token") "$@" "$api/$path"
}

# change PATH [BODY]
change()
{
	ask POST "$1" --max-time 20 --header 'Content-Type: application/json' --data "${2:-"{}"}"
	echo
}

# POST auth/login answers with access_token, good for some minutes.
login()
{
	local password body answer
	IFS= read -r password || [ -n "$password" ] || { echo "recipes.sh: no password on standard input" >&2; exit 2; }
	body=$(printf '%s\0%s' "$user" "$password" | python3 -c 'import json, sys
user, password = sys.stdin.read().split("\0")
print(json.dumps({"username": user, "password": password}))')
	answer=$(curl --silent --show-error --fail-with-body --max-time 20 --cacert "$ca" \
		--header 'Content-Type: application/json' --data @- "$api/auth/login" <<<"$body") || {
		local status=$?
		echo "$answer"
		exit $status
	}
	token=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])' <<<"$answer")
}

robot() { ask GET robot --max-time 20; echo; }

# Two events a second in each channel; "id" of the last one as the header Last-Event-ID goes on behind it.
follow() { ask GET 'stream?channel=safety,robot' --no-buffer; }

stop() { change safety/stop; }
reset() { change safety/reset; }

# Only who is in control may switch outputs on.
enable()
{
	change control
	change safety/enable '{"valid_for_ms":2000}'
}

[ $# -gt 0 ] || set -- --help
for recipe; do
	case $recipe in
	robot | follow | stop | reset | enable) ;;
	*)
		echo "usage: recipes.sh robot|follow|stop|reset|enable... < password" >&2
		exit 2
		;;
	esac
done
login
for recipe; do
	"$recipe"
done
