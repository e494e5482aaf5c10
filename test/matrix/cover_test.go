package matrix

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cover adds combinations to those already picked, so that every set of values
// from strength (1 or 2) different axes that occurs in all occurs in one of them.
// It is greedy: each pick is the first of those that bring the most.
func cover(all []combination, strength int, picked ...combination) []combination {
	left := map[[2]string]bool{}
	for _, c := range all {
		for _, t := range tuples(c, strength) {
			left[t] = true
		}
	}
	for _, c := range picked {
		for _, t := range tuples(c, strength) {
			delete(left, t)
		}
	}
	for len(left) > 0 {
		best, most := combination{}, 0
		for _, c := range all {
			if n := count(tuples(c, strength), left); n > most {
				best, most = c, n
			}
		}
		picked = append(picked, best)
		for _, t := range tuples(best, strength) {
			delete(left, t)
		}
	}
	return picked
}

// tuples are the combination's single values, or its pairs of values. No two
// axes share a value.
func tuples(c combination, strength int) [][2]string {
	var found [][2]string
	values := c.values()
	for i, a := range values {
		if strength == 1 {
			found = append(found, [2]string{a})
			continue
		}
		for _, b := range values[i+1:] {
			found = append(found, [2]string{a, b})
		}
	}
	return found
}

func count(tuples [][2]string, in map[[2]string]bool) int {
	n := 0
	for _, t := range tuples {
		if in[t] {
			n++
		}
	}
	return n
}

func names(combinations []combination) []string {
	var names []string
	for _, c := range combinations {
		names = append(names, c.String())
	}
	return names
}

func TestCover(t *testing.T) {
	all := combinations(layouts)
	each := cover(all, 1)
	for strength, atMost := range map[int]int{1: 12, 2: 110} {
		picked := cover(all, strength, each...)
		if diff := cmp.Diff(names(each), names(picked[:len(each)])); diff != "" {
			t.Errorf("strength %d does not begin with what was picked (-want +got):\n%s", strength, diff)
		}
		seen := map[[2]string]bool{}
		for _, c := range picked {
			for _, tuple := range tuples(c, strength) {
				seen[tuple] = true
			}
		}
		for _, c := range all {
			for _, tuple := range tuples(c, strength) {
				if !seen[tuple] {
					t.Fatalf("strength %d: no combination has %v", strength, tuple)
				}
			}
		}
		if len(picked) > atMost {
			t.Errorf("strength %d takes %d combinations, want at most %d", strength, len(picked), atMost)
		}
	}
}

func TestSDKNeeds(t *testing.T) {
	for version, want := range map[sdk]int{oldestSDK: 21, 29: 21, 31: 22, 38: 23, 41: 24, 42: 25, 46: 25, 47: 26} {
		if got := version.goMinor(); got != want {
			t.Errorf("%s needs Go 1.%d, want 1.%d", version, got, want)
		}
	}
}
