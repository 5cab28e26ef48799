package ga4

import (
	"cmp"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/utm"
	"github.com/smmkit/smmkit/analytics/value"
	"github.com/smmkit/smmkit/smm"
)

// Session is one visit, put together from its events.
type Session struct {
	User       string
	ID         int64
	Start, End time.Time // of the first and the last event
	// Tags say where the visit came from: what Google says of the session where
	// the export has it, or else the first event that has a campaign, or else the
	// utm parameters of the first page, or else its referrer as source with the
	// medium "referral". Zero: direct.
	Tags      utm.Tags
	Landing   string // the first page
	Referrer  string // of the first page
	Engaged   bool
	Views     int64
	Events    int64
	KeyEvents []KeyEvent
}

// KeyEvent is an event that the host counts as a conversion.
type KeyEvent struct {
	Name  string
	At    time.Time
	Value smm.Money // the zero Money if there is none
}

// Visits are sessions, and what could not become one.
type Visits struct {
	Sessions []Session // by start, user and id
	// Unidentified events have no user or no session, as those of visitors without
	// consent: they are in no session, so that sums are lower bounds.
	Unidentified int64
}

// Sessions puts events together. keyEvents are the names of those that count as
// conversions, such as "purchase" and "generate_lead": the export does not say.
// The events may be in any order. It holds one entry for each session in memory.
// The first error of the sequence is returned.
func Sessions(events iter.Seq2[Event, error], keyEvents ...string) (*Visits, error) {
	if len(keyEvents) == 0 {
		return nil, fmt.Errorf("%w: name the key events: the export does not say which they are", smm.ErrInvalid)
	}
	type key struct {
		user string
		id   int64
	}
	out := &Visits{}
	open := map[key]*building{}
	for ev, err := range events {
		if err != nil {
			return nil, err
		}
		if ev.User == "" || ev.Session == 0 {
			out.Unidentified++
			continue
		}
		k := key{ev.User, ev.Session}
		b := open[k]
		if b == nil {
			b = &building{Session: Session{User: ev.User, ID: ev.Session, Start: ev.At, End: ev.At}}
			open[k] = b
		}
		b.add(&ev, slices.Contains(keyEvents, ev.Name))
	}
	for _, b := range open {
		out.Sessions = append(out.Sessions, b.session())
	}
	slices.SortFunc(out.Sessions, func(a, b Session) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.User, b.User), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// building is a session some events of which are known. What comes first counts,
// so each choice remembers when its event was.
type building struct {
	Session

	lastClick          utm.Tags
	hasLastClick       bool
	campaign           utm.Tags
	campaignAt, pageAt time.Time
}

func (b *building) add(ev *Event, keyEvent bool) {
	b.Events++
	b.Engaged = b.Engaged || ev.Engaged
	if ev.At.Before(b.Start) {
		b.Start = ev.At
	}
	if ev.At.After(b.End) {
		b.End = ev.At
	}
	if ev.Name == "page_view" || ev.Name == "screen_view" {
		b.Views++
	}
	if ev.Page != "" && (b.Landing == "" || ev.At.Before(b.pageAt)) {
		b.Landing, b.Referrer, b.pageAt = ev.Page, ev.Referrer, ev.At
	}
	if !ev.Campaign.IsZero() && (b.campaign.IsZero() || ev.At.Before(b.campaignAt)) {
		b.campaign, b.campaignAt = ev.Campaign, ev.At
	}
	if ev.HasLastClick {
		b.lastClick, b.hasLastClick = ev.LastClick, true
	}
	if keyEvent {
		b.KeyEvents = append(b.KeyEvents, KeyEvent{Name: ev.Name, At: ev.At, Value: ev.Value})
	}
}

func (b *building) session() Session {
	s := b.Session
	switch {
	case b.hasLastClick && !b.lastClick.IsZero():
		s.Tags = b.lastClick
	case !b.campaign.IsZero():
		s.Tags = b.campaign
	default:
		// A page that is no web address, as of an app, has no tags.
		s.Tags, _ = utm.Read(s.Landing)
		if host := referrer(s.Referrer, s.Landing); s.Tags.IsZero() && host != "" {
			s.Tags = utm.Tags{Source: host, Medium: "referral"}
		}
	}
	slices.SortStableFunc(s.KeyEvents, func(a, b KeyEvent) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name)) })
	return s
}

