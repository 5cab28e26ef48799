package xtest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm/sim"
)

type user struct {
	serial    uint64
	id        string
	name      string // the handle, without @
	created   time.Time
	premium   bool
	protected bool
	suspended bool
	closed    bool   // takes messages of those only whom it follows
	login     *token // what NewAccount shows
	login1    *token

	posts     []*post // reposts and removed ones included
	mentioned []*post
	bookmarks []*post // newest last
	liked     []*post

	following, muting, blocking, dmBlocked map[string]uint64
}

// Metrics are the counts that a post can have beyond those that follow from
// what people did.
type Metrics struct {
	Impressions, LinkClicks, ProfileClicks, Engagements int
	VideoViews                                          int
}

// chain is what the versions of a post share.
type chain struct {
	versions         []*post
	replies, quotes  int
	likes, bookmarks map[string]uint64 // when, by user
	reposts          map[string]*post  // by user
	metrics          Metrics
}

type post struct {
	serial   uint64
	id       string
	author   *user
	asked    string // the text as it was sent
	text     string // the text as it is shown
	shown    int    // where the text without leading names begins, in code points
	entities []entity
	links    int // addresses in the text as it was sent
	mentions []*user
	created  time.Time
	replyTo  *post
	quote    *post
	repostOf *post
	root     *post // the first version of the conversation's first post; nil for itself
	media    []*media
	poll     *poll
	settings string
	comm     string // community
	ai, paid bool
	nullcast bool
	super    bool // for subscribers
	hidden   bool
	gone     bool
	visitor  bool // written by a member of the public
	chain    *chain
}

// newest is the version of p that is shown today.
func (p *post) newest() *post { return p.chain.versions[len(p.chain.versions)-1] }

func (p *post) origin() *post { return p.chain.versions[0] }

func (p *post) conversation() *post {
	if p.root == nil {
		return p.origin()
	}
	return p.root
}

type poll struct {
	id       string
	options  []string
	votes    []int
	voted    map[string]bool
	ends     time.Time
	duration int // minutes
}

type conversation struct {
	id      string
	members []*user
	group   bool
}

type dmEvent struct {
	serial  uint64
	id      string
	kind    string // MessageCreate, ParticipantsJoin, ParticipantsLeave
	conv    *conversation
	sender  *user
	text    string
	media   []*media
	parties []*user // of joins
	at      time.Time
	deleted map[string]bool // by user
}

// idEpoch is when X's identifiers begin to count milliseconds.
const idEpoch = 1288834974657

// next returns a serial number that grows with time and is larger than any
// before, and the id that goes with it.
func (s *Server) next(at time.Time) (uint64, string) {
	s.last = max(s.last+1, serialAt(at))
	return s.last, strconv.FormatUint(s.last, 10)
}

func serialAt(at time.Time) uint64 { return uint64(max(at.UnixMilli()-idEpoch, 0)) << 22 }

func parseID(id string) (uint64, bool) {
	n, err := strconv.ParseUint(id, 10, 64)
	return n, err == nil && len(id) <= 19
}

func validName(n string) bool {
	return n != "" && len(n) <= 15 && !strings.ContainsFunc(n, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	})
}

// person finds or makes an account by its handle.
func (s *Server) person(handle string) *user {
	handle = strings.TrimPrefix(handle, "@")
	if u := s.names[strings.ToLower(handle)]; u != nil {
		return u
	}
	serial, id := s.next(s.now())
	u := &user{
		serial: serial, id: id, name: handle, created: s.now(),
		following: map[string]uint64{}, muting: map[string]uint64{}, blocking: map[string]uint64{}, dmBlocked: map[string]uint64{},
	}
	s.users[id], s.names[strings.ToLower(handle)] = u, u
	return u
}

// named finds an account by its handle or id, and nil if there is none.
func (s *Server) named(who string) *user {
	if u := s.users[who]; u != nil {
		return u
	}
	return s.names[strings.ToLower(strings.TrimPrefix(who, "@"))]
}

func (s *Server) everybody() []*user {
	out := make([]*user, 0, len(s.users))
	for _, u := range s.users {
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b *user) int { return cmp.Compare(a.serial, b.serial) })
	return out
}

// sees reports whether u may read p; nil is an app without a user.
func (s *Server) sees(u *user, p *post) bool {
	a := p.author
	if a == u {
		return true
	}
	if u != nil {
		if _, blocked := a.blocking[u.id]; blocked {
			return false
		}
	}
	if !a.protected {
		return true
	}
	if u == nil {
		return false
	}
	_, follows := u.following[a.id]
	return follows
}

// settled reports whether a post shows up in lists by now.
func (s *Server) settled(p *post) bool { return !s.now().Before(p.created.Add(s.opts.ReadLag)) }

// record tells the ledger that a post became visible.
func (s *Server) record(p *post) {
	item := sim.Item{
		Platform: Platform, Account: p.author.name, Text: p.asked, ID: p.id, At: p.created,
		URL: permalink(p), Visitor: p.visitor,
	}
	if p.replyTo != nil {
		item.Parent = p.replyTo.id
	}
	item.Media = sums(p.media)
	s.world.Ledger.Add(item)
}

func sums(media []*media) (out []string) {
	for _, m := range media {
		out = append(out, m.sum)
	}
	return out
}

func permalink(p *post) string { return "https://x.com/" + p.author.name + "/status/" + p.id }

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
