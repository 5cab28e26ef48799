package pgstore_test

import (
	"testing"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
)

func TestDeliveries(t *testing.T) {
	schemas := make(map[scheduler.Store]string)
	schedulertest.RunStore(t, schedulertest.StoreOptions{
		Open: func(t *testing.T) scheduler.Store {
			schema := newSchema(t)
			s := open(t, schema).Deliveries()
			schemas[s] = schema
			return s
		},
		Reopen: func(t *testing.T, s scheduler.Store) scheduler.Store { return open(t, schemas[s]).Deliveries() },
	})
}
