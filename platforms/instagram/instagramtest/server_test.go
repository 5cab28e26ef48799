package instagramtest_test

import (
	"encoding/json"
	"image/color"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm/sim"
)

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

// wire speaks to a simulator without the library's client.
type wire struct {
	*instagramtest.Server

	t     *testing.T
	world *sim.World
	id    string
	token string
}

func open(t *testing.T, o instagramtest.Options) *wire {
	t.Helper()
	o.Fetch = func(address string) ([]byte, error) {
		switch {
		case strings.HasSuffix(address, ".jpg"):
			return mediatest.JPEG(80, 60, color.White), nil
		case strings.HasSuffix(address, ".png"):
			return mediatest.PNG(80, 60, color.White), nil
		case strings.HasSuffix(address, ".mp4"):
			return mediatest.MP4(64, 36, time.Second), nil
		}
		return nil, io.EOF
	}
	w := &wire{t: t, world: sim.NewWorldAt(sim.NewClock(epoch, true))}
	w.Server = instagramtest.NewServer(w.world, &o)
	t.Cleanup(w.Close)
	a, err := w.NewAccount("shop")
	require.NoError(t, err)
	w.id, w.token = a.Channel.ID, a.Login["INSTAGRAM_TOKEN"]
	return w
}

type answer struct {
	ID         string `json:"id"`
	URI        string `json:"uri"`
	StatusCode string `json:"status_code"`
	Status     string `json:"status"`
	UserID     string `json:"user_id"`
	Data       []json.RawMessage
	Error      struct {
		Code    int `json:"code"`
		Subcode int `json:"error_subcode"`
	}
}

func (w *wire) do(method, path string, q url.Values) answer {
	w.t.Helper()
	r, err := http.NewRequest(method, w.URL()+"/v25.0/"+path+"?"+q.Encode(), nil)
	require.NoError(w.t, err)
	r.Header.Set("Authorization", "Bearer "+w.token)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(w.t, err)
	defer func() { _ = resp.Body.Close() }()
	var a answer
	require.NoError(w.t, json.NewDecoder(resp.Body).Decode(&a))
	return a
}

func values(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}

func (w *wire) refuses(code, sub int, a answer) {
	w.t.Helper()
	require.Equal(w.t, [2]int{code, sub}, [2]int{a.Error.Code, a.Error.Subcode})
}

func TestContainerLife(t *testing.T) {
	w := open(t, instagramtest.Options{Posts: 2})
	c := w.do("POST", w.id+"/media", values("image_url", "https://x/a.jpg", "caption", "Hi")).ID
	require.NotEmpty(t, c)
	publish := func(id string) answer { return w.do("POST", w.id+"/media_publish", values("creation_id", id)) }
	w.refuses(9007, 2207027, publish(c))
	w.world.Clock.Advance(time.Minute)
	got := w.do("GET", c, values("fields", "status_code,status"))
	require.Equal(t, "FINISHED", got.StatusCode)
	require.Equal(t, "Finished: Media has been uploaded and it is ready to be published.", got.Status)
	m := publish(c).ID
	require.NotEmpty(t, m)
	w.refuses(9007, 2207027, publish(c))
	require.Equal(t, "PUBLISHED", w.do("GET", c, values("fields", "status_code")).StatusCode)
	require.Equal(t, 1, w.world.Ledger.Counts("").Posts)

	late := w.do("POST", w.id+"/media", values("image_url", "https://x/a.jpg")).ID
	w.world.Clock.Advance(24 * time.Hour)
	require.Equal(t, "EXPIRED", w.do("GET", late, values("fields", "status_code")).StatusCode)
	w.refuses(-2, 2207020, publish(late))
	for range 3 {
		c = w.do("POST", w.id+"/media", values("image_url", "https://x/a.jpg")).ID
		w.world.Clock.Advance(time.Minute)
		got = publish(c)
	}
	w.refuses(9, 2207042, got)
	w.refuses(24, 2207008, publish("nonsense"))
}

