package pgstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

const (
	answersByKey = "SELECT data FROM smm.inbox_answers WHERE key = $1 ORDER BY seq"
	claimAnswer  = `INSERT INTO smm.inbox_answers (key, tenant, token, data)
		SELECT $1, $2, $3, $4 WHERE NOT ($5 AND EXISTS (SELECT 1 FROM smm.inbox_answers WHERE key = $1))
		ON CONFLICT (key, token) DO NOTHING`
)

// Answers implements inbox.Store.
func (s *inboxStore) Answers(ctx context.Context, t smm.Tenant, channel, message smm.Ref) ([]inbox.Answer, error) {
	var out []inbox.Answer
	err := s.db.read(ctx, func(scan func(...any) error) error {
		a, err := scanAnswer(scan)
		out = append(out, a)
		return err
	}, answersByKey, placeOf(t, channel, message))
	if err != nil {
		return nil, err
	}
	return out, nil
}

func scanAnswer(scan func(...any) error) (inbox.Answer, error) {
	var (
		a    inbox.Answer
		data []byte
	)
	if err := scan(&data); err != nil {
		return a, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("%w: an answer is unreadable: %w", ErrCorrupt, err)
	}
	return a, nil
}

// Claim implements inbox.Store.
func (s *inboxStore) Claim(ctx context.Context, t smm.Tenant, a inbox.Answer, exclusive bool) (claimed inbox.Answer, fresh bool, err error) {
	if err := checkRefs(a.Channel, a.Message); err != nil {
		return inbox.Answer{}, false, fmt.Errorf("an answer needs the refs of its message and channel: %w", err)
	}
	data, err := encodeInbox(a, a.Message)
	if err != nil {
		return inbox.Answer{}, false, err
	}
	err = s.write(ctx, func(w *inboxWrite) error {
		at := placeOf(t, a.Channel, a.Message)
		if err := w.lock(ctx, at); err != nil {
			return err
		}
		tag, err := w.tx.Exec(ctx, w.db.sql(claimAnswer), at, text(string(t)), []byte(a.Token), data, exclusive)
		claimed, fresh = a, tag.RowsAffected() == 1
		if err != nil || fresh {
			return err
		}
		claimed, err = w.standing(ctx, at, a.Token)
		return err
	})
	if err != nil && !errors.Is(err, smm.ErrConflict) {
		return inbox.Answer{}, false, err
	}
	return claimed, fresh, err
}

// standing returns the answer that a claim found in its place: the one of the
// same token, else the latest, with an error.
func (w *inboxWrite) standing(ctx context.Context, at []byte, token string) (inbox.Answer, error) {
	var same, last inbox.Answer
	found := false
	err := each(ctx, w.tx, func(scan func(...any) error) (err error) {
		if last, err = scanAnswer(scan); last.Token == token {
			same, found = last, true
		}
		return err
	}, w.db.sql(answersByKey), at)
	switch {
	case err != nil:
		return inbox.Answer{}, err
	case found:
		return same, nil
	}
	return last, fmt.Errorf("inbox: message %s: %w: another answer is on its way", last.Message, smm.ErrConflict)
}

// Mark implements inbox.Store.
func (s *inboxStore) Mark(ctx context.Context, t smm.Tenant, channel smm.Ref, source string) (string, error) {
	mark, err := s.data(ctx, "SELECT mark FROM smm.inbox_marks WHERE key = $1", hashParts(string(t), channel.String(), source))
	if isNone(err) {
		return "", nil
	}
	return string(mark), err
}

// SetMark implements inbox.Store.
func (s *inboxStore) SetMark(ctx context.Context, t smm.Tenant, channel smm.Ref, source, mark string) error {
	return s.write(ctx, func(w *inboxWrite) error {
		_, err := w.tx.Exec(ctx, w.db.sql(`INSERT INTO smm.inbox_marks (key, tenant, mark) VALUES ($1, $2, $3)
			ON CONFLICT (key) DO UPDATE SET mark = excluded.mark`),
			hashParts(string(t), channel.String(), source), text(string(t)), []byte(mark))
		return err
	})
}
