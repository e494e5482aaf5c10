package flame

import (
	"cmp"
	"container/heap"
	"encoding/json"
	"slices"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// What a graph may have at most.
const (
	MaxNodes = 1500
	// MaxBytes is what a graph takes as JSON, about: nodeBytes for each node, and its name
	// when that is new.
	MaxBytes  = 64 << 10
	nodeBytes = 24
	// finest is the part of a graph's samples that a node has at least.
	finest = 1.0 / 2000
)

// Node is a function in a flame graph, reached by the functions above it. Its samples are
// those of its Children, those of Smaller, and its own.
type Node struct {
	Name     string
	Samples  uint64
	Parts    [classify.Parts]uint64 // of Samples, the ones that OpenTelemetry has
	Children []*Node                // in order of Samples
	Smaller  Smaller

	routes []route
	depth  int
}

// Smaller sums up the functions that were left out below a node.
type Smaller struct {
	Functions int
	Samples   uint64
	Parts     [classify.Parts]uint64
}

// route is a stack from the root of a graph to its leaf.
type route struct {
	count uint64
	part  classify.Part
	names func(depth int) (name string, ok bool)
}

// grow makes the graph of routes below a root. The node with the most samples is always the next
// to be split, so what is left out has the fewest. Only the routes and the nodes that are kept
// take memory.
func grow(root string, routes []route) *Node {
	top := &Node{Name: root}
	for _, r := range routes {
		top.add(r)
	}
	if top.Samples == 0 {
		return top
	}
	least := uint64(finest * float64(top.Samples))
	names, bytes := map[string]bool{}, 0
	room := func(name string) bool {
		bytes += nodeBytes
		if !names[name] {
			bytes += size(name)
			names[name] = true
		}
		return bytes <= MaxBytes
	}
	open := queue{top}
	for kept := 1; len(open) > 0; {
		node := heap.Pop(&open).(*Node)
		for _, child := range node.split() {
			if child.Samples < least || kept >= MaxNodes || !room(child.Name) {
				node.leaveOut(child)
				continue
			}
			kept++
			node.Children = append(node.Children, child)
			heap.Push(&open, child)
		}
	}
	return top
}

func (n *Node) add(r route) {
	n.Samples += r.count
	n.Parts[r.part] += r.count
	n.routes = append(n.routes, r)
}

// split returns the nodes of the next depth, and drops the routes that they are made of.
func (n *Node) split() []*Node {
	byName := map[string]*Node{}
	var children []*Node
	for _, r := range n.routes {
		name, ok := r.names(n.depth)
		if !ok {
			continue // a leaf
		}
		child := byName[name]
		if child == nil {
			child = &Node{Name: name, depth: n.depth + 1}
			byName[name] = child
			children = append(children, child)
		}
		child.add(r)
	}
	n.routes = nil
	slices.SortFunc(children, compare)
	return children
}

func (n *Node) leaveOut(child *Node) {
	n.Smaller.Functions++
	n.Smaller.Samples += child.Samples
	for part, samples := range child.Parts {
		n.Smaller.Parts[part] += samples
	}
}

func compare(a, b *Node) int {
	return cmp.Or(cmp.Compare(b.Samples, a.Samples), cmp.Compare(a.Name, b.Name), cmp.Compare(a.depth, b.depth))
}

// size is what a name takes as JSON.
func size(name string) int {
	text, _ := json.Marshal(name) // a string always has a form
	return len(text)
}

// nameOf is the name of a frame, cut to what a graph takes.
func nameOf(f *snapshot.Frame) string {
	return untrusted.Text(f.Name(), untrusted.MaxName)
}

// queue has the nodes that are not split yet, the one with the most samples first.
type queue []*Node

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return compare(q[i], q[j]) < 0 }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(node any)     { *q = append(*q, node.(*Node)) }

func (q *queue) Pop() any {
	last := len(*q) - 1
	node := (*q)[last]
	*q = (*q)[:last]
	return node
}
