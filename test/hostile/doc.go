// Package hostile has otwatch meet processes and files that mean harm: executables
// that are said to be endless, memory that lies or cannot be read, recordings that are
// small and read large, files that are pipes, devices and symlinks, agents that are
// stopped. Its tests run the command as a user does, under a limit of memory, beside a
// program that is healthy and whose figures must stay right. A case is a row; make
// hostile has all of them at once for five minutes, make test for half of one.
package hostile
