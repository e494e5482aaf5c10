package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Help is laid out for a terminal of helpWidth columns: each option's usage begins at
// usageColumn.
const (
	helpWidth   = 110
	usageColumn = 28
)

// The library prints the help of a command from this template; options is added to what
// its templates can call.
func init() {
	cli.CommandHelpTemplate = `NAME:
   {{template "helpNameTemplate" .}}

USAGE:
   {{template "usageTemplate" .}}{{if .Description}}

DESCRIPTION:
   {{template "descriptionTemplate" .}}{{end}}{{if .VisibleFlags}}

OPTIONS:
{{options .VisibleFlags}}{{end}}`
	printHelp := cli.HelpPrinterCustom
	cli.HelpPrinterCustom = func(out io.Writer, template string, data any, _ map[string]any) {
		printHelp(out, template, data, map[string]any{"options": optionsHelp})
	}
}

// group sets the heading under which help lists the flags.
func group(heading string, flags ...cli.Flag) []cli.Flag {
	for _, f := range flags {
		switch f := f.(type) {
		case *cli.BoolFlag:
			f.Category = heading
		case *cli.DurationFlag:
			f.Category = heading
		case *cli.StringFlag:
			f.Category = heading
		case *cli.StringSliceFlag:
			f.Category = heading
		default:
			panic(fmt.Sprintf("flag %s is of the type %T, which has no heading", f.Names()[0], f))
		}
	}
	return flags
}

// optionsHelp lists flags by their headings, in the order in which these first appear.
func optionsHelp(flags []cli.Flag) string {
	var headings []string
	lines := map[string]string{}
	for _, f := range flags {
		var heading string
		if f, ok := f.(cli.CategorizableFlag); ok {
			heading = f.GetCategory()
		}
		if !slices.Contains(headings, heading) {
			headings = append(headings, heading)
		}
		lines[heading] += optionHelp(f.(cli.DocGenerationFlag))
	}
	var b strings.Builder
	for _, heading := range headings {
		if heading != "" {
			fmt.Fprintf(&b, "  %s:\n", heading)
		} else if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(lines[heading])
	}
	return b.String()
}

// optionHelp has an option's names and the placeholder of its value on the left, and its
// usage on the right.
func optionHelp(f cli.DocGenerationFlag) string {
	before, rest, _ := strings.Cut(f.GetUsage(), "`")
	value, after, _ := strings.Cut(rest, "`")
	usage := before + value + after
	if _, isBool := f.(*cli.BoolFlag); !isBool && f.GetDefaultText() != "" {
		usage += fmt.Sprintf(" (default: %s)", f.GetDefaultText())
	}

	left := "      "
	for _, name := range slices.Backward(f.Names()) {
		if len(name) == 1 {
			left = "  -" + name + ", "
		} else {
			left += "--" + name
		}
	}
	left = strings.TrimRight("  "+left+" "+value, " ")
	if len(left)+2 > usageColumn {
		left += "\n" + strings.Repeat(" ", usageColumn)
	} else {
		left += strings.Repeat(" ", usageColumn-len(left))
	}
	return left + wrapWords(usage, helpWidth-usageColumn, usageColumn) + "\n"
}

// wrapWords breaks text between words after at most width columns, and indents what
// follows.
func wrapWords(text string, width, indent int) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		switch n := len([]rune(word)); {
		case column == 0:
			column = n
		case column+1+n > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = n
		default:
			b.WriteByte(' ')
			column += 1 + n
		}
		b.WriteString(word)
	}
	return b.String()
}
