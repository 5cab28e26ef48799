package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
)

const (
	// requestLife: how long after we gave it up a request may still be acted on.
	// The server's own time-outs are below a minute.
	requestLife = time.Minute
	// blobLife: unreferenced uploads are kept for some hours; the protocol asks
	// for one at least.
	blobLife = time.Hour
	// chatLag: how long a message that was sent may be missing from its
	// conversation. An estimate; the service is not open.
	chatLag = 10 * time.Second
)

// The guarantees. A post has a record key that is derived from the delivery, and
// putRecord with equal bytes changes nothing, so it may be repeated for ever. A
// post with gates is created together with them in one commit, which fails as a
// whole on a key that is taken: its address is a handle that tells its state,
// and repeating it is harmless. Messages have no key.
var (
	guaranteePost    = smm.Guarantee{Class: smm.ClassKey, RequestLife: requestLife}
	guaranteeGated   = smm.Guarantee{Class: smm.ClassHandle, RequestLife: requestLife, Derived: true}
	guaranteeMessage = smm.Guarantee{Class: smm.ClassReadBack, RequestLife: requestLife, ReadLag: chatLag}
)

// state is Prepared.State: everything that a later process needs.
type state struct {
	URI     string            `json:"uri,omitempty"`     // of the post, chosen before it exists
	Record  json.RawMessage   `json:"record,omitempty"`  // of the post, byte for byte
	Gates   []gateRecord      `json:"gates,omitempty"`   // written with it
	Facets  []Facet           `json:"facets,omitempty"`  // with mentions resolved
	Reply   *ReplyRefs        `json:"reply,omitempty"`   //
	Quote   *StrongRef        `json:"quote,omitempty"`   //
	Read    bool              `json:"read,omitempty"`    // facets and refs are final
	Assets  map[string]*asset `json:"assets,omitempty"`  // by role
	Message *messageState     `json:"message,omitempty"` //
	Made    time.Time         `json:"made,omitzero"`     // when the first asset was uploaded
}

type gateRecord struct {
	Collection string          `json:"collection"`
	Record     json.RawMessage `json:"record"`
}

// Prepare implements smm.Publisher. The first step chooses the key and reads
// what the post refers to; then each asset is a step; the last one builds the
// record.
func (d *Driver) Prepare(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
	c, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Prepared{}, err
	}
	switch r.Kind {
	case smm.CreatePost, smm.CreateReply:
	case smm.CreateMessage:
		return d.prepareMessage(ctx, c, r)
	default:
		return smm.Prepared{}, d.fail("prepare", r.Channel, fmt.Errorf("%w: a %s", smm.ErrUnsupported, r.Kind))
	}
	opts, err := decodeOptions(&r.Post)
	if err != nil {
		return smm.Prepared{}, d.fail("prepare", r.Channel, err)
	}
	var st state
	if len(last.State) > 0 && json.Unmarshal(last.State, &st) != nil {
		st = state{} // made by a version that thought otherwise: start over
	}
	if !st.Read {
		if err := d.readRefs(ctx, c, r, &st); err != nil {
			return smm.Prepared{}, d.fail("prepare", r.Channel, err)
		}
	}
	return d.prepareAssets(ctx, c, r, opts, &st)
}

// readRefs chooses the address and reads what the post answers, quotes and
// mentions.
func (d *Driver) readRefs(ctx context.Context, c *Client, r *smm.PublishRequest, st *state) error {
	st.URI = identity.URI{Repo: c.DID(), Collection: PostCollection, Rkey: identity.TID(r.Created, r.ID)}.String()
	if !r.Post.ReplyTo.IsZero() {
		reply, err := replyRefs(ctx, c, r.Post.ReplyTo)
		if err != nil {
			return err
		}
		st.Reply = reply
	}
	if !r.Post.Quote.IsZero() {
		quote, err := quoteRef(ctx, c, r.Post.Quote)
		if err != nil {
			return err
		}
		st.Quote = quote
	}
	var err error
	if st.Facets, err = d.facets(ctx, c, &r.Post); err != nil {
		return err
	}
	st.Read = true
	return nil
}

// prepareAssets does the next upload, or finishes.
func (d *Driver) prepareAssets(ctx context.Context, c *Client, r *smm.PublishRequest, opts PostOptions, st *state) (smm.Prepared, error) {
	next, done, total, err := d.upload(ctx, c, r, st)
	if err != nil {
		return smm.Prepared{}, d.fail("prepare", r.Channel, err)
	}
	p := smm.Prepared{Guarantee: guaranteePost}
	if total > 0 {
		p.Progress = float64(done) / float64(total)
	}
	if done == total {
		if err := buildRecords(r, opts, st); err != nil {
			return smm.Prepared{}, d.fail("prepare", r.Channel, err)
		}
		p.Ready, p.Progress = true, 1
	} else {
		p.Next = next
	}
	if len(st.Gates) > 0 {
		p.Guarantee = guaranteeGated
	}
	if !st.Made.IsZero() {
		p.Expires = st.Made.Add(blobLife)
	}
	if p.State, err = json.Marshal(st); err != nil {
		return smm.Prepared{}, err
	}
	return p, nil
}

