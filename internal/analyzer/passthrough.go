package analyzer

// Names of hand-over callees that several wrappers share.
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

// passThrough are the wrappers that call back into the application. A stack
// that reaches one through its hand-over callee, by the name of the method or,
// with a slash, by its package, is the application's; through any other callee,
// and in the wrapper's own code, it is instrumentation. Where the callee can only be
// the application's or a library's function, a closure named next, none need be
// named: the walk has ended there.
var passThrough = []rule{
	{pkg: contrib + "net/http/otelhttp", names: []string{"(*Handler).ServeHTTP", "(*middleware).serveHTTP", "NewMiddleware"},
		class: instrumentation, handsTo: []string{"ServeHTTP"}},
	{pkg: contrib + "net/http/otelhttp", names: []string{"(*Transport).RoundTrip"},
		class: instrumentation, handsTo: []string{"RoundTrip"}},
	{pkg: contrib + "net/http/otelhttp", names: []string{"(*wrappedBody)*", "(*trackedRequestBody)*", "(*bodyWrapper)*"},
		class: instrumentation, handsTo: bodyMethods},
	{pkg: contrib + "net/http/otelhttp/internal/request", names: []string{"(*BodyWrapper)*"},
		class: instrumentation, handsTo: bodyMethods},
	{pkg: contrib + "net/http/otelhttp", names: []string{"(*respWriterWrapper)*"},
		class: instrumentation, handsTo: writerMethods},
	{pkg: contrib + "net/http/otelhttp/internal/request", names: []string{"(*RespWriterWrapper)*"},
		class: instrumentation, handsTo: writerMethods},
	{pkg: contrib + "google.golang.org/grpc/otelgrpc", names: []string{"UnaryServerInterceptor", "StreamServerInterceptor"},
		class: instrumentation, handsTo: grpcItself},
	{pkg: contrib + "google.golang.org/grpc/otelgrpc", names: []string{"UnaryClientInterceptor", "StreamClientInterceptor"},
		class: instrumentation, handsTo: grpcItself},
	{pkg: contrib + "google.golang.org/grpc/otelgrpc", names: []string{"(*clientStream)*", "(*serverStream)*"},
		class: instrumentation, handsTo: grpcItself},
	{pkg: contrib + "github.com/gorilla/mux/otelmux", names: []string{"traceware.ServeHTTP", "(*traceware).ServeHTTP"},
		class: instrumentation, handsTo: []string{"ServeHTTP"}},
	{pkg: "github.com/riandyrn/otelchi", names: []string{"traceware.ServeHTTP", "(*traceware).ServeHTTP"},
		class: instrumentation, handsTo: []string{"ServeHTTP"}},
	{pkg: contrib + "github.com/gin-gonic/gin/otelgin", names: []string{"Middleware"},
		class: instrumentation, handsTo: []string{"Next"}},
	{pkg: contrib + "github.com/labstack/echo/otelecho", names: []string{"Middleware"}, class: instrumentation},
	{pkg: contrib + "github.com/emicklei/go-restful/otelrestful", names: []string{"OTelFilter"},
		class: instrumentation, handsTo: []string{"ProcessFilter"}},
	{pkg: contrib + "github.com/aws/aws-sdk-go-v2/otelaws", names: []string{"otelMiddlewares*"},
		class: instrumentation, handsTo: []string{"HandleInitialize", "HandleFinalize", "HandleDeserialize"}},
	{pkg: "github.com/XSAM/otelsql", names: []string{
		"(*otConn)*", "(*otStmt)*", "(*otRows)*", "otRows*", "(*otTx)*", "(*otConnector)*", "dsnConnector*", "(*otDriver)*",
	}, class: instrumentation, handsTo: driverMethods},
	{pkg: "github.com/redis/go-redis/extra/redisotel/...", class: instrumentation},
	{pkg: "connectrpc.com/otelconnect", class: instrumentation},
	{pkg: "github.com/dnwe/otelsarama", class: instrumentation, handsTo: []string{"SendMessage", "SendMessages"}},
}
