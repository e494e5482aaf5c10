// Package serve is the web server of --listen: figures for a Prometheus server, the report
// as JSON, and pages for people. It renders nothing by itself, only calls what it is given,
// and never more often than once an interval. Whatever its clients do costs otwatch a
// bounded amount of CPU time and memory, and no watched process anything. Close a Server.
package serve
