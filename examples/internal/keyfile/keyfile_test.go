package keyfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/examples/internal/keyfile"
	"github.com/smmkit/smmkit/smm"
)

func TestOpenKeepsItsKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	ring, err := keyfile.Open(path)
	require.NoError(t, err)
	sealed, err := ring.Seal([]byte("a token"), []byte("place"))
	require.NoError(t, err)
	ring, err = keyfile.Open(path)
	require.NoError(t, err)
	plain, err := ring.Open(sealed, []byte("place"))
	require.NoError(t, err)
	require.Equal(t, "a token", string(plain))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, os.WriteFile(path, []byte("{no\n"), 0o600))
	_, err = keyfile.Open(path)
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.ErrorContains(t, err, path)
}
