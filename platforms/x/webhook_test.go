package x_test

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
)

var consumerSecret = smm.NewSecret("consumer-secret-that-nobody-may-see")

const delivery = `{"data":{"event_uuid":"17","event_type":"post.create","tag":"shop","filter":{"user_id":"7","direction":"inbound"},"payload":{"id":"5","text":"Hello","author_id":"7"}}}`

// TestSignature is computed here by other means: openssl dgst -sha256 -hmac key
// -binary | base64 gives the same for these.
func TestSignature(t *testing.T) {
	require.Equal(t, "sha256=97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=", x.Sign(smm.NewSecret("key"), []byte("The quick brown fox jumps over the lazy dog")))
	sig := x.Sign(consumerSecret, []byte(delivery))
	require.NoError(t, x.VerifySignature(consumerSecret, sig, []byte(delivery)))
	for name, header := range map[string]string{
		"none": "", "prefix alone": "sha256=", "no prefix": strings.TrimPrefix(sig, "sha256="), "other prefix": "sha512=" + sig[7:], "capital": "SHA256=" + sig[7:],
		"space": " " + sig, "newline": sig + "\n", "twice": sig + "," + sig, "no padding": strings.TrimRight(sig, "="), "sha1": x.Sign(smm.NewSecret("x"), []byte(delivery)),
	} {
		require.ErrorIs(t, x.VerifySignature(consumerSecret, header, []byte(delivery)), smm.ErrUnauthorized, name)
	}
	require.ErrorIs(t, x.VerifySignature(smm.Secret{}, x.Sign(smm.Secret{}, []byte(delivery)), []byte(delivery)), smm.ErrInvalid, "an empty secret lets everybody sign")
	err := x.VerifySignature(consumerSecret, "x", nil)
	require.NotContains(t, err.Error(), "nobody-may-see")
}

// TestMutatedDeliveries: of 100,000 bodies and signatures with one change none
// passes; those that stand for the same bytes are not the same signature.
func TestMutatedDeliveries(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	sig, body := x.Sign(consumerSecret, []byte(delivery)), []byte(delivery)
	accepted, made := 0, 0
	for made < 100_000 {
		h, b := []byte(sig), append([]byte(nil), body...)
		target := &b
		if made%2 == 0 {
			target = &h
		}
		i := r.IntN(len(*target))
		switch r.IntN(3) {
		case 0:
			(*target)[i] ^= 1 << r.IntN(8)
		case 1:
			*target = append((*target)[:i], (*target)[i+1:]...)
		default:
			*target = append((*target)[:i], append([]byte{byte(r.IntN(256))}, (*target)[i:]...)...)
		}
		if string(h) == sig && string(b) == delivery {
			continue
		}
		made++
		if x.VerifySignature(consumerSecret, string(h), b) == nil {
			accepted++
		}
	}
	require.Zero(t, accepted)

	// The last character before the padding has two bits that no byte uses.
	raw, err := base64.StdEncoding.DecodeString(sig[7:])
	require.NoError(t, err)
	same := 0
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		twin := sig[:len(sig)-2] + string(c) + "="
		if got, err := base64.StdEncoding.DecodeString(twin[7:]); err == nil && string(got) == string(raw) && twin != sig {
			same++
			require.Error(t, x.VerifySignature(consumerSecret, twin, body))
		}
	}
	require.Equal(t, 3, same)
}

func TestAnswerCRC(t *testing.T) {
	got, err := x.AnswerCRC(smm.NewSecret("key"), "The quick brown fox jumps over the lazy dog")
	require.NoError(t, err)
	require.JSONEq(t, `{"response_token":"sha256=97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="}`, string(got))
	for _, token := range []string{"", strings.Repeat("x", 513), delivery, " [1]"} {
		_, err := x.AnswerCRC(consumerSecret, token)
		require.ErrorIs(t, err, smm.ErrInvalid, "who asks must not get a delivery signed: %s", token)
	}
	_, err = x.AnswerCRC(smm.Secret{}, "x")
	require.ErrorIs(t, err, smm.ErrInvalid)
}

