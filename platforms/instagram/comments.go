package instagram

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// CommentService reads, writes, hides and deletes comments.
type CommentService struct{ c *Client }

var (
	answerFields  = []string{"id", "text", "timestamp", "username", "from", "user", "like_count", "hidden", "parent_id"}
	commentFields = append(slices.Clip(answerFields), "replies{id,text,timestamp,username,from,user,like_count,hidden,parent_id}")
	aboutFields   = append(slices.Clip(answerFields), "media{id,permalink}")
)

// List lists the comments under a media, newest first, each with the first answers
// to it. A page has at most 50.
func (s *CommentService) List(ctx context.Context, media ID, p ListParams) (Page[Comment], error) {
	r := s.c.req("comments.list", string(media), "comments")
	r.Fields = commentFields
	return meta.List[Comment](ctx, s.c.graph, r, p)
}

// Replies lists the answers to a comment.
func (s *CommentService) Replies(ctx context.Context, comment ID, p ListParams) (Page[Comment], error) {
	r := s.c.req("comments.replies", string(comment), "replies")
	r.Fields = answerFields
	return meta.List[Comment](ctx, s.c.graph, r, p)
}

// Get reads a comment under a media of the account.
func (s *CommentService) Get(ctx context.Context, id ID) (Comment, error) {
	r := s.c.req("comments.get", string(id))
	r.Fields = aboutFields
	return one[Comment](ctx, s.c, r)
}

// Create comments on a media. It is sent once.
func (s *CommentService) Create(ctx context.Context, media ID, text string) (ID, error) {
	v, _, err := s.create(ctx, media, text)
	return v.ID, err
}

func (s *CommentService) create(ctx context.Context, media ID, text string) (Created, smm.Outcome, error) {
	r := s.c.req("comments.create", string(media), "comments")
	r.Params = url.Values{"message": {text}}
	return s.c.commit(ctx, r)
}

// Reply answers a comment. It is sent once.
func (s *CommentService) Reply(ctx context.Context, comment ID, text string) (ID, error) {
	v, _, err := s.reply(ctx, comment, text)
	return v.ID, err
}

func (s *CommentService) reply(ctx context.Context, comment ID, text string) (Created, smm.Outcome, error) {
	r := s.c.req("comments.reply", string(comment), "replies")
	r.Params = url.Values{"message": {text}}
	return s.c.commit(ctx, r)
}

// SetHidden hides a comment under a media of the account, or shows it again. Its
// author and their friends may still see it.
func (s *CommentService) SetHidden(ctx context.Context, id ID, hidden bool) error {
	r := s.c.req("comments.hide", string(id))
	r.Params = url.Values{"hide": {strconv.FormatBool(hidden)}}
	return s.c.graph.Do(ctx, r)
}

// Delete removes a comment under a media of the account.
func (s *CommentService) Delete(ctx context.Context, id ID) error {
	r := s.c.req("comments.delete", string(id))
	r.Method = http.MethodDelete
	return s.c.graph.Do(ctx, r)
}

// MentionService reads and answers mentions. Their ids come from webhooks alone:
// there is no list.
type MentionService struct{ c *Client }

// Media reads a media of somebody whose caption mentions the account.
func (s *MentionService) Media(ctx context.Context, media ID) (Media, error) {
	var w struct {
		Media Media `json:"mentioned_media"`
	}
	r := s.c.req("mentions.media", string(s.c.account))
	r.Fields = []string{"mentioned_media.media_id(" + nodeID(media) + "){id,caption,media_type,media_url,timestamp,username,like_count,comments_count}"}
	err := s.c.graph.Read(ctx, r, &w)
	if err == nil && w.Media.ID == "" {
		err = unreadable(r.Op, s.c.ref(), "no media in it")
	}
	return w.Media, err
}

// Comment reads a comment that mentions the account.
func (s *MentionService) Comment(ctx context.Context, comment ID) (Comment, error) {
	var w struct {
		Comment Comment `json:"mentioned_comment"`
	}
	r := s.c.req("mentions.comment", string(s.c.account))
	r.Fields = []string{"mentioned_comment.comment_id(" + nodeID(comment) + "){id,text,timestamp,username,like_count,media{id}}"}
	err := s.c.graph.Read(ctx, r, &w)
	if err == nil && w.Comment.ID == "" {
		err = unreadable(r.Op, s.c.ref(), "no comment in it")
	}
	return w.Comment, err
}

// nodeID keeps what an id can be made of, since it stands within the syntax of
// fields here: an id that came from a webhook must not add fields of its own.
func nodeID(id ID) string {
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-' {
			return "0"
		}
	}
	return string(id)
}

// Reply answers a mention: in the caption of media, or in a comment of it. It is
// sent once.
func (s *MentionService) Reply(ctx context.Context, media, comment ID, text string) (ID, error) {
	v, _, err := s.reply(ctx, media, comment, text)
	return v.ID, err
}

func (s *MentionService) reply(ctx context.Context, media, comment ID, text string) (Created, smm.Outcome, error) {
	r := s.c.req("mentions.reply", string(s.c.account), "mentions")
	r.Params = url.Values{"media_id": {string(media)}, "message": {text}}
	if comment != "" {
		r.Params.Set("comment_id", string(comment))
	}
	return s.c.commit(ctx, r)
}
