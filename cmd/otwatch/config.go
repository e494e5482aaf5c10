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
					if _, err := config.Read(c.Args().First(), configKeys()); err != nil {
						return usageError(err)
					}
					_, err := fmt.Fprintf(stdout, "%s: no mistakes\n", c.Args().First())
					return outputError(err)
				},
			},
			{
				Name: "show", Usage: "show the values that hold, and where each comes from", UsageText: "otwatch config show [options of attach]",
				Flags: attachFlags(), OnUsageError: onUsageError,
				Action: func(c *cli.Context) error {
					if err := noArguments(c); err != nil {
						return err
					}
					from, err := origins(c)
					if err != nil {
						return err
					}
					return showConfig(c, stdout, from)
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

// showConfig writes a configuration file. What is not set is a comment, with the default if
// there is one: a default that was set would differ from one that was not, as for interval.
func showConfig(c *cli.Context, w io.Writer, from map[string]string) error {
	var b strings.Builder
	for _, key := range configKeys() {
		origin, known := from[key.Name]
		texts := textsOf(c, key)
		if !known && (len(texts) == 0 || texts[0] == "" || texts[0] == "0s") {
			fmt.Fprintf(&b, "# %s:  # not set\n", key.Name)
			continue
		}
		value := any(texts)
		switch key.Kind {
		case config.Switch:
			value = c.Bool(key.Name)
		case config.Text:
			value = texts[0]
		}
		line, err := yaml.Marshal(value)
		if err != nil {
			return err
		}
		if !known {
			fmt.Fprintf(&b, "# %s: %s  # default\n", key.Name, strings.TrimSuffix(string(line), "\n"))
			continue
		}
		if key.Kind == config.List || key.Kind == config.Pairs {
			fmt.Fprintf(&b, "%s:  # %s\n%s", key.Name, origin, line)
			continue
		}
		fmt.Fprintf(&b, "%s: %s  # %s\n", key.Name, strings.TrimSuffix(string(line), "\n"), origin)
	}
	_, err := io.WriteString(w, b.String())
	return outputError(err)
}
