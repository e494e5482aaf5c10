package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/findings"
)

func TestDocsAreCurrent(t *testing.T) {
	const path = "../../../docs/findings.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(page), string(render(findings.Rules(), findings.Causes()))); diff != "" {
		t.Errorf("docs/findings.md is not what the table says: run `go generate ./internal/analyzer`\n%s", diff)
	}
}
