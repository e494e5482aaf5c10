// Command cases proves that otwatch's advice cures: it runs a program that is
// sick, lets otwatch watch it and give a report, runs the program again as that
// report advises, and lets otwatch compare. docs/cases.md shows the results.
package main
