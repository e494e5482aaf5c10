package snapshot

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rule reports whether a field of a merged Snapshot is what the field's values in the
// earlier and the later interval make together.
type rule func(earlier, later, merged reflect.Value) bool

// fieldRules has a rule for every field of a Snapshot, by its path, or for all that is
// below the path.
var fieldRules = []struct {
	rule  rule
	paths string
}{
	{summed, `Elapsed
		Counts.Calls Counts.Rates.Windows Counts.Rates.Sum Counts.Rates.Squares Started.Spans
		Stretches.Unobserved Stretches.Filled Stretches.Added Stretches.Calls Stretches.Longer
		Stretches.Durations.N Stretches.Durations.Sum Stretches.Durations.Squares Stretches.Durations.Means
		Stretches.Rates.Windows Stretches.Rates.Sum Stretches.Rates.Squares
		Exports.Operations Exports.Errors Exports.Exported Exports.Failed Exports.Spans Exports.Sync Exports.Blocked
		Exports.Foreign Exports.Retries Exports.Backoff Exports.Sized Exports.Bytes Exports.Weighed Exports.Sent
		Exports.Durations.Buckets Exports.Durations.Count Exports.Durations.Sum
		Exports.Kinds.Records Exports.Kinds.Durations.Buckets Exports.Kinds.Durations.Count Exports.Kinds.Durations.Sum
		Pipelines.Exporters.Kinds.Records Pipelines.Exporters.Kinds.Durations.Buckets Pipelines.Exporters.Kinds.Durations.Count Pipelines.Exporters.Kinds.Durations.Sum
		Exports.Failures.Buckets Exports.Failures.Count Exports.Failures.Sum
		Processors.Looks Processors.Held Processors.Unseen Processors.Exported Processors.Failed
		Processors.Flushes.Count Processors.Flushes.Errors Processors.Shutdowns.Count Processors.Shutdowns.Errors
		Others.Spans
		Flushes.Calls.Count Flushes.Calls.Errors Flushes.Sites.Calls Flushes.Sites.Served
		Pipelines.Calls.Count Pipelines.Calls.Errors Pipelines.Records Pipelines.Failed Pipelines.Unsized Pipelines.Dropped Pipelines.Exporters.Queue.Unsure
		Pipelines.Exporters.Exported Pipelines.Exporters.Failed Pipelines.Exporters.Unsized
		Pipelines.Exporters.Durations.Buckets Pipelines.Exporters.Durations.Count Pipelines.Exporters.Durations.Sum
		Pipelines.Exporters.Failures.Buckets Pipelines.Exporters.Failures.Count Pipelines.Exporters.Failures.Sum
		Pipelines.Exporters.Collections.Buckets Pipelines.Exporters.Collections.Count Pipelines.Exporters.Collections.Sum
		Pipelines.Exporters.FailedCollections.Buckets Pipelines.Exporters.FailedCollections.Count Pipelines.Exporters.FailedCollections.Sum
		Samples.SetAside Samples.Trapped Samples.Lost Samples.Foreign Samples.Stacks.Count
		Process.CPU Process.System
		Scheduling.Quota.Periods Scheduling.Quota.Throttled Scheduling.Quota.Withheld
		Scheduling.Threads.Ran Scheduling.Threads.Waited
		Heap.Cycles Heap.Covered Heap.Allocated Heap.Scanned
		Probing.Hits Probing.Windows Probing.Lost Probing.Unmatched Probing.Undrawn Probing.TargetCPU Probing.AgentCPU
		Names.List.Read Names.List.Spans Names.List.Attributes Names.List.LocalRoots
		Names.List.Remote Names.List.Unsampled Names.List.Events Names.List.Links Names.List.Serving Names.List.Calling
		Names.List.Orphans Names.List.RootsTimed Names.List.RootTime
		Names.Overflow.Read Names.Overflow.Spans Names.Overflow.Attributes Names.Overflow.LocalRoots
		Names.Overflow.Remote Names.Overflow.Unsampled Names.Overflow.Events Names.Overflow.Links Names.Overflow.Serving
		Names.Overflow.Calling Names.Overflow.Orphans Names.Overflow.RootsTimed Names.Overflow.RootTime Names.Ends Names.Roots
		Names.Requests Names.RequestSpans Names.LargeRequests
		Names.Squares Names.Unread
		Texts.Read Texts.Bytes Texts.Squares Texts.Cut`},
	{largest, `Exports.Kinds.Durations.Max Pipelines.Exporters.Kinds.Durations.Max Exports.MaxBatch Exports.Durations.Max Processors.Peak Processors.Flushes.Longest
		Processors.Shutdowns.Longest Pipelines.Calls.Longest Pipelines.Largest Pipelines.Exporters.Queue.Peak Exports.Failures.Max Flushes.Calls.Longest
		Pipelines.Exporters.Durations.Max Pipelines.Exporters.Failures.Max Pipelines.Exporters.Collections.Max Pipelines.Exporters.FailedCollections.Max`},
	{smallest, `Exports.Kinds.Durations.Min Pipelines.Exporters.Kinds.Durations.Min Exports.Durations.Min Exports.Failures.Min Counts.Whole
		Pipelines.Exporters.Durations.Min Pipelines.Exporters.Failures.Min Pipelines.Exporters.Collections.Min Pipelines.Exporters.FailedCollections.Min`},
	{joined, `Exports.Latest Exports.Reasons Pipelines.Reasons Processors.Flushes.Durations Processors.Shutdowns.Durations Pipelines.Calls.Durations
		Flushes.Calls.Durations`},
	{first, `Start FromStart Gaps.Why Pipelines.Exporters.Queue.Before.Queue Pipelines.Exporters.Queue.Before.Held Pipelines.Exporters.Queue.Before.Dropped
		Pipelines.Exporters.Queue.Before.Slack Pipelines.Exporters.Queue.Before.DropSlack Pipelines.Exporters.Queue.Before.Unread Processors.Before.Queue Processors.Before.Batch Processors.Before.Slack`},
	{last, `Target Exports.Component Exports.Index Exports.Inflight Exports.Waiting Exports.Target Exports.Untold
		Pipelines.Exporters.Component Pipelines.Exporters.Index Pipelines.Exporters.Reader Pipelines.Exporters.Inflight
		Pipelines.Exporters.Queue.Capacity Pipelines.Exporters.Queue.After
		Processors.Simple Processors.Index Processors.Provider Processors.Exporter Processors.Settings
		Processors.Before.Dropped Processors.After Processors.Unread Others.Processors
		Samples.Hz Process.RSS Heap.Live Missing Ended Released Following Building Goroutines Foreign Kept
		LongTrace.Lasted LongTrace.Spans LongTrace.All LongTrace.Roots LongTrace.Untracked Values
		Scheduling.Quota.CPUs
		Probing.HitCharge Probing.HitSource Probing.AgentRSS Probing.Exporting Probing.Budget`},
	{same, `Exports.Kinds.Class Exports.Kinds.Code Pipelines.Exporters.Kinds.Class Pipelines.Exporters.Kinds.Code
		Counts.Probe Started.Parent Started.Sampling Exports.Address Processors.Address Pipelines.Signal Pipelines.Exporters.Address Samples.Stacks.ID Samples.Stacks.Frames
		Names.List.Scope Names.List.Name Gaps.What
		Flushes.Signal Flushes.Function Flushes.Sites.Site.Function Flushes.Sites.Site.File Flushes.Sites.Site.Line
		Flushes.Sites.Caller.Function Flushes.Sites.Caller.File Flushes.Sites.Caller.Line
		Flushes.Sites.Own.Function Flushes.Sites.Own.File Flushes.Sites.Own.Line`},
	{unused, `Names.Overflow.Scope Names.Overflow.Name`},
	{byDropped, `Processors.Earlier`},
}

