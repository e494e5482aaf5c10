// Package testschema validates reports against docs/report.schema.json, for tests.
package testschema

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/otwatch/otwatch/docs"
)

// Schema is docs/report.schema.json.
type Schema struct{ compiled *jsonschema.Schema }

// Open reads the schema.
func Open(t testing.TB) Schema {
	t.Helper()
	const name = "report.schema.json"
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(docs.ReportSchema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(name, text); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return Schema{compiled}
}

// Check fails the test if a document is not valid JSON of otwatch.report/v1.
func (s Schema) Check(t testing.TB, document []byte) {
	t.Helper()
	if err := s.validate(document); err != nil {
		t.Error(err)
	}
}

func (s Schema) validate(document []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return fmt.Errorf("no JSON: %w\n%s", err, document)
	}
	return s.compiled.Validate(value)
}
