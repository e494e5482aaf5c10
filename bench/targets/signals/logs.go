package main

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/contrib/bridges/otelzap"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	sdk "go.opentelemetry.io/otel/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// logQueue is large enough that no record of a steady load is dropped.
const logQueue = 16384

func logProvider(ctx context.Context, cfg config) (*sdk.LoggerProvider, error) {
	exporter, err := otlploggrpc.New(ctx, otlploggrpc.WithEndpoint(cfg.endpoint), otlploggrpc.WithInsecure())
	if err != nil {
		return nil, err
	}
	return sdk.NewLoggerProvider(sdk.WithProcessor(sdk.NewBatchProcessor(exporter, sdk.WithMaxQueueSize(logQueue)))), nil
}

func slogBridge(ctx context.Context, cfg config) (signal, error) {
	provider, err := logProvider(ctx, cfg)
	if err != nil {
		return signal{}, err
	}
	s := withSlog(otelslog.NewHandler("signals", otelslog.WithLoggerProvider(provider)))
	s.stop = provider.Shutdown
	return s, nil
}

// slogAlone is a logger whose handler takes records and does nothing with them.
func slogAlone() signal { return withSlog(nothing{}) }

func withSlog(handler slog.Handler) signal {
	logger := slog.New(handler)
	return signal{record: func(ctx context.Context, request int) {
		logger.InfoContext(ctx, "request served", "request", request, "status", 200, "route", "/orders")
		logger.InfoContext(ctx, "order stored", "request", request, "table", "orders")
	}}
}

// nothing is a handler that is enabled.
type nothing struct{}

func (nothing) Enabled(context.Context, slog.Level) bool  { return true }
func (nothing) Handle(context.Context, slog.Record) error { return nil }
func (h nothing) WithAttrs([]slog.Attr) slog.Handler      { return h }
func (h nothing) WithGroup(string) slog.Handler           { return h }

func zapBridge(ctx context.Context, cfg config) (signal, error) {
	provider, err := logProvider(ctx, cfg)
	if err != nil {
		return signal{}, err
	}
	s := withZap(otelzap.NewCore("signals", otelzap.WithLoggerProvider(provider)))
	s.stop = provider.Shutdown
	return s, nil
}

// zapAlone is a logger whose core takes entries and does nothing with them.
func zapAlone() signal { return withZap(idle{}) }

func withZap(core zapcore.Core) signal {
	logger := zap.New(core)
	return signal{record: func(_ context.Context, request int) {
		logger.Info("request served", zap.Int("request", request), zap.Int("status", 200), zap.String("route", "/orders"))
		logger.Info("order stored", zap.Int("request", request), zap.String("table", "orders"))
	}}
}

// idle is a core that is enabled.
type idle struct{}

func (idle) Enabled(zapcore.Level) bool                 { return true }
func (c idle) With([]zapcore.Field) zapcore.Core        { return c }
func (idle) Write(zapcore.Entry, []zapcore.Field) error { return nil }
func (idle) Sync() error                                { return nil }
func (c idle) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	return checked.AddCore(entry, c)
}
