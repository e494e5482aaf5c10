package replay

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/testschema"
)

// TestReportsFitTheSchema writes the reports of the committed recordings as JSON, in total
// and of their stretches.
func TestReportsFitTheSchema(t *testing.T) {
	recordings, err := filepath.Glob("../../test/sick/testdata/*.rec")
	if err != nil || len(recordings) == 0 {
		t.Fatalf("recordings: %v, %v", recordings, err)
	}
	schema := testschema.Open(t, "../..")
	check := func(t *testing.T, v any) {
		t.Helper()
		var document bytes.Buffer
		if err := export.JSONLine(&document, v); err != nil {
			t.Fatal(err)
		}
		schema.Check(t, document.Bytes())
	}
	for _, path := range recordings {
		t.Run(filepath.Base(path), func(t *testing.T) {
			reports, err := File(path, Options{Timelines: true})
			if err != nil {
				t.Fatal(err)
			}
			check(t, export.Document(reports.Targets, reports.CPUs))
			check(t, export.HostDocument(reports.Targets, export.Host{CPUs: reports.CPUs}))
			for _, timeline := range reports.Timelines {
				for _, stretch := range timeline.Stretches {
					check(t, stretch)
				}
			}
		})
	}
}
