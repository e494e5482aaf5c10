package whatif

import "github.com/otwatch/otwatch/internal/estimate"

// GzipRatio is the ratio of an OTLP payload's size to its size after gzip at the default
// level, where it was not measured in the process. TestGzipRatio measured it on payloads
// of the SDK's exporter; docs/whatif.md has the table.
var GzipRatio = estimate.Estimate{Value: 7, Low: 1.7, High: 9}

// Payload is what exporters sent.
type Payload struct {
	Bytes      uint64 // as encoded, before compression; 0 if unknown
	Sent       uint64 // on the wire
	Compressed bool
}

// Compression is what compression saves, or would save.
type Compression struct {
	Ratio      *estimate.Estimate // encoded by sent, GzipRatio where it is off; nil if unknown
	SavedBytes *estimate.Estimate // saved already if it is on, else to be saved; nil if unknown
}

// Compress returns what compression saves of a payload if it is enabled, and what gzip
// would save if it is not.
func Compress(p Payload) Compression {
	switch {
	case !p.Compressed:
		return speculate(p.Sent)
	case p.Bytes == 0 || p.Sent == 0:
		return Compression{}
	}
	ratio := estimate.Counted(p.Bytes).Times(1 / float64(p.Sent))
	saved := float64(p.Bytes) - float64(p.Sent)
	return Compression{Ratio: ratio, SavedBytes: &estimate.Estimate{Value: saved, Low: saved, High: saved, N: p.Bytes, Exact: true}}
}

// speculate is what gzip would save of bytes that are sent uncompressed.
func speculate(sent uint64) Compression {
	saved := func(ratio float64) float64 { return float64(sent) * (1 - 1/ratio) }
	ratio := GzipRatio
	return Compression{
		Ratio:      &ratio,
		SavedBytes: &estimate.Estimate{Value: saved(ratio.Value), Low: saved(ratio.Low), High: saved(ratio.High), N: sent},
	}
}
