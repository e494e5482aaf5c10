package snapshot

import "testing"

func TestModule(t *testing.T) {
	for _, test := range []struct{ file, module, shown string }{
		{"/root/go/pkg/mod/example.org/router@v1.2.3/tree/node.go", "example.org/router@v1.2.3", "f (example.org/router@v1.2.3/tree/node.go:7)"},
		{"example.org/router@v1.2.3/tree.go", "example.org/router@v1.2.3", "f (example.org/router@v1.2.3/tree.go:7)"},
		{"/src/shop/main.go", "", "f (/src/shop/main.go:7)"},
		{"/usr/local/go/src/net/http/server.go", "", "f (/usr/local/go/src/net/http/server.go:7)"},
		{"/src/shop/vendor/example.org/router/tree.go", "", "f (/src/shop/vendor/example.org/router/tree.go:7)"},
		{"odd@v1", "", "f (odd@v1:7)"},
		{"", "", "f"},
	} {
		f := Frame{Function: "f", File: test.file, Line: 7}
		if got := f.Module(); got != test.module {
			t.Errorf("%s: module %q, want %q", test.file, got, test.module)
		}
		if got := f.String(); got != test.shown {
			t.Errorf("%s: %q, want %q", test.file, got, test.shown)
		}
	}
}
