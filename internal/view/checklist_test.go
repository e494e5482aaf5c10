package view

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/checklist"
	"github.com/otwatch/otwatch/internal/golden"
)

func TestChecklist(t *testing.T) {
	for name, screen := range map[string]Screen{"": {Width: 80}, "-color": {Width: 80, Color: true}, "-ascii": {Width: 60, ASCII: true}} {
		var b strings.Builder
		if err := Checklist(&b, checklist.Of(complete().Total), screen); err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "checklist"+name+".txt", b.String())
	}
}
