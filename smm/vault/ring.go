package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// KMS encrypts the keys that data is encrypted with. KeyRing is one; a host that
// has a key management service implements it over that. Implementations are safe
// for concurrent use, and honour ctx.
type KMS interface {
	// Primary names the key that Wrap uses now. Rows under any other are those
	// that Store.Rotate encrypts anew.
	Primary() string
	// Wrap encrypts a data key of 32 bytes, which it must not keep, and says with
	// which key: an ID as NewKey wants it. The result, of 1 to 4096 bytes, must be
	// bound to place, if the service can (as "encryption context" or "additional
	// data"; hash it where the length is limited).
	Wrap(ctx context.Context, dataKey, place []byte) (keyID string, wrapped []byte, err error)
	// Unwrap decrypts what Wrap returned. A key that is gone gives a *KeyError, and
	// what was changed or moved another error that matches smm.ErrSealed; a service
	// that does not answer gives one that matches smm.ErrUnavailable.
	Unwrap(ctx context.Context, keyID string, wrapped, place []byte) (dataKey []byte, err error)
}

// KeyError says that something is sealed under a key that is not at hand. It
// matches smm.ErrSealed.
type KeyError struct{ KeyID string }

// Error implements error.
func (e *KeyError) Error() string {
	return fmt.Sprintf("sealed with key %q, which is not at hand: add it to the ring, or connect the account again", e.KeyID)
}

// Unwrap returns smm.ErrSealed.
func (e *KeyError) Unwrap() error { return smm.ErrSealed }

// KeyRing holds keys in memory. It is a KMS, and an smm.Sealer for other things
// than credentials. No more than 2^32 things may be sealed with one primary key,
// for its nonces are random.
type KeyRing struct {
	primary string
	keys    map[string]cipher.AEAD
}

var (
	_ KMS        = (*KeyRing)(nil)
	_ smm.Sealer = (*KeyRing)(nil)
)

// NewKeyRing makes a ring of the key that seals and others that only open. Two
// keys with one ID, or with the same bytes, are an error that matches
// smm.ErrInvalid.
func NewKeyRing(primary Key, readers ...Key) (*KeyRing, error) {
	r := &KeyRing{primary: primary.id, keys: make(map[string]cipher.AEAD, 1+len(readers))}
	seen := make(map[string]string, 1+len(readers))
	for _, k := range append([]Key{primary}, readers...) {
		other, twice := seen[k.bytes.Reveal()]
		switch {
		case k.id == "":
			return nil, fmt.Errorf("%w: vault: a key is missing: make it with NewKey, GenerateKey or ParseKey", smm.ErrInvalid)
		case r.keys[k.id] != nil:
			return nil, fmt.Errorf("%w: vault: key %q is in the ring twice", smm.ErrInvalid, k.id)
		case twice:
			return nil, fmt.Errorf("%w: vault: keys %q and %q are the same", smm.ErrInvalid, other, k.id)
		}
		block, err := aes.NewCipher([]byte(k.bytes.Reveal()))
		if err != nil {
			return nil, fmt.Errorf("vault: key %q: %w", k.id, err)
		}
		if r.keys[k.id], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, fmt.Errorf("vault: key %q: %w", k.id, err)
		}
		seen[k.bytes.Reveal()] = k.id
	}
	return r, nil
}

// ParseKeyRing reads keys in their text form, separated by white space or commas.
// The first is the primary one. Errors match smm.ErrInvalid.
func ParseKeyRing(text smm.Secret) (*KeyRing, error) {
	var keys []Key
	for _, s := range strings.FieldsFunc(text.Reveal(), func(r rune) bool { return r == ',' || strings.ContainsRune(" \t\r\n", r) }) {
		k, err := ParseKey(smm.NewSecret(s))
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: vault: there is no key: make one with GenerateKey, and keep its Text", smm.ErrInvalid)
	}
	return NewKeyRing(keys[0], keys[1:]...)
}

// Primary implements KMS.
func (r *KeyRing) Primary() string { return r.primary }

// IDs returns the IDs of all keys, sorted.
func (r *KeyRing) IDs() []string { return slices.Sorted(maps.Keys(r.keys)) }

// Seal implements smm.Sealer.
func (r *KeyRing) Seal(plain, place []byte) ([]byte, error) {
	return seal(context.Background(), r, plain, place)
}

// Open implements smm.Sealer.
func (r *KeyRing) Open(sealed, place []byte) ([]byte, error) {
	return open(context.Background(), r, sealed, place)
}

// Wrap implements KMS.
func (r *KeyRing) Wrap(_ context.Context, dataKey, place []byte) (string, []byte, error) {
	return r.primary, r.keys[r.primary].Seal(nil, nil, dataKey, wrapContext(r.primary, place)), nil
}

// Unwrap implements KMS.
func (r *KeyRing) Unwrap(_ context.Context, keyID string, wrapped, place []byte) ([]byte, error) {
	aead := r.keys[keyID]
	if aead == nil {
		return nil, &KeyError{KeyID: keyID}
	}
	dataKey, err := aead.Open(nil, nil, wrapped, wrapContext(keyID, place))
	if err != nil {
		return nil, errChanged
	}
	return dataKey, nil
}

func wrapContext(keyID string, place []byte) []byte {
	b := append([]byte("smmkit data key 1\x00"), byte(len(keyID)))
	b = append(b, keyID...)
	sum := sha256.Sum256(place)
	return append(b, sum[:]...)
}
