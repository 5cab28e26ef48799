// Package threads connects to Threads.
package threads
