package threads_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/sharedspec"
)

// TestTheVendorPublishesNoContract: the vendor's generated types have two fields
// of a Threads account, as advertising knows it, and nothing of this API. When
// they get more, this test says so, and the driver is to be compared with them.
func TestTheVendorPublishesNoContract(t *testing.T) {
	var types map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(sharedspec.Read(t, "specs/meta-graph.json.gz"), &types))
	var user struct {
		APIs   []json.RawMessage `json:"apis"`
		Fields []struct {
			Name string `json:"name"`
		} `json:"fields"`
	}
	require.NoError(t, json.Unmarshal(types["ThreadsUser"], &user))
	require.Empty(t, user.APIs, "there are edges now: compare them with the client")
	var names []string
	for _, f := range user.Fields {
		names = append(names, f.Name)
	}
	require.Equal(t, []string{"threads_user_id", "threads_user_profile_pic"}, names)
	for name := range types {
		if name != "ThreadsUser" && name != "UnifiedThread" { // the latter is a conversation of Messenger
			require.NotContains(t, name, "Thread", "a new type: compare it with the client")
		}
	}
}

// words are all names of the vendor's documentation that this package may send or
// read: written down from the sheet once more, apart from client and simulator.
var words = strings.Fields(`
access_token after alt_text allowlisted_country_codes author_username auto_publish_text breakdown children config creation_id
delete_config delete_quota_usage enable_reply_approvals fields gif_attachment gif_id gif_url hide approve has_replies
hide_status id image_url is_carousel_item is_ghost_post is_quote_post is_reply is_reply_owned_by_me is_spoiler_media
is_verified is_eligible_for_geo_gating latitude longitude limit link_attachment link_attachment_url location_id
location_search_config location_search_quota_usage media_product_type media_type media_url metric name option_a option_b
option_c option_d owner permalink plaintext poll_attachment postal_code profile_picture_url provider q quota_usage
quote_post_id quoted_post reply_audience reply_approval_status reply_config reply_control reply_quota_usage reply_to_id
reposted_post replied_to root_post reverse approval_status search_config search_mode search_quota_usage search_type
shortcode since spoiler status error_message styling_info text text_attachment text_entities text_with_styling_info
thumbnail_url timestamp topic_tag total_votes expiration_timestamp until url username video_url threads_biography
threads_profile_picture_url biography follower_count likes_count quotes_count replies_count reposts_count views_count
address city country ghost_post_status ghost_post_expiration_timestamp owner_id deleted_id entity_type offset length
quota_total quota_duration value end_time link_url total_value link_total_values values title description period
breakdowns dimension_keys dimension_values results data html provider_name version width
threads threads_publish threads_publishing_limit threads_insights insights replies conversation mentions ghost_posts
pending_replies manage_reply manage_pending_reply repost keyword_search profile_lookup profile_posts location_search
oembed me`)

// TestWordsAreTheVendors: every name that goes over the wire, in members, fields,
// parameters and edges, is one of the vendor's.
func TestWordsAreTheVendors(t *testing.T) {
	seen := map[string]bool{}
	check := func(where, word string) {
		seen[word] = true
		require.True(t, slices.Contains(words, word), "%s: %q is no word of the sheet", where, word)
	}
	tag := regexp.MustCompile(`json:"([^",]+)`)
	for _, name := range []string{"api.go", "containers.go", "posts.go", "replies.go", "profiles.go", "insights.go", "webhook.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Clean(name), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Field:
				if n.Tag != nil {
					if m := tag.FindStringSubmatch(n.Tag.Value); m != nil && m[1] != "-" {
						check(name, m[1])
					}
				}
			case *ast.FuncDecl:
				return n.Name.Name != "request"
			}
			return true
		})
	}
	b := open(t, nil)
	w := run(t, b)
	for _, c := range w.calls {
		path, query, _ := strings.Cut(c.path, "?")
		for _, segment := range strings.Split(strings.TrimPrefix(path, "/v1.0/"), "/") {
			if strings.Trim(segment, "0123456789") != "" {
				check(path, segment)
			}
		}
		for _, s := range []string{query, c.body} {
			q, err := url.ParseQuery(s)
			require.NoError(t, err)
			for name := range q {
				check(path, name)
			}
			for _, field := range strings.Split(q.Get("fields"), ",") {
				if field != "" {
					check(path, field)
				}
			}
		}
	}
	require.Greater(t, len(seen), 100)
}
