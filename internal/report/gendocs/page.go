package main

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
)

// page is docs/report.md.
type page struct {
	bytes.Buffer
	objects
	anchors map[reflect.Type]string // of types that have a section
}

func pageOf(described objects) []byte {
	p := &page{objects: described, anchors: map[reflect.Type]string{reportType: "report"}}
	for _, s := range sections {
		p.anchors[s.of] = anchor(s.heading)
	}
	for _, f := range p.objects[reportType].fields {
		if part := base(f.of); part.Kind() == reflect.Struct {
			p.anchors[part] = anchor(f.name)
		}
	}
	p.WriteString(introduction)
	p.table("", p.objects[reportType])
	for _, f := range p.objects[reportType].fields {
		if part := base(f.of); part.Kind() == reflect.Struct {
			fmt.Fprintf(p, "\n### `%s`\n\n%s\n\n", f.name, p.objects[part].doc)
			p.table(step("", f), p.objects[part])
		}
	}
	for _, s := range sections {
		fmt.Fprintf(p, "\n## %s\n\n%s\n\n", s.heading, s.text)
		p.table("", p.objects[s.of])
	}
	return p.Bytes()
}

// anchor is how a link in the page names a heading.
func anchor(heading string) string {
	return strings.ReplaceAll(strings.ToLower(heading), " ", "-")
}

func (p *page) table(path string, o object) {
	p.WriteString("| Field | Type | Unit | Null | Meaning |\n|---|---|---|---|---|\n")
	p.rows(path, o)
}

// rows writes a row for each field of an object, and for the fields below it unless its type
// has a section.
func (p *page) rows(path string, o object) {
	for _, f := range o.fields {
		fmt.Fprintf(p, "| `%s` | %s | %s | %s | %s |\n", path+f.name, p.typeName(f.of), f.unit, f.null, f.meaning)
		if below, is := p.objects[base(f.of)]; is && p.anchors[below.of] == "" {
			p.rows(step(path, f), below)
		}
	}
}

// step is the path of what is below a field.
func step(path string, f field) string {
	path += f.name
	for t := f.of; ; t = t.Elem() {
		switch t.Kind() {
		case reflect.Slice:
			path += "[]"
		case reflect.Map:
			path += ".*"
		case reflect.Pointer:
		default:
			return path + "."
		}
	}
}

// typeName is a type as JSON, with a link if it has a section.
func (p *page) typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return p.typeName(t.Elem())
	case reflect.Slice:
		return "list of " + plural(p.typeName(t.Elem()))
	case reflect.Map:
		return "object of " + plural(p.typeName(t.Elem()))
	}
	switch at := p.anchors[t]; {
	case t == timeType:
		return "time (RFC 3339)"
	case t == estimateType:
		return "[estimate](#" + at + ")"
	case at != "":
		return "[object](#" + at + ")"
	}
	return jsonType(t)
}

func plural(name string) string {
	if linked, is := strings.CutPrefix(name, "[object]"); is {
		return "[objects]" + linked
	}
	return name + "s"
}

// jsonType is the type of JSON that a type is written as.
func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "integer"
	case reflect.Float64:
		return "number"
	}
	return "object"
}
