//go:build race

package sentiment

const race = true
