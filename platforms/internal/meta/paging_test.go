package meta_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func TestPages(t *testing.T) {
	b := open(t, nil)
	c := b.client(t, nil)
	for i := range 23 {
		_, _, err := b.post(t.Context(), c, itoa(i))
		require.NoError(t, err)
	}
	var all []string
	var sizes []int
	p := meta.ListParams{Limit: 10}
	var last meta.Page[note]
	for {
		page, err := list(t.Context(), c, b.page, p)
		require.NoError(t, err)
		for _, n := range page.Items {
			all = append(all, n.Message)
			require.Empty(t, n.Created)
		}
		sizes, last = append(sizes, len(page.Items)), page
		require.NotContains(t, page.Next+page.Prev, b.token)
		if p.Cursor = page.Next; p.Cursor == "" {
			break
		}
	}
	require.Equal(t, []int{10, 10, 3}, sizes)
	require.Len(t, all, 23)
	require.Equal(t, "22", all[0])
	require.Equal(t, "0", all[22])
	back, err := list(t.Context(), c, b.page, meta.ListParams{Limit: 10, Cursor: last.Prev})
	require.NoError(t, err)
	require.Equal(t, "12", back.Items[0].Message)
	require.Equal(t, 4, b.world.Faults.RequestsOf(sim.Read))

	_, err = list(t.Context(), c, b.page, meta.ListParams{Cursor: "after=nonsense"})
	fails(t, err, smm.ErrRejected)
}

// TestPagesWithoutNext: where cursors alone lead on, a client that knows reads it
// all, and one that does not takes the first page for the list.
func TestPagesWithoutNext(t *testing.T) {
	b := open(t, func(o *metatest.Options) { o.NoNext = true })
	for _, loose := range []bool{true, false} {
		c := b.client(t, func(c *meta.Config) { c.LooseEnd = loose })
		for i := range 7 {
			_, _, err := b.post(t.Context(), c, itoa(i))
			require.NoError(t, err)
		}
		all, err := meta.Collect(t.Context(), meta.ListParams{Limit: 3}, func(ctx context.Context, p meta.ListParams) (meta.Page[note], error) {
			return list(ctx, c, b.page, p)
		})
		require.NoError(t, err)
		require.Len(t, all, map[bool]int{true: 7, false: 3}[loose])
	}
}

// TestNextIsNotFollowed: whatever the address of the next page says, the same edge
// of the same host is asked, with the cursor.
func TestNextIsNotFollowed(t *testing.T) {
	for _, next := range []string{
		"https://evil.example/steal?after=A&access_token=T&limit=9", "http://169.254.169.254/?after=A", "//evil.example?after=A", "?after=A", "/other/edge?after=A&until=5",
	} {
		rec := &canned{status: 200, body: `{"data":[],"paging":{"cursors":{"after":"CUR","before":"B"},"next":"` + next + `","previous":"` + next + `"}}`}
		c := cannedClient(t, rec)
		page, err := list(t.Context(), c, "10", meta.ListParams{Limit: 5})
		require.NoError(t, err)
		require.Empty(t, page.Items, "an empty page is not the end")
		require.Equal(t, "after=CUR", page.Next)
		require.Equal(t, "before=B", page.Prev)
		_, err = list(t.Context(), c, "10", meta.ListParams{Limit: 5, Cursor: page.Next})
		require.NoError(t, err)
		u := rec.seen[1].URL
		require.Equal(t, "https://graph.facebook.com/v25.0/10/notes", u.Scheme+"://"+u.Host+u.Path)
		require.Equal(t, "CUR", u.Query().Get("after"))
		require.Equal(t, "5", u.Query().Get("limit"))
		require.Empty(t, u.Query().Get("access_token"))
	}
}

// TestPagingByTime: edges without cursors page by what the address asks for.
func TestPagingByTime(t *testing.T) {
	rec := &canned{status: 200, body: `{"data":[{"id":"1"}],"paging":{"next":"https://graph.facebook.com/v25.0/10/feed?until=1767225600&__paging_token=enc_x&limit=25&access_token=T","previous":"%zz"},"summary":{"total_count":3}}`}
	c := cannedClient(t, rec)
	page, err := list(t.Context(), c, "10", meta.ListParams{Since: epoch.Add(-time.Hour), Until: epoch})
	require.NoError(t, err)
	require.Equal(t, "__paging_token=enc_x&until=1767225600", page.Next)
	require.Empty(t, page.Prev)
	require.JSONEq(t, `{"total_count":3}`, string(page.Summary))
	require.Equal(t, itoa(int(epoch.Unix())), rec.seen[0].URL.Query().Get("until"))
	_, err = list(t.Context(), c, "10", meta.ListParams{Cursor: page.Next, Since: epoch})
	require.NoError(t, err)
	require.Equal(t, "1767225600", rec.seen[1].URL.Query().Get("until"))
	require.Empty(t, rec.seen[1].URL.Query().Get("since"), "the cursor stands above")
	for _, bad := range []string{"access_token=x", "after=a&fields=b", "%zz", "limit=3", "x", "after=" + strings.Repeat("x", 3000)} {
		n := len(rec.seen)
		_, err := list(t.Context(), c, "10", meta.ListParams{Cursor: bad})
		fails(t, err, smm.ErrInvalid)
		require.Len(t, rec.seen, n)
	}
}

