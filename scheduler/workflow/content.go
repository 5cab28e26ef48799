package workflow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Content is what a draft will send, where and when. A Content that a Draft
// holds is never changed, only replaced.
type Content struct {
	Post     smm.Post  `json:"post"`
	Channels []smm.Ref `json:"channels,omitempty"` // as sorted by their text form
	// At is the planned instant, to the microsecond; zero if there is none yet.
	At time.Time `json:"at,omitzero"`
	// Local is the wall clock that was asked for, and Zone its IANA name, for
	// people. At decides. See package civil for the rule that joins them.
	Local string `json:"local,omitempty"`
	Zone  string `json:"zone,omitempty"`
	// StaleAfter is how late publication may begin after At; 0: ever so late.
	StaleAfter time.Duration `json:"stale_after,omitempty"`
}

// Check reports what is wrong with c, as an error that matches smm.ErrInvalid.
// A Content without text, channels or time is fine: it is not complete yet.
func (c *Content) Check() error {
	seen := make(map[smm.Ref]bool, len(c.Channels))
	for _, ch := range c.Channels {
		if err := ch.Check(); err != nil {
			return fmt.Errorf("channel %s: %w", ch, err)
		}
		if ch.Kind != smm.KindChannel {
			return fmt.Errorf("%w: %s is a %s, not a channel", smm.ErrInvalid, ch, ch.Kind)
		}
		if seen[ch] {
			return fmt.Errorf("%w: channel %s is named twice", smm.ErrInvalid, ch)
		}
		seen[ch] = true
	}
	if y := c.At.Year(); y > 9999 || y < 1 {
		return fmt.Errorf("%w: the year %d is beyond what can be stored", smm.ErrInvalid, y)
	}
	if c.StaleAfter < 0 {
		return fmt.Errorf("%w: StaleAfter is negative", smm.ErrInvalid)
	}
	if c.Zone != "" {
		if _, err := time.LoadLocation(c.Zone); err != nil {
			return fmt.Errorf("%w: zone %q is not known here: want an IANA name such as Europe/Berlin", smm.ErrInvalid, c.Zone)
		}
	}
	b, err := json.Marshal(c.Post)
	if err != nil {
		return fmt.Errorf("%w: post: %w", smm.ErrInvalid, err)
	}
	if len(b) > scheduler.MaxPostSize {
		return fmt.Errorf("%w: the post has %d bytes, at most %d can be scheduled", smm.ErrInvalid, len(b), scheduler.MaxPostSize)
	}
	return nil
}

// Normal returns c as it comes back from a store: through JSON, so that nothing
// is compared in a form that does not last, with sorted channels and the time in
// UTC. It shares nothing with c.
func (c *Content) Normal() (Content, error) {
	if err := c.Check(); err != nil {
		return Content{}, err
	}
	d := *c
	d.At = scheduler.Micro(c.At)
	d.Channels = slices.Clone(c.Channels)
	slices.SortFunc(d.Channels, func(a, b smm.Ref) int { return compare(a.String(), b.String()) })
	b, err := json.Marshal(d)
	if err != nil {
		return Content{}, fmt.Errorf("%w: content: %w", smm.ErrInvalid, err)
	}
	var out Content
	if err := json.Unmarshal(b, &out); err != nil {
		return Content{}, fmt.Errorf("%w: content: %w", smm.ErrInvalid, err)
	}
	return out, nil
}

// Hash sums up the fields given of a Content that is Normal: 64 hex digits, the
// same for the same content, whatever process and machine. It is what an approval
// approves. Content that Check refuses has the hash "", which approves nothing.
func (c *Content) Hash(fields Fields) string {
	h := sha256.New()
	h.Write([]byte("smmkit draft 1\n"))
	for i, name := range fieldNames {
		if !fields.Has(1 << i) {
			continue
		}
		b, err := json.Marshal(c.field(1 << i))
		if err != nil {
			return ""
		}
		sum := sha256.Sum256(b)
		h.Write(fmt.Appendf(nil, "%s %x\n", name, sum))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// field returns what a field is about, for JSON.
func (c *Content) field(f Fields) any {
	switch f {
	case FieldText:
		return wordsOf(&c.Post)
	case FieldMedia:
		return mediaOf(&c.Post)
	case FieldChannels:
		return c.Channels
	case FieldTime:
		return struct {
			At          time.Time
			Local, Zone string
			StaleAfter  time.Duration
		}{c.At.UTC(), c.Local, c.Zone, c.StaleAfter}
	default:
		return c.Post.Labels
	}
}

// Changed returns the fields in which two contents differ.
func (c *Content) Changed(d *Content) Fields {
	var out Fields
	for i := range fieldNames {
		if f := Fields(1 << i); c.Hash(f) != d.Hash(f) || c.Hash(f) == "" {
			out |= f
		}
	}
	return out
}

// wordsOf is p without its media and labels.
func wordsOf(p *smm.Post) smm.Post {
	out := *p
	out.Media, out.Labels = nil, smm.Labels{}
	out.Thread = wordsOfAll(p.Thread)
	out.Variants = maps.Clone(p.Variants)
	for platform, v := range out.Variants {
		v.Media, v.NoMedia, v.Thread = nil, false, wordsOfAll(v.Thread)
		out.Variants[platform] = v
	}
	return out
}

func wordsOfAll(thread []smm.Post) []smm.Post {
	if thread == nil {
		return nil
	}
	out := make([]smm.Post, len(thread))
	for i := range thread {
		out[i] = wordsOf(&thread[i])
	}
	return out
}

// mediaTree is the media of a post, each where it belongs.
type mediaTree struct {
	Media    []smm.Media                `json:"media,omitempty"`
	None     bool                       `json:"none,omitempty"` // of a variant: NoMedia
	Thread   []mediaTree                `json:"thread,omitempty"`
	Variants map[smm.Platform]mediaTree `json:"variants,omitempty"`
}

func mediaOf(p *smm.Post) mediaTree {
	out := mediaTree{Media: p.Media, Thread: mediaOfAll(p.Thread)}
	for platform, v := range p.Variants {
		if out.Variants == nil {
			out.Variants = make(map[smm.Platform]mediaTree, len(p.Variants))
		}
		out.Variants[platform] = mediaTree{Media: v.Media, None: v.NoMedia, Thread: mediaOfAll(v.Thread)}
	}
	return out
}

func mediaOfAll(thread []smm.Post) []mediaTree {
	var out []mediaTree
	for i := range thread {
		out = append(out, mediaOf(&thread[i]))
	}
	return out
}
