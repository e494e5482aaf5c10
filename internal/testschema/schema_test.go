package testschema

import (
	"os"
	"strings"
	"testing"
)

// goldens are reports that other packages' tests compare with.
var goldens = []string{
	"internal/analyzer/testdata/report.json", "internal/export/testdata/report_empty.json",
	"internal/export/testdata/report_none.json", "internal/export/testdata/report_several.json",
}

func TestGoldenReports(t *testing.T) {
	schema := Open(t)
	for _, name := range goldens {
		t.Run(name, func(t *testing.T) { schema.Check(t, read(t, name)) })
	}
}

func TestSchemaRefuses(t *testing.T) {
	one, several := string(read(t, goldens[1])), string(read(t, goldens[3]))
	tests := []struct{ name, document, old, new, want string }{
		{"unknown field", one, `"queue": {`, `"queue": {"depth": 0,`, "'depth' not allowed"},
		{"unknown field of a report", one, `"schema"`, `"queues": [], "schema"`, "'queues' not allowed"},
		{"unknown field of a host", several, `"cpus": 2`, `"cpus": 2, "cores": 2`, "'cores' not allowed"},
		{"unknown field of a report among several", several, `"pid": 0`, `"pid": 0, "tid": 0`, "'tid' not allowed"},
		{"missing field", one, `"peak": null,`, "", "missing property 'peak'"},
		{"string for a number", one, `"hits": 0`, `"hits": "0"`, "got string, want integer"},
		{"fraction for an integer", one, `"hits": 0`, `"hits": 0.5`, "got number, want integer"},
		{"negative count", one, `"hits": 0`, `"hits": -1`, "minimum"},
		{"number for an estimate", one, `"started": null`, `"started": 23`, "got number, want object"},
		{"null for a count", one, `"hits": 0`, `"hits": null`, "got null, want integer"},
		{"null for a list", one, `"processors": []`, `"processors": null`, "got null, want array"},
		{"time of another format", one, `0001-01-01T00:00:00Z`, `yesterday`, "date-time"},
		{"another schema", one, "otwatch.report/v1", "otwatch.report/v2", "otwatch.report/v1"},
	}
	schema := Open(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(tt.document, tt.old, tt.new, 1)
			if changed == tt.document {
				t.Fatalf("the document has no %s", tt.old)
			}
			if err := schema.validate([]byte(changed)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
