package main

import (
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestOptionsHelp(t *testing.T) {
	help := optionsHelp([]cli.Flag{
		&cli.StringSliceFlag{Name: "pid", Aliases: []string{"p"}, Category: "Processes", Usage: "watch the process with this `PID`"},
		&cli.StringFlag{Name: "target-overhead", Category: "Limits", Value: "3%", Usage: "a `SHARE`; " + strings.Repeat("word ", 20)},
		&cli.BoolFlag{Name: "all", Category: "Processes", Usage: "watch all"},
		&cli.BoolFlag{Name: "help", Usage: "show help"},
	})
	want := `  Processes:
    -p, --pid PID           watch the process with this PID
        --all               watch all
  Limits:
        --target-overhead SHARE
                            a SHARE; word word word word word word word word word word word word word word
                            word word word word word word (default: "3%")

        --help              show help
`
	if help != want {
		t.Errorf("got\n%s\nwant\n%s", help, want)
	}
}

// An option of attach without a heading would be listed beside --help.
func TestOptionsOfAttachHaveHeadings(t *testing.T) {
	for _, f := range attachFlags() {
		if f.(cli.CategorizableFlag).GetCategory() == "" {
			t.Errorf("--%s has none", f.Names()[0])
		}
	}
}
