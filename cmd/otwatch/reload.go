package main

import (
	"context"
	"log/slog"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/sampler"
)

// Options that take effect when the configuration is read again. outgoing are those that
// decide where metrics go, and what they say.
var (
	reloadable = []string{"all", "name", "cgroup", "pod", "namespace", "exclude", "budget", "host-budget", "limit", "target-overhead", "ignore"}
	outgoing   = []string{"endpoint", "protocol", "metrics", "resource", "drop-attribute"}
)

// reload reads the configuration again and takes over what may change while otwatch runs.
// Targets that stay selected keep their probes. After a mistake everything stays as it was.
func (w *watch) reload(ctx context.Context, again func() (attachConfig, error), log *slog.Logger) {
	before := *w.config.Load()
	next, err := again()
	var changed, fixed []string
	if err == nil {
		changed, fixed = changes(before, next)
		err = w.redirect(ctx, next, changed)
	}
	if err != nil {
		log.Warn("the configuration was not reloaded; the old one stays", "err", strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	w.config.Store(&next)
	w.host.SetShare(next.hostBudget, runtime.NumCPU())
	w.fleet.Reselect(next.selection)
	log.Info("the configuration was reloaded", "changed", strings.Join(changed, ", "))
	if len(fixed) > 0 {
		log.Warn("these changes take effect when otwatch is started again", "options", strings.Join(fixed, ", "))
	}
	if w.sampler != nil && sampler.Hz(next.leastBudget()) < w.hz {
		log.Warn("CPU samples are too frequent for the lowest budget until otwatch is started again", "hz", w.hz)
	}
}

// redirect sends metrics elsewhere, or other ones, if an option says so.
func (w *watch) redirect(ctx context.Context, next attachConfig, changed []string) error {
	if !slices.ContainsFunc(changed, func(name string) bool { return slices.Contains(outgoing, name) }) {
		return nil
	}
	format, err := next.format()
	if err != nil {
		return err
	}
	return w.out.open(ctx, next, format)
}

// changes are the options that differ and take effect, and those that do not take effect.
func changes(before, next attachConfig) (changed, fixed []string) {
	for _, key := range optionKeys() {
		switch {
		case slices.Equal(before.texts[key.Name], next.texts[key.Name]):
		case slices.Contains(reloadable, key.Name) || slices.Contains(outgoing, key.Name):
			changed = append(changed, key.Name)
		default:
			fixed = append(fixed, key.Name)
		}
	}
	if !reflect.DeepEqual(before.targets, next.targets) {
		changed = append(changed, targetsKey)
	}
	return changed, fixed
}
