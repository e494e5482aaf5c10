package main

import (
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
)

// manCommand writes the man page, for packages.
func manCommand(stdout *os.File) *cli.Command {
	return &cli.Command{
		Name: "man", Usage: "print the man page", UsageText: "otwatch man > otwatch.8", Hidden: true, OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			// Examples are blocks of code, which Markdown has four spaces before.
			c.App.Description = strings.ReplaceAll(c.App.Description, "\n   ", "\n    ")
			page, err := c.App.ToManWithSection(8)
			if err != nil {
				return err
			}
			_, err = io.WriteString(stdout, page)
			return outputError(err)
		},
	}
}
