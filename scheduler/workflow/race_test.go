//go:build race

package workflow_test

// underRace: the race detector makes the histories ten times as slow.
const underRace = true
