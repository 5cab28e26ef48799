package vault

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// maxKeyID bounds the ID of a key, in bytes.
const maxKeyID = 64

// Key is a key of a ring. Its ID is stored beside everything that it seals, and
// must never be used again for other bytes. The zero Key is of no use.
type Key struct {
	id    string
	bytes smm.Secret
}

// NewKey makes a key of 32 random bytes that the host keeps. The ID is 1 to 64
// bytes of printable text without white space or ':'; a date does well. Errors match
// smm.ErrInvalid.
func NewKey(id string, b []byte) (Key, error) {
	if err := checkKeyID(id); err != nil {
		return Key{}, err
	}
	if len(b) != KeySize {
		return Key{}, fmt.Errorf("%w: vault: key %q has %d bytes, want %d", smm.ErrInvalid, id, len(b), KeySize)
	}
	k := Key{id: id, bytes: smm.NewSecret(string(b))}
	if k.bytes.Equal(smm.NewSecret(string(make([]byte, KeySize)))) {
		return Key{}, fmt.Errorf("%w: vault: key %q is all zeros", smm.ErrInvalid, id)
	}
	return k, nil
}

// GenerateKey makes a new key.
func GenerateKey(id string) (Key, error) {
	b := make([]byte, KeySize)
	defer clear(b)
	_, _ = rand.Read(b) // never fails
	return NewKey(id, b)
}

// ID returns the key's name.
func (k Key) ID() string { return k.id }

// Text returns the form that ParseKey reads: the ID, ':' and the bytes in
// base64.
func (k Key) Text() smm.Secret {
	return smm.NewSecret(k.id + ":" + base64.StdEncoding.EncodeToString([]byte(k.bytes.Reveal())))
}

// ParseKey reads the text form of a key. Errors match smm.ErrInvalid and quote
// at most the ID.
func ParseKey(text smm.Secret) (Key, error) {
	id, b64, ok := strings.Cut(text.Reveal(), ":")
	if !ok {
		return Key{}, fmt.Errorf("%w: vault: a key is an ID, ':' and %d bytes in base64", smm.ErrInvalid, KeySize)
	}
	if err := checkKeyID(id); err != nil {
		return Key{}, err
	}
	b, err := base64.StdEncoding.Strict().DecodeString(b64)
	if err != nil {
		return Key{}, fmt.Errorf("%w: vault: the bytes of key %q are not in base64", smm.ErrInvalid, id)
	}
	defer clear(b)
	return NewKey(id, b)
}

func checkKeyID(id string) error {
	bad := func(r rune) bool { return r == ':' || !unicode.IsGraphic(r) || unicode.IsSpace(r) }
	if id == "" || len(id) > maxKeyID || !utf8.ValidString(id) || strings.ContainsFunc(id, bad) {
		return fmt.Errorf("%w: vault: the ID of a key is 1 to %d bytes of printable text without white space or ':'", smm.ErrInvalid, maxKeyID)
	}
	return nil
}
