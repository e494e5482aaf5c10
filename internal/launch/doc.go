// Package launch starts a command that is to be watched for its whole life. The command,
// and every program that it or its descendants execute, is stopped before its first
// instruction, so that probes can be placed. A process that is watched from then on runs
// free of otwatch; only those that are not, such as shells, remain traced with ptrace(2),
// until they execute another program. Follow a Command, or Kill it, and then Reap it.
package launch
