package main

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/examples/internal/localweb"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
	"github.com/smmkit/smmkit/smm/mediahost"
	"github.com/smmkit/smmkit/smm/sim"
)

func startWeb(t *testing.T) *localweb.Web {
	t.Helper()
	w, err := localweb.Start(t.Context(), localweb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

// clients logs in to every account as a host does, over real sockets.
func clients(t *testing.T, w *localweb.Web) (client *smm.Client, channels []smm.Ref) {
	t.Helper()
	host, files := picture(t)
	var drivers []smm.Driver
	for _, a := range w.Doc().Accounts {
		var d smm.Driver
		var c smm.Channel
		var err error
		ctx, v := t.Context(), a.Login
		switch a.Platform {
		case "bluesky":
			d, c, err = bluesky.FromAppPassword(ctx, v["BLUESKY_SERVER"], v["BLUESKY_IDENTIFIER"], v["BLUESKY_APP_PASSWORD"])
		case "facebook":
			d, c, err = facebook.FromToken(ctx, v["FACEBOOK_TOKEN"], &facebook.Config{BaseURL: v["FACEBOOK_SERVER"], UploadURL: v["FACEBOOK_SERVER"]})
		case "instagram":
			s := v["INSTAGRAM_SERVER"]
			d, c, err = instagram.FromToken(ctx, v["INSTAGRAM_TOKEN"], &instagram.Config{
				Hosts: instagram.Hosts{Facebook: s, Instagram: s, Uploads: s}, MediaHost: host,
			})
		case "mastodon":
			d, c, err = mastodon.FromToken(ctx, v["MASTODON_SERVER"], v["MASTODON_TOKEN"], nil)
		case "threads":
			d, c, err = threads.FromToken(ctx, v["THREADS_TOKEN"], &threads.Config{Host: v["THREADS_SERVER"]})
		case "x":
			d, c, err = x.FromToken(ctx, v["X_ACCESS_TOKEN"], &x.Config{BaseURL: v["X_SERVER"]})
		default:
			require.FailNow(t, "no client for the platform", a.Platform)
		}
		require.NoError(t, err)
		require.Equal(t, a.Channel, c.Ref, "the document names the channel as the client does")
		drivers, channels = append(drivers, d), append(channels, c.Ref)
	}
	client, err := smm.New(drivers, smm.WithMediaStore(files))
	require.NoError(t, err)
	return client, channels
}

// picture serves a small picture, for the platform that has no posts without.
func picture(t *testing.T) (smm.MediaHost, smm.MediaStore) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 64)), nil))
	files := smm.FSMedia(fstest.MapFS{"grey.jpg": {Data: b.Bytes()}})
	server := httptest.NewUnstartedServer(nil)
	host, err := mediahost.New(mediahost.Config{
		Store: files, BaseURL: "http://" + server.Listener.Addr().String(), Key: smm.NewSecret("of no worth to anybody"),
	})
	require.NoError(t, err)
	server.Config.Handler = host
	server.Start()
	t.Cleanup(server.Close)
	return host, files
}

func publish(t *testing.T, client *smm.Client, channels []smm.Ref, text string) {
	t.Helper()
	post := smm.Post{Text: text, Variants: map[smm.Platform]smm.Variant{"instagram": {Media: []smm.Media{{Name: "grey.jpg", AltText: "Grey"}}}}}
	results, err := client.Publish(t.Context(), &post, channels, &smm.PublishOptions{Wait: time.Minute})
	require.NoError(t, err)
	for _, r := range results {
		require.NoError(t, r.Err)
	}
}

// TestBrowserPostAppears publishes through the real clients while the page is
// open.
func TestBrowserPostAppears(t *testing.T) {
	b, w := openTab(t), startWeb(t)
	client, channels := clients(t, w)
	b.open(w)
	require.Equal(t, 0, evaluate[int](b, `document.querySelectorAll("article").length`))

	publish(t, client, channels, "Fresh from the roastery")
	for _, c := range channels {
		p := string(c.Platform)
		b.until(`[...document.querySelectorAll('.platform[data-platform="` + p + `"] article .text')].some(e => e.textContent === "Fresh from the roastery")`)
	}
	b.until(`/new items? in the timelines/.test(document.querySelector("#news").textContent)`)
	b.until(`document.querySelector(".counters tbody tr td").textContent === "6"`)
	require.Equal(t, sim.Counts{Posts: 6}, w.World().Ledger.Counts(""))
}

