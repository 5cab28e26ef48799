package reference

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// state is what Prepare keeps between its steps.
type state struct {
	Draft     draft  `json:"draft"`
	Resolved  bool   `json:"resolved"`
	Container string `json:"container,omitempty"`
}

// Prepare implements smm.Publisher: the draft, one upload a step, and where
// the platform has handles the container.
func (d *Driver) Prepare(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
	var st state
	if len(last.State) == 0 || json.Unmarshal(last.State, &st) != nil {
		st = state{}
	}
	p := smm.Prepared{Guarantee: d.guarantee()}
	var err error
	switch {
	case !st.Resolved:
		st.Draft, err = d.draft(ctx, r)
		st.Resolved = true
	case len(st.Draft.Media) < len(r.Post.Media):
		err = d.upload(ctx, r, &st)
	case d.Class == smm.ClassHandle && st.Container == "":
		var got made
		_, err = d.post(ctx, r.Channel, "/containers", st.Draft, &got)
		st.Container = got.ID
	}
	if err != nil {
		return smm.Prepared{}, err
	}
	p.Ready = len(st.Draft.Media) == len(r.Post.Media) && (d.Class != smm.ClassHandle || st.Container != "")
	p.State, err = json.Marshal(st)
	return p, err
}

func (d *Driver) guarantee() smm.Guarantee {
	g := smm.Guarantee{Class: d.Class, RequestLife: time.Minute, ReadLag: 2 * time.Second}
	if d.Class == smm.ClassKey {
		g.KeyWindow = KeyWindow
	}
	return g
}

func (d *Driver) draft(ctx context.Context, r *smm.PublishRequest) (draft, error) {
	out := draft{Text: r.Post.Text}
	if d.Class == smm.ClassKey {
		out.Key = r.ID
	}
	to := r.Post.ReplyTo
	switch to.Kind {
	case smm.KindPost, smm.KindComment:
		out.Parent = to.ID
	case smm.KindConversation:
		out.Convo = to.ID
	case smm.KindMessage:
		var m item
		if err := d.get(ctx, r.Channel, "/items/"+to.ID, &m); err != nil {
			return out, err
		}
		out.Convo = m.Convo
	}
	return out, nil
}

func (d *Driver) upload(ctx context.Context, r *smm.PublishRequest, st *state) error {
	b, err := r.OpenMedia(ctx, r.Post.Media[len(st.Draft.Media)].Name)
	if err != nil {
		return d.fail("upload", r.Channel, 0, fmt.Errorf("%w: %w", smm.ErrInvalid, err))
	}
	defer func() { _ = b.Close() }()
	if _, err := d.ProbeMedia(ctx, b); err != nil && !d.Careless { // it may have changed since somebody looked
		return d.fail("upload", r.Channel, 0, err)
	}
	if _, err := b.Seek(0, io.SeekStart); err != nil {
		return d.fail("upload", r.Channel, 0, fmt.Errorf("%w: %w", smm.ErrInvalid, err))
	}
	var got made
	if _, err := d.send(ctx, r.Channel, http.MethodPost, "/upload", b, &got); err != nil {
		return err
	}
	st.Draft.Media = append(st.Draft.Media, got.ID)
	return nil
}

// Commit implements smm.Publisher.
func (d *Driver) Commit(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	var st state
	if err := json.Unmarshal(p.State, &st); err != nil {
		return smm.Outcome{State: smm.OutcomeNotSent}, fmt.Errorf("%w: state: %w", smm.ErrInvalid, err)
	}
	st.Draft.Container = st.Container
	var got item
	status, err := d.post(ctx, r.Channel, "/items", st.Draft, &got)
	switch {
	case err == nil && got.ID != "":
		return d.public(r, got.ID, smm.EvidenceReply), nil
	case status == http.StatusTooManyRequests:
		return smm.Outcome{State: smm.OutcomeRefused, Retry: true}, err
	case status >= 400 && status < 500:
		return smm.Outcome{State: smm.OutcomeRefused}, err
	case errors.Is(err, smm.ErrInvalid), errors.Is(err, smm.ErrNotFound):
		return smm.Outcome{State: smm.OutcomeNotSent}, err
	}
	return smm.Outcome{}, err
}

func (d *Driver) public(r *smm.PublishRequest, id string, e smm.Evidence) smm.Outcome {
	kind := smm.KindPost
	switch r.Kind {
	case smm.CreateReply:
		kind = smm.KindComment
	case smm.CreateMessage:
		kind = smm.KindMessage
	}
	return smm.Outcome{State: smm.OutcomePublished, Post: ref(kind, id), URL: d.address(id), Evidence: e}
}

// Settle implements smm.Publisher.
func (d *Driver) Settle(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	var st state
	if err := json.Unmarshal(p.State, &st); err != nil {
		return smm.Outcome{}, fmt.Errorf("%w: state: %w", smm.ErrInvalid, err)
	}
	switch d.Class {
	case smm.ClassKey:
		var got item
		err := d.get(ctx, r.Channel, "/keys/"+st.Draft.Key, &got)
		if errors.Is(err, smm.ErrNotFound) {
			return smm.Outcome{State: smm.OutcomeRepeatable}, nil
		}
		if err != nil {
			return smm.Outcome{}, err
		}
		return d.public(r, got.ID, smm.EvidenceKey), nil
	case smm.ClassHandle:
		var got container
		if err := d.get(ctx, r.Channel, "/containers/"+st.Container, &got); err != nil {
			return smm.Outcome{}, err
		}
		if got.Item == "" {
			return smm.Outcome{State: smm.OutcomeRepeatable}, nil
		}
		return d.public(r, got.Item, smm.EvidenceHandle), nil
	case smm.ClassReadBack:
		return d.lookFor(ctx, r, st, a)
	}
	return smm.Outcome{}, nil
}

// lookFor searches the channel's own items for one that equals the draft.
func (d *Driver) lookFor(ctx context.Context, r *smm.PublishRequest, st state, a smm.Attempt) (smm.Outcome, error) {
	path := "/list/posts?all=1&limit=40"
	if st.Draft.Convo != "" {
		path = "/list/messages?limit=40&of=" + url.QueryEscape(st.Draft.Convo)
	}
	for cursor := ""; ; {
		var got page
		if err := d.get(ctx, r.Channel, path+"&cursor="+cursor, &got); err != nil {
			return smm.Outcome{}, err
		}
		for _, i := range got.Items {
			if i.At < a.First.UnixMilli() {
				return smm.Outcome{State: smm.OutcomeAbsent}, nil
			}
			if i.Author == r.Channel.ID && i.Text == st.Draft.Text && i.Parent == st.Draft.Parent {
				return d.public(r, i.ID, smm.EvidenceReadBack), nil
			}
		}
		if got.Next == "" {
			return smm.Outcome{State: smm.OutcomeAbsent}, nil
		}
		cursor = got.Next
	}
}
