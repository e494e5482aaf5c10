package hostile

import (
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recordingName is the recording that a row prepares, in its directory.
const recordingName = "hostile.rec"

// recordings are small and read large, or lie. Each writes the middle of some Snapshots,
// after what every one has.
var recordings = map[string]struct {
	snapshots int
	write     func(w io.Writer, i int)
}{
	"frames":     {1, bomb(`"Samples":{"Hz":100,"Stacks":[{"ID":1,"Count":1,"Frames":[`, `{}`, `]}]}`)},
	"stacks":     {1, bomb(`"Samples":{"Hz":100,"Stacks":[`, `{}`, `]}`)},
	"names":      {1, bomb(`"Names":{"List":[`, `{}`, `]}`)},
	"exports":    {1, bomb(`"Exports":[`, `{}`, `]`)},
	"processors": {1, bomb(`"Processors":[`, `{}`, `]`)},
	"nesting":    {1, bomb(`"Unknown":`, `[`, ``)},
	"key":        {1, bomb(`"`, `kkkkkkkkkkkkkkkk`, `":1`)},
	"targets": {200_000, func(w io.Writer, i int) {
		fmt.Fprintf(w, `"Target":{"PID":%d,"StartTicks":1}`, i+2)
	}},
	// 70 million drops a second of a queue of 2^30 places and batches of one span.
	"drops": {12, func(w io.Writer, i int) {
		fmt.Fprintf(w, `"Processors":[{"Address":1,"Exporter":2,"Settings":{"MaxQueueSize":1073741824,"MaxExportBatchSize":1,"BatchTimeout":1000000000},`+
			`"Before":{"Dropped":%d},"After":{"Dropped":%d},"Peak":5}],"Exports":[{"Address":2,"Operations":1,"Spans":1,"Exported":1,"Latest":[{"Duration":1,"Spans":1}]}]`,
			uint32(i*70_000_000), uint32((i+1)*70_000_000))
	}},
	// Queues whose lengths add up to 2^64, which is 0.
	"lengths": {12, func(w io.Writer, i int) {
		fmt.Fprintf(w, `"Processors":[{"Address":1,"Exporter":2,"Settings":{"MaxQueueSize":2048,"MaxExportBatchSize":512,"BatchTimeout":1000000000},`+
			`"Before":{"Queue":%d,"Dropped":%d},"After":{"Queue":%d,"Dropped":%d},"Peak":5}],"Exports":[{"Address":2,"Operations":1,"Latest":[{"Duration":1,"Spans":1}]}]`,
			uint64((i+1)%2)<<62, i*1_000_000, uint64(i%2)<<62, (i+1)*1_000_000)
	}},
	// An attribute without the value that every string has.
	"attributes": {1, func(w io.Writer, _ int) {
		fmt.Fprint(w, `"Target":{"PID":1,"StartTicks":1,"Resource":{"Attributes":[{"Key":"service.name","Type":"string"},{"Key":"a","Type":"int"},{"Key":"b","Type":"other","Values":["x"]}]},"ResourceRead":true}`)
	}},
	// Numbers that are infinite or none as soon as they are multiplied or divided.
	"numbers": {12, func(w io.Writer, i int) {
		fmt.Fprintf(w, `"Elapsed":%d,"Process":{"CPU":%d,"System":9223372036854775807,"RSS":18446744073709551615},`+
			`"Samples":{"Hz":%s,"Trapped":18446744073709551615,"Stacks":[{"ID":%d,"Count":18446744073709551615,"Frames":[{"Function":"main.f"}]},`+
			`{"ID":%d,"Count":1,"Frames":[{"Function":"go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"}]}]},`+
			`"Heap":{"Cycles":1,"Allocated":18446744073709551615},"Probing":{"Hits":1,"TargetCPU":-1,"Budget":1e308},`+
			`"Counts":[{"Probe":"start","Calls":18446744073709551615,"Rates":{"Windows":3,"Sum":1.7e308,"Squares":-1.7e308}},{"Probe":"end","Calls":1,"Whole":true}],`+
			`"Texts":{"Read":3,"Bytes":1,"Squares":-1e308,"Cut":5},`+
			`"Exports":[{"Address":2,"Operations":1,"Spans":18446744073709551615,"Exported":1,"Latest":[{"Duration":-9223372036854775808,"Spans":18446744073709551615}]}]`,
			[]int64{0, 1, -1, 1 << 62}[i%4], i, []string{"1e-308", "1.7e308", "-1", "0"}[i%4], 2*i+1, 2*i+2)
	}},
}

// bomb writes 10 million times the same.
func bomb(before, repeated, after string) func(io.Writer, int) {
	return func(w io.Writer, _ int) {
		const all, block = 10_000_000, 10_000
		separator := ","
		if !strings.HasSuffix(repeated, "}") {
			separator = ""
		}
		text := []byte(strings.Repeat(repeated+separator, block))
		_, _ = io.WriteString(w, before)
		for range all/block - 1 {
			_, _ = w.Write(text)
		}
		_, _ = w.Write(bytes.TrimSuffix(text, []byte(",")))
		_, _ = io.WriteString(w, after)
	}
}

// record prepares one of the recordings.
func record(name string) func(*testing.T, string) error {
	return func(_ *testing.T, dir string) error {
		r := recordings[name]
		deflate, err := flate.NewWriter(nil, flate.BestSpeed)
		if err != nil {
			return err
		}
		out := bytes.NewBufferString("otwatch\x1a")
		out.Write(le.AppendUint16(nil, 1))
		addFrame(out, deflate, func(w io.Writer) { fmt.Fprint(w, `{"header":{"version":"x","cpus":2,"limits":{}}}`) })
		for i := range r.snapshots {
			addFrame(out, deflate, func(w io.Writer) {
				fmt.Fprintf(w, `{"snapshot":{"Target":{"PID":1,"StartTicks":1},"Start":"2026-01-01T00:%02d:%02dZ","Elapsed":1000000000,`, i/60%60, i%60)
				r.write(w, i)
				fmt.Fprint(w, `}}`)
			})
		}
		addFrame(out, deflate, func(w io.Writer) { fmt.Fprint(w, `{"end":{"skipped":0}}`) })
		return os.WriteFile(filepath.Join(dir, recordingName), out.Bytes(), 0o644)
	}
}

// addFrame writes a record as internal/recording does, with all checksums right. A
// deflate serves for all, since one takes most of a MB.
func addFrame(out *bytes.Buffer, deflate *flate.Writer, write func(io.Writer)) {
	var payload bytes.Buffer
	deflate.Reset(&payload)
	write(deflate)
	deflate.Close()
	out.Write(le.AppendUint32(nil, uint32(payload.Len())))
	out.Write(le.AppendUint32(nil, crc32.Checksum(payload.Bytes(), crc32.MakeTable(crc32.Castagnoli))))
	out.Write(payload.Bytes())
}