func summed(a, b, merged reflect.Value) bool   { return number(merged) == number(a)+number(b) }
func largest(a, b, merged reflect.Value) bool  { return number(merged) == max(number(a), number(b)) }
func smallest(a, b, merged reflect.Value) bool { return number(merged) == min(number(a), number(b)) }
func first(a, _, merged reflect.Value) bool    { return equal(merged, a) }
func last(_, b, merged reflect.Value) bool     { return equal(merged, b) }
func same(a, b, merged reflect.Value) bool     { return equal(a, b) && equal(merged, b) }
func joined(a, b, merged reflect.Value) bool   { return equal(merged, reflect.AppendSlice(a, b)) }

// unused are fields that no Snapshot sets.
func unused(_, _, merged reflect.Value) bool { return true }

// byDropped are fields that show in Processor.Dropped.
func byDropped(_, _, merged reflect.Value) bool { return true }

func equal(a, b reflect.Value) bool { return reflect.DeepEqual(a.Interface(), b.Interface()) }

// TestEveryFieldIsMerged merges two Snapshots in which every field is set, in both
// orders: a field whose rule is not kept, or that has none, fails.
func TestEveryFieldIsMerged(t *testing.T) {
	rules := map[string]rule{}
	for _, fields := range fieldRules {
		for path := range strings.FieldsSeq(fields.paths) {
			rules[path] = fields.rule
		}
	}
	low, high := filled(rules, 1_000, 1), filled(rules, 50_000, 7)
	for _, parts := range [][2]Snapshot{{low, high}, {high, low}} {
		a, b, merged := parts[0], parts[1], parts[0].Merge(parts[1])
		checked := map[string]bool{}
		checkFields(t, rules, checked, "", reflect.ValueOf(a), reflect.ValueOf(b), reflect.ValueOf(merged))
		for path := range rules {
			if !checked[path] {
				t.Errorf("there is no field %s", path)
			}
		}
		if got, want := merged.Processors[0].Dropped(), a.Processors[0].Dropped()+b.Processors[0].Dropped(); got != want {
			t.Errorf("%d dropped, want %d", got, want)
		}
		if diff := cmp.Diff(merged, mergeAll([]Snapshot{a, b})); diff != "" {
			t.Errorf("Merge and Total differ (-+):\n%s", diff)
		}
	}
}

