package facebooktest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime/multipart"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) mediaRoutes() []metatest.Route {
	posts, read := []string{"pages_manage_posts"}, []string{"pages_read_engagement"}
	return []metatest.Route{
		{Method: "POST", Kind: "page", Edge: "photos", Class: sim.Commit, Scopes: posts, Handler: s.uploadPhoto},
		{Method: "POST", Kind: "page", Edge: "photos" + hidden, Class: sim.Prepare, Scopes: posts, Handler: s.uploadPhoto},
		{Method: "GET", Kind: "page", Edge: "photos", Class: sim.Read, Scopes: read, Handler: s.listPhotos},
		{Method: "GET", Kind: "photo", Class: sim.Read, Scopes: read, Handler: s.getPhoto},
		{Method: "DELETE", Kind: "photo", Class: sim.Write, Scopes: posts, Handler: s.deletePhoto},
		{Method: "POST", Kind: "page", Edge: "photo_stories", Class: sim.Commit, Scopes: posts, Handler: s.photoStory},
		{Method: "GET", Kind: "page", Edge: "stories", Class: sim.Read, Scopes: read, Handler: s.listStories},
		{Method: "POST", Kind: "page", Edge: "picture", Class: sim.Write, Scopes: []string{"pages_manage_metadata"}, Handler: s.setPicture},
	}
}

const maxPhoto = 4 << 20

// content reads the file of a form.
func content(files map[string][]*multipart.FileHeader, name string) []byte {
	if len(files[name]) != 1 {
		return nil
	}
	f, err := files[name][0].Open()
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // only read
	b, err := io.ReadAll(f)
	if err != nil {
		return nil
	}
	return b
}

func fingerprint(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func isPicture(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\xff\xd8\xff")) || bytes.HasPrefix(b, []byte("\x89PNG\r\n"))
}

func (s *Server) uploadPhoto(c *metatest.Call) metatest.Reply {
	p := s.pages[c.Node.ID]
	if !owns(c, p) {
		return forbidden("Only the Page itself may publish on it")
	}
	b := content(c.Files, "source")
	if u := c.Get("url"); u != "" {
		b = []byte("\xff\xd8\xff" + u)
	}
	switch {
	case !isPicture(b):
		return metatest.Fail(&metatest.Error{Code: 324, Subcode: 2069019, Message: "Missing or invalid image file"})
	case len(b) > maxPhoto:
		return metatest.Fail(&metatest.Error{Code: 100, Subcode: 1366046, Message: "Your photos couldn't be uploaded. Photos should be smaller than 4 MB"})
	}
	f := &photo{
		id: s.newID(), hash: fingerprint(b), size: len(b), owner: p, alt: c.Get("alt_text_custom"), caption: c.Get("caption"), created: s.now(),
		published: c.Get("published") != "false",
	}
	s.photos[f.id] = f
	p.photos = append(p.photos, f)
	c.AddNode("photo", f.id, "", f)
	out := object{"id": f.id}
	if f.published {
		d := &post{
			id: p.id + "_" + s.newID(), owner: p, message: f.caption, photos: []*photo{f}, created: s.now(), updated: s.now(), published: true, statusType: "added_photos",
		}
		f.post = d
		p.posts = append(p.posts, d)
		s.posts[d.id] = d
		c.AddNode("post", d.id, "", d)
		s.show(p, d, c.Notify)
		out["post_id"] = d.id
	}
	return metatest.OK(out)
}

func (s *Server) photoObject(f *photo) object {
	out := object{
		"id": f.id, "name": f.caption, "link": permalink(f.id), "alt_text_custom": f.alt, "created_time": metatest.Stamp(f.created),
		"images": []object{{"source": "https://scontent.example/" + f.id + ".jpg", "width": 64, "height": 48}},
	}
	if f.post != nil {
		out["page_story_id"] = f.post.id
	}
	return out
}

func (s *Server) listPhotos(c *metatest.Call) metatest.Reply {
	out := []object{}
	for _, f := range newest(s.pages[c.Node.ID].photos) {
		if f.published || f.post != nil && f.post.published {
			out = append(out, s.photoObject(f))
		}
	}
	return list(c, "Photo", out)
}

func (s *Server) getPhoto(c *metatest.Call) metatest.Reply {
	f := s.photos[c.Node.ID]
	if f == nil {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	return show(c, "Photo", s.photoObject(f))
}

func (s *Server) deletePhoto(c *metatest.Call) metatest.Reply {
	f := s.photos[c.Node.ID]
	if f == nil || !owns(c, f.owner) {
		return forbidden("Only the Page's own photos can be deleted")
	}
	delete(s.photos, f.id)
	f.owner.photos = remove(f.owner.photos, f)
	c.RemoveNode(f.id)
	return metatest.Success()
}

// photoStory publishes a story; each call makes one.
func (s *Server) photoStory(c *metatest.Call) metatest.Reply {
	p, f := s.pages[c.Node.ID], s.photos[c.Get("photo_id")]
	switch {
	case !owns(c, p):
		return forbidden("Only the Page itself may publish on it")
	case f == nil || f.owner != p || f.published:
		return metatest.Fail(metatest.Invalid("photo_id must be of an unpublished photo"))
	}
	return s.newStory(p, f.id, "photo", f.hash)
}

func (s *Server) newStory(p *page, media, kind, hash string) metatest.Reply {
	st := &story{postID: s.newID(), mediaID: media, mediaType: kind, created: s.now()}
	p.stories = append(p.stories, st)
	s.item(p, nil, sim.Item{ID: st.postID, Media: []string{hash}, URL: permalink("stories/" + st.postID)})
	return metatest.OK(object{"success": true, "post_id": st.postID})
}

func (s *Server) listStories(c *metatest.Call) metatest.Reply {
	out := []object{}
	for _, st := range newest(lagged(s, s.pages[c.Node.ID].stories, func(st *story) time.Time { return st.created })) {
		status := "PUBLISHED"
		if s.now().Sub(st.created) >= 24*time.Hour {
			status = "ARCHIVED"
		}
		if want := c.Get("status"); want == "" || want == status {
			out = append(out, object{
				"post_id": st.postID, "media_id": st.mediaID, "media_type": st.mediaType, "status": status,
				"creation_time": st.created.Unix(), "url": permalink("stories/" + st.postID),
			})
		}
	}
	return list(c, "Story", out)
}

func (s *Server) setPicture(c *metatest.Call) metatest.Reply {
	b := content(c.Files, "source")
	if !isPicture(b) {
		return metatest.Fail(metatest.Invalid("Missing or invalid image file"))
	}
	s.pages[c.Node.ID].picture = fingerprint(b)
	return metatest.Success()
}
