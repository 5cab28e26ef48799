package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smmkit/smmkit/scheduler"
)

// maxBatch bounds how many writes share a transaction, and so how long the
// first of them waits for the last.
const maxBatch = 512

// writer does all writes of a DB, one transaction at a time. Writes that are
// asked for while it is busy are committed together.
type writer struct {
	base     context.Context // without an end: a caller that leaves must not undo the writes of others
	conn     *sql.Conn
	stmts    map[string]*sql.Stmt
	patience time.Duration // how long to wait for other processes
	relaxed  bool          // commits do not wait for the disk

	jobs chan *job
	quit chan struct{}
	once sync.Once
	done chan struct{}
}

// job is one write. Its function may be called more than once, each time in a
// transaction that has nothing of the call before. If it returns an error it
// must not have written anything, unless the job is of several steps.
type job struct {
	ctx   context.Context
	run   func(tx *writer) error
	steps bool // several statements: undo them all on an error
	loose bool // may be forgotten if the machine loses its power
	state atomic.Int32
	done  chan error
}

// The states of a job.
const (
	jobQueued int32 = iota
	jobRunning
	jobAbandoned // its caller has left
)

func startWriter(ctx context.Context, db *sql.DB, patience time.Duration) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fileError(err)
	}
	// Waiting is begin's business.
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout = 0"); err != nil {
		return nil, errors.Join(fileError(err), conn.Close())
	}
	w := &writer{
		base: context.WithoutCancel(ctx), conn: conn, stmts: make(map[string]*sql.Stmt), patience: patience,
		jobs: make(chan *job, maxBatch), quit: make(chan struct{}), done: make(chan struct{}),
	}
	go w.loop()
	return w, nil
}

// stop ends the writer after the batch in hand, and reports whether this was
// the first call.
func (w *writer) stop() (first bool) {
	w.once.Do(func() {
		first = true
		close(w.quit)
		<-w.done
	})
	return first
}

// do runs a write and returns once it is committed. It leaves early only if ctx
// ends before the write was begun.
func (w *writer) do(ctx context.Context, steps bool, run func(tx *writer) error) error {
	return w.submit(&job{ctx: ctx, run: run, steps: steps, done: make(chan error, 1)})
}

// doLoose is do for what a loss of power may undo, as long as it is undone as a
// whole: it does not wait for the disk, unless it shares a transaction with
// others that do.
func (w *writer) doLoose(ctx context.Context, run func(tx *writer) error) error {
	return w.submit(&job{ctx: ctx, run: run, loose: true, done: make(chan error, 1)})
}

func (w *writer) submit(j *job) error {
	ctx := j.ctx
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return scheduler.ErrClosed
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		if j.state.CompareAndSwap(jobQueued, jobAbandoned) {
			return ctx.Err()
		}
		return <-j.done
	case <-w.done:
		select {
		case err := <-j.done:
			return err
		default:
			return scheduler.ErrClosed
		}
	}
}

func (w *writer) loop() {
	defer close(w.done)
	defer w.close()
	for {
		select {
		case <-w.quit:
			return
		case j := <-w.jobs:
			batch := append(make([]*job, 0, len(w.jobs)+1), j)
		drain:
			for len(batch) < maxBatch {
				select {
				case j := <-w.jobs:
					batch = append(batch, j)
				default:
					break drain
				}
			}
			w.commit(batch)
		}
	}
}

// close ends the statements first: SQLite keeps a connection that has some, and
// the log beside the file with it.
func (w *writer) close() {
	for _, s := range w.stmts {
		_ = s.Close() // errors came with the writes
	}
	_ = w.conn.Close() // as above
}

// commit runs a batch as one transaction. If that breaks, each job gets a
// transaction of its own, so that one cannot spoil the others.
func (w *writer) commit(batch []*job) {
	errs, err := w.transaction(batch)
	if err == nil {
		for i, j := range batch {
			j.done <- errs[i]
		}
		return
	}
	for _, j := range batch {
		if len(batch) > 1 {
			errs, err = w.transaction([]*job{j})
		}
		if err == nil {
			err = errs[0]
		}
		j.done <- err
	}
}