// referrer returns the host that sent the visitor, "" if there is none or it is
// the site itself.
func referrer(from, page string) string {
	hostOf := func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			return ""
		}
		return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	}
	if host := hostOf(from); host != hostOf(page) {
		return host
	}
	return ""
}

// Rows returns one row for each session, for Funnel. Sessions whose key events
// have values in several currencies are an error that matches smm.ErrInvalid
// unless rates are given; currency is then what revenue is turned into. Key
// events without a value, like sign-ups, leave the revenue as it is: a session
// has a revenue of 0 only if currency is given.
func (v *Visits) Rows(currency string, rates *value.DatedRates) ([]Row, error) {
	out := make([]Row, 0, len(v.Sessions))
	for i := range v.Sessions {
		s := &v.Sessions[i]
		row := Row{
			Line: i + 1, Date: s.Start.Truncate(24 * time.Hour), LandingPage: FieldOf(s.Landing),
			Source: FieldOf(s.Tags.Source), Medium: FieldOf(s.Tags.Medium), Campaign: FieldOf(s.Tags.Campaign),
			CampaignID: FieldOf(s.Tags.CampaignID), Content: FieldOf(s.Tags.Content), Term: FieldOf(s.Tags.Term),
			SourcePlatform: FieldOf(s.Tags.SourcePlatform),
			Sessions:       analytics.Count(1), EngagedSessions: analytics.Count(one(s.Engaged)),
			ConvertingSessions: analytics.Count(one(len(s.KeyEvents) > 0)), KeyEvents: analytics.Count(int64(len(s.KeyEvents))),
			Views: analytics.Count(s.Views), EventCount: analytics.Count(s.Events),
		}
		sum := smm.Money{Currency: currency}
		for _, k := range s.KeyEvents {
			m := k.Value
			if m == (smm.Money{}) {
				continue
			}
			var err error
			if currency != "" {
				if m, err = rates.Convert(m, currency, k.At); err != nil {
					return nil, fmt.Errorf("session %d of user %q: %w", s.ID, clip(s.User), err)
				}
			}
			if sum, err = sum.Add(m); err != nil {
				return nil, fmt.Errorf("session %d of user %q: %w", s.ID, clip(s.User), err)
			}
		}
		row.Revenue = value.MoneyValue(sum)
		out = append(out, row)
	}
	return out, nil
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Paths returns the paths of users for value.Attribute: every key event is a
// conversion, and its touches are all sessions of the user that began before
// it; a user's sessions after the last conversion are a path without one.
// channel names the channel of a session.
func (v *Visits) Paths(channel func(*Session) string) []value.Path {
	byUser := map[string][]int{}
	var users []string
	for i := range v.Sessions { // they are sorted by start
		u := v.Sessions[i].User
		if byUser[u] == nil {
			users = append(users, u)
		}
		byUser[u] = append(byUser[u], i)
	}
	var out []value.Path
	for _, u := range users {
		out = append(out, v.pathsOf(byUser[u], channel)...)
	}
	return out
}

func (v *Visits) pathsOf(sessions []int, channel func(*Session) string) []value.Path {
	var touches []value.Touch
	var conversions []KeyEvent
	for _, i := range sessions {
		s := &v.Sessions[i]
		touches = append(touches, value.Touch{Channel: channel(s), At: s.Start})
		conversions = append(conversions, s.KeyEvents...)
	}
	// Two sessions of one user can overlap, on two tabs.
	slices.SortStableFunc(conversions, func(a, b KeyEvent) int { return a.At.Compare(b.At) })
	var out []value.Path
	before := func(at time.Time) int {
		n, _ := slices.BinarySearchFunc(touches, at, func(t value.Touch, at time.Time) int { return cmp.Or(t.At.Compare(at), -1) })
		return n
	}
	rest := 0
	for _, c := range conversions {
		n := before(c.At)
		out = append(out, value.Path{Touches: slices.Clone(touches[:n]), Converted: true, At: c.At, Value: c.Value})
		rest = n
	}
	if rest < len(touches) {
		out = append(out, value.Path{Touches: slices.Clone(touches[rest:])})
	}
	return out
}
