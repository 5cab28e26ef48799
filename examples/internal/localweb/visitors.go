package localweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const (
	maxHandle = 253    // characters, as long as a domain name
	maxText   = 10_000 // characters, more than any platform takes
)

func (w *Web) postAccount(r *http.Request) (any, error) {
	in, err := decode[AccountRequest](r)
	if err != nil {
		return nil, err
	}
	s, err := w.platform(in.Platform)
	if err != nil {
		return nil, err
	}
	if err := checkHandle("handle", in.Handle); err != nil {
		return nil, err
	}
	a, err := s.NewAccount(in.Handle)
	if err != nil {
		return nil, err
	}
	return describe(in.Platform, a), nil
}

func (w *Web) postVisitorPost(r *http.Request) (any, error) {
	in, err := decode[VisitorPost](r)
	if err != nil {
		return nil, err
	}
	return w.visitorPost(r.Context(), in)
}

func (w *Web) visitorPost(ctx context.Context, in VisitorPost) (any, error) {
	s, err := w.visitor(in.Platform, in.Handle)
	if err != nil {
		return nil, err
	}
	if err := checkText(in.Text); err != nil {
		return nil, err
	}
	parent, err := vendorID(in.Platform, in.Parent)
	if err != nil {
		return nil, err
	}
	ref, err := s.VisitorPosts(ctx, in.Handle, parent, in.Text)
	return Written{ref}, err
}

func (w *Web) postVisitorMessage(r *http.Request) (any, error) {
	in, err := decode[VisitorMessage](r)
	if err != nil {
		return nil, err
	}
	return w.visitorMessage(r.Context(), in)
}

func (w *Web) visitorMessage(ctx context.Context, in VisitorMessage) (any, error) {
	s, err := w.visitor(in.Platform, in.Handle)
	if err != nil {
		return nil, err
	}
	if withoutMessages[in.Platform] {
		return nil, refusef(http.StatusConflict, "%s lets no program read private messages, so nobody can send one here: choose another platform", in.Platform)
	}
	if err := checkHandle("to", in.To); err != nil {
		return nil, err
	}
	if err := checkText(in.Text); err != nil {
		return nil, err
	}
	ref, err := s.VisitorWrites(ctx, in.Handle, in.To, in.Text)
	return Written{ref}, err
}

func (w *Web) postVisitorLike(r *http.Request) (any, error) {
	in, err := decode[VisitorLike](r)
	if err != nil {
		return nil, err
	}
	s, err := w.visitor(in.Platform, in.Handle)
	if err != nil {
		return nil, err
	}
	item, err := vendorID(in.Platform, in.Item)
	if err != nil {
		return nil, err
	}
	if item == "" {
		return nil, refusef(http.StatusBadRequest, "item is missing: want the vendor's id from GET /items")
	}
	return struct{}{}, s.VisitorLikes(r.Context(), in.Handle, item, in.Share)
}

func (w *Web) postVisitorFollow(r *http.Request) (any, error) {
	in, err := decode[VisitorFollow](r)
	if err != nil {
		return nil, err
	}
	s, err := w.visitor(in.Platform, in.Handle)
	if err != nil {
		return nil, err
	}
	if err := checkHandle("account", in.Account); err != nil {
		return nil, err
	}
	return struct{}{}, s.VisitorFollows(r.Context(), in.Handle, in.Account)
}

// platform returns a simulator that runs.
func (w *Web) platform(p smm.Platform) (sim.Server, error) {
	s := w.servers[p]
	if s == nil {
		return nil, w.noPlatform(p)
	}
	return s, nil
}

func (w *Web) noPlatform(p smm.Platform) error {
	return refusef(http.StatusBadRequest, "platform %q does not run here: want one of %v", p, w.platforms)
}

// visitor returns the simulator for somebody who acts on it as a member of the
// public. Accounts under test are not the public: what they write has to come
// through the API under test, or the counters would mean nothing.
func (w *Web) visitor(p smm.Platform, handle string) (sim.Server, error) {
	s, err := w.platform(p)
	if err != nil {
		return nil, err
	}
	if err := checkHandle("handle", handle); err != nil {
		return nil, err
	}
	bare := strings.TrimPrefix(handle, "@")
	ours := slices.ContainsFunc(s.Accounts(), func(a sim.Account) bool {
		name, _, _ := strings.Cut(a.Handle, ".")
		return strings.EqualFold(a.Handle, bare) || strings.EqualFold(name, bare)
	})
	if ours {
		return nil, refusef(http.StatusConflict, "%s is an account under test: choose another name for the visitor", handle)
	}
	return s, nil
}

func checkHandle(field, s string) error {
	switch {
	case strings.TrimPrefix(s, "@") == "":
		return refusef(http.StatusBadRequest, "%s is missing", field)
	case utf8.RuneCountInString(s) > maxHandle:
		return refusef(http.StatusBadRequest, "%s is longer than %d characters", field, maxHandle)
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return refusef(http.StatusBadRequest, "%s %q: want no spaces or control characters", field, s)
	}
	return nil
}

func checkText(s string) error {
	if strings.TrimSpace(s) == "" {
		return refusef(http.StatusBadRequest, "text is missing")
	}
	if n := utf8.RuneCountInString(s); n > maxText {
		return refusef(http.StatusBadRequest, "text has %d characters: want at most %d", n, maxText)
	}
	return nil
}

// vendorID takes an id as the vendor writes it or the text form of a Ref.
func vendorID(p smm.Platform, s string) (string, error) {
	if !strings.HasPrefix(s, string(p)+"/") && !strings.HasPrefix(s, string(p)+"@") {
		return s, nil
	}
	ref, err := smm.ParseRef(s)
	if err != nil {
		return "", fmt.Errorf("item: %w", err)
	}
	return ref.ID, nil
}
