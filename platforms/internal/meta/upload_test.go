package meta_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// synthetic is a file that is nowhere: its bytes follow from their place.
type synthetic struct {
	size int64
	tell func()
}

func (s synthetic) ReadAt(b []byte, off int64) (int, error) {
	if s.tell != nil {
		s.tell()
	}
	n := int(min(int64(len(b)), s.size-off))
	for i := range n {
		at := off + int64(i)
		b[i] = byte(at ^ at>>8 ^ at>>16)
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (s synthetic) sum() string {
	h := sha256.New()
	_, _ = io.Copy(h, io.NewSectionReader(synthetic{size: s.size}, 0, s.size))
	return hex.EncodeToString(h.Sum(nil))
}

func (b *bench) reel(t testing.TB, c *meta.Client, src synthetic) (id string, u *meta.Upload) {
	t.Helper()
	var made struct {
		ID  meta.ID `json:"video_id"`
		URL string  `json:"upload_url"`
	}
	require.NoError(t, c.Write(t.Context(), &meta.Request{Op: "page.video_reels", Path: []string{b.page, "video_reels"}}, &made))
	return string(made.ID), &meta.Upload{
		Op: "reel.upload", URL: made.URL, Source: src, Size: src.size, Offset: c.UploadedBytes(string(made.ID), "status"),
	}
}

func TestUpload(t *testing.T) {
	b := open(t, func(o *metatest.Options) { o.KeepUpload = 4 })
	c := b.client(t, nil)
	src := synthetic{size: 1<<20 + 7}
	id, u := b.reel(t, c, src)
	var told []int64
	u.Progress = func(n int64) { told = append(told, n) }
	require.NoError(t, c.Send(t.Context(), u, 0))
	got, ok := b.Upload(id)
	require.True(t, ok)
	require.True(t, got.Done)
	require.Equal(t, src.sum(), got.SHA256)
	require.Len(t, got.Head, 4)
	require.IsIncreasing(t, told)
	require.Equal(t, src.size, told[len(told)-1])
	require.NoError(t, c.Resume(t.Context(), u), "all of it has arrived")
	require.Equal(t, 1, b.world.Faults.Requests(sim.Op{Platform: platform, Name: "POST /video-upload", Class: sim.Prepare}))

	id, u = b.reel(t, c, synthetic{})
	require.NoError(t, c.SendFrom(t.Context(), u, "https://cdn.example/a.mp4"))
	got, _ = b.Upload(id)
	require.Equal(t, "https://cdn.example/a.mp4", got.FileURL)
	require.True(t, got.Done)
}

// TestUploadResumes breaks an upload off at many places. It goes on where the
// vendor says, and the bytes are those of the file.
func TestUploadResumes(t *testing.T) {
	src := synthetic{size: 300_001}
	want := src.sum()
	for _, cuts := range [][]int64{{0}, {1}, {150_000}, {300_000}, {300_001}, {100, 100, 100, 100, 100, 100, 100}, {0, 0}, {0, 0, 5, 0, 0, 5, 0, 0}} {
		b := open(t, nil)
		c := b.client(t, nil)
		id, u := b.reel(t, c, src)
		b.CutUploads(cuts...)
		require.NoError(t, c.Send(t.Context(), u, 0), cuts)
		got, _ := b.Upload(id)
		require.True(t, got.Done, cuts)
		require.Equal(t, want, got.SHA256, cuts)
	}
	b := open(t, nil)
	c := b.client(t, nil)
	id, u := b.reel(t, c, src)
	b.CutUploads(7, 0, 0, 0, 0, 0)
	fails(t, c.Send(t.Context(), u, 0), smm.ErrUnavailable)
	got, _ := b.Upload(id)
	require.Equal(t, int64(7), got.Received)
	b.CutUploads() // another process, later
	for range 3 {
		if err := c.Resume(t.Context(), u); err == nil {
			break
		}
	}
	got, _ = b.Upload(id)
	require.Equal(t, want, got.SHA256)
}

// TestUploadFaults strikes the transfer with every fault, and the question for the
// offset with a dropped reply.
func TestUploadFaults(t *testing.T) {
	src := synthetic{size: 10_000}
	for _, kind := range sim.FaultKinds() {
		b := open(t, nil)
		c := b.client(t, nil)
		id, u := b.reel(t, c, src)
		b.world.Faults.Add(sim.Fault{Op: "POST /video-upload", Kind: kind, Delay: time.Second})
		b.world.Faults.Add(sim.Fault{Op: "GET video", Kind: sim.DropReply})
		err := c.Send(t.Context(), u, 0)
		if kind == sim.Throttle || kind == sim.Expire {
			require.Error(t, err, kind)
			require.NoError(t, c.Resume(t.Context(), u), kind)
		} else {
			require.NoError(t, err, kind)
		}
		got, _ := b.Upload(id)
		require.True(t, got.Done, kind)
		require.Equal(t, src.sum(), got.SHA256, kind)
	}
}

// TestUploadWithAnotherToken: a token that died meanwhile is replaced, and the
// file is read again from where it stood.
func TestUploadWithAnotherToken(t *testing.T) {
	for _, told := range []bool{false, true} {
		b := open(t, nil)
		src := tokens{&state{list: []string{b.token}}}
		c := b.client(t, func(c *meta.Config) { c.Token, c.Tokens = smm.Secret{}, src })
		file := synthetic{size: 200_000}
		id, u := b.reel(t, c, file)
		if told {
			u.Progress = func(int64) {}
		}
		b.CutUploads(1000)
		offset := u.Offset
		u.Offset = func(ctx context.Context) (int64, error) {
			n, err := offset(ctx)
			b.Revoke(b.page, 460) // between the question and the rest
			src.list = append(src.list, b.IssueToken(b.page))
			return n, err
		}
		require.NoError(t, c.Send(t.Context(), u, 0))
		got, _ := b.Upload(id)
		require.Equal(t, file.sum(), got.SHA256)
		require.Len(t, src.refused, 1)
	}
}

// TestUploadGoesToKnownHosts: an address from an answer is not trusted with the
// token and the file.
func TestUploadGoesToKnownHosts(t *testing.T) {
	rec := &canned{status: 200, body: `{"success":true}`}
	c := cannedClient(t, rec)
	for _, bad := range []string{"", "https://evil.example/x", "http://rupload.facebook.com/x", "https://rupload.facebook.com.evil.example/x", "https://a:b@rupload.facebook.com/x", "https://rupload.facebook.com:8443/x", "//rupload.facebook.com/x", "\x00", "https://rupload.facebook.com@evil.example/x"} {
		u := &meta.Upload{Op: "up", URL: bad, Source: synthetic{size: 1}, Size: 1}
		require.ErrorIs(t, c.Send(t.Context(), u, 0), smm.ErrForbidden, bad)
		require.ErrorIs(t, c.SendFrom(t.Context(), u, "https://x.example"), smm.ErrForbidden, bad)
	}
	require.Empty(t, rec.seen)
	u := &meta.Upload{Op: "up", URL: "https://rupload.facebook.com/video-upload/v25.0/1", Source: synthetic{size: 5}, Size: 5}
	require.NoError(t, c.Send(t.Context(), u, 2))
	h := rec.seen[0].Header
	require.Equal(t, "OAuth "+secretToken, h.Get("Authorization"))
	require.Equal(t, "2", h.Get("offset"))
	require.Equal(t, "5", h.Get("file_size"))
	require.Equal(t, int64(3), rec.seen[0].ContentLength)
	require.Empty(t, rec.seen[0].URL.RawQuery)
	for _, from := range []int64{-1, 5, 6} {
		fails(t, c.Send(t.Context(), u, from), smm.ErrInvalid)
	}
	fails(t, c.Send(t.Context(), &meta.Upload{Op: "up", URL: u.URL, Size: 3}, 0), smm.ErrInvalid)
	fails(t, c.Resume(t.Context(), u), smm.ErrInvalid)
	u.Offset = func(context.Context) (int64, error) { return 6, nil }
	rec.status, rec.body = 500, ""
	fails(t, c.Send(t.Context(), u, 0), smm.ErrUnavailable)
	u.Offset = func(context.Context) (int64, error) { return 0, errors.New("offline") }
	require.ErrorContains(t, c.Send(t.Context(), u, 0), "offline")
	rec.status, rec.body = 200, `{"success":false}`
	u.Offset = nil
	fails(t, c.Send(t.Context(), u, 0), smm.ErrUnavailable)
	rec.status, rec.body = 400, `{"debug_info":{"retriable":false,"type":"OffsetInvalidError","message":"m"}}`
	require.Equal(t, "OffsetInvalidError", fails(t, c.Send(t.Context(), u, 0), smm.ErrRejected).Code)
	_, err := c.UploadedBytes("1", "x")(t.Context())
	fails(t, err, smm.ErrInvalid)
}

// TestUploadMemory sends 300 MB that are nowhere, with a break in the middle, and
// looks at the heap while they go.
func TestUploadMemory(t *testing.T) {
	size := int64(300 << 20)
	if testing.Short() {
		size = 30 << 20
	}
	b := open(t, nil)
	c := b.client(t, nil)
	var peak, reads atomic.Uint64
	var before, now runtime.MemStats
	src := synthetic{size: size}
	want := src.sum()
	runtime.GC()
	runtime.ReadMemStats(&before)
	src.tell = func() {
		if reads.Add(1)%512 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapAlloc))
		}
	}
	id, u := b.reel(t, c, src)
	b.CutUploads(size / 2)
	require.NoError(t, c.Send(t.Context(), u, 0))
	runtime.ReadMemStats(&now)
	got, _ := b.Upload(id)
	require.Equal(t, want, got.SHA256)
	grown := int64(peak.Load()) - int64(before.HeapAlloc)
	t.Logf("%d MB sent; heap grew by at most %d KB, %d KB allocated in all, both sides of the wire", size>>20, grown>>10, (now.TotalAlloc-before.TotalAlloc)>>10)
	require.Less(t, grown, int64(8<<20))
	require.Less(t, now.TotalAlloc-before.TotalAlloc, uint64(16<<20), "also what was freed between two looks")
}

