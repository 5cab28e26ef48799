// Package metafuzz has the fuzz targets that the drivers of one vendor share.
package metafuzz

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Receiver is a driver that checks webhooks.
type Receiver interface {
	VerifyWebhook(header http.Header, body []byte, now time.Time) error
}

// FuzzSignatures fuzzes a driver that knows one secret: one header is right for a
// body, and no other.
func FuzzSignatures(f *testing.F, d Receiver, sign func(body []byte) http.Header) {
	f.Helper()
	of := func(body []byte) string { return sign(body).Get(meta.HeaderSignature) }
	f.Add(of([]byte(`{"object":"page"}`)), []byte(`{"object":"page"}`))
	f.Add(strings.ToUpper(of(nil)), []byte(nil))
	f.Add("sha256=", []byte("{}"))
	f.Add("sha1="+of(nil)[7:47], []byte(nil))
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		err := d.VerifyWebhook(http.Header{meta.HeaderSignature: {header}}, body, now)
		if right := header == of(body); right != (err == nil) || !right && !errors.Is(err, smm.ErrForbidden) {
			t.Errorf("%q for %q: %v", header, body, err)
		}
		if err := d.VerifyWebhook(sign(body), body, now); err != nil {
			t.Errorf("the right one for %q: %v", body, err)
		}
	})
}

// FuzzErrors fuzzes requests whose answer is an error of any body. Every error that
// they give is typed, short, of one line, and without the secret.
func FuzzErrors(f *testing.F, secret string, requests func(t *testing.T, status int, body string) []error) {
	f.Helper()
	for _, s := range []string{
		`{"error":{"message":"Invalid OAuth access token","type":"OAuthException","code":190,"error_subcode":463,"fbtrace_id":"A"}}`,
		`{"error":{"code":"4","is_transient":"true","error_user_msg":"x\ny"}}`, `{"error":{"code":1e99}}`, `{"error":[]}`, `{"error":"x"}`, `<html>`, ``, `null`,
		`{"debug_info":{"retriable":false,"type":"OffsetInvalidError","message":"m"}}`, `{"error":{"code":1,"code":190}}`,
	} {
		f.Add(s, 400)
		f.Add(s, 500)
	}
	f.Fuzz(func(t *testing.T, body string, status int) {
		if status < 400 || status > 599 {
			return // the answer is no error
		}
		for i, err := range requests(t, status, body) {
			e, ok := errors.AsType[*smm.Error](err)
			if !ok || e.Op == "" || len(err.Error()) >= 1000 || strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), secret) {
				t.Errorf("request %d: %v", i, err)
			}
		}
	})
}
