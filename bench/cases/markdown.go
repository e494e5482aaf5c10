package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// markdown shows the case on the page: how it was sick, what otwatch said, what
// was done, and what otwatch compare says afterwards.
func (t treatment) markdown(measured string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s The service gets %v requests a second.\n\nSick: `%s`. otwatch found:\n\n",
		measured, t.illness.subject.Rate, strings.Join(command(t.illness.subject.Env, t.illness.subject.Args), " "))
	for _, id := range t.illness.findings {
		f, _ := find(t.report, id)
		fmt.Fprintf(&b, "- %s `%s`: %s\n", f.Severity, f.ID, f.Title)
	}
	b.WriteString("\nIts advice, followed unchanged:\n\n")
	for _, told := range t.cure.told {
		fmt.Fprintf(&b, "- %s\n", told)
	}
	fmt.Fprintf(&b, "\n```\n%s\n```\n\n", strings.Join(command(t.cure.env, t.cure.args), "\n"))
	fmt.Fprintf(&b, "Requests as their client saw them: mean %s → %s, p99 %s → %s. CPU time a request: %s → %s.\n\n",
		short(t.before.Mean), short(t.after.Mean), short(t.before.P99), short(t.after.P99), cpu(t.before.PerRequest()), cpu(t.after.PerRequest()))
	fmt.Fprintf(&b, "```\n$ otwatch compare before.rec after.rec\n%s```\n", t.text)
	return b.String()
}

// command is an environment and, as one more, arguments.
func command(env, args []string) []string {
	if len(args) == 0 {
		return env
	}
	return append(slices.Clone(env), strings.Join(args, " "))
}

func short(d time.Duration) string { return d.Round(10 * time.Microsecond).String() }

func cpu(seconds float64) string { return fmt.Sprintf("%.0f µs", 1e6*seconds) }
