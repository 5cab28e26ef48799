package vcr

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// RecordEnv is the environment variable that asks for recording when it is "1".
const RecordEnv = "SMMKIT_RECORD"

// maxBody bounds a recorded answer.
const maxBody = 16 << 20

// Recorder is an http.RoundTripper that answers from a cassette or, when
// recording, from the real server. It is safe for concurrent use.
type Recorder struct {
	name      string // path without ".yaml"
	scrub     scrubber
	recording bool
	from      Provenance
	real      http.RoundTripper
	now       func() time.Time

	mu        sync.Mutex
	exchanges []exchange
	recorded  []want // of exchanges, when replaying
	used      []bool
	broken    error // why a recording must not be saved
	stopped   bool
}

// Option configures [Open] and [New].
type Option func(*Recorder) error

// RecordedFrom names the real server and its version, without which nothing is
// recorded. A cassette whose test does not use it is always replayed, so that
// SMMKIT_RECORD=1 leaves cassettes written from documentation alone.
func RecordedFrom(server, version string) Option {
	return func(r *Recorder) error {
		if server == "" || version == "" {
			return errors.New("vcr: RecordedFrom needs a server and a version")
		}
		r.from = Provenance{Source: Recorded, Server: server, Version: version}
		return nil
	}
}

// Record asks for recording (true) or replay (false), whatever [RecordEnv] says.
func Record(on bool) Option {
	return func(r *Recorder) error {
		r.recording = on
		return nil
	}
}

// Transport is what reaches the real server when recording; the default is
// http.DefaultTransport.
func Transport(rt http.RoundTripper) Option {
	return func(r *Recorder) error {
		r.real = rt
		return nil
	}
}

// KeepHeaders adds response and request headers to those that are written.
// Headers that carry credentials are refused.
func KeepHeaders(names ...string) Option {
	return func(r *Recorder) error {
		for _, n := range names {
			n = http.CanonicalHeaderKey(n)
			if slices.Contains(forbiddenHeaders, n) {
				return fmt.Errorf("vcr: header %s carries credentials and is never written", n)
			}
			r.scrub.keep = append(r.scrub.keep, n)
		}
		return nil
	}
}

// SecretFields adds names of JSON, form and query fields whose values are
// replaced. Case and punctuation do not matter.
func SecretFields(names ...string) Option {
	return func(r *Recorder) error {
		for _, n := range names {
			r.scrub.fields = append(r.scrub.fields, normal(n))
		}
		return nil
	}
}

// SecretValues names exact secrets, such as the tokens a recording is made
// with. They are replaced wherever they stand, and a cassette in which one is
// left, even within base64, is not written. Values under 6 bytes are refused:
// replacing them would mangle innocent text.
func SecretValues(values ...string) Option {
	return func(r *Recorder) error {
		for _, v := range values {
			if len(v) < 6 {
				return errors.New("vcr: SecretValues must have at least 6 bytes")
			}
			r.scrub.values = append(r.scrub.values, v)
		}
		return nil
	}
}

// Now replaces the clock that dates a recording.
func Now(now func() time.Time) Option {
	return func(r *Recorder) error {
		r.now = now
		return nil
	}
}

// Open is [New] for tests: it fails t on an error, and at the end of t it stops
// the recorder and fails t if recorded exchanges were not asked for. The
// recording of a failed test is not written.
func Open(t testing.TB, path string, opts ...Option) *Recorder {
	t.Helper()
	r, err := New(path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			r.discard()
			return
		}
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// New opens the cassette path, with or without ".yaml", for replay, or starts a
// new one if recording was asked for. See [RecordEnv], [Record] and
// [RecordedFrom].
func New(path string, opts ...Option) (*Recorder, error) {
	r := &Recorder{name: strings.TrimSuffix(path, ".yaml"), real: http.DefaultTransport, now: time.Now}
	forced := false
	fromEnv := os.Getenv(RecordEnv) == "1"
	r.recording = fromEnv
	for _, o := range opts {
		before := r.recording
		if err := o(r); err != nil {
			return nil, err
		}
		forced = forced || r.recording && !before
	}
	if r.recording && r.from.Source == "" {
		if forced {
			return nil, errors.New("vcr: recording needs RecordedFrom(server, version)")
		}
		r.recording = false
	}
	if r.recording {
		return r, nil
	}
	if _, err := os.Stat(cassetteFile(r.name)); err != nil {
		return nil, fmt.Errorf("vcr: no cassette %s; record it with %s=1 and RecordedFrom, or write it from the documentation: %w", filepath.ToSlash(cassetteFile(r.name)), RecordEnv, err)
	}
	if _, err := ReadProvenance(r.name); err != nil {
		return nil, err
	}
	var err error
	if r.exchanges, err = load(r.name); err != nil {
		return nil, err
	}
	for _, e := range r.exchanges {
		r.recorded = append(r.recorded, want{e.method, r.scrub.url(e.url), r.scrub.requestBody(e.requestHeader.Get("Content-Type"), []byte(e.requestBody))})
	}
	r.used = make([]bool, len(r.exchanges))
	return r, nil
}

// Client returns a client over r that keeps net/http's defaults otherwise.
func (r *Recorder) Client() *http.Client { return &http.Client{Transport: r} }

// Recording reports whether requests go to the real server.
func (r *Recorder) Recording() bool { return r.recording }

func (r *Recorder) discard() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
}

// Stop writes a recording, or reports the exchanges of a cassette that were not
// asked for. Later calls do nothing.
func (r *Recorder) Stop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return nil
	}
	r.stopped = true
	if r.recording {
		return r.save()
	}
	var unused []string
	for i, u := range r.used {
		if !u {
			unused = append(unused, fmt.Sprintf("interaction %d, %s %s", i+1, r.recorded[i].method, pathOf(r.recorded[i].url)))
		}
	}
	if len(unused) > 0 {
		return fmt.Errorf("vcr: %s: never asked for: %s", cassetteFile(r.name), strings.Join(unused, "; "))
	}
	return nil
}