// checkFields goes down to the fields that have a rule.
func checkFields(t *testing.T, rules map[string]rule, checked map[string]bool, path string, a, b, merged reflect.Value) {
	if kept, ok := rules[path]; ok && merged.Kind() != reflect.Array {
		checked[path] = true
		if !kept(a, b, merged) {
			t.Errorf("%s: %v and %v become %v", path, a, b, merged)
		}
		return
	}
	switch merged.Kind() {
	case reflect.Struct:
		for i := range merged.NumField() {
			checkFields(t, rules, checked, below(path, merged.Type().Field(i)), a.Field(i), b.Field(i), merged.Field(i))
		}
	case reflect.Array:
		for i := range merged.Len() {
			checkFields(t, rules, checked, path, a.Index(i), b.Index(i), merged.Index(i))
		}
	case reflect.Slice:
		if merged.Len() != 1 {
			t.Errorf("%s: two with the same identity become %d", path, merged.Len())
			return
		}
		checkFields(t, rules, checked, path, a.Index(0), b.Index(0), merged.Index(0))
	default:
		t.Errorf("%s has no rule in fieldRules: is it summed, the largest, the last …?", path)
	}
}

func below(path string, field reflect.StructField) string {
	return strings.TrimPrefix(path+"."+field.Name, ".")
}

// filled returns a Snapshot in which the fields are numbers from one on in steps, but
// for those that are the same in all.
func filled(rules map[string]rule, from, step int) (s Snapshot) {
	next := from
	fill(reflect.ValueOf(&s).Elem(), "", func(path string) int {
		if kept, ok := rules[path]; ok && reflect.ValueOf(kept).Pointer() == reflect.ValueOf(same).Pointer() {
			return 7
		}
		next += step
		return next
	})
	return s
}

func fill(v reflect.Value, path string, number func(path string) int) {
	if v.Type() == timeType {
		v.Set(reflect.ValueOf(time.Unix(int64(number(path)), 0)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), below(path, v.Type().Field(i)), number)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), path, number)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), path, number)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), path, func(string) int { return number(path) })
	case reflect.Bool:
		v.SetBool(number(path) > 10_000)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(number(path)))
	case reflect.Uint64, reflect.Uint32:
		v.SetUint(uint64(number(path)))
	case reflect.Float64:
		v.SetFloat(float64(number(path)))
	case reflect.String:
		v.SetString(strconv.Itoa(number(path)))
	default:
		panic(fmt.Sprintf("%s: no number for a %s", path, v.Type()))
	}
}

// number is a field's value.
func number(v reflect.Value) float64 {
	switch {
	case v.Kind() == reflect.Bool && v.Bool():
		return 1
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	case v.CanFloat():
		return v.Float()
	}
	return 0
}
