package sampler

import (
	"errors"

	"golang.org/x/sys/unix"
)

// load loads the program and its maps. Before Linux 6.1 a sampling program may not use
// maps that allocate memory at run time, and the kernel refuses it with EINVAL. There the
// maps allocate everything at once, some megabytes more.
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
		return refused // for another reason
	}
	return nil
}
