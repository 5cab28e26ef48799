// Package mediatest makes small media files for tests, simulators and
// examples: pictures that decode, and sound and video whose structure is right
// but whose streams are empty.
package mediatest
