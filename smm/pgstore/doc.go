// Package pgstore keeps the durable state of a host in PostgreSQL: for many
// machines that share the work.
//
//	db, err := pgstore.Open(ctx, "postgres://smm@db.internal/smm", nil)
//	s, err := scheduler.New(client, db.Deliveries())
package pgstore
