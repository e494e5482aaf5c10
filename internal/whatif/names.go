package whatif

import (
	"cmp"
	"slices"
)

// NameVolume is a root span's name, its share of all spans started, and the share of its
// traces' spans, 0..1. If only a span's own share is known, it is good enough for names
// of which most are roots.
type NameVolume struct {
	Scope, Name string
	Share       float64
}

// NameRatio is the sampling ratio for the traces of one name.
type NameRatio struct {
	NameVolume
	Ratio float64 // 0..1
}

// Few names make most of the volume if fewNames of them make mostVolume.
const (
	fewNames   = 5
	mostVolume = 0.5
)

// RatiosByName distributes an overall ratio over names: every name keeps its spans up to
// one level, the same for all, so that rare names are kept completely and only frequent
// ones are thinned. Names that are not listed are kept completely. The result has the
// thinned names, the most frequent first. It is empty if no few names make most of the
// volume, or thinning them is not enough: then one ratio for all is left.
func RatiosByName(names []NameVolume, overall float64) []NameRatio {
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b NameVolume) int { return cmp.Compare(b.Share, a.Share) })
	if volume(sorted[:min(fewNames, len(sorted))]) < mostVolume {
		return nil
	}
	level := fairLevel(sorted, overall)
	if level <= 0 {
		return nil
	}
	var ratios []NameRatio
	for _, name := range sorted {
		if name.Share > level {
			ratios = append(ratios, NameRatio{name, level / name.Share})
		}
	}
	return ratios
}

// fairLevel is the share that every more frequent name is cut to, so that a fraction
// overall of the volume is left. It is not above 0 if the names that are not listed are
// more than that. sorted has the most frequent first.
func fairLevel(sorted []NameVolume, overall float64) float64 {
	rest := 1 - volume(sorted) // of names not listed
	left := overall - rest
	for i := len(sorted) - 1; i >= 0; i-- { // the rarest first
		fair := left / float64(i+1)
		if sorted[i].Share >= fair {
			return fair
		}
		left -= sorted[i].Share
	}
	return 1
}

func volume(names []NameVolume) (sum float64) {
	for _, name := range names {
		sum += name.Share
	}
	return sum
}
