# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion of ohtctl(1)
_ohtctl() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local verbs='info status stats scan read write mask exchange identify raw watch plan safety admin'
	local modules='power safety travel_motor dock_location'
	local options='--device --json --fc --function --timeout-ms --retries --interval-ms --rounds
		--cycle-us --stop-budget-us --whole-cycles --deadman-ms --report --by --key --step-timeout-s
		--profile --data --all --force --socket --config --role --password-stdin --help --version'

	case $before in
	--device)
		mapfile -t COMPREPLY < <(compgen -f -- "${word:-/dev/oht}")
		return ;;
	--report | --key)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return ;;
	--data)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return ;;
	--profile)
		mapfile -t COMPREPLY < <(compgen -W 'canonical legacy' -- "$word")
		return ;;
	--fc | --function)
		mapfile -t COMPREPLY < <(compgen -W '1 2 3 4 5 6 15 16' -- "$word")
		return ;;
	watch)
		[[ ${COMP_WORDS[COMP_CWORD-2]} == plan || ${COMP_WORDS[COMP_CWORD-2]} == safety ]] && return
		mapfile -t COMPREPLY < <(compgen -W "$modules" -- "$word")
		return ;;
	read | write | mask | exchange | identify | raw)
		mapfile -t COMPREPLY < <(compgen -W "$modules" -- "$word")
		return ;;
	plan)
		mapfile -t COMPREPLY < <(compgen -W 'status check load clear watch' -- "$word")
		return ;;
	check | load)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return ;;
	admin)
		mapfile -t COMPREPLY < <(compgen -W 'list create reset disable enable' -- "$word")
		return ;;
	--role)
		mapfile -t COMPREPLY < <(compgen -W 'viewer operator supervisor administrator' -- "$word")
		return ;;
	--socket | --config)
		mapfile -t COMPREPLY < <(compgen -f -- "${word:-/run/oht/}")
		return ;;
	safety)
		mapfile -t COMPREPLY < <(compgen -W 'status stop reset enable disable selftest commission telegrams journal latency watch' -- "$word")
		return ;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	elif [[ $COMP_CWORD -eq 1 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$word")
	fi
}
complete -F _ohtctl ohtctl
