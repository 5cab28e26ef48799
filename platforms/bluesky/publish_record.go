package bluesky

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
)

// buildRecords makes the records of a post from what was read and uploaded. It
// is a pure function of the request and the state.
func buildRecords(r *smm.PublishRequest, opts PostOptions, st *state) error {
	created := formatTime(r.Created)
	post := Post{
		Type: PostCollection, Text: r.Post.Text, Facets: st.Facets, Reply: st.Reply,
		Langs: slices.Clone(r.Post.Languages), Labels: opts.labels(&r.Post), Tags: opts.Tags, CreatedAt: created,
	}
	if post.Labels != nil && len(post.Labels.Values) > maxLabels {
		return fmt.Errorf("%w: %d labels, at most %d", smm.ErrInvalid, len(post.Labels.Values), maxLabels)
	}
	media := mediaEmbed(&r.Post, st)
	switch {
	case st.Quote != nil && media != nil:
		post.Embed = EmbedRecordWithMedia{"app.bsky.embed.recordWithMedia", EmbedRecord{"app.bsky.embed.record", *st.Quote}, media}
	case st.Quote != nil:
		post.Embed = EmbedRecord{"app.bsky.embed.record", *st.Quote}
	case media != nil:
		post.Embed = media
	}
	var err error
	if st.Record, err = marshal(post); err != nil {
		return err
	}
	st.Gates = nil
	if gate := opts.threadgate(st.URI, created); gate != nil && st.Reply == nil {
		if err := st.addGate(ThreadgateCollection, gate); err != nil {
			return err
		}
	}
	if gate := opts.postgate(st.URI, created); gate != nil {
		return st.addGate(PostgateCollection, gate)
	}
	return nil
}

func (st *state) addGate(collection string, v any) error {
	raw, err := marshal(v)
	st.Gates = append(st.Gates, gateRecord{collection, raw})
	return err
}

// marshal writes a record as it goes over the wire: without escaping HTML, so
// that encoding it again as part of a request leaves its bytes alone.
func marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// facets gives the spans of a text their meaning, since the network finds none
// by itself. Mentions of handles that nobody has stay plain text, as in the
// vendor's own client.
func (d *Driver) facets(ctx context.Context, c *Client, p *smm.Post) ([]Facet, error) {
	entities := p.Entities
	if entities == nil {
		entities = detect(p.Text)
	}
	var out []Facet
	for _, e := range entities {
		if e.Start < 0 || e.End > len(p.Text) || e.Start >= e.End {
			return nil, fmt.Errorf("%w: entity of bytes %d to %d lies outside the text", smm.ErrInvalid, e.Start, e.End)
		}
		f, err := d.feature(ctx, c, e, p.Text[e.Start:e.End])
		if err != nil {
			return nil, err
		}
		if f != (Feature{}) {
			out = append(out, Facet{Index: ByteSlice{e.Start, e.End}, Features: []Feature{f}})
		}
	}
	return out, nil
}

// detect finds what the vendor's client would.
func detect(text string) []smm.Entity {
	kinds := map[textx.Kind]smm.EntityKind{
		textx.URL: smm.EntityLink, textx.Mention: smm.EntityMention, textx.Hashtag: smm.EntityHashtag,
	}
	var out []smm.Entity
	for _, e := range textx.Extract(text, textx.BlueskyRules()) {
		if kind, ok := kinds[e.Kind]; ok {
			out = append(out, smm.Entity{Kind: kind, Start: e.Start, End: e.End, Target: e.Value})
		}
	}
	return out
}

// feature returns the zero Feature for a span that stays plain text.
func (d *Driver) feature(ctx context.Context, c *Client, e smm.Entity, span string) (Feature, error) {
	switch e.Kind {
	case smm.EntityLink:
		uri := e.Target
		if uri == "" {
			uri = span
		}
		if !strings.Contains(uri, "://") {
			uri = "https://" + uri
		}
		return Feature{Type: FeatureLink, URI: uri}, nil
	case smm.EntityHashtag:
		tag := strings.TrimLeft(e.Target, "#＃")
		if tag == "" {
			tag = strings.TrimLeft(span, "#＃")
		}
		return Feature{Type: FeatureTag, Tag: tag}, nil
	case smm.EntityMention:
		did, err := d.mention(ctx, c, e.Target, span)
		if did == "" || err != nil {
			return Feature{}, err
		}
		return Feature{Type: FeatureMention, DID: did}, nil
	}
	return Feature{}, fmt.Errorf("%w: entity kind %q", smm.ErrInvalid, e.Kind)
}

// mention finds who is mentioned: a Ref in text form, a DID, or a handle.
func (d *Driver) mention(ctx context.Context, c *Client, target, span string) (string, error) {
	if ref, err := smm.ParseRef(target); err == nil && ref.Platform == Platform {
		target = ref.ID
	}
	if identity.IsDID(target) {
		return target, nil
	}
	handle := strings.TrimPrefix(target, "@")
	if handle == "" {
		handle = strings.TrimPrefix(span, "@")
	}
	if !identity.IsHandle(handle) {
		return "", nil
	}
	resolve := c.Server.ResolveHandle
	if d.resolver != nil {
		resolve = d.resolver.ResolveHandle
	}
	did, err := resolve(ctx, strings.ToLower(handle))
	if isNotFound(err) || errors.Is(err, smm.ErrRejected) {
		return "", nil
	}
	return did, err
}

// replyRefs reads what a reply must name: its parent in its present version,
// and the post that began the thread.
func replyRefs(ctx context.Context, c *Client, parent smm.Ref) (*ReplyRefs, error) {
	u, err := identity.ParseURI(parent.ID)
	if err != nil {
		return nil, err
	}
	var ref StrongRef
	var post postFields
	if u.Repo == c.DID() { // our own server knows it already, the app view perhaps not yet
		rec, err := c.Repo.GetRecord(ctx, u.Repo, u.Collection, u.Rkey)
		if err != nil {
			return nil, err
		}
		ref, post = StrongRef{rec.URI, rec.CID}, readPost(rec.Value)
	} else {
		v, err := c.Feed.GetPost(ctx, parent.ID)
		if err != nil {
			return nil, err
		}
		if v.Viewer.ReplyDisabled {
			return nil, fmt.Errorf("%w: its author does not let this account reply", smm.ErrRejected)
		}
		ref, post = StrongRef{v.URI, v.CID}, readPost(v.Record)
	}
	out := &ReplyRefs{Root: ref, Parent: ref}
	if post.Reply != nil && post.Reply.Root.URI != "" && post.Reply.Root.CID != "" {
		out.Root = post.Reply.Root
	}
	return out, nil
}

func quoteRef(ctx context.Context, c *Client, quoted smm.Ref) (*StrongRef, error) {
	u, err := identity.ParseURI(quoted.ID)
	if err != nil {
		return nil, err
	}
	if u.Repo == c.DID() {
		rec, err := c.Repo.GetRecord(ctx, u.Repo, u.Collection, u.Rkey)
		if err != nil {
			return nil, err
		}
		return &StrongRef{rec.URI, rec.CID}, nil
	}
	v, err := c.Feed.GetPost(ctx, quoted.ID)
	if err != nil {
		return nil, err
	}
	if v.Viewer.EmbeddingDisabled {
		return nil, fmt.Errorf("%w: its author does not let others quote it", smm.ErrRejected)
	}
	return &StrongRef{v.URI, v.CID}, nil
}
