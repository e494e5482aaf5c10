package gobinary

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/testprogram"
)

func TestPacked(t *testing.T) {
	const x86, arm64 = 62, 183
	for _, machine := range []uint16{x86, arm64} {
		_, err := Read(bytes.NewReader(testprogram.Packed(machine)))
		if !errors.Is(err, ErrPacked) || !strings.HasSuffix(err.Error(), " is packed (UPX): its functions show only in memory; run it unpacked (upx -d)") {
			t.Errorf("machine %d: %v", machine, err)
		}
	}
}
