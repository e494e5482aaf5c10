// Package view shows reports to people: Run is the live view on a terminal, Lines
// writes plain lines for a pipe or a file, Summary the report at the end, HTML a page.
// It draws no conclusions. A figure that is nil is shown as "–" and never as 0, an
// estimate has its interval or a mark, and text from the observed process loses its
// control characters before it reaches a terminal. There is nothing to close.
//
// The live view is in terminal.go, live.go (its state and keys), panel.go and help.go;
// render.go and rows.go have the figures of one target, stages.go, findings.go and
// missing.go those with a panel of their own, targets.go the table of targets. A row
// becomes lines in layout.go, and text becomes safe to show in text.go and sanitize.go.
package view
