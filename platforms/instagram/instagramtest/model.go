package instagramtest

import (
	"time"
)

// object is an answer in the making.
type object map[string]any

// object0 is what webhooks of this product carry as their object.
const object0 = "instagram"

// The kinds of nodes.
const (
	kindAccount   = "ig" // professional
	kindPerson    = "person"
	kindPage      = "page" // as package metatest has it
	kindUser      = "user"
	kindContainer = "container"
	kindMedia     = "media"
	kindComment   = "comment"
	kindThread    = "thread"
	kindMessage   = "dm"
	kindHashtag   = "hashtag"
)

// account is a person or a professional account.
type account struct {
	id, username, name string
	joined             time.Time
	token, holder      string // whom the token acts for: the account itself or its Page
	page               string
	followers          map[string]bool
	crowd              int
	blocked            map[string]bool // ids
	subscribed         []string
	questions          string
	invites            []object
}

type media struct {
	id, shortcode string
	owner         *account
	caption, alt  string
	kind, product string // as read back
	at            time.Time
	children      []*media
	digest        string          // of the bytes
	likes         map[string]bool // by handle
	shares        map[string]bool
	closed        bool // for comments
	gone          bool
	tagged        []*account
	visitor       bool
}

func (m *media) prints() []string {
	if len(m.children) == 0 {
		return []string{m.digest}
	}
	var out []string
	for _, c := range m.children {
		out = append(out, c.digest)
	}
	return out
}

type remark struct {
	id     string
	on     *media
	parent *remark
	author *account
	text   string
	at     time.Time
	likes  map[string]bool
	hidden bool
	gone   bool
	asked  bool // a private answer was given
}

type thread struct {
	id        string
	owner     *account
	with      *account
	messages  []*dm // oldest first
	unread    int
	lastHeard time.Time // from the person
}

type dm struct {
	id   string
	in   *thread
	from *account
	text string
	file string
	kind string
	at   time.Time
}

// container is media on its way.
type container struct {
	id        string
	owner     *account
	made      time.Time
	mediaType string
	caption   string
	alt       string
	item      bool
	video     bool
	children  []*container
	digest    string
	resumable bool
	ready     time.Time // zero: its file has not come
	failed    string    // the subcode
	published bool
}

const containerLife = 24 * time.Hour

// The states of a container.
const (
	inProgress = "IN_PROGRESS"
	finished   = "FINISHED"
	published  = "PUBLISHED"
	failed     = "ERROR"
	expired    = "EXPIRED"
)

func (c *container) status(now time.Time) string {
	switch {
	case c.published:
		return published
	case !now.Before(c.made.Add(containerLife)):
		return expired
	case c.failed != "" && !c.ready.IsZero() && !now.Before(c.ready):
		return failed
	case c.ready.IsZero() || now.Before(c.ready):
		return inProgress
	}
	return finished
}

func (s *Server) mediaByID(id string) *media {
	for _, m := range s.media {
		if m.id == id {
			return m
		}
	}
	return nil
}

func (s *Server) commentByID(id string) *remark {
	for _, c := range s.comments {
		if c.id == id {
			return c
		}
	}
	return nil
}
