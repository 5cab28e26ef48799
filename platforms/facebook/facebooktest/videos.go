package facebooktest

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

type video struct {
	talk

	id, kind           string // "video", "reel", "story"
	owner              *page
	session            string // of chunks
	size, at           int64
	sum                hash.Hash
	hash               string
	title, description string
	finished           bool // the finish was taken
	failed             bool
	published          bool
	scheduled          time.Time
	post               *post // of a video
	created            time.Time
}

func (s *Server) videoRoutes() []metatest.Route {
	posts, read := []string{"pages_manage_posts"}, []string{"pages_read_engagement"}
	post := func(edge string, class sim.Class, h func(*metatest.Call) metatest.Reply) metatest.Route {
		return metatest.Route{Method: "POST", Kind: "page", Edge: edge, Class: class, Scopes: posts, Handler: h}
	}
	return []metatest.Route{
		post("videos"+starts, sim.Prepare, s.startChunks),
		post("videos"+transfers, sim.Prepare, s.takeChunk),
		post("videos"+finishes, sim.Commit, s.finishChunks),
		post("video_reels"+starts, sim.Prepare, s.startUpload("reel")),
		post("video_reels"+finishes, sim.Commit, s.finishUpload("reel")),
		post("video_stories"+starts, sim.Prepare, s.startUpload("story")),
		post("video_stories"+finishes, sim.Commit, s.finishUpload("story")),
		{Method: "GET", Kind: "page", Edge: "videos", Class: sim.Read, Scopes: read, Handler: s.listVideos("video")},
		{Method: "GET", Kind: "page", Edge: "video_reels", Class: sim.Read, Scopes: read, Handler: s.listVideos("reel")},
		{Method: "GET", Kind: "video", Class: sim.Read, Scopes: read, Handler: s.getVideo},
		{Method: "POST", Kind: "video", Class: sim.Write, Scopes: posts, Handler: s.updateVideo},
		{Method: "DELETE", Kind: "video", Class: sim.Write, Scopes: posts, Handler: s.deleteVideo},
		{Method: "POST", Kind: "video", Edge: "likes", Class: sim.Write, Scopes: []string{"pages_manage_engagement"}, Handler: s.like(true)},
		{Method: "DELETE", Kind: "video", Edge: "likes", Class: sim.Write, Scopes: []string{"pages_manage_engagement"}, Handler: s.like(false)},
	}
}

func (s *Server) newVideo(c *metatest.Call, kind string) *video {
	v := &video{id: s.newID(), kind: kind, owner: s.pages[c.Node.ID], sum: sha256.New(), created: s.now()}
	s.videos[v.id] = v
	c.AddNode("video", v.id, "", v)
	return v
}

func (s *Server) startChunks(c *metatest.Call) metatest.Reply {
	if !owns(c, s.pages[c.Node.ID]) {
		return forbidden("Only the Page itself may publish on it")
	}
	size := c.Number("file_size", 0)
	if size <= 0 {
		return metatest.Fail(metatest.Invalid("file_size is required"))
	}
	v := s.newVideo(c, "video")
	v.size, v.session = size, s.newID()
	out := s.offsets(v)
	out["video_id"], out["upload_session_id"] = v.id, v.session
	return metatest.OK(out)
}

// offsets are numbers written as text.
func (s *Server) offsets(v *video) object {
	return object{
		"start_offset": strconv.FormatInt(v.at, 10), "end_offset": strconv.FormatInt(min(v.at+s.opts.Chunk, v.size), 10),
	}
}

func (s *Server) session(c *metatest.Call) *video {
	for _, id := range sortedKeys(s.videos) {
		if v := s.videos[id]; v.session != "" && v.session == c.Get("upload_session_id") && owns(c, v.owner) {
			return v
		}
	}
	return nil
}

