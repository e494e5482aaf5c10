package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/report"
)

func overheadFlag() cli.Flag {
	return &cli.StringFlag{
		Name:        "target-overhead",
		Usage:       "`SHARE` of the CPU that tracing may take, such as 3%: advice gives the sampling ratio that meets it. It is also the limit for a finding, unless --limit cpu= sets one, which must not be lower",
		DefaultText: "the cpu limit",
	}
}

// targetOverhead is the share of the flag's value; 0 if none was given.
func targetOverhead(c *cli.Context) (float64, error) {
	if !c.IsSet("target-overhead") {
		return 0, nil
	}
	share, err := report.ParseOverhead(c.String("target-overhead"))
	if err != nil {
		return 0, usageError(fmt.Errorf("--target-overhead %w", err))
	}
	return share, nil
}
