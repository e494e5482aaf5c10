package view

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
)

func TestLines(t *testing.T) {
	odd := healthy()
	odd.Total.Target.ServiceName = "my \"shop\"\x1b[31m\nnow"
	var b strings.Builder
	frames := []report.Frame{healthy(), attached(), losing(), unmeasured(), complete(), odd}
	if err := Lines(&b, frames); err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, "lines.txt", b.String())
}
