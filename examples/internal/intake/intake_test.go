package intake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// source is a platform that sends webhooks.
type source struct {
	driver interface {
		smm.Driver
		smm.WebhookReceiver
	}
	frame string // of a delivery, around its events
	event func(n int) string
	sign  func(body []byte) http.Header
}

const (
	events = 1_000
	batch  = 1_000
	secret = "the secret of the app"
)

// sources are all platforms with webhooks. Of every number there is one message,
// or what took it away again.
func sources(t *testing.T) map[string]source {
	t.Helper()
	key, store := smm.NewSecret(secret), smm.NewMemoryCredentials()
	fb, err := facebook.New(facebook.Config{Credentials: store, Webhooks: facebook.Webhooks{AppSecrets: []smm.Secret{key}}})
	require.NoError(t, err)
	ig, err := instagram.New(instagram.Config{Credentials: store, Webhooks: instagram.Webhooks{AppSecrets: []smm.Secret{key}}})
	require.NoError(t, err)
	th, err := threads.New(threads.Config{Credentials: store, Webhooks: threads.Webhooks{AppSecrets: []smm.Secret{key}}})
	require.NoError(t, err)
	tw, err := x.New(x.Config{Credentials: store, Webhooks: x.Webhooks{ConsumerSecrets: []smm.Secret{key}}})
	require.NoError(t, err)
	return map[string]source{
		"facebook": {fb, `{"object":"page","entry":[%s]}`, func(n int) string {
			verb, of := "add", n
			if n%10 == 0 {
				verb, of = "remove", n-1 // the comment before it is taken away
			}
			return fmt.Sprintf(`{"id":"10","time":%d,"changes":[{"field":"feed","value":{"item":"comment","verb":%q,"comment_id":"1_%d","post_id":"10_%d",`+
				`"from":{"id":"9","name":"Vera"},"message":"number %d","created_time":%d}}]}`, 1767322800+n, verb, of, of%37, of, 1767322800+of)
		}, func(b []byte) http.Header { return facebook.SignWebhook(key, b) }},
		"instagram": {ig, `{"object":"instagram","entry":[%s]}`, func(n int) string {
			return fmt.Sprintf(`{"id":"178","time":%d,"changes":[{"field":"comments","value":{"id":"17%d","text":"number %d","from":{"id":"9","username":"vera"},`+
				`"media":{"id":"5%d","media_product_type":"FEED"}}}]}`, 1767322800+n, n, n, n%40)
		}, func(b []byte) http.Header { return instagram.SignWebhook(key, b) }},
		"threads": {th, `{"app_id":"1","topic":"moderate","target_id":"78","time":1767322800,"subscription_id":"2","has_uid_field":false,"values":[%s]}`, func(n int) string {
			return fmt.Sprintf(`{"field":"replies","value":{"id":"890%d","username":"bob","text":"number %d","media_type":"TEXT_POST","replied_to":{"id":"5%d"},`+
				`"root_post":{"id":"5%d","owner_id":"1","username":"me"},"timestamp":"2026-01-02T03:04:05+0000"}}`, n, n, n%40, n%40)
		}, func(b []byte) http.Header { return threads.SignWebhook(key, b) }},
		"x": {tw, `{"data":[%s]}`, func(n int) string {
			return fmt.Sprintf(`{"event_uuid":"u-%d","event_type":"dm.received","filter":{"user_id":"7"},"payload":{"id":"3%d","text":"number %d","event_type":"MessageCreate",`+
				`"dm_conversation_id":"7-8%d","sender_id":"8%d","created_at":"2026-11-02T09:00:05.000Z"}}`, n, n, n, n%40, n%40)
		}, func(b []byte) http.Header { return x.SignWebhook(key, b) }},
	}
}

// desk is an inbox behind the callback of one platform.
type desk struct {
	t     *testing.T
	src   source
	store inbox.Store
	in    http.Handler
}

func open(t *testing.T, src source) *desk {
	t.Helper()
	d := &desk{t: t, src: src, store: inbox.NewMemoryStore()}
	in, err := inbox.New(d.store)
	require.NoError(t, err)
	d.in = in.Webhook(src.driver, nil)
	return d
}

func (d *desk) send(header http.Header, body []byte) int {
	r := httptest.NewRequestWithContext(d.t.Context(), http.MethodPost, "/webhook", bytes.NewReader(body))
	r.Header = header
	w := httptest.NewRecorder()
	d.in.ServeHTTP(w, r)
	return w.Code
}

func (d *desk) tell(numbers ...int) {
	d.t.Helper()
	var list []string
	for _, n := range numbers {
		list = append(list, d.src.event(n))
	}
	body := fmt.Appendf(nil, d.src.frame, strings.Join(list, ","))
	require.Equal(d.t, http.StatusOK, d.send(d.src.sign(body), body))
}

// state is everything that the inbox holds, and how many messages.
func (d *desk) state() (string, int) {
	d.t.Helper()
	var b strings.Builder
	n := 0
	for c, err := range d.store.List(d.t.Context(), "", inbox.Query{}) {
		require.NoError(d.t, err)
		line, err := json.Marshal(c)
		require.NoError(d.t, err)
		fmt.Fprintf(&b, "%s\n", line)
		for it, err := range d.store.Items(d.t.Context(), "", c.Channel, c.Ref) {
			require.NoError(d.t, err)
			line, err := json.Marshal(it)
			require.NoError(d.t, err)
			fmt.Fprintf(&b, "\t%s\n", line)
			n++
		}
	}
	return b.String(), n
}

// TestInboxIsTheSame: told one by one, or shuffled in batches of 1,000 of which
// half was told before, each of them twice, and with forgeries between.
func TestInboxIsTheSame(t *testing.T) {
	begun := time.Now()
	for name, src := range sources(t) {
		t.Run(name, func(t *testing.T) {
			plain, wild := open(t, src), open(t, src)
			all := make([]int, events)
			for i := range all {
				all[i] = i + 1
				plain.tell(i + 1)
			}
			want, n := plain.state()
			require.GreaterOrEqual(t, n, events*9/10)
			rng := rand.New(rand.NewPCG(1, 2))
			shuffle := func(list []int) {
				rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			}
			shuffle(all)
			const fresh = batch / 2
			for at := 0; at < events; at += fresh {
				list := append([]int(nil), all[at:at+fresh]...)
				for range fresh {
					list = append(list, all[rng.IntN(at+fresh)])
				}
				shuffle(list)
				wild.tell(list...)
				forged := fmt.Appendf(nil, src.frame, src.event(events+at+1))
				require.Equal(t, http.StatusUnauthorized, wild.send(src.sign([]byte("another body")), forged))
				wild.tell(list...)
			}
			got, _ := wild.state()
			require.Equal(t, want, got)
		})
	}
	t.Logf("%s", time.Since(begun).Round(time.Millisecond))
}
