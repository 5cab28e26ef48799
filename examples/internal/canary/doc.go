// Package canary holds no code, only a test: it sends known secrets through
// everything that a host can reach, breaks it in every way that the simulators
// know, and looks for the secrets in all that comes out.
package canary
