package estimate

import "math"

// By multiplies two independent, non-negative Estimates. The distances of their bounds,
// as they change the product, are added in quadrature on either side.
func (e Estimate) By(f Estimate) *Estimate {
	value := e.Value * f.Value
	low := math.Hypot((e.Value-e.Low)*f.Value, e.Value*(f.Value-f.Low))
	high := math.Hypot((e.High-e.Value)*f.Value, e.Value*(f.High-f.Value))
	return &Estimate{Value: value, Low: max(0, value-low), High: value + high, N: min(e.N, f.N)}
}

// Plus adds two independent Estimates. The distances of their bounds are added in
// quadrature on either side.
func (e Estimate) Plus(f Estimate) *Estimate {
	value := e.Value + f.Value
	low, high := math.Hypot(e.Value-e.Low, f.Value-f.Low), math.Hypot(e.High-e.Value, f.High-f.Value)
	return &Estimate{Value: value, Low: value - low, High: value + high, N: min(e.N, f.N), Exact: e.Exact && f.Exact}
}

// With adds an Estimate that may be off in the same direction, as one of the same samples may:
// the bounds are added up.
func (e Estimate) With(f Estimate) *Estimate {
	return &Estimate{Value: e.Value + f.Value, Low: e.Low + f.Low, High: e.High + f.High, N: e.N}
}

// Minus subtracts an independent Estimate. The distances of the bounds are added in quadrature
// on either side.
func (e Estimate) Minus(f Estimate) *Estimate {
	value := e.Value - f.Value
	low, high := math.Hypot(e.Value-e.Low, f.High-f.Value), math.Hypot(e.High-e.Value, f.Value-f.Low)
	return &Estimate{Value: value, Low: value - low, High: value + high, N: min(e.N, f.N), Exact: e.Exact && f.Exact}
}

// Per divides a non-negative Estimate by an independent positive one. The distances of
// its bound and of the divisor's opposite bound, relative to their values, are added in
// quadrature, which is right if the divisor's interval is narrow.
func (e Estimate) Per(f Estimate) *Estimate {
	value := e.Value / f.Value
	low := math.Hypot(e.Value-e.Low, value*(f.High-f.Value)) / f.Value
	high := math.Hypot(e.High-e.Value, value*(f.Value-f.Low)) / f.Value
	return &Estimate{Value: value, Low: max(0, value-low), High: value + high, N: min(e.N, f.N)}
}

// Ratio is part/whole, and 0 if whole is 0.
func Ratio(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
