package smm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Client is the front: one value through which a host uses all its platforms.
// It holds no account state of its own and is safe for concurrent use.
type Client struct {
	drivers      map[Platform]Driver
	gates        []Gate
	media        MediaStore
	log          *slog.Logger
	clock        Clock
	interceptors []Interceptor
	concurrency  int
	capTTL       time.Duration
	caps         *capCache
	tenant       Tenant
}

// Option configures New.
type Option func(*Client)

// WithGates adds checks that every post must pass before it leaves.
func WithGates(g ...Gate) Option {
	return func(c *Client) { c.gates = append(c.gates, g...) }
}

// WithMediaStore says where the bytes of media come from.
func WithMediaStore(s MediaStore) Option { return func(c *Client) { c.media = s } }

// WithLogger makes the client log each call to a platform: what, on which
// channel, how long, and the error. No content and no secret is logged. The
// default is silence.
func WithLogger(l *slog.Logger) Option { return func(c *Client) { c.log = l } }

// WithClock replaces the clock, for tests and simulations.
func WithClock(k Clock) Option { return func(c *Client) { c.clock = k } }

// WithInterceptors wraps every call to a platform, the first given outermost.
func WithInterceptors(i ...Interceptor) Option {
	return func(c *Client) { c.interceptors = append(c.interceptors, i...) }
}

// WithConcurrency bounds how many channels Publish works on at once; the
// default is 64.
func WithConcurrency(n int) Option { return func(c *Client) { c.concurrency = n } }

// WithCapabilityTTL says how long capabilities are reused; the default is 5
// minutes.
func WithCapabilityTTL(d time.Duration) Option { return func(c *Client) { c.capTTL = d } }

// Call describes a call to a platform to an Interceptor.
type Call struct {
	Op       string // "publish.commit", "list.comments" ...
	Tenant   Tenant
	Channel  Ref
	Delivery string // ID, for the steps of the publishing protocol
}

// Interceptor surrounds a call to a driver: tracing, metrics, an emergency
// stop. It must call next at most once; not calling it and returning an error
// prevents the call, which for a commit counts as not sent only if the error
// is returned without next having run.
type Interceptor func(ctx context.Context, call Call, next func(context.Context) error) error

// New returns a Client over drivers, at most one for each platform.
func New(drivers []Driver, opts ...Option) (*Client, error) {
	c := &Client{
		drivers: make(map[Platform]Driver, len(drivers)),
		media:   noMedia{}, log: slog.New(slog.DiscardHandler), clock: SystemClock(),
		concurrency: 64, capTTL: 5 * time.Minute,
	}
	for _, d := range drivers {
		if d == nil {
			return nil, fmt.Errorf("%w: nil driver", ErrInvalid)
		}
		p := d.Platform()
		if !isName(string(p)) {
			return nil, fmt.Errorf("%w: platform name %q: want lower-case letters and digits", ErrInvalid, p)
		}
		if _, dup := c.drivers[p]; dup {
			return nil, fmt.Errorf("%w: two drivers for %s: one driver serves all its accounts", ErrInvalid, p)
		}
		c.drivers[p] = d
	}
	for _, o := range opts {
		o(c)
	}
	if c.concurrency < 1 || c.capTTL < 0 || c.media == nil || c.log == nil || c.clock == nil {
		return nil, fmt.Errorf("%w: option with a nil, zero or negative value", ErrInvalid)
	}
	c.caps = &capCache{m: make(map[capKey]Capabilities)}
	return c, nil
}

// ForTenant returns a client that acts for tenant t and shares everything else
// with c.
func (c *Client) ForTenant(t Tenant) *Client {
	d := *c
	d.tenant = t
	return &d
}

// Tenant returns the tenant that c acts for.
func (c *Client) Tenant() Tenant { return c.tenant }

