package x

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Names is the spelling in which fields are asked for. X is renaming "tweet" to
// "post": its specification has the new names since 2.160 or so, its prose and
// older client libraries the old ones. Which of them it takes and returns is not
// verified, so that both are read, and this is the switch for what is sent.
type Names string

// The spellings.
const (
	NamesTweet Names = ""      // tweet.fields=note_tweet: what X has taken for years
	NamesPost  Names = "posts" // post.fields=note_post: what the specification says
)

// Fields are what is asked for of each kind of thing, by the older of its names.
// Without them X returns ids and texts alone. A nil list is the package's
// default, an empty one asks for nothing.
type Fields struct {
	Post, User, Media, Poll, Place, DM []string
	// Expansions add things that others name to Page.Includes. By default these
	// are media and polls. X has a price for every user and post that is read, and
	// whether expanded ones count is not verified.
	Expansions []string
}

// The default fields: what package smm has a place for. Metrics that the
// account's owner alone may see are not among them, since one post of somebody
// else's in an answer makes X refuse them.
var (
	defaultPost = []string{
		"attachments", "author_id", "conversation_id", "created_at", "edit_controls", "edit_history_tweet_ids", "entities", "in_reply_to_user_id",
		"lang", "note_tweet", "possibly_sensitive", "public_metrics", "referenced_tweets", "reply_settings",
	}
	defaultUser = []string{
		"created_at", "description", "location", "name", "profile_image_url", "protected", "public_metrics", "url", "username", "verified", "verified_type",
	}
	defaultMedia = []string{"alt_text", "duration_ms", "height", "media_key", "preview_image_url", "public_metrics", "type", "url", "variants", "width"}
	defaultPoll  = []string{"duration_minutes", "end_datetime", "id", "options", "voting_status"}
	defaultPlace = []string{"full_name", "id"}
	defaultDM    = []string{"attachments", "created_at", "dm_conversation_id", "entities", "event_type", "id", "participant_ids", "referenced_tweets", "sender_id", "text"}

	defaultPostExpansions = []string{"attachments.media_keys", "attachments.poll_ids"}
	defaultDMExpansions   = []string{"attachments.media_keys"}
)

// newNames maps old names of fields to new ones; those that are "" are no fields
// any more, and come by the expansion in asExpansions.
var (
	newNames = map[string]string{
		"note_tweet": "note_post", "author_id": "", "in_reply_to_user_id": "", "referenced_tweets": "", "edit_history_tweet_ids": "",
		"pinned_tweet_id": "", "most_recent_tweet_id": "", "sender_id": "", "participant_ids": "",
	}
	asExpansions = map[string]string{
		"author_id": "author_id", "in_reply_to_user_id": "in_reply_to_user_id", "referenced_tweets": "referenced_posts",
		"edit_history_tweet_ids": "edit_history_post_ids", "pinned_tweet_id": "pinned_post_id", "most_recent_tweet_id": "most_recent_post_id",
		"sender_id": "sender_id", "participant_ids": "participant_ids",
		"referenced_tweets.id": "referenced_posts", "edit_history_tweet_ids.id": "edit_history_post_ids",
		"referenced_tweets.id.author_id": "referenced_posts",
	}
)

func orDefault(list, standard []string) []string {
	if list == nil {
		return standard
	}
	return list
}

// request collects the parameters that choose fields.
type request struct {
	names      Names
	query      url.Values
	expansions []string
}

// fields sets one family of fields; main says that it is the family of what is
// listed, whose fields may have become expansions.
func (r *request) fields(name string, list []string, main bool) {
	var out []string
	for _, f := range list {
		now := f
		if r.names == NamesPost {
			renamed, changed := newNames[f]
			if changed {
				now = renamed
			}
			if now == "" && main {
				r.expansions = append(r.expansions, asExpansions[f])
			}
		}
		if now != "" && !slices.Contains(out, now) {
			out = append(out, now)
		}
	}
	if len(out) > 0 {
		r.query.Set(name, strings.Join(out, ","))
	}
}