// transaction runs jobs. The error is about the transaction as a whole, which
// then has no effect; the errors of jobs are their own.
func (w *writer) transaction(batch []*job) ([]error, error) {
	if err := w.relax(!slices.ContainsFunc(batch, func(j *job) bool { return !j.loose })); err != nil {
		return nil, fileError(err)
	}
	if err := w.begin(); err != nil {
		return nil, fileError(err)
	}
	errs := make([]error, len(batch))
	if j := batch[0]; len(batch) == 1 && j.steps { // alone: no need to remember what was before it
		if errs[0] = w.runAlone(j); errs[0] != nil {
			err := w.rollback(errs[0])
			if breaksTransaction(errs[0]) {
				return nil, err
			}
			return errs, nil
		}
	} else if err := w.runAll(batch, errs); err != nil {
		return nil, w.rollback(err)
	}
	if err := w.exec("COMMIT"); err != nil {
		return nil, w.rollback(err)
	}
	return errs, nil
}

// runAll runs jobs within a transaction, and stops at an error that breaks it.
func (w *writer) runAll(batch []*job, errs []error) error {
	for i, j := range batch {
		if !j.state.CompareAndSwap(jobQueued, jobRunning) && j.state.Load() == jobAbandoned {
			continue
		}
		if errs[i] = w.runJob(j); breaksTransaction(errs[i]) {
			return errs[i]
		}
	}
	return nil
}

// runAlone runs a job of several steps that has a transaction to itself.
func (w *writer) runAlone(j *job) error {
	if !j.state.CompareAndSwap(jobQueued, jobRunning) && j.state.Load() == jobAbandoned {
		return nil
	}
	if err := j.ctx.Err(); err != nil {
		return err
	}
	return j.run(w)
}

// relax says whether the next commits may return before they are on disk. The
// pragma does its work when it is compiled, so it cannot be prepared once.
func (w *writer) relax(yes bool) error {
	if yes == w.relaxed {
		return nil
	}
	level := "FULL"
	if yes {
		level = "NORMAL"
	}
	if _, err := w.conn.ExecContext(w.base, "PRAGMA synchronous = "+level); err != nil {
		return err
	}
	w.relaxed = yes
	return nil
}

// begin waits for the file's write lock. SQLite's own busy handler soon sleeps
// for 100 ms between looks, and starves beside a process that is always busy.
func (w *writer) begin() error {
	return whileBusy(w.base, w.patience, func() error { return w.exec("BEGIN IMMEDIATE") })
}

func (w *writer) runJob(j *job) error {
	if err := j.ctx.Err(); err != nil {
		return err
	}
	if !j.steps {
		return j.run(w)
	}
	if err := w.exec("SAVEPOINT job"); err != nil {
		return err
	}
	if err := j.run(w); err != nil {
		if breaksTransaction(err) {
			return err
		}
		return errors.Join(err, w.exec("ROLLBACK TO job"))
	}
	return w.exec("RELEASE job")
}

// rollback ends a broken transaction. SQLite may have ended it before.
func (w *writer) rollback(why error) error {
	_, _ = w.conn.ExecContext(w.base, "ROLLBACK")
	return fileError(why)
}

// stmt prepares a statement, once.
func (w *writer) stmt(query string) (*sql.Stmt, error) {
	if s := w.stmts[query]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(w.base, query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	w.stmts[query] = s
	return s, nil
}

// exec runs a statement for its effect.
func (w *writer) exec(query string) error {
	_, err := w.changed(query)
	return err
}

// changed runs a statement and returns how many rows it changed.
func (w *writer) changed(query string, args ...any) (int64, error) {
	s, err := w.stmt(query) //nolint:sqlclosecheck // kept for the next time
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(w.base, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// query runs a statement and calls scan for each row.
func (w *writer) query(query string, scan func(*sql.Rows) error, args ...any) (err error) {
	s, err := w.stmt(query) //nolint:sqlclosecheck // kept for the next time
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(w.base, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
