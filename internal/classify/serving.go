package classify

import (
	"slices"
	"strings"
)

// serving are functions below which servers run the handler of one request.
// Sources: net/http/server.go, net/rpc/server.go, golang.org/x/net/http2/server.go,
// google.golang.org/grpc/server.go, github.com/valyala/fasthttp/server.go.
var serving = []string{
	"net/http.(*conn).serve",
	"net/http.(*http2serverConn).runHandler",
	"net/rpc.(*service).call",
	"golang.org/x/net/http2.(*serverConn).runHandler",
	"google.golang.org/grpc.(*Server).handleStream",
	"github.com/valyala/fasthttp.(*Server).serveConn",
}

// functionsInClouds runs one handler after another: its functions wait for events.
const functionsInClouds = "github.com/aws/aws-lambda-go/lambda."

// Serves reports whether a function, by its name as in .gopclntab, runs the handler of a
// request: what it calls, the request waits for.
func Serves(function string) bool {
	return slices.Contains(serving, function) || strings.HasSuffix(function, ".ServeHTTP") || strings.HasPrefix(function, functionsInClouds)
}
