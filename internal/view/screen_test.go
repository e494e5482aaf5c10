package view

import (
	"os"
	"path/filepath"
	"testing"
)

func TestASCIILocale(t *testing.T) {
	for _, test := range []struct {
		name string
		env  map[string]string
		want bool
	}{
		{"nothing set", nil, true},
		{"LANG", map[string]string{"LANG": "de_DE.UTF-8"}, false},
		{"another spelling", map[string]string{"LC_CTYPE": "C.utf8"}, false},
		{"LC_ALL wins", map[string]string{"LC_ALL": "C", "LANG": "en_US.UTF-8"}, true},
		{"LC_CTYPE before LANG", map[string]string{"LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, false},
		{"Latin-1", map[string]string{"LANG": "en_US.ISO-8859-1"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := asciiLocale(func(name string) string { return test.env[name] }); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestScreenOfAFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if s := ScreenOf(f); s.Width != 80 || s.Height != 0 || s.Color {
		t.Errorf("a file is %+v, want 80 columns, no limit of rows, no colour", s)
	}
}
