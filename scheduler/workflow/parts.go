package workflow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

func compare(a, b string) int { return strings.Compare(a, b) }

// Part is one item that a draft sends to a channel: the post, a further part of
// its thread, or the first comment.
type Part struct {
	Channel smm.Ref
	Post    smm.Post // as for the channel's platform; no Thread, Variants or FirstComment
	Follows bool     // it waits for another part and answers that
}

// Parts returns what c sends to a channel, in the order in which
// smm.Client.Plan makes deliveries of it.
func (c *Content) Parts(channel smm.Ref) []Part {
	post := c.Post.For(channel.Platform)
	var out []Part
	for i, p := range append([]smm.Post{post}, post.Thread...) {
		p.Thread, p.FirstComment = nil, ""
		out = append(out, Part{Channel: channel, Post: p, Follows: i > 0})
	}
	if post.FirstComment != "" {
		comment := smm.Post{Text: post.FirstComment, Languages: post.Languages, Visibility: post.Visibility}
		out = append(out, Part{Channel: channel, Post: comment, Follows: true})
	}
	return out
}

// hash sums up what the public would see of a part. Labels are not sent, and what
// a part that follows answers is known only when its parent is public.
func (p *Part) hash() string {
	post := p.Post
	post.Labels = smm.Labels{}
	if p.Follows {
		post.ReplyTo = smm.Ref{}
	}
	b, err := json.Marshal(struct {
		Channel smm.Ref
		Follows bool
		Post    smm.Post
	}{p.Channel, p.Follows, post})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// partOf is what a delivery would send.
func partOf(d *smm.Delivery) Part {
	return Part{Channel: d.Request.Channel, Post: d.Request.Post, Follows: d.Parent != ""}
}

// sends reports whether d is exactly a part of c.
func (c *Content) sends(d *smm.Delivery) bool {
	if !slices.Contains(c.Channels, d.Request.Channel) {
		return false
	}
	got := partOf(d)
	if kind, err := got.Post.CreateKind(); err != nil || (!got.Follows && kind != d.Request.Kind) ||
		(got.Follows && d.Request.Kind != smm.CreateReply) {
		return false
	}
	hash := got.hash()
	for _, want := range c.Parts(d.Request.Channel) {
		if h := want.hash(); h != "" && h == hash {
			return true
		}
	}
	return false
}
