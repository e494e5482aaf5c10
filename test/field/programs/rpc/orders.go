package main

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/stats"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/otwatch/otwatch/test/field/programs/load"
)

const getOrder = "/shop.Orders/Get"

// orders is a service with one method.
var orders = grpc.ServiceDesc{ServiceName: "shop.Orders", HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{
	MethodName: "Get",
	Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		var question wrapperspb.BytesValue
		if err := decode(&question); err != nil {
			return nil, err
		}
		load.Work(20)
		load.Add(load.Requests, 1)
		return wrapperspb.Bytes(make([]byte, 2048)), nil
	},
}}}

// tracedServer leaves health checks out.
func tracedServer() *grpc.Server {
	return grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler(otelgrpc.WithFilter(func(method *stats.RPCTagInfo) bool {
		return method.FullMethodName != healthpb.Health_Check_FullMethodName
	}))))
}

// call is a traced client, whose requests make some calls each.
func call(ctx context.Context, cfg config, address string) error {
	shared, err := traced(address)
	if err != nil {
		return err
	}
	tracer := otel.Tracer("client")
	load.Every(cfg.rate, func(int) {
		ctx, span := tracer.Start(ctx, "request")
		defer span.End()
		connection := shared
		if cfg.each {
			own, err := traced(address)
			if err != nil {
				load.Handle(err)
				return
			}
			defer own.Close()
			connection = own
		}
		for range cfg.calls {
			order(ctx, connection)
		}
	})
	return nil
}

func traced(address string) (*grpc.ClientConn, error) {
	return connect(address, grpc.WithStatsHandler(otelgrpc.NewClientHandler()))
}

// drive is the client of a traced server.
func drive(ctx context.Context, cfg config) error {
	connection, err := connect(cfg.peer)
	if err != nil {
		return err
	}
	health := healthpb.NewHealthClient(connection)
	for range cfg.streams {
		go watch(ctx, health, cfg.live)
	}
	if cfg.more > 0 {
		go load.Every(cfg.more, func(int) { watch(ctx, health, cfg.live) })
	}
	if cfg.health > 0 {
		go load.Every(cfg.health, func(int) { _, _ = health.Check(ctx, &healthpb.HealthCheckRequest{}) })
	}
	load.Every(cfg.rate, func(int) { order(ctx, connection) })
	return nil
}

func connect(address string, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	return grpc.NewClient(address, append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
}

func order(ctx context.Context, connection *grpc.ClientConn) {
	var answer wrapperspb.BytesValue
	if err := connection.Invoke(ctx, getOrder, wrapperspb.Bytes(make([]byte, 256)), &answer); err != nil {
		load.Handle(err)
	}
}

// watch lives for so long.
func watch(ctx context.Context, client healthpb.HealthClient, live time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, live)
	defer cancel()
	stream, err := client.Watch(ctx, &healthpb.HealthCheckRequest{})
	for err == nil {
		_, err = stream.Recv()
	}
}

// ledger keeps the spans that are open, and books those that have ended as transactions.
type ledger struct {
	mu           sync.Mutex
	open         map[[8]byte]sdktrace.ReadWriteSpan
	transactions int
}

func (l *ledger) OnStart(_ context.Context, span sdktrace.ReadWriteSpan) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = map[[8]byte]sdktrace.ReadWriteSpan{}
	}
	l.open[span.SpanContext().SpanID()] = span
}

func (l *ledger) OnEnd(span sdktrace.ReadOnlySpan) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, span.SpanContext().SpanID())
	l.transactions++
}

func (l *ledger) Shutdown(context.Context) error   { return nil }
func (l *ledger) ForceFlush(context.Context) error { return nil }
