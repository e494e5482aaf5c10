package main

import (
	"embed"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/untrusted"
)

//go:embed completion
var completions embed.FS

// shells are those that have a script in completion.
var shells = []string{"bash", "zsh", "fish"}

// shellVariable names the shell for which a script of completion asks for words.
const shellVariable = "OTWATCH_SHELL"

// asksForWords reports whether a script of completion asks what may follow the arguments of
// another command, which package cli does not see after "--". These have no words of ours:
// the shell proposes files.
func asksForWords(args []string) bool {
	return os.Getenv(shellVariable) != "" && len(args) > 0 && args[len(args)-1] == "--generate-bash-completion"
}

func completionCommand(stdout *os.File) *cli.Command {
	return &cli.Command{
		Name:  "completion",
		Usage: "print the script that completes commands in a shell",
		Description: "The script completes commands, options and some of their values, such as the pids and names of processes that\n" +
			"can be watched (all of them in a root shell, else your own).\n\n" +
			"   source <(otwatch completion bash)                       in ~/.bashrc\n" +
			"   source <(otwatch completion zsh)                        in ~/.zshrc, after compinit\n" +
			"   otwatch completion fish > ~/.config/fish/completions/otwatch.fish",
		UsageText:    "otwatch completion bash|zsh|fish",
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			shell := c.Args().First()
			if c.NArg() != 1 || !slices.Contains(shells, shell) {
				return onUsageError(c, fmt.Errorf("which shell: got %q, want one of %s", strings.Join(c.Args().Slice(), " "), strings.Join(shells, ", ")), true)
			}
			script, err := completions.ReadFile("completion/otwatch." + shell)
			if err != nil {
				return err
			}
			_, err = stdout.Write(script)
			return outputError(err)
		},
	}
}

// word is a completion.
type word struct{ text, says string }

// completable makes all commands answer what the scripts of completion ask. args are those
// of the process, which end with the word before the cursor.
func completable(app *cli.App, args []string) {
	app.EnableBashCompletion = true
	app.BashComplete = func(*cli.Context) {
		var words []word
		for _, command := range app.VisibleCommands() {
			words = append(words, word{command.Name, command.Usage})
		}
		write(app.Writer, words)
	}
	completeAll(app.Writer, app.Commands, args)
}

func completeAll(w io.Writer, commands []*cli.Command, args []string) {
	for _, command := range commands {
		command.BashComplete = func(*cli.Context) { write(w, wordsOf(command, args)) }
		completeAll(w, command.Subcommands, args)
	}
}

// wordsOf are what may follow: values of an option, if it has some, or else options.
func wordsOf(command *cli.Command, args []string) (words []word) {
	for _, sub := range command.Subcommands {
		words = append(words, word{sub.Name, sub.Usage})
	}
	last := ""
	if len(args) > 1 {
		last = args[len(args)-2]
	}
	for _, flag := range command.VisibleFlags() {
		documented, ok := flag.(cli.DocGenerationFlag)
		if !ok {
			continue
		}
		for _, name := range flag.Names() {
			if dashed(name) == last && documented.TakesValue() {
				return valuesOf(command, flag.Names()[0])
			}
		}
		placeholder, usage := cli.FlagNamePrefixer(flag.Names()[:1], ""), strings.ReplaceAll(documented.GetUsage(), "`", "")
		words = append(words, word{strings.TrimSpace(placeholder), usage})
	}
	if command.Name == "completion" {
		for _, shell := range shells {
			words = append(words, word{text: shell})
		}
	}
	return words
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// valuesOf are the values of an option; none if it has any, such as a file.
func valuesOf(command *cli.Command, option string) (words []word) {
	of := func(values ...string) {
		for _, v := range values {
			words = append(words, word{text: v})
		}
	}
	switch option {
	case "pid":
		for _, p := range processes() {
			words = append(words, word{strconv.Itoa(p.PID), p.ServiceName + ", " + p.Exe})
		}
	case "name", "exclude":
		for _, p := range processes() {
			words = append(words, word{path.Base(p.Exe), p.ServiceName})
		}
	case "output":
		switch command.Name {
		case "attach", "run":
			of(outputs...)
		case "report":
			of(reportDocuments...)
		case "compare":
			of(compareDocuments...)
		default:
			of(documents...)
		}
	case "fail-on":
		if command.Name != "compare" {
			of(report.Severities...)
		}
	case "expect":
		of(exporting)
	case "metrics":
		of(metricsAll, metricsEssential)
	}
	return words
}

// processes are those that can be watched. There is nobody to tell of an error.
func processes() []target.Found {
	found, _ := target.Discover()
	return slices.DeleteFunc(found, func(f target.Found) bool { return f.Err != nil })
}

// write writes words in the form that the shell reads.
func write(w io.Writer, words []word) {
	for _, word := range words {
		text, says := untrusted.Printable(word.text), untrusted.Printable(word.says)
		switch os.Getenv(shellVariable) {
		case "zsh":
			text = strings.ReplaceAll(text, ":", `\:`) + ":" + says
		case "fish":
			text += "\t" + says
		}
		fmt.Fprintln(w, text)
	}
}
