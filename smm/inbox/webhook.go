package inbox

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/smmkit/smmkit/smm"
)

// WebhookOptions shape Webhook. nil means the zero value.
type WebhookOptions struct {
	// Tenants says whose channel it is; two tenants may hold the same one. An
	// error makes the platform send again. nil: the empty tenant alone.
	Tenants func(ctx context.Context, channel smm.Ref) ([]smm.Tenant, error)
	// MaxBody bounds a request; default 1 MiB.
	MaxBody int64
	// OnEvent, if not nil, is told every event, after its message was stored;
	// likes and follows reach only it. The same event may come several times. An
	// error makes the platform send again.
	OnEvent func(ctx context.Context, t smm.Tenant, e smm.Event) error
}

const defaultMaxBody = 1 << 20

// Webhook returns the handler for a platform's webhooks. It answers the
// platform's handshakes. A request is bounded, read once and verified before
// anything looks into it; it is answered with 200 only when all its messages
// are stored, and with 500 if one could not be, so that the platform sends
// again. Repetitions and any order are harmless.
//
// An entry that the driver cannot read is logged and passed over: it would not
// get better by being sent again.
func (in *Inbox) Webhook(r smm.WebhookReceiver, opts *WebhookOptions) http.Handler {
	h := &webhook{in: in, receiver: r}
	if opts != nil {
		h.opts = *opts
	}
	if h.opts.MaxBody <= 0 {
		h.opts.MaxBody = defaultMaxBody
	}
	if h.opts.Tenants == nil {
		h.opts.Tenants = func(context.Context, smm.Ref) ([]smm.Tenant, error) { return []smm.Tenant{""}, nil }
	}
	return h
}

type webhook struct {
	in       *Inbox
	receiver smm.WebhookReceiver
	opts     WebhookOptions
}

// ServeHTTP implements http.Handler.
func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.receiver.Handshake(w, r) {
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "want POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.opts.MaxBody))
	if err != nil {
		status := http.StatusBadRequest
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, http.StatusText(status), status)
		return
	}
	if err := h.receiver.VerifyWebhook(r.Header, body, h.in.clock.Now()); err != nil {
		h.in.log.LogAttrs(r.Context(), slog.LevelWarn, "webhook refused", slog.String("error", smm.CleanMessage(err.Error())))
		// Discord demands 401 of its probes; the others take any refusal.
		http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
		return
	}
	if err := h.take(r.Context(), r.Header, body); err != nil {
		h.in.log.LogAttrs(r.Context(), slog.LevelError, "webhook not stored", slog.String("error", smm.CleanMessage(err.Error())))
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// take stores everything in a verified body, and goes on after an error so
// that one bad row does not hold up the rest.
func (h *webhook) take(ctx context.Context, header http.Header, body []byte) error {
	var errs []error
	for e, err := range h.receiver.DecodeWebhook(header, body) {
		if err != nil {
			h.in.log.LogAttrs(ctx, slog.LevelWarn, "webhook entry not readable", slog.String("error", smm.CleanMessage(err.Error())))
			continue
		}
		errs = append(errs, h.event(ctx, e))
	}
	return errors.Join(errs...)
}

func (h *webhook) event(ctx context.Context, e smm.Event) error {
	tenants, err := h.opts.Tenants(ctx, e.Channel)
	if err != nil {
		return err
	}
	var errs []error
	for _, t := range tenants {
		_, err := h.in.Ingest(ctx, t, e)
		if err == nil && h.opts.OnEvent != nil {
			err = h.opts.OnEvent(ctx, t, e)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