// takeChunk appends a chunk. One that begins elsewhere is refused.
func (s *Server) takeChunk(c *metatest.Call) metatest.Reply {
	v := s.session(c)
	if v == nil {
		return metatest.Fail(metatest.Invalid("upload_session_id is unknown"))
	}
	b := content(c.Files, "video_file_chunk")
	if c.Number("start_offset", -1) != v.at || len(b) == 0 || v.at+int64(len(b)) > v.size {
		return metatest.Fail(metatest.Invalid("The chunk does not begin at the expected offset " + strconv.FormatInt(v.at, 10)))
	}
	_, _ = v.sum.Write(b) // a hash never fails
	v.at += int64(len(b))
	return metatest.OK(s.offsets(v))
}

func (s *Server) finishChunks(c *metatest.Call) metatest.Reply {
	v := s.session(c)
	switch {
	case v == nil:
		return metatest.Fail(metatest.Invalid("upload_session_id is unknown"))
	case v.at != v.size:
		return metatest.Fail(metatest.Invalid("The video is not uploaded yet"))
	}
	v.hash = hex.EncodeToString(v.sum.Sum(nil))
	return s.finish(c, v, c.Get("published") != "false")
}

func (s *Server) startUpload(kind string) func(*metatest.Call) metatest.Reply {
	return func(c *metatest.Call) metatest.Reply {
		if !owns(c, s.pages[c.Node.ID]) {
			return forbidden("Only the Page itself may publish on it")
		}
		v := s.newVideo(c, kind)
		// The base names itself; clients know the address in front of it.
		at := strings.Replace(c.NewUpload(v.id, false), c.URL(), s.http.URL, 1)
		return metatest.OK(object{"video_id": v.id, "upload_url": at})
	}
}

func (s *Server) finishUpload(kind string) func(*metatest.Call) metatest.Reply {
	return func(c *metatest.Call) metatest.Reply {
		v := s.videos[c.Get("video_id")]
		if v == nil || v.kind != kind || !owns(c, v.owner) {
			return metatest.Fail(metatest.NotFound(c.Get("video_id")))
		}
		up, _ := c.Upload(v.id)
		if !up.Done {
			return metatest.Fail(metatest.Invalid("The video is not uploaded yet"))
		}
		v.hash, v.size, v.at = up.SHA256, up.Size, up.Received
		if kind == "story" {
			return s.newStory(v.owner, v.id, "video", v.hash) // each call makes one
		}
		if !v.finished && s.reelsToday(v.owner) >= s.opts.ReelsPerDay {
			return metatest.Fail(&metatest.Error{Code: 100, Subcode: 1363144, Message: "You have reached the limit of reels for today"})
		}
		return s.finish(c, v, c.Get("video_state") == "PUBLISHED")
	}
}

func (s *Server) reelsToday(p *page) int {
	n := 0
	for _, v := range s.videos {
		if v.owner == p && v.kind == "reel" && v.finished && s.now().Sub(v.created) < 24*time.Hour {
			n++
		}
	}
	return n
}

// finish begins the processing. A second one changes nothing.
func (s *Server) finish(c *metatest.Call, v *video, now bool) metatest.Reply {
	if v.finished {
		return metatest.Success()
	}
	at, bad := s.schedule(c, now, 75*24*time.Hour)
	if bad != nil {
		return *bad
	}
	v.finished, v.scheduled, v.title, v.description, v.created = true, at, c.Get("title"), c.Get("description"), s.now()
	if s.failNext > 0 {
		s.failNext--
		c.After(s.opts.Processing, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			v.failed = true
		})
		return metatest.Success()
	}
	if !now && at.IsZero() {
		return metatest.Success() // a draft
	}
	c.After(max(s.opts.Processing, at.Sub(s.now())), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.videos[v.id] == v {
			s.release(c, v)
		}
	})
	return metatest.Success()
}

