package target

import (
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/debuginfo"
	"github.com/otwatch/otwatch/internal/untrusted"
)

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestZZ(t *testing.T) {
	for _, p := range strings.Fields(os.Getenv("ZZ")) {
		f, err := os.Open(p)
		if err != nil {
			continue
		}
		st, _ := f.Stat()
		var m0, m1 runtime.MemStats
		runtime.ReadMemStats(&m0)
		began := cpu()
		b, err := ReadBinary(f)
		parse := cpu() - began
		if err != nil {
			t.Logf("%s: %v (%v)", p, err, parse)
			continue
		}
		began = cpu()
		_, err = b.Functions(sdkMark, "sync/atomic.(*Pointer[", "*.ExportSpans")
		look := cpu() - began
		began = cpu()
		b.inlineBase()
		inl := cpu() - began
		began = cpu()
		s, derr := b.Structs("go.opentelemetry.io/otel/sdk/trace.recordingSpan", "go.opentelemetry.io/otel/sdk/trace.snapshot", "no such")
		dw := cpu() - began
		runtime.ReadMemStats(&m1)
		file, _ := readHeaders(f, nil)
		var size uint64
		dies := 0
		if r, n, err := openDebug(f, file, "info"); err == nil && n < 300<<20 {
			size = n
			ab, an, _ := openDebug(f, file, "abbrev")
			tab, _ := io.ReadAll(ab)
			t.Logf("abbrev %d", an)
			for steps := int64(1 << 10); steps < 1<<32; steps += steps / 8 {
				if size > 300<<20 {
					break
				}
				r, _, _ = openDebug(f, file, "info")
				if _, err := debuginfo.Structs(r, tab, untrusted.NewBudget(untrusted.Limits{Steps: steps}), "x"); err == nil {
					dies = int(steps)
					break
				}
			}
		}
		t.Logf("%s: %d MB; parse %v; Functions %v %v; inline %v; Structs %v: %d %v; info %d MB, <%d DIEs; alloc %d MB", p, st.Size()>>20, parse, look, err, inl, dw, len(s), derr, size>>20, dies, (m1.TotalAlloc-m0.TotalAlloc)>>20)
	}
}
