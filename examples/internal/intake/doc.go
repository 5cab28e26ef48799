// Package intake has no code of its own. Its tests put the receivers of webhooks
// of all platforms in front of an inbox, as a host does.
package intake
