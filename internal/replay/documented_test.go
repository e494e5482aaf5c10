package replay

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/testschema"
)

// TestReportsAsDocumented writes the reports of the committed recordings as JSON, in total
// and of their stretches. They must fit the schema, and each figure that is null must be
// missing.
func TestReportsAsDocumented(t *testing.T) {
	recordings, err := filepath.Glob("../../test/sick/testdata/*.rec")
	if err != nil || len(recordings) == 0 {
		t.Fatalf("recordings: %v, %v", recordings, err)
	}
	schema := testschema.Open(t)
	for _, path := range recordings {
		t.Run(filepath.Base(path), func(t *testing.T) {
			reports, err := File(path, Options{Timelines: true})
			if err != nil {
				t.Fatal(err)
			}
			schema.Check(t, jsonOf(t, export.HostDocument(reports.Targets, export.Host{CPUs: reports.CPUs})))
			all := reports.Targets
			for _, timeline := range reports.Timelines {
				all = append(all, timeline.Stretches...)
			}
			for _, r := range all {
				document := jsonOf(t, r)
				schema.Check(t, document)
				for _, figure := range nulls(t, document) {
					if r.Known(figure) {
						t.Errorf("%s is null and not missing", figure)
					}
				}
			}
		})
	}
}

func jsonOf(t *testing.T, v any) []byte {
	t.Helper()
	var document bytes.Buffer
	if err := export.JSONLine(&document, v); err != nil {
		t.Fatal(err)
	}
	return document.Bytes()
}

// nulls returns the paths of the figures that are null in a report, without indices.
func nulls(t *testing.T, document []byte) []string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(document, &fields); err != nil {
		t.Fatal(err)
	}
	delete(fields, "target") // not figures
	delete(fields, "leaks")  // which the documentation excepts
	return appendNulls(nil, "", fields)
}

func appendNulls(found []string, path string, v any) []string {
	switch v := v.(type) {
	case nil:
		return append(found, path)
	case []any:
		for _, entry := range v {
			found = appendNulls(found, path, entry)
		}
	case map[string]any:
		for key, value := range v {
			below := key
			if path != "" {
				below = path + "." + key
			}
			found = appendNulls(found, below, value)
		}
	}
	return found
}
