package sampler

import (
	"errors"

	"golang.org/x/sys/unix"
)

// load loads the program and its maps. Before Linux 6.1 a sampling program may
// not touch maps that get their memory at run time, which the kernel tells by
// EINVAL: there they take it all at once, some megabytes more.
func load(objects *bpfObjects) error {
	refused := loadBpfObjects(objects, nil)
	if !errors.Is(refused, unix.EINVAL) {
		return refused
	}
	spec, err := loadBpf()
	if err != nil {
		return err
	}
	for _, m := range spec.Maps {
		m.Flags &^= unix.BPF_F_NO_PREALLOC
	}
	if spec.LoadAndAssign(objects, nil) != nil {
		return refused // for something else, then
	}
	return nil
}
