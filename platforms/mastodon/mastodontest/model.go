package mastodontest

import (
	"slices"
	"strings"
	"time"
)

// account is a person on this server, or on another if domain is set.
type account struct {
	serial   uint64
	id       string
	username string
	domain   string
	display  string
	note     string
	fields   [][2]string
	locked   bool
	bot      bool
	privacy  string
	avatar   string // fingerprint of the bytes
	header   string
	created  time.Time
	disabled bool     // may not sign in, nor do its tokens serve
	limited  bool     // by the moderators
	moved    *account // where to

	following, requested, blocking map[string]time.Time
	muting                         map[string]mute
	domainBlocks                   map[string]bool
	endorsed                       map[string]bool
	notes                          map[string]string

	notifications []*notification
	conversations []*conversation
	lists         []*userList
	filters       []*filter
}

type mute struct {
	notifications bool
	until         time.Time // zero: for ever
}

func (a *account) acct() string {
	if a.domain == "" {
		return a.username
	}
	return a.username + "@" + a.domain
}

func (a *account) mutes(o *account, now time.Time) bool {
	m, ok := a.muting[o.id]
	return ok && (m.until.IsZero() || now.Before(m.until))
}

// avoids reports whether a does not want to see o.
func (a *account) avoids(o *account, now time.Time) bool {
	_, blocks := a.blocking[o.id]
	return blocks || a.mutes(o, now) || a.domainBlocks[o.domain] && o.domain != ""
}

type status struct {
	serial     uint64
	id         string
	author     *account
	text       string
	spoiler    string
	sensitive  bool
	visibility string
	language   string
	created    time.Time
	edited     time.Time
	inReplyTo  *status
	thread     string // id of the first status of the conversation
	reblogOf   *status
	quote      *status
	revoked    bool // the quoted status's author took the quote back
	policy     string
	media      []*media
	poll       *poll
	mentions   []*account
	tags       []string
	app        string
	pinned     bool
	gone       bool
	history    []version

	favourites, bookmarks, mutedBy map[string]uint64
	reblogs                        map[string]*status
}

type version struct {
	text, spoiler string
	sensitive     bool
	at            time.Time
}

func (s *status) mentionsAccount(a *account) bool { return slices.Contains(s.mentions, a) }

type media struct {
	serial      uint64
	id          string
	owner       *account
	kind        string // image, gifv, video, audio
	mime        string
	size        int64
	sum         string // SHA-256 of the bytes
	width       int
	height      int
	description string
	focus       [2]float64
	ready       time.Time
	failed      bool
	used        bool
}

type poll struct {
	id       string
	options  []string
	votes    []int
	voters   map[string][]int
	expires  time.Time
	multiple bool
	hide     bool
}

type scheduled struct {
	serial uint64
	id     string
	owner  *account
	at     time.Time
	draft  draft
}

// draft is a status that was asked for and found valid.
type draft struct {
	text, spoiler, visibility, language string
	sensitive                           bool
	inReplyTo, quote                    *status
	policy                              string
	media                               []*media
	poll                                *poll
	pollLife                            time.Duration
	key, app                            string
	silent                              []*account // mentioned without being named in the text
	visitor                             bool
}

type notification struct {
	serial uint64
	id     string
	kind   string
	at     time.Time
	from   *account
	status *status
}

type conversation struct {
	id     string
	serial uint64 // of the last status
	thread string
	others []*account
	last   *status
	unread bool
}

type userList struct {
	id, title, policy string
	exclusive         bool
	members           map[string]uint64
}

type filter struct {
	id, title, action string
	context           []string
	expires           time.Time
	keywords          []*keyword
}

type keyword struct {
	id, word string
	whole    bool
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// next returns a serial number that grows with time and is larger than any
// before, and the id that this software would make of it.
func (s *Server) next(at time.Time) (uint64, string) {
	n := uint64(max(at.UnixMilli(), 0)) << 16
	s.last = max(s.last+1, n)
	return s.last, s.formatID(s.last)
}

func (s *Server) formatID(n uint64) string {
	switch s.opts.Software {
	case GoToSocial:
		return digits(n>>16, crockford, 10) + digits(n&0xffff, crockford, 16)
	case Akkoma, Pleroma:
		return "A" + digits(n, base62, 17)
	}
	return digits(n, crockford[:10], 1)
}

// parseID is the inverse of formatID; what it does not know is 0.
func (s *Server) parseID(id string) uint64 {
	switch s.opts.Software {
	case GoToSocial:
		if len(id) != 26 {
			return 0
		}
		return number(id[:10], crockford)<<16 | number(id[10:], crockford)
	case Akkoma, Pleroma:
		if len(id) != 18 {
			return 0
		}
		return number(id[1:], base62)
	}
	return number(id, crockford[:10])
}

func digits(n uint64, alphabet string, width int) string {
	var b []byte
	for n > 0 || len(b) < width {
		b = append(b, alphabet[n%uint64(len(alphabet))])
		n /= uint64(len(alphabet))
	}
	slices.Reverse(b)
	return string(b)
}

func number(s, alphabet string) uint64 {
	var n uint64
	for _, c := range []byte(s) {
		i := strings.IndexByte(alphabet, c)
		if i < 0 {
			return 0
		}
		n = n*uint64(len(alphabet)) + uint64(i)
	}
	return n
}