// TestSession: the file handle of an app, with a break in the middle.
func TestSession(t *testing.T) {
	b := open(t, nil)
	c := b.client(t, nil)
	src := synthetic{size: 100_000}
	f := &meta.SessionFile{Name: "a.mp4", Type: "video/mp4", Source: src, Size: src.size}
	id, err := c.StartSession(t.Context(), b.AppID(), f)
	require.NoError(t, err)
	b.CutUploads(40_000, 0)
	h, err := c.SendSession(t.Context(), id, f, 0)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(h.Reveal(), "4:"))
	at, err := c.SessionOffset(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, src.size, at)
	name, _, _ := strings.Cut(id, "?")
	got, _ := b.Upload(name)
	require.Equal(t, src.sum(), got.SHA256)

	id, err = c.StartSession(t.Context(), b.AppID(), f)
	require.NoError(t, err)
	b.CutUploads(0, 0, 0)
	_, err = c.SendSession(t.Context(), id, f, 0)
	fails(t, err, smm.ErrUnavailable)
	for _, bad := range []string{"", "x", "upload:a/b", "upload:a?%zz"} {
		_, err := c.SessionOffset(t.Context(), bad)
		require.Error(t, err, bad)
		_, err = c.SendSession(t.Context(), bad, f, 0)
		require.Error(t, err, bad)
	}
	_, err = c.StartSession(t.Context(), b.AppID(), &meta.SessionFile{})
	fails(t, err, smm.ErrRejected)
	_, err = cannedClient(t, &canned{status: 200, body: `{"id":"nonsense"}`}).StartSession(t.Context(), "1", f)
	fails(t, err, smm.ErrUnavailable)
	_, err = cannedClient(t, &canned{status: 200, body: `{}`}).SendSession(t.Context(), id, f, 0)
	fails(t, err, smm.ErrUnavailable)
	_, err = cannedClient(t, &canned{status: 200, body: `{"file_offset":-1}`}).SessionOffset(t.Context(), id)
	fails(t, err, smm.ErrUnavailable)
}
