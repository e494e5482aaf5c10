package agent

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/testtarget"
)

var (
	churnFor = flag.Duration("churn", 25*time.Second, "how long TestChurn lets processes start and die")
	crowd    = flag.Int("crowd", 40, "how many there are of them at a time")
)

// longLived is how long a process must live to be watched for certain.
const longLived = 10 * time.Second

// life is one process from its start to its end.
type life struct {
	pid   int
	began time.Time
	lived time.Duration
	err   error // how it ended, if it was not by itself or killed
}

// randomLife lets a process do some of what processes do, until it ends by itself or is
// killed.
func randomLife(t testing.TB, random *rand.Rand, endpoint string, until time.Duration) life {
	lasts := min(time.Duration(random.Int64N(int64(2*longLived))), until)
	args := []string{"-endpoint", endpoint, "-rate", fmt.Sprint(random.IntN(50))}
	if random.IntN(3) == 0 {
		args = append(args, "-exec-in", (lasts / 3).String())
	}
	if random.IntN(3) == 0 {
		args = append(args, "-children", "700ms")
	}
	byItself := random.IntN(2) == 0
	if byItself {
		args = append(args, "-life", lasts.String())
	}
	began := time.Now()
	r := testtarget.StartRestless(t, args...)
	if !byItself {
		time.AfterFunc(lasts, r.Kill)
	}
	err := r.Wait()
	return life{pid: r.PID(), began: began, lived: time.Since(began), err: err}
}

// TestChurn starts and ends many processes at random. Each that lived for long was
// watched, none was harmed, and otwatch keeps nothing of them.
func TestChurn(t *testing.T) {
	testtarget.NeedRoot(t)
	endpoint := testtarget.Receive(t, testtarget.Accept)
	testtarget.RestlessExecutable(t)
	w := startFleet(t, restlessAlone(t))
	goroutines, descriptors := runtime.NumGoroutine(), ownDescriptors(t)
	var mu sync.Mutex
	var lives []life
	var all sync.WaitGroup
	begin := time.Now()
	for i := range *crowd {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			for left := *churnFor; left > 0; left = *churnFor - time.Since(begin) {
				l := randomLife(t, random, endpoint, left)
				mu.Lock()
				lives = append(lives, l)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	long := 0
	var waited []time.Duration // of the long-lived, from their start until they were attached to
	for _, l := range lives {
		begun, _ := w.lives(l.pid)
		if l.err != nil {
			t.Errorf("pid %d came to harm: %v", l.pid, l.err)
		}
		if l.lived > longLived {
			long++
			if begun == 0 {
				t.Errorf("pid %d lived for %v and was not watched", l.pid, l.lived)
			} else {
				waited = append(waited, w.attachedAt(l.pid).Sub(l.began))
			}
		}
	}
	if long == 0 {
		t.Fatal("no process lived for long: nothing was tested")
	}
	slices.Sort(waited)
	t.Logf("%d processes, %d of them for more than %v, attached to after %v in the median and %v at the most",
		len(lives), long, longLived, estimate.Quantile(waited, 0.5).Round(time.Millisecond), estimate.Quantile(waited, 1).Round(time.Millisecond))
	for _, l := range lives {
		if begun, _ := w.lives(l.pid); begun > 0 {
			w.await("a process that has ended", l.pid, begun, true)
		}
	}
	eventuallyAtMost(t, "goroutines", goroutines, runtime.NumGoroutine)
	eventuallyAtMost(t, "descriptors, links among them,", len(descriptors), func() int { return len(ownDescriptors(t)) })
	if t.Failed() {
		t.Logf("descriptors before %q, now %q", descriptors, openDescriptors(t))
	}
	w.stop()
	if n := len(w.fleet.members); n > 0 && w.fleet.owners > 0 {
		t.Errorf("%d of %d members have owners at the end", w.fleet.owners, n)
	}
}

// ownDescriptors leaves out the executables of programs that are not the test's: a
// Fleet keeps those open that carry the SDK, as long as somebody runs them. Their files
// may have been deleted or replaced since.
func ownDescriptors(t *testing.T) map[string]string {
	t.Helper()
	restless, err := os.Stat(testtarget.RestlessExecutable(t))
	if err != nil {
		t.Fatal(err)
	}
	descriptors := openDescriptors(t)
	maps.DeleteFunc(descriptors, func(path, _ string) bool {
		file, err := os.Stat(path)
		return err == nil && file.Mode().IsRegular() && file.Mode()&0o111 != 0 && !os.SameFile(file, restless)
	})
	return descriptors
}

// eventuallyAtMost waits until a number is not above a limit.
func eventuallyAtMost(t testing.TB, what string, limit int, count func() int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		n := count()
		if n <= limit {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%d %s are left, there were %d before", n, what, limit)
			return
		}
	}
}
