package target

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/testprogram"
)

// TestOneParseAnExecutable has many processes of few executables.
func TestOneParseAnExecutable(t *testing.T) {
	var x Executables
	defer x.Close()
	path := testprogram.Build(t, testprogram.ReferenceStripped)
	noSDK, _ := start(t, testprogram.Build(t, testprogram.Tiny))
	var processes []*Process
	for range 3 {
		pid, _ := start(t, path)
		p, err := x.Open(pid)
		if err != nil {
			t.Fatal(err)
		}
		processes = append(processes, p)
	}
	file := mustScan(t, noSDK).File
	var verdicts [3]*executable
	for i := range verdicts {
		if _, err := x.Open(noSDK); !errors.Is(err, gobinary.ErrNoSDK) {
			t.Errorf("got %v", err)
		}
		verdicts[i] = x.find(file)
	}
	if verdicts[0] != verdicts[2] {
		t.Error("an executable without the SDK was parsed more than once")
	}
	if processes[0].Binary != processes[2].Binary {
		t.Error("two processes of one executable have each their own Binary")
	}
	for _, p := range processes {
		p.Close()
	}
}

// TestForgottenExecutables can be read by those who use them, and by no others
// keep descriptors open.
func TestForgottenExecutables(t *testing.T) {
	var x Executables
	pid, _ := start(t, testprogram.Build(t, testprogram.ReferenceStripped))
	p, err := x.Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	e := x.find(mustScan(t, pid).File)
	x.Close()
	if _, err := p.Binary.Functions(tracerStart); err != nil {
		t.Errorf("it is in use: %v", err)
	}
	p.Close()
	if e.file != nil {
		t.Error("the file is open after its last user closed it")
	}
	again, err := x.Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	if again.Binary == p.Binary {
		t.Error("it was not parsed once more after it was forgotten")
	}
	x.Close()
}

// TestReplacedFile is another executable under the same path.
func TestReplacedFile(t *testing.T) {
	var x Executables
	defer x.Close()
	path := filepath.Join(t.TempDir(), "program")
	for _, v := range []testprogram.Variant{testprogram.ReferenceStripped, testprogram.ReferenceTrimmed} {
		content, err := os.ReadFile(testprogram.Build(t, v))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o700); err != nil {
			t.Fatal(err)
		}
		pid, _ := start(t, path)
		p, err := x.Open(pid)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if p.Binary.Stripped != (v == testprogram.ReferenceStripped) {
			t.Errorf("%+v: stripped %v", v, p.Binary.Stripped)
		}
	}
}

func mustScan(t testing.TB, pid int) Running {
	t.Helper()
	list, err := Scan()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.PID == pid {
			return r
		}
	}
	t.Fatalf("the scan does not show pid %d", pid)
	return Running{}
}

func TestScan(t *testing.T) {
	pid, stop := start(t, testprogram.Build(t, testprogram.Tiny))
	r := mustScan(t, pid)
	if r.Err != nil || r.File == mustScan(t, os.Getpid()).File {
		t.Errorf("got %+v", r)
	}
	if list, _ := Scan(); len(list) > 0 {
		for _, r := range list {
			if r.PID == 2 {
				t.Error("the scan shows a kernel thread")
			}
		}
	}
	stop()
	list, err := Scan()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.PID == pid {
			t.Error("the scan shows a process that has ended")
		}
	}
}

func BenchmarkScan(b *testing.B) {
	for b.Loop() {
		if _, err := Scan(); err != nil {
			b.Fatal(err)
		}
	}
}