func TestContainersAreChecked(t *testing.T) {
	w := open(t, instagramtest.Options{})
	for name, c := range map[string]struct {
		code, sub int
		q         url.Values
	}{
		"png":           {36001, 2207005, values("image_url", "https://x/a.png")},
		"nothing there": {9004, 2207052, values("image_url", "https://x/none")},
		"no address":    {100, 0, values("caption", "x")},
		"old kind":      {100, 2207023, values("media_type", "VIDEO", "video_url", "https://x/a.mp4")},
		"no kind":       {100, 2207023, values("media_type", "HOLOGRAM")},
		"long":          {36004, 2207010, values("image_url", "https://x/a.jpg", "caption", strings.Repeat("x", 2201))},
		"item's words":  {100, 0, values("image_url", "https://x/a.jpg", "is_carousel_item", "true", "caption", "x")},
		"film's words":  {100, 0, values("media_type", "REELS", "video_url", "https://x/a.mp4", "alt_text", "x")},
		"one item":      {100, 2207028, values("media_type", "CAROUSEL", "children", "1")},
		"strange items": {100, 2207028, values("media_type", "CAROUSEL", "children", "1,2")},
	} {
		w.refuses(c.code, c.sub, w.do("POST", w.id+"/media", c.q))
		_ = name
	}
	a := w.do("POST", w.id+"/media", values("image_url", "https://x/a.jpg", "is_carousel_item", "true")).ID
	w.refuses(9007, 2207027, w.do("POST", w.id+"/media", values("media_type", "CAROUSEL", "children", a+","+a)))
	w.world.Clock.Advance(time.Minute)
	w.refuses(24, 2207008, w.do("POST", w.id+"/media_publish", values("creation_id", a)))
	require.NotEmpty(t, w.do("POST", w.id+"/media", values("media_type", "CAROUSEL", "children", a+","+a)).ID)
	require.Zero(t, w.world.Ledger.Counts("").Posts)
}

func TestLoginsDiffer(t *testing.T) {
	fb, ig := open(t, instagramtest.Options{}), open(t, instagramtest.Options{Login: instagramtest.Instagram})
	require.NotEmpty(t, fb.do("POST", fb.id+"/media", values("media_type", "REELS", "upload_type", "resumable")).URI)
	ig.refuses(100, 0, ig.do("POST", ig.id+"/media", values("media_type", "REELS", "upload_type", "resumable")))
	self := ig.do("GET", "me", values("fields", "id,user_id"))
	require.Equal(t, ig.id, self.UserID)
	require.NotEqual(t, ig.id, self.ID, "a trap")
	ig.refuses(100, 33, ig.do("GET", self.ID, nil))
	fb.refuses(100, 0, fb.do("GET", fb.id, values("fields", "id,user_id")))
	require.Equal(t, fb.Page("shop"), fb.do("GET", "me", values("fields", "id")).ID)
	ig.refuses(2500, 0, ig.do("GET", ig.id+"/tags", nil))
}

func TestLiesAndLedger(t *testing.T) {
	w := open(t, instagramtest.Options{})
	w.Answer(instagramtest.Publish, instagramtest.Answer{Code: 4, Subcode: 2207051, Public: true}, instagramtest.Answer{Code: 4, Subcode: 2207051})
	for want := range 2 {
		c := w.do("POST", w.id+"/media", values("image_url", "https://x/a.jpg", "caption", "x")).ID
		w.world.Clock.Advance(time.Minute)
		w.refuses(4, 2207051, w.do("POST", w.id+"/media_publish", values("creation_id", c)))
		require.Equal(t, []string{"PUBLISHED", "FINISHED"}[want], w.do("GET", c, values("fields", "status_code")).StatusCode)
		require.Equal(t, 1, w.world.Ledger.Counts("").Posts)
	}
	other, err := w.NewAccount("other")
	require.NoError(t, err)
	w.refuses(100, 33, w.do("GET", other.Channel.ID, nil))
	require.Len(t, w.Accounts(), 2)
	again, err := w.NewAccount("shop")
	require.NoError(t, err)
	require.Equal(t, w.token, again.Login["INSTAGRAM_TOKEN"])
	_, err = w.NewAccount("no such name")
	require.Error(t, err)
}
