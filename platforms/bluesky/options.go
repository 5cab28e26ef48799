package bluesky

import (
	"fmt"
	"slices"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
)

// PostOptions are Bluesky's own settings of a post. Set stores them.
type PostOptions struct {
	// Replies says who may answer; "" for everybody. It applies to a post that
	// begins a thread and is in force from its first moment.
	Replies ReplyRule `json:"replies,omitempty"`
	// ReplyRules admits several groups instead: who satisfies any may answer.
	ReplyRules []ReplyRule `json:"reply_rules,omitempty"`
	// ReplyLists admits the members of lists, by the lists' at-uris.
	ReplyLists []string `json:"reply_lists,omitempty"`
	// NoQuotes keeps others from quoting the post.
	NoQuotes bool `json:"no_quotes,omitempty"`
	// Labels are content warnings: LabelPorn and the like.
	Labels []string `json:"labels,omitempty"`
	// Tags are hashtags that do not stand in the text, without "#"; at most 8.
	Tags []string `json:"tags,omitempty"`
}

// ReplyRule names a group that may answer a post.
type ReplyRule string

// The rules.
const (
	RepliesNobody    ReplyRule = "nobody"    // only in PostOptions.Replies
	RepliesMentioned ReplyRule = "mentioned" // accounts that the post mentions
	RepliesFollowers ReplyRule = "followers" // accounts that follow the author
	RepliesFollowing ReplyRule = "following" // accounts that the author follows
)

// Self labels that the app understands.
const (
	LabelPorn         = "porn"
	LabelSexual       = "sexual"
	LabelNudity       = "nudity"
	LabelGraphicMedia = "graphic-media"
)

var selfLabels = []string{LabelPorn, LabelSexual, LabelNudity, LabelGraphicMedia}

// Set stores the options in a post.
func (o PostOptions) Set(p *smm.Post) error { return p.SetOptions(Platform, o) }

var gateRules = map[ReplyRule]string{
	RepliesMentioned: ThreadgateCollection + "#mentionRule",
	RepliesFollowers: ThreadgateCollection + "#followerRule",
	RepliesFollowing: ThreadgateCollection + "#followingRule",
}

// decodeOptions reads and checks the options of a post. Errors match
// smm.ErrInvalid.
func decodeOptions(p *smm.Post) (PostOptions, error) {
	var o PostOptions
	if err := p.DecodeOptions(Platform, &o); err != nil {
		return o, err
	}
	if o.Replies == RepliesNobody && len(o.ReplyRules)+len(o.ReplyLists) > 0 {
		return o, fmt.Errorf("%w: options: replies %q leaves nothing for reply_rules and reply_lists", smm.ErrInvalid, o.Replies)
	}
	for _, r := range o.rules() {
		if _, ok := gateRules[r]; !ok && r != RepliesNobody {
			return o, fmt.Errorf("%w: options: reply rule %q: want mentioned, followers or following, or nobody alone", smm.ErrInvalid, r)
		}
	}
	if len(o.ReplyLists)+len(o.rules()) > 5 {
		return o, fmt.Errorf("%w: options: at most 5 reply rules and lists", smm.ErrInvalid)
	}
	for _, uri := range o.ReplyLists {
		if u, err := identity.ParseURI(uri); err != nil || u.Collection != "app.bsky.graph.list" {
			return o, fmt.Errorf("%w: options: reply list %.100q: want the at-uri of a list", smm.ErrInvalid, uri)
		}
	}
	for _, l := range o.Labels {
		if !slices.Contains(selfLabels, l) {
			return o, fmt.Errorf("%w: options: label %.50q: want one of %v", smm.ErrInvalid, l, selfLabels)
		}
	}
	if len(o.Tags) > maxTags {
		return o, fmt.Errorf("%w: options: %d tags, at most %d", smm.ErrInvalid, len(o.Tags), maxTags)
	}
	for _, t := range o.Tags {
		if t == "" || textx.Graphemes(t) > tagGraphemes || len(t) > tagBytes {
			return o, fmt.Errorf("%w: options: tag %.80q: want 1 to %d characters", smm.ErrInvalid, t, tagGraphemes)
		}
	}
	return o, nil
}

func (o PostOptions) rules() []ReplyRule {
	rules := slices.Clone(o.ReplyRules)
	if o.Replies != "" {
		rules = append(rules, o.Replies)
	}
	return rules
}

// threadgate returns the gate for a post, nil if everybody may answer.
func (o PostOptions) threadgate(post, created string) *Threadgate {
	if len(o.rules())+len(o.ReplyLists) == 0 {
		return nil
	}
	allow := []GateRule{}
	for _, r := range o.rules() {
		if t, ok := gateRules[r]; ok {
			allow = append(allow, GateRule{Type: t})
		}
	}
	for _, uri := range o.ReplyLists {
		allow = append(allow, GateRule{Type: ThreadgateCollection + "#listRule", List: uri})
	}
	return &Threadgate{Type: ThreadgateCollection, Post: post, Allow: &allow, CreatedAt: created}
}

// postgate returns the gate for a post, nil if everybody may quote it.
func (o PostOptions) postgate(post, created string) *Postgate {
	if !o.NoQuotes {
		return nil
	}
	return &Postgate{
		Type: PostgateCollection, Post: post, CreatedAt: created,
		EmbeddingRules: []GateRule{{Type: PostgateCollection + "#disableRule"}},
	}
}

// labels are the content warnings of a post: those of the options, the content
// warning if it is one of them, and graphic media for media that is sensitive
// without saying why.
func (o PostOptions) labels(p *smm.Post) *SelfLabels {
	vals := slices.Clone(o.Labels)
	if p.ContentWarning != "" {
		vals = append(vals, p.ContentWarning)
	}
	if p.Sensitive && len(vals) == 0 {
		vals = append(vals, LabelGraphicMedia)
	}
	if len(vals) == 0 {
		return nil
	}
	slices.Sort(vals)
	out := &SelfLabels{Type: "com.atproto.label.defs#selfLabels"}
	for _, v := range slices.Compact(vals) {
		out.Values = append(out.Values, SelfLabel{Val: v})
	}
	return out
}
