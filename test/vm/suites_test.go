package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSuitesNameTests that there are: a pattern that matches none runs none, and
// nothing tells.
func TestSuitesNameTests(t *testing.T) {
	name := regexp.MustCompile(`(?:Test|Fuzz)\w+`)
	for _, s := range suites {
		files, err := filepath.Glob(filepath.Join("../..", s.Package, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has %d files of tests, error %v", s.Package, len(files), err)
		}
		var source strings.Builder
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(content)
		}
		for _, test := range name.FindAllString(s.Run+" "+s.Skip, -1) {
			if !strings.Contains(source.String(), "\nfunc "+test+"(") {
				t.Errorf("%s has no %s", s.Package, test)
			}
		}
	}
}
