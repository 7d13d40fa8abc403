# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion of ohtctl(1)
# Where a log-in is kept.
_ohtctl_urls() {
	local file name
	for file in "${XDG_STATE_HOME:-$HOME/.local/state}"/oht/*.json; do
		[[ -e $file ]] || continue
		name=$(basename "$file" .json)
		echo "https://${name%_*}:${name##*_}"
	done
}

_ohtctl() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local verbs='info doctor support accept status stats scan read write mask exchange identify raw events watch monitor plan robot safety control module profile bus telemetry history timeline analytics export config audit service mission battery schedule scenario alerts webhooks backup jobs logs login elevate logout agents whoami foxglove key course certificate user device admin'
	local modules='power safety travel_motor dock_location'
	local options='--device --json --fc --function --timeout-ms --retries --interval-ms --rounds --count
		--cycle-us --stop-budget-us --whole-cycles --deadman-ms --report --stop-report --by --key --drive --step-timeout-s
		--profile --data --all --any-unit --append --force --safety --bus --dump --socket --config --role
		--password-stdin --password-file --code --after-stop --url --fingerprint --level --station --reason --confirm-within
		--at-standstill --wait
		--another-robot --not-encrypted --with-history --without-history --seconds --root --check --calibration --from --to --who --act --object --result --limit --kind --points --csv --format --output --continue --help --version'

	case $before in
	--device)
		mapfile -t COMPREPLY < <(compgen -f -- "${word:-/dev/oht}")
		return ;;
	--report | --stop-report | --key | --password-file | --output | -o)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return ;;
	--data | --root)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return ;;
	--profile)
		mapfile -t COMPREPLY < <(compgen -W 'canonical legacy' -- "$word")
		return ;;
	--fc | --function)
		mapfile -t COMPREPLY < <(compgen -W '1 2 3 4 5 6 15 16' -- "$word")
		return ;;
	events)
		mapfile -t COMPREPLY < <(compgen -W "$modules" -- "$word")
		return ;;
	read | write | mask | exchange | identify | raw | --drive)
		mapfile -t COMPREPLY < <(compgen -W "$modules" -- "$word")
		return ;;
	accept)
		mapfile -t COMPREPLY < <(compgen -W 'identity modules sensors battery clock stop limits motion stations backup certificate users webhooks alerts' -- "$word")
		return ;;
	plan)
		mapfile -t COMPREPLY < <(compgen -W 'status check load clear watch' -- "$word")
		return ;;
	profile)
		mapfile -t COMPREPLY < <(compgen -W 'check new' -- "$word")
		return ;;
	config)
		mapfile -t COMPREPLY < <(compgen -W 'get set check diff export import versions show rollback mark rescue pending confirm extend give-up' -- "$word")
		return ;;
	get | set)
		mapfile -t COMPREPLY < <(compgen -W "$(ohtctl config get 2>/dev/null | cut -d ' ' -f 1)" -- "$word")
		return ;;
	check | load | import)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return ;;
	module)
		mapfile -t COMPREPLY < <(compgen -W 'list show registers read write ping reset quarantine release' -- "$word")
		return ;;
	bus)
		mapfile -t COMPREPLY < <(compgen -W 'status plan statistics' -- "$word")
		return ;;
	audit)
		mapfile -t COMPREPLY < <(compgen -W 'list head verify forget' -- "$word")
		return ;;
	history)
		mapfile -t COMPREPLY < <(compgen -W 'summary' -- "$word")
		return ;;
	service)
		mapfile -t COMPREPLY < <(compgen -W 'status done distance hours starts' -- "$word")
		return ;;
	mission)
		mapfile -t COMPREPLY < <(compgen -W 'list show legs make copy export import check start pause resume drain cancel add release delete' -- "$word")
		return ;;
	battery)
		mapfile -t COMPREPLY < <(compgen -W 'status release withdraw' -- "$word")
		return ;;
	schedule)
		mapfile -t COMPREPLY < <(compgen -W 'list add release withdraw delete' -- "$word")
		return ;;
	scenario)
		mapfile -t COMPREPLY < <(compgen -W 'list start show mend end' -- "$word")
		return ;;
	alerts)
		mapfile -t COMPREPLY < <(compgen -W 'acknowledge comment comments shelve unshelve shelves summary history rules try' -- "$word")
		return ;;
	rules)
		mapfile -t COMPREPLY < <(compgen -W 'add set delete' -- "$word")
		return ;;
	webhooks)
		mapfile -t COMPREPLY < <(compgen -W 'list add test secret remove log resend' -- "$word")
		return ;;
	backup)
		mapfile -t COMPREPLY < <(compgen -W 'list make verify save restore withdraw delete' -- "$word")
		return ;;
	jobs)
		mapfile -t COMPREPLY < <(compgen -W 'cancel' -- "$word")
		return ;;
	registers | ping | quarantine)
		mapfile -t COMPREPLY < <(compgen -W "$modules" -- "$word")
		return ;;
	control)
		mapfile -t COMPREPLY < <(compgen -W 'show take release take-over hand-over' -- "$word")
		return ;;
	robot)
		mapfile -t COMPREPLY < <(compgen -W 'status facts stations interlocks commands mode limits teach move jog home dock undock position override pause resume stop queue cancel' -- "$word")
		return ;;
	limits)
		mapfile -t COMPREPLY < <(compgen -W 'reload' -- "$word")
		return ;;
	elevate)
		mapfile -t COMPREPLY < <(compgen -W 'end' -- "$word")
		return ;;
	admin)
		mapfile -t COMPREPLY < <(compgen -W 'list create reset disable enable cert keys restart' -- "$word")
		return ;;
	user)
		mapfile -t COMPREPLY < <(compgen -W 'profile set reset-code import waiting approve reject end-pin totp' -- "$word")
		return ;;
	device)
		mapfile -t COMPREPLY < <(compgen -W 'list accept reject remove' -- "$word")
		return ;;
	totp)
		mapfile -t COMPREPLY < <(compgen -W 'begin confirm recovery off remove' -- "$word")
		return ;;
	key)
		mapfile -t COMPREPLY < <(compgen -W 'account list make rotate end' -- "$word")
		return ;;
	course)
		mapfile -t COMPREPLY < <(compgen -W 'list show add require' -- "$word")
		return ;;
	certificate)
		mapfile -t COMPREPLY < <(compgen -W 'list due grant revoke ask second' -- "$word")
		return ;;
	keys)
		mapfile -t COMPREPLY < <(compgen -W 'show rotate' -- "$word")
		return ;;
	cert)
		mapfile -t COMPREPLY < <(compgen -W 'show renew renew-authority ca qr' -- "$word")
		return ;;
	--kind)
		mapfile -t COMPREPLY < <(compgen -W 'stop alert command setting start clock transition' -- "$word")
		return ;;
	--level)
		mapfile -t COMPREPLY < <(compgen -W 'error warning notice info debug' -- "$word")
		return ;;
	--by)
		mapfile -t COMPREPLY < <(compgen -W 'hour day shift' -- "$word")
		return ;;
	--format)
		mapfile -t COMPREPLY < <(compgen -W 'csv ndjson mcap' -- "$word")
		return ;;
	--url)
		mapfile -t COMPREPLY < <(compgen -W "$(_ohtctl_urls)" -- "$word")
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
