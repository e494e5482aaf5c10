package probes

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf/link"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// links keep a group's programs on its spots: one link for all, or one for each. A link
// without a reference would be closed by its finalizer.
type links []link.Link

// linkWithin makes a link in one of some calls. A link that comes too late is removed.
func linkWithin(calls *untrusted.Calls, make func() (link.Link, error)) (link.Link, error) {
	return untrusted.Get(calls, make, func(late link.Link) { _ = late.Close() })
}

// Close removes the programs, unless another process has the descriptors too.
func (l links) Close() error {
	var errs []error
	for _, one := range l {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}

// descriptors calls do with all descriptors that keep the links in place. They are valid
// until do returns.
func (l links) descriptors(do func(fds []int) error) error {
	var fds []int
	var events []*os.File
	defer func() {
		for _, event := range events {
			event.Close()
		}
	}()
	for _, one := range l {
		if own, ok := one.(interface{ FD() int }); ok {
			fds = append(fds, own.FD())
		}
		if perf, ok := one.(link.PerfEvent); ok {
			event, err := perf.PerfEvent()
			if err != nil {
				return fmt.Errorf("the descriptor of a perf event: %w", err)
			}
			events = append(events, event)
			fds = append(fds, int(event.Fd()))
		}
	}
	return do(fds)
}
