package main

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// object is a struct type as JSON.
type object struct {
	of     reflect.Type
	doc    string
	fields []field
}

// field is one field of an object.
type field struct {
	name     string
	unit     string // of numbers
	meaning  string
	null     string // when it is null or absent, as in "if there is none"
	of       reflect.Type
	optional bool // it may be absent
}

var timeType = reflect.TypeFor[time.Time]()

// objects are struct types with all that they refer to.
type objects map[reflect.Type]object

// describe returns the types of all sections.
func describe(root string) (objects, error) {
	d := describer{objects{}, comments{root: root, types: map[string]typeComments{}}}
	if err := d.add(reportType); err != nil {
		return nil, err
	}
	for _, s := range sections {
		if err := d.add(s.of); err != nil {
			return nil, err
		}
	}
	return d.objects, nil
}

type describer struct {
	objects
	comments
}

// add describes the struct types in t that are not described yet.
func (d describer) add(t reflect.Type) error {
	t = base(t)
	if _, known := d.objects[t]; known || t.Kind() != reflect.Struct || t == timeType {
		return nil
	}
	said, err := d.of(t)
	if err != nil {
		return err
	}
	fields, err := d.fields(t)
	if err != nil {
		return err
	}
	d.objects[t] = object{of: t, doc: said.doc, fields: fields}
	for _, f := range fields {
		if err := d.add(f.of); err != nil {
			return err
		}
	}
	return nil
}

// fields are those of a struct as JSON, with those of embedded structs.
func (d describer) fields(t reflect.Type) ([]field, error) {
	said, err := d.of(t)
	if err != nil {
		return nil, err
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case f.Anonymous && name == "":
			embedded, err := d.fields(f.Type)
			if err != nil {
				return nil, err
			}
			fields = append(fields, embedded...)
		default:
			described := field{
				name: cmp.Or(name, f.Name), unit: f.Tag.Get("unit"), of: f.Type, optional: options == "omitempty" || options == "omitzero",
			}
			described.meaning, described.null = split(said.fields[f.Name])
			if err := described.check(); err != nil {
				return nil, fmt.Errorf("%s.%s: %w", t, f.Name, err)
			}
			fields = append(fields, described)
		}
	}
	return fields, nil
}

// split returns a comment without the sentence that says when the field is null or absent,
// and that sentence.
func split(comment string) (meaning, null string) {
	if before, after, found := strings.Cut(comment, " Null "); found {
		return before, strings.TrimSuffix(after, ".")
	}
	if before, after, found := strings.Cut(comment, " Absent "); found {
		return before, "absent " + strings.TrimSuffix(after, ".")
	}
	return comment, ""
}

// check returns an error if the field's comment or tag lacks what a reader needs to know.
func (f field) check() error {
	switch {
	case f.meaning == "":
		return fmt.Errorf("has no comment")
	case f.unit == "" && measured(f.of):
		return fmt.Errorf(`is a number without a unit: add unit:"…" to its tag`)
	case f.null == "" && (f.optional || f.of.Kind() == reflect.Pointer):
		return fmt.Errorf(`its comment must end with a sentence "Null if …" or "Absent if …"`)
	}
	return nil
}

// nullable reports whether the field may be null.
func (f field) nullable() bool { return f.null != "" && !f.optional }

// measured reports whether a type is a number with a unit. Ids and line numbers are an int.
func measured(t reflect.Type) bool {
	t = base(t)
	switch t.Kind() {
	case reflect.Uint64, reflect.Int64, reflect.Float64:
		return true
	}
	return t == estimateType
}

// base is what pointers, lists and maps are of.
func base(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t
}
