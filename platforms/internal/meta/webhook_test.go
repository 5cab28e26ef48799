package meta_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta"
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

func TestHandshake(t *testing.T) {
	h := hooks("s")
	for query, want := range map[string]int{
		"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-me":                   200,
		"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-mE":                   403,
		"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=":                            403,
		"hub.mode=subscribe&hub.challenge=1158201444":                                              403,
		"hub.mode=unsubscribe&hub.challenge=1158201444&hub.verify_token=verify-me":                 403,
		"hub.mode=subscribe&hub.verify_token=verify-me":                                            403,
		"hub.mode=subscribe&hub.challenge=a%0ab&hub.verify_token=verify-me":                        403,
		"hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=verify-me":            403,
		"hub.mode=subscribe&hub.challenge=1&hub.verify_token=verify-me&hub.verify_token=x":         403,
		"hub.mode=subscribe&hub.verify_token=verify-me&hub.challenge=" + strings.Repeat("1", 1025): 403,
		"hub.mode=subscribe&hub.mode=x&hub.challenge=1&hub.verify_token=verify-me":                 403,
	} {
		w := httptest.NewRecorder()
		require.True(t, h.Handshake(w, httptest.NewRequest(http.MethodGet, "/hook?"+query, nil)), query)
		require.Equal(t, want, w.Code, query)
		require.Equal(t, want == 200, w.Body.String() == "1158201444", query)
		require.True(t, strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain"))
	}
	require.False(t, h.Handshake(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/hook", nil)))
	require.False(t, h.Handshake(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/hook?hub.mode=subscribe", nil)))
	w := httptest.NewRecorder()
	require.True(t, (&meta.Hooks{}).Handshake(w, httptest.NewRequest(http.MethodGet, "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=", nil)))
	require.Equal(t, 403, w.Code, "no token is no password")
}

func TestSignature(t *testing.T) {
	body := []byte(`{"object":"page"}`)
	// printf %s '{"object":"page"}' | openssl dgst -sha256 -hmac secret
	require.Equal(t, "sha256=c1456f83e15385a03562cbe2eaaa918ec5e06b4f170f909283a2781c7924e4d1", meta.Sign(smm.NewSecret("secret"), body))
	good := meta.Sign(smm.NewSecret("secret"), body)
	require.NoError(t, hooks("secret").Verify(signed(good), body))
	require.NoError(t, hooks("old", "secret").Verify(signed(good), body))
	require.NoError(t, hooks("secret", "new").Verify(signed(good), body))
	require.NoError(t, hooks("secret", "secret").Verify(signed(good), body))
	twice := signed(good)
	twice.Add(meta.HeaderSignature, good)
	for name, h := range map[string]http.Header{
		"none": {}, "empty": signed(""), "twice": twice, "upper case": signed("sha256=" + strings.ToUpper(good[7:])), "no prefix": signed(good[7:]),
		"sha1": signed("sha1=" + good[7:]), "short": signed(good[:70]), "long": signed(good + "0"), "space": signed(good + " "), "prefix alone": signed("sha256="),
	} {
		require.ErrorIs(t, hooks("secret").Verify(h, body), smm.ErrForbidden, name)
	}
	require.ErrorIs(t, hooks().Verify(signed(good), body), smm.ErrForbidden)
	require.ErrorIs(t, hooks("").Verify(signed(meta.Sign(smm.Secret{}, body)), body), smm.ErrForbidden, "an empty secret signs nothing")
}

// mutate changes a text in one of many ways, and reports whether it did.
func mutate(r *rand.Rand, s string) (string, bool) {
	b := []byte(s)
	switch i := r.IntN(len(b)); r.IntN(7) {
	case 0:
		b[i] ^= 1 << r.IntN(8)
	case 1:
		b = append(b[:i], b[i+1:]...)
	case 2:
		b = append(b[:i], append([]byte{byte(r.IntN(256))}, b[i:]...)...)
	case 3:
		j := r.IntN(len(b))
		b[i], b[j] = b[j], b[i]
	case 4:
		b = b[:i]
	case 5:
		b[i] = bytes.ToUpper(b[i : i+1])[0]
	case 6:
		b = append(b, " \r\n="[r.IntN(4)])
	}
	return string(b), string(b) != s
}

// TestForgeries: of 100,000 deliveries with a changed body, signature or both,
// none is accepted; nor of 100,000 signed requests.
func TestForgeries(t *testing.T) {
	r := rand.New(rand.NewPCG(20261126, 1))
	h := hooks("app-secret", "older-secret")
	body := string(envelopes(t, 5, 0)[0])
	good := meta.Sign(smm.NewSecret("app-secret"), []byte(body))
	request, err := meta.SignRequest(smm.NewSecret("app-secret"), "4711", epoch)
	require.NoError(t, err)
	tried, accepted := 0, 0
	for tried < 100_000 {
		b, sig, changed := body, good, false
		switch tried % 3 {
		case 0:
			b, changed = mutate(r, b)
		case 1:
			sig, changed = mutate(r, sig)
		case 2:
			b, changed = mutate(r, b)
			sig, _ = mutate(r, sig)
		}
		if !changed {
			continue
		}
		tried++
		if h.Verify(http.Header{meta.HeaderSignature: {sig}}, []byte(b)) == nil {
			accepted++
		}
	}
	require.Zero(t, accepted, "deliveries")
	for tried = 0; tried < 100_000; {
		s, changed := mutate(r, request)
		if !changed {
			continue
		}
		tried++
		if _, err := meta.ParseSignedRequest(s, smm.NewSecret("app-secret"), smm.NewSecret("older-secret")); err == nil {
			accepted++
		}
	}
	require.Zero(t, accepted, "signed requests")
	require.NoError(t, h.Verify(signed(good), []byte(body)))
}

func TestSignedRequest(t *testing.T) {
	secret := smm.NewSecret("app-secret")
	s, err := meta.SignRequest(secret, "4711", epoch)
	require.NoError(t, err)
	got, err := meta.ParseSignedRequest(s, smm.NewSecret("other"), secret)
	require.NoError(t, err)
	require.Equal(t, "4711", got.UserID)
	require.Equal(t, epoch, got.IssuedAt)
	for _, bad := range []string{"", ".", "a.b", s + "=", strings.Replace(s, ".", "..", 1), s + "\n", "x" + s, strings.Repeat("a", 20<<10)} {
		_, err := meta.ParseSignedRequest(bad, secret)
		require.ErrorIs(t, err, smm.ErrForbidden, bad)
	}
	_, err = meta.ParseSignedRequest(s)
	require.ErrorIs(t, err, smm.ErrForbidden)
	_, err = meta.ParseSignedRequest(s, smm.Secret{})
	require.ErrorIs(t, err, smm.ErrForbidden)
	_, err = meta.SignRequest(smm.Secret{}, "1", epoch)
	require.Error(t, err)

	b := open(t, nil)
	got, err = meta.ParseSignedRequest(b.SignedRequest("4712"), smm.NewSecret(b.AppSecret()))
	require.NoError(t, err)
	require.Equal(t, "4712", got.UserID)

	w := httptest.NewRecorder()
	require.NoError(t, meta.AnswerDeletion(w, "https://app.example/deletion?id=1&x=2", "code-1"))
	var answer struct {
		URL  string `json:"url"`
		Code string `json:"confirmation_code"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	require.Equal(t, "https://app.example/deletion?id=1&x=2", answer.URL)
	require.Equal(t, "code-1", answer.Code)
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
