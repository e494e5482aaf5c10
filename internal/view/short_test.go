package view

import "testing"

func TestShortNames(t *testing.T) {
	for _, test := range []struct {
		short      func(string) string
		name, want string
	}{
		{shortFunction, "example.org/shop/cart.(*Service).Price", "cart.(*Service).Price"},
		{shortFunction, "example.org/shop/cart.Sum[example.org/money/eur.Cents]", "cart.Sum[example.org/money/eur.Cents]"},
		{shortFunction, "main.main.func1", "main.main.func1"},
		{exporterName, "otlp_grpc_span_exporter/0", "otlp_grpc"},
		{exporterName, "example.org/shop/audit.Exporter/1", "audit.Exporter"},
		{exporterName, "go.opentelemetry.io/contrib/exporters/autoexport.noop/0", "autoexport.noop"},
		{exporterName, "unknown", "unknown"},
		{shortPath, "example.org/shop/internal/cart/service.go", "internal/cart/service.go"},
		{shortPath, "service.go", "service.go"},
	} {
		if got := test.short(test.name); got != test.want {
			t.Errorf("%s becomes %s, want %s", test.name, got, test.want)
		}
	}
}
