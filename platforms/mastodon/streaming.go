package mastodon

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

const (
	// maxEvent bounds one event. Statuses with quotes and media take some
	// 20 kB.
	maxEvent = 1 << 20
	// streamIdle is how long a stream may be silent. Servers write a heartbeat
	// every 15 seconds; a proxy may hold some back.
	streamIdle = 2 * time.Minute
)

// StreamEvent is what a stream tells. Event is one of update, delete,
// notification, filters_changed, conversation, announcement, status.update,
// notifications_merged and others; tolerate the unknown.
type StreamEvent struct {
	Event   string
	Payload string // JSON, for delete a bare id, "" for some
}

// Status decodes the payload of update and status.update.
func (e StreamEvent) Status() (Status, error) { return payload[Status](e) }

// Notification decodes the payload of notification.
func (e StreamEvent) Notification() (Notification, error) { return payload[Notification](e) }

// Conversation decodes the payload of conversation.
func (e StreamEvent) Conversation() (Conversation, error) { return payload[Conversation](e) }

func payload[T interface{ identified() bool }](e StreamEvent) (v T, err error) {
	if err := json.Unmarshal([]byte(e.Payload), &v); err != nil || !v.identified() {
		return v, &smm.Error{Op: "stream." + e.Event, Platform: Platform, Err: fmt.Errorf("%w: unreadable event", smm.ErrUnavailable)}
	}
	return v, nil
}

// StreamingService reads events over a connection that stays open.
// https://docs.joinmastodon.org/methods/streaming/ (read August 2026).
type StreamingService struct{ c *Client }

// Stream reads the stream with the given name: "user", "user/notification",
// "direct", "public", "hashtag". base is InstanceInfo.StreamingURL, and q holds
// what the stream needs besides ("tag", "list").
//
// The sequence ends with an error when the connection is lost, when nothing
// came for two minutes, or when ctx ends. Nothing is replayed: list what was
// missed with ListParams.MinID, then stream again.
func (s *StreamingService) Stream(ctx context.Context, base, name string, q url.Values) iter.Seq2[StreamEvent, error] {
	return func(yield func(StreamEvent, error) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		resp, err := s.open(ctx, base, name, q)
		if err != nil {
			yield(StreamEvent{}, err)
			return
		}
		defer func() { _ = resp.Body.Close() }()
		idle := time.AfterFunc(streamIdle, func() { cancel(errIdle) })
		defer idle.Stop()
		err = readEvents(resp.Body, func() { idle.Reset(streamIdle) }, func(e StreamEvent) bool { return yield(e, nil) })
		if errors.Is(err, errStop) {
			return
		}
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		yield(StreamEvent{}, streamError(err))
	}
}

var (
	errIdle   = errors.New("nothing came for two minutes, not even a heartbeat")
	errStop   = errors.New("the reader stopped")
	errTooBig = errors.New("an event larger than 1 MiB")
)

func streamError(err error) error {
	e := &smm.Error{Op: "stream", Platform: Platform}
	switch {
	case errors.Is(err, context.Canceled):
		e.Err = context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		e.Err = fmt.Errorf("%w: %w", smm.ErrUnavailable, context.DeadlineExceeded)
	case errors.Is(err, errIdle), errors.Is(err, errTooBig):
		e.Err = fmt.Errorf("%w: %w", smm.ErrUnavailable, err)
	default: // the transport's own text may quote an address
		e.Err = fmt.Errorf("%w: the stream broke off", smm.ErrUnavailable)
	}
	return e
}

// open begins a stream. It goes past httpx, whose answers are read to their
// end; nothing here is retried.
func (s *StreamingService) open(ctx context.Context, base, name string, q url.Values) (*http.Response, error) {
	at, err := url.Parse(base)
	if err != nil || at.Host == "" || at.User != nil || (at.Scheme != "https" && at.Scheme != "http") {
		return nil, fmt.Errorf("%w: mastodon: the address of the stream is not a URL", smm.ErrInvalid)
	}
	if at.Scheme != "https" && s.c.server.Scheme == "https" {
		return nil, &smm.Error{Op: "stream", Platform: Platform, Err: fmt.Errorf("%w: the server asks to send the token unencrypted", smm.ErrForbidden)}
	}
	at.Path = httpx.Path(strings.TrimSuffix(at.Path, "/")+"/api/v1/streaming", strings.Split(name, "/")...)
	at.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%w: mastodon: the address of the stream is not a URL", smm.ErrInvalid)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("User-Agent", s.c.agent)
	if err := s.c.auth.Authorize(ctx, req); err != nil {
		return nil, err
	}
	resp, err := s.c.rt.RoundTrip(req)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, streamError(err)
	}
	if resp.StatusCode == http.StatusOK && !strings.Contains(resp.Header.Get("Content-Type"), "html") {
		return resp, nil
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16)) // a refusal without words is one all the same
	_ = resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil, streamError(errors.New("a page"))
	}
	return nil, errorTable.Error("stream", smm.Ref{}, &httpx.Response{Status: resp.StatusCode, Header: resp.Header, Body: body, At: s.c.clock.Now()})
}

// readEvents reads server-sent events (WHATWG HTML, section 9.2) until the end
// of r, an error, or until emit says stop. heard is called for every line, also
// for the comments that serve as heartbeats.
func readEvents(r io.Reader, heard func(), emit func(StreamEvent) bool) error {
	in := bufio.NewReaderSize(r, 16<<10)
	var (
		event  string
		data   strings.Builder
		filled bool
	)
	for {
		line, err := readLine(in)
		if err != nil {
			return err
		}
		heard()
		if line == "" {
			if filled && !emit(StreamEvent{Event: event, Payload: strings.TrimSuffix(data.String(), "\n")}) {
				return errStop
			}
			event, filled = "", false
			data.Reset()
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			event, filled = value, true
		case "data":
			if data.Len()+len(value) > maxEvent {
				return errTooBig
			}
			data.WriteString(value)
			data.WriteByte('\n')
			filled = true
		}
	}
}

// readLine reads a line without its end, which may be LF or CR LF.
func readLine(in *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > maxEvent {
			return "", errTooBig
		}
		line = append(line, part...)
		if err == nil {
			return strings.TrimRight(string(line), "\r\n"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
}
