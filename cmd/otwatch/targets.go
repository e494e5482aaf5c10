package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/config"
	"github.com/otwatch/otwatch/internal/findings"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// targetsKey is the key of the configuration file that has no option: a list of processes
// with settings of their own.
const targetsKey = "targets"

// targetConfig is an entry of targets: which processes, and how they are watched and judged.
type targetConfig struct {
	agent.Selector
	budget float64 // 0: as for all
	limits report.Limits
}

// targetKeys are the keys of an entry. Those that are options, too, have the same form and
// are checked in the same way.
func targetKeys() []config.Key {
	key := func(name string, kind config.Kind, usage string) config.Key {
		k := keyOf(name)
		k.Kind, k.Usage = kind, usage
		return k
	}
	return []config.Key{
		key("name", config.List, "processes whose executable's name matches this `GLOB`"),
		key("cgroup", config.List, "processes in or below this cgroup, a `GLOB|PATH`"),
		key("service", config.List, "processes whose service.name matches this `GLOB`. Before otwatch has attached, it knows the name from OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES, from the systemd unit, or else the executable's name"),
		key("pod", config.List, "processes in Kubernetes pods whose name matches this `GLOB`"),
		key("namespace", config.List, "processes in Kubernetes namespaces whose name matches this `GLOB`"),
		key("pod-label", config.Pairs, "processes in Kubernetes pods that have all of these labels, `NAME=GLOB`. Only the container runtime's socket gives labels"),
		key("budget", config.Text, "as --budget, for these processes"),
		key("limit", config.Pairs, "as --limit, for these processes; limits that are not given here are as for all"),
		key("target-overhead", config.Text, "as --target-overhead, for these processes. It and the limit cpu belong together: an entry that gives one of them takes neither from those for all"),
		key("ignore", config.List, "findings that are not raised for these processes, besides those that are raised for none"),
	}
}

// checkEntry rejects an entry that is not one.
func checkEntry(entry config.Values) error {
	_, err := parseTarget(entry)
	return err
}

// parseTarget makes an entry. Its values were checked one by one.
func parseTarget(entry config.Values) (t targetConfig, err error) {
	t.Selector = agent.Selector{
		Names: entry["name"].Texts, Cgroups: entry["cgroup"].Texts, Services: entry["service"].Texts,
		Pods: entry["pod"].Texts, Namespaces: entry["namespace"].Texts, PodLabels: entry["pod-label"].Texts,
	}
	if t.Selector.Empty() {
		return t, errors.New("an entry needs name, cgroup, service, pod, namespace or pod-label")
	}
	if texts := entry["budget"].Texts; len(texts) > 0 {
		if t.budget, err = parseBudget("budget", texts[0]); err != nil {
			return t, err
		}
	}
	if t.limits, err = report.ParseLimits(entry["limit"].Texts); err != nil {
		return t, err
	}
	if texts := entry["target-overhead"].Texts; len(texts) > 0 {
		share, err := report.ParseOverhead(texts[0])
		if err == nil {
			t.limits, err = t.limits.WithTarget(share)
		}
		if err != nil {
			return t, fmt.Errorf("target-overhead: %w", err)
		}
	}
	t.limits.Ignored = entry["ignore"].Texts
	return t, nil
}

// entryOf is the entry of targets that a process belongs to: the first that matches. Without
// any, it has no settings of its own.
func (c attachConfig) entryOf(t snapshot.Target) targetConfig {
	if i := slices.IndexFunc(c.targets, func(entry targetConfig) bool { return entry.Matches(t) }); i >= 0 {
		return c.targets[i]
	}
	return targetConfig{}
}

// limitsOf are the limits that a process is judged by.
func (c attachConfig) limitsOf(t snapshot.Target) report.Limits {
	return c.entryOf(t).limits.Over(c.limits)
}

// budgetOf is the budget of a process.
func (c attachConfig) budgetOf(t snapshot.Target) float64 {
	if own := c.entryOf(t).budget; own > 0 {
		return own
	}
	return c.budget
}

// leastBudget is the lowest budget that a process may have.
func (c attachConfig) leastBudget() float64 {
	least := c.budget
	for _, entry := range c.targets {
		if entry.budget > 0 {
			least = min(least, entry.budget)
		}
	}
	return least
}

// findingIDs are the IDs of all findings.
func findingIDs() (ids []string) {
	for _, r := range findings.Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}

// checkIgnored rejects what is not the ID of a finding.
func checkIgnored(ids []string) error {
	for _, id := range ids {
		if !slices.Contains(findingIDs(), id) {
			return usageError(fmt.Errorf("--ignore %q: must be one of %s", id, strings.Join(findingIDs(), ", ")))
		}
	}
	return nil
}
