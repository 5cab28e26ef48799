package inbox_test

import (
	"testing"

	"github.com/smmkit/smmkit/smm/inbox"
	"github.com/smmkit/smmkit/smm/inbox/inboxtest"
)

func TestMemoryStore(t *testing.T) {
	inboxtest.Run(t, func(*testing.T) inbox.Store { return inbox.NewMemoryStore() })
}
