package meta

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// Row says what an error of the Graph means. A zero field fits everything.
type Row struct {
	Code      int
	To        int // with Code: the last of a range
	Subcode   int
	Type      string
	Transient bool // fits only what the vendor calls transient

	Err     error // a sentinel of package smm
	Verdict httpx.Verdict
	Budget  string // of a throttle: the Bucket that is spent; "" where it is none of QuotaLimit's
	Source  string // where it is from, with the date read
}

func (r *Row) fits(g GraphError) bool {
	last := r.Code
	if r.To != 0 {
		last = r.To
	}
	return (r.Code == 0 || g.Code >= r.Code && g.Code <= last) && (r.Subcode == 0 || r.Subcode == g.Subcode) &&
		(r.Type == "" || r.Type == g.Type) && (!r.Transient || g.Transient)
}

// Table judges answers. It is immutable.
type Table struct {
	platform smm.Platform
	rows     []Row
}

// NewTable returns a table with the given rows before those that all products
// share. A row that fits everything is refused by smm.ErrInvalid.
func NewTable(p smm.Platform, own ...Row) (*Table, error) {
	for i := range own {
		if r := &own[i]; r.Code == 0 && r.Subcode == 0 && r.Type == "" && !r.Transient {
			return nil, fmt.Errorf("%w: meta: a row of errors that fits everything", smm.ErrInvalid)
		}
	}
	return &Table{platform: p, rows: slices.Concat(own, sharedRows)}, nil
}

// Rows returns the rows in the order in which they are tried.
func (t *Table) Rows() []Row { return slices.Clone(t.rows) }

// row returns the first row that fits, the zero Row for none.
func (t *Table) row(g GraphError) Row {
	for i := range t.rows {
		if t.rows[i].fits(g) {
			return t.rows[i]
		}
	}
	return Row{}
}

// errAnswered marks that httpx read a whole answer whose status is an error; what
// it means is for Table to say.
var errAnswered = errors.New("answered")

func answered(p smm.Platform) *httpx.ErrorTable {
	return &httpx.ErrorTable{Platform: p, Rows: []httpx.ErrorRow{{Err: errAnswered}}}
}

// Error describes an answer that failed. Words of the vendor that repeat a piece
// of a secret are left out: the Graph quotes a malformed token.
func (t *Table) Error(op string, ch smm.Ref, resp *httpx.Response, secrets ...string) *smm.Error {
	g, known := ParseError(resp.Body)
	e := &smm.Error{
		Op: op, Platform: t.platform, Channel: ch, Status: resp.Status, Code: g.Label(), RequestID: resp.RequestID,
		Outcome: t.Outcome(httpx.FateAnswered, resp).State, Message: smm.CleanMessage(words(g)),
	}
	if g.TraceID != "" {
		e.RequestID = g.TraceID
	}
	for _, shown := range []*string{&e.Message, &e.Code, &e.RequestID} {
		if repeats(*shown, secrets) {
			*shown = ""
		}
	}
	row := t.row(g)
	switch e.Err = row.Err; {
	case e.Err != nil:
	case g.Code == 0 && isHTML(resp.Body):
		// A page comes from what stands in front of the Graph, and says nothing
		// about the token or the thing that was asked for.
		e.Err, e.Message = smm.ErrUnavailable, "the answer is an HTML page, not one of the API"
	case known && resp.OK() && g.Label() != "": // else it says nothing that can be read
		e.Err = smm.ErrRejected
	default:
		e.Err = sentinelOf(resp.Status)
	}
	if errors.Is(e.Err, smm.ErrRateLimited) {
		e.Err = rateLimit(row, resp)
	}
	return e
}

func words(g GraphError) string {
	if g.Message == "" {
		return g.UserMessage
	}
	return g.Message
}

// untoldWait is how long to wait after a throttle whose answer does not say: a
// twelfth of the hour over which the budget of an app rolls. That budget's header
// tells its use in percent and not when there is some again.
const untoldWait = 5 * time.Minute

func rateLimit(row Row, resp *httpx.Response) error {
	after := cmp.Or(max(resp.Wait, Usages(resp.Header).regain(row.Budget)), untoldWait)
	return &smm.RateLimitError{Scope: row.Budget, After: after, Reset: resp.At.Add(after)}
}

// Outcome judges a commit by how it ended, its status and the table:
//
//   - a status of 5xx, 3xx, 408 or 425 is unknown, whatever the code: a code of
//     permission came with a container that was public by then;
//   - a row's verdict stands above the status, also in an answer with status 200;
//   - what the vendor calls transient, and has no verdict, is unknown;
//   - an error without a row is refused with a status of 4xx, unknown with 200;
//   - a page of HTML is unknown.
func (t *Table) Outcome(fate httpx.Fate, resp *httpx.Response) smm.Outcome {
	if resp == nil || fate != httpx.FateAnswered {
		if fate == httpx.FateAnswered {
			fate = httpx.FateUnknown
		}
		return httpx.OutcomeOf(fate, 0, time.Time{})
	}
	o := httpx.OutcomeOf(fate, resp.Status, time.Time{})
	g, failed := ParseError(resp.Body)
	switch {
	case !failed && resp.OK():
		return o
	case o.State == smm.OutcomeUnknown && !resp.OK():
		return o
	case !failed && isHTML(resp.Body) && resp.Status != http.StatusTooManyRequests:
		return smm.Outcome{}
	case !failed:
		return t.later(o, Row{}, resp)
	}
	row := t.row(g)
	switch row.Verdict {
	case httpx.VerdictUnknown:
		return smm.Outcome{}
	case httpx.VerdictRefused:
		return smm.Outcome{State: smm.OutcomeRefused}
	case httpx.VerdictRetry:
		return t.later(smm.Outcome{State: smm.OutcomeRefused, Retry: true}, row, resp)
	case httpx.VerdictPending:
		return smm.Outcome{State: smm.OutcomePending}
	case httpx.VerdictDefault:
	}
	if g.Transient || resp.OK() {
		return smm.Outcome{}
	}
	return t.later(o, row, resp)
}

// later adds when another try makes sense.
func (t *Table) later(o smm.Outcome, row Row, resp *httpx.Response) smm.Outcome {
	if wait := max(resp.Wait, Usages(resp.Header).regain(row.Budget)); o.Retry && wait > 0 {
		o.Next = resp.At.Add(wait)
	}
	return o
}

// sentinelOf is what a status means without a code.
func sentinelOf(status int) error {
	switch {
	case status == http.StatusUnauthorized:
		return smm.ErrUnauthorized
	case status == http.StatusForbidden:
		return smm.ErrForbidden
	case status == http.StatusNotFound, status == http.StatusGone:
		return smm.ErrNotFound
	case status == http.StatusTooManyRequests:
		return smm.ErrRateLimited
	case status >= 400 && status <= 499 && status != http.StatusRequestTimeout && status != http.StatusTooEarly:
		return smm.ErrRejected
	}
	return smm.ErrUnavailable
}

func isHTML(body []byte) bool {
	return strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(string(body[:min(len(body), 256)]), "\xef\xbb\xbf"), " \t\r\n"), "<")
}

// repeats reports whether s holds eight or more characters in a row of a secret,
// or the whole of a shorter one.
func repeats(s string, secrets []string) bool {
	const piece = 8
	for _, secret := range secrets {
		if secret != "" && len(secret) < piece && strings.Contains(s, secret) {
			return true
		}
		for i := 0; i+piece <= len(secret); i++ {
			if strings.Contains(s, secret[i:i+piece]) {
				return true
			}
		}
	}
	return false
}
