// Command host measures what it takes to watch a whole host: how long otwatch list
// takes with many processes, what otwatch uses and adds with many targets attached,
// and how soon, with how much memory and reading, it attaches to a big executable.
// It prints tables in Markdown and, with -page, writes them into docs/benchmarks.md.
// It runs in the repository's root, as root.
package main
