// Package probes places the catalogue's probes in running Go processes and
// hands on what they record. It holds the BPF programs and maps, the rules by
// which a place in a function is found and verified, and the links. What the
// records mean is package agent's work. Close the Session: it detaches
// everything, as does the end of otwatch, however it ends.
package probes

//go:generate go tool bpf2go -tags linux -target amd64,arm64 -go-package probes -type span_record -type started_record -type ended_record -type cookie -type collection_record -type action -type operation -type record_kind -type operation_record -type processor_record -type overspent_record -type processor_image -type target_tallies -type group_key -type allowance -type target_accounts -type flight_key -type flight -type goroutine_key -type loss bpf ../../bpf/probes.bpf.c -- -O2 -Wall -Werror -mcpu=v2 -I/usr/include/x86_64-linux-gnu -I/usr/include/aarch64-linux-gnu
