package memory

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	sdkTrace = "go.opentelemetry.io/otel/sdk/trace"
	// maxNested bounds how many samplers are within one another.
	maxNested = 4
	// parentSamplers is how many samplers a parentBased has for spans with a parent.
	parentSamplers = 4
	samplerMethods = 2 // Description and ShouldSample
)

var errNoSampler = errors.New("the sampler is not as otwatch knows it")

// ReadSampler reads the sampler of a TracerProvider. resolve returns the name of the function at
// an address in the process.
//
// Layouts in words, the same since v1.7 where they exist; source: sdk/trace/sampling.go, and the
// test reads them back.
//
//	parentBased           root Sampler, then four Samplers for spans with a parent: remote sampled,
//	                      remote not sampled, local sampled, local not sampled
//	traceIDRatioSampler   traceIDUpperBound uint64, of 1<<63; description string
//	predeterminedSampler  description string, decision uint8
func ReadSampler(r Reader, l layout.Layout, provider uint64, resolve func(uint64) (string, bool)) (snapshot.Sampler, error) {
	at, known := l[layout.ProviderSampler]
	if !known {
		return snapshot.Sampler{}, errNoSampler
	}
	var sampler [2]uint64
	if err := r.words(provider+at, sampler[:]); err != nil {
		return snapshot.Sampler{}, err
	}
	return samplerReader{r, resolve}.read(sampler, maxNested)
}

// samplerReader reads samplers, each from the two words of the interface that it is in.
type samplerReader struct {
	Reader
	resolve func(uint64) (string, bool)
}

func (r samplerReader) read(sampler [2]uint64, depth int) (snapshot.Sampler, error) {
	if depth == 0 {
		return snapshot.Sampler{}, fmt.Errorf("%w: too many are within one another", errNoSampler)
	}
	pkg, name, err := r.typeOf(sampler[0])
	if err != nil {
		return snapshot.Sampler{}, err
	}
	if pkg == sdkTrace+"/x" && name == "probabilitySampler" {
		return r.probability(sampler[1])
	}
	if pkg != sdkTrace {
		return snapshot.Sampler{Name: pkg + "." + name}, nil
	}
	switch name {
	case "alwaysOnSampler":
		return snapshot.Sampler{Name: snapshot.AlwaysOn}, nil
	case "alwaysOffSampler":
		return snapshot.Sampler{Name: snapshot.AlwaysOff}, nil
	case "traceIDRatioSampler":
		return r.ratio(sampler[1])
	case "predeterminedSampler":
		return r.predetermined(sampler[1])
	case "parentBased":
		return r.parentBased(sampler[1], depth)
	}
	return snapshot.Sampler{Name: pkg + "." + name}, nil
}

// typeOf is the package and the type of a Sampler with an itab. Methods that are not linked do not
// have names of the type.
func (r samplerReader) typeOf(itab uint64) (pkg, name string, err error) {
	var methods [samplerMethods]uint64
	if err := r.words(itab+itabFun, methods[:]); err != nil {
		return "", "", err
	}
	for _, method := range methods {
		function, ok := r.resolve(method)
		if !ok || !strings.HasSuffix(function, ".ShouldSample") && !strings.HasSuffix(function, ".Description") {
			continue
		}
		pkg, name := splitMethod(function)
		return pkg, name, nil
	}
	return "", "", errNoSampler
}

func (r samplerReader) ratio(at uint64) (snapshot.Sampler, error) {
	var bound [1]uint64
	if err := r.words(at, bound[:]); err != nil {
		return snapshot.Sampler{}, err
	}
	return snapshot.Sampler{Name: snapshot.TraceIDRatio, Ratio: math.Min(1, float64(bound[0])/(1<<63))}, nil
}

// probability reads a sampler of sdk/trace/x, whose first word is its threshold, of 1<<56. Source:
// sdk/trace/x/sampler.go, v0.1.0.
func (r samplerReader) probability(at uint64) (snapshot.Sampler, error) {
	var threshold [1]uint64
	if err := r.words(at, threshold[:]); err != nil {
		return snapshot.Sampler{}, err
	}
	return snapshot.Sampler{Name: sdkTrace + "/x.probabilitySampler", Ratio: 1 - math.Min(1, float64(threshold[0])/(1<<56))}, nil
}

func (r samplerReader) predetermined(at uint64) (snapshot.Sampler, error) {
	const drop, sample = 0, 2 // trace.SamplingDecision
	var words [3]uint64
	if err := r.words(at, words[:]); err != nil {
		return snapshot.Sampler{}, err
	}
	switch words[2] & 0xff {
	case drop:
		return snapshot.Sampler{Name: snapshot.TraceIDRatio, Ratio: 0}, nil
	case sample:
		return snapshot.Sampler{Name: snapshot.TraceIDRatio, Ratio: 1}, nil
	}
	return snapshot.Sampler{}, errNoSampler
}

// parentBased reads the sampler of spans without a parent, and whether the others are the default
// ones: on, off, on, off.
func (r samplerReader) parentBased(at uint64, depth int) (snapshot.Sampler, error) {
	var words [2 + 2*parentSamplers]uint64
	if err := r.words(at, words[:]); err != nil {
		return snapshot.Sampler{}, err
	}
	root, err := r.read([2]uint64(words[:2]), depth-1)
	if err != nil {
		return snapshot.Sampler{}, err
	}
	if root.ParentBased {
		root = snapshot.Sampler{Name: sdkTrace + ".parentBased", Unusual: true}
	}
	root.ParentBased = true
	for i := range parentSamplers {
		usual := []string{snapshot.AlwaysOn, snapshot.AlwaysOff}[i%2]
		child, err := r.read([2]uint64(words[2+2*i:]), depth-1)
		root.Unusual = root.Unusual || err != nil || child.Name != usual
	}
	return root, nil
}
