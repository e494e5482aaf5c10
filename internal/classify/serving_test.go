package classify

import "testing"

func TestServes(t *testing.T) {
	for function, want := range map[string]bool{
		"net/http.(*conn).serve":                           true,
		"net/http.HandlerFunc.ServeHTTP":                   true,
		"main.(*shop).ServeHTTP":                           true,
		"google.golang.org/grpc.(*Server).handleStream":    true,
		"github.com/aws/aws-lambda-go/lambda.handleInvoke": true,
		"main.(*shop).ServeHTTP.gowrap1":                   false, // a goroutine that the handler starts
		"net/http.(*Server).Serve":                         false,
		"google.golang.org/grpc.(*Server).Serve":           false,
		"main.tick":                                        false,
		"github.com/aws/aws-lambda-go/lambdacontext.New":   false,
		"": false,
	} {
		if got := Serves(function); got != want {
			t.Errorf("Serves(%q) is %t", function, got)
		}
	}
}
