package scheduler

import (
	"bytes"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Query selects records. The zero value selects everything of the empty
// tenant; each field that is set narrows it down.
type Query struct {
	Tenant     smm.Tenant
	AllTenants bool // for hosts' own housekeeping: Tenant is ignored

	Entry   string
	Token   string
	Channel smm.Ref
	Draft   string // Record.Draft
	Held    bool   // only records with a Record.Held
	// Fingerprint selects by the content, if it is not empty.
	Fingerprint []byte
	Phases      []smm.Phase
	From        time.Time // NotBefore at or after it
	Until       time.Time // NotBefore before it
	// Labels selects by the labels of the post: fields that are not empty must
	// be equal, and all the Tags must be there.
	Labels smm.Labels

	After Position // only what stands behind it: the Position of the last record read
	Limit int      // 0: all
}

// Match reports whether q selects r, without regard to Limit. It defines what
// a Store's List yields.
func (q *Query) Match(r *Record) bool {
	d := &r.Delivery
	switch {
	case !q.AllTenants && d.Tenant != q.Tenant,
		q.Entry != "" && d.Entry != q.Entry,
		q.Token != "" && r.Token != q.Token,
		!q.Channel.IsZero() && d.Request.Channel != q.Channel,
		q.Draft != "" && r.Draft != q.Draft,
		q.Held && r.Held == "",
		len(q.Fingerprint) > 0 && !bytes.Equal(q.Fingerprint, r.Fingerprint),
		len(q.Phases) > 0 && !slices.Contains(q.Phases, d.Phase),
		!q.From.IsZero() && r.NotBefore.Before(q.From),
		!q.Until.IsZero() && !r.NotBefore.Before(q.Until),
		!q.After.IsZero() && r.Position().Compare(q.After) <= 0:
		return false
	}
	return d.Request.Post.Labels.Match(&q.Labels)
}
