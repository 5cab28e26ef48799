package oauthx

import (
	"net/http"
	"net/url"
	"sync"
)

// maxNonces bounds the memory for servers that users name.
const maxNonces = 4096

// Nonces remembers the last DPoP nonce of each server (RFC 9449 section 8), by
// the key that was used there and the server's origin. The zero value is ready.
// It is bounded, safe for concurrent use, and may be lost at any time at the price
// of one more request.
type Nonces struct {
	mu sync.Mutex
	m  map[nonceKey]string
}

type nonceKey struct{ thumbprint, origin string }

// Get returns the last nonce of the server of u for k, "" if it gave none.
func (n *Nonces) Get(k *Key, u *url.URL) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.m[nonceKey{k.thumbprint, origin(u)}]
}

// Observe learns from an answer's header, whatever its status, and reports
// whether it held a nonce.
func (n *Nonces) Observe(k *Key, u *url.URL, h http.Header) bool {
	nonce := nonceOf(h)
	if nonce == "" {
		return false
	}
	key := nonceKey{k.thumbprint, origin(u)}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.m == nil {
		n.m = make(map[nonceKey]string)
	}
	if _, known := n.m[key]; !known && len(n.m) >= maxNonces {
		for other := range n.m { // any one: each costs its owner one request
			delete(n.m, other)
			break
		}
	}
	n.m[key] = nonce
	return true
}

// nonceOf reads the header DPoP-Nonce. More than one value, or characters that
// RFC 9449 section 8.1 does not admit, are no nonce.
func nonceOf(h http.Header) string {
	const longest = 1024
	v := h["Dpop-Nonce"]
	if len(v) != 1 || len(v[0]) > longest {
		return ""
	}
	for i := range len(v[0]) {
		if c := v[0][i]; c <= 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return ""
		}
	}
	return v[0]
}
