package vcr

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const byHand = `interactions:
- request:
    method: POST
    url: https://api.example.com/v1/posts?b=2&a=1
    headers: {content-type: [application/json]}
    body: '{"text": "hello", "tags": ["x", {"k": 1}], "token": "whatever"}'
  response:
    code: 201
    headers: {content-type: [application/json]}
    body: '{"id": "1"}'
- request: {method: GET, url: "https://api.example.com/v1/posts/1"}
  response: {code: 404, body: first}
- request: {method: GET, url: "https://api.example.com/v1/posts/1"}
  response: {code: 200, body: second}
- request:
    method: POST
    url: https://api.example.com/v1/form
    headers: {Content-Type: [application/x-www-form-urlencoded]}
    body: b=2&a=1&client_secret=x
  response: {code: 204}
`

const documented = `{"source": "documentation", "link": "https://docs.example.com/posts", "date": "2026-11-01"}`

func cassetteFiles(t *testing.T, cassette, provenance string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c")
	if cassette != "" {
		require.NoError(t, os.WriteFile(path+".yaml", []byte(cassette), 0o600))
	}
	if provenance != "" {
		require.NoError(t, os.WriteFile(path+".provenance.json", []byte(provenance), 0o600))
	}
	return path
}

func do(t *testing.T, rt http.RoundTripper, method, url, contentType, body string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", contentType)
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return fmt.Sprintf("%d %s", resp.StatusCode, data), nil
}

const (
	postURL = "https://api.example.com/v1/posts?a=1&b=2"
	getURL  = "https://api.example.com/v1/posts/1"
	formURL = "https://api.example.com/v1/form"
	jsonCT  = "application/json"
	formCT  = "application/x-www-form-urlencoded"
)

func TestReplay(t *testing.T) {
	rec := Open(t, cassetteFiles(t, byHand, documented))
	steps := []struct{ method, url, ct, body, want string }{
		{"GET", getURL, "", "", "404 first"},
		{"POST", postURL, jsonCT, `{"token":"other","tags":["x",{"k":1}],"text":"hello"}`, `201 {"id": "1"}`},
		{"GET", getURL, "", "", "200 second"},
		{"POST", formURL, formCT, "client_secret=y&a=1&b=2", "204 "},
	}
	for _, s := range steps {
		got, err := do(t, rec, s.method, s.url, s.ct, s.body)
		require.NoError(t, err)
		require.Equal(t, s.want, got)
	}
}

func TestStrictMatching(t *testing.T) {
	tests := []struct{ name, method, url, ct, body, want string }{
		{"method", "PUT", postURL, jsonCT, `{"text":"hello","tags":["x",{"k":1}],"token":"x"}`, "method differs: recorded POST, now PUT"},
		{"path", "GET", "https://api.example.com/v1/posts/2", "", "", "path differs: recorded /v1/posts/1, now /v1/posts/2"},
		{"host", "GET", "https://api2.example.com/v1/posts/1", "", "", "server differs"},
		{"query value", "POST", "https://api.example.com/v1/posts?a=1&b=3", jsonCT, `{"text":"hello","tags":["x",{"k":1}],"token":"x"}`, `b: recorded ["2"], now ["3"]`},
		{"body value", "POST", postURL, jsonCT, `{"text":"bye","tags":["x",{"k":1}],"token":"x"}`, `at $.text: recorded "hello", now "bye"`},
		{"deep value", "POST", postURL, jsonCT, `{"text":"hello","tags":["x",{"k":2}],"token":"x"}`, `at $.tags[1].k: recorded 1, now 2`},
		{"missing field", "POST", postURL, jsonCT, `{"text":"hello","token":"x"}`, `at $.tags: recorded ["x",{"k":1}], now nothing`},
		{"number as string", "POST", postURL, jsonCT, `{"text":"hello","tags":["x",{"k":"1"}],"token":"x"}`, `at $.tags[1].k`},
		{"array order", "POST", postURL, jsonCT, `{"text":"hello","tags":[{"k":1},"x"],"token":"x"}`, `at $.tags[0]`},
		{"no body", "POST", postURL, jsonCT, "", "body differs at byte 0"},
		{"form value", "POST", formURL, formCT, "a=1&b=3&client_secret=x", "body differs at byte"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec, err := New(cassetteFiles(t, byHand, documented))
			require.NoError(t, err)
			_, err = do(t, rec, tt.method, tt.url, tt.ct, tt.body)
			var ue *UnmatchedError
			require.ErrorAs(t, err, &ue)
			require.Len(t, ue.Closest, 3)
			require.Contains(t, ue.Closest[0], tt.want)
			require.Contains(t, err.Error(), "has no answer for "+tt.method)
		})
	}
}

func TestUnmatchedIsRedacted(t *testing.T) {
	rec, err := New(cassetteFiles(t, byHand, documented))
	require.NoError(t, err)
	_, err = do(t, rec, "POST", "https://user:canary@api.example.com/v1/posts?access_token=canary&b=9", jsonCT, `{"password":"canary","text":"mail me at canary@canary.dev"}`)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "canary")
}

