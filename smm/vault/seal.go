package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

const (
	formatVersion = 1
	maxWrapped    = 4096
)

var errChanged = fmt.Errorf("%w: its bytes, its key or its place are not those that it was sealed with", smm.ErrSealed)

// NewSealer returns an smm.Sealer over keys, for what is not a credential. Since
// its methods have no context, a call of a service gets context.Background.
func NewSealer(keys KMS) smm.Sealer { return sealer{keys} }

type sealer struct{ keys KMS }

func (s sealer) Seal(plain, place []byte) ([]byte, error) {
	return seal(context.Background(), s.keys, plain, place)
}

func (s sealer) Open(sealed, place []byte) ([]byte, error) {
	return open(context.Background(), s.keys, sealed, place)
}

// KeyID returns the ID of the key that something is sealed with. What is not in
// the format gives an error that matches smm.ErrSealed. Nothing proves the ID
// before the whole is opened.
func KeyID(sealed []byte) (string, error) {
	h, err := parse(sealed)
	return h.keyID, err
}

// header is what stands before the encrypted part.
type header struct {
	keyID   string
	wrapped []byte
	bytes   []byte // all of it
	rest    []byte // nonce, encrypted part and tag
}

func parse(b []byte) (header, error) {
	malformed := func(what string) (header, error) {
		return header{}, fmt.Errorf("%w: %s", smm.ErrSealed, what)
	}
	switch {
	case len(b) < 2:
		return malformed("it is cut off")
	case b[0] != formatVersion:
		return malformed(fmt.Sprintf("it has format %d, and this program knows only %d", b[0], formatVersion))
	}
	k := int(b[1])
	if len(b) < 4+k {
		return malformed("it is cut off")
	}
	id := string(b[2 : 2+k])
	if checkKeyID(id) != nil {
		return malformed("it names no key")
	}
	w := int(binary.BigEndian.Uint16(b[2+k:]))
	if w == 0 || w > maxWrapped || len(b) < 4+k+w {
		return malformed("it is cut off")
	}
	end := 4 + k + w
	return header{keyID: id, wrapped: b[4+k : end], bytes: b[:end], rest: b[end:]}, nil
}

// seal encrypts plain in the format that the package's documentation describes.
func seal(ctx context.Context, keys KMS, plain, place []byte) ([]byte, error) {
	dataKey := make([]byte, KeySize)
	defer clear(dataKey)
	_, _ = rand.Read(dataKey) // never fails
	id, wrapped, err := keys.Wrap(ctx, dataKey, place)
	if err != nil {
		return nil, fmt.Errorf("vault: wrap a data key: %w", err)
	}
	if err := checkKeyID(id); err != nil {
		return nil, err
	}
	if len(wrapped) == 0 || len(wrapped) > maxWrapped {
		return nil, fmt.Errorf("%w: vault: a wrapped data key has %d bytes, want 1 to %d", smm.ErrInvalid, len(wrapped), maxWrapped)
	}
	aead, err := dataAEAD(dataKey)
	if err != nil {
		return nil, err
	}
	b := append([]byte{formatVersion, byte(len(id))}, id...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(wrapped)))
	b = append(b, wrapped...)
	return aead.Seal(b, nil, plain, sealContext(b, place)), nil
}

// open reverses seal. The error says nothing about the key beyond its ID.
func open(ctx context.Context, keys KMS, sealed, place []byte) ([]byte, error) {
	h, err := parse(sealed)
	if err != nil {
		return nil, err
	}
	dataKey, err := keys.Unwrap(ctx, h.keyID, h.wrapped, place)
	if err != nil {
		return nil, err
	}
	defer clear(dataKey)
	if len(dataKey) != KeySize {
		return nil, errChanged
	}
	aead, err := dataAEAD(dataKey)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, h.rest, sealContext(h.bytes, place))
	if err != nil {
		return nil, errChanged
	}
	return plain, nil
}

func dataAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errors.New("vault: a data key has a wrong length")
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// sealContext is unambiguous: a header says how long it is.
func sealContext(header, place []byte) []byte {
	return append(append(make([]byte, 0, len(header)+len(place)), header...), place...)
}
