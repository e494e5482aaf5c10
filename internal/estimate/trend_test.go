package estimate

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestTrendNeedsPoints(t *testing.T) {
	if _, ok := TrendOf(make([]Point, minTrend-1)); ok {
		t.Error("a trend of seven points")
	}
}

// TestTrendOfALine is exact, and one wild reading in four moves little.
func TestTrendOfALine(t *testing.T) {
	var points []Point
	for i := range 40 {
		points = append(points, Point{float64(i), 3 * float64(i)})
	}
	got, _ := TrendOf(points)
	if got.Slope != (Estimate{Value: 3, Low: 3, High: 3, N: 40}) || got.P > 1e-9 {
		t.Errorf("%+v", got)
	}
	for i := range 10 {
		points[4*i+1].Y = 500
	}
	if got, _ = TrendOf(points); math.Abs(got.Slope.Value-3) > 0.7 {
		t.Errorf("with outliers %+v", got)
	}
}

func TestTrendOfNothing(t *testing.T) {
	flat := make([]Point, 20)
	for i := range flat {
		flat[i] = Point{float64(i), 7}
	}
	if got, ok := TrendOf(flat); !ok || got.P != 1 || got.Slope.Value != 0 {
		t.Errorf("%+v", got)
	}
}

// TestTrendIsCalibrated draws noise: the test must call about 1 in 100 a trend
// at 1 %, and the interval must hold the true slope about 95 times in 100.
func TestTrendIsCalibrated(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const runs, slope = 1000, 0.2
	var called, held int
	for range runs {
		noise, line := make([]Point, 24), make([]Point, 24)
		for i := range noise {
			e := random.NormFloat64()
			noise[i], line[i] = Point{float64(i), e}, Point{float64(i), slope*float64(i) + e}
		}
		if got, _ := TrendOf(noise); got.P < 0.01 {
			called++
		}
		if got, _ := TrendOf(line); got.Slope.Low <= slope && slope <= got.Slope.High {
			held++
		}
	}
	if called > runs*2/100 || held < runs*93/100 {
		t.Errorf("%d of %d flat series called a trend, %d intervals hold the slope", called, runs, held)
	}
}