// expand sets the expansions, each once.
func (r *request) expand(list []string) url.Values {
	var out []string
	for _, e := range append(slices.Clone(list), r.expansions...) {
		if renamed, changed := asExpansions[e]; changed && r.names == NamesPost {
			e = renamed
		}
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	if len(out) > 0 {
		r.query.Set("expansions", strings.Join(out, ","))
	}
	return r.query
}

func (r *request) postName() string {
	if r.names == NamesPost {
		return "post.fields"
	}
	return "tweet.fields"
}

// postQuery asks for fields of posts.
func (c *Client) postQuery(f *Fields) url.Values {
	if f == nil {
		f = &Fields{}
	}
	r := &request{names: c.names, query: url.Values{}}
	expansions := orDefault(f.Expansions, defaultPostExpansions)
	r.fields(r.postName(), orDefault(f.Post, defaultPost), true)
	if touches(expansions, "author_id", "in_reply_to_user_id", "entities.mentions.username", "referenced_tweets.id.author_id") {
		r.fields("user.fields", orDefault(f.User, defaultUser), false)
	}
	if touches(expansions, "attachments.media_keys") {
		r.fields("media.fields", orDefault(f.Media, defaultMedia), false)
	}
	if touches(expansions, "attachments.poll_ids") {
		r.fields("poll.fields", orDefault(f.Poll, defaultPoll), false)
	}
	if touches(expansions, "geo.place_id") {
		r.fields("place.fields", orDefault(f.Place, defaultPlace), false)
	}
	return r.expand(expansions)
}

func touches(expansions []string, these ...string) bool {
	return slices.ContainsFunc(expansions, func(e string) bool { return slices.Contains(these, e) })
}

// userQuery asks for fields of users.
func (c *Client) userQuery(f *Fields) url.Values {
	if f == nil {
		f = &Fields{}
	}
	r := &request{names: c.names, query: url.Values{}}
	r.fields("user.fields", orDefault(f.User, defaultUser), true)
	if touches(f.Expansions, "pinned_tweet_id", "most_recent_tweet_id") {
		r.fields(r.postName(), orDefault(f.Post, defaultPost), false)
	}
	return r.expand(f.Expansions)
}

// dmQuery asks for fields of events in conversations.
func (c *Client) dmQuery(f *Fields) url.Values {
	if f == nil {
		f = &Fields{}
	}
	r := &request{names: c.names, query: url.Values{}}
	expansions := orDefault(f.Expansions, defaultDMExpansions)
	r.fields("dm_event.fields", orDefault(f.DM, defaultDM), true)
	if touches(expansions, "sender_id", "participant_ids") {
		r.fields("user.fields", orDefault(f.User, defaultUser), false)
	}
	if touches(expansions, "referenced_tweets.id") {
		r.fields(r.postName(), orDefault(f.Post, defaultPost), false)
	}
	if touches(expansions, "attachments.media_keys") {
		r.fields("media.fields", orDefault(f.Media, defaultMedia), false)
	}
	return r.expand(expansions)
}

// mediaQuery asks for fields of media.
func mediaQuery(f *Fields) url.Values {
	list := defaultMedia
	if f != nil {
		list = orDefault(f.Media, defaultMedia)
	}
	r := &request{query: url.Values{}}
	r.fields("media.fields", list, true)
	return r.query
}

// ListParams select a page of a list. The zero value is the first page of X's
// default size.
type ListParams struct {
	Limit  int    // bounds differ by method
	Cursor string // Page.Next or Page.Prev of an earlier answer
}

const maxCursor = 2048

func (p ListParams) into(q url.Values) error {
	if len(p.Cursor) > maxCursor || strings.ContainsFunc(p.Cursor, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return invalid("the cursor is not one of Page.Next or Page.Prev")
	}
	if p.Cursor != "" {
		q.Set("pagination_token", p.Cursor)
	}
	setInt(q, "max_results", p.Limit)
	return nil
}

// TimeRange bounds posts by time or id; zero fields do not. Times are cut to
// seconds, which is what X takes.
type TimeRange struct {
	Start, End       time.Time
	SinceID, UntilID ID
}

func (r TimeRange) into(q url.Values) error {
	setTime(q, "start_time", r.Start)
	setTime(q, "end_time", r.End)
	for name, id := range map[string]ID{"since_id": r.SinceID, "until_id": r.UntilID} {
		if id == "" {
			continue
		}
		if !isID(id) {
			return invalid("%s %q is no id of a post", name, id)
		}
		q.Set(name, string(id))
	}
	return nil
}

// setInt sets a number that is not 0.
func setInt(q url.Values, name string, n int) {
	if n != 0 {
		q.Set(name, strconv.Itoa(n))
	}
}

func setTime(q url.Values, name string, t time.Time) {
	if !t.IsZero() {
		q.Set(name, t.UTC().Format("2006-01-02T15:04:05Z"))
	}
}

func invalid(format string, a ...any) error {
	return fmt.Errorf("%w: x: "+format, append([]any{smm.ErrInvalid}, a...)...)
}

// isID reports whether id is what X takes for the id of a post, user, file or
// webhook. A request with anything else is refused before it costs something.
func isID(id ID) bool { return len(id) <= 19 && isDigits(string(id)) }

// ids checks that all are ids.
func ids(all ...ID) error {
	for _, id := range all {
		if !isID(id) {
			return invalid("%q is no id: want 1 to 19 digits", id)
		}
	}
	return nil
}

// joined checks a list of 1 to MaxLookup ids and writes it the way X takes lists.
func joined(list []ID, fits func(ID) bool) (string, error) {
	if len(list) == 0 || len(list) > MaxLookup {
		return "", invalid("%d ids: want 1 to %d", len(list), MaxLookup)
	}
	out := make([]string, len(list))
	for i, id := range list {
		if !fits(id) {
			return "", invalid("%q is no id", id)
		}
		out[i] = string(id)
	}
	return strings.Join(out, ","), nil
}

// known reports whether v is one of all; "" counts as known.
func known(v string, all ...string) bool { return v == "" || slices.Contains(all, v) }
