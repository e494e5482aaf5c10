package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v3"

	"github.com/otwatch/otwatch/internal/config"
)

//go:generate sh -c "go run . config schema > ../../docs/config.schema.json"

// configTitle is the title of the JSON Schema.
const configTitle = "Configuration of otwatch attach"

func configCommand(stdout *os.File) *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "check and show the configuration of attach",
		Description: "A configuration file has options of attach as keys. The command line wins over the environment (OTWATCH_BUDGET for\n" +
			"--budget), that over the file, and that over the defaults.\n\n" +
			"   otwatch config show > otwatch.yaml                      a file to begin with\n" +
			"   otwatch config check otwatch.yaml                       name mistakes, with their lines\n" +
			"   otwatch config show --config otwatch.yaml               the values that hold, and where each comes from\n" +
			"   sudo otwatch attach --config otwatch.yaml",
		UsageText:       "otwatch config check FILE\notwatch config show [options of attach]\notwatch config schema",
		OnUsageError:    onUsageError,
		HideHelpCommand: true,
		Subcommands: []*cli.Command{
			{
				Name: "check", Usage: "check a file", UsageText: "otwatch config check FILE", OnUsageError: onUsageError,
				Action: func(c *cli.Context) error {
					if c.NArg() != 1 {
						return onUsageError(c, fmt.Errorf("number of files: got %d, want 1: otwatch config check FILE", c.NArg()), true)
					}
					return checkConfig(c.App, stdout, c.Args().First())
				},
			},
			{
				Name: "show", Usage: "show the values that hold, and where each comes from", UsageText: "otwatch config show [options of attach]",
				Flags: attachFlags(), OnUsageError: onUsageError,
				Action: func(c *cli.Context) error {
					if err := noArguments(c); err != nil {
						return err
					}
					read, err := inputsOf(c).readAny()
					if err != nil {
						return err
					}
					return showConfig(stdout, read)
				},
			},
			{
				Name: "schema", Usage: "print the JSON Schema of a file", UsageText: "otwatch config schema", OnUsageError: onUsageError,
				Action: func(c *cli.Context) error {
					if err := noArguments(c); err != nil {
						return err
					}
					schema, err := config.Schema(configTitle, configKeys())
					if err != nil {
						return err
					}
					_, err = stdout.Write(schema)
					return outputError(err)
				},
			},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return onUsageError(c, fmt.Errorf("unknown command %q", c.Args().First()), true)
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

// checkConfig reads a file as attach does that has no other options.
func checkConfig(app *cli.App, stdout io.Writer, path string) error {
	file := inputs{app, map[string][]string{configFlag: {path}}, func(string) string { return "" }}
	read, err := file.readAny()
	if err != nil {
		return err
	}
	says := "no mistakes"
	if read.config.selects() != nil {
		says += "; it selects no process, so attach needs an option that does, such as --all"
	}
	_, err = fmt.Fprintf(stdout, "%s: %s\n", path, says)
	return outputError(err)
}

// showConfig writes a configuration file. What is not set is a comment, with the default if
// there is one: a default that was set would differ from one that was not, as for interval.
func showConfig(w io.Writer, read configured) error {
	var b strings.Builder
	for _, key := range optionKeys() {
		origin, known := read.from[key.Name]
		texts := read.config.texts[key.Name]
		if !known && (len(texts) == 0 || texts[0] == "" || texts[0] == "0s") {
			fmt.Fprintf(&b, "# %s:  # not set\n", key.Name)
			continue
		}
		line, err := yamlOf(key, texts)
		if err != nil {
			return err
		}
		if !known {
			fmt.Fprintf(&b, "# %s: %s  # default\n", key.Name, line)
			continue
		}
		if key.Kind == config.List || key.Kind == config.Pairs {
			fmt.Fprintf(&b, "%s:  # %s\n%s\n", key.Name, origin, line)
			continue
		}
		fmt.Fprintf(&b, "%s: %s  # %s\n", key.Name, line, origin)
	}
	if err := showTargets(&b, read); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return outputError(err)
}

// showTargets writes the entries of targets, each value with its line.
func showTargets(b *strings.Builder, read configured) error {
	entries := read.file.Values[targetsKey].Entries
	if len(entries) == 0 {
		fmt.Fprintf(b, "# %s:  # not set\n", targetsKey)
		return nil
	}
	fmt.Fprintf(b, "%s:  # %s\n", targetsKey, read.from[targetsKey])
	for _, entry := range entries {
		before := "- "
		for _, key := range targetKeys() {
			value, known := entry.Values[key.Name]
			if !known {
				continue
			}
			text, err := yamlOf(key, value.Texts)
			if err != nil {
				return err
			}
			if key.Kind != config.Text {
				text = "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
				fmt.Fprintf(b, "%s%s:  # %s:%d%s\n", before, key.Name, read.file.Path, value.Line, text)
			} else {
				fmt.Fprintf(b, "%s%s: %s  # %s:%d\n", before, key.Name, text, read.file.Path, value.Line)
			}
			before = "  "
		}
	}
	return nil
}

// yamlOf is the value of a key as YAML.
func yamlOf(key config.Key, texts []string) (string, error) {
	value := any(texts)
	switch key.Kind {
	case config.Switch:
		value = texts[0] == "true"
	case config.Text:
		value = texts[0]
	}
	text, err := yaml.Marshal(value)
	return strings.TrimSuffix(string(text), "\n"), err
}