// release makes a processed video public: a reel as itself, another video as a
// post.
func (s *Server) release(c *metatest.Call, v *video) {
	p := v.owner
	v.published, v.created, v.scheduled = true, s.now(), time.Time{}
	p.videos = append(p.videos, v)
	if v.kind == "reel" {
		s.item(p, nil, sim.Item{ID: v.id, Text: v.description, Media: []string{v.hash}, URL: "https://www.facebook.com/reel/" + v.id})
		return
	}
	d := &post{
		id: p.id + "_" + s.newID(), owner: p, message: v.description, video: v, created: s.now(), updated: s.now(), published: true, statusType: "added_video",
	}
	v.post = d
	p.posts = append(p.posts, d)
	s.posts[d.id] = d
	c.AddNode("post", d.id, "", d)
	s.show(p, d, c.Notify)
}

// status is what the platform tells of a video.
func (s *Server) status(c *metatest.Call, v *video) object {
	phase := func(status string) object { return object{"status": status} }
	up := object{"status": "in_progress", "bytes_transferred": v.at}
	done := v.size > 0 && v.at == v.size
	if u, ok := c.Upload(v.id); ok && v.session == "" {
		up["bytes_transferred"] = u.Received
		done = u.Done
	}
	out := object{"video_status": "uploading", "uploading_phase": up, "processing_phase": phase("not_started"), "publishing_phase": phase("not_started")}
	if done {
		out["video_status"], up["status"] = "upload_complete", "complete"
	}
	switch {
	case v.failed:
		out["video_status"] = "error"
		out["processing_phase"] = object{"status": "error", "errors": []object{{"code": 1363024, "message": "The video format is not supported"}}}
	case v.published:
		out["video_status"], out["processing_phase"] = "ready", phase("complete")
		out["publishing_phase"] = object{"status": "complete", "publish_status": "published", "publish_time": metatest.Stamp(v.created)}
	case v.finished && !v.scheduled.IsZero():
		out["video_status"], out["processing_phase"] = "ready", phase("complete")
		out["publishing_phase"] = object{"status": "not_started", "publish_status": "scheduled", "publish_time": metatest.Stamp(v.scheduled)}
	case v.finished:
		out["video_status"], out["processing_phase"] = "processing", phase("in_progress")
	}
	return out
}

func (s *Server) videoObject(c *metatest.Call, v *video) object {
	out := object{
		"id": v.id, "title": v.title, "description": v.description, "created_time": metatest.Stamp(v.created), "updated_time": metatest.Stamp(v.created),
		"permalink_url": "/reel/" + v.id + "/", "length": 3.0, "source": c.URL() + "/video.mp4", "published": v.published, "views": 0,
		"from": v.owner.actor(), "status": s.status(c, v), "likes": summary(len(v.likes)), "comments": summary(len(v.comments)),
	}
	if v.post != nil { // without the Page in front
		_, out["post_id"], _ = strings.Cut(v.post.id, "_")
	}
	return out
}

func (s *Server) listVideos(kind string) func(*metatest.Call) metatest.Reply {
	return func(c *metatest.Call) metatest.Reply {
		out := []object{}
		for _, v := range newest(s.pages[c.Node.ID].videos) {
			if v.kind == kind {
				out = append(out, s.videoObject(c, v))
			}
		}
		return list(c, "Video", out)
	}
}

func (s *Server) getVideo(c *metatest.Call) metatest.Reply {
	v := s.videos[c.Node.ID]
	if v == nil {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	return show(c, "Video", s.videoObject(c, v))
}

func (s *Server) updateVideo(c *metatest.Call) metatest.Reply {
	v := s.videos[c.Node.ID]
	if v == nil || !owns(c, v.owner) {
		return forbidden("Only the Page's own videos can be changed")
	}
	if c.Params.Has("description") {
		v.description = c.Get("description")
	}
	if c.Params.Has("name") {
		v.title = c.Get("name")
	}
	return metatest.Success()
}

func (s *Server) deleteVideo(c *metatest.Call) metatest.Reply {
	v := s.videos[c.Node.ID]
	if v == nil || !owns(c, v.owner) {
		return forbidden("Only the Page's own videos can be deleted")
	}
	delete(s.videos, v.id)
	v.owner.videos = remove(v.owner.videos, v)
	c.RemoveNode(v.id)
	if v.published {
		s.removed(v.id)
	}
	return metatest.Success()
}
