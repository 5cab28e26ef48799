package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

const (
	answersByKey = "SELECT data FROM inbox_answers WHERE key = ?1 ORDER BY seq"
	claimAnswer  = `INSERT INTO inbox_answers (key, tenant, token, data)
		SELECT ?1, ?2, ?3, ?4 WHERE NOT (?5 AND EXISTS (SELECT 1 FROM inbox_answers WHERE key = ?1))
		ON CONFLICT (key, token) DO NOTHING`
)

// Answers implements inbox.Store.
func (s *inboxStore) Answers(ctx context.Context, t smm.Tenant, channel, message smm.Ref) ([]inbox.Answer, error) {
	var out []inbox.Answer
	err := s.db.each(ctx, func(scan func(...any) error) error {
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
		data string
	)
	if err := scan(&data); err != nil {
		return a, err
	}
	if err := json.Unmarshal([]byte(data), &a); err != nil {
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
	err = s.db.writer.do(ctx, false, func(w *writer) error {
		at := placeOf(t, a.Channel, a.Message)
		n, err := w.changed(claimAnswer, at, string(t), a.Token, data, exclusive)
		claimed, fresh = a, n == 1
		if err != nil || fresh {
			return err
		}
		claimed, err = standing(w, at, a.Token)
		return err
	})
	if err != nil && !errors.Is(err, smm.ErrConflict) {
		return inbox.Answer{}, false, err
	}
	return claimed, fresh, err
}

// standing returns the answer that a claim found in its place: the one of the
// same token, else the latest, with an error.
func standing(w *writer, at []byte, token string) (inbox.Answer, error) {
	var same, last inbox.Answer
	found := false
	err := w.query(answersByKey, func(r *sql.Rows) (err error) {
		if last, err = scanAnswer(r.Scan); last.Token == token {
			same, found = last, true
		}
		return err
	}, at)
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
	mark, err := s.data(ctx, "SELECT mark FROM inbox_marks WHERE tenant = ?1 AND channel = ?2 AND source = ?3",
		string(t), channel.String(), source)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return mark, err
}

// SetMark implements inbox.Store.
func (s *inboxStore) SetMark(ctx context.Context, t smm.Tenant, channel smm.Ref, source, mark string) error {
	return s.db.writer.do(ctx, false, func(w *writer) error {
		_, err := w.changed(`INSERT INTO inbox_marks (tenant, channel, source, mark) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT (tenant, channel, source) DO UPDATE SET mark = excluded.mark`,
			string(t), channel.String(), source, mark)
		return err
	})
}
