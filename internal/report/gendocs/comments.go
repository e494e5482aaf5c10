package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
)

const module = "github.com/otwatch/otwatch/"

// typeComments are the comments of a struct type, each in one line.
type typeComments struct {
	doc    string
	fields map[string]string // by the field's name in Go
}

// comments reads the comments of types from the source.
type comments struct {
	root  string
	types map[string]typeComments // by package path and name
}

// of returns the comments of a struct type.
func (c comments) of(t reflect.Type) (typeComments, error) {
	key := t.PkgPath() + "." + t.Name()
	if _, known := c.types[key]; !known {
		if err := c.parse(t.PkgPath()); err != nil {
			return typeComments{}, err
		}
	}
	said, known := c.types[key]
	if !known {
		return typeComments{}, fmt.Errorf("%s: no such type in the source", key)
	}
	return said, nil
}

// parse reads the comments of all struct types of a package.
func (c comments) parse(path string) error {
	dir, local := strings.CutPrefix(path, module)
	if !local {
		return fmt.Errorf("%s: not a package of this module", path)
	}
	files, err := filepath.Glob(filepath.Join(c.root, dir, "*.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if d, is := n.(*ast.GenDecl); is && d.Tok == token.TYPE {
				c.addTypes(path, d)
			}
			return true
		})
	}
	return nil
}

func (c comments) addTypes(path string, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		of := spec.(*ast.TypeSpec)
		body, is := of.Type.(*ast.StructType)
		if !is {
			continue
		}
		said := typeComments{doc: sentence(of.Name.Name, oneLine(d.Doc)), fields: map[string]string{}}
		for _, f := range body.Fields.List {
			for _, name := range f.Names {
				said.fields[name.Name] = oneLine(f.Doc)
			}
		}
		c.types[path+"."+of.Name.Name] = said
	}
}

func oneLine(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }

// sentence is a type's comment without the name of the type: "Queue is the state …" becomes
// "The state …".
func sentence(name, comment string) string {
	rest, found := strings.CutPrefix(comment, name+" is ")
	if !found {
		return comment
	}
	return strings.ToUpper(rest[:1]) + rest[1:]
}
