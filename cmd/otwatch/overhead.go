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

// targetOverhead returns the flag's value as a share; 0 if the flag is not set.
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
