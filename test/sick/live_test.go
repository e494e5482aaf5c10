package sick

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/testtarget"
)

var (
	update = flag.Bool("update", false, "record the rows anew, and write docs/proof.md")
	seed   = flag.Uint64("seed", 1, "draw the parameters by this seed; 0: by the clock")
)

// TestMain lets all rows run at once, however few processors there are.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(len(rows))); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestLive watches each row's program, many at once: what takes long is to wait. Few of those
// that take a fifth of a core run at a time, and not too many of all others: they would starve.
func TestLive(t *testing.T) {
	testtarget.NeedRoot(t)
	testtarget.RunFirst(t)
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-seed %d", *seed)
	programs := build(t)
	heavy, light := make(chan struct{}, 1+runtime.NumCPU()), make(chan struct{}, 6*runtime.NumCPU())
	var results matrix
	t.Run("rows", func(t *testing.T) {
		for _, r := range rows {
			if r.interval > 0 && !*update {
				continue
			}
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				places := light
				if r.heavy {
					places = heavy
				}
				places <- struct{}{}
				defer func() { <-places }()
				d := drawn{Seed: *seed, Env: r.env, Quota: r.quota, Probed: r.probed}
				d.Args, d.Receiver = r.draw(newDice(*seed, r.name))
				var starved bool
				path := recordTo(t, r, func(path string) { starved = programs.watch(t, r, d, path) })
				results.put(t, r, d, path, starved)
				if *update {
					remember(t, r, d)
				}
			})
		}
	})
	t.Logf("\n%s", results.table())
}

// recordTo lets something be recorded, for good if that is what is asked for,
// and returns where.
func recordTo(t *testing.T, r row, record func(path string)) string {
	path := filepath.Join(t.TempDir(), "live.rec")
	if *update {
		path = r.recording()
	}
	record(path)
	return path
}

// recording is where what was seen of a row's program is kept.
func (r row) recording() string {
	return filepath.Join("testdata", strings.NewReplacer(" ", "-", ",", "").Replace(r.name)+".rec")
}

// matrix is what came of the rows.
type matrix struct {
	mu      sync.Mutex
	results map[string]result
}

type result struct {
	drawn
	found string
	wrong []string
}

// put judges a row's recording and fails the test where it is not as the row
// wants it. starved says that the machine starved the program.
func (m *matrix) put(t *testing.T, r row, d drawn, path string, starved bool) {
	t.Helper()
	o, err := judge(path)
	if err != nil {
		t.Fatal(err)
	}
	o.starved = starved
	wrong := r.wrong(o)
	for _, complaint := range wrong {
		t.Error(complaint)
	}
	if len(wrong) > 0 {
		t.Logf("drawn: %+v", d)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.results == nil {
		m.results = map[string]result{}
	}
	m.results[r.name] = result{d, o.found(), wrong}
}
