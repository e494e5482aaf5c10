// Package probes puts the probes of its catalogue into running Go processes and hands out
// what they record. It has the BPF programs and maps, the rules by which the instructions
// to probe are found and verified, and the links. Counting what was recorded is package
// accounting's work. Close the Session: it removes all probes, as does the end of
// otwatch, however it ends.
package probes

//go:generate go tool bpf2go -tags linux -target amd64,arm64 -go-package probes -type span_record -type started_record -type ended_record -type built_record -type stopped_record -type error_record -type error_level -type holds -type shape -type shape_key -type caller_record -type emitted_record -type cookie -type cookie_key -type collection_record -type action -type operation -type record_kind -type operation_record -type processor_record -type overspent_record -type processor_image -type target_counters -type group_key -type allowance -type target_accounts -type flight_key -type flight -type goroutine_key -type loss bpf ../../bpf/probes.bpf.c -- -O2 -Wall -Werror -mcpu=v2 -I/usr/include/x86_64-linux-gnu -I/usr/include/aarch64-linux-gnu