func TestEndOfList(t *testing.T) {
	for body, want := range map[string][2]string{ // strict, loose
		`{"data":[{"id":"1"}],"paging":{"cursors":{"after":"A"}}}`:                                            {"", "after=A"},
		`{"data":[],"paging":{"cursors":{"after":"A"}}}`:                                                      {"", ""},
		`{"data":[{"id":"1"}]}`:                                                                               {"", ""},
		`{"data":[{"id":"1"}],"paging":{"cursors":{"after":"A"},"next":"x"}}`:                                 {"after=A", "after=A"},
		`{"data":[{"id":"1"}],"paging":{"cursors":{"after":"` + strings.Repeat("A", 3000) + `"},"next":"x"}}`: {"", ""},
	} {
		for i, loose := range []bool{false, true} {
			c, err := meta.New(meta.Config{Platform: platform, Token: smm.NewSecret("t"), LooseEnd: loose, HTTPClient: &http.Client{Transport: &canned{status: 200, body: body}}})
			require.NoError(t, err)
			page, err := list(t.Context(), c, "10", meta.ListParams{})
			require.NoError(t, err)
			require.Equal(t, want[i], page.Next, body)
		}
	}
	for _, body := range []string{`{}`, `{"data":null}`, `{"data":{}}`, `{"data":"x"}`, `{"data":[1]}`, `[]`, `{"data":[{"id":{}}]}`} {
		_, err := list(t.Context(), cannedClient(t, &canned{status: 200, body: body}), "10", meta.ListParams{})
		fails(t, err, smm.ErrUnavailable)
	}
}

func TestBatch(t *testing.T) {
	b := open(t, nil)
	q := &quota{}
	c := b.client(t, func(c *meta.Config) { c.Quota = q })
	var reads []meta.BatchRead
	for i := range 120 {
		v, _, err := b.post(t.Context(), c, itoa(i))
		require.NoError(t, err)
		id := string(v.ID)
		if i%10 == 3 {
			id = "gone" + itoa(i)
		}
		reads = append(reads, meta.BatchRead{Path: []string{id}, Fields: []string{"message"}})
	}
	q.charged = nil
	got, err := c.Batch(t.Context(), "notes.batch", reads)
	require.NoError(t, err)
	require.Len(t, got, 120)
	for i := range got {
		var n note
		err := got[i].Decode(&n)
		if i%10 == 3 {
			e := fails(t, err, smm.ErrNotFound)
			require.Equal(t, "100/33", e.Code)
			require.Equal(t, "notes.batch", e.Op)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, itoa(i), n.Message)
	}
	require.Equal(t, 3, b.world.Faults.Requests(sim.Op{Platform: platform, Name: "POST /", Class: sim.Read}))
	require.Len(t, q.charged, 3)
	require.Equal(t, int64(50), q.charged[0][0].Cost)
	require.Equal(t, int64(20), q.charged[2][1].Cost)

	b.DropBatch(1)
	got, err = c.Batch(t.Context(), "notes.batch", reads[:3])
	require.NoError(t, err)
	require.NoError(t, got[0].Err)
	fails(t, got[1].Err, smm.ErrUnavailable)
	fails(t, got[2].Err, smm.ErrUnavailable)

	b.Revoke(b.page, 460)
	got, err = c.Batch(t.Context(), "notes.batch", reads)
	fails(t, err, smm.ErrUnauthorized)
	require.Len(t, got, 120)
	require.Equal(t, err, got[119].Err)
	none, err := c.Batch(t.Context(), "notes.batch", nil)
	require.NoError(t, err)
	require.Empty(t, none)
}

// TestBatchAnswers: a batch of another shape is an error, one odd item its own.
func TestBatchAnswers(t *testing.T) {
	two := []meta.BatchRead{{Path: []string{"1"}}, {Path: []string{"2"}, Params: url.Values{"a": {"b&c"}}}}
	for _, body := range []string{`{}`, `[]`, `[null]`, `[null,null,null]`, `null`, `[1,2]`} {
		_, err := cannedClient(t, &canned{status: 200, body: body}).Batch(t.Context(), "b", two)
		fails(t, err, smm.ErrUnavailable)
	}
	rec := &canned{status: 200, body: `[{"code":200,"body":"{\"id\":\"1\",\"error\":{\"code\":190}}"},{"code":200,"body":{"id":"2"}}]`}
	got, err := cannedClient(t, rec).Batch(t.Context(), "b", two)
	require.NoError(t, err)
	fails(t, got[0].Err, smm.ErrUnauthorized)
	var v created
	require.NoError(t, got[1].Decode(&v))
	require.Equal(t, meta.ID("2"), v.ID)
	got, err = cannedClient(t, &canned{status: 200, body: `[{"code":200,"body":"<html>"},{"code":500,"body":""}]`}).Batch(t.Context(), "b", two)
	require.NoError(t, err)
	fails(t, got[0].Decode(&v), smm.ErrUnavailable)
	fails(t, got[1].Err, smm.ErrUnavailable)
	got, err = cannedClient(t, &canned{status: 200, body: `[{"code":400,"body":"{\"error\":{\"code\":190,\"message\":\"Malformed access token ` + secretToken + `\"}}"},null]`}).Batch(t.Context(), "b", two)
	require.NoError(t, err)
	require.Empty(t, fails(t, got[0].Err, smm.ErrUnauthorized).Message)
	require.NoError(t, rec.seen[0].ParseForm())
	require.JSONEq(t, `[{"method":"GET","relative_url":"v25.0/1"},{"method":"GET","relative_url":"v25.0/2?a=b%26c"}]`, rec.seen[0].PostForm.Get("batch"))
	for _, bad := range [][]string{{""}, {".."}, {"1", "."}} {
		_, err := cannedClient(t, rec).Batch(t.Context(), "b", []meta.BatchRead{{Path: bad}})
		fails(t, err, smm.ErrInvalid)
	}
}
