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
// What its bound is off, and what the divisor's other one is, are added in quadrature,
// relative to their values, which holds where the divisor's are narrow.
func (e Estimate) Per(f Estimate) *Estimate {
	value := e.Value / f.Value
	low := math.Hypot(e.Value-e.Low, value*(f.High-f.Value)) / f.Value
	high := math.Hypot(e.High-e.Value, value*(f.Value-f.Low)) / f.Value
	return &Estimate{Value: value, Low: max(0, value-low), High: value + high, N: min(e.N, f.N)}
}

// Ratio is which part of a whole something is, 0 of nothing.
func Ratio(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
