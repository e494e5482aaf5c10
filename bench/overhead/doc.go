// Command overhead measures what watching costs and how fast it reacts: the CPU
// time that otwatch adds to a program, by span rate, beside what bpftrace and
// probes on function entries add, and what the same method finds where nothing
// watches; how many of the spans it counts, and what it uses itself; how soon
// probes count, and are gone. It prints tables in Markdown and, with -page, writes
// them into docs/benchmarks.md. It runs in the repository's root, as root; bpftrace
// must be installed.
package main
