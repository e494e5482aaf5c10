package main

import (
	"cmp"
	"errors"
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
	"pod": {check: checkGlob}, "namespace": {check: checkGlob},
	"runtime-endpoint": {check: func(text string) error { _, err := containers.New(text, nil); return err }},
}

// pairs are the options whose values are NAME=VALUE.
var pairs = []string{"limit", "resource"}

// configKeys are the keys of a configuration file: all options of attach but --config.
func configKeys() (keys []config.Key) {
	for _, flag := range attachFlags() {
		key := config.Key{Name: flag.Names()[0]}
		key.OneOf = values[key.Name].oneOf
		if check := values[key.Name].check; check != nil {
			key.Check = func(text string) error { return nameless(key.Name, check(text)) }
		}
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

// configure gives options that are not on the command line their values.
func configure(c *cli.Context) error {
	_, err := origins(c)
	return err
}

// origins gives options that are not on the command line their values from the environment
// or else from the configuration file, and says of all that have one where it is from.
func origins(c *cli.Context) (map[string]string, error) {
	from := map[string]string{}
	keys := configKeys()
	for _, key := range keys {
		text := os.Getenv(variable(key.Name))
		switch {
		case c.IsSet(key.Name):
			from[key.Name] = "--" + key.Name
		case text != "":
			from[key.Name] = variable(key.Name)
			texts := []string{text}
			if key.Kind == config.List || key.Kind == config.Pairs {
				texts = strings.Split(text, ",") // as on the command line
			}
			err := key.CheckAll(texts)
			if err == nil {
				err = set(c, key.Name, texts)
			}
			if err != nil {
				return nil, usageError(fmt.Errorf("%s: %w", variable(key.Name), err))
			}
		}
	}
	file := cmp.Or(c.String(configFlag), os.Getenv(variable(configFlag)))
	if file == "" {
		return from, nil
	}
	read, err := config.Read(file, keys)
	if err != nil {
		return nil, usageError(notFound(err))
	}
	for name, value := range read.Values {
		if from[name] != "" {
			continue
		}
		from[name] = fmt.Sprintf("%s:%d", file, value.Line)
		if err := set(c, name, value.Texts); err != nil {
			return nil, usageError(&config.Error{Path: file, Line: value.Line, Says: fmt.Sprintf("%s: %v", name, err)})
		}
	}
	return from, nil
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
