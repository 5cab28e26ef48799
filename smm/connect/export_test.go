package connect

import (
	"encoding/json"

	"github.com/smmkit/smmkit/smm"
)

// IsLocalPath is isLocalPath.
func IsLocalPath(p string) bool { return isLocalPath(p) }

// StartThroughWire writes and reads what is kept of a start.
func StartThroughWire(s smm.ConnectStart) (smm.ConnectStart, error) {
	var w wireStart
	b, err := json.Marshal(toWireStart(s))
	if err == nil {
		err = json.Unmarshal(b, &w)
	}
	return w.start(), err
}

// ConnectedThroughWire writes and reads what is kept of an account.
func ConnectedThroughWire(c smm.Connected) (smm.Connected, error) {
	var w wireConnected
	b, err := json.Marshal(toWireConnected(c))
	if err == nil {
		err = json.Unmarshal(b, &w)
	}
	return w.connected(), err
}
