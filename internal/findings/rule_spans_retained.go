package findings

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// fewestKept is by how many entries a list must have grown, and keptRising for how long.
	fewestKept = 100
	keptRising = 20 * time.Second
	// keptStill is how long a list may not have grown: batches come less often.
	keptStill = 15 * time.Second
	// sinceStart is the part of what would have come since the process started, at the pace at which
	// a list grows, that it must have: if it has far less, it is emptied now and then.
	sinceStart = 0.5
	// keptLong is how long a list must have grown if it is emptied now and then.
	keptLong = 10 * time.Minute
	// mostOpen is the share of its spans that may be open, at the lower bound: what holds open spans
	// waits for their end.
	mostOpen = 0.1
	// retainedCritical is how many bytes more each minute are critical.
	retainedCritical = 10e6
)

var spansRetained = rule{
	id: "spans-retained", category: "Memory",
	says: "a span processor or exporter of the program's own keeps ended spans for good: an in-memory exporter left in, a recorder, a list that is never emptied",
	when: "a slice or map of spans that fields of a processor or exporter lead to has grown by 100 entries or more over 20 s or longer without a fall, has half or more of what would have come since the process started at that pace, and less than 10 % of its spans are open. " +
		"If it has ever been seen to fall, or has less, it must have grown for ten minutes. Critical if it grows by 10 MB a minute or more",
	clears: "it is emptied, or has not grown for 15 s and for a quarter of the time that it grew",
	needs:  "no span processor has been found in the process's memory",
	judge:  judgeSpansRetained,
}

func judgeSpansRetained(s facts) verdict {
	kept := s.Last().Kept
	if !kept.Looked {
		return verdict{}
	}
	worst, undecided := retaining(kept)
	switch {
	case worst == nil && undecided:
		return verdict{}
	case worst == nil:
		return verdict{state: absent}
	}
	perSecond, size := worst.PerSecond(), float64(spanBytes(s.texts()))
	evidence := map[string]float64{
		"entries": float64(worst.Entries), "per_second": perSecond, "seconds": worst.Rising.Seconds(),
		"bytes": float64(worst.Entries) * size, "bytes_per_minute": 60 * perSecond * size,
	}
	title := fmt.Sprintf("%s keeps spans for good: %s entries, %s more per second, about %s",
		worst.Where, humanize.Comma(int64(worst.Entries)), short(perSecond), humanize.Bytes(worst.Entries*spanBytes(s.texts())))
	return verdict{
		state: present, severity: severe(60*perSecond*size >= retainedCritical), title: title, evidence: evidence,
		since: s.Last().Start.Add(s.Last().Elapsed - worst.Rising), advice: []report.Advice{code(releaseSpans(worst.Where))},
	}
}

// retaining is the list that keeps the most ended spans for good; nil if none does. undecided says
// that one grows of which it is not known yet.
func retaining(kept snapshot.Kept) (worst *snapshot.KeptList, undecided bool) {
	for i, l := range kept.Lists {
		open := analyzer.OpenShare(l)
		if l.Grown() < fewestKept || l.Still > max(keptStill, l.Rising/4) || open == nil || open.Low >= mostOpen {
			continue
		}
		whole := l.Falls == 0 && float64(l.Entries) >= sinceStart*l.PerSecond()*kept.Age.Seconds()
		switch {
		case l.Rising < keptRising || !whole && l.Rising < keptLong:
			undecided = true
		case worst == nil || l.Entries > worst.Entries:
			worst = &kept.Lists[i]
		}
	}
	return worst, undecided
}

// releaseSpans is the advice for a list.
func releaseSpans(where string) string {
	if strings.HasPrefix(where, tracetestPackage) {
		of := strings.TrimPrefix(where, tracetestPackage)
		name, _, _ := strings.Cut(of, ".")
		return "remove tracetest." + name + " from the TracerProvider: it is for tests, and keeps every span until its Reset is called"
	}
	return "let go of the spans in " + where + " once they are used: bound it, or empty it after each export. An exporter that is for tests or debugging does not belong in the TracerProvider"
}

const tracetestPackage = "go.opentelemetry.io/otel/sdk/trace/tracetest."
