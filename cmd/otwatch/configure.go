package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/config"
	"github.com/otwatch/otwatch/internal/containers"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/report"
)

// configFlag names the file that has options of attach.
const configFlag = "config"

// variable is the variable of the environment that has the value of an option:
// OTWATCH_HOST_BUDGET.
func variable(option string) string {
	return "OTWATCH_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(option))
}

// values are what values of options may be, where options are strings.
var values = map[string]struct {
	oneOf []string
	check func(string) error
}{
	"output":          {oneOf: outputs},
	"metrics":         {oneOf: []string{metricsAll, metricsEssential}},
	"protocol":        {oneOf: []string{string(export.GRPC), string(export.HTTP)}},
	"fail-on":         {oneOf: report.Severities},
	"ignore":          {oneOf: findingIDs()},
	"pid":             {check: func(text string) error { _, err := parsePIDs([]string{text}); return err }},
	"budget":          {check: func(text string) error { _, err := parseBudget("budget", text); return err }},
	"host-budget":     {check: func(text string) error { _, err := parseBudget("host-budget", text); return err }},
	"limit":           {check: func(text string) error { _, err := report.ParseLimits([]string{text}); return err }},
	"target-overhead": {check: func(text string) error { _, err := report.ParseOverhead(text); return err }},
	"endpoint":        {check: export.CheckEndpoint},
	"listen":          {check: checkAddress},
	"resource":        {check: func(text string) error { _, err := export.ParseResource([]string{text}); return err }},
	"drop-attribute":  {check: func(text string) error { _, err := export.ParseDropped([]string{text}, nil); return err }},
	"name":            {check: checkGlob}, "exclude": {check: checkGlob}, "cgroup": {check: checkGlob},
	"pod": {check: checkGlob}, "namespace": {check: checkGlob}, "service": {check: checkGlob}, "pod-label": {check: checkLabel},
	"runtime-endpoint": {check: func(text string) error { _, err := containers.New(text, nil); return err }},
}

// pairs are the options whose values are NAME=VALUE.
var pairs = []string{"limit", "resource"}

// configKeys are the keys of a configuration file: all options of attach but --config, and
// targets.
func configKeys() []config.Key {
	return append(optionKeys(), config.Key{
		Name: targetsKey, Kind: config.Entries, Keys: targetKeys(), CheckEntry: checkEntry,
		Usage: "processes to watch, too, each entry with settings of its own. The first entry that matches a process counts",
	})
}

// optionKeys are the keys that are options.
func optionKeys() (keys []config.Key) {
	for _, flag := range attachFlags() {
		key := keyOf(flag.Names()[0])
		switch f := flag.(type) {
		case *cli.BoolFlag:
			key.Kind, key.Usage = config.Switch, f.Usage
		case *cli.StringSliceFlag:
			key.Kind, key.Usage = config.List, f.Usage
		case *cli.DurationFlag:
			key.Usage, key.Check = f.Usage, checkTime
		case *cli.StringFlag:
			key.Usage = f.Usage
		}
		if slices.Contains(pairs, key.Name) {
			key.Kind = config.Pairs
		}
		if key.Name != configFlag {
			keys = append(keys, key)
		}
	}
	return keys
}

// keyOf is a key with what its values may be.
func keyOf(name string) config.Key {
	key := config.Key{Name: name, OneOf: values[name].oneOf}
	if check := values[name].check; check != nil {
		key.Check = func(text string) error { return nameless(name, check(text)) }
	}
	return key
}

// nameless is an error without the option's name, which the caller says.
func nameless(name string, err error) error {
	if err == nil {
		return nil
	}
	says := err.Error()
	if _, after, found := strings.Cut(says, name+" "); found {
		says = after
	}
	return errors.New(says)
}

func checkTime(text string) error {
	if d, err := time.ParseDuration(text); err != nil || d <= 0 {
		return fmt.Errorf("%q: must be a time, such as 500ms, 30s or 5m", text)
	}
	return nil
}

func checkGlob(text string) error {
	if _, err := path.Match(text, ""); err != nil {
		return fmt.Errorf("%q: must be a pattern such as check*: %w", text, err)
	}
	return nil
}

// checkLabel accepts NAME=GLOB.
func checkLabel(text string) error {
	if name, _, found := strings.Cut(text, "="); !found || name == "" {
		return fmt.Errorf("%q: must be NAME=GLOB, such as app.kubernetes.io/name=checkout", text)
	}
	return checkGlob(text)
}

func checkAddress(text string) error {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return fmt.Errorf("%q: must be HOST:PORT or :PORT, such as :9464", text)
	}
	return nil
}

// inputs are where the options of attach come from: the command line, the environment and
// the configuration file. The last two can be read again.
type inputs struct {
	app    *cli.App
	given  map[string][]string // on the command line
	getenv func(string) string
}

// configured is what the inputs say.
type configured struct {
	config attachConfig
	from   map[string]string // where each key that is set comes from
	file   config.File       // its Path is empty if there is none
}

// inputsOf takes the command line of c.
func inputsOf(c *cli.Context) inputs {
	in := inputs{c.App, map[string][]string{}, os.Getenv}
	for _, key := range append(optionKeys(), config.Key{Name: configFlag}) {
		if !c.IsSet(key.Name) {
			continue
		}
		in.given[key.Name] = textsOf(c, key)
		if key.Kind == config.List || key.Kind == config.Pairs {
			in.given[key.Name] = joinEscaped(in.given[key.Name])
		}
	}
	return in
}

