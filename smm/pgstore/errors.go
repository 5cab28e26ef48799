package pgstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/smmkit/smmkit/smm"
)

// Errors of the server. ErrUnreachable, ErrFull and ErrLocked match
// smm.ErrUnavailable: the same call may succeed later. None of them holds the
// connection string or a part of it.
var (
	ErrUnreachable = fmt.Errorf("pgstore: the server cannot be reached: %w", smm.ErrUnavailable)
	ErrFull        = fmt.Errorf("pgstore: the server has no disk or memory left: %w", smm.ErrUnavailable)
	ErrLocked      = fmt.Errorf("pgstore: other transactions are in the way: %w", smm.ErrUnavailable)
	ErrReadOnly    = errors.New("pgstore: the server is read-only, or the role may not do this")
	ErrDenied      = errors.New("pgstore: the server does not let this user in")
	ErrCorrupt     = errors.New("pgstore: the tables are damaged, or not those of this package")
)

// SchemaError says that the tables were written by a later version of this
// package. Nothing was changed.
type SchemaError struct{ Have, Want int }

// Error implements error.
func (e *SchemaError) Error() string {
	return fmt.Sprintf("pgstore: the database has schema %d, and this program knows only up to %d: upgrade the program", e.Have, e.Want)
}

// kinds gives codes of PostgreSQL their error; a code of two characters is a
// class.
var kinds = map[string]error{
	"08": ErrUnreachable, "57P01": ErrUnreachable, "57P02": ErrUnreachable, "57P03": ErrUnreachable,
	"57P05": ErrUnreachable, "25P03": ErrUnreachable, "53300": ErrUnreachable,
	"53": ErrFull, "58030": ErrFull,
	"40001": ErrLocked, "40P01": ErrLocked, "55P03": ErrLocked, "57014": ErrLocked,
	"25006": ErrReadOnly, "42501": ErrReadOnly,
	"28": ErrDenied, "3D000": ErrDenied,
	"XX": ErrCorrupt, "42P01": ErrCorrupt, "42703": ErrCorrupt, "42P07": ErrCorrupt, "3F000": ErrCorrupt,
	"54000": smm.ErrInvalid, "54": smm.ErrInvalid, "22021": smm.ErrInvalid, "22008": smm.ErrInvalid,
}

// serverError gives an error of PostgreSQL or of the way to it its type. Errors
// of the contract stay as they are.
func serverError(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		if e := ctx.Err(); e != nil {
			return e
		}
		if err == nil {
			return nil
		}
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return codeError(e)
	}
	if lost(err) {
		if e := ctx.Err(); e != nil {
			return e
		}
		// Not wrapped: errors of pgx name the host, the user and the database, and
		// hold the configuration with the password.
		return fmt.Errorf("%w (%s)", ErrUnreachable, reason(err))
	}
	return err
}

func codeError(e *pgconn.PgError) error {
	kind := kinds[e.Code]
	if kind == nil {
		kind = kinds[e.Code[:min(2, len(e.Code))]]
	}
	switch {
	case errors.Is(kind, ErrDenied), errors.Is(kind, ErrUnreachable): // the message may name the user and the database
		return fmt.Errorf("%w (SQLSTATE %s)", kind, e.Code)
	case kind == nil:
		return fmt.Errorf("pgstore: %s (SQLSTATE %s)", e.Message, e.Code)
	}
	return fmt.Errorf("%w (%s, SQLSTATE %s)", kind, e.Message, e.Code)
}

// lost reports whether err is about the connection and not about the call.
func lost(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	if pgconn.SafeToRetry(err) || pgconn.Timeout(err) || errors.Is(err, pgx.ErrTxClosed) {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "closed pool")
}

func reason(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		return "no such host"
	case errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err):
		return "timeout"
	case errors.As(err, &op) && op.Err != nil:
		return op.Op + ": " + rootText(op.Err)
	}
	return "connection lost"
}

// rootText is the innermost error, which for errors of the system names no peer.
func rootText(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

// again reports whether a transaction that failed with err certainly did
// nothing, and may do better when it is tried again.
func again(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "40001" || e.Code == "40P01"
	}
	return pgconn.SafeToRetry(err)
}
