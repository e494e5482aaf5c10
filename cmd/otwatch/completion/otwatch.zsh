#compdef otwatch
# zsh completion for otwatch: source <(otwatch completion zsh), or as _otwatch in $fpath
_otwatch() {
	local -a words_; words_=("${(@f)$(OTWATCH_SHELL=zsh ${words[@]:0:$((CURRENT - 1))} --generate-bash-completion 2>/dev/null)}")
	if [[ -n "${words_[1]}" ]]; then
		_describe otwatch words_
	else
		_files
	fi
}
if [[ "$funcstack[1]" = _otwatch ]]; then
	_otwatch
else
	compdef _otwatch otwatch
fi
