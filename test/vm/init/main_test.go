//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"
)

func TestInnermost(t *testing.T) {
	const said = "--- FAIL: TestA (1.00s)\n" +
		"    --- FAIL: TestA/one (0.10s)\n" +
		"        --- FAIL: TestA/one/deep (0.10s)\n" +
		"    --- PASS: TestA/two (0.10s)\n" +
		"--- FAIL: TestAB (1.00s)\n" +
		"--- PASS: TestC (1.00s)\n"
	want := []string{"TestA/one/deep", "TestAB"}
	if got := innermost(strings.NewReader(said)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnly(t *testing.T) {
	const test, want = "TestA/1,000_a_second/b+c", `^TestA$/^1,000_a_second$/^b\+c$`
	if got := only(test); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
