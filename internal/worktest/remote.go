package worktest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Platform is the one of [Remote].
const Platform smm.Platform = "remote"

// RequestLife is how long a request may still take effect after its caller is gone.
const RequestLife = 2 * time.Second

// Append is the channel whose public is a file, with a line for each post: the
// delivery and the process.
const Append = "append"

// Channel returns the channel of that name. If it begins with "key", a request
// that is repeated has no effect; else a lost answer can only be read back.
func Channel(name string) smm.Ref {
	return smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: name}
}

// Remote is the driver of worker processes: for a [Public] at an address, or for
// the channel [Append], whose file that address names.
type Remote string

// Platform implements smm.Driver.
func (Remote) Platform() smm.Platform { return Platform }

// Capabilities implements smm.Driver.
func (Remote) Capabilities(context.Context, smm.Ref) (smm.Capabilities, error) {
	return smm.NewCapabilities(time.Now(), map[smm.Capability]smm.Support{smm.CapPost: {State: smm.StateGranted}}, smm.Limits{}), nil
}

// Prepare implements smm.Publisher.
func (Remote) Prepare(_ context.Context, r *smm.PublishRequest, _ smm.Prepared) (smm.Prepared, error) {
	g := smm.Guarantee{Class: smm.ClassReadBack, RequestLife: RequestLife}
	if strings.HasPrefix(r.Channel.ID, "key") {
		g.Class = smm.ClassKey
	}
	return smm.Prepared{State: json.RawMessage(`{}`), Ready: true, Guarantee: g}, nil
}

// Commit implements smm.Publisher.
func (d Remote) Commit(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	published := smm.Outcome{State: smm.OutcomePublished, Post: r.Channel.WithKind(smm.KindPost, r.ID), Evidence: smm.EvidenceReply}
	if r.Channel.ID == Append {
		f, err := os.OpenFile(string(d), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return smm.Outcome{State: smm.OutcomeNotSent}, err
		}
		_, err = fmt.Fprintf(f, "%s %d\n", r.ID, os.Getpid())
		if closed := f.Close(); err != nil || closed != nil {
			return smm.Outcome{}, err
		}
		return published, nil
	}
	if status, err := d.do(ctx, http.MethodPost, r); status != http.StatusOK {
		return smm.Outcome{}, fmt.Errorf("%w: status %d: %w", smm.ErrUnavailable, status, err)
	}
	return published, nil
}

// Settle implements smm.Publisher.
func (d Remote) Settle(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	published := smm.Outcome{State: smm.OutcomePublished, Post: r.Channel.WithKind(smm.KindPost, r.ID), Evidence: smm.EvidenceReadBack}
	if r.Channel.ID == Append {
		if b, err := os.ReadFile(string(d)); err != nil || !strings.Contains(string(b), r.ID) {
			return smm.Outcome{State: smm.OutcomeAbsent}, err
		}
		return published, nil
	}
	switch status, err := d.do(ctx, http.MethodGet, r); status {
	case http.StatusOK:
		return published, nil
	case http.StatusNotFound:
		return smm.Outcome{State: smm.OutcomeAbsent}, nil
	default:
		return smm.Outcome{}, fmt.Errorf("%w: %w", smm.ErrUnavailable, err)
	}
}

func (d Remote) do(ctx context.Context, method string, r *smm.PublishRequest) (int, error) {
	addr := string(d) + "/" + url.PathEscape(r.Channel.ID) + "/" + url.PathEscape(r.ID)
	req, err := http.NewRequestWithContext(ctx, method, addr, strings.NewReader(r.Post.Text))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Process", strconv.Itoa(os.Getpid()))
	client := http.Client{Timeout: time.Minute} // ctx ends it sooner
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, nil
}

// WantSharedFile fails the test unless the file of [Append] has each delivery
// once and lines of so many processes.
func WantSharedFile(t *testing.T, path string, ids []string, processes int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	count, share := make(map[string]int), make(map[string]int)
	for line := range strings.Lines(string(b)) {
		id, pid, _ := strings.Cut(strings.TrimSpace(line), " ")
		count[id]++
		share[pid]++
	}
	for _, id := range ids {
		if count[id] != 1 {
			t.Errorf("%s was published %d times", id, count[id])
		}
	}
	if len(share) != processes {
		t.Errorf("the work was not shared: %v", share)
	}
	t.Logf("shares of the work: %v", share)
}
