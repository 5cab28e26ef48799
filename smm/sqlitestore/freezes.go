package sqlitestore

import (
	"context"
	"errors"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

func (s *deliveries) Apply(context.Context, time.Time, ...*scheduler.Record) error {
	return errors.ErrUnsupported
}

func (s *deliveries) SetFreeze(context.Context, scheduler.Freeze) error { return errors.ErrUnsupported }

func (s *deliveries) Unfreeze(context.Context, smm.Tenant, string) error {
	return errors.ErrUnsupported
}

func (s *deliveries) Freezes(context.Context, smm.Tenant) ([]scheduler.Freeze, error) {
	return nil, nil
}