func TestParseActivity(t *testing.T) {
	events := func(body string) []x.ActivityEvent {
		t.Helper()
		out, err := x.ParseActivity([]byte(body))
		require.NoError(t, err, body)
		return out
	}
	e := events(delivery)[0]
	require.Equal(t, []string{"17", "post.create", "shop", "7", "inbound"}, []string{e.ID.String(), e.Type, e.Tag, e.Filter.UserID.String(), e.Filter.Direction})
	require.Equal(t, "Hello", e.Post.Text)
	require.Equal(t, x.ID("6"), events(`{"data":{"event_type":"post.delete","payload":{"id":"6","author_id":"7"}}}`)[0].Deleted.ID)
	e = events(`{"data":{"event_type":"follow.follow","payload":{"source":{"id":"8"},"target":{"id":"7"}}}}`)[0]
	require.Equal(t, []x.ID{"8", "7"}, []x.ID{e.Source.ID, e.Target.ID})
	e = events(`{"data":{"event_type":"profile.update.bio","payload":{"before":"a","after":"b"}}}`)[0]
	require.Equal(t, &x.Change{Before: "a", After: "b"}, e.Change)
	e = events(`{"data":{"event_type":"dm.received","payload":{"id":"3","text":"Hi","sender_id":"8"},"includes":{"users":[{"id":"8","name":"Shop"}]}}}`)[0]
	require.Equal(t, "Hi", e.Message.Text)
	require.Equal(t, "Shop", e.Includes.User("8").Name)
	require.Len(t, events(`{"data":[{"event_type":"like.create"},{"event_type":"mute.mute"}]}`), 2)

	for _, body := range []string{ // new or broken payloads are events all the same
		`{"data":{"event_type":"space.paint","payload":{"colour":"red"}}}`, `{"data":{"event_type":"post.create","payload":[1]}}`, `{"data":{"event_type":"post.create","payload":{"text":"no id"}}}`,
		`{"data":{"event_type":"dm.read","payload":"x"}}`, `{"data":{"event_type":"follow.follow","payload":7}}`, `{"data":{"event_type":"post.delete","payload":{}}}`,
	} {
		e := events(body)[0]
		require.Nil(t, e.Post)
		require.Nil(t, e.Message)
		require.Nil(t, e.Deleted)
		require.True(t, json.Valid(e.Payload))
	}
	require.Nil(t, events(`{"data":{"event_type":"like.create","payload":null,"filter":7,"includes":"x","tag":{},"event_uuid":[]}}`)[0].Payload)
	for _, body := range []string{"", "null", "[]", "{}", `{"data":{}}`, `{"data":[1]}`, `{"data":{"event_type":""}}`, `{"data":{"event_type":5}}`, "<html>", `{"data":`, `{"data":{"event_type":"post.create"}}x`,
		`{"data":` + strings.Repeat("[", 5000), `{"data":{"event_type":"post.create","tag":"` + strings.Repeat("x", 1<<20) + `"}}`} {
		_, err := x.ParseActivity([]byte(body))
		require.ErrorIs(t, err, smm.ErrInvalid)
	}
}

func FuzzVerifySignature(f *testing.F) {
	sig := x.Sign(consumerSecret, []byte(delivery))
	f.Add(sig, []byte(delivery))
	f.Add("", []byte(nil))
	f.Add("sha256=", []byte("{}"))
	f.Add(sig+"=", []byte(delivery))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		err := x.VerifySignature(consumerSecret, header, body)
		require.Equal(t, header == x.Sign(consumerSecret, body), err == nil)
		token, cerr := x.AnswerCRC(consumerSecret, string(body))
		if cerr == nil { // an answer to a check is no signature of a delivery
			_, perr := x.ParseActivity(body)
			require.Error(t, perr)
			require.True(t, json.Valid(token))
		}
	})
}

func FuzzParseActivity(f *testing.F) {
	for _, s := range []string{delivery, `{"data":[{"event_type":"post.delete","payload":{"id":1}}]}`, `{"data":{"event_type":"dm.sent","payload":{"id":"3","referenced_tweets":[]}}}`, `{"data":{"event_type":"follow.follow","payload":{"source":null}}}`, `null`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := x.ParseActivity(body)
		if err != nil {
			require.ErrorIs(t, err, smm.ErrInvalid)
			return
		}
		for _, e := range events {
			require.NotEmpty(t, e.Type)
			require.True(t, e.Payload == nil || json.Valid(e.Payload))
			require.True(t, e.Post == nil || e.Post.ID != "")
			require.True(t, e.Message == nil || e.Message.ID != "")
		}
	})
}
