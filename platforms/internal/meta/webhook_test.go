package meta_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm"
)

func hooks(secrets ...string) *meta.Hooks {
	h := &meta.Hooks{VerifyToken: smm.NewSecret("verify-me")}
	for _, s := range secrets {
		h.AppSecrets = append(h.AppSecrets, smm.NewSecret(s))
	}
	return h
}

func signed(value string) http.Header {
	h := http.Header{}
	h.Set(meta.HeaderSignature, value)
	return h
}

// fixtures are the deliveries of the sheets, with what is read of them.
var fixtures = []struct {
	body string
	want []meta.Event
}{
	{
		`{"object":"page","entry":[{"id":"PAGE","time":1767322800,"changes":[{"field":"feed","value":{"item":"comment","verb":"add","comment_id":"1_2"}},{"field":"ratings","value":{"x":1}}]}]}`,
		[]meta.Event{
			{Object: "page", Account: "PAGE", Kind: meta.EventChange, Field: "feed", Time: at(1767322800), Value: json.RawMessage(`{"item":"comment","verb":"add","comment_id":"1_2"}`)},
			{Object: "page", Account: "PAGE", Kind: meta.EventChange, Field: "ratings", Time: at(1767322800), Value: json.RawMessage(`{"x":1}`)},
		},
	},
	{
		`{"object":"instagram","entry":[{"id":178,"time":"1767322800","changes":[{"field":"comments","value":{"id":"C1"}}]},{"id":"179","messaging":[{"sender":{"id":"I"},"timestamp":1767322800001,"message_edit":{"mid":"m","num_edit":1}}]}]}`,
		[]meta.Event{
			{Object: "instagram", Account: "178", Kind: meta.EventChange, Field: "comments", Time: at(1767322800), Value: json.RawMessage(`{"id":"C1"}`)},
			{Object: "instagram", Account: "179", Kind: meta.EventMessaging, Field: "message_edit", Time: time.UnixMilli(1767322800001).UTC(), Value: json.RawMessage(`{"sender":{"id":"I"},"timestamp":1767322800001,"message_edit":{"mid":"m","num_edit":1}}`)},
		},
	},
	{
		`{"object":"page","entry":[{"id":"P","time":1767322800123,"messaging":[{"sender":{"id":"1"},"timestamp":5,"read":{"watermark":1}}],"standby":[{"sender":{"id":"1"},"message":{"mid":"m_1"}}]}]}`,
		[]meta.Event{
			{Object: "page", Account: "P", Kind: meta.EventMessaging, Field: "read", Time: at(5), Value: json.RawMessage(`{"sender":{"id":"1"},"timestamp":5,"read":{"watermark":1}}`)},
			{Object: "page", Account: "P", Kind: meta.EventStandby, Field: "message", Time: time.UnixMilli(1767322800123).UTC(), Value: json.RawMessage(`{"sender":{"id":"1"},"message":{"mid":"m_1"}}`)},
		},
	},
	{
		`{"object":"whatsapp_business_account","entry":[{"id":"W","changes":[{"field":"messages","value":{"messages":[{"id":"wamid"}]}}]}]}`,
		[]meta.Event{{Object: "whatsapp_business_account", Account: "W", Kind: meta.EventChange, Field: "messages", Value: json.RawMessage(`{"messages":[{"id":"wamid"}]}`)}},
	},
	{
		`{"app_id":"1","topic":"moderate","target_id":"78","time":1767322800,"subscription_id":"2","has_uid_field":false,"values":{"value":{"id":"890"},"field":"replies"}}`,
		[]meta.Event{{Object: "threads", Account: "78", Kind: meta.EventChange, Field: "replies", Time: at(1767322800), Value: json.RawMessage(`{"id":"890"}`)}},
	},
	{
		`{"topic":"moderate","target_id":78,"values":[{"value":{"id":"890"},"field":"replies"},{"value":{"id":"891"},"field":"mentions"}]}`,
		[]meta.Event{
			{Object: "threads", Account: "78", Kind: meta.EventChange, Field: "replies", Value: json.RawMessage(`{"id":"890"}`)},
			{Object: "threads", Account: "78", Kind: meta.EventChange, Field: "mentions", Value: json.RawMessage(`{"id":"891"}`)},
		},
	},
}

func at(n int64) time.Time { return time.Unix(n, 0).UTC() }

func decode(body []byte) (events []meta.Event, errs []error) {
	for e, err := range meta.DecodeEvents(body) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		events = append(events, e)
	}
	return events, errs
}

