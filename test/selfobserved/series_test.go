package selfobserved

import (
	"fmt"
	goversion "go/version"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/replay"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// series is one of the SDK's own, or one that otwatch would send. The value of a histogram
// is its count.
type series struct {
	Name       string
	Attributes map[string]string
	Value      int64
}

func (s series) key() string { return s.Name + strings.TrimPrefix(fmt.Sprint(s.Attributes), "map") }

// TestSeries demands the series that the SDK has, with their values, but for what
// docs/metrics.md says. All that it says must be so for one of the SDKs.
func TestSeries(t *testing.T) {
	testtarget.NeedRoot(t)
	if testing.Short() {
		t.Skip("SKIPPED, the SDK's series are not compared: -short")
	}
	otwatch := buildOtwatch(t)
	documented := make([]documented, len(export.Differences()))
	for i, d := range export.Differences() {
		documented[i].Difference = d
	}
	for _, v := range versions {
		t.Run(v.sdk, func(t *testing.T) {
			counted, recording := run(t, otwatch, build(t, v))
			watched, err := replay.File(recording, replay.Options{})
			if err != nil {
				t.Fatal(err)
			}
			compare(t, v, documented, counted, sent(watched.Targets[0]))
		})
	}
	for _, d := range documented {
		if !d.seen {
			t.Errorf("no SDK differs in %v %v: %s", d.Metrics, d.Attributes, d.Why)
		}
	}
}

// documented is a documented difference, and whether it was seen.
type documented struct {
	export.Difference
	seen bool
}

// concerns reports whether the difference is one of a metric with an SDK version.
func (d documented) concerns(v version, metric string) bool {
	return slices.Contains(d.Metrics, metric) && (d.Before == "" || older(v.sdk, d.Before))
}

// of reports whether the difference is one of such series.
func (d documented) of(s series) bool {
	value, has := s.Attributes[string(d.Of)]
	return d.Of == "" || has && (len(d.Values) == 0 || slices.Contains(d.Values, value))
}

// older compares versions of the SDK, as in v1.44.0, which have the form of Go's.
func older(a, b string) bool {
	return goversion.Compare(strings.Replace(a, "v", "go", 1), strings.Replace(b, "v", "go", 1)) < 0
}

func compare(t *testing.T, v version, documented []documented, counted, sent []series) {
	t.Helper()
	types := map[string]bool{}
	for _, s := range counted {
		types[s.Attributes[componentType]] = true
	}
	compareCodes(t, counted, sent)
	excuse(v, documented, counted, sent)
	want, got := byKey(counted), byKey(sent)
	for _, key := range slices.Sorted(maps.Keys(want)) {
		s, ok := got[key]
		switch {
		case !ok && differs(v, documented, want[key].Name, func(d export.Difference) bool { return d.Absent && d.Attributes == nil }):
		case !ok:
			t.Errorf("missing %s: the SDK counted %d", key, want[key].Value)
		case s.Value != want[key].Value && !differs(v, documented, s.Name, func(d export.Difference) bool { return !d.Absent && d.Attributes == nil }):
			t.Errorf("%s is %d, the SDK counted %d", key, s.Value, want[key].Value)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		s := got[key]
		// A value of 0 begins a series. The SDK may not count a component yet.
		if _, ok := want[key]; !ok && s.Value != 0 && types[s.Attributes[componentType]] {
			t.Errorf("beyond the SDK's: %s is %d", key, s.Value)
		}
	}
}

// compareCodes demands that status codes of calls that failed are the SDK's, where there are any:
// not the text of every error is read.
func compareCodes(t *testing.T, counted, sent []series) {
	t.Helper()
	const key = "rpc.response.status_code" // those of versions that have it
	codes := func(all []series) map[[2]string]bool {
		of := map[[2]string]bool{}
		for _, s := range all {
			if s.Attributes["error.type"] != "" && s.Attributes[key] != "" {
				of[[2]string{s.Attributes["otel.component.name"], s.Attributes[key]}] = true
			}
		}
		return of
	}
	want, got := codes(counted), codes(sent)
	if len(want) > 0 && len(got) == 0 {
		t.Errorf("no call that failed has a status code, the SDK has %v", want)
	}
	for code := range got {
		if len(want) > 0 && !want[code] {
			t.Errorf("calls of %s failed with %s, the SDK has %v", code[0], code[1], want)
		}
	}
}

const componentType = "otel.component.type"

// excuse removes the attributes that are documented to differ, where they do.
func excuse(v version, documented []documented, counted, sent []series) {
	for i := range documented {
		d := &documented[i]
		for _, key := range d.Attributes {
			removed := remove(v, *d, string(key), counted, sent)
			d.seen = d.seen || removed
		}
	}
}

// remove removes an attribute, and reports whether the SDK has it.
func remove(v version, d documented, key string, counted, sent []series) (had bool) {
	for side, all := range [][]series{counted, sent} {
		for _, s := range all {
			_, has := s.Attributes[key]
			if !has || !d.concerns(v, s.Name) || !d.of(s) {
				continue
			}
			if key == "error.type" {
				s.Attributes[key] = "any"
			} else {
				delete(s.Attributes, key)
			}
			had = had || side == 0
		}
	}
	return had
}

// differs reports whether a metric is documented to differ in that way.
func differs(v version, documented []documented, metric string, how func(export.Difference) bool) bool {
	for i, d := range documented {
		if d.concerns(v, metric) && how(d.Difference) {
			documented[i].seen = true
			return true
		}
	}
	return false
}

// byKey adds up the series that have the same attributes.
func byKey(all []series) map[string]series {
	by := map[string]series{}
	for _, s := range all {
		s.Value += by[s.key()].Value
		by[s.key()] = s
	}
	return by
}

// sent is what otwatch would send of the SDK's metrics if the SDK did not.
func sent(r report.Report) (all []series) {
	for _, m := range export.Metrics() {
		if !strings.HasPrefix(m.Name(), "otel.sdk.") {
			continue
		}
		switch data := m.Data(r).(type) {
		case nil:
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				all = append(all, series{m.Name(), texts(p.Attributes), p.Value})
			}
		case metricdata.Histogram[float64]:
			for _, p := range data.DataPoints {
				all = append(all, series{m.Name(), texts(p.Attributes), int64(p.Count)})
			}
		default:
			panic(fmt.Sprintf("%s is a %T", m.Name(), data))
		}
	}
	return all
}

// texts are the attributes of a set.
func texts(set attribute.Set) map[string]string {
	attributes := map[string]string{}
	for _, a := range set.ToSlice() {
		attributes[string(a.Key)] = a.Value.String()
	}
	return attributes
}
