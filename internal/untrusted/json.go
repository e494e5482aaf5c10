package untrusted

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
)

const (
	// maxDepth is how deep lists and objects may be nested.
	maxDepth = 64
	// maxKey is the longest key, as written, that may name a field.
	maxKey = 256
	// growth is how many times its final memory a list may use while it grows.
	growth = 2
	// mapEntry is the memory of a map's entry, without its key and value.
	mapEntry = 64
)

// errJSON is for text that no decoder accepts. The decoder has the error message.
var errJSON = errors.New("not JSON")

// JSON charges the Budget for decoding the first JSON value of r into a value of a type,
// without decoding it: memory for the elements of lists that the type has, for strings
// and maps; and a step for each value and each eight bytes. It returns how many bytes it
// read. A malformed value is no error here: the decoder will refuse it.
func (b *Budget) JSON(r io.Reader, into reflect.Type) (read int64, err error) {
	s := &scanner{r: bufio.NewReader(b.Reader(r)), budget: b}
	err = s.value(into, 0)
	if err == nil || errors.Is(err, errJSON) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	if over := s.chargeRest(); over != nil {
		err = over
	}
	return s.read, err
}

// scanner goes through JSON, and through the type that it is decoded into, which is nil
// where the decoder ignores the value.
type scanner struct {
	r      *bufio.Reader
	budget *Budget
	read   int64
	// What has not been charged yet: charging for each byte would be slow.
	memory, steps, uncharged int64
}

func (s *scanner) value(t reflect.Type, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: it is nested more than %d deep", ErrTooLarge, maxDepth)
	}
	c, err := s.token()
	if err != nil {
		return err
	}
	if err := s.charge(1, 0); err != nil {
		return err
	}
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
		if err := s.charge(0, growth*int64(t.Size())); err != nil {
			return err
		}
	}
	switch c {
	case '{':
		return s.object(t, depth)
	case '[':
		return s.list(t, depth)
	case '"':
		return s.text(t)
	case '}', ']', ',', ':':
		return errJSON
	}
	return s.literal()
}

func (s *scanner) object(t reflect.Type, depth int) error {
	for first := true; ; first = false {
		c, err := s.token()
		switch {
		case err != nil:
			return err
		case c == '}' && first:
			return nil
		case c != '"':
			return errJSON
		}
		key, err := s.key()
		if err != nil {
			return err
		}
		if c, err = s.token(); err != nil || c != ':' {
			return errors.Join(err, errJSON)
		}
		field, memory := member(t, key)
		if err := s.charge(0, memory); err != nil {
			return err
		}
		if err := s.value(field, depth+1); err != nil {
			return err
		}
		switch c, err = s.token(); {
		case err != nil:
			return err
		case c == '}':
			return nil
		case c != ',':
			return errJSON
		}
	}
}

// member is the type of the value with a key in an object, and the memory of the entry.
func member(t reflect.Type, key []byte) (reflect.Type, int64) {
	switch {
	case t == nil:
		return nil, 0
	case t.Kind() == reflect.Map:
		return t.Elem(), growth * (mapEntry + int64(t.Key().Size()) + int64(t.Elem().Size()) + int64(len(key)))
	case t.Kind() == reflect.Struct:
		return fieldsOf(t).find(key), 0
	}
	return nil, 0
}

func (s *scanner) list(t reflect.Type, depth int) error {
	var element reflect.Type
	var each int64
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		element, each = t.Elem(), growth*int64(t.Elem().Size())
	}
	c, err := s.token()
	if err != nil || c == ']' {
		return err
	}
	for s.unread(); ; {
		if err := s.charge(0, each); err != nil {
			return err
		}
		if err := s.value(element, depth+1); err != nil {
			return err
		}
		switch c, err := s.token(); {
		case err != nil:
			return err
		case c == ']':
			return nil
		case c != ',':
			return errJSON
		}
	}
}

// text reads a string after its opening quote.
func (s *scanner) text(t reflect.Type) error {
	for escapes, n := false, int64(0); ; n++ {
		c, err := s.next()
		if err == nil && t != nil && n%maxKey == 0 {
			err = s.charge(0, min(n+16, maxKey))
		}
		if err != nil || c == '"' && !escapes {
			return err
		}
		escapes = c == '\\' && !escapes
	}
}

// key reads a string after its opening quote, and returns it as written; nil if it is
// long.
func (s *scanner) key() ([]byte, error) {
	var key []byte
	for escapes := false; ; {
		c, err := s.next()
		switch {
		case err != nil:
			return nil, err
		case c == '"' && !escapes:
			return key, nil
		}
		escapes = c == '\\' && !escapes
		if len(key) <= maxKey {
			key = append(key, c)
		}
	}
}

// literal reads a number, true, false or null.
func (s *scanner) literal() error {
	for {
		c, err := s.next()
		if err != nil {
			return err
		}
		switch c {
		case ',', '}', ']', ' ', '\n', '\t', '\r':
			s.unread()
			return nil
		}
	}
}

// token returns the next byte that is not white space.
func (s *scanner) token() (byte, error) {
	for {
		c, err := s.next()
		if err != nil || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c, err
		}
	}
}

func (s *scanner) next() (byte, error) {
	c, err := s.r.ReadByte()
	if err == nil {
		s.read++
		if s.uncharged++; s.uncharged >= 1<<16 {
			err = s.chargeRest()
		}
	}
	return c, err
}

func (s *scanner) unread() {
	_ = s.r.UnreadByte() // one was read before
	s.read--
}

func (s *scanner) charge(steps, memory int64) error {
	s.steps += steps
	s.memory += memory
	if s.steps >= 1<<12 || s.memory >= 1<<16 {
		return s.chargeRest()
	}
	return nil
}

// chargeRest charges what has not been charged yet.
func (s *scanner) chargeRest() error {
	steps, memory := s.steps+s.uncharged/8, s.memory
	s.steps, s.memory, s.uncharged = 0, 0, 0
	if err := s.budget.Memory(memory); err != nil {
		return err
	}
	return s.budget.Steps(steps)
}

// fields are the fields of a struct by their names in JSON.
type fields map[string]reflect.Type

var knownFields sync.Map // by reflect.Type

func fieldsOf(t reflect.Type) fields {
	if known, ok := knownFields.Load(t); ok {
		return known.(fields)
	}
	named := fields{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Tag.Get("json") == "-" || f.Anonymous && name == "" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		named[name] = f.Type
	}
	knownFields.Store(t, named)
	return named
}

// find is the type of the field that a key, as written, names; nil if none. As in package
// json, case does not matter, by Unicode's folding.
func (f fields) find(written []byte) reflect.Type {
	if t, ok := f[string(written)]; ok {
		return t
	}
	if len(written) > maxKey {
		return nil
	}
	var key string
	if json.Unmarshal(fmt.Appendf(nil, `"%s"`, written), &key) != nil {
		return nil
	}
	for name, t := range f {
		if strings.EqualFold(name, key) {
			return t
		}
	}
	return nil
}
