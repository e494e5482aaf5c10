package patch

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/sdkconfig"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Form is what a patch is for.
type Form string

// The forms. Auto is the one for how the program runs: in a pod, as a systemd service, or in a
// container; else Env.
const (
	Auto      Form = "auto"
	Kubectl   Form = "kubectl"
	Systemd   Form = "systemd"
	Compose   Form = "compose"
	Collector Form = "collector"
	SDK       Form = "sdk"
	Go        Form = "go"
	Env       Form = "env"
)

// writers write the settings of one program in each form.
var writers = map[Form]func(*text, program){
	Kubectl: kubectl, Systemd: systemd, Compose: compose, Collector: collector, SDK: sdkFile, Go: goCode, Env: variables,
}

// Forms are the names of all forms.
func Forms() []string {
	names := []string{string(Auto)}
	for _, form := range []Form{Kubectl, Systemd, Compose, Collector, SDK, Go, Env} {
		names = append(names, string(form))
	}
	return names
}

// Write writes a patch for each report.
func Write(w io.Writer, reports []report.Report, form Form) error {
	for i, r := range reports {
		p, as := programOf(r), form
		if form == Auto {
			as = p.form()
		}
		t := &text{comment: "#"}
		if as == Go {
			t.comment = "//"
		}
		if i > 0 {
			t.line("")
		}
		t.note("%s, pid %d", r.Target.ServiceName, r.Target.PID)
		if len(p.changes) == 0 {
			t.note("nothing to change: no finding advises a setting")
		} else {
			writers[as](t, p)
		}
		for _, other := range p.others {
			t.note("no setting: %s", other)
		}
		if _, err := io.WriteString(w, t.String()); err != nil {
			return err
		}
	}
	return nil
}

// change is the settings that one piece of advice wants.
type change struct {
	says   string // the finding, the advice, and its expected effect
	advice report.Advice
	// env are the variables to set as they are, and open those that the user must complete.
	env, open map[string]string
}

// program is what a patch is written for.
type program struct {
	report.Report
	config  sdkconfig.Config
	changes []change
	others  []string // advice that is no setting
}

// variableName matches the names of variables that advice has.
var variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// programOf collects the changes that the findings of a report advise. The first finding that
// advises a value for a setting decides.
func programOf(r report.Report) program {
	p := program{Report: r, config: sdkconfig.OfReport(r)}
	decided := map[string]bool{}
	for _, f := range r.Findings {
		if !f.Holds() {
			continue
		}
		for _, a := range f.Advice {
			says := f.ID + ": " + f.Title + "; " + a.Title
			if len(a.Env) == 0 && len(a.Go) == 0 && a.YAML == "" {
				p.others = append(p.others, says)
				continue
			}
			of := slices.Sorted(maps.Keys(a.Env))
			if len(of) == 0 { // only code or a file decides
				of = []string{strings.Join(a.Go, " ") + a.YAML}
			}
			if slices.ContainsFunc(of, func(setting string) bool { return decided[setting] }) {
				continue
			}
			c := change{says: says + expected(a), advice: a, env: map[string]string{}, open: map[string]string{}}
			for _, setting := range of {
				decided[setting] = true
			}
			for variable, value := range a.Env {
				if !variableName.MatchString(variable) {
					continue // the report is not otwatch's
				}
				if condition(variable, value) != "" {
					c.open[variable] = value
				} else {
					c.env[variable] = oneLine(value)
				}
			}
			p.changes = append(p.changes, c)
		}
	}
	return p
}

// condition is what must be done before a variable can be set to a value; "" if nothing must.
// A collector on localhost may not exist yet, and NO_PROXY may have other hosts already.
func condition(variable, value string) string {
	switch {
	case strings.Contains(value, "COLLECTOR"), strings.Contains(value, "[ADDRESS]"), strings.Contains(value, "/PREFIX/"), strings.HasPrefix(value, "/path/to/"):
		return "fill in"
	case strings.Contains(value, "://localhost:"):
		return "once a collector listens there"
	case variable == "NO_PROXY":
		return "add to the hosts that it has"
	}
	return ""
}

// expected says what a change is expected to bring.
func expected(a report.Advice) string {
	var effects []string
	for _, figure := range slices.Sorted(maps.Keys(a.Expected)) {
		effects = append(effects, figure+" "+strconv.FormatFloat(a.Expected[figure], 'g', 3, 64))
	}
	if len(effects) == 0 {
		return ""
	}
	return "; expected: " + strings.Join(effects, ", ")
}

// form is the one for how the program runs and is set up.
func (p program) form() Form {
	by := map[string]bool{}
	for _, c := range p.changes {
		for _, way := range c.advice.By[:min(1, len(c.advice.By))] {
			by[way] = true
		}
	}
	switch {
	case by[report.ByCode] && len(by) == 1:
		return Go
	case by[report.ByFile] && len(by) == 1:
		return SDK
	case p.Target.Kubernetes != nil:
		return Kubectl
	case p.Target.ContainerID != nil:
		return Compose
	case p.unit() != "":
		return Systemd
	}
	return Env
}

// text is a patch as it is written. Its comments begin with comment.
type text struct {
	strings.Builder
	comment string
}

// line writes a line.
func (t *text) line(format string, values ...any) { fmt.Fprintf(t, format+"\n", values...) }

// note writes a comment of one line, whatever the texts in it contain.
func (t *text) note(format string, values ...any) {
	t.line("%s %s", t.comment, oneLine(fmt.Sprintf(format, values...)))
}

// oneLine is a text without what ends a line in one of the forms.
func oneLine(s string) string { return untrusted.Printable(untrusted.Text(s, untrusted.MaxText)) }

// apply writes a comment for each change, and returns the variables that take effect, sorted by
// change. Others are only comments: what the user must complete, and what code or a file decides.
func (t *text) apply(p program) (env []string) {
	open := false
	for _, c := range p.changes {
		open = open || len(c.open) > 0
		t.note("%s", c.says)
		switch {
		case len(c.env) == 0 && len(c.open) == 0 && len(c.advice.Go) > 0:
			t.note("  a variable has no effect, since the code sets it: --patch go")
		case len(c.env) == 0 && len(c.open) == 0:
			t.note("  a variable has no effect, since the configuration file sets it: --patch sdk")
		case len(c.advice.By) > 0 && c.advice.By[0] != report.ByVariables:
			t.note("  if the code sets it, a variable has no effect: --patch go")
		}
		t.conditions(c)
		for _, variable := range slices.Sorted(maps.Keys(c.env)) {
			env = append(env, variable+"="+c.env[variable])
		}
	}
	if len(env) == 0 && !open {
		t.note("nothing to set here")
	}
	return env
}

// conditions writes a comment for each variable that the user must complete.
func (t *text) conditions(c change) {
	for _, variable := range slices.Sorted(maps.Keys(c.open)) {
		t.note("  %s: %s=%s", condition(variable, c.open[variable]), variable, c.open[variable])
	}
}

// without writes a comment for a change that a form cannot write: what the user must complete or, if
// that is nothing, why.
func (t *text) without(c change, why string) {
	if len(c.open) == 0 {
		t.note("  %s", why)
	}
	t.conditions(c)
}