// again reads everything again; nil if there is no file, without which nothing changes.
func (in inputs) again(first configured) func() (attachConfig, error) {
	if first.file.Path == "" {
		return nil
	}
	return func() (attachConfig, error) {
		read, err := in.read()
		return read.config, err
	}
}

// read reads everything. The options that it returns select a process.
func (in inputs) read() (configured, error) {
	read, err := in.readAny()
	if err != nil {
		return read, err
	}
	return read, read.config.selects()
}

// readAny is read for options that need not select a process.
func (in inputs) readAny() (read configured, err error) {
	read.from = map[string]string{}
	c, err := in.context()
	if err != nil {
		return read, err
	}
	keys := configKeys()
	if err := in.fromEnvironment(c, read.from); err != nil {
		return read, err
	}
	if file := cmp.Or(c.String(configFlag), in.getenv(variable(configFlag))); file != "" {
		if read.file, err = config.Read(file, keys); err != nil {
			return read, usageError(notFound(err))
		}
	}
	if err := read.fromFile(c); err != nil {
		return read, err
	}
	if read.config, err = parseAttach(c, read.file.Values[targetsKey].Entries); err != nil {
		return read, read.placed(err)
	}
	read.config.texts = map[string][]string{}
	for _, key := range optionKeys() {
		read.config.texts[key.Name] = textsOf(c, key)
	}
	return read, nil
}

// context has the options of the command line.
func (in inputs) context() (*cli.Context, error) {
	flags := flag.NewFlagSet("attach", flag.ContinueOnError)
	for _, f := range attachFlags() {
		if err := f.Apply(flags); err != nil {
			return nil, err
		}
	}
	c := cli.NewContext(in.app, flags, nil)
	for name, texts := range in.given {
		if err := set(c, name, texts); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// fromEnvironment sets options that are not on the command line.
func (in inputs) fromEnvironment(c *cli.Context, from map[string]string) error {
	for _, key := range optionKeys() {
		text := in.getenv(variable(key.Name))
		switch {
		case c.IsSet(key.Name):
			from[key.Name] = "--" + key.Name
		case text != "":
			from[key.Name] = variable(key.Name)
			texts := []string{text}
			if key.Kind == config.List || key.Kind == config.Pairs {
				texts = joinEscaped(strings.Split(text, ",")) // as on the command line
			}
			err := key.CheckAll(texts)
			if err == nil {
				err = set(c, key.Name, texts)
			}
			if err != nil {
				return usageError(fmt.Errorf("%s: %w", variable(key.Name), err))
			}
		}
	}
	return nil
}

// fromFile sets options that only the file has.
func (read configured) fromFile(c *cli.Context) error {
	for name, value := range read.file.Values {
		if read.from[name] != "" {
			continue
		}
		read.from[name] = fmt.Sprintf("%s:%d", read.file.Path, value.Line)
		if name == targetsKey {
			continue
		}
		if err := set(c, name, value.Texts); err != nil {
			return usageError(&config.Error{Path: read.file.Path, Line: value.Line, Says: fmt.Sprintf("%s: %v", name, err)})
		}
	}
	return nil
}

// placed adds to an error about options where the file sets the first of them that it sets.
func (read configured) placed(err error) error {
	for word := range strings.FieldsSeq(err.Error()) {
		name, isOption := strings.CutPrefix(word, "--")
		value, inFile := read.file.Values[name]
		if place := fmt.Sprintf("%s:%d", read.file.Path, value.Line); isOption && inFile && read.from[name] == place {
			return usageError(fmt.Errorf("%s: %w", place, err))
		}
	}
	return err
}

// joinEscaped joins texts that were separated at a comma after a backslash: the comma in
// team=a\,b belongs to the text.
func joinEscaped(parts []string) (texts []string) {
	escaped := false
	for i, part := range parts {
		before := escaped
		if part, escaped = strings.CutSuffix(part, `\`); escaped && i == len(parts)-1 {
			part += `\`
		}
		if before {
			texts[len(texts)-1] += "," + part
		} else {
			texts = append(texts, strings.TrimSpace(part))
		}
	}
	return texts
}

// set sets an option to texts. A comma in the text of a list does not separate two of them, as
// it does on the command line.
func set(c *cli.Context, name string, texts []string) error {
	value := strings.Join(texts, "")
	if _, isList := c.Value(name).(cli.StringSlice); isList {
		value = cli.NewStringSlice(texts...).Serialize()
	}
	if err := c.Set(name, value); err != nil {
		return fmt.Errorf("%q: %w", strings.Join(texts, ", "), err)
	}
	return nil
}

// textsOf are the texts of an option's value, as a file has them.
func textsOf(c *cli.Context, key config.Key) []string {
	switch key.Kind {
	case config.List, config.Pairs:
		return c.StringSlice(key.Name)
	case config.Switch:
		return []string{fmt.Sprint(c.Bool(key.Name))}
	}
	if d, isTime := c.Value(key.Name).(time.Duration); isTime {
		return []string{d.String()}
	}
	return []string{c.String(key.Name)}
}

// notFound says what to do if there is no such file.
func notFound(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w; otwatch config show prints one to begin with", err)
	}
	return err
}
