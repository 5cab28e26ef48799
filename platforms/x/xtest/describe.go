package xtest

import (
	"regexp"
	"strings"
)

var languageCode = regexp.MustCompile(`^[A-Z]{2}$`)

// uploadJSON is the state of an upload. What needs no processing has no
// processing_info.
func (s *Server) uploadJSON(m *media) object {
	o := object{"id": m.id, "media_key": m.key, "expires_after_secs": max(s.left(m), 0)}
	if m.done.IsZero() {
		return o
	}
	o["size"] = m.size
	switch m.kind {
	case "photo":
		o["image"] = object{"image_type": m.mime, "w": m.width, "h": m.height}
	case "video", "animated_gif":
		o["video"] = object{"video_type": m.mime}
		o["processing_info"] = s.processing(m)
	}
	return o
}

// processing goes from pending in the first fifth of the time to in_progress, and
// from there to succeeded or failed.
func (s *Server) processing(m *media) object {
	total, gone := m.ready.Sub(m.done), s.since(m.done)
	wait := int((m.ready.Sub(s.now()) + 999_999_999) / 1_000_000_000)
	switch {
	case m.failed && gone >= total/5:
		return object{"state": "failed", "progress_percent": int(100 * gone / max(total, 1))}
	case gone >= total:
		return object{"state": "succeeded", "progress_percent": 100}
	case gone < total/5:
		return object{"state": "pending", "check_after_secs": max(wait/5, 1)}
	}
	return object{"state": "in_progress", "check_after_secs": max(wait, 1), "progress_percent": int(100 * gone / total)}
}

// ownMedia finds an upload of the account by its id, at any stage.
func (s *Server) ownMedia(c *call, id string) (*media, *reply) {
	m := s.media[id]
	if m == nil || m.owners[0] != c.me || s.expired(m) {
		return nil, refuse(invalid("id", id, "Invalid media id, or it has expired."))
	}
	return m, nil
}

// describeMedia sets what is known about a file beside its bytes. Only the
// alternative text has an effect.
func (s *Server) describeMedia(c *call) reply {
	var q struct {
		ID       string `json:"id"`
		Metadata *struct {
			Alt *struct {
				Text string `json:"text"`
			} `json:"alt_text"`
			AllowDownload any `json:"allow_download_status"`
			Audience      any `json:"audience_policy"`
			Expiration    any `json:"content_expiration"`
			Domains       any `json:"domain_restrictions"`
			Origin        any `json:"found_media_origin"`
			Geo           any `json:"geo_restrictions"`
			Management    any `json:"management_info"`
			Preview       any `json:"preview_image"`
			Sensitive     any `json:"sensitive_media_warning"`
			Shared        any `json:"shared_info"`
			Stickers      any `json:"sticker_info"`
			Source        any `json:"upload_source"`
		} `json:"metadata"`
	}
	if refused := c.bind(&q); refused != nil {
		return *refused
	}
	if refused := wantID("id", q.ID); refused != nil {
		return *refused
	}
	m, refused := s.ownMedia(c, q.ID)
	if refused != nil {
		return *refused
	}
	associated := object{}
	if q.Metadata != nil && q.Metadata.Alt != nil {
		if len([]rune(q.Metadata.Alt.Text)) > maxAlt {
			return invalid("metadata.alt_text.text", "", "$.metadata.alt_text.text: must be at most 1000 characters long")
		}
		m.alt = q.Metadata.Alt.Text
		associated["alt_text"] = object{"text": m.alt}
	}
	return data(object{"id": m.id, "associated_metadata": associated}, cost{kind: "media.metadata"})
}

var subtitled = map[string]string{"TweetVideo": "tweet_video", "AmplifyVideo": "amplify_video"}

// addSubtitles ties an uploaded file of subtitles to a video.
func (s *Server) addSubtitles(c *call) reply {
	var q struct {
		ID        string `json:"id"`
		Category  string `json:"media_category"`
		Subtitles *struct {
			ID       string `json:"id"`
			Language string `json:"language_code"`
			Name     string `json:"display_name"`
		} `json:"subtitles"`
	}
	if refused := c.bind(&q); refused != nil {
		return *refused
	}
	m, refused := s.ownMedia(c, q.ID)
	if refused != nil {
		return *refused
	}
	if q.Subtitles == nil {
		return lacking("subtitles")
	}
	file, refused := s.ownMedia(c, q.Subtitles.ID)
	if refused != nil {
		return *refused
	}
	switch {
	case subtitled[q.Category] == "" || m.category != subtitled[q.Category]:
		return invalid("media_category", q.Category, "$.media_category: does not have a value in the enumeration [AmplifyVideo, TweetVideo]")
	case file.kind != "subtitles" || file.done.IsZero():
		return invalid("subtitles.id", q.Subtitles.ID, "The media is not an uploaded file of subtitles.")
	case !languageCode.MatchString(q.Subtitles.Language):
		return invalid("subtitles.language_code", q.Subtitles.Language, "$.subtitles.language_code: does not match the regex pattern ^[A-Z]{2}$")
	}
	o := object{"id": file.id, "language_code": q.Subtitles.Language, "display_name": q.Subtitles.Name}
	m.captions[q.Subtitles.Language] = o
	return data(object{"id": m.id, "media_category": q.Category, "associated_subtitles": o})
}

func (s *Server) dropSubtitles(c *call) reply {
	var q struct {
		ID       string `json:"id"`
		Category string `json:"media_category"`
		Language string `json:"language_code"`
	}
	if refused := c.bind(&q); refused != nil {
		return *refused
	}
	m, refused := s.ownMedia(c, q.ID)
	if refused != nil {
		return *refused
	}
	_, there := m.captions[q.Language]
	delete(m.captions, q.Language)
	return data(object{"deleted": there})
}

func (s *Server) showMedium(c *call) reply {
	return s.showKeys(c, []string{c.path("media_key")}, true)
}

func (s *Server) showMedia(c *call) reply {
	keys := c.list("media_keys")
	if len(keys) == 0 || len(keys) > 100 {
		return invalid("media_keys", c.query.Get("media_keys"), "The number of values in the `media_keys` query parameter list is not between 1 and 100")
	}
	return s.showKeys(c, keys, false)
}

// showKeys shows media that are in posts, and to their owner others too.
func (s *Server) showKeys(c *call, keys []string, single bool) reply {
	v, refused := s.view(c, "media_keys")
	if refused != nil {
		return *refused
	}
	out := []object{}
	for _, k := range keys {
		m := s.byKey[k]
		if m == nil || m.done.IsZero() || s.expired(m) || !m.used && (c.me == nil || m.owners[0] != c.me) || !strings.Contains(k, "_") {
			v.errors = append(v.errors, missing("media", "media_keys", k))
			continue
		}
		out = append(out, v.medium(m, s.postWith(m)))
	}
	body := object{}
	switch {
	case len(out) == 0:
	case single:
		body["data"] = out[0]
	default:
		body["data"] = out
	}
	return v.answer(body)
}

func (s *Server) postWith(m *media) *post {
	for _, p := range m.owners[0].posts {
		for _, o := range p.media {
			if o == m {
				return p
			}
		}
	}
	return nil
}
