package target

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParseMappedCode(t *testing.T) {
	const maps = `00400000-00600000 r-xp 00001000 fe:00 11                         /srv/host
00600000-00700000 r--p 00201000 fe:00 11                         /srv/host
7f1c2a000000-7f1c2b000000 r-xp 00001000 fe:00 1234                       /srv/my plugins/orders.so
7f1c2b000000-7f1c2c000000 r-xp 00101000 fe:00 1234                       /srv/my plugins/orders.so
7f1c30000000-7f1c30001000 rwxp 00000000 00:00 0
7ffd0c5f2000-7ffd0c5f4000 r-xp 00000000 00:00 0                          [vdso]
no line of maps
`
	got, err := parseMappedCode(strings.NewReader(maps))
	if want := []string{"/srv/host", "/srv/my plugins/orders.so"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	var many strings.Builder
	for i := range 2 * maxPlugins {
		fmt.Fprintf(&many, "7f1c2a000000-7f1c2b000000 r-xp 00001000 fe:00 1 /lib/%d.so\n", i)
	}
	if got, err := parseMappedCode(strings.NewReader(many.String())); err != nil || len(got) != maxPlugins {
		t.Errorf("%d of many, %v; want %d", len(got), err, maxPlugins)
	}
}
