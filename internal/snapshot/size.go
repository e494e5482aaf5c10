package snapshot

import "unsafe"

// Size is about how many bytes a Snapshot takes, without its samples and its Target, which
// Snapshots share.
func (s Snapshot) Size() int {
	size := int(unsafe.Sizeof(s)) + sizeOf(s.Counts) + sizeOf(s.Started) + sizeOf(s.Pipelines) + sizeOf(s.Following.Sites) + sizeOf(s.Building.Sites)
	size += sizeOf(s.Goroutines.Readings)
	for _, r := range s.Goroutines.Readings {
		size += sizeOf(r.Living)
	}
	size += sizeOf(s.Foreign.Functions)
	for _, f := range s.Foreign.Functions {
		size += len(f.Name)
	}
	size += sizeOf(s.Kept.Lists)
	for _, l := range s.Kept.Lists {
		size += len(l.Where) + len(l.Of)
	}
	size += sizeOf(s.Exports)
	for _, e := range s.Exports {
		size += sizeOf(e.Latest) + sizeOfFailures(e.Reasons) + sizeOf(e.Kinds)
	}
	size += sizeOf(s.Processors)
	for _, p := range s.Processors {
		size += sizeOf(p.Flushes.Durations) + sizeOf(p.Shutdowns.Durations)
	}
	for _, p := range s.Pipelines {
		size += sizeOf(p.Calls.Durations) + sizeOf(p.Exporters) + sizeOfFailures(p.Reasons)
		for _, e := range p.Exporters {
			size += sizeOf(e.Kinds)
		}
	}
	size += sizeOf(s.Flushes)
	for _, f := range s.Flushes {
		size += sizeOf(f.Calls.Durations) + sizeOf(f.Sites)
	}
	size += sizeOf(s.Names.List)
	for _, n := range s.Names.List {
		size += len(n.Scope) + len(n.Name)
	}
	size += sizeOf(s.Values)
	for _, v := range s.Values {
		size += len(v.Key)
	}
	return size + sizeOf(s.Missing) + sizeOf(s.Gaps)
}

func sizeOf[T any](list []T) int {
	var one T
	return len(list) * int(unsafe.Sizeof(one))
}

func sizeOfFailures(list []Failure) int {
	size := sizeOf(list)
	for _, f := range list {
		size += len(f.Alike) + len(f.Text) + len(f.Unread)
	}
	return size
}
