package inbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// SyncOptions shape Sync. nil means the zero value.
type SyncOptions struct {
	// Posts are further posts whose comments are read, by channel: older ones
	// that still draw comments, or those just published.
	Posts map[smm.Ref][]smm.Ref
	// RecentPosts is how many of the channel's latest posts are watched for
	// comments; default 10, negative for none.
	RecentPosts int
	// MaxItems bounds what is read of one list in one call; default 1,000. What
	// is left is read by the next call.
	MaxItems int
}

// SyncResult is what a Sync found on one channel.
type SyncResult struct {
	Channel smm.Ref
	New     int // messages not known before
	Edited  int
	Deleted int
	More    bool  // a list was cut short: call Sync again
	Err     error // what could not be read; everything else was
}

const (
	defaultRecent   = 10
	defaultMaxItems = 1000
	syncChannels    = 8 // channels read at the same time
)

// Sync reads what people said to the channels since the last call: mentions,
// comments under recent posts, and private messages. What a platform or channel
// does not have is left out in silence. Each list is read from where the last
// call got to; an interrupted call loses nothing and repeats at most a page.
//
// An edit of a message older than an hour before the last call is noticed for
// comments, and elsewhere only through webhooks; deletions only through
// webhooks, since a list does not say what it no longer has.
//
// The channels are independent. There is one result for each, in order; the
// error joins theirs.
func (in *Inbox) Sync(ctx context.Context, client *smm.Client, channels []smm.Ref, opts *SyncOptions) ([]SyncResult, error) {
	var o SyncOptions
	if opts != nil {
		o = *opts
	}
	if o.RecentPosts == 0 {
		o.RecentPosts = defaultRecent
	}
	if o.MaxItems <= 0 {
		o.MaxItems = defaultMaxItems
	}
	results := make([]SyncResult, len(channels))
	slots := make(chan struct{}, syncChannels)
	var wg sync.WaitGroup
	for i, ch := range channels {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			s := &syncer{in: in, ctx: ctx, client: client.Channel(ch), tenant: client.Tenant(), opts: o, result: SyncResult{Channel: ch}}
			results[i] = s.run()
		})
	}
	wg.Wait()
	errs := make([]error, 0, len(results))
	for _, r := range results {
		if r.Err != nil {
			errs = append(errs, fmt.Errorf("inbox: sync %s: %w", r.Channel, r.Err))
		}
	}
	return results, errors.Join(errs...)
}

// syncer reads one channel.
type syncer struct {
	in     *Inbox
	ctx    context.Context
	client *smm.ChannelClient
	tenant smm.Tenant
	opts   SyncOptions
	result SyncResult
	errs   []error
}

func (s *syncer) run() SyncResult {
	s.note("mentions", s.mentions())
	for _, post := range s.posts() {
		s.note("comments of "+post.String(), s.comments(post))
	}
	s.note("conversations", s.conversations())
	s.result.Err = errors.Join(s.errs...)
	return s.result
}

func (s *syncer) note(what string, err error) {
	if err != nil && !errors.Is(err, smm.ErrUnsupported) {
		s.errs = append(s.errs, fmt.Errorf("%s: %w", what, err))
	}
}

func (s *syncer) keep(m smm.Message) error {
	if m.Ref.IsZero() {
		return nil // nothing could ever be done with it
	}
	change, err := s.in.append(s.ctx, s.tenant, Observe(s.client.Ref(), m, s.in.clock.Now()))
	switch change {
	case ChangeNew:
		s.result.New++
	case ChangeEdited:
		s.result.Edited++
	case ChangeDeleted:
		s.result.Deleted++
	}
	return err
}

func messageTime(m smm.Message) time.Time { return m.At }

func (s *syncer) mentions() error {
	return read(s, source[smm.Message]{
		name: "mentions", list: s.client.Mentions, at: messageTime, keep: s.keep,
	})
}

func (s *syncer) comments(post smm.Ref) error {
	return read(s, source[smm.Message]{
		name: "comments " + post.String(),
		list: func(o *smm.ListOptions) *smm.List[smm.Message] { return s.client.Comments(post, o) },
		keep: func(m smm.Message) error {
			if m.Root.IsZero() {
				m.Root = post
			}
			return s.keep(m)
		},
	})
}

// conversations reads the private conversations that were active since the
// last call, each from its own mark. As long as one of them could not be read
// whole, the next call looks at all of them again.
func (s *syncer) conversations() error {
	unfinished := false
	return read(s, source[smm.Conversation]{
		name: "conversations", list: s.client.Conversations,
		at: func(c smm.Conversation) time.Time { return c.Updated },
		keep: func(c smm.Conversation) error {
			c.Channel = s.client.Ref()
			if c.Ref.IsZero() {
				return nil
			}
			if err := s.in.store.Describe(s.ctx, s.tenant, c, s.in.clock.Now()); err != nil {
				return err
			}
			more, err := s.messages(c.Ref)
			unfinished = unfinished || more || err != nil && !errors.Is(err, smm.ErrNotFound)
			s.note("messages of "+c.Ref.String(), err)
			return s.ctx.Err()
		},
		hold: func() bool { return unfinished },
	})
}

func (s *syncer) messages(conversation smm.Ref) (more bool, err error) {
	return pullFor(s, source[smm.Message]{
		name: "messages " + conversation.String(),
		list: func(o *smm.ListOptions) *smm.List[smm.Message] { return s.client.Messages(conversation, o) },
		at:   messageTime,
		keep: func(m smm.Message) error {
			if m.Conversation.IsZero() {
				m.Conversation = conversation
			}
			return s.keep(m)
		},
	})
}

func read[T any](s *syncer, src source[T]) error {
	_, err := pullFor(s, src)
	return err
}

func pullFor[T any](s *syncer, src source[T]) (more bool, err error) {
	more, err = pull(s.ctx, s.in, s.tenant, s.client.Ref(), src, s.opts.MaxItems)
	s.result.More = s.result.More || more
	return more, err
}

// posts returns the posts to watch for comments, each once.
func (s *syncer) posts() []smm.Ref {
	var out []smm.Ref
	seen := make(map[smm.Ref]bool)
	add := func(r smm.Ref) {
		if !seen[r] && !r.IsZero() {
			seen[r] = true
			out = append(out, r)
		}
	}
	for _, r := range s.opts.Posts[s.client.Ref()] {
		add(r)
	}
	if s.opts.RecentPosts > 0 {
		recent, err := s.client.Posts(&smm.ListOptions{PageSize: s.opts.RecentPosts}).Collect(s.ctx, s.opts.RecentPosts)
		s.note("posts", err)
		for _, p := range recent {
			add(p.Ref)
		}
	}
	return out
}
