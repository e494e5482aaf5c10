# fish completion for otwatch: otwatch completion fish | source
function __otwatch_words
	set -l words (commandline --tokens-expanded --cut-at-cursor 2>/dev/null; or commandline -opc)
	set -l found (OTWATCH_SHELL=fish $words --generate-bash-completion 2>/dev/null)
	if test (count $found) -gt 0
		printf '%s\n' $found
	else
		__fish_complete_path (commandline -ct)
	end
end
complete -c otwatch -f -a '(__otwatch_words)'