func TestUsedUpAndUnused(t *testing.T) {
	ft := &fakeT{TB: t}
	rec := Open(ft, cassetteFiles(t, byHand, documented))
	for range 2 {
		_, err := do(t, rec, "GET", getURL, "", "")
		require.NoError(t, err)
	}
	_, err := do(t, rec, "GET", getURL, "", "")
	require.ErrorContains(t, err, "used up")
	ft.cleanup()
	require.Len(t, ft.errs, 1)
	require.Contains(t, ft.errs[0], "never asked for: interaction 1, POST /v1/posts; interaction 4, POST /v1/form")
	require.NoError(t, rec.Stop())
	_, err = do(t, rec, "POST", formURL, formCT, "a=1&b=2&client_secret=x")
	require.ErrorContains(t, err, "stopped")
}

func TestMultipartBoundary(t *testing.T) {
	body := func(boundary, value, file string) (string, string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		require.NoError(t, w.SetBoundary(boundary))
		require.NoError(t, w.WriteField("caption", value))
		f, err := w.CreateFormFile("media", "a.png")
		require.NoError(t, err)
		_, err = f.Write([]byte(file))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return w.FormDataContentType(), b.String()
	}
	var s scrubber
	canonical := func(boundary, value, file string) string {
		ct, b := body(boundary, value, file)
		return s.requestBody(ct, []byte(b))
	}
	base := canonical("one", "hi", "\xff\x01")
	require.Equal(t, base, canonical("two", "hi", "\xff\x01"))
	require.NotEqual(t, base, canonical("one", "ho", "\xff\x01"))
	require.NotEqual(t, base, canonical("one", "hi", "\xff\x02"))
}

func TestProvenance(t *testing.T) {
	tests := []struct{ name, provenance, want string }{
		{"none", "", "has no provenance"},
		{"not JSON", "recorded", "provenance.json"},
		{"unknown field", `{"source":"documentation","link":"https://a.example/","date":"2026-01-01","x":1}`, "unknown field"},
		{"no source", `{"date":"2026-01-01"}`, "source must be"},
		{"no date", `{"source":"documentation","link":"https://a.example/"}`, "date"},
		{"no link", `{"source":"documentation","date":"2026-01-01"}`, "needs link"},
		{"documentation claims a server", `{"source":"documentation","link":"https://a.example/","date":"2026-01-01","server":"x"}`, "claim a recording"},
		{"recording without digest", `{"source":"recorded","server":"x","version":"1","date":"2026-01-01"}`, "sha256"},
		{"edited recording", `{"source":"recorded","server":"x","version":"1","date":"2026-01-01","sha256":"00"}`, "changed after it was recorded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(cassetteFiles(t, byHand, tt.provenance))
			require.ErrorContains(t, err, tt.want)
		})
	}
	_, err := New(cassetteFiles(t, "", documented))
	require.ErrorContains(t, err, "SMMKIT_RECORD=1")
	_, err = New(cassetteFiles(t, "interactions: []\n", documented))
	require.ErrorContains(t, err, "no interactions")
	_, err = New(cassetteFiles(t, "interactions:\n- request: {method: GET}\n", documented))
	require.ErrorContains(t, err, "interaction 1 needs")
	_, err = New(cassetteFiles(t, "\tnot yaml", documented))
	require.Error(t, err)
}

func TestRecordIsAskedFor(t *testing.T) {
	path := cassetteFiles(t, byHand, documented)
	_, err := New(path, Record(true))
	require.ErrorContains(t, err, "RecordedFrom")

	t.Setenv(RecordEnv, "1")
	rec, err := New(path)
	require.NoError(t, err)
	require.False(t, rec.Recording(), "a cassette without RecordedFrom must stay as it is")
	rec, err = New(path, RecordedFrom("s", "1"))
	require.NoError(t, err)
	require.True(t, rec.Recording())
	rec, err = New(path, RecordedFrom("s", "1"), Record(false))
	require.NoError(t, err)
	require.False(t, rec.Recording())

	t.Setenv(RecordEnv, "")
	rec, err = New(path+".yaml", RecordedFrom("s", "1"))
	require.NoError(t, err)
	require.False(t, rec.Recording())

	_, err = New(path, KeepHeaders("authorization"))
	require.ErrorContains(t, err, "never written")
	_, err = New(path, SecretValues("abc"))
	require.Error(t, err)
	_, err = New(path, RecordedFrom("", "1"))
	require.Error(t, err)
}

func FuzzRequestBody(f *testing.F) {
	f.Add(jsonCT, `{"a":1,"token":"canary"}`)
	f.Add(formCT, "a=1&password=canary")
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\ncanary\r\n--b--\r\n")
	f.Add("text/plain", "password=canary")
	f.Add("", "\xff\xfe")
	f.Fuzz(func(t *testing.T, ct, body string) {
		var s scrubber
		once := s.requestBody(ct, []byte(body))
		if again := s.requestBody(ct, []byte(once)); again != once {
			t.Fatalf("%q of type %q: canonical form is not stable:\n%q\n%q", body, ct, once, again)
		}
	})
}
