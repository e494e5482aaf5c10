package view

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/otwatch/otwatch/internal/audit"
)

// moduleSections are the kinds of modules, in the order in which they are shown.
var moduleSections = []struct{ kind, label string }{
	{"sdk", "SDK"}, {"api", "API"}, {"exporter", "exporters"}, {"instrumentation", "instrumentation"},
	{"propagator", "propagators"}, {"settings", "settings"}, {"other", "others"},
}

// Audit writes what executables show at rest, within the width of s.
func Audit(w io.Writer, binaries []audit.Binary, s Screen) error {
	s.Width = min(s.Width, widestSummary)
	for i, b := range binaries {
		p := &page{screen: s.colourless()}
		if i > 0 {
			p.lines = append(p.lines, "")
		}
		p.audit(b)
		if _, err := io.WriteString(w, p.String()); err != nil {
			return fmt.Errorf("write audit: %w", err)
		}
	}
	return nil
}

func (p *page) audit(b audit.Binary) {
	about := []part{text(cmp.Or(b.GoVersion, "Go release not recorded")), text(b.Arch)}
	for _, fact := range []struct {
		is   bool
		says string
	}{{b.Stripped, "stripped"}, {b.PIE, "position-independent"}} {
		if fact.is {
			about = append(about, text(fact.says))
		}
	}
	p.put(row{label: "otwatch", style: heading, parts: []part{styled(b.Path, heading), text(cmp.Or(b.Module, "no build information"))}})
	p.put(row{parts: about})
	p.section("WATCHING")
	switch {
	case !b.Watchable:
		p.sentence(styled("  no", warning), *b.Why, plain)
	case b.Why != nil:
		p.sentence(styled("  in part", warning), *b.Why, plain)
	default:
		p.add("yes", text(fmt.Sprintf("it has %d of the functions that otwatch probes, and the SDK's structs are known", b.ProbedFunctions)))
	}
	p.modules(b)
	p.settings(b)
	p.knownIssues(b)
}

// modules shows modules by their kinds, without the host that most of them share.
func (p *page) modules(b audit.Binary) {
	if len(b.Modules) == 0 {
		return
	}
	p.section("MODULES", styled("of go.opentelemetry.io, where no other host is named", quiet))
	for _, section := range moduleSections {
		label := section.label
		for _, m := range b.Modules {
			if m.Kind == section.kind {
				p.sentence(text("  "+label), strings.TrimPrefix(m.Path, "go.opentelemetry.io/")+" "+versionOf(m), plain)
				label = ""
			}
		}
	}
}

func versionOf(m audit.Module) string {
	version := cmp.Or(m.Version, "version not recorded")
	if m.Replacement != "" {
		version += " (replaced by " + m.Replacement + ")"
	}
	return version
}

func (p *page) settings(b audit.Binary) {
	if len(b.Settings) == 0 {
		return
	}
	p.section("SETTINGS")
	for _, s := range b.Settings {
		if s.Module == "" {
			p.sentence(styled("  no effect", quiet), s.Variable+": no module reads it", quiet)
		} else {
			p.sentence(text("  read"), s.Variable+", by "+s.Module, plain)
		}
	}
}

func (p *page) knownIssues(b audit.Binary) {
	p.section("KNOWN ISSUES")
	for _, i := range b.KnownIssues {
		style := plain
		if i.Effect == "vulnerability" || i.Effect == "crash" {
			style = warning
		}
		p.sentence(styled("  "+i.Effect, style), fmt.Sprintf("%s: %s", i.ID, i.Says), plain)
		p.sentence(nil, "→ "+i.Cure, plain)
		p.sentence(nil, i.Source, quiet)
	}
	if len(b.UnknownVersions) > 0 {
		p.sentence(styled("  not known", quiet), "which defects these have, whose versions are not recorded: "+strings.Join(b.UnknownVersions, ", "), quiet)
	}
	switch {
	case len(b.Modules) == 0:
		p.add("none known", styled("the executable records no modules of OpenTelemetry", quiet))
	case len(b.KnownIssues) == 0 && len(b.UnknownVersions) == 0:
		p.add("none", styled("of the defects that this otwatch knows", quiet))
	}
}