// TestBrowserCommentReachesInbox answers a post through the page's form.
func TestBrowserCommentReachesInbox(t *testing.T) {
	b, w := openTab(t), startWeb(t)
	client, channels := clients(t, w)
	publish(t, client, channels, "Ask us anything")
	in, err := inbox.New(inbox.NewMemoryStore())
	require.NoError(t, err)
	_, err = in.Sync(t.Context(), client, channels, nil)
	require.NoError(t, err)

	for n, channel := range channels {
		t.Run(string(channel.Platform), func(t *testing.T) {
			b := b.in(t)
			b.open(w)
			text := "Is it open on " + string(channel.Platform) + "?"
			b.follow(`.platform[data-platform="` + string(channel.Platform) + `"] .posts > li > article .actions a`)
			b.until(`document.querySelector("#comment-to").selectedOptions[0].textContent.startsWith("Answer lighthouse")`)
			b.do(
				chromedp.SetValue(css(`#comment-handle`), "mara"),
				chromedp.SendKeys(css(`#comment-text`), text),
			)
			b.follow(`form[action="/page/comment"] button`)
			b.until(`document.activeElement.classList.contains("notice") && document.activeElement.textContent.startsWith("Published.")`)
			b.until(`[...document.querySelectorAll(".answers .text")].some(e => e.textContent === ` + quote(text) + `)`)

			results, err := in.Sync(t.Context(), client, channels, nil)
			require.NoError(t, err)
			require.Equal(t, 1, results[n].New)
			var got []string
			for c, err := range in.Store().List(t.Context(), "", inbox.Query{Channels: []smm.Ref{channel}, Unanswered: true}) {
				require.NoError(t, err)
				for i, err := range in.Store().Items(t.Context(), "", channel, c.Ref) {
					require.NoError(t, err)
					if !i.Message.Own {
						got = append(got, strings.TrimPrefix(string(i.Message.Text), "@lighthouse ")) // X names whom it answers
					}
				}
			}
			require.Contains(t, got, text)
		})
	}
}

// TestBrowserMessage sends a private message through the page's form.
func TestBrowserMessage(t *testing.T) {
	b, w := openTab(t), startWeb(t)
	client, channels := clients(t, w)
	for n, channel := range channels {
		if channel.Platform == "threads" {
			continue // has no messages that programs can read, and is no choice in the form
		}
		b.open(w)
		b.do(
			chromedp.SetValue(css(`#message-to`), string(channel.Platform)+"|"+w.Doc().Accounts[n].Handle),
			chromedp.SendKeys(css(`#message-text`), "Do you deliver?"),
		)
		b.follow(`form[action="/page/message"] button`)
		b.until(`document.querySelector(".notice")?.textContent.startsWith("Sent.")`)
		found := false
		for c, err := range client.Channel(channel).Conversations(nil).All(t.Context()) {
			require.NoError(t, err)
			found = found || c.Last != nil && c.Last.Text == "Do you deliver?"
		}
		require.True(t, found, channel)
	}
}

// TestBrowserFaultForm puts a fault in force, sees it, meets it, and takes
// another away.
func TestBrowserFaultForm(t *testing.T) {
	b, w := openTab(t), startWeb(t)
	client, channels := clients(t, w)
	b.open(w)
	b.do(
		chromedp.SetValue(css(`#fault-kind`), "drop-reply"),
		chromedp.SetValue(css(`#fault-platform`), "mastodon"),
	)
	b.follow(`form[action="/page/fault"] button`)
	b.until(`document.querySelector(".notice")?.textContent === "The fault is in force."`)
	b.until(`document.querySelector(".faults").textContent.includes("commit requests on Mastodon")`)

	publish(t, client, channels, "The reply to this one is lost")
	b.until(`document.querySelector("#live-faults").textContent.includes("None in force.")`)
	require.Equal(t, 1, w.World().Faults.Hits())
	require.Equal(t, sim.Counts{Posts: len(channels)}, w.World().Ledger.Counts(""), "one each, in spite of the fault")

	w.World().Faults.Add(sim.Fault{Kind: sim.Slow, Times: -1})
	b.until(`document.querySelector(".faults")`)
	b.follow(`.faults button`)
	b.until(`document.querySelector(".notice")?.textContent === "The fault is no longer in force."`)
	require.Empty(t, w.World().Faults.Active())
}

