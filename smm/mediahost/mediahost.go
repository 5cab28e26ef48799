// Package mediahost serves assets under signed addresses that expire, for the
// platforms that fetch media themselves. It is the default smm.MediaHost:
//
//	host, err := mediahost.New(mediahost.Config{Store: store, BaseURL: "https://shop.example/media", Key: key})
//	mux.Handle("/media/", http.StripPrefix("/media", host))
//
// # Design notes
//
// The address carries everything: tenant, asset, expiry and an HMAC-SHA256 over
// the three. Nothing is stored, so any process with the key can serve what
// another handed out. A table of random addresses was rejected for needing a
// store; it would allow to take an address back, which here takes a new key.
package mediahost

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Config configures a Host.
type Config struct {
	Store   smm.MediaStore
	BaseURL string     // what the public puts before the addresses, https
	Key     smm.Secret // at least 16 bytes; the same in every process
	Clock   smm.Clock  // nil for the machine's
}

// Host hands out addresses and serves them. It is safe for concurrent use.
type Host struct {
	store smm.MediaStore
	base  string
	key   []byte
	clock smm.Clock
}

var _ smm.MediaHandler = (*Host)(nil)

// New returns a Host. Errors match smm.ErrInvalid.
func New(c Config) (*Host, error) {
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.User != nil:
		return nil, fmt.Errorf("%w: base URL of the media host: want https://host/path", smm.ErrInvalid)
	case len(c.Key.Reveal()) < 16:
		return nil, fmt.Errorf("%w: the key of the media host needs at least 16 bytes", smm.ErrInvalid)
	case c.Store == nil:
		return nil, fmt.Errorf("%w: the media host needs a MediaStore", smm.ErrInvalid)
	}
	h := &Host{store: c.Store, base: strings.TrimSuffix(c.BaseURL, "/"), key: []byte(c.Key.Reveal()), clock: c.Clock}
	if h.clock == nil {
		h.clock = smm.SystemClock()
	}
	return h, nil
}

// MediaURL implements smm.MediaHost. The asset is not opened.
func (h *Host) MediaURL(_ context.Context, tenant smm.Tenant, m smm.Media, ttl time.Duration) (string, time.Time, error) {
	if m.Name == "" || ttl <= 0 {
		return "", time.Time{}, fmt.Errorf("%w: a media address needs a name and a time to live", smm.ErrInvalid)
	}
	expires := h.clock.Now().Add(ttl + time.Second).Truncate(time.Second)
	unix := strconv.FormatInt(expires.Unix(), 10)
	enc := base64.RawURLEncoding
	// The name's extension ends the path: some platforms look at nothing else.
	return h.base + "/" + enc.EncodeToString([]byte(tenant)) + "." + enc.EncodeToString([]byte(m.Name)) + "." + unix + "." +
		enc.EncodeToString(h.sign(string(tenant), m.Name, unix)) + "/asset" + safeExt(m.Name), expires, nil
}

func (h *Host) sign(parts ...string) []byte {
	mac := hmac.New(sha256.New, h.key)
	for _, p := range parts {
		_, _ = fmt.Fprintf(mac, "%d:%s", len(p), p)
	}
	return mac.Sum(nil)
}

// ServeHTTP serves GET and HEAD of addresses made by MediaURL, ranges included.
// A forged address is 404 and one that expired is 410; neither says more.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	tenant, name, expires, ok := h.parse(r.URL.Path)
	switch {
	case !ok:
		http.NotFound(w, r)
		return
	case !h.clock.Now().Before(expires):
		http.Error(w, "this address has expired", http.StatusGone)
		return
	}
	b, err := h.store.OpenMedia(r.Context(), tenant, name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer func() { _ = b.Close() }()
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if t := mime.TypeByExtension(safeExt(name)); t != "" {
		w.Header().Set("Content-Type", t)
	}
	http.ServeContent(w, r, "", time.Time{}, b)
}

// parse checks the signature before it believes anything.
func (h *Host) parse(p string) (tenant smm.Tenant, name string, expires time.Time, ok bool) {
	token, _, _ := strings.Cut(strings.TrimPrefix(p, "/"), "/")
	parts := strings.Split(token, ".")
	if len(parts) != 4 {
		return "", "", time.Time{}, false
	}
	enc := base64.RawURLEncoding.Strict()
	t, err1 := enc.DecodeString(parts[0])
	n, err2 := enc.DecodeString(parts[1])
	mac, err3 := enc.DecodeString(parts[3])
	unix, err4 := strconv.ParseInt(parts[2], 10, 64)
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil || !hmac.Equal(mac, h.sign(string(t), string(n), parts[2])) {
		return "", "", time.Time{}, false
	}
	return smm.Tenant(t), string(n), time.Unix(unix, 0), true
}

// safeExt returns the extension of a name if it is plain.
func safeExt(name string) string {
	ext := strings.ToLower(path.Ext(name))
	for _, c := range []byte(strings.TrimPrefix(ext, ".")) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return ""
		}
	}
	return ext
}
