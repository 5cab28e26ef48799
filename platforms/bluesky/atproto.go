package bluesky

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
)

// ServerService has the methods of com.atproto.server and
// com.atproto.identity.
type ServerService service

// CreateSession signs in with a handle, DID or e-mail address and an app
// password. The vendor allows 30 sign-ins in 5 minutes and 300 a day for an
// account: keep the session. It is sent once.
func (s *ServerService) CreateSession(ctx context.Context, identifier string, password smm.Secret) (*Session, error) {
	r := s.c.procedure("com.atproto.server.createSession", struct {
		Identifier string `json:"identifier"`
		Password   string `json:"password"`
	}{identifier, password.Reveal()}, 0)
	r.Auth = httpx.Anonymous()
	return write[Session](ctx, s.c, r)
}

// RefreshSession exchanges a refresh token for a new pair. The old one goes on
// working for a short time on app-password sessions only.
func (s *ServerService) RefreshSession(ctx context.Context, refresh smm.Secret) (*Session, error) {
	r := s.c.procedure("com.atproto.server.refreshSession", nil, 0)
	r.Auth = httpx.Bearer(refresh)
	return write[Session](ctx, s.c, r)
}

// GetSession asks whose the client's credential is, and in what state the account
// is. The answer holds no tokens.
func (s *ServerService) GetSession(ctx context.Context) (*Session, error) {
	return read[Session](ctx, s.c, s.c.query("com.atproto.server.getSession", nil))
}

// DeleteSession ends a session by its refresh token.
func (s *ServerService) DeleteSession(ctx context.Context, refresh smm.Secret) error {
	r := s.c.procedure("com.atproto.server.deleteSession", nil, 0)
	r.Auth = httpx.Bearer(refresh)
	_, err := s.c.http.Write(ctx, r)
	return err
}

// Describe asks what the server is and how large an upload may be.
func (s *ServerService) Describe(ctx context.Context) (*ServerInfo, error) {
	r := s.c.query("com.atproto.server.describeServer", nil)
	r.Auth = httpx.Anonymous()
	return read[ServerInfo](ctx, s.c, r)
}

// GetServiceAuth asks for a token that lets another service act for the
// account: audience is its DID, method the one that it may call. It lives until
// expires, at most one hour.
func (s *ServerService) GetServiceAuth(ctx context.Context, audience, method string, expires time.Time) (smm.Secret, error) {
	out, err := read[struct {
		Token string `json:"token"`
	}](ctx, s.c, s.c.query("com.atproto.server.getServiceAuth", url.Values{
		"aud": {audience}, "lxm": {method}, "exp": {strconv.FormatInt(expires.Unix(), 10)},
	}))
	if err != nil {
		return smm.Secret{}, err
	}
	return smm.NewSecret(out.Token), nil
}

// ResolveHandle asks the server which account a handle names. A handle that
// nobody has gives an error that matches smm.ErrNotFound.
func (s *ServerService) ResolveHandle(ctx context.Context, handle string) (did string, err error) {
	out, err := read[struct {
		DID string `json:"did"`
	}](ctx, s.c, s.c.query("com.atproto.identity.resolveHandle", url.Values{"handle": {handle}}))
	if err != nil {
		return "", err
	}
	return out.DID, nil
}

// RepoService has the methods of com.atproto.repo for the client's own
// repository, and reads those of others.
type RepoService service

// RecordWrite is a record to put under a key.
type RecordWrite struct {
	Collection string
	Rkey       string
	Record     any
	// Swap guards the write: the record must have this CID, or with SwapNone
	// must not exist. "" for no guard. A lost race matches smm.ErrConflict.
	Swap string
}

// SwapNone is the RecordWrite.Swap that wants no record to be there.
const SwapNone = "null"

type putInput struct {
	Repo       string `json:"repo"`
	Collection string `json:"collection"`
	Rkey       string `json:"rkey"`
	Record     any    `json:"record"`
}

type swapInput struct {
	putInput
	Swap *string `json:"swapRecord"` // null: it must not exist
}

