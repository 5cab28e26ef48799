package sqlitestore

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/smmkit/smmkit/smm"
)

// Errors of the file. ErrFull and ErrLocked match smm.ErrUnavailable: the same
// call may succeed later.
var (
	ErrFull     = fmt.Errorf("sqlitestore: the disk is full: %w", smm.ErrUnavailable)
	ErrLocked   = fmt.Errorf("sqlitestore: another process locks the file: %w", smm.ErrUnavailable)
	ErrReadOnly = errors.New("sqlitestore: the file or its directory may not be written")
	ErrCorrupt  = errors.New("sqlitestore: the file is damaged, or is no database of this package")
)

// SchemaError says that the file was written by a later version of this
// package. Nothing was changed.
type SchemaError struct{ Have, Want int }

// Error implements error.
func (e *SchemaError) Error() string {
	return fmt.Sprintf("sqlitestore: the file has schema %d, and this program knows only up to %d: upgrade the program", e.Have, e.Want)
}

// fileError gives an error of SQLite its type. Others stay as they are.
func fileError(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	var kind error
	switch e.Code() & 0xff { // the primary code
	case sqlite3.SQLITE_FULL:
		kind = ErrFull
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		kind = ErrLocked
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		kind = ErrReadOnly
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		kind = ErrCorrupt
	case sqlite3.SQLITE_TOOBIG:
		kind = smm.ErrInvalid
	case sqlite3.SQLITE_INTERRUPT:
		kind = context.Canceled
	default:
		return fmt.Errorf("sqlitestore: %w", err)
	}
	return fmt.Errorf("%w (%w)", kind, err)
}

// breaksTransaction reports whether after err nothing is known of the
// transaction it happened in: SQLite may have rolled it back.
func breaksTransaction(err error) bool {
	_, ok := errors.AsType[*sqlite.Error](err)
	return ok
}
