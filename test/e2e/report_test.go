package e2e

import (
	"encoding/json"
	"testing"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/testreport"
	"github.com/otwatch/otwatch/internal/testschema"
)

// readReport reads the report that otwatch wrote to stdout, and checks it against the schema.
func readReport(t *testing.T, watcher *process) report.Report {
	t.Helper()
	document := []byte(watcher.stdout.String())
	testschema.Open(t).Check(t, document)
	var r report.Report
	if err := json.Unmarshal(document, &r); err != nil {
		t.Fatal(err)
	}
	testreport.Check(t, r)
	return r
}
