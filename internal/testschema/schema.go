// Package testschema validates reports against docs/report.schema.json, for tests.
package testschema

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Schema is docs/report.schema.json.
type Schema struct{ compiled *jsonschema.Schema }

// Open reads the schema. root is the path to the directory of the repository.
func Open(t testing.TB, root string) Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiled, err := compiler.Compile(root + "/docs/report.schema.json")
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
