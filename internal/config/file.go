package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxBytes is how large a file may be.
const MaxBytes = 1 << 20

// maxErrors is how many errors are reported of one file.
const maxErrors = 10

// Kind says what form the value of a key has.
type Kind int

// The kinds.
const (
	Text    Kind = iota
	Switch       // true or false
	List         // of texts; one text is a list of one
	Pairs        // NAME=VALUE: a list of these, or a mapping
	Entries      // a list of mappings, whose keys are Key.Keys
)

// Key is what a file may set.
type Key struct {
	Name  string
	Kind  Kind
	Usage string
	OneOf []string // the values that there are; empty: Check decides
	// Check returns an error that says what is expected, after the value. It may be nil.
	Check func(text string) error
	Keys  []Key // of Entries
	// CheckEntry returns an error that says what is wrong with a whole entry. It may be nil.
	CheckEntry func(Values) error
}

// Value is what a file sets a key to.
type Value struct {
	Texts   []string // one, unless the key is a list
	Entries []Entry  // of Entries
	Line    int
}

// Values are what a mapping sets keys to, by their names.
type Values map[string]Value

// Entry is one of Entries.
type Entry struct {
	Values Values
	Line   int
}

// File is a file that was read.
type File struct {
	Path   string
	Values Values
}

// Error is a mistake in a file.
type Error struct {
	Path string
	Line int // 0: the file as a whole
	Says string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Path + ": " + e.Says
	}
	return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Says)
}

// Read reads a file. Its errors are all Errors, and those of opening and reading.
func Read(path string, keys []Key) (File, error) {
	file, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer file.Close()
	if about, err := file.Stat(); err != nil || !about.Mode().IsRegular() {
		return File{}, errors.Join(err, &Error{Path: path, Says: "it is no regular file"})
	}
	text, err := io.ReadAll(io.LimitReader(file, MaxBytes+1))
	if err != nil {
		return File{}, err
	}
	return parse(path, text, keys)
}

func parse(path string, text []byte, keys []Key) (File, error) {
	if len(text) > MaxBytes {
		return File{}, &Error{Path: path, Says: fmt.Sprintf("it has more than %d bytes", MaxBytes)}
	}
	p := parser{path: path}
	values := Values{}
	var document, second yaml.Node
	documents := yaml.NewDecoder(bytes.NewReader(text))
	err := documents.Decode(&document)
	if err == nil {
		if len(document.Content) > 0 {
			values = p.mapping(document.Content[0], keys, "")
		}
		if err = documents.Decode(&second); err == nil {
			p.fail(second.Line, "a second document begins here: expected one only")
			err = io.EOF
		}
	}
	if !errors.Is(err, io.EOF) {
		p.fail(lineOf(err), "it is no YAML: %s", strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", " "), "yaml: "))
	}
	return File{Path: path, Values: values}, errors.Join(p.errs...)
}

// lineOf is the line in an error of the library, as in "yaml: line 3: mapping values are
// not allowed in this context"; 0 if it has none.
func lineOf(err error) int {
	_, after, _ := strings.Cut(err.Error(), "line ")
	digits := after[:len(after)-len(strings.TrimLeft(after, "0123456789"))]
	line, _ := strconv.Atoi(digits) // 0 if there are none
	return line
}

type parser struct {
	path string
	errs []error
}

func (p *parser) fail(line int, format string, args ...any) {
	if len(p.errs) < maxErrors {
		p.errs = append(p.errs, &Error{p.path, line, fmt.Sprintf(format, args...)})
	}
}

// mapping reads keys with their values. within is the key that the mapping belongs to, as in
// "targets: "; empty for the whole file.
func (p *parser) mapping(n *yaml.Node, keys []Key, within string) Values {
	values := Values{}
	if n.Kind != yaml.MappingNode {
		if within != "" || n.Kind != yaml.ScalarNode || n.Tag != "!!null" { // a file of comments
			p.fail(n.Line, "%sexpected keys with values, such as %s: …", within, keys[0].Name)
		}
		return values
	}
	for pair := range slices.Chunk(n.Content, 2) {
		name, value := pair[0], pair[1]
		i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name.Value })
		switch before, twice := values[name.Value]; {
		case i < 0:
			p.fail(name.Line, "%sunknown key %q; %s", within, name.Value, nearest(name.Value, keys))
		case twice:
			p.fail(name.Line, "%s%s is set twice: it is in line %d already", within, name.Value, before.Line)
		case keys[i].Kind == Entries:
			values[name.Value] = Value{Entries: p.entries(keys[i], value), Line: name.Line}
		default:
			values[name.Value] = Value{Texts: p.value(keys[i], value, within), Line: name.Line}
		}
	}
	return values
}

