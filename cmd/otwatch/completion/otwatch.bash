# bash completion for otwatch: source <(otwatch completion bash)
_otwatch() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local IFS=$'\n'
	COMPREPLY=($(compgen -W "$(OTWATCH_SHELL=bash "${COMP_WORDS[@]:0:COMP_CWORD}" --generate-bash-completion 2>/dev/null)" -- "$cur"))
}
complete -o default -F _otwatch otwatch
