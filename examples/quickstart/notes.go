package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// journaled is an inbox store that survives a crash: the library's store in
// memory, and a file with a line for each write, which is read again at the
// start. It shows how little a host must bring to keep an inbox in a database of
// its own, and serves one process at a time.
//
// A line is written after the store took the change and before anybody acts on
// it. The store's writes can be repeated, so it does not matter that a line may
// be missing for a change nobody heard of.
type journaled struct {
	inbox.Store

	mu   sync.Mutex
	file *os.File
}

// line is one write. Exactly one of its parts is set.
type line struct {
	Item     *inbox.Item       `json:"item,omitempty"`
	Describe *smm.Conversation `json:"describe,omitempty"`
	Decision *inbox.Decision   `json:"decision,omitempty"`
	Answer   *inbox.Answer     `json:"answer,omitempty"`
	State    *stateLine        `json:"state,omitempty"`
	Mark     *markLine         `json:"mark,omitempty"`
	Tenant   smm.Tenant        `json:"tenant,omitempty"`
	Channel  smm.Ref           `json:"channel,omitzero"` // of a decision
	Message  smm.Ref           `json:"message,omitzero"` // of a decision
	Seen     time.Time         `json:"seen,omitzero"`    // of a description
}

type stateLine struct {
	Channel, Conversation smm.Ref
	Version               int64
	Update                inbox.Update
}

type markLine struct {
	Channel      smm.Ref
	Source, Mark string
}

// openJournaled opens the file, or makes it, and brings the store to where it
// was. What a crash left of a last line is cut off.
func openJournaled(ctx context.Context, path string) (*journaled, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	s := &journaled{Store: inbox.NewMemoryStore(), file: f}
	good, err := s.replay(ctx, f)
	if err == nil {
		err = f.Truncate(good)
	}
	if err == nil {
		_, err = f.Seek(good, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return s, nil
}

// replay applies the lines of r and returns how many bytes were whole.
func (s *journaled) replay(ctx context.Context, r io.Reader) (good int64, err error) {
	in := bufio.NewReader(r)
	for {
		b, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return good, nil
		}
		if err != nil {
			return good, err
		}
		var l line
		if err := json.Unmarshal(bytes.TrimSpace(b), &l); err != nil {
			return good, fmt.Errorf("%w: byte %d: %w", smm.ErrInvalid, good, err)
		}
		if err := s.apply(ctx, &l); err != nil {
			return good, fmt.Errorf("byte %d: %w", good, err)
		}
		good += int64(len(b))
	}
}

func (s *journaled) apply(ctx context.Context, l *line) (err error) {
	switch {
	case l.Item != nil:
		_, err = s.Store.Append(ctx, l.Tenant, *l.Item)
	case l.Describe != nil:
		err = s.Store.Describe(ctx, l.Tenant, *l.Describe, l.Seen)
	case l.Decision != nil:
		err = s.Store.Decide(ctx, l.Tenant, l.Channel, l.Message, *l.Decision)
	case l.Answer != nil:
		_, _, err = s.Store.Claim(ctx, l.Tenant, *l.Answer, false)
	case l.State != nil:
		err = s.Store.SetState(ctx, l.Tenant, l.State.Channel, l.State.Conversation, l.State.Version, l.State.Update)
	case l.Mark != nil:
		err = s.Store.SetMark(ctx, l.Tenant, l.Mark.Channel, l.Mark.Source, l.Mark.Mark)
	}
	return err
}

// write makes a line durable.
func (s *journaled) write(l line) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.file.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("%w: inbox file: %w", smm.ErrUnavailable, err)
	}
	return s.file.Sync()
}

// Close closes the file.
func (s *journaled) Close() error { return s.file.Close() }

// Append implements inbox.Store.
func (s *journaled) Append(ctx context.Context, t smm.Tenant, it inbox.Item) (inbox.Change, error) {
	change, err := s.Store.Append(ctx, t, it)
	if err != nil {
		return change, err
	}
	return change, s.write(line{Tenant: t, Item: &it})
}

// Describe implements inbox.Store.
func (s *journaled) Describe(ctx context.Context, t smm.Tenant, d smm.Conversation, seen time.Time) error {
	if err := s.Store.Describe(ctx, t, d, seen); err != nil {
		return err
	}
	return s.write(line{Tenant: t, Describe: &d, Seen: seen})
}

// SetState implements inbox.Store.
func (s *journaled) SetState(ctx context.Context, t smm.Tenant, channel, conversation smm.Ref, version int64, u inbox.Update) error {
	if err := s.Store.SetState(ctx, t, channel, conversation, version, u); err != nil {
		return err
	}
	return s.write(line{Tenant: t, State: &stateLine{channel, conversation, version, u}})
}

// Decide implements inbox.Store.
func (s *journaled) Decide(ctx context.Context, t smm.Tenant, channel, message smm.Ref, d inbox.Decision) error {
	if err := s.Store.Decide(ctx, t, channel, message, d); err != nil {
		return err
	}
	return s.write(line{Tenant: t, Channel: channel, Message: message, Decision: &d})
}

// Claim implements inbox.Store. The claim is on disk before the answer is sent.
func (s *journaled) Claim(ctx context.Context, t smm.Tenant, a inbox.Answer, exclusive bool) (inbox.Answer, bool, error) {
	claimed, fresh, err := s.Store.Claim(ctx, t, a, exclusive)
	if err != nil || !fresh {
		return claimed, fresh, err
	}
	return claimed, fresh, s.write(line{Tenant: t, Answer: &claimed})
}

// SetMark implements inbox.Store.
func (s *journaled) SetMark(ctx context.Context, t smm.Tenant, channel smm.Ref, source, mark string) error {
	if err := s.Store.SetMark(ctx, t, channel, source, mark); err != nil {
		return err
	}
	return s.write(line{Tenant: t, Mark: &markLine{channel, source, mark}})
}
