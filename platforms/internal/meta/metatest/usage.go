package metatest

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

type wireShare struct {
	Type   string `json:"type,omitempty"`
	Calls  int    `json:"call_count"`
	CPU    int    `json:"total_cputime"`
	Time   int    `json:"total_time"`
	Regain *int   `json:"estimated_time_to_regain_access,omitempty"`
}

const (
	fullApp     = "app"
	fullAccount = "account"
)

// charge counts a call and tells the use. full names the budget that it is over.
// A batch is counted by its calls alone, and tells the use after them.
func (s *Server) charge(t *Token, counts bool) (headers http.Header, full string) {
	headers = make(http.Header)
	if used, _, ok := s.count("app", s.opts.App, counts); ok {
		share := percent(used, s.opts.App.Limit)
		headers["X-App-Usage"] = []string{string(encode(wireShare{Calls: share, CPU: share / 2, Time: share / 3}))}
		if used > s.opts.App.Limit {
			full = fullApp
		}
	}
	if t == nil || t.node == nil {
		return headers, full
	}
	used, regain, ok := s.count("account "+t.node.ID, s.opts.Account, counts)
	if !ok {
		return headers, full
	}
	share, minutes := percent(used, s.opts.Account.Limit), 0
	if used > s.opts.Account.Limit {
		full, minutes = fullAccount, int((regain+time.Minute-1)/time.Minute)
	}
	headers["X-Business-Use-Case-Usage"] = []string{string(encode(map[string][]wireShare{
		t.node.ID: {{Type: s.opts.UseCase, Calls: share, CPU: share / 2, Time: share / 3, Regain: &minutes}},
	}))}
	return headers, full
}

// count adds a call to a budget that rolls. A call that is refused is not counted
// as used, or nobody would ever get in again.
func (s *Server) count(key string, q Quota, counts bool) (used int, regain time.Duration, ok bool) {
	if q.Limit < 0 {
		return 0, 0, false
	}
	now := s.now()
	calls := s.calls[key]
	for len(calls) > 0 && !now.Before(calls[0].Add(q.Window)) {
		calls = calls[1:]
	}
	if !counts {
		return len(calls), 0, true
	}
	if len(calls) < q.Limit {
		s.calls[key] = append(calls, now)
		return len(calls) + 1, 0, true
	}
	s.calls[key] = calls
	if len(calls) > 0 {
		regain = calls[0].Add(q.Window).Sub(now)
	}
	return q.Limit + 1, regain, true
}

func percent(used, limit int) int {
	if limit <= 0 || used >= limit {
		return 100
	}
	return used * 100 / limit
}

type throttle struct {
	budget  string
	headers http.Header
}

// throttled refuses for lack of a budget; nil is the app's, for the fault script.
func (s *Server) throttled(t *throttle) Reply {
	e := &Error{Status: http.StatusForbidden, Code: 4, Message: "(#4) Application request limit reached", Transient: true}
	if t == nil {
		return Fail(e).with(http.Header{"X-App-Usage": {`{"call_count":100,"total_cputime":25,"total_time":25}`}})
	}
	if t.budget == fullAccount {
		e = &Error{Code: s.opts.ThrottleCode, Message: "There have been too many calls to this account. Wait a bit and try again.", Transient: true}
	}
	return Fail(e).with(t.headers)
}
