package classify

import (
	"testing"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestOwnCode(t *testing.T) {
	for frame, want := range map[snapshot.Frame]bool{
		{Function: "main.handle", File: "/src/shop/main.go"}:                                                  true,
		{Function: "shop/cart.(*Service).Price", File: "shop/cart/service.go"}:                                true,
		{Function: "example.org/router.(*Mux).ServeHTTP", File: "/go/pkg/mod/example.org/router@v1.2.3/m.go"}: false,
		{Function: "example.org/router.(*Mux).ServeHTTP", File: "/src/shop/vendor/example.org/router/m.go"}:   false,
		{Function: "net/http.(*conn).serve", File: "/usr/local/go/src/net/http/server.go"}:                    false,
		{Function: contrib + "net/http/otelhttp.(*Transport).RoundTrip"}:                                      false,
		{}: false,
	} {
		if got := OwnCode(&frame); got != want {
			t.Errorf("%v: %v, want %v", frame, got, want)
		}
	}
}

// TestCallSiteOfAModule is the program's own code, if there is any below the module.
func TestCallSiteOfAModule(t *testing.T) {
	start := &snapshot.Frame{Function: "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"}
	router := &snapshot.Frame{Function: "example.org/router.(*Mux).ServeHTTP", File: "/go/pkg/mod/example.org/router@v1.2.3/mux.go"}
	own := &snapshot.Frame{Function: "main.handle", File: "/src/shop/main.go"}
	for want, stack := range map[int][]*snapshot.Frame{2: {start, router, own}, 1: {start, router}, -1: {start}} {
		if got := siteOf(stack); got != want {
			t.Errorf("site %d of %v, want %d", got, stack, want)
		}
	}
}
