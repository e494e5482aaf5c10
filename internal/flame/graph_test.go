package flame

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

const (
	start = "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"
	end   = "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End"
	batch = "go.opentelemetry.io/otel/sdk/trace.(*batchSpanProcessor).processQueue"
)

func stacks() []snapshot.Stack {
	return []snapshot.Stack{
		testsnapshot.Stack(30, "runtime.mallocgc", start, "main.handle", "main.main"),
		testsnapshot.Stack(10, start, "main.handle", "main.main"),
		testsnapshot.Stack(20, end, "main.handle", "main.main"),
		testsnapshot.Stack(5, batch, "runtime.goexit"),
		testsnapshot.Stack(100, "main.hash", "main.handle", "main.main"),
		testsnapshot.Stack(7),
	}
}

// lines are all nodes with their samples, indented.
func lines(n *Node, indent string) string {
	text := fmt.Sprintf("%s%s %d\n", indent, n.Name, n.Samples)
	for _, child := range n.Children {
		text += lines(child, indent+" ")
	}
	return text
}

func TestTracing(t *testing.T) {
	want := `tracing 65
 create 40
  main.handle 40
   ` + start + ` 40
    runtime.mallocgc 30
 end 20
  main.handle 20
   ` + end + ` 20
 batch 5
  tracing's own goroutines 5
   runtime.goexit 5
    ` + batch + " 5\n"
	if got := lines(Tracing(stacks()), ""); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestProcess(t *testing.T) {
	graph := Process(stacks())
	want := `process 172
 main.main 160
  main.handle 160
   main.hash 100
   ` + start + ` 40
    runtime.mallocgc 30
   ` + end + ` 20
 runtime.goexit 5
  ` + batch + " 5\n"
	if got := lines(graph, ""); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if n := graph.Children[0].Parts[classify.PartTracing]; n != 60 {
		t.Errorf("of main.main's samples, %d are tracing's, want 60", n)
	}
	if empty := Process(nil); empty.Samples != 0 || empty.Children != nil {
		t.Errorf("of nothing: %+v", empty)
	}
}

// check fails the test if samples get lost below a node, and returns the number of nodes.
func check(t *testing.T, n *Node) (nodes int) {
	below, parts := n.Smaller.Samples, n.Smaller.Parts
	nodes = 1
	for _, child := range n.Children {
		below += child.Samples
		for part, samples := range child.Parts {
			parts[part] += samples
		}
		nodes += check(t, child)
	}
	if below > n.Samples {
		t.Errorf("%s has %d samples, those below it %d", n.Name, n.Samples, below)
	}
	for part, samples := range parts {
		if samples > n.Parts[part] {
			t.Errorf("%s has %d samples of part %d, those below it %d", n.Name, n.Parts[part], part, samples)
		}
	}
	return nodes
}

// TestBounded has a program that makes new functions all the time, with names as long as
// they can be, in deep stacks.
func TestBounded(t *testing.T) {
	for _, name := range []string{"f", strings.Repeat("<", 300)} {
		var all []snapshot.Stack
		for i := range 3000 {
			var functions []string
			for depth := range 100 {
				functions = append(functions, fmt.Sprintf("main.%d_%d%s", i*depth, depth, name))
			}
			all = append(all, testsnapshot.Stack(uint64(1+i%7), functions...))
		}
		all = append(all, testsnapshot.Stack(1e6, "main.work", "main.main"))
		graph := Process(all)
		nodes := check(t, graph)
		if nodes > MaxNodes || graph.Children[0].Name != "main.main" || graph.Smaller.Functions == 0 {
			t.Errorf("%d nodes, %d functions left out; want at most %d, and the busiest among them", nodes, graph.Smaller.Functions, MaxNodes)
		}
		names := map[string]bool{}
		var collect func(n *Node)
		collect = func(n *Node) {
			names[n.Name] = true
			for _, child := range n.Children {
				collect(child)
			}
		}
		collect(graph)
		bytes := nodeBytes * nodes
		for name := range names {
			text, _ := json.Marshal(name)
			bytes += len(text)
		}
		if bytes > MaxBytes+2*nodeBytes {
			t.Errorf("%d bytes, want %d at most", bytes, MaxBytes)
		}
	}
}
