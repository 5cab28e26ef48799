//go:build !unix

package main

import "os"

// lock does nothing here: do not run two of this program on one folder.
func lock(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) }