func TestDecodeEvents(t *testing.T) {
	for _, f := range fixtures {
		got, errs := decode([]byte(f.body))
		require.Empty(t, errs, f.body)
		for i := range got {
			require.NotEmpty(t, got[i].Key)
			got[i].Key = ""
		}
		require.Equal(t, f.want, got)
		for i := range f.body { // a body that broke off is an error, or a shorter one
			decode([]byte(f.body[:i]))
		}
	}
	for body, want := range map[string][2]int{ // events, errors
		"": {0, 1}, "x": {0, 1}, "null": {0, 1}, "[]": {0, 1}, "{}": {0, 1}, `{"entry":1}`: {0, 1}, `{"entry":[]}`: {0, 0}, `{"object":"page","entry":[null,1,{"id":""}]}`: {0, 3},
		`{"entry":[{"id":"1","changes":[{"field":"a","value":1},2,{"value":1},{"field":"b"},{"field":"c","value":[]}]}]}`: {2, 3},
		`{"entry":[{"id":"1","messaging":[1,{},{"sender":{"id":"1"}},{"sender":{},"odd":{"a":1}},{"odd":1}]}]}`:           {1, 4},
		strings.Repeat("[", 5000): {0, 1}, `{"values":1}`: {0, 1}, `{"values":[1,{"field":"a","value":1}]}`: {1, 1},
	} {
		events, errs := decode([]byte(body))
		require.Equal(t, want, [2]int{len(events), len(errs)}, body)
		for _, err := range errs {
			require.ErrorIs(t, err, smm.ErrInvalid)
		}
	}
	flood := `{"entry":[{"id":"1","changes":[` + strings.Repeat(`{"field":"a","value":1},`, 20_000) + `{"field":"a","value":1}]}]}`
	events, errs := decode([]byte(flood))
	require.Len(t, events, 10_000)
	require.Len(t, errs, 1)
	for range meta.DecodeEvents([]byte(fixtures[2].body)) {
		break // a reader may stop anywhere
	}
}

// TestKeys: what is the same update has the same key, and nothing else has.
func TestKeys(t *testing.T) {
	key := func(body string) string {
		events, errs := decode([]byte(body))
		require.Empty(t, errs, body)
		require.Len(t, events, 1)
		return events[0].Key
	}
	message := func(item string) string {
		return `{"object":"page","entry":[{"id":"P","time":1,"messaging":[` + item + `]}]}`
	}
	for _, same := range [][]string{
		{
			`{"object":"page","entry":[{"id":"P","time":1,"changes":[{"field":"feed","value":{"a":1,"b":"é/"}}]}]}`,
			`{"entry":[{"changes":[{"value":{ "b" : "\u00e9\/", "a" : 1 },"field":"feed"}],"time":99,"id":"P"}],"object":"page"}`,
		},
		{
			message(`{"sender":{"id":"1"},"timestamp":1,"message":{"mid":"m_1","attachments":[{"payload":{"url":"https://a?sig=1"}}]}}`),
			message(`{"sender":{"id":"1"},"timestamp":1,"message":{"mid":"m_1","attachments":[{"payload":{"url":"https://a?sig=2"}}]}}`),
		},
	} {
		require.Equal(t, key(same[0]), key(same[1]))
	}
	seen := map[string]string{}
	for _, body := range []string{
		message(`{"sender":{"id":"1"},"timestamp":1,"message":{"mid":"m_1"}}`),
		message(`{"sender":{"id":"1"},"timestamp":1,"message":{"mid":"m_2"}}`),
		message(`{"sender":{"id":"1"},"timestamp":1,"message":{"mid":"m_1","is_deleted":true}}`),
		message(`{"sender":{"id":"1"},"timestamp":1,"message":{"mid":"m_1","is_echo":true}}`),
		message(`{"sender":{"id":"1"},"timestamp":1,"message_edit":{"mid":"m_1","num_edit":1}}`),
		message(`{"sender":{"id":"1"},"timestamp":1,"message_edit":{"mid":"m_1","num_edit":2}}`),
		message(`{"sender":{"id":"1"},"timestamp":1,"reaction":{"mid":"m_1","action":"react"}}`),
		message(`{"sender":{"id":"1"},"timestamp":2,"reaction":{"mid":"m_1","action":"react"}}`),
		message(`{"sender":{"id":"2"},"timestamp":1,"reaction":{"mid":"m_1","action":"react"}}`),
		message(`{"sender":{"id":"1"},"timestamp":1,"read":{"watermark":1}}`),
		message(`{"sender":{"id":"1"},"timestamp":1,"read":{"watermark":2}}`),
		strings.Replace(message(`{"sender":{"id":"1"},"timestamp":1,"message":{"mid":"m_1"}}`), "messaging", "standby", 1),
		strings.Replace(message(`{"sender":{"id":"1"},"timestamp":1,"message":{"mid":"m_1"}}`), `"P"`, `"Q"`, 1),
		strings.Replace(message(`{"sender":{"id":"1"},"timestamp":1,"message":{"mid":"m_1"}}`), `page`, `instagram`, 1),
		`{"object":"page","entry":[{"id":"P","changes":[{"field":"a","value":{"id":9007199254740993}}]}]}`,
		`{"object":"page","entry":[{"id":"P","changes":[{"field":"a","value":{"id":9007199254740992}}]}]}`,
		`{"object":"page","entry":[{"id":"P","changes":[{"field":"b","value":{"id":9007199254740992}}]}]}`,
		`{"object":"page","entry":[{"id":"1P","changes":[{"field":"a","value":{}}]}]}`,
		`{"object":"page1","entry":[{"id":"P","changes":[{"field":"a","value":{}}]}]}`,
	} {
		k := key(body)
		require.Empty(t, seen[k], body)
		seen[k] = body
	}
}

