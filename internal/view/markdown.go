package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/otwatch/otwatch/internal/compare"
)

// signs are of the verdicts of gates and the outcomes of expectations.
var signs = map[string]string{
	compare.Pass: "✅", compare.Fail: "❌", compare.Unknown: "❔",
	compare.CameTrue: "✅", compare.DidNot: "❌", compare.NotTried: "➖", compare.Unclaimed: "➖",
}

// CompareMarkdown writes what changed between two files as Markdown, for the comment of a
// pull request. What comes from targets and files stands in code spans, where nothing is
// markup, a link or a mention.
func CompareMarkdown(w io.Writer, d compare.Document) error {
	var b strings.Builder
	b.WriteString("### otwatch: before and after\n")
	for _, warned := range d.Warnings {
		b.WriteString("\n> ⚠️ " + inCode(warned) + "\n")
	}
	for _, c := range d.Targets {
		markdownOf(&b, c)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

func markdownOf(b *strings.Builder, c compare.Comparison) {
	fmt.Fprintf(b, "\n**%s**: %s before, %s after\n", inCode(serviceName(c.After.Target)), elapsed(c.Before.Window.Seconds), elapsed(c.After.Window.Seconds))
	if len(c.Gates) > 0 {
		b.WriteString("\n")
	}
	for _, g := range c.Gates {
		fmt.Fprintf(b, "- %s `%s` %s: %s\n", signs[g.Verdict], g.Gate, g.Verdict, inCode(g.Evidence))
	}
	same := 0
	rows := ""
	for _, f := range c.Figures {
		switch {
		case f.Claimed:
			rows += fmt.Sprintf("| `%s` | %s | %s | **%s** |\n", f.Figure, figure(f.Before, f.Unit), figure(f.After, f.Unit), changed(f))
		case f.Before != nil && f.After != nil:
			same++
		}
	}
	if rows != "" {
		b.WriteString("\n| figure | before | after | change |\n|---|---|---|---|\n" + rows)
	}
	fmt.Fprintf(b, "\n%s without a significant change: the interval of the difference contains 0, or there is none.\n", plural(uint64(same), "figure"))
	markdownFindings(b, "Cleared", c.Cleared)
	markdownFindings(b, "Appeared", c.Appeared)
	markdownFindings(b, "Still there", c.Remaining)
	if len(c.Expectations) > 0 {
		b.WriteString("\n**Expected effects of the advice**\n\n")
	}
	for _, e := range c.Expectations {
		unit := compare.Unit(e.Figure)
		fmt.Fprintf(b, "- %s %s: %s → %s expected, %s now\n", signs[e.Outcome], inCode(e.Figure), figure(e.Before, unit), inUnit(unit, e.Expected), figure(e.After, unit))
	}
}

func markdownFindings(b *strings.Builder, what string, findings []compare.Finding) {
	if len(findings) == 0 {
		return
	}
	fmt.Fprintf(b, "\n**%s**\n\n", what)
	for _, f := range findings {
		fmt.Fprintf(b, "- %s %s: %s\n", inCode(f.Severity), inCode(f.ID), inCode(f.Title))
	}
}

// inCode makes a code span of a text. Nothing in one ends it but a backtick.
func inCode(text string) string {
	if strings.TrimSpace(text) == "" {
		return none
	}
	return "`" + strings.ReplaceAll(Sanitize(text), "`", "'") + "`"
}
