// Package fuzzlimit bounds what one input of a fuzz target may cost: a parser that
// allocates 256 MB for a few bytes, or works on them for a second, is wrong even where its
// result is right. It is for tests only. There is nothing to close.
package fuzzlimit