// entries reads a list of mappings.
func (p *parser) entries(k Key, n *yaml.Node) (entries []Entry) {
	if n.Kind != yaml.SequenceNode {
		p.fail(n.Line, "%s: expected %s", k.Name, k.Kind.expects())
		return nil
	}
	for _, item := range n.Content {
		mistakes := len(p.errs)
		entry := Entry{p.mapping(item, k.Keys, k.Name+": "), item.Line}
		if len(p.errs) > mistakes || k.CheckEntry == nil {
			continue
		}
		if err := k.CheckEntry(entry.Values); err != nil {
			p.fail(item.Line, "%s: %v", k.Name, err)
		}
		entries = append(entries, entry)
	}
	return entries
}

// nearest says which keys there are: those with the same beginning, or else all.
func nearest(name string, keys []Key) string {
	var alike, all []string
	for _, k := range keys {
		all = append(all, k.Name)
		if len(name) > 1 && strings.HasPrefix(k.Name, name[:2]) {
			alike = append(alike, k.Name)
		}
	}
	if len(alike) > 0 {
		return "is it " + strings.Join(alike, " or ") + "?"
	}
	return "the keys are " + strings.Join(all, ", ")
}

// value returns the texts of a value, and checks each. within is as in mapping.
func (p *parser) value(k Key, n *yaml.Node, within string) (texts []string) {
	name := within + k.Name
	add := func(n *yaml.Node, text string) {
		if err := k.check(text); err != nil {
			p.fail(n.Line, "%s: %v", name, err)
			return
		}
		texts = append(texts, text)
	}
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag != "!!null":
		add(n, n.Value)
	case n.Kind == yaml.SequenceNode && (k.Kind == List || k.Kind == Pairs):
		for _, item := range n.Content {
			if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
				p.fail(item.Line, "%s: expected a text in each line of the list", name)
				continue
			}
			add(item, item.Value)
		}
	case n.Kind == yaml.MappingNode && k.Kind == Pairs:
		seen := map[string]int{}
		for pair := range slices.Chunk(n.Content, 2) {
			key, value := pair[0], pair[1]
			if line, twice := seen[key.Value]; twice {
				p.fail(key.Line, "%s: %s is set twice: it is in line %d already", name, key.Value, line)
				continue
			}
			seen[key.Value] = key.Line
			if value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
				p.fail(value.Line, "%s: %s: expected a text", name, key.Value)
				continue
			}
			add(value, key.Value+"="+value.Value)
		}
	default:
		p.fail(n.Line, "%s: expected %s", name, k.Kind.expects())
	}
	return texts
}

func (k Kind) expects() string {
	return [...]string{Text: "a text or a number", Switch: "true or false", List: "a text or a list of texts", Pairs: "a list of NAME=VALUE, or names with values",
		Entries: "a list, in which each entry has keys with values"}[k]
}

func (k Key) check(text string) error {
	switch {
	case k.Kind == Switch && text != "true" && text != "false":
		return fmt.Errorf("%q: must be true or false", text)
	case len(k.OneOf) > 0 && !slices.Contains(k.OneOf, text):
		return fmt.Errorf("%q: must be one of %s", text, strings.Join(k.OneOf, ", "))
	case k.Check != nil:
		return k.Check(text)
	}
	return nil
}

// CheckAll checks the texts of a value that comes from elsewhere.
func (k Key) CheckAll(texts []string) error {
	for _, text := range texts {
		if err := k.check(text); err != nil {
			return err
		}
	}
	return nil
}
