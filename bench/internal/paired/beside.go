package paired

// Beside returns every second value, from the second on, and for each the mean of
// those before and after it, so that a machine that grows faster or slower does not
// count. One without a value behind it is left out.
func Beside(values []float64) (between, around []float64) {
	for i := 1; i+1 < len(values); i += 2 {
		between = append(between, values[i])
		around = append(around, (values[i-1]+values[i+1])/2)
	}
	return between, around
}
