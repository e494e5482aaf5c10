package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// hostileName is markup in a service's name.
const hostileName = `"><img src=x onerror=alert(1)><script>alert(2)</script>`

// TestLivePage opens the page of --listen in a real browser: targets appear and go by
// themselves, each opens into its report, a name that is markup is shown as text, and the
// browser complains of nothing. OTWATCH_PICTURES is a directory that keeps the pictures.
func TestLivePage(t *testing.T) {
	otwatch, reference := build(t, "./cmd/otwatch"), build(t, "./testdata/targets/reference")
	program := filepath.Join(filepath.Dir(reference), "livepage") // no other test's
	if err := os.Rename(reference, program); err != nil {
		t.Fatal(err)
	}
	c := newCollector(t)
	run := func(name string) *process {
		p := start(t, true, []string{"OTEL_SERVICE_NAME=" + name}, program, "-endpoint", c.address, "-spans", "1000003", "-rate", "200")
		if line := p.readLine(t); line != "ready" {
			t.Fatalf("the target says %q", line)
		}
		p.next(t)
		return p
	}
	first := run("orders")
	watcher := start(t, false, nil, otwatch, "attach", "--name", "livepage", "--listen", ":0", "--output", "none")
	var url string
	watcher.until(t, "it serves", func() bool {
		if match := regexp.MustCompile(`url=(http://\S+/)`).FindStringSubmatch(watcher.stderr.String()); match != nil {
			url = match[1]
		}
		return url != ""
	})

	b := newBrowser(t)
	b.open(t, url)
	b.until(t, "the first target is there", `link("orders") && !link("<img")`)
	second := run(hostileName)
	b.until(t, "the second appears", `link("orders") && link("<img src=x onerror=alert(1)>")`)
	b.until(t, "their figures do", `text("main").includes("watching adds")`)
	b.pictures(t, "index")
	b.until(t, "a target is clicked", `link("<img").click() || true`)
	b.until(t, "it opens into its report", `text("h1").includes("<script>alert(2)</script>") && text("main").includes("Cost of tracing")`)
	b.until(t, "the report is replaced by newer ones", `text("#state").startsWith("Updated")`)
	b.pictures(t, "target")
	if err := second.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	b.until(t, "its page says that it has ended", `text(".notice").includes("ended")`)
	b.until(t, "the way back is clicked", `document.querySelector("#all").click() || true`)
	b.until(t, "the target has ended there, too", `link("<img") && link("<img").closest("tr.ended")`)
	b.until(t, "the other one has not", `link("orders") && !link("orders").closest("tr.ended")`)
	b.until(t, "no name has become markup", `document.images.length === 0 && document.scripts.length === 1`)
	for _, complaint := range b.complaints() {
		t.Errorf("the browser complains: %s", complaint)
	}
	_ = first.cmd.Process.Kill() // an error means that it has ended
}

// browser is a headless Chromium.
type browser struct {
	ctx context.Context
	dir string // of the pictures

	mu   sync.Mutex
	said []string
}

// browsers are the names under which distributions have Chromium.
var browsers = []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	i := slices.IndexFunc(browsers, func(name string) bool { _, err := exec.LookPath(name); return err == nil })
	if i < 0 {
		t.Fatal("there is no Chromium; make browser installs it")
	}
	b := &browser{dir: cmp.Or(os.Getenv("OTWATCH_PICTURES"), t.TempDir())}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browsers[i]), chromedp.NoSandbox)
	allocator, cancelAllocator := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() { cancel(); cancelAllocator() })
	b.ctx = ctx
	messages := chromedp.Console(ctx)
	go func() {
		for message, err := range messages {
			if err != nil {
				return // the browser has ended
			}
			b.mu.Lock()
			b.said = append(b.said, fmt.Sprintf("%s: %s (%s)", message.Type, message.Text, message.URL))
			b.mu.Unlock()
		}
	}()
	return b
}

// complaints are all messages of the browser's console.
func (b *browser) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.said)
}

func (b *browser) open(t *testing.T, url string) {
	t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
}

// words are what the expressions of until use. The page's policy does not concern them.
const words = `const text = (of) => document.querySelector(of)?.textContent ?? "";
const link = (name) => [...document.querySelectorAll("th a")].find((a) => a.textContent.includes(name));
const places = () => [...document.querySelectorAll(".place")];
const frame = (graph, name) => [...places()[graph].querySelectorAll("g.frame")].find((g) => g.getAttribute("name").includes(name) && g.getAttribute("width") >= 1);
const wide = (g) => g.querySelector("rect").getAttribute("width") >= g.closest("svg").clientWidth - 1;
const hover = (g, type) => g.dispatchEvent(new MouseEvent(type, { bubbles: true, clientX: 99, clientY: 99 }));
const search = (graph, term) => { const input = places()[graph].parentElement.querySelector("input"); input.value = term; return input.dispatchEvent(new Event("input")); };
const marked = (graph) => [...places()[graph].querySelectorAll("g.frame")].filter((g) => g.querySelector("rect").getAttribute("fill") === "var(--mark)").map((g) => g.getAttribute("name"));`

// until waits until an expression is true in the page.
func (b *browser) until(t *testing.T, what, expression string) {
	t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var is bool
		// It fails while one page makes room for another.
		if is, err = chromedp.Run(b.ctx, chromedp.Evaluate[bool]("{"+words+"!!("+expression+")}")); err == nil && is {
			return
		}
	}
	page, _ := chromedp.Run(b.ctx, chromedp.OuterHTML("html")) // for the message
	t.Fatalf("not within %v: %s; %v; the page is\n%s", patience, what, err, page)
}

// pictures takes one of each width and scheme, and fails the test if the page is wider than
// the window.
func (b *browser) pictures(t *testing.T, name string) {
	t.Helper()
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
			_, mediaErr := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media)
			viewportErr := chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 900))
			wide, wideErr := chromedp.Run(b.ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
			picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			file := filepath.Join(b.dir, fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
			if err := errors.Join(mediaErr, viewportErr, wideErr, err, os.WriteFile(file, picture, 0o644)); err != nil {
				t.Fatal(err)
			}
			if wide > width {
				t.Errorf("%s is %d pixels wide in a window of %d", name, wide, width)
			}
		}
	}
}