// Platforms returns the platforms that c has drivers for, sorted.
func (c *Client) Platforms() []Platform {
	out := make([]Platform, 0, len(c.drivers))
	for p := range c.drivers {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// Channels returns the channels that the tenant's credentials reach on all
// platforms. A platform that fails does not hide the channels of the others:
// its error is returned with what the others gave.
func (c *Client) Channels(ctx context.Context) ([]Channel, error) {
	var (
		mu   sync.Mutex
		out  []Channel
		errs []error
		wg   sync.WaitGroup
	)
	for _, p := range c.Platforms() {
		lister, ok := c.drivers[p].(ChannelLister)
		if !ok {
			continue
		}
		wg.Go(func() {
			list := NewList(func(ctx context.Context, r PageRequest) (page Page[Channel], err error) {
				err = c.callOp(ctx, Call{Op: "list.channels", Tenant: c.tenant}, func(ctx context.Context) error {
					page, err = lister.ListChannels(ctx, r)
					return err
				})
				return page, err
			}, nil)
			got, err := list.Collect(ctx, 0)
			mu.Lock()
			defer mu.Unlock()
			out = append(out, got...)
			if err != nil {
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	slices.SortFunc(out, func(a, b Channel) int { return cmp.Compare(a.Ref.String(), b.Ref.String()) })
	return out, errors.Join(errs...)
}

// Channel returns the client of one channel. It makes no request; a Ref that
// is no channel, or of a platform without a driver, shows at the first call.
func (c *Client) Channel(ref Ref) *ChannelClient { return &ChannelClient{c: c, ref: ref} }

// driverAs finds the interface T of the driver for ch. Without a driver the
// error matches ErrInvalid, without the interface ErrUnsupported.
func driverAs[T any](c *Client, ch Ref, op string) (T, error) {
	var zero T
	if err := checkChannel(ch); err != nil {
		return zero, err
	}
	d, ok := c.drivers[ch.Platform]
	if !ok {
		return zero, fmt.Errorf("%w: %s: %w", ErrInvalid, ch, errNoPlatform)
	}
	t, ok := d.(T)
	if !ok {
		return zero, &Error{Op: op, Platform: ch.Platform, Channel: ch, Err: ErrUnsupported}
	}
	return t, nil
}

func (c *Client) call(ctx context.Context, d *Delivery, step string, f func(context.Context) error) error {
	ctx = defaultPriority(ctx, d.Request.Post.priority())
	return c.callOp(ctx, Call{Op: "publish." + step, Tenant: d.Tenant, Channel: d.Request.Channel, Delivery: d.ID}, f)
}

func (c *Client) callOp(ctx context.Context, call Call, f func(context.Context) error) error {
	ctx = defaultPriority(ContextWithTenant(ctx, call.Tenant), priorityOf(call.Op))
	next := f
	for _, i := range slices.Backward(c.interceptors) {
		inner := next
		next = func(ctx context.Context) error { return i(ctx, call, inner) }
	}
	start := c.clock.Now()
	err := next(ctx)
	if c.log.Enabled(ctx, slog.LevelDebug) || err != nil {
		c.logCall(ctx, call, c.clock.Now().Sub(start), err)
	}
	return err
}

func (c *Client) logCall(ctx context.Context, call Call, took time.Duration, err error) {
	attrs := []slog.Attr{slog.String("op", call.Op), slog.Duration("took", took)}
	if !call.Channel.IsZero() {
		attrs = append(attrs, slog.String("channel", call.Channel.String()))
	}
	if call.Tenant != "" {
		attrs = append(attrs, slog.String("tenant", string(call.Tenant)))
	}
	if call.Delivery != "" {
		attrs = append(attrs, slog.String("delivery", call.Delivery))
	}
	level := slog.LevelDebug
	if err != nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.Any("error", loggable(err)))
	}
	c.log.LogAttrs(ctx, level, "smm call", attrs...)
}

// loggable keeps a *Error's own fields and cleans anything else, which may
// carry text of a stranger.
func loggable(err error) any {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return CleanMessage(err.Error())
}

// Clock tells the time and waits. Sleep returns ctx's error if that ends
// first. Implementations are safe for concurrent use.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

// SystemClock returns the machine's clock.
func SystemClock() Clock { return systemClock{} }

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type tenantKey struct{}

// ContextWithTenant says on whose behalf a driver is called. The front does
// this; hosts that call a vendor's client directly do it themselves.
func ContextWithTenant(ctx context.Context, t Tenant) context.Context {
	if TenantFrom(ctx) == t {
		return ctx
	}
	return context.WithValue(ctx, tenantKey{}, t)
}

// TenantFrom returns the tenant that ctx acts for.
func TenantFrom(ctx context.Context) Tenant {
	t, _ := ctx.Value(tenantKey{}).(Tenant)
	return t
}

type capKey struct {
	tenant  Tenant
	channel Ref
}

type capCache struct {
	mu sync.Mutex
	m  map[capKey]Capabilities
}

// capabilities asks the driver, or reuses an answer younger than the TTL.
func (c *Client) capabilities(ctx context.Context, ch Ref, fresh bool) (Capabilities, error) {
	d, err := driverAs[Driver](c, ch, "capabilities")
	if err != nil {
		return Capabilities{}, err
	}
	key := capKey{c.tenant, ch}
	c.caps.mu.Lock()
	got, ok := c.caps.m[key]
	c.caps.mu.Unlock()
	if ok && !fresh && c.clock.Now().Sub(got.asOf) < c.capTTL {
		return got, nil
	}
	err = c.callOp(ctx, Call{Op: "capabilities", Tenant: c.tenant, Channel: ch}, func(ctx context.Context) (err error) {
		got, err = d.Capabilities(ctx, ch)
		return err
	})
	if err != nil {
		return Capabilities{}, err
	}
	c.caps.mu.Lock()
	c.caps.m[key] = got
	c.caps.mu.Unlock()
	return got, nil
}
