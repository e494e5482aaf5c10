// Package agent watches targets. A Fleet finds them, follows them as they start, replace
// their programs and end, and starts a goroutine for each that owns it. A Watcher attaches
// probes to one target, keeps them within the target's budget and the host's, has what
// they record counted by package accounting, and hands out a Snapshot every interval. It
// computes no figures: package analyzer does. Run returns when everything is detached.
package agent