// envelopes makes n updates, of which so many are told twice, and sends them in
// batches of up to 100.
func envelopes(t testing.TB, n, twice int) [][]byte {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(n), uint64(twice)))
	type change struct {
		Field string `json:"field"`
		Value any    `json:"value"`
	}
	type entry struct {
		ID      string   `json:"id"`
		Time    int      `json:"time"`
		Changes []change `json:"changes"`
	}
	var all []entry
	for i := range n {
		all = append(all, entry{fmt.Sprint("P", i%7), i, []change{{"feed", map[string]any{"comment_id": i, "message": fmt.Sprint("ü/", i)}}}})
	}
	for i := range twice {
		again := all[i]
		again.Time += 1000
		all = append(all, again)
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var out [][]byte
	for len(all) > 0 {
		size := min(1+r.IntN(100), len(all))
		b, err := json.Marshal(map[string]any{"object": "page", "entry": all[:size]})
		require.NoError(t, err)
		out, all = append(out, b), all[size:]
	}
	return out
}

// TestShuffledDeliveries: 1,000 updates of which half come twice, in any order and
// any batches, have the same 500 and more keys whichever way they come.
func TestShuffledDeliveries(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var want map[string]bool
	for round := range 20 {
		deliveries := envelopes(t, 1000, 500)
		r.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
		keys, events := map[string]bool{}, 0
		for _, d := range deliveries {
			for _, body := range [][]byte{d, d}[:1+r.IntN(2)] {
				got, errs := decode(body)
				require.Empty(t, errs)
				for _, e := range got {
					keys[e.Key] = true
					events++
				}
			}
		}
		require.GreaterOrEqual(t, events, 1500)
		require.Len(t, keys, 1000)
		if round == 0 {
			want = keys
		}
		require.Equal(t, want, keys)
	}
}

// TestDelivery: the simulator subscribes, delivers signed batches, and tries again
// after a failure; the host sees each update at least once and each key once.
func TestDelivery(t *testing.T) {
	b := open(t, nil)
	h := hooks(b.AppSecret())
	keys, bodies, broken := map[string]int{}, 0, true
	host := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.Handshake(w, r) {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || h.Verify(r.Header, body) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		events, errs := decode(body)
		require.Empty(t, errs)
		for _, e := range events {
			keys[e.Key]++
		}
		bodies++
		if broken {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	require.Error(t, b.Subscribe(host, "wrong"))
	require.NoError(t, b.Subscribe(host, "verify-me"))
	require.Zero(t, b.Deliver())
	for i := range 5 {
		b.Notify("page", b.page, "feed", map[string]any{"comment_id": i, "message": "grüße/😀"})
		b.NotifyItem("page", b.page, map[string]any{"sender": map[string]string{"id": "9"}, "message": map[string]string{"mid": fmt.Sprint("m_", i)}})
	}
	b.Notify("instagram", "1784", "comments", map[string]string{"id": "C"})
	require.Equal(t, 500, b.Deliver())
	broken = false
	require.Equal(t, 200, b.Deliver())
	require.Equal(t, 200, b.Redeliver())
	require.Len(t, keys, 11)
	require.Equal(t, 4, bodies)
	h.AppSecrets = nil
	require.Equal(t, 401, b.Redeliver())
}

// TestThreadsDelivery: Threads sends its updates one by one, in its own envelope.
func TestThreadsDelivery(t *testing.T) {
	b := open(t, func(o *metatest.Options) { o.Login = metatest.Threads })
	h := hooks(b.AppSecret())
	var got []meta.Event
	require.NoError(t, b.Subscribe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.Handshake(w, r) {
			return
		}
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.NoError(t, h.Verify(r.Header, body))
		events, errs := decode(body)
		require.Empty(t, errs)
		got = append(got, events...)
	}), "verify-me"))
	b.Notify("moderate", "78", "replies", map[string]string{"id": "1"})
	b.Notify("interaction", "78", "mentions", map[string]string{"id": "2"})
	require.Equal(t, 200, b.Deliver())
	require.Len(t, got, 2)
	require.Equal(t, "threads/78/mentions", got[1].Object+"/"+got[1].Account+"/"+got[1].Field)
	require.Equal(t, epoch, got[1].Time)
}
