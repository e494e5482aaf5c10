# bash completion for otwatch: source <(otwatch completion bash)
_otwatch() {
	local cur=${COMP_WORDS[COMP_CWORD]} word
	COMPREPLY=()
	# Words have names of processes in them: nothing in them may be expanded, as compgen -W does.
	while IFS= read -r word; do
		[[ $word == "$cur"* ]] && COMPREPLY+=("$(printf %q "$word")")
	done < <(OTWATCH_SHELL=bash "${COMP_WORDS[@]:0:COMP_CWORD}" --generate-bash-completion 2>/dev/null)
}
complete -o default -F _otwatch otwatch