// TestBrowserRefreshDisturbsNobody changes the world while a visitor types.
func TestBrowserRefreshDisturbsNobody(t *testing.T) {
	b, w := openTab(t), startWeb(t)
	s := w.Server("mastodon")
	post := func(text string) smm.Ref {
		ref, err := s.VisitorPosts(t.Context(), "ines", "", text)
		require.NoError(t, err)
		return ref
	}
	first := post("first")
	_, err := s.VisitorWrites(t.Context(), "ines", "lighthouse", "between us")
	require.NoError(t, err)
	b.open(w)
	b.until(`document.querySelector("#messages")`)
	b.do(
		chromedp.Click(css(`#messages summary`)),
		chromedp.SetValue(css(`#comment-to`), "mastodon|"+first.ID),
		chromedp.SendKeys(css(`#comment-text`), "half a sen"),
	)
	post("second")
	b.until(`document.querySelectorAll("article").length === 2`)
	b.until(`document.querySelectorAll("#comment-to optgroup[label=Mastodon] option").length === 3`)
	b.do(chromedp.KeyEvent("tence"))
	require.Equal(t, "half a sentence", evaluate[string](b, `document.querySelector("#comment-text").value`))
	require.Equal(t, "mastodon|"+first.ID, evaluate[string](b, `document.querySelector("#comment-to").value`))
	require.True(t, evaluate[bool](b, `document.querySelector("#messages").open`))

	link := evaluate[string](b, `(() => { const a = document.querySelector(".posts li:last-child .actions a"); a.focus(); return a.id })()`)
	post("third")
	b.until(`document.querySelectorAll("article").length === 3`)
	require.Equal(t, link, evaluate[string](b, `document.activeElement.id`), "the keyboard's place")
}

// TestBrowserWithoutJavaScript does with forms alone what the page offers.
func TestBrowserWithoutJavaScript(t *testing.T) {
	b, w := openTab(t), startWeb(t)
	b.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return chromedp.Void{}, err
	})
	b.do(
		chromedp.Navigate(w.URL()),
		chromedp.SendKeys(css(`#comment-text`), "typed by hand"),
		chromedp.Click(css(`form[action="/page/comment"] button`)),
		chromedp.WaitVisible(css(`#comment + .notice`)),
		chromedp.WaitVisible(css(`article .text`)),
		chromedp.Click(css(`button[value="1h"]`)),
		chromedp.WaitVisible(css(`#clock + .notice`)),
	)
	items := w.World().Ledger.Items()
	require.Len(t, items, 1)
	require.Equal(t, "typed by hand", items[0].Text)
	require.Greater(t, time.Until(w.World().Clock.Now()), 59*time.Minute)
	text, err := chromedp.Run(b.ctx, chromedp.Text(css(`#connection`)))
	require.NoError(t, err)
	require.Equal(t, "Reload the page to see what is new.", text)
}

// TestBrowserHostileText shows that what visitors write stays text. The
// console, where a blocked script would show, must stay empty as well.
func TestBrowserHostileText(t *testing.T) {
	b, w := openTab(t), startWeb(t)
	const evil = `"><script>window.owned = 1</script><img src=x onerror="window.owned = 2"><style>body{display:none}</style>`
	for p := range w.Doc().Platforms {
		_, err := w.Server(p).VisitorPosts(t.Context(), "mallory", "", evil)
		require.NoError(t, err)
	}
	b.open(w)
	require.Equal(t, len(platforms), evaluate[int](b, `[...document.querySelectorAll("article .text")].filter(e => e.textContent === `+quote(evil)+`).length`))
	_, err := w.Server("mastodon").VisitorPosts(t.Context(), "mallory", "", evil+" again")
	require.NoError(t, err)
	b.until(`document.querySelectorAll("article").length === ` + strconv.Itoa(len(platforms)+1))
	require.True(t, evaluate[bool](b, `window.owned === undefined && document.querySelectorAll("article img, article script, article style").length === 0`))
}
