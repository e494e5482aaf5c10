// Command plugged loads a plugin that has the SDK, which it has not itself.
package main

import (
	"flag"
	"fmt"
	"os"
	"plugin"

	"github.com/otwatch/otwatch/test/field/programs/load"
)

func main() {
	endpoint := flag.String("endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port")
	path := flag.String("plugin", "", "path of the plugin")
	flag.Parse()
	if err := run(*path, *endpoint); err != nil {
		fmt.Fprintln(os.Stderr, "plugged:", err)
		os.Exit(1)
	}
}

func run(path, endpoint string) error {
	plugged, err := plugin.Open(path)
	if err != nil {
		return err
	}
	start, err := plugged.Lookup("Start")
	if err != nil {
		return err
	}
	request, err := start.(func(string) (func(), error))(endpoint)
	if err != nil {
		return err
	}
	load.Begin()
	load.Every(100, func(int) { request() })
	return nil
}