func (s *RepoService) put(w RecordWrite) *httpx.Request {
	in := putInput{s.c.cfg.DID, w.Collection, w.Rkey, w.Record}
	switch w.Swap {
	case "":
		return s.c.procedure("com.atproto.repo.putRecord", in, pointsPut)
	case SwapNone:
		return s.c.procedure("com.atproto.repo.putRecord", swapInput{in, nil}, pointsPut)
	}
	return s.c.procedure("com.atproto.repo.putRecord", swapInput{in, &w.Swap}, pointsPut)
}

// PutRecord writes a record under a key, whether or not there is one. Equal
// bytes under the same key change nothing, so it may be repeated.
func (s *RepoService) PutRecord(ctx context.Context, w RecordWrite) (*Written, error) {
	return write[Written](ctx, s.c, s.put(w))
}

// applyCreates creates records in one commit, all or none. A key that is taken
// fails the whole with status 500.
func (s *RepoService) applyCreates(records []RecordWrite) *httpx.Request {
	type create struct {
		Type       string `json:"$type"`
		Collection string `json:"collection"`
		Rkey       string `json:"rkey"`
		Value      any    `json:"value"`
	}
	in := struct {
		Repo   string   `json:"repo"`
		Writes []create `json:"writes"`
	}{Repo: s.c.cfg.DID}
	for _, w := range records {
		in.Writes = append(in.Writes, create{"com.atproto.repo.applyWrites#create", w.Collection, w.Rkey, w.Record})
	}
	return s.c.procedure("com.atproto.repo.applyWrites", in, pointsCreate*int64(len(records)))
}

// DeleteRecord removes an own record; one that is gone counts as removed.
func (s *RepoService) DeleteRecord(ctx context.Context, collection, rkey string) error {
	_, err := s.c.http.Write(ctx, s.c.procedure("com.atproto.repo.deleteRecord", struct {
		Repo       string `json:"repo"`
		Collection string `json:"collection"`
		Rkey       string `json:"rkey"`
	}{s.c.cfg.DID, collection, rkey}, pointsDelete))
	return err
}

// deleteURI removes the own record with an address. The address of somebody
// else's record is refused.
func (s *RepoService) deleteURI(ctx context.Context, uri string) error {
	u, err := identity.ParseURI(uri)
	if err != nil {
		return err
	}
	if u.Repo != s.c.cfg.DID {
		return fmt.Errorf("%w: %s is not a record of this account", smm.ErrForbidden, uri)
	}
	return s.DeleteRecord(ctx, u.Collection, u.Rkey)
}

// GetRecord reads a record. A missing one gives an error that matches
// smm.ErrNotFound.
func (s *RepoService) GetRecord(ctx context.Context, repo, collection, rkey string) (*Record, error) {
	return read[Record](ctx, s.c, s.c.query("com.atproto.repo.getRecord", url.Values{
		"repo": {repo}, "collection": {collection}, "rkey": {rkey},
	}))
}

// RecordPage is a page of records. The last page may still carry a cursor.
type RecordPage struct {
	Cursor  string   `json:"cursor"`
	Records []Record `json:"records"`
}

func (p *RecordPage) lacking() bool { return p.Records == nil }

// ListRecords lists the records of a collection, largest key first. It is the
// repository's own truth, without the lag of the app view.
func (s *RepoService) ListRecords(ctx context.Context, repo, collection string, p Page) (*RecordPage, error) {
	v := p.values()
	v.Set("repo", repo)
	v.Set("collection", collection)
	return read[RecordPage](ctx, s.c, s.c.query("com.atproto.repo.listRecords", v))
}

// UploadBlob stores bytes for use in a record. What no record refers to is
// purged after some hours; the same bytes give the same Blob.
func (s *RepoService) UploadBlob(ctx context.Context, contentType string, r io.ReadSeeker, size int64) (*Blob, error) {
	req := s.c.request(http.MethodPost, "com.atproto.repo.uploadBlob", nil, httpx.Stream(contentType, r, size), 0)
	req.Timeout = uploadTimeout(size)
	out, err := write[struct {
		Blob Blob `json:"blob"`
	}](ctx, s.c, req)
	if err != nil {
		return nil, err
	}
	if out.Blob.Ref.Link == "" {
		return nil, fmt.Errorf("%w: the server stored the upload without naming it", smm.ErrUnavailable)
	}
	return &out.Blob, nil
}

func isNotFound(err error) bool { return errors.Is(err, smm.ErrNotFound) }
