package oauth1_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/oauth1"
	"github.com/smmkit/smmkit/smm"
)

func parse(t testing.TB, header string) url.Values {
	t.Helper()
	list, ok := strings.CutPrefix(header, "OAuth ")
	require.True(t, ok)
	out := url.Values{}
	for part := range strings.SplitSeq(list, ", ") {
		name, value, _ := strings.Cut(part, "=")
		v, err := url.PathUnescape(strings.Trim(value, `"`))
		require.NoError(t, err)
		out.Add(name, v)
	}
	return out
}

// TestPublishedVectors: the examples of OAuth Core 1.0a, of RFC 5849 section 1.2
// and of the vendor's page "Creating a signature".
func TestPublishedVectors(t *testing.T) {
	rfcToken := &oauth1.Signer{ConsumerKey: "dpf43f3p2l4k3l03", ConsumerSecret: smm.NewSecret("kd94hf93k423kf44"), Token: smm.NewSecret("nnch734d00sl2jdk"), TokenSecret: smm.NewSecret("pfkkdhi9sl3r4s00")}
	vendor := &oauth1.Signer{
		ConsumerKey: "xvz1evFS4wEEPTGEFPHBog", ConsumerSecret: smm.NewSecret("kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw"),
		Token: smm.NewSecret("370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"), TokenSecret: smm.NewSecret("LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE"),
	}
	for _, tc := range []struct {
		name        string
		signer      *oauth1.Signer
		method, url string
		form        url.Values
		once        oauth1.Once
		signature   string
	}{
		{"OAuth Core 1.0a appendix A.5", rfcToken, "GET", "http://photos.example.net/photos?file=vacation.jpg&size=original", nil,
			oauth1.Once{Nonce: "kllo9940pd9333jh", At: time.Unix(1191242096, 0)}, "tR3+Ty81lMeYAr/Fid0kMTYa/WM="},
		{"resource", rfcToken, "GET", "http://photos.example.net/photos?file=vacation.jpg&size=original", nil,
			oauth1.Once{Nonce: "chapoH", At: time.Unix(137131202, 0), NoVersion: true}, "MdpQcU8iPSUjWoN/UDMsK2sui9I="},
		{"vendor's form", vendor, "POST", "https://api.twitter.com/1.1/statuses/update.json?include_entities=true", url.Values{"status": {"Hello Ladies + Gentlemen, a signed OAuth request!"}},
			oauth1.Once{Nonce: "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", At: time.Unix(1318622958, 0)}, "hCtSmYh+iHYCEqBWrE7C7hYmtUk="},
	} {
		u, err := url.Parse(tc.url)
		require.NoError(t, err)
		h, err := tc.signer.Header(tc.method, u, tc.form, tc.once)
		require.NoError(t, err)
		v := parse(t, h)
		require.Equal(t, tc.signature, v.Get("oauth_signature"), tc.name)
		require.Equal(t, "HMAC-SHA1", v.Get("oauth_signature_method"))
		require.Equal(t, tc.once.Nonce, v.Get("oauth_nonce"))
		require.Equal(t, !tc.once.NoVersion, v.Has("oauth_version"))
		require.NotContains(t, h, tc.signer.ConsumerSecret.Reveal())
	}
}

// TestNormalization: what RFC 5849 section 3.4.1 says of addresses and
// parameters, by its example, whose signature is computed from the base string
// that the RFC prints.
func TestNormalization(t *testing.T) {
	s := &oauth1.Signer{ConsumerKey: "9djdj82h48djs9d2", ConsumerSecret: smm.NewSecret("j49sk3j29djd"), Token: smm.NewSecret("kkk9d7dh3k39sjv7"), TokenSecret: smm.NewSecret("dh893hdasih9")}
	once := oauth1.Once{Nonce: "7d8f3e4a", At: time.Unix(137131201, 0), NoVersion: true}
	sign := func(method, raw string, form url.Values) string {
		u, err := url.Parse(raw)
		require.NoError(t, err)
		h, err := s.Header(method, u, form, once)
		require.NoError(t, err)
		return parse(t, h).Get("oauth_signature")
	}
	form := url.Values{"c2": {""}, "a3": {"2 q"}}
	want := sign("POST", "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", form)
	require.Equal(t, "r6/TJjbCOr97/+UU0NsvSne7s5g=", want)
	require.Equal(t, want, sign("post", "HTTP://EXAMPLE.com:80/request?a2=r+b&c%40=&a3=a&b5=%3D%253D#x", form), "order, case and the usual port do not matter")
	require.NotEqual(t, want, sign("POST", "http://example.com:8080/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", form))
	require.NotEqual(t, want, sign("POST", "https://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", form))
	require.NotEqual(t, want, sign("GET", "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", form))
	require.Equal(t, sign("GET", "https://example.com", nil), sign("GET", "https://example.com:443/", nil))
}

// TestAuthorize: as the credential of a client; every request has a nonce of its
// own, and nothing secret is sent.
func TestAuthorize(t *testing.T) {
	var seen []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		_, _ = w.Write([]byte(`{"data":{"id":"5","text":"x"}}`))
	}))
	defer srv.Close()
	s := &oauth1.Signer{ConsumerKey: "ck", ConsumerSecret: smm.NewSecret("hidden-cs"), Token: smm.NewSecret("7-token"), TokenSecret: smm.NewSecret("hidden-ts")}
	c, err := x.NewClient(x.ClientConfig{BaseURL: srv.URL, Auth: s, Account: "7"})
	require.NoError(t, err)
	for range 2 {
		_, err = c.Posts.Create(t.Context(), x.PostParams{Text: "Hello"})
		require.NoError(t, err)
	}
	first, second := parse(t, seen[0]), parse(t, seen[1])
	require.NotEqual(t, first.Get("oauth_nonce"), second.Get("oauth_nonce"))
	require.Equal(t, "7-token", first.Get("oauth_token"))
	require.NotContains(t, strings.Join(seen, ""), "hidden")

	form, err := http.NewRequest(http.MethodPost, srv.URL, strings.NewReader("a=b"))
	require.NoError(t, err)
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	require.ErrorIs(t, s.Authorize(t.Context(), form), smm.ErrInvalid)
	for _, broken := range []*oauth1.Signer{{}, {ConsumerKey: "ck"}, {ConsumerKey: "ck", ConsumerSecret: smm.NewSecret("x"), Token: smm.NewSecret("t")}} {
		c, err := x.NewClient(x.ClientConfig{BaseURL: srv.URL, Auth: broken, Account: "7"})
		require.NoError(t, err)
		_, err = c.Posts.Create(t.Context(), x.PostParams{Text: "Hello"})
		require.Error(t, err)
		require.NotContains(t, err.Error(), "hidden")
	}
	require.Len(t, seen, 2)
	bad, err := url.Parse("https://x.example/?a=%zz")
	require.NoError(t, err)
	_, err = s.Header("GET", bad, nil, oauth1.Once{})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

func FuzzHeader(f *testing.F) {
	f.Add("GET", "https://x.example/a?b=c", "n")
	f.Fuzz(func(t *testing.T, method, raw, nonce string) {
		u, err := url.Parse(raw)
		if err != nil {
			return
		}
		s := &oauth1.Signer{ConsumerKey: "ck", ConsumerSecret: smm.NewSecret("hidden-cs")}
		h, err := s.Header(method, u, nil, oauth1.Once{Nonce: nonce})
		if err == nil {
			require.NotContains(t, h, "\n")
			require.NotEmpty(t, parse(t, h).Get("oauth_signature"))
		}
	})
}