// Commit implements smm.Publisher.
func (d *Driver) Commit(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	var st state
	if err := json.Unmarshal(p.State, &st); err != nil {
		return smm.Outcome{State: smm.OutcomeNotSent}, d.fail("commit", r.Channel, fmt.Errorf("%w: unreadable state", smm.ErrUnavailable))
	}
	c, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Outcome{State: smm.OutcomeNotSent}, err
	}
	if st.Message != nil {
		return d.commitMessage(ctx, c, &st)
	}
	req, err := st.request(c)
	if err != nil {
		return smm.Outcome{State: smm.OutcomeNotSent}, d.fail("commit", r.Channel, err)
	}
	req.Priority = smm.PriorityPublish
	resp, fate, err := c.http.Commit(ctx, req)
	o := c.http.Outcome(fate, resp)
	if err != nil {
		return o, err
	}
	return st.published(o, resp, a)
}

// request is the one request that makes the post public.
func (st *state) request(c *Client) (*httpx.Request, error) {
	u, err := identity.ParseURI(st.URI)
	if err != nil {
		return nil, err
	}
	post := RecordWrite{Collection: PostCollection, Rkey: u.Rkey, Record: st.Record}
	if len(st.Gates) == 0 {
		return c.Repo.put(post), nil
	}
	all := []RecordWrite{post}
	for _, g := range st.Gates {
		all = append(all, RecordWrite{Collection: g.Collection, Rkey: u.Rkey, Record: g.Record})
	}
	return c.Repo.applyCreates(all), nil
}

// published reads a 2xx answer. What does not name the post, as a page that a
// proxy put in its place, says nothing.
func (st *state) published(o smm.Outcome, resp *httpx.Response, a smm.Attempt) (smm.Outcome, error) {
	var out struct {
		Written
		Results []Written `json:"results"`
	}
	if err := resp.JSON(&out); err != nil {
		return smm.Outcome{}, err
	}
	named := out.URI
	if len(st.Gates) > 0 && len(out.Results) > 0 {
		named = out.Results[0].URI
	}
	if named != st.URI {
		return smm.Outcome{}, fmt.Errorf("%w: the answer names another record", smm.ErrUnavailable)
	}
	o = st.found(smm.EvidenceReply)
	if a.Doubt && len(st.Gates) == 0 {
		o.Evidence = smm.EvidenceKeyReplay
	}
	return o, nil
}

// found is the outcome of a post that is there.
func (st *state) found(e smm.Evidence) smm.Outcome {
	return smm.Outcome{
		State: smm.OutcomePublished, Evidence: e, URL: postURL(st.URI),
		Post: smm.Ref{Platform: Platform, Kind: smm.KindPost, ID: st.URI},
	}
}

var errOtherRecord = errors.New("another record has this key")

// Settle implements smm.Publisher. The repository itself is asked, which knows
// a record from the moment it has it.
func (d *Driver) Settle(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	var st state
	if err := json.Unmarshal(p.State, &st); err != nil {
		return smm.Outcome{}, d.fail("settle", r.Channel, fmt.Errorf("%w: unreadable state", smm.ErrUnavailable))
	}
	c, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Outcome{}, err
	}
	if st.Message != nil {
		return d.settleMessage(ctx, c, &st, a)
	}
	u, err := identity.ParseURI(st.URI)
	if err != nil {
		return smm.Outcome{}, d.fail("settle", r.Channel, err)
	}
	rec, err := c.Repo.GetRecord(ctx, u.Repo, u.Collection, u.Rkey)
	switch {
	case codeOf(err) == "RecordNotFound":
		return smm.Outcome{State: smm.OutcomeRepeatable, Evidence: smm.EvidenceKey}, nil
	case err != nil:
		return smm.Outcome{}, err
	}
	ours, theirs := readPost(st.Record), readPost(rec.Value)
	if rec.URI != st.URI || ours.Text != theirs.Text || ours.CreatedAt != theirs.CreatedAt {
		return smm.Outcome{}, d.fail("settle", r.Channel, fmt.Errorf("%w: %w", smm.ErrConflict, errOtherRecord))
	}
	o := st.found(smm.EvidenceKey)
	if len(st.Gates) > 0 {
		o.Evidence = smm.EvidenceHandle
	}
	return o, nil
}
