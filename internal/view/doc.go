// Package view shows a person the figures of analyzer Reports: Run is the live
// view on a terminal, Lines the plain lines for a pipe or a file, Summary the
// report at the end. It shows what it is given and judges nothing: a figure
// that is nil stands as "–" and never as 0, an estimate carries its interval
// or a mark, and text that comes from the observed process loses its control
// characters before it reaches a terminal. There is nothing to close.
package view
