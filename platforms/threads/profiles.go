package threads

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// ProfileService reads accounts.
type ProfileService struct{ c *Client }

// UserFields returns the fields that Me asks for.
func UserFields() []string {
	return []string{"id", "username", "name", "is_verified", "threads_profile_picture_url", "threads_biography"}
}

// Me reads the account of the token. Without fields it has those of UserFields.
func (s *ProfileService) Me(ctx context.Context, fields ...string) (User, error) {
	r := s.c.request("me.get", "me")
	if r.Fields = fields; len(fields) == 0 {
		r.Fields = UserFields()
	}
	u, err := meta.Get[User](ctx, s.c.api, r)
	if err == nil && u.ID == "" {
		err = s.c.unreadable(r.Op, "an account without an id")
	}
	return u, err
}

// ProfileFields returns the fields that Lookup asks for.
func ProfileFields() []string {
	return []string{
		"username", "name", "profile_picture_url", "biography", "is_verified", "follower_count", "likes_count", "quotes_count",
		"replies_count", "reposts_count", "views_count",
	}
}

// Lookup reads the public profile of anybody (threads_profile_discovery), by the
// exact user name.
func (s *ProfileService) Lookup(ctx context.Context, username string) (Profile, error) {
	r := s.c.request("profile_lookup", "profile_lookup")
	r.Params, r.Fields = url.Values{"username": {username}}, ProfileFields()
	p, err := meta.Get[Profile](ctx, s.c.api, r)
	if err == nil && p.Username == "" {
		err = s.c.unreadable(r.Op, "a profile without a name")
	}
	return p, err
}

// Posts lists the public posts of anybody (threads_profile_discovery).
func (s *ProfileService) Posts(ctx context.Context, username string, p ListParams, fields ...string) (Page[Post], error) {
	r := s.c.request("profile_posts", "profile_posts")
	r.Params = url.Values{"username": {username}}
	return s.c.posts(ctx, r, p, fields)
}

// SearchService finds posts.
type SearchService struct{ c *Client }

// KeywordQuery is a search. Text is required.
type KeywordQuery struct {
	Text   string
	Tag    bool      // Text is a topic tag, not words (search_mode=TAG)
	Recent bool      // the newest first in place of the best (search_type=RECENT)
	Type   MediaType // TEXT, IMAGE or VIDEO; "" for all
	Author string    // a user name; "" for all
}

// searchBegins is before what the vendor searches: 2023-07-04.
var searchBegins = time.Unix(1_688_540_400, 0).UTC()

// Keyword finds public posts (threads_keyword_search). An app that the vendor
// has not approved for it finds the account's own posts only.
func (s *SearchService) Keyword(ctx context.Context, q KeywordQuery, p ListParams, fields ...string) (Page[Post], error) {
	r := s.c.request("keyword_search", "keyword_search")
	if q.Text == "" {
		return Page[Post]{}, s.c.refuse(r.Op, fmt.Errorf("%w: threads: a search needs a text", smm.ErrInvalid))
	}
	r.Params = url.Values{"q": {q.Text}, "search_type": {"TOP"}, "search_mode": {"KEYWORD"}}
	if q.Recent {
		r.Params.Set("search_type", "RECENT")
	}
	if q.Tag {
		r.Params.Set("search_mode", "TAG")
	}
	if q.Type != "" {
		r.Params.Set("media_type", string(q.Type))
	}
	if q.Author != "" {
		r.Params.Set("author_username", q.Author)
	}
	if !p.Since.IsZero() && p.Since.Before(searchBegins) {
		p.Since = searchBegins
	}
	return s.c.posts(ctx, r, p, fields)
}

// OEmbed is what embeds a post in a page.
type OEmbed struct {
	HTML     Text  `json:"html"`
	Provider Text  `json:"provider_name"`
	Version  Text  `json:"version"`
	Width    Count `json:"width"`
}

// OEmbed reads how to embed the post at an address. The vendor takes the token
// of an app here.
func (s *SearchService) OEmbed(ctx context.Context, address string) (OEmbed, error) {
	r := s.c.request("oembed", "oembed")
	r.Params = url.Values{"url": {address}}
	return meta.Get[OEmbed](ctx, s.c.api, r)
}

// LocationService finds places (threads_location_tagging).
type LocationService struct{ c *Client }

func locationFields() []string {
	return []string{"id", "name", "address", "city", "country", "latitude", "longitude", "postal_code"}
}

// Search finds places by words.
func (s *LocationService) Search(ctx context.Context, words string) ([]Location, error) {
	return s.find(ctx, url.Values{"q": {words}})
}

// Near finds places by degrees of latitude and longitude.
func (s *LocationService) Near(ctx context.Context, latitude, longitude float64) ([]Location, error) {
	degrees := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	return s.find(ctx, url.Values{"latitude": {degrees(latitude)}, "longitude": {degrees(longitude)}})
}

func (s *LocationService) find(ctx context.Context, q url.Values) ([]Location, error) {
	r := s.c.request("location_search", "location_search")
	r.Params, r.Fields = q, locationFields()
	page, err := meta.List[Location](ctx, s.c.api, r, ListParams{})
	return page.Items, err
}

// Get reads a place.
func (s *LocationService) Get(ctx context.Context, id ID) (Location, error) {
	r := s.c.request("location.get", string(id))
	r.Fields = locationFields()
	return meta.Get[Location](ctx, s.c.api, r)
}
