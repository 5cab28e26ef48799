package mastodon_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image/color"
	"io"
	"log/slog"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/entity"
	"github.com/smmkit/smmkit/internal/contract/lexicon"
	"github.com/smmkit/smmkit/internal/contract/wire"
	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// version is what the simulator says it is.
const version = "4.5.2"

// sheet reads the documentation as data.
func sheet(t testing.TB) *entity.Sheet {
	t.Helper()
	entities, err := os.ReadFile("entities.json")
	require.NoError(t, err)
	methods, err := os.ReadFile("methods.json")
	require.NoError(t, err)
	s, err := entity.Parse(entities, methods)
	require.NoError(t, err)
	return s
}

// judge holds exchanges against the sheet.
type judge struct {
	sheet *entity.Sheet

	wrong   []string
	methods map[string]int // successful exchanges by key of the method
	failed  int            // errors seen
}

func newJudge(t testing.TB) *judge {
	t.Helper()
	s, err := sheet(t).At(version)
	require.NoError(t, err)
	return &judge{sheet: s, methods: make(map[string]int)}
}

func (j *judge) both(e wire.Exchange) {
	key := j.key(e)
	if p, err := params(e); err != nil {
		j.note([]entity.Problem{{Path: key, Text: err.Error()}})
	} else {
		j.note(j.sheet.Request(key, p))
	}
	j.answer(e)
}

// answer judges what came back, where the request is wrong on purpose.
func (j *judge) answer(e wire.Exchange) {
	key := j.key(e)
	v, err := lexicon.Decode(e.Got)
	switch {
	case err != nil && e.OK() && j.sheet.Methods[key].Returns == "":
	case err != nil:
		j.note([]entity.Problem{{Path: key, Text: err.Error()}})
		return
	case e.OK():
		j.note(j.sheet.Answer(key, v))
	default:
		j.failed++
		j.note(j.sheet.Value("Error", v))
	}
	if e.OK() {
		j.methods[key]++
	}
}

// key names the method of an exchange; one that the sheet does not have keeps
// its address, and is reported with it.
func (j *judge) key(e wire.Exchange) string {
	if k := j.sheet.Find(e.Request.Method, e.Request.URL.Path); k != "" {
		return k
	}
	return e.Request.Method + " " + e.Request.URL.Path
}

func (j *judge) note(found []entity.Problem) {
	for _, p := range found {
		if s := p.String(); !slices.Contains(j.wrong, s) {
			j.wrong = append(j.wrong, s)
		}
	}
}

// params reads the parameters of a request under their names in the form
// encoding, whichever way they were sent.
func params(e wire.Exchange) (url.Values, error) {
	out := e.Request.URL.Query()
	kind, args, _ := mime.ParseMediaType(e.Request.Header.Get("Content-Type"))
	switch kind {
	case "":
		return out, nil
	case "application/json":
		v, err := lexicon.Decode(e.Sent)
		if o, ok := v.(map[string]any); ok {
			for name, x := range o {
				flatten(out, name, x)
			}
		}
		return out, err
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(e.Sent))
		maps.Copy(out, form)
		return out, err
	}
	r := multipart.NewReader(bytes.NewReader(e.Sent), args["boundary"])
	for {
		part, err := r.NextPart()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" {
			b = []byte(part.FileName())
		}
		out.Add(part.FormName(), string(b))
	}
}

func flatten(into url.Values, name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			flatten(into, name+"["+k+"]", x)
		}
	case []any:
		for _, x := range v {
			flatten(into, name+"[]", x)
		}
	case string:
		into.Add(name, v)
	default:
		b, _ := json.Marshal(v)
		into.Add(name, string(b))
	}
}

// assets are the media that tests name.
var assets = fstest.MapFS{
	"red.png":    {Data: mediatest.PNG(64, 48, color.RGBA{R: 200, A: 255})},
	"blue.jpg":   {Data: mediatest.JPEG(80, 60, color.RGBA{B: 200, A: 255})},
	"moving.gif": {Data: mediatest.GIF(10, 10, 3, 100*time.Millisecond)},
	"clip.mp4":   {Data: mediatest.MP4(640, 360, 3*time.Second)},
}

const visitor = "bob"

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

// bench is a simulator whose every exchange is judged.
type bench struct {
	*mastodontest.Server
	t        testing.TB
	world    *sim.World
	judge    *judge
	recorder *wire.Recorder
	ops      *wire.Ops
	account  sim.Account
	other    sim.Account // by whose token things are done to the account
	channel  *smm.ChannelClient
	driver   *mastodon.Driver
	vendor   *mastodon.Client
	theirs   *mastodon.Client // of the other account, not judged
}

func open(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, world: sim.NewWorldAt(sim.NewClock(epoch, true)), judge: newJudge(t), ops: &wire.Ops{}}
	b.Server = mastodontest.NewServer(b.world, &mastodontest.Options{Version: version, Quotas: mastodontest.NoQuotas()})
	t.Cleanup(b.Close)
	plain := &http.Transport{}
	t.Cleanup(plain.CloseIdleConnections)
	b.recorder = &wire.Recorder{Next: plain, Judge: b.judge.both}
	var err error
	b.account, err = b.NewAccount("alice")
	require.NoError(t, err)
	b.other, err = b.NewAccount("carol")
	require.NoError(t, err)
	var ch smm.Channel
	b.driver, ch, err = mastodon.FromToken(t.Context(), b.URL(), b.account.Login["MASTODON_TOKEN"], &mastodon.Config{
		Clock: b.world.Clock, Media: smm.FSMedia(assets), Logger: slog.New(b.ops), HTTPClient: &http.Client{Transport: b.recorder},
	})
	require.NoError(t, err)
	c, err := smm.New([]smm.Driver{b.driver}, smm.WithClock(b.world.Clock), smm.WithMediaStore(smm.FSMedia(assets)))
	require.NoError(t, err)
	b.channel = c.Channel(ch.Ref)
	var ok bool
	b.vendor, ok = smm.As[*mastodon.Client](t.Context(), b.channel)
	require.True(t, ok)
	b.theirs, err = mastodon.NewClient(mastodon.ClientConfig{
		Server: b.URL(), Token: smm.NewSecret(b.other.Login["MASTODON_TOKEN"]), Clock: b.world.Clock, HTTPClient: &http.Client{Transport: plain},
	})
	require.NoError(t, err)
	return b
}

func drain[T any](_ T, err error) error { return err }

func ptr[T any](v T) *T { return &v }

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// wrongOn sends a request that is wrong on purpose; only its answer is judged.
func (b *bench) wrongOn(verb, path, token, contentType, body string) int {
	t := b.t
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), verb, b.URL()+path, strings.NewReader(body))
	require.NoError(t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	r := &wire.Recorder{Next: b.recorder.Next, Judge: b.judge.answer}
	resp, err := r.RoundTrip(req)
	require.NoError(t, err)
	_ = resp.Body.Close()
	return resp.StatusCode
}
