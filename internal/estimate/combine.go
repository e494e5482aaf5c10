package estimate

import "math"

// By multiplies two independent Estimates of nothing negative. What each one's
// bounds are off changes the product, and is added in quadrature on either side.
func (e Estimate) By(f Estimate) *Estimate {
	value := e.Value * f.Value
	low := math.Hypot((e.Value-e.Low)*f.Value, e.Value*(f.Value-f.Low))
	high := math.Hypot((e.High-e.Value)*f.Value, e.Value*(f.High-f.Value))
	return &Estimate{Value: value, Low: max(0, value-low), High: value + high, N: min(e.N, f.N)}
}

// Plus adds two independent Estimates: what the bounds of each are off is added
// in quadrature on either side.
func (e Estimate) Plus(f Estimate) *Estimate {
	value := e.Value + f.Value
	low, high := math.Hypot(e.Value-e.Low, f.Value-f.Low), math.Hypot(e.High-e.Value, f.High-f.Value)
	return &Estimate{Value: value, Low: value - low, High: value + high, N: min(e.N, f.N), Exact: e.Exact && f.Exact}
}

// Per divides an Estimate, of nothing negative, by an independent one above 0.
// The intervals, relative to their values, are added in quadrature, which holds
// where the divisor's is narrow.
func (e Estimate) Per(f Estimate) *Estimate {
	value := e.Value / f.Value
	half := math.Hypot((e.High-e.Low)/2/f.Value, value*(f.High-f.Low)/2/f.Value)
	return Around(value, half, min(e.N, f.N)).Within(0, math.Inf(1))
}
