package classify

// Callees that several wrappers hand over to.
var (
	bodyMethods   = []string{"Read", "Write", "Close"}
	writerMethods = []string{"Write", "WriteHeader", "Flush", "ReadFrom"}
	grpcItself    = []string{"google.golang.org/grpc"}
	driverMethods = []string{
		"Query", "QueryContext", "Exec", "ExecContext", "Prepare", "PrepareContext", "Begin", "BeginTx", "Ping",
		"ResetSession", "CheckNamedValue", "IsValid", "Next", "Close", "NextResultSet", "Commit", "Rollback", "Connect",
		"Open", "OpenConnector",
	}
)

const contrib = "go.opentelemetry.io/contrib/instrumentation/"

// passThrough are wrappers that call back into the application. If the frame below a
// wrapper is one of handsTo (a method's name or, with a slash, a package), the stack is
// the application's. Below any other callee, and in the wrapper's own code, it is
// instrumentation. A wrapper whose only callees are functions of the application or a
// library needs no handsTo: these frames have decided already.
var passThrough = []rule{
	{pkg: contrib + "net/http/otelhttp", names: []string{"(*Handler).ServeHTTP", "(*middleware).serveHTTP", "NewMiddleware"},
		class: Instrumentation, handsTo: []string{"ServeHTTP"}},
	{pkg: contrib + "net/http/otelhttp", names: []string{"(*Transport).RoundTrip"},
		class: Instrumentation, handsTo: []string{"RoundTrip"}},
	{pkg: contrib + "net/http/otelhttp", names: []string{"(*wrappedBody)*", "(*trackedRequestBody)*", "(*bodyWrapper)*"},
		class: Instrumentation, handsTo: bodyMethods},
	{pkg: contrib + "net/http/otelhttp/internal/request", names: []string{"(*BodyWrapper)*"},
		class: Instrumentation, handsTo: bodyMethods},
	{pkg: contrib + "net/http/otelhttp", names: []string{"(*respWriterWrapper)*"},
		class: Instrumentation, handsTo: writerMethods},
	{pkg: contrib + "net/http/otelhttp/internal/request", names: []string{"(*RespWriterWrapper)*"},
		class: Instrumentation, handsTo: writerMethods},
	{pkg: contrib + "google.golang.org/grpc/otelgrpc", names: []string{"UnaryServerInterceptor", "StreamServerInterceptor"},
		class: Instrumentation, handsTo: grpcItself},
	{pkg: contrib + "google.golang.org/grpc/otelgrpc", names: []string{"UnaryClientInterceptor", "StreamClientInterceptor"},
		class: Instrumentation, handsTo: grpcItself},
	{pkg: contrib + "google.golang.org/grpc/otelgrpc", names: []string{"(*clientStream)*", "(*serverStream)*"},
		class: Instrumentation, handsTo: grpcItself},
	{pkg: contrib + "github.com/gorilla/mux/otelmux", names: []string{"traceware.ServeHTTP", "(*traceware).ServeHTTP"},
		class: Instrumentation, handsTo: []string{"ServeHTTP"}},
	{pkg: "github.com/riandyrn/otelchi", names: []string{"traceware.ServeHTTP", "(*traceware).ServeHTTP"},
		class: Instrumentation, handsTo: []string{"ServeHTTP"}},
	{pkg: contrib + "github.com/gin-gonic/gin/otelgin", names: []string{"Middleware"},
		class: Instrumentation, handsTo: []string{"Next"}},
	{pkg: contrib + "github.com/labstack/echo/otelecho", names: []string{"Middleware"}, class: Instrumentation},
	{pkg: contrib + "github.com/emicklei/go-restful/otelrestful", names: []string{"OTelFilter"},
		class: Instrumentation, handsTo: []string{"ProcessFilter"}},
	{pkg: contrib + "github.com/aws/aws-sdk-go-v2/otelaws", names: []string{"otelMiddlewares*"},
		class: Instrumentation, handsTo: []string{"HandleInitialize", "HandleFinalize", "HandleDeserialize"}},
	{pkg: "github.com/XSAM/otelsql", names: []string{
		"(*otConn)*", "(*otStmt)*", "(*otRows)*", "otRows*", "(*otTx)*", "(*otConnector)*", "dsnConnector*", "(*otDriver)*",
	}, class: Instrumentation, handsTo: driverMethods},
	{pkg: "github.com/redis/go-redis/extra/redisotel/...", class: Instrumentation},
	{pkg: "connectrpc.com/otelconnect", class: Instrumentation},
	{pkg: "github.com/dnwe/otelsarama", class: Instrumentation, handsTo: []string{"SendMessage", "SendMessages"}},
}
