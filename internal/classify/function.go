package classify

import "strings"

// function is a function's name in two parts: net/http.(*conn).serve.func1 has the package
// net/http and the local name (*conn).serve.func1.
type function struct {
	pkg   string
	local string
}

// parseFunction splits a name as in .gopclntab. Type parameters are removed: they name
// packages that have nothing to do with what the function does. Names without a package
// (memeqbody, in assembly) have only a local part, and so have functions that the compiler
// makes (type:.hash.…).
func parseFunction(name string) function {
	if strings.HasPrefix(name, "type:") || strings.HasPrefix(name, "go:") {
		return function{local: name}
	}
	name = cutTypeParameters(name)
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return function{local: name}
	}
	// The linker writes a dot in a path's last element as %2e.
	pkg := strings.ReplaceAll(name[:slash+dot], "%2e", ".")
	return function{pkg: pkg, local: name[slash+dot+1:]}
}

// cutTypeParameters removes brackets with all that is in them.
func cutTypeParameters(name string) string {
	if !strings.ContainsRune(name, '[') {
		return name
	}
	var kept strings.Builder
	depth := 0
	for _, r := range name {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case depth == 0:
			kept.WriteRune(r)
		}
	}
	return kept.String()
}

// method is the last part of the local name, without the suffix of wrappers that the
// compiler makes: ServeHTTP of HandlerFunc.ServeHTTP.
func (f function) method() string {
	local := strings.TrimSuffix(f.local, "-fm")
	return local[strings.LastIndexByte(local, '.')+1:]
}

// in reports whether the function is in a package, given by its path; with /... at the end,
// in that package or one below it.
func (f function) in(pkg string) bool {
	if root, ok := strings.CutSuffix(pkg, "/..."); ok {
		return f.pkg == root || strings.HasPrefix(f.pkg, root+"/")
	}
	return f.pkg == pkg
}

// is reports whether the function is one of those named, or a closure or wrapper of one. A
// name that ends in * is a prefix.
func (f function) is(names []string) bool {
	for _, name := range names {
		if start, ok := strings.CutSuffix(name, "*"); ok {
			if strings.HasPrefix(f.local, start) {
				return true
			}
			continue
		}
		rest, ok := strings.CutPrefix(f.local, name)
		if ok && (rest == "" || rest[0] == '.' || rest[0] == '-') {
			return true
		}
	}
	return false
}
