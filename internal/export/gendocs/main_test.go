package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/export"
)

func TestDocsAreCurrent(t *testing.T) {
	const path = "../../../docs/metrics.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(page), string(render(export.Metrics(), export.Differences()))); diff != "" {
		t.Errorf("docs/metrics.md is not what the table says: run `go generate ./internal/export`\n%s", diff)
	}
}
