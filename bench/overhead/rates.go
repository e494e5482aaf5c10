package main

import "github.com/otwatch/otwatch/bench/internal/subject"

// spansPerRequest are the load program's.
const spansPerRequest = 3

// spans is the plain load at a span rate. At low rates it works more, so that
// there is a program to add to.
func spans(name string, perSecond float64) subject.Subject {
	s := subject.Subject{Name: name, Program: subject.Load, Rate: perSecond / spansPerRequest}
	if perSecond <= 1000 {
		s.Args = []string{"-hashes", "400"}
	}
	return s
}
